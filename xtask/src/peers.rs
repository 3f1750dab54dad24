//! The Python programs that tests and benchmarks compare with.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::run;

/// What pip installs; a change makes the environment anew.
const PEERS: &str = "h5py>=3.16\nhdf5plugin>=7.1\nnumpy>=2\ntifffile\nzarr>=3\nbitshuffle\ndectris-compression\nfsspec[http]\nmatplotlib\npyFAI==2026.9.*\nscipy\n";

/// Programs with a window that frames are opened in.
const VIEWERS: &str = "PyQt5\nfabio\nh5py>=3.16\nhdf5plugin>=7.1\nmatplotlib\nnapari[pyqt5]==0.9.*\nqtawesome\nsilx==3.1.*\n";

/// Makes a Python environment with the peers, or finds the one made before, and
/// returns its Python. `None`, after saying why, when that fails: the tests that
/// need a peer then skip.
pub(crate) fn prepare() -> Option<PathBuf> {
    python("peers", PEERS)
}

/// The same with `silx view` and napari, which only one benchmark needs.
pub(crate) fn prepare_viewers() -> Option<PathBuf> {
    python("viewers", VIEWERS)
}

fn python(name: &str, requirements: &str) -> Option<PathBuf> {
    match environment(name, requirements) {
        Ok(folder) => Some(folder.join("bin/python")),
        Err(error) => {
            println!("No Python {name}: {error:#}");
            None
        }
    }
}

/// A Python environment with these requirements, in the build folder.
///
/// # Errors
/// When Python, its `venv` module or a package is not to be had.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = run::target().join("xtask").join(name);
    // Written last, so that a half-made environment is made again.
    let list = folder.join("requirements.txt");
    if fs::read_to_string(&list).is_ok_and(|found| found == requirements) {
        return Ok(folder);
    }
    println!(
        "Preparing Python packages: {}",
        requirements.trim().replace('\n', " ")
    );
    run::succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    run::succeed(
        Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(requirements.lines()),
    )?;
    fs::write(&list, requirements)
        .with_context(|| format!("could not write '{}'", list.display()))?;
    Ok(folder)
}
