//! Opening a frame of 4 megapixels to its pixels on the screen, side by side with `silx view` and napari in one run:
//! `cargo xtask bench open --peers`.
//!
//! All programs are watched from outside, in the same way: each runs on a screen in memory (Xvfb) whose pixels are read. A
//! program is first learned: what it shows of a frame and of the next one, between which a bright square moves. Then rounds
//! alternate. The clock runs from the start of the process until the pixels of the square, and those where it will be, show
//! the frame, and from a press of the key or button for the next frame until they show that. CPU time is that of the
//! process with all threads and children. Files are in the page cache. Words behind `--` choose files and programs by name.
#![expect(clippy::print_stdout, reason = "this program prints its figures")]

#[path = "open/contender.rs"]
mod contender;
#[path = "open/marks.rs"]
mod marks;
#[path = "open/screen.rs"]
mod screen;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use contender::{Contender, Running};
use marks::{Marks, Side};
use screen::Screen;

const ROUNDS: usize = 5;
/// Next frames in each round.
const STEPS: usize = 10;
const FRAMES: &str = "24";
/// What any program may take for anything.
const LIMIT: Duration = Duration::from_secs(40);
/// What a person looks at a frame.
const LOOK: Duration = Duration::from_millis(250);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--test");
    let words: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let is_wanted = |name: &str, of: &[&str]| {
        let mut about = words
            .iter()
            .filter(|word| of.iter().any(|one| one.contains(word.as_str())))
            .peekable();
        about.peek().is_none() || about.any(|word| name.contains(word.as_str()))
    };
    let program = |variable| std::env::var_os(variable).map(PathBuf::from);
    let (Some(hutch), Some(python)) = (
        program("HUTCH_PROGRAM"),
        program("HUTCH_VIEWERS").or_else(|| program("HUTCH_PYTHON")),
    ) else {
        println!("The program and its peers are prepared by `cargo xtask bench open --peers`.");
        return Ok(());
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let data = target.join("open-data");
    let made = Command::new(&python)
        .args([contender::script().as_os_str(), "make".as_ref()])
        .arg(&data)
        .arg(FRAMES)
        .status()?;
    if !made.success() {
        bail!("the files could not be written");
    }
    let screen = match Screen::start(target) {
        Ok(screen) => screen,
        Err(error) => {
            println!("Skipped, as programs are watched on a screen in memory: {error:#}");
            return Ok(());
        }
    };
    let all = contender::all(&hutch, &python, &target.join("open-home"))?;
    let names: Vec<&str> = all.iter().map(|contender| contender.name).collect();
    let files = ["open_bslz4.h5", "open_contiguous.h5"];
    for file in files.into_iter().filter(|file| is_wanted(file, &files)) {
        let chosen = all.iter().filter(|one| is_wanted(one.name, &names));
        let rounds = if quick { 1 } else { ROUNDS };
        compare(&screen, &data.join(file), chosen, rounds);
    }
    Ok(())
}

/// What one round of a program took, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Figure {
    open_ms: f64,
    open_cpu_ms: f64,
    /// Of one step.
    next_ms: f64,
    next_cpu_ms: f64,
}

/// A program with what it shows, and its rounds.
struct Row<'a> {
    contender: &'a Contender,
    marks: Marks,
    figures: Vec<Figure>,
}

fn compare<'a>(
    screen: &Screen,
    file: &Path,
    contenders: impl Iterator<Item = &'a Contender>,
    rounds: usize,
) {
    println!("\n{}", file.file_name().unwrap_or_default().display());
    let mut rows: Vec<Row<'_>> = Vec::new();
    for contender in contenders {
        match learn(screen, contender, file) {
            Ok(marks) => rows.push(Row {
                contender,
                marks,
                figures: Vec::new(),
            }),
            Err(error) => println!("  {:<24} skipped: {error:#}", contender.name),
        }
    }
    for _ in 0..rounds {
        for row in &mut rows {
            match measure(screen, row.contender, &row.marks, file) {
                Ok(figure) => row.figures.push(figure),
                Err(error) => println!(
                    "  {:<24} one round is left out: {error:#}",
                    row.contender.name
                ),
            }
        }
    }
    print(&rows);
}

/// What a program shows of its first frame and of the next, once it is at rest.
fn learn(screen: &Screen, contender: &Contender, file: &Path) -> Result<Marks> {
    screen.wait_until_empty(LIMIT)?;
    let mut running = Running::start(contender, screen, file)?;
    let long = Duration::from_secs(4);
    screen.wait_until_drawn(LIMIT, &mut running)?;
    screen.wait_until_still(long, LIMIT)?;
    let first = screen.picture()?;
    contender.focus(screen)?;
    sleep(LOOK);
    contender.step(screen)?;
    sleep(LOOK);
    screen.wait_until_still(long, LIMIT)?;
    let second = screen.picture()?;
    drop(running);
    Marks::between(&first, &second, screen.row_bytes())
}

fn measure(screen: &Screen, contender: &Contender, marks: &Marks, file: &Path) -> Result<Figure> {
    screen.wait_until_empty(LIMIT)?;
    let began = Instant::now();
    let running = Running::start(contender, screen, file)?;
    wait_for(Side::First, marks, screen).context("the first frame")?;
    let open_ms = began.elapsed().as_secs_f64() * 1e3;
    let open_cpu_ms = running.cpu_ms();
    screen.wait_until_still(Duration::from_millis(1500), LIMIT)?;
    contender.focus(screen)?;
    sleep(LOOK);
    let before = running.cpu_ms();
    let mut side = Side::Second;
    let mut times = Vec::new();
    for step in 1..=STEPS {
        let began = Instant::now();
        contender.step(screen)?;
        wait_for(side, marks, screen).with_context(|| format!("step {step}"))?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        side = side.other();
        sleep(LOOK);
    }
    Ok(Figure {
        open_ms,
        open_cpu_ms,
        next_ms: median(times.into_iter()),
        next_cpu_ms: (running.cpu_ms() - before) / STEPS as f64,
    })
}

fn wait_for(side: Side, marks: &Marks, screen: &Screen) -> Result<()> {
    let began = Instant::now();
    while marks.tell(screen)? != Some(side) {
        if began.elapsed() > LIMIT {
            bail!("the frame was not seen within {} s", LIMIT.as_secs());
        }
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn print(rows: &[Row<'_>]) {
    println!(
        "  {:<24} {:>12} {:>12} {:>12} {:>12}",
        "ms, medians (of rounds)", "open", "CPU", "next frame", "CPU"
    );
    for row in rows {
        let of = |value: fn(&Figure) -> f64| median(row.figures.iter().map(value));

        println!(
            "  {:<24} {:>12.0} {:>12.0} {:>12.0} {:>12.0}",
            format!("{} ({})", row.contender.name, row.figures.len()),
            of(|figure| figure.open_ms),
            of(|figure| figure.open_cpu_ms),
            of(|figure| figure.next_ms),
            of(|figure| figure.next_cpu_ms),
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
