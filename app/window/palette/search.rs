//! How what a person typed is compared with the words of a line.

/// Letters from which on a word may have one typing error.
const FORGIVEN: usize = 5;

/// How far a word is from a line: the smallest is the best.
const BEGINS: u32 = 0;
const WITHIN: u32 = 1;
const ALSO: u32 = 2;
const NEAR: u32 = 8;

/// The words of a text in one spelling: small letters, and British as American.
pub(super) fn words(text: &str) -> Vec<String> {
    let plain = text
        .to_lowercase()
        .replace("our", "or")
        .replace("grey", "gray")
        .replace("centre", "center")
        // `normalise`, and `normalis` on the way to it.
        .replace("is", "iz");
    plain
        .split(|letter: char| letter.is_whitespace() || ",:()\"".contains(letter))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How far a line is from what was typed, 0 the nearest; `None` where a typed word is nowhere in it.
///
/// With `forgives`, a word of five letters and more may have one letter wrong, too many, missing, or
/// two letters exchanged.
pub(super) fn rank(typed: &[String], text: &str, also: &str, forgives: bool) -> Option<u32> {
    let (own, other) = (words(text), words(also));
    let of_word = |typed: &String| {
        if own.iter().any(|word| word.starts_with(typed.as_str())) {
            return Some(BEGINS);
        }
        if own.iter().any(|word| word.contains(typed.as_str())) {
            return Some(WITHIN);
        }
        if other.iter().any(|word| word.starts_with(typed.as_str())) {
            return Some(ALSO);
        }
        let is_near = forgives
            && typed.chars().count() >= FORGIVEN
            && own.iter().chain(&other).any(|word| is_near(typed, word));
        is_near.then_some(NEAR)
    };
    typed.iter().map(of_word).sum()
}

/// Whether a word begins as what was typed but for one typing error.
fn is_near(typed: &str, word: &str) -> bool {
    let typed: Vec<char> = typed.chars().collect();
    let word: Vec<char> = word.chars().collect();
    let same = typed
        .iter()
        .zip(&word)
        .take_while(|(typed, letter)| typed == letter)
        .count();
    let (typed, word) = (&typed[same..], &word[same..]);
    let begins =
        |typed: &[char], from: usize| word.get(from..).is_some_and(|rest| rest.starts_with(typed));
    match typed {
        [] => true,
        [_, rest @ ..] => {
            let is_exchanged = matches!((typed, word), ([a, b, ..], [c, d, ..]) if a == d && b == c)
                && begins(&typed[2..], 2);
            // One letter wrong, one too many, one missing.
            begins(rest, 1) || begins(rest, 0) || begins(typed, 1) || is_exchanged
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(typed: &str, text: &str, also: &str) -> bool {
        rank(&words(typed), text, also, true).is_some()
    }

    #[test]
    fn one_typing_error_is_forgiven_in_long_words() {
        for typed in ["treshold", "thresholt", "thersh", "thrreshold", "htreshold"] {
            assert!(finds(typed, "Mask by threshold", ""), "{typed}");
        }
        assert!(!finds("trshold", "Mask by threshold", ""), "two errors");
        assert!(!finds("mosk", "Mask by threshold", ""), "a short word");
        assert!(
            finds("substract", "Dark field", "subtract"),
            "in words that are not shown"
        );
    }

    #[test]
    fn british_and_american_words_are_the_same() {
        for (typed, text) in [
            ("color map", "Colour map: viridis"),
            ("colour", "Color map"),
            ("gray", "Colour map: grey"),
            ("beam center", "Beam centre"),
            ("normaliz", "normalise"),
            ("normalis", "normalize"),
        ] {
            assert!(rank(&words(typed), text, "", false).is_some(), "{typed}");
        }
    }

    #[test]
    fn words_of_a_line_come_before_what_is_within_them_and_before_other_words() {
        let rank = |text, also| rank(&words("log"), text, also, false);
        assert!(rank("Norm: logarithmic", "") < rank("Catalogue of X", ""));
        assert!(rank("Catalogue of X", "") < rank("Scale", "log"));
        assert_eq!(rank("Scale", ""), None);
    }
}
