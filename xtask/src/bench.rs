//! `cargo xtask bench`: the benchmarks in benches/.

use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Result, bail};
use clap::Args;

use crate::install::{self, Mode};
use crate::packages::Purpose;
use crate::{peers, run};

/// The benchmark that builds the window; the others measure the engine alone.
const OF_WINDOW: &str = "ui";
/// The benchmark that starts the program as it is shipped.
const OF_PROGRAM: &str = "open";

/// What `cargo xtask bench` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only tell which system packages are missing.
    #[arg(long)]
    no_install: bool,
    /// Prepare the Python peers to measure against.
    #[arg(long)]
    peers: bool,
    /// Names of files in benches/, without `.rs`; all when there is none.
    names: Vec<String>,
    /// Passed on to each benchmark.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let mode = Mode::from_no_install(options.no_install);
    install::ensure(&[Purpose::Window], mode);
    let names = if options.names.is_empty() {
        benchmarks()?
    } else {
        options.names.clone()
    };
    let python = options.peers.then(|| {
        install::ensure(&[Purpose::Servers], mode);
        peers::prepare()
    });
    let python = python.flatten();
    let (mut program, mut viewers) = (None, None);
    if names.iter().any(|name| name == OF_PROGRAM) {
        run::succeed(run::cargo().args(["build", "--release", "--package", "hutch"]))?;
        let name = format!("hutch{}", env::consts::EXE_SUFFIX);
        program = Some(run::target().join("release").join(name));
        if options.peers {
            install::ensure(&[Purpose::Viewers], mode);
            viewers = peers::prepare_viewers();
        }
    }
    let (of_window, of_engine): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name == OF_WINDOW);
    let mut code = ExitCode::SUCCESS;
    for (package, names) in [("hutch-benches", of_engine), ("hutch", of_window)] {
        if names.is_empty() {
            continue;
        }
        let mut cargo = run::cargo();
        cargo.args(["bench", "--package", package]);
        for name in &names {
            cargo.args(["--bench", name]);
        }
        cargo.arg("--").args(&options.rest);
        for (name, value) in [
            ("HUTCH_PYTHON", &python),
            ("HUTCH_VIEWERS", &viewers),
            ("HUTCH_PROGRAM", &program),
        ] {
            if let Some(value) = value {
                cargo.env(name, value);
            }
        }
        code = run::forward(&mut cargo)?;
        if code != ExitCode::SUCCESS {
            break;
        }
    }
    Ok(code)
}

/// The names of the files in benches/.
fn benchmarks() -> Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(run::root().join("benches"))?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_suffix(".rs")?.to_owned())
        })
        .filter(|name| name != "lib")
        .collect();
    names.sort();
    if names.is_empty() {
        bail!("there is no benchmark in benches/");
    }
    Ok(names)
}
