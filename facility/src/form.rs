//! Queries and forms: `application/x-www-form-urlencoded`.

use percent_encoding::percent_decode_str;

/// Names and values, decoded, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|pair| pair.0 == name)?;
        Some(&pair.1)
    }

    /// Readable, with the session hidden: for the request log.
    pub(crate) fn redacted(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| {
            let shown = if name == "sessionId" { "***" } else { value };
            format!("{name}={shown}")
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
