//! How many tests passed, from what the runners say.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::ops::AddAssign;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// Tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, rhs: Self) {
        self.passed += rhs.passed;
        self.failed += rhs.failed;
    }
}

/// Runs a `cargo test`, shows what it writes, and counts.
///
/// # Errors
/// When it cannot be started. That it failed is in the second value.
pub(crate) fn run_and_count(command: &mut Command) -> Result<(Counts, bool)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("could not run cargo test")?;
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            if let Some(more) = libtest_counts(&line) {
                counts += more;
            }
        }
    }
    let status = child.wait()?;
    Ok((counts, status.success()))
}

/// The counts in the report that nextest leaves, if it left one.
pub(crate) fn of_junit(path: &Path) -> Option<Counts> {
    junit_counts(&fs::read_to_string(path).ok()?)
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
fn libtest_counts(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number_before = |word: &str| {
        let part = numbers
            .split(';')
            .find(|part| part.trim().ends_with(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Counts {
        passed: number_before("passed")?,
        failed: number_before("failed")?,
    })
}

/// Reads `<testsuites ... tests="8" failures="1" errors="0">`.
fn junit_counts(report: &str) -> Option<Counts> {
    let (_, after) = report.split_once("<testsuites ")?;
    let (attributes, _) = after.split_once('>')?;
    let attribute = |name: &str| -> Option<usize> {
        let (_, value) = attributes.split_once(&format!("{name}=\""))?;
        value.split('"').next()?.parse().ok()
    };
    let failed = attribute("failures")? + attribute("errors")?;
    Some(Counts {
        passed: attribute("tests")?.checked_sub(failed)?,
        failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_libtest_is_counted() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(
            libtest_counts(line),
            Some(Counts {
                passed: 3,
                failed: 2
            }),
            "ignored tests did not run"
        );
        assert_eq!(libtest_counts("test a ... ok"), None, "another line");
    }

    #[test]
    fn a_report_of_nextest_is_counted() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="8" failures="1" errors="1" uuid="x" time="0.4"><testsuite/></testsuites>"#;
        assert_eq!(
            junit_counts(report),
            Some(Counts {
                passed: 6,
                failed: 2
            }),
            "an error, such as a test that did not end, is a failure"
        );
    }
}
