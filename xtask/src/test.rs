//! `cargo xtask test`: everything that must hold.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::Result;
use clap::Args;
use tempfile::TempDir;

use crate::install::{self, Mode};
use crate::packages::Purpose;
use crate::summary::{self, Counts};
use crate::{foreign, peers, run, skips};

/// What `cargo xtask test` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Also test against Apache, XRootD, sshd and Slurm, and compare with Python; they run when CI is set, too.
    #[arg(long)]
    servers: bool,
    /// Only tell which system packages are missing.
    #[arg(long)]
    no_install: bool,
    /// Run only the tests whose name contains one of these, and no lints.
    #[arg(last = true)]
    filters: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let servers = options.servers || run::is_on("CI");
    let mut purposes = vec![Purpose::Window, Purpose::Test];
    if servers {
        purposes.push(Purpose::Servers);
    }
    install::ensure(&purposes, Mode::from_no_install(options.no_install));

    let mut suite = Suite::new(servers)?;
    if options.filters.is_empty() {
        suite.step("format", run::cargo().args(["fmt", "--all", "--check"]));
        suite.step(
            "lints",
            run::cargo()
                .args(["clippy", "--workspace", "--all-targets"])
                .args(["--", "--deny", "warnings"]),
        );
    }
    suite.tests(&options.filters)?;
    suite.documentation_tests(&options.filters)?;
    if servers && options.filters.is_empty() {
        suite.foreign_tests()?;
    }
    if options.filters.is_empty() {
        suite.step(
            "documentation",
            run::cargo()
                .args(["doc", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "--deny warnings"),
        );
    }
    Ok(suite.close())
}

/// A run: what each step came to, and the surroundings of the tests.
struct Suite {
    steps: Vec<Step>,
    counts: Counts,
    /// Variables that the tests see.
    variables: Vec<(&'static str, PathBuf)>,
    record: PathBuf,
    // Removed at the end.
    _folder: TempDir,
}

struct Step {
    name: &'static str,
    passed: bool,
    took: Duration,
}

impl Suite {
    fn new(servers: bool) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hutch-skips-").tempdir()?;
        let record = folder.path().join("skips");
        let mut variables = vec![("HUTCH_SKIPS", record.clone())];
        if servers {
            variables.push(("HUTCH_SERVERS", PathBuf::from("1")));
            if env::var_os("HUTCH_PYTHON").is_none()
                && let Some(python) = peers::prepare()
            {
                variables.push(("HUTCH_PYTHON", python));
            }
        }
        Ok(Self {
            steps: Vec::new(),
            counts: Counts::default(),
            variables,
            record,
            _folder: folder,
        })
    }

    /// Runs one step; a failure is kept for the end, so that one run tells all.
    fn step(&mut self, name: &'static str, command: &mut Command) {
        println!("\n=== {name}");
        let started = Instant::now();
        let result = run::succeed(command);
        if let Err(error) = &result {
            println!("{name}: {error:#}");
        }
        self.finish(name, result.is_ok(), started);
    }

    fn finish(&mut self, name: &'static str, passed: bool, started: Instant) {
        self.steps.push(Step {
            name,
            passed,
            took: started.elapsed(),
        });
    }

    /// Unit and integration tests: by nextest where it is installed.
    fn tests(&mut self, filters: &[String]) -> Result<()> {
        if !has_nextest() {
            println!(
                "\ncargo-nextest is not installed: the tests run in cargo test, one binary after the other."
            );
            return self.cargo_test("tests", &["--no-fail-fast", "--all-targets"], filters);
        }
        // Beside the manifest, whatever CARGO_TARGET_DIR says.
        let report = run::root().join("target/nextest/default/junit.xml");
        if report.exists() {
            fs::remove_file(&report)?;
        }
        let variables = self.variables.clone();
        self.step(
            "tests",
            run::cargo()
                .args(["nextest", "run", "--workspace", "--no-fail-fast"])
                .args(filters)
                .envs(variables),
        );
        // Without a report nothing was built, and the step has failed.
        self.counts += summary::of_junit(&report).unwrap_or_default();
        Ok(())
    }

    /// The examples in the documentation, which nextest does not run.
    fn documentation_tests(&mut self, filters: &[String]) -> Result<()> {
        self.cargo_test("examples", &["--no-fail-fast", "--doc"], filters)
    }

    fn cargo_test(
        &mut self,
        name: &'static str,
        arguments: &[&str],
        filters: &[String],
    ) -> Result<()> {
        let mut command = run::cargo();
        command
            .args(["test", "--workspace"])
            .args(arguments)
            .arg("--")
            .args(filters)
            .envs(self.variables.clone());
        self.counted(name, command)
    }

    /// A run of cargo's own test runner, whose words are counted.
    fn counted(&mut self, name: &'static str, mut command: Command) -> Result<()> {
        println!("\n=== {name}");
        let started = Instant::now();
        let (counts, passed) = summary::run_and_count(&mut command)?;
        self.counts += counts;
        self.finish(name, passed, started);
        Ok(())
    }

    /// The chunk filters on another processor.
    fn foreign_tests(&mut self) -> Result<()> {
        match foreign::tests() {
            Ok(Some(command)) => self.counted("aarch64", command)?,
            Ok(None) => {}
            Err(why) => skips::add(&self.record, "aarch64", "hutch-codecs", &why)?,
        }
        Ok(())
    }

    /// Shows what came of it all, and says whether it is good.
    fn close(self) -> ExitCode {
        let skips = skips::read(&self.record);
        let required = skips::required();
        println!();
        for step in &self.steps {
            let word = if step.passed { "ok" } else { "FAILED" };
            println!(
                "{:14} {word:6} {:6.0} s",
                step.name,
                step.took.as_secs_f64()
            );
        }
        println!();
        print!("{}", skips::table(&skips));
        let forbidden: BTreeSet<&str> = skips
            .iter()
            .filter(|skip| required.contains(&skip.what))
            .map(|skip| skip.what.as_str())
            .collect();
        for what in &forbidden {
            println!("'{what}' may not be skipped here: it is in HUTCH_REQUIRE");
        }
        let skipped_tests: BTreeSet<&str> = skips.iter().map(|skip| skip.test.as_str()).collect();
        // A test that skips returns early, and its runner counts it as passed;
        // one whose skip is forbidden fails.
        let failed_skips = skips
            .iter()
            .filter(|skip| required.contains(&skip.what))
            .map(|skip| skip.test.as_str())
            .collect::<BTreeSet<_>>();
        let skipped = skipped_tests.len() - failed_skips.len();
        println!(
            "\n{} passed, {} failed, {skipped} skipped",
            self.counts.passed.saturating_sub(skipped),
            self.counts.failed,
        );
        if forbidden.is_empty() && self.steps.iter().all(|step| step.passed) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn has_nextest() -> bool {
    run::output(run::cargo().args(["nextest", "--version"])).is_ok()
}
