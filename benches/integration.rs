//! Integration of a stack of 4M frames, side by side with pyFAI's CSR in one
//! run: `cargo xtask bench integration --peers`.
//!
//! CPU milliseconds of one frame on one thread, without reading; rounds
//! alternate between contenders. The floor adds all samples of a frame once.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use hutch_analysis::integrate::{Choice, Corrections, Integrator, Rules, Split};
use hutch_connectors::storage::FileReadAt;
use hutch_model::{
    BoxFuture, Cancel, Geometry, Neighbour, Neighbours, Panel, ReadAt, Result as Outcome, Samples,
    Slab, read_slab,
};

/// As the program has it.
#[global_allocator]
static MEMORY: hutch_codecs::LineAllocator = hutch_codecs::LineAllocator;

const ROUNDS: usize = 5;
const SHAPE: [u64; 2] = [2162, 2068];
/// Frames that are held, so that none stays in the caches.
const HELD: u64 = 8;

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--test");
    let frames = if quick { 2 } else { 24 };
    let Some(python) = std::env::var_os("HUTCH_PYTHON").map(PathBuf::from) else {
        println!("The frames are written by h5py: run `cargo xtask bench integration --peers`.");
        return Ok(());
    };
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let folder = target_folder().join("bench-data");
    let file_frames = if quick { 8 } else { 200 };
    run(Command::new(&python)
        .arg(peers.join("formats.py"))
        .arg("make")
        .arg(&folder)
        .arg(file_frames.to_string()))?;
    let path = folder.join("eiger_u32.h5");
    let counts = read(&path)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for kind in ["u32", "f32"] {
        let stack = if kind == "u32" {
            counts.clone()
        } else {
            in_f32(&counts)
        };
        for split in Split::ALL {
            println!(
                "\n{} x {} {kind}, 1000 bins, split {split}",
                SHAPE[0], SHAPE[1]
            );
            let integrator = integrator(&counts, split)?;
            let mut rows: [Vec<Figure>; 3] = Default::default();
            for _ in 0..ROUNDS {
                rows[0].push(timed(frames, || floor(&stack)));
                rows[1].push(pool.install(|| hutch(&integrator, &stack, frames))?);
                let mut peer = Command::new(&python);
                peer.arg(peers.join("integration.py")).arg(&path);
                peer.args([kind, split.name(), &frames.to_string()]);
                rows[2].push(Figure::from_json(&run(&mut peer)?)?);
            }
            print(&rows)?;
        }
    }
    Ok(())
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    )
}

/// Milliseconds for one frame, and the sum of the pattern of frame 1.
#[derive(Clone, Copy, Debug)]
struct Figure {
    cpu_ms: f64,
    wall_ms: f64,
    sum: f64,
}

impl Figure {
    fn from_json(text: &str) -> Result<Self> {
        let row: serde_json::Value = serde_json::from_str(text)?;
        let number = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        Ok(Self {
            cpu_ms: number("cpu_ms"),
            wall_ms: number("wall_ms"),
            sum: number("sum"),
        })
    }
}

/// The detector of integration.py: axes 1 and 2 of pyFAI are y and -x.
fn integrator(counts: &Samples, split: Split) -> Result<Integrator> {
    let geometry = Geometry {
        panels: vec![Panel {
            name: String::new(),
            plane: Vec::new(),
            first: [0, 0],
            size: SHAPE,
            corner_m: [0.07725, -0.0825, 0.2],
            slow_m: [0.0, 75e-6, 0.0],
            fast_m: [-75e-6, 0.0, 0.0],
        }],
        wavelength_m: Some(1e-10),
        source: String::new(),
    };
    let Samples::U32(values) = counts else {
        bail!("the frames are not of 32 bits");
    };
    let size = frame_size();
    let mask: Vec<bool> = values
        .iter()
        .take(size)
        .map(|value| *value == u32::MAX)
        .collect();
    let choice = Choice {
        split,
        ..Choice::default()
    };
    let cancel = Cancel::new();
    Integrator::new(
        &geometry,
        &SHAPE,
        Some(&mask),
        &choice,
        Corrections::default(),
        &cancel,
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
}

fn frame_size() -> usize {
    usize::try_from(SHAPE[0] * SHAPE[1]).unwrap_or(0)
}

/// Some frames at a time, as they come from a file.
fn hutch(integrator: &Integrator, stack: &Samples, frames: u64) -> Result<Figure> {
    let rules = Rules {
        sentinels: &[u32::MAX as i128],
        ..Rules::default()
    };
    let cancel = Cancel::new();
    let mut sum = 0.0;
    let times = frames.div_ceil(HELD).max(1);
    let mut failed = None;
    let mut figure = timed(times, || match integrator.frames(stack, &rules, &cancel) {
        Ok(sums) => {
            let second = sums
                .get(1)
                .map(hutch_analysis::integrate::Sums::intensity)
                .unwrap_or_default();
            sum = second.iter().filter(|value| value.is_finite()).sum();
        }
        Err(error) => failed = Some(error),
    });
    if let Some(error) = failed {
        bail!("{error}");
    }
    figure.cpu_ms /= HELD as f64;
    figure.wall_ms /= HELD as f64;
    figure.sum = sum;
    Ok(figure)
}

/// Adds all samples of a frame: nothing that reads them is faster.
fn floor(stack: &Samples) {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let held = usize::try_from(HELD).unwrap_or(1);
    let frame = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % held;
    let range = frame * frame_size()..(frame + 1) * frame_size();
    match stack {
        Samples::U32(values) => {
            let sum = values[range]
                .iter()
                .fold(0u32, |sum, value| sum.wrapping_add(*value));
            std::hint::black_box(sum);
        }
        Samples::F32(values) => {
            let sum = values[range]
                .chunks(16)
                .fold([0.0f32; 16], |mut sums, chunk| {
                    for (sum, value) in sums.iter_mut().zip(chunk) {
                        *sum += value;
                    }
                    sums
                });
            std::hint::black_box(sum);
        }
        _ => {}
    }
}

fn in_f32(counts: &Samples) -> Samples {
    let Samples::U32(values) = counts else {
        return Samples::F32(Vec::new());
    };
    // What has no value is NaN in numbers of 32 bits.
    let real = |value: &u32| {
        if *value == u32::MAX {
            f32::NAN
        } else {
            *value as f32
        }
    };
    Samples::F32(values.iter().map(real).collect())
}

fn print(rows: &[Vec<Figure>; 3]) -> Result<()> {
    let names = ["all samples added", "hutch", "pyFAI csr cython"];
    let ours = cpu(&rows[1]);
    println!(
        "  {:<20} {:>9} {:>9} {:>11} {:>11}",
        "", "CPU ms", "wall ms", "CPU/floor", "this/hutch"
    );
    for (name, figures) in names.iter().zip(rows) {
        let wall = median(figures.iter().map(|figure| figure.wall_ms));
        println!(
            "  {name:<20} {:>9.2} {wall:>9.2} {:>11.2} {:>11.2}",
            cpu(figures),
            cpu(figures) / cpu(&rows[0]),
            cpu(figures) / ours
        );
    }
    let (found, wanted) = (
        rows[1].first().context("hutch ran")?.sum,
        rows[2].first().context("pyFAI ran")?.sum,
    );
    if (found - wanted).abs() > 1e-5 * wanted.abs() {
        bail!("the patterns differ: their sums are {found} and {wanted}");
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

fn timed(times: u64, mut work: impl FnMut()) -> Figure {
    let (cpu, wall) = (cpu_ms(), Instant::now());
    for _ in 0..times {
        work();
    }
    Figure {
        wall_ms: wall.elapsed().as_secs_f64() * 1e3 / times as f64,
        cpu_ms: (cpu_ms() - cpu) / times as f64,
        sum: 0.0,
    }
}

/// CPU milliseconds of all threads of this process.
fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 * 1e-6
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
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

/// The first frames of a file.
fn read(path: &Path) -> Result<Samples> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let block = runtime.block_on(async {
        let source: Arc<dyn ReadAt> = Arc::new(FileReadAt::open(path).await?);
        let cancel = Cancel::new();
        let container = hutch_formats::open(source, Arc::new(Alone), &cancel).await?;
        let dataset = container.dataset("entry/data/data", &cancel).await?;
        let slab = Slab {
            start: vec![0; 3],
            count: vec![HELD, SHAPE[0], SHAPE[1]],
            step: vec![1; 3],
        };
        read_slab(dataset.as_ref(), &slab, &cancel).await
    });
    Ok(block.map_err(|error| anyhow::anyhow!("{error}"))?.samples)
}
