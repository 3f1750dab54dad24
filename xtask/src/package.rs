//! `cargo xtask package --tar`: one folder that runs without root.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{licences, peers, run};

/// What the program is compiled for, and the oldest glibc that it runs on: that
/// of RHEL 8 and its rebuilds, which facilities still have.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const GLIBC: Version = Version(2, 28);

/// zig's C compiler knows the symbols of each glibc and links to the oldest; pip
/// brings it and its cargo command as ready-made programs.
const TOOLS: &str = "cargo-zigbuild>=0.20\nziglang>=0.13\n";

/// What `cargo xtask package` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A folder in a .tar.gz, for Linux with glibc 2.28 or later.
    #[arg(long, required = true)]
    tar: bool,
    /// Build with this profile; the shipped one takes its time.
    #[arg(long, default_value = "dist")]
    profile: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    debug_assert!(options.tar, "clap requires the only kind there is");
    let binary = build(&options.profile)?;
    check_glibc(&binary)?;
    let name = format!("hutch-{}-linux-x86_64", env!("CARGO_PKG_VERSION"));
    let parent = run::target().join("package");
    let folder = parent.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    collect(&binary, &folder)?;
    run::succeed(Command::new(folder.join("bin/hutch")).arg("--version"))?;
    let archive = parent.join(format!("{name}.tar.gz"));
    run::succeed(
        Command::new("tar")
            .args([
                "--create",
                "--gzip",
                "--sort=name",
                "--owner=0",
                "--group=0",
            ])
            .args(["--numeric-owner", "--file"])
            .arg(&archive)
            .arg("--directory")
            .arg(&parent)
            .arg(&name),
    )?;
    let size_bytes = fs::metadata(&archive)?.len();
    println!("{} ({} MB)", archive.display(), size_bytes / 1_000_000);
    Ok(ExitCode::SUCCESS)
}

/// Compiles the program for the old glibc.
fn build(profile: &str) -> Result<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("the .tar is made on 64-bit x86 Linux");
    }
    let tools = peers::environment("zig", TOOLS)?.join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(tools.clone()).chain(env::split_paths(&path)))?;
    run::succeed(
        Command::new(tools.join("cargo-zigbuild"))
            .current_dir(run::root())
            .env("PATH", path)
            .args([
                "zigbuild",
                "--locked",
                "--package",
                "hutch",
                "--bin",
                "hutch",
            ])
            .args(["--profile", profile])
            .args(["--target", &format!("{TARGET}.{}.{}", GLIBC.0, GLIBC.1)]),
    )?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(run::target().join(TARGET).join(folder).join("hutch"))
}

/// Refuses a program that asks for a newer glibc than it should.
fn check_glibc(binary: &Path) -> Result<()> {
    let symbols = run::output(Command::new("objdump").arg("-T").arg(binary))?;
    let Some(newest) = newest_glibc(&symbols) else {
        bail!(
            "'{}' uses no symbol of glibc, which cannot be",
            binary.display()
        );
    };
    println!("The program needs glibc {}.{}.", newest.0, newest.1);
    if newest > GLIBC {
        bail!("that is newer than {}.{}", GLIBC.0, GLIBC.1);
    }
    Ok(())
}

/// The newest version in the output of `objdump -T`.
fn newest_glibc(symbols: &str) -> Option<Version> {
    symbols
        .split("GLIBC_")
        .skip(1)
        .filter_map(|after| {
            let end = after.find(|letter: char| letter != '.' && !letter.is_ascii_digit());
            let mut numbers = after[..end.unwrap_or(after.len())].split('.');
            let major = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            Some(Version(major, minor))
        })
        .max()
}

/// Puts the folder together.
fn collect(binary: &Path, folder: &Path) -> Result<()> {
    let root = run::root();
    put(binary, &folder.join("bin/hutch"))?;
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md"] {
        let file = root.join(name);
        if file.exists() {
            put(&file, &folder.join(name))?;
        }
    }
    fs::write(
        folder.join("THIRD-PARTY.txt"),
        licences::third_party(TARGET)?,
    )?;
    let applications = folder.join("share/applications");
    put(
        &root.join("packaging/linux/hutch.desktop"),
        &applications.join("hutch.desktop"),
    )?;
    put(
        &root.join("packaging/linux/hutch-mime.xml"),
        &folder.join("share/mime/packages/hutch.xml"),
    )?;
    copy_folder(&root.join("packaging/sites.d"), &folder.join("sites.d"))
}

/// Copies a folder with its files and folders; one that is not there is empty.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    if !from.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            put(&path, &target)?;
        }
    }
    Ok(())
}

fn put(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)
        .with_context(|| format!("could not copy '{}' to '{}'", from.display(), to.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let symbols = "DF *UND* (GLIBC_2.9)  read\nDF *UND* (GLIBC_2.28)  fcntl64\nDF *UND* (GLIBC_2.2.5) free\n";
        assert_eq!(
            newest_glibc(symbols),
            Some(Version(2, 28)),
            "2.28 is newer than 2.9"
        );
        assert_eq!(newest_glibc("no symbols"), None, "nothing to compare");
    }
}
