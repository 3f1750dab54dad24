//! WHERE clauses: reading them.

use serde_json::Value;

use super::answers::Refusal;
use super::jpql::Parser;
use super::lexer::Token;
use super::query::{Condition, Operand, Path};

const COMPARISONS: [&str; 7] = ["=", "<>", "!=", "<=", ">=", "<", ">"];

impl Parser {
    pub(super) fn condition(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.conjunction()?;
        while self.take("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.negation()?;
        while self.take("AND") {
            left = Condition::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Condition, Refusal> {
        if self.take("NOT") {
            return Ok(Condition::Not(Box::new(self.negation()?)));
        }
        if self.take_symbol("(") {
            let inner = self.condition()?;
            self.symbol(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Condition, Refusal> {
        let left = self.operand()?;
        for comparison in COMPARISONS {
            if self.take_symbol(comparison) {
                return Ok(Condition::Compare(left, comparison, self.operand()?));
            }
        }
        if self.take("IS") {
            let is_negated = self.take("NOT");
            self.expect("NULL")?;
            return Ok(negated(is_negated, Condition::IsNull(left)));
        }
        let is_negated = self.take("NOT");
        let condition = if self.take("LIKE") {
            Condition::Like(left, self.operand()?)
        } else if self.take("BETWEEN") {
            let low = self.operand()?;
            self.expect("AND")?;
            Condition::Between(left, low, self.operand()?)
        } else if self.take("IN") {
            self.symbol("(")?;
            let items = self.list(Self::operand)?;
            self.symbol(")")?;
            Condition::In(left, items)
        } else {
            return Err(self.unexpected());
        };
        Ok(negated(is_negated, condition))
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        for (name, is_lower) in [("LOWER", true), ("UPPER", false)] {
            if self.take(name) {
                self.symbol("(")?;
                let inner = Box::new(self.operand()?);
                self.symbol(")")?;
                return Ok(if is_lower {
                    Operand::Lower(inner)
                } else {
                    Operand::Upper(inner)
                });
            }
        }
        match self.next() {
            Some(Token::Literal(value)) => Ok(Operand::Literal(value)),
            Some(Token::Timestamp(time)) => Ok(Operand::Timestamp(time)),
            Some(Token::User) => Ok(Operand::User),
            Some(Token::Symbol("-")) => match self.next() {
                Some(Token::Literal(value)) => Ok(Operand::Literal(Value::from(
                    -value.as_f64().unwrap_or_default(),
                ))),
                _ => Err(self.unexpected()),
            },
            Some(Token::Word(word)) => Ok(word_operand(&word)),
            _ => Err(self.unexpected()),
        }
    }
}

fn word_operand(word: &str) -> Operand {
    if word.eq_ignore_ascii_case("TRUE") || word.eq_ignore_ascii_case("FALSE") {
        return Operand::Literal(Value::from(word.eq_ignore_ascii_case("TRUE")));
    }
    // `org.icatproject.ParameterValueType.NUMERIC` is the value of an enumeration.
    if word.starts_with("org.icatproject.") {
        let value = word.rsplit('.').next().unwrap_or_default();
        return Operand::Literal(Value::from(value));
    }
    Operand::Path(Path::new(word))
}

fn negated(is_negated: bool, condition: Condition) -> Condition {
    if is_negated {
        Condition::Not(Box::new(condition))
    } else {
        condition
    }
}
