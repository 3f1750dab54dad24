//! `cargo xtask demo`: Hutch on the embedded facility.

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::install::{self, Mode};
use crate::packages::Purpose;
use crate::run;

/// What `cargo xtask demo` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Walk through the program without a window, and leave pictures and a summary.
    #[arg(long)]
    headless: bool,
    /// Build without optimisation; shares its build with the tests.
    #[arg(long)]
    dev: bool,
    /// Only tell which system packages are missing.
    #[arg(long)]
    no_install: bool,
    /// Passed on to `hutch demo`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    install::ensure(
        &[Purpose::Window],
        Mode::from_no_install(options.no_install),
    );
    let mut hutch = run::cargo();
    hutch.args(["run", "--package", "hutch", "--bin", "hutch"]);
    if !options.dev {
        hutch.arg("--release");
    }
    hutch.args(["--", "demo"]);
    if options.headless || !has_display() {
        hutch.arg("--headless");
    }
    hutch.args(&options.rest);
    run::forward(&mut hutch)
}

/// Whether a window can be opened; macOS and Windows always have a display.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
