//! A first word that is neither a command nor anything to open.

use std::path::Path;

use hutch_model::{Error, ErrorKind, Result};

/// Letters that may be wrong in a word that was meant for a command.
const SLIPS_MAX: usize = 2;

/// Refuses a bare word that was meant for a command, before it is taken for the name of a file.
///
/// # Errors
/// [`ErrorKind::Usage`] with the command that is nearest to it.
pub(super) fn check_word<'a>(word: &str, commands: impl Iterator<Item = &'a str>) -> Result<()> {
    // Names of files have endings and folders, addresses have colons.
    let is_bare = word
        .chars()
        .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
    if word.is_empty() || !is_bare || Path::new(word).exists() {
        return Ok(());
    }
    let why = nearest(word, commands).map_or_else(
        || {
            "there is no such command, and no file or folder of this name; \
             `hutch --help` lists the commands"
                .to_owned()
        },
        |near| format!("there is no such command; did you mean \"{near}\"?"),
    );
    let tried = format!("run \"hutch {word}\"");
    Err(Error::new(ErrorKind::Usage, tried, why))
}

/// The command with the fewest letters wrong, or the one that a word begins.
fn nearest<'a>(word: &str, commands: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let slips = |command: &str| {
        if word.chars().count() > 2 && command.starts_with(&word) {
            return 0;
        }
        slips_between(&word, command)
    };
    let known = commands.map(|command| (slips(command), command));
    // Of a short word too much would be wrong.
    let allowed = SLIPS_MAX.min(word.chars().count() / 2);
    let (_, command) = known.filter(|(slips, _)| *slips <= allowed).min()?;
    Some(command)
}

/// Letters that are put in, left out or changed between two words.
///
/// Source: Levenshtein, Sov. Phys. Dokl. 10 (1966) 707.
fn slips_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut next = vec![index + 1];
        for (at, wanted) in other.iter().enumerate() {
            let changed = row[at] + usize::from(letter != *wanted);
            next.push(changed.min(row[at + 1] + 1).min(next[at] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: [&str; 6] = ["ls", "stats", "render", "reconstruct", "info", "cat"];

    #[test]
    fn a_word_is_told_the_command_that_it_is_near_to() {
        for (word, near) in [
            ("stat", "stats"),
            ("satts", "stats"),
            ("rendre", "render"),
            ("recon", "reconstruct"),
            ("Info", "info"),
        ] {
            assert_eq!(nearest(word, COMMANDS.into_iter()), Some(near), "{word}");
        }
        for word in ["nonsense", "l", "xy"] {
            assert_eq!(nearest(word, COMMANDS.into_iter()), None, "{word}");
        }
    }

    #[test]
    fn names_and_addresses_are_left_to_the_window() {
        for word in ["stat.h5", "./stat", "esrf:stat", "https://stat", ""] {
            assert!(check_word(word, COMMANDS.into_iter()).is_ok(), "{word}");
        }
        let near = check_word("stat", COMMANDS.into_iter()).unwrap_err();
        assert_eq!(near.exit_code(), 2, "{near}");
        assert!(near.why.contains("did you mean \"stats\"?"), "{near}");
        let far = check_word("nonsense", COMMANDS.into_iter()).unwrap_err();
        assert!(far.why.contains("hutch --help"), "{far}");
    }
}
