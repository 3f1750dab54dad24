//! Names with a number in them: which belong together, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Files that one series may have.
const MEMBER_LIMIT: usize = 1 << 20;

/// The name of a file of a series around its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What stands before the number.
    pub(super) prefix: String,
    suffix: String,
}

impl Pattern {
    /// The pattern of a name: its last number before the extension counts.
    pub(super) fn of(name: &str) -> Option<Self> {
        let stem = stem(name);
        let end = stem.rfind(|letter: char| letter.is_ascii_digit())? + 1;
        let digits = stem
            .get(..end)?
            .trim_end_matches(|letter: char| letter.is_ascii_digit());
        Some(Self {
            prefix: digits.to_owned(),
            suffix: name.get(end..)?.to_owned(),
        })
    }

    /// The names that belong to the series, in the order of their numbers.
    pub(super) fn members(&self, mut names: Vec<String>) -> Vec<String> {
        names.retain(|name| {
            let number = name
                .strip_prefix(&self.prefix)
                .and_then(|rest| rest.strip_suffix(&self.suffix));
            number.is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        });
        sort(&mut names);
        names.dedup();
        names.truncate(MEMBER_LIMIT);
        names
    }
}

/// Names of files put together into numbered series, each in the order of its
/// numbers, as `/stack` of one of its files has them. A name without a number is
/// alone.
pub fn series(names: &[String]) -> Vec<Vec<String>> {
    let mut all: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    for name in names {
        let key = match Pattern::of(name) {
            Some(pattern) => (pattern.prefix, Some(pattern.suffix)),
            None => (name.clone(), None),
        };
        all.entry(key).or_default().push(name.clone());
    }
    let mut all: Vec<_> = all.into_values().collect();
    for names in &mut all {
        sort(names);
    }
    all
}

/// A name without its extensions; a last part of digits alone is a number.
fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some((before, extension)) = stem.rsplit_once('.') {
        let is_extension = extension.len() <= 8
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
            && !before.is_empty();
        if !is_extension {
            break;
        }
        stem = before;
    }
    stem
}

/// Sorts names as people read them: `a2` before `a10`.
pub(super) fn sort(names: &mut [String]) {
    names.sort_by(|one, other| natural(one, other));
}

fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let (text, rest) = split(left, false);
        let (other_text, other_rest) = split(right, false);
        let by_text = text.cmp(other_text);
        let (number, rest) = split(rest, true);
        let (other_number, other_rest) = split(other_rest, true);
        let trimmed = |digits: &str| {
            let digits = digits.trim_start_matches('0');
            (digits.len(), digits.to_owned())
        };
        let by_number = by_text.then_with(|| trimmed(number).cmp(&trimmed(other_number)));
        if by_number != Ordering::Equal {
            return by_number;
        }
        if rest.is_empty() && other_rest.is_empty() {
            return one.cmp(other);
        }
        (left, right) = (rest, other_rest);
    }
}

/// What begins with digits, or without, and the rest.
fn split(text: &str, digits: bool) -> (&str, &str) {
    let end = text
        .find(|letter: char| letter.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_before_the_extension_counts() {
        let pattern = |name| Pattern::of(name).map(|found| (found.prefix, found.suffix));
        let of = |prefix: &str, suffix: &str| Some((prefix.to_owned(), suffix.to_owned()));
        assert_eq!(pattern("scan_0001.tif"), of("scan_", ".tif"), "usual");
        assert_eq!(
            pattern("run2_007.edf.gz"),
            of("run2_", ".edf.gz"),
            "two extensions"
        );
        assert_eq!(
            pattern("lysozyme.0042"),
            of("lysozyme.", ""),
            "a number as extension"
        );
        assert_eq!(
            pattern("a12.mar3450"),
            of("a", ".mar3450"),
            "not that of the detector"
        );
        assert_eq!(pattern("dark.tif"), None, "no number");
    }

    #[test]
    fn members_come_in_the_order_of_their_numbers() {
        let names = [
            "s_10.tif",
            "s_9.tif",
            "s_a.tif",
            "s_9.tif.bak",
            "s_.tif",
            "t_1.tif",
        ];
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let members = Pattern::of("s_9.tif").unwrap().members(names);
        assert_eq!(members, ["s_9.tif", "s_10.tif"], "only those, 9 before 10");
    }

    #[test]
    fn a_folder_falls_into_series() {
        let names = [
            "raw_10.tif",
            "dark.tif",
            "raw_9.tif",
            "flat_1.tif",
            "raw_9.edf",
        ];
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let expected: [&[&str]; 4] = [
            &["dark.tif"],
            &["flat_1.tif"],
            &["raw_9.edf"],
            &["raw_9.tif", "raw_10.tif"],
        ];
        assert_eq!(series(&names), expected, "one for each pattern");
    }
}
