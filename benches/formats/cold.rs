//! A picture of one frame by a process that begins from nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{DATASET, Figure, Python, ROUNDS, cpu, median};

/// `hutch render FILE --frame 0` beside h5py and matplotlib, in turn.
pub(super) fn compare(path: &Path, python: &Python) -> Result<()> {
    println!(
        "\na picture of frame 0 of {}, from a cold process",
        path.file_name().unwrap_or_default().display()
    );
    let Some(program) = program() else {
        println!("  There is no `hutch` to measure: `cargo build --release`, or HUTCH_BIN.");
        return Ok(());
    };
    let picture = std::env::temp_dir().join(format!("hutch-cold-{}.png", std::process::id()));
    let cold = Python {
        python: python.python.clone(),
        script: python.script.with_file_name("cold.py"),
    };
    let ours = ["render".as_ref(), path.as_os_str(), "--frame".as_ref()];
    let ours = ours.into_iter().chain(["0".as_ref(), "-o".as_ref()]);
    let ours: Vec<&OsStr> = [program.as_os_str()].into_iter().chain(ours).collect();
    let theirs = [python.python.as_os_str(), cold.script.as_os_str()];
    let theirs = theirs
        .into_iter()
        .chain(["draw".as_ref(), path.as_os_str()]);
    let theirs: Vec<&OsStr> = theirs.chain([DATASET.as_ref()]).collect();
    let (mut hutch, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (command, figures) in [(&ours, &mut hutch), (&theirs, &mut peer)] {
            figures.push(cold.spent(command, &picture)?);
        }
    }
    std::fs::remove_file(&picture)?;
    let wall = |figures: &[Figure]| median(figures.iter().map(|figure| figure.wall_ms));
    for (name, figures) in [("hutch render", &hutch), ("h5py and matplotlib", &peer)] {
        println!("  {name:<32} {:>9.0} {:>9.0}", cpu(figures), wall(figures));
    }
    println!(
        "  {:<32} {:>9.2} {:>9.2}",
        "hutch/Python",
        cpu(&hutch) / cpu(&peer),
        wall(&hutch) / wall(&peer)
    );
    Ok(())
}

impl Python {
    /// What a command takes that writes a picture.
    fn spent(&self, command: &[&OsStr], picture: &Path) -> Result<Figure> {
        let mut arguments = vec![OsStr::new("time")];
        arguments.extend(command);
        arguments.push(picture.as_os_str());
        Figure::from_json(&self.run(&arguments)?)
    }
}

/// The program, as it was built last for release.
fn program() -> Option<PathBuf> {
    let built = super::target_folder().join("release/hutch");
    std::env::var_os("HUTCH_BIN")
        .map(PathBuf::from)
        .or_else(|| built.is_file().then_some(built))
}
