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
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct Options {
    /// Walk through the program without a window, and leave pictures and a summary.
    #[arg(long)]
    headless: bool,
    /// Take the walk over real servers as well: Apache for the data, Slurm behind
    /// sshd for the recipe.
    #[arg(long, requires = "headless")]
    servers: bool,
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
    let mode = Mode::from_no_install(options.no_install);
    if options.servers {
        install::ensure(&[Purpose::Window, Purpose::Test, Purpose::Servers], mode);
        return walk_on_servers(options.dev);
    }
    install::ensure(&[Purpose::Window], mode);
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

/// Runs the tests of the walk, which start the servers. A server that is not
/// installed fails them: the walk was asked for.
fn walk_on_servers(dev: bool) -> Result<ExitCode> {
    let mut test = run::cargo();
    test.args(["test", "--package", "hutch", "--test", "demo_walk"]);
    if !dev {
        test.arg("--release");
    }
    test.args(["--", "--nocapture", "--test-threads=1"])
        .env("HUTCH_SERVERS", "1")
        .env("HUTCH_REQUIRE", "apache,slurm,sshd,lavapipe");
    run::forward(&mut test)
}

/// Whether a window can be opened; macOS and Windows always have a display.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
