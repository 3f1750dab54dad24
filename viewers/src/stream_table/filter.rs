//! Which rows are shown: `hit peaks > 40 resolution < 2.5 event ~ //12 lysozyme`.
//!
//! Every condition must hold. Numbers are in the units of the table; `not` before a condition turns it round.

use hutch_model::{FoundRow, SerialRun};

use super::columns::{COLUMNS, Content, named};

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Equal,
    Unequal,
    Contains,
}

impl Comparison {
    /// The signs, the longer ones first.
    const SIGNS: [(&'static str, Self); 8] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::MoreOrEqual),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        ("<", Self::Less),
        (">", Self::More),
        ("=", Self::Equal),
        ("~", Self::Contains),
    ];

    /// Whether a number compares so; NaN never does.
    #[expect(
        clippy::float_cmp,
        reason = "what is asked for is compared as it is stored"
    )]
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::More => value > limit,
            Self::MoreOrEqual => value >= limit,
            Self::Equal | Self::Contains => value == limit,
            Self::Unequal => !value.is_nan() && value != limit,
        }
    }

    fn holds_for_text(self, text: &str, wanted: &str) -> bool {
        match self {
            Self::Less => text < wanted,
            Self::LessOrEqual => text <= wanted,
            Self::More => text > wanted,
            Self::MoreOrEqual => text >= wanted,
            Self::Equal => text == wanted,
            Self::Unequal => text != wanted,
            Self::Contains => text.contains(wanted),
        }
    }
}

/// A condition on a row.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Hit,
    Indexed,
    Number(usize, Comparison, f64),
    Text(usize, Comparison, String),
    /// Any text of the row holds it.
    Anywhere(String),
}

/// Conditions that must all hold, each with whether it is turned round.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter(Vec<(bool, Condition)>);

/// A word of a filter, or a sign between two.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Plain(String),
    Sign(Comparison),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What cannot be understood, in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = words(text);
        let mut conditions = Vec::new();
        let mut is_turned = false;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let Word::Plain(word) = word else {
                return Err("a column is missing before the sign".to_owned());
            };
            at += 1;
            if let Some(Word::Sign(sign)) = words.get(at) {
                let Some(Word::Plain(value)) = words.get(at + 1) else {
                    return Err(format!("what is \"{word}\" to be compared with?"));
                };
                at += 2;
                conditions.push((is_turned, compared(word, *sign, value)?));
                is_turned = false;
                continue;
            }
            match word.to_lowercase().as_str() {
                "and" => {}
                "not" => is_turned = !is_turned,
                lower => {
                    let (turns, condition) = match lower {
                        "hit" | "hits" => (false, Condition::Hit),
                        "miss" | "misses" => (true, Condition::Hit),
                        "indexed" => (false, Condition::Indexed),
                        "unindexed" => (true, Condition::Indexed),
                        _ => (false, Condition::Anywhere(lower.to_owned())),
                    };
                    conditions.push((is_turned != turns, condition));
                    is_turned = false;
                }
            }
        }
        Ok(Self(conditions))
    }

    /// Whether it lets everything through.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The filter for the texts of a run: each text is looked at once.
    pub(super) fn for_run(&self, run: &dyn SerialRun) -> Prepared {
        let conditions = self.0.iter().map(|(is_turned, condition)| {
            let texts = match condition {
                Condition::Text(_, sign, wanted) => marked(run, |text| {
                    sign.holds_for_text(&text.to_lowercase(), wanted)
                }),
                Condition::Anywhere(wanted) => {
                    marked(run, |text| text.to_lowercase().contains(wanted))
                }
                _ => Vec::new(),
            };
            (*is_turned, condition.clone(), texts)
        });
        Prepared(conditions.collect())
    }
}

/// A filter with the texts of one run.
#[derive(Debug)]
pub(super) struct Prepared(Vec<(bool, Condition, Vec<bool>)>);

impl Prepared {
    /// Whether a row is shown.
    pub(super) fn holds(&self, row: &FoundRow) -> bool {
        self.0.iter().all(|(is_turned, condition, texts)| {
            let is_marked = |number: u32| {
                let at = usize::try_from(number).unwrap_or(usize::MAX);
                texts.get(at).copied().unwrap_or(false)
            };
            let holds = match condition {
                Condition::Hit => row.is_hit,
                Condition::Indexed => row.is_crystal(),
                Condition::Number(column, sign, limit) => match content(*column) {
                    Some(Content::Number(of, _)) => sign.holds(of(row), *limit),
                    _ => false,
                },
                Condition::Text(column, ..) => match content(*column) {
                    Some(Content::Text(of)) => is_marked(of(row)),
                    _ => false,
                },
                Condition::Anywhere(_) => COLUMNS.iter().any(|spec| match spec.content {
                    Content::Text(of) => is_marked(of(row)),
                    Content::Number(..) => false,
                }),
            };
            holds != *is_turned
        })
    }
}

fn content(column: usize) -> Option<Content> {
    COLUMNS.get(column).map(|spec| spec.content)
}

fn marked(run: &dyn SerialRun, holds: impl Fn(&str) -> bool) -> Vec<bool> {
    (0..run.text_count())
        .map(|number| holds(run.text(number)))
        .collect()
}

fn compared(column: &str, sign: Comparison, value: &str) -> Result<Condition, String> {
    let Some((index, spec)) = named(column) else {
        let names: Vec<&str> = COLUMNS.iter().map(|spec| spec.name).collect();
        return Err(format!(
            "there is no column \"{column}\"; there are {}",
            names.join(", ")
        ));
    };
    if matches!(spec.content, Content::Text(_)) {
        return Ok(Condition::Text(index, sign, value.to_lowercase()));
    }
    let number = match value.to_lowercase().as_str() {
        "yes" | "true" => 1.0,
        "no" | "false" => 0.0,
        _ => value
            .parse()
            .map_err(|_why| format!("\"{value}\" is no number, as \"{column}\" needs one"))?,
    };
    Ok(Condition::Number(index, sign, number))
}

/// Takes a text apart at blanks and signs; quotes keep both.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let sign = Comparison::SIGNS
            .iter()
            .find(|(sign, _)| quote.is_none() && rest.starts_with(sign));
        if let Some((sign, comparison)) = sign {
            finish(&mut words, &mut word);
            words.push(Word::Sign(*comparison));
            rest = rest.get(sign.len()..).unwrap_or_default();
            continue;
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if letter.is_whitespace() => finish(&mut words, &mut word),
            _ => word.push(letter),
        }
    }
    finish(&mut words, &mut word);
    words
}

fn finish(words: &mut Vec<Word>, word: &mut String) {
    if !word.is_empty() {
        words.push(Word::Plain(std::mem::take(word)));
    }
}
