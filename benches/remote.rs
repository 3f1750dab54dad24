//! What far away costs: requests, round trips, bytes, wall and CPU time of
//! reading HDF5 files from a server that answers 50 ms late, counted by the
//! server, with h5py over fsspec beside it where `HUTCH_PYTHON` is set.
//!
//! ```text
//! cargo xtask bench remote --peers            everything, files of 600 MB
//! cargo xtask bench remote --peers -- --small short stacks, one way of the peer
//! cargo xtask bench remote -- --data FOLDER   files of benches/remote/data.py
//! ```

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "remote/measure.rs"]
mod measure;
#[path = "remote/reader.rs"]
mod reader;
#[path = "remote/real.rs"]
mod real;
#[path = "remote/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use measure::{Apart, Counter as _, Step};
use reader::{Reader, frame, level, sinogram, walk};

const LATENCY: Duration = Duration::from_millis(50);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).map(PathBuf::from)
    };
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(folder) = after("--serve") {
        runtime.block_on(server::serve(folder, LATENCY))?;
        return Ok(());
    }
    if let Some(port) = after("--delay") {
        let port = port.to_str().context("no port")?.parse()?;
        runtime.block_on(real::delay(port, LATENCY))?;
        return Ok(());
    }
    let is_small = words
        .iter()
        .any(|word| word == "--small" || word == "--test");
    let data = data_folder();
    let folder = after("--data")
        .unwrap_or_else(|| data.join(if is_small { "remote-small" } else { "remote" }));
    let python = std::env::var_os("HUTCH_PYTHON").map(PathBuf::from);
    if !folder.join("tomo_sparse.h5").exists() {
        let Some(python) = &python else {
            println!("The files are written by h5py: run `cargo xtask bench remote --peers`.");
            return Ok(());
        };
        make_data(&folder, python, is_small)?;
    }
    let server = Apart::start("--serve", &folder)?;
    println!(
        "a server {} ms away                         req. rounds     MB     wall s    CPU s      fps",
        LATENCY.as_millis()
    );
    let kept = std::env::temp_dir().join(format!("hutch-bench-{}", std::process::id()));
    let measured = runtime.block_on(async {
        ours(&server, &kept).await?;
        real::servers(&folder, &kept).await
    });
    std::fs::remove_dir_all(&kept)?;
    measured?;
    if let Some(python) = python {
        peer(&python, server.url(), is_small)?;
    }
    Ok(())
}

/// A folder for files of hundreds of megabytes that are written once.
fn data_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    target.join("bench-data")
}

/// The files are written once, by the peer.
fn make_data(folder: &Path, python: &Path, is_small: bool) -> Result<()> {
    let mut command = Command::new(python);
    command.arg(script("data.py")).arg(folder);
    if is_small {
        command.arg("--small");
    }
    ensure!(command.status()?.success(), "the files could not be made");
    Ok(())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("remote")
        .join(name)
}

fn peer(python: &Path, url: &str, is_small: bool) -> Result<()> {
    let mut command = Command::new(python);
    command.arg(script("peer.py")).arg(url);
    if is_small {
        command.arg("--small");
    }
    ensure!(command.status()?.success(), "the peer failed");
    Ok(())
}

async fn ours(server: &Apart, kept: &Path) -> Result<()> {
    println!("Hutch {}", env!("CARGO_PKG_VERSION"));
    let reader = Reader::new(kept)?;
    for name in ["tree_earliest.h5", "tree_latest.h5"] {
        tree(&reader, server, name).await?;
    }
    for name in ["eiger_u32.h5", "eiger_u16.h5"] {
        eiger(&reader, server, name).await?;
    }
    sparse(&reader, server).await?;
    // What was read is written to the disk behind the reader's back.
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("Hutch {}, opened again", env!("CARGO_PKG_VERSION"));
    let reader = Reader::new(kept)?;
    for name in ["tree_earliest.h5", "tree_latest.h5"] {
        tree(&reader, server, name).await?;
    }
    for name in ["eiger_u32.h5", "eiger_u16.h5", "tomo_sparse.h5"] {
        let step = Step::begin(server)?;
        let data = reader.stack(server.url(), name).await?;
        frame(&data, 0).await?;
        step.end(server, &format!("{name}: first frame"), 0)?;
    }
    Ok(())
}

async fn tree(reader: &Reader, server: &Apart, name: &str) -> Result<()> {
    let step = Step::begin(server)?;
    let container = reader.open(server.url(), name).await?;
    let root = level(&*container, &["/".to_owned()]).await?;
    ensure!(root.len() == 500, "the root has 500 entries");
    step.end(server, &format!("{name}: open, list the root"), 0)?;
    let step = Step::begin(server)?;
    let count = walk(&*container, root).await? + 1;
    step.end(server, &format!("{name}: walk {count} objects"), 0)
}

async fn eiger(reader: &Reader, server: &Apart, name: &str) -> Result<()> {
    let step = Step::begin(server)?;
    let data = reader.stack(server.url(), name).await?;
    frame(&data, 0).await?;
    step.end(server, &format!("{name}: first frame"), 0)?;
    let count = data.info().shape.first().copied().unwrap_or(0);
    for in_flight in [1, 4, 8, 16] {
        let frames = if in_flight == 1 { 10 } else { 64 }.min(count);
        let step = Step::begin(server)?;
        let wanted = (1..=frames).map(|index| index % count);
        let mut arriving = futures_util::stream::iter(wanted)
            .map(|index| {
                let data = Arc::clone(&data);
                async move { tokio::spawn(async move { frame(&data, index).await }).await? }
            })
            .buffer_unordered(in_flight);
        while let Some(arrived) = arriving.next().await {
            arrived?;
        }
        let name = format!("{name}: {frames} frames, {in_flight} in flight");
        step.end(server, &name, u32::try_from(frames)?)?;
    }
    let step = Step::begin(server)?;
    for per_cent in [75, 10, 50, 90, 30] {
        frame(&data, count * per_cent / 100).await?;
    }
    step.end(server, &format!("{name}: 5 random frames"), 5)
}

async fn sparse(reader: &Reader, server: &Apart) -> Result<()> {
    let name = "tomo_sparse.h5 (1 TB)";
    let step = Step::begin(server)?;
    let data = reader.stack(server.url(), "tomo_sparse.h5").await?;
    let count = data.info().shape.first().copied().unwrap_or(0);
    frame(&data, count / 2).await?;
    step.end(server, &format!("{name}: first frame"), 0)?;
    let step = Step::begin(server)?;
    sinogram(&data, 375).await?;
    step.end(server, &format!("{name}: a sinogram of 375 rows"), 0)
}
