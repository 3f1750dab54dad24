//! JPQL into words.

use serde_json::{Number, Value};

use super::answers::Refusal;

/// A word of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, a keyword or a dotted path.
    Word(String),
    /// A number or a text.
    Literal(Value),
    /// `{ts 2011-01-15 00:00:00}`, kept as `2011-01-15T00:00:00`.
    Timestamp(String),
    /// `:user`.
    User,
    /// A bracket, a comma or an operator.
    Symbol(&'static str),
}

const SYMBOLS: [&str; 12] = [
    "<=", ">=", "<>", "!=", "=", "<", ">", "(", ")", ",", "*", "-",
];

/// Splits a query.
pub(crate) fn tokens(query: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => text(rest)?,
            '{' => timestamp(rest)?,
            ':' if rest.starts_with(":user") => (Token::User, ":user".len()),
            '0'..='9' => number(rest)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = take_while(rest, |c| c.is_ascii_alphanumeric() || "_.".contains(c));
                (Token::Word(word.to_owned()), word.len())
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|it| rest.starts_with(it));
                let symbol = symbol.ok_or_else(|| unexpected(rest))?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// The refusal of a query that stops making sense at `rest`.
pub(crate) fn unexpected(rest: &str) -> Refusal {
    let shown: String = rest.chars().take(30).collect();
    Refusal::bad_parameter(format!(
        "The query contains a malformed ending near: {shown}"
    ))
}

fn take_while(text: &str, accepts: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !accepts(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// `'it''s'`.
fn text(rest: &str) -> Result<(Token, usize), Refusal> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c != '\'' {
            value.push(c);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((Token::Literal(Value::from(value)), at + 1));
        }
    }
    Err(unexpected(rest))
}

fn timestamp(rest: &str) -> Result<(Token, usize), Refusal> {
    let end = rest.find('}').ok_or_else(|| unexpected(rest))?;
    let inner = rest.get(1..end).unwrap_or_default().trim();
    let time = inner.strip_prefix("ts").ok_or_else(|| unexpected(rest))?;
    let time = time.trim();
    if time.len() != "2011-01-15 00:00:00".len() {
        return Err(unexpected(rest));
    }
    Ok((Token::Timestamp(time.replace(' ', "T")), end + 1))
}

fn number(rest: &str) -> Result<(Token, usize), Refusal> {
    let digits = take_while(rest, |c| c.is_ascii_digit() || c == '.');
    let number = match digits.parse::<u64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => digits.parse::<f64>().ok().and_then(Number::from_f64),
    };
    let number = number.ok_or_else(|| unexpected(rest))?;
    Ok((Token::Literal(Value::Number(number)), digits.len()))
}
