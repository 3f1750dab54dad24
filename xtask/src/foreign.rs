//! The chunk filters on another processor: their NEON bodies, emulated by QEMU.

use std::process::Command;

use crate::{packages, run};

/// The processor that is emulated.
const TARGET: &str = "aarch64-unknown-linux-gnu";
/// Its linker.
const LINKER: &str = "aarch64-linux-gnu-gcc";
/// What emulates it, and where its libraries are.
const RUNNER: &str = "qemu-aarch64 -L /usr/aarch64-linux-gnu";

/// How to run the tests of the filters on a processor that this machine is not;
/// `None` where it is one, since then the ordinary tests do.
///
/// # Errors
/// What is wanting for it, in words.
pub(crate) fn tests() -> Result<Option<Command>, String> {
    if cfg!(target_arch = "aarch64") {
        return Ok(None);
    }
    for program in ["qemu-aarch64", LINKER] {
        if packages::find_program(program).is_none() {
            return Err(format!("no program '{program}'"));
        }
    }
    // A toolchain of the system's own packages has no rustup.
    run::output(Command::new("rustup").args(["target", "add", TARGET]))
        .map_err(|error| format!("rustup could not add {TARGET}: {error:#}"))?;
    let mut command = run::cargo();
    command
        .args(["test", "--package", "hutch-codecs", "--target", TARGET])
        .args(["--lib", "--tests"])
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", RUNNER);
    Ok(Some(command))
}
