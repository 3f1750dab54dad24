//! The names and values of a text header, as they are written.

/// Pairs in the order of the file; names are found without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Adds a pair behind the others.
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The pairs in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a name; the last one where it is written twice.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first number in a value, as in `0.35 m`.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        first_number(self.get(name)?)
    }

    /// A whole number that is not negative, as in `2048` or `2048.0`.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        let text = self.get(name)?.trim();
        if let Ok(count) = text.parse() {
            return Some(count);
        }
        let number: f64 = text.parse().ok()?;
        // Only numbers that binary64 holds exactly are taken for counts.
        let is_count = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        is_count.then_some(number as u64)
    }
}

/// The first word of a text that reads as a finite number.
pub(crate) fn first_number(text: &str) -> Option<f64> {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .find_map(|word| word.parse::<f64>().ok())
        .filter(|number| number.is_finite())
}

/// Header bytes as text: whatever is not UTF-8 is taken as Latin-1.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_regard_to_case_and_the_last_one_wins() {
        let mut pairs = Pairs::default();
        pairs.push("Dim_1", "4");
        pairs.push("DIM_1", "5.0");
        assert_eq!(pairs.count("dim_1"), Some(5), "the later value expected");
        assert_eq!(pairs.number("none"), None, "no such name");
    }

    #[test]
    fn a_count_is_never_negative_broken_or_beyond_exact_numbers() {
        for wrong in ["-1", "1.5", "1e300", "nan", ""] {
            let mut pairs = Pairs::default();
            pairs.push("n", wrong);
            assert_eq!(pairs.count("n"), None, "{wrong:?} is no count");
        }
    }
}
