//! Frames of large files, side by side with h5py, hdf5plugin, bitshuffle and
//! dectris-compression in one run: `cargo xtask bench formats --peers`.
//!
//! CPU milliseconds are those of all threads of a process, so that a loaded
//! machine gives the same figures; rounds alternate between contenders. Names
//! behind `--` choose files: `cargo xtask bench formats --peers -- eiger_u32`.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

#[path = "formats/cold.rs"]
mod cold;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use hutch_connectors::storage::FileReadAt;
use hutch_model::{
    BoxFuture, Cancel, Dataset, Neighbour, Neighbours, ReadAt, Result as Outcome, Samples, Slab,
};
use rayon::prelude::*;

/// As the program has it.
#[global_allocator]
static MEMORY: hutch_codecs::LineAllocator = hutch_codecs::LineAllocator;

const ROUNDS: usize = 5;
const DATASET: &str = "entry/data/data";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--test");
    // Names of files, to measure those only.
    let is_wanted = |file: &str| {
        let mut named = arguments
            .iter()
            .filter(|name| !name.starts_with("--"))
            .peekable();
        named.peek().is_none() || named.any(|name| file.contains(name.as_str()))
    };
    let frames = if quick { 4 } else { 48 };
    // The larger files then take 300 MB each.
    let file_frames: u64 = if quick { 4 } else { 200 };
    let Some(python) = std::env::var_os("HUTCH_PYTHON").map(PathBuf::from) else {
        println!("The files are written by h5py: run `cargo xtask bench formats --peers`.");
        return Ok(());
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/formats.py");
    let folder = data_folder();
    let python = Python { python, script };
    python.run(&[
        "make".as_ref(),
        folder.as_os_str(),
        file_frames.to_string().as_ref(),
    ])?;
    for (file, peers) in [
        (
            "eiger_u32.h5",
            ["h5py read_direct", "dectris-compression", "bitshuffle"].as_slice(),
        ),
        (
            "eiger_u16.h5",
            ["h5py read_direct", "dectris-compression", "bitshuffle"].as_slice(),
        ),
        ("tomo_deflate.h5", ["h5py read_direct"].as_slice()),
        ("tomo_contiguous.h5", ["h5py read_direct"].as_slice()),
    ] {
        if is_wanted(file) {
            compare(&folder.join(file), peers, frames, &python)?;
        }
    }
    if is_wanted("cold") {
        cold::compare(&folder.join("eiger_u32.h5"), &python)?;
    }
    Ok(())
}

/// A folder for files of hundreds of megabytes that are written once.
fn data_folder() -> PathBuf {
    target_folder().join("bench-data")
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    )
}

/// Milliseconds for one frame, and the CRC-32 of frame 1.
#[derive(Clone, Copy, Debug)]
struct Figure {
    cpu_ms: f64,
    wall_ms: f64,
    crc: u32,
}

fn compare(path: &Path, peers: &[&str], frames: u64, python: &Python) -> Result<()> {
    println!("\n{}", path.file_name().unwrap_or_default().display());
    let hutch = Hutch::open(path)?;
    let mut rows: Vec<(String, Vec<Figure>)> = Vec::new();
    for _ in 0..ROUNDS {
        let mut put = |name: &str, figure: Figure| match rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => row.1.push(figure),
            None => rows.push((name.to_owned(), vec![figure])),
        };
        put("memcpy of the frame", hutch.memcpy(frames));
        put("pread of the stored bytes", hutch.pread(frames)?);
        for threads in [1, 2] {
            put(
                &format!("hutch, {threads} thread"),
                hutch.read(frames, threads)?,
            );
            for peer in peers {
                let figure = python.time(path, peer, frames, threads)?;
                put(&format!("{peer}, {threads} thread"), figure);
            }
        }
    }
    print(&rows)
}

fn print(rows: &[(String, Vec<Figure>)]) -> Result<()> {
    let of = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| cpu(&row.1));
    let ours = [
        of("hutch, 1 thread").context("hutch ran")?,
        of("hutch, 2 thread").context("hutch ran")?,
    ];
    let floor = of("memcpy of the frame").context("the floor ran")?;
    println!(
        "  {:<32} {:>9} {:>9} {:>12} {:>12}",
        "", "CPU ms", "wall ms", "CPU/memcpy", "hutch/this"
    );
    for (name, figures) in rows {
        println!(
            "  {name:<32} {:>9.2} {:>9.2} {:>12.2} {:>12.2}",
            cpu(figures),
            median(figures.iter().map(|figure| figure.wall_ms)),
            cpu(figures) / floor,
            ours[usize::from(name.ends_with("2 thread"))] / cpu(figures)
        );
    }
    let crc = rows.iter().flat_map(|row| &row.1).map(|figure| figure.crc);
    let mut crc: Vec<u32> = crc.filter(|&crc| crc != 0).collect();
    crc.dedup();
    if crc.len() > 1 {
        bail!("the contenders do not read the same frame: {crc:?}");
    }
    Ok(())
}

fn cpu(figures: &[Figure]) -> f64 {
    median(figures.iter().map(|figure| figure.cpu_ms))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The files of this benchmark point to no other.
#[derive(Debug)]
struct Alone;

impl Neighbours for Alone {
    fn open<'a>(&'a self, _target: &'a str, _from: &'a str) -> BoxFuture<'a, Outcome<Neighbour>> {
        Box::pin(async { Ok(Neighbour::Refused("a benchmark".to_owned())) })
    }

    fn list<'a>(&'a self, _prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Outcome<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The dataset as the program opens it, on one socket thread and a pool.
struct Hutch {
    runtime: tokio::runtime::Runtime,
    dataset: Arc<dyn Dataset>,
    path: PathBuf,
}

impl Hutch {
    fn open(path: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(2)
            .enable_all()
            .build()?;
        let dataset = runtime.block_on(async {
            let source: Arc<dyn ReadAt> = Arc::new(FileReadAt::open(path).await?);
            let none = Arc::new(Alone);
            let cancel = Cancel::new();
            let container = hutch_formats::open(source, none, &cancel).await?;
            container.dataset(DATASET, &cancel).await
        });
        Ok(Self {
            runtime,
            dataset: dataset.map_err(|error| anyhow::anyhow!("{error}"))?,
            path: path.to_owned(),
        })
    }

    fn frame_bytes(&self) -> usize {
        let info = self.dataset.info();
        let (height, width) = info.frame_size().unwrap_or_default();
        let size = info.element.size_bytes().unwrap_or(1);
        usize::try_from(height * width).unwrap_or(0) * size
    }

    fn memcpy(&self, frames: u64) -> Figure {
        let from = vec![1u8; self.frame_bytes()];
        let mut into = vec![0u8; self.frame_bytes()];
        timed(frames, || {
            for _ in 0..frames {
                into.copy_from_slice(std::hint::black_box(&from));
                std::hint::black_box(&mut into);
            }
            Ok(0)
        })
        .unwrap_or(Figure {
            cpu_ms: f64::NAN,
            wall_ms: f64::NAN,
            crc: 0,
        })
    }

    /// As many bytes as the file has for one frame, into a buffer that is used again.
    fn pread(&self, frames: u64) -> Result<Figure> {
        use std::os::unix::fs::FileExt as _;
        let file = std::fs::File::open(&self.path)?;
        let count = self.dataset.info().frame_count().max(1);
        let stored = file.metadata()?.len() / count;
        let mut buffer = vec![0u8; usize::try_from(stored)?];
        timed(frames, || {
            for index in 0..frames {
                let at = (index % count.saturating_sub(1).max(1)) * stored;
                file.read_exact_at(&mut buffer, at)?;
            }
            Ok(0)
        })
    }

    /// Frames through fetch and decode, each into samples that are used again.
    fn read(&self, frames: u64, threads: u64) -> Result<Figure> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(usize::try_from(threads)?)
            .build()?;
        let mut first = Samples::U8(Vec::new());
        self.frame(1, &mut first)?;
        let crc = crc32(first.bytes());
        first.recycle();
        let mut figure = timed(frames, || {
            pool.install(|| {
                (0..threads).into_par_iter().try_for_each(|thread| {
                    let mut samples = Samples::U8(Vec::new());
                    let mine = (thread..frames).step_by(usize::try_from(threads)?);
                    mine.into_iter()
                        .try_for_each(|index| self.frame(index, &mut samples))
                })
            })?;
            Ok(0)
        })?;
        figure.crc = crc;
        Ok(figure)
    }

    fn frame(&self, index: u64, samples: &mut Samples) -> Result<()> {
        let info = self.dataset.info();
        let slab = Slab::frame(&info.shape, index % info.frame_count().max(1));
        let cancel = Cancel::new();
        let encoded = self
            .runtime
            .block_on(self.dataset.fetch(&slab, &cancel))
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        self.dataset
            .decode_into(&encoded, samples)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(())
    }
}

fn timed(frames: u64, work: impl FnOnce() -> Result<u32>) -> Result<Figure> {
    let (cpu, wall) = (cpu_ms(), Instant::now());
    let crc = work()?;
    Ok(Figure {
        wall_ms: wall.elapsed().as_secs_f64() * 1e3 / frames as f64,
        cpu_ms: (cpu_ms() - cpu) / frames as f64,
        crc,
    })
}

/// CPU milliseconds of all threads of this process.
fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 * 1e-6
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// The Python with the peers.
struct Python {
    python: PathBuf,
    script: PathBuf,
}

impl Python {
    fn run(&self, arguments: &[&OsStr]) -> Result<String> {
        let output = Command::new(&self.python)
            .arg(&self.script)
            .args(arguments)
            .output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn time(&self, path: &Path, peer: &str, frames: u64, threads: u64) -> Result<Figure> {
        let (frames, threads) = (frames.to_string(), threads.to_string());
        let arguments = [DATASET, peer, &frames, &threads].map(OsStr::new);
        let mut all = vec![OsStr::new("time"), path.as_os_str()];
        all.extend(arguments);
        Figure::from_json(&self.run(&all)?)
    }
}

impl Figure {
    /// As the scripts of the peers print it.
    fn from_json(text: &str) -> Result<Self> {
        let row: serde_json::Value = serde_json::from_str(text)?;
        let number = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        Ok(Self {
            cpu_ms: number("cpu_ms"),
            wall_ms: number("wall_ms"),
            crc: u32::try_from(row["crc"].as_u64().unwrap_or(0))?,
        })
    }
}
