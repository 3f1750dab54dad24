//! The record of skipped tests.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;

/// Names the file to which skips are appended; `cargo xtask test` sets it.
const RECORD: &str = "HUTCH_SKIPS";
/// Names what may not be skipped, separated by commas.
const REQUIRED: &str = "HUTCH_REQUIRE";

/// Whether tests against real servers run: `CI` is set, or `HUTCH_SERVERS` is
/// `1` (which `cargo xtask test --servers` sets).
///
/// They never run unasked, since they start daemons.
pub fn servers_asked() -> bool {
    is_on("CI") || is_on("HUTCH_SERVERS")
}

/// Records that the running test is skipped for want of `what`, and why.
///
/// `what` is a short word of the list in `HUTCH_REQUIRE`: `apache`, `slurm`,
/// `sshd`, `xrootd`, `h5py`, `lavapipe`. The caller returns after this.
///
/// # Panics
/// When `HUTCH_REQUIRE` names `what`: there the skip is a failure.
#[expect(
    clippy::print_stderr,
    reason = "a test that skips says so in its output"
)]
pub fn skip(what: &str, reason: &str) {
    eprintln!("SKIP {what}: {reason}");
    if let Some(path) = env::var_os(RECORD) {
        let line = record_line(what, &test_name(), reason);
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            eprintln!("could not record the skip in '{}': {error}", path.display());
        }
    }
    assert!(
        !is_required(what, &env::var(REQUIRED).unwrap_or_default()),
        "'{what}' is in {REQUIRED}, yet it is skipped: {reason}"
    );
}

fn is_on(variable: &str) -> bool {
    env::var(variable).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn is_required(what: &str, required: &str) -> bool {
    required.split(',').any(|name| name.trim() == what)
}

/// One line, three fields; a reason of several lines becomes one.
fn record_line(what: &str, test: &str, reason: &str) -> String {
    let field = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}\t{}\t{}\n", field(what), field(test), field(reason))
}

/// The name of the running test, with its binary: `hutch::servers/apache_...`.
///
/// libtest names its threads after the tests, but a test that runs alone in its
/// process (as under nextest) is on the main thread, and named in the arguments.
fn test_name() -> String {
    let thread = thread::current();
    let name = match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => test_in_arguments().unwrap_or_else(|| "unknown".to_owned()),
    };
    let program = env::args().next().unwrap_or_default();
    let stem = program.rsplit(['/', '\\']).next().unwrap_or_default();
    // Cargo adds a hash: servers-0123456789abcdef.
    let binary = stem.rsplit_once('-').map_or(stem, |(name, _hash)| name);
    format!("{binary}/{name}")
}

fn test_in_arguments() -> Option<String> {
    env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_three_fields_on_one_line() {
        assert_eq!(
            record_line("slurm", "servers/runs_a_job", "no\tmunged\nhere"),
            "slurm\tservers/runs_a_job\tno munged here\n",
            "white space inside a field would break the table"
        );
    }

    #[test]
    fn only_the_names_in_the_list_are_required() {
        assert!(
            is_required("sshd", "apache, sshd"),
            "sshd is in the list, after a space"
        );
        assert!(!is_required("ssh", "apache,sshd"), "ssh is another name");
    }

    #[test]
    fn the_running_test_knows_its_name() {
        let name = test_name();
        assert!(
            name.ends_with("/skips::tests::the_running_test_knows_its_name"),
            "the name was '{name}'"
        );
    }
}
