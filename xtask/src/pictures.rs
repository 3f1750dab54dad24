//! `cargo xtask pictures`: the pictures of the user guide.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::install::{self, Mode};
use crate::packages::Purpose;
use crate::run;

/// What `cargo xtask pictures` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only tell which system packages are missing.
    #[arg(long)]
    no_install: bool,
    /// Passed on to `hutch pictures`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    install::ensure(
        &[Purpose::Window],
        Mode::from_no_install(options.no_install),
    );
    let folder = run::root().join("docs/pictures");
    let mut hutch = run::cargo();
    hutch
        .args(["run", "--release", "--package", "hutch", "--bin", "hutch"])
        .args(["--", "pictures", "--dir"])
        .arg(folder)
        .arg("--samples")
        .arg(run::root().join("tests/data"))
        .args(&options.rest);
    run::forward(&mut hutch)
}
