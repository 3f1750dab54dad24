//! The part of JPQL, with ICAT's LIMIT and INCLUDE, that the double understands.
//!
//! Source: ICAT's manual, "Searching for an Object" (`icat.server:src/site/xhtml/soap.xhtml`).

use serde_json::Value;

use super::answers::Refusal;
use super::lexer::{Token, tokens, unexpected};
use super::query::{Direction, Include, Join, Limit, Path, Query, Select};

impl Query {
    /// Reads a query.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
        };
        let query = parser.query()?;
        match parser.peek() {
            None => Ok(query),
            Some(_) => Err(parser.unexpected()),
        }
    }
}

/// Makes a [`Select`] of one path.
type Aggregate = fn(Path) -> Select;

/// Tokens, and how far they have been read.
pub(super) struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect("SELECT")?;
        let mut is_distinct = self.take("DISTINCT");
        let select = self.select(&mut is_distinct)?;
        self.expect("FROM")?;
        let entity = self.word()?;
        self.take("AS");
        let alias = self.word()?;
        let joins = self.joins()?;
        let condition = if self.take("WHERE") {
            Some(self.condition()?)
        } else {
            None
        };
        let mut order = Vec::new();
        if self.take("ORDER") {
            self.expect("BY")?;
            order = self.list(Self::order_term)?;
        }
        let (limit, include) = self.tail(&alias)?;
        Ok(Query {
            select,
            is_distinct,
            entity,
            alias,
            joins,
            condition,
            order,
            limit,
            include,
        })
    }

    fn select(&mut self, is_distinct: &mut bool) -> Result<Select, Refusal> {
        const AGGREGATES: [(&str, Aggregate); 3] = [
            ("COUNT", Select::Count),
            ("MIN", Select::Min),
            ("MAX", Select::Max),
        ];
        for (name, make) in AGGREGATES {
            if self.take(name) {
                self.symbol("(")?;
                *is_distinct |= self.take("DISTINCT");
                let path = self.path()?;
                self.symbol(")")?;
                return Ok(make(path));
            }
        }
        Ok(Select::Rows(self.list(Self::path)?))
    }

    fn joins(&mut self) -> Result<Vec<Join>, Refusal> {
        let mut joins = Vec::new();
        loop {
            let is_left = self.take("LEFT");
            if is_left {
                self.take("OUTER");
                self.expect("JOIN")?;
            } else if self.take("INNER") {
                self.expect("JOIN")?;
            } else if !self.take("JOIN") {
                return Ok(joins);
            }
            let path = self.path()?;
            self.take("AS");
            let alias = self.word()?;
            joins.push(Join {
                path,
                alias,
                is_left,
            });
        }
    }

    fn order_term(&mut self) -> Result<(Path, Direction), Refusal> {
        let path = self.path()?;
        if self.take("DESC") {
            return Ok((path, Direction::Down));
        }
        self.take("ASC");
        Ok((path, Direction::Up))
    }

    /// LIMIT and INCLUDE, in either order.
    fn tail(&mut self, alias: &str) -> Result<(Option<Limit>, Include), Refusal> {
        let (mut limit, mut include) = (None, Include::default());
        loop {
            if self.take("LIMIT") {
                let offset = self.count()?;
                self.symbol(",")?;
                let is_all = self.take_symbol("*");
                let count = if is_all { None } else { Some(self.count()?) };
                limit = Some(Limit { offset, count });
            } else if self.take("INCLUDE") {
                include = self.include(alias)?;
            } else {
                return Ok((limit, include));
            }
        }
    }

    fn include(&mut self, alias: &str) -> Result<Include, Refusal> {
        if self.peek() == Some(&Token::Literal(Value::from(1))) {
            self.at += 1;
            return Ok(Include {
                all_ones: true,
                paths: Vec::new(),
            });
        }
        // `i.datasets AS ds, ds.type`: an alias stands for the path before it.
        let mut aliases: Vec<(String, Vec<String>)> = vec![(alias.to_owned(), Vec::new())];
        let terms = self.list(|parser| {
            let path = parser.path()?;
            let start = aliases.iter().find(|(name, _)| *name == path.alias);
            let (_, start) = start.ok_or_else(|| unexpected(&path.alias))?;
            let whole = [start.clone(), path.names].concat();
            if parser.take("AS") {
                aliases.push((parser.word()?, whole.clone()));
            }
            Ok(whole)
        })?;
        Ok(Include {
            all_ones: false,
            paths: terms,
        })
    }

    /// One or more of something, with commas between.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        let mut items = vec![item(self)?];
        while self.take_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn path(&mut self) -> Result<Path, Refusal> {
        Ok(Path::new(&self.word()?))
    }

    fn count(&mut self) -> Result<usize, Refusal> {
        let count = match self.peek() {
            Some(Token::Literal(value)) => value.as_u64().and_then(|it| usize::try_from(it).ok()),
            _ => None,
        };
        let count = count.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(count)
    }

    pub(super) fn word(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes a keyword if it is next.
    pub(super) fn take(&mut self, keyword: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Symbol(it)) if *it == symbol);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.take(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> Result<(), Refusal> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn unexpected(&self) -> Refusal {
        unexpected(&format!("{:?}", self.peek()))
    }
}
