//! Python programs that tests compare with.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::skips::skip;

/// A Python that can import `module`, for a test that compares with it;
/// otherwise records a skip of `module` and returns `None`.
///
/// `cargo xtask test` makes an environment with h5py, hdf5plugin and numpy when
/// servers are asked for, and names its Python in `HUTCH_PYTHON`.
pub fn python_with(module: &str) -> Option<PathBuf> {
    let Some(python) = env::var_os("HUTCH_PYTHON").map(PathBuf::from) else {
        skip(
            module,
            "no Python was prepared (HUTCH_PYTHON): use --servers, or set CI",
        );
        return None;
    };
    let imports = Command::new(&python)
        .args(["-c", &format!("import {module}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if imports.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skip(module, &format!("'{}' cannot import it", python.display()));
    None
}
