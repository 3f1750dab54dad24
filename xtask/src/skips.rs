//! The record of skipped tests: one line each, `what<TAB>test<TAB>reason`.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// One skip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skip {
    /// What was wanting: `apache`, `h5py`, ...
    pub(crate) what: String,
    /// The test, with its binary.
    pub(crate) test: String,
    /// Why it was wanting.
    pub(crate) reason: String,
}

/// The skips on record, sorted, each once. A file that was never written means none.
pub(crate) fn read(path: &Path) -> Vec<Skip> {
    parse(&fs::read_to_string(path).unwrap_or_default())
}

/// Puts a skip of this program itself on record.
///
/// # Errors
/// When the record cannot be written.
pub(crate) fn add(path: &Path, what: &str, test: &str, reason: &str) -> std::io::Result<()> {
    let mut record = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    let reason = reason.replace(['\n', '\t'], " ");
    writeln!(record, "{what}\t{test}\t{reason}")
}

/// What `HUTCH_REQUIRE` names: none of it may be skipped.
pub(crate) fn required() -> Vec<String> {
    env::var("HUTCH_REQUIRE")
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The table that ends a run.
pub(crate) fn table(skips: &[Skip]) -> String {
    if skips.is_empty() {
        return "Skipped: nothing\n".to_owned();
    }
    let width = |field: fn(&Skip) -> &str| {
        let longest = skips.iter().map(|skip| field(skip).len()).max();
        longest.unwrap_or_default()
    };
    let (what, test) = (width(|skip| &skip.what), width(|skip| &skip.test));
    let line = |skip: &Skip| {
        format!(
            "  {:what$}  {:test$}  {}",
            skip.what, skip.test, skip.reason
        )
    };
    let lines: Vec<String> = skips.iter().map(line).collect();
    format!(
        "Skipped:
{}
",
        lines.join(
            "
"
        )
    )
}

fn parse(record: &str) -> Vec<Skip> {
    let skips: BTreeSet<Skip> = record
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, '\t').map(str::to_owned);
            Some(Skip {
                what: fields.next()?,
                test: fields.next()?,
                reason: fields.next()?,
            })
        })
        .collect();
    skips.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_that_is_recorded_twice_is_shown_once() {
        let skips = parse("sshd\tb/two\tno sshd\napache\ta/one\tno apache\nsshd\tb/two\tno sshd\n");
        let tests: Vec<&str> = skips.iter().map(|skip| skip.test.as_str()).collect();
        assert_eq!(tests, ["a/one", "b/two"], "sorted by what, each once");
    }

    #[test]
    fn a_skip_that_is_added_is_read_on_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("skips");
        add(&record, "aarch64", "hutch-codecs", "no\tprogram\nthere").unwrap();
        let expected = Skip {
            what: "aarch64".to_owned(),
            test: "hutch-codecs".to_owned(),
            reason: "no program there".to_owned(),
        };
        assert_eq!(read(&record), [expected]);
    }

    #[test]
    fn the_table_aligns_its_columns() {
        let skips = parse("sshd\tb/two\tno sshd\napache\ta/long\tno apache\n");
        assert_eq!(
            table(&skips),
            "Skipped:\n  apache  a/long  no apache\n  sshd    b/two   no sshd\n",
            "each column is as wide as its longest entry"
        );
    }
}
