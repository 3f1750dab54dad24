//! The commands of this workspace: `cargo xtask demo`, `test`, `bench`,
//! `pictures` and `package`. rustup is the one thing that must be there before.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks to the terminal"
)]

mod bench;
mod demo;
mod foreign;
mod install;
mod licences;
mod package;
mod packages;
mod peers;
mod pictures;
mod run;
mod skips;
mod summary;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Builds, shows and checks Hutch")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Opens the window on the embedded facility; without a display, walks through it and leaves pictures.
    Demo(demo::Options),
    /// Checks everything: format, lints, tests, documentation.
    Test(test::Options),
    /// Runs the benchmarks in benches/.
    Bench(bench::Options),
    /// Draws the pictures of the user guide.
    Pictures(pictures::Options),
    /// Makes what is handed to users.
    Package(package::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Pictures(options) => pictures::run(&options),
        Task::Package(options) => package::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
