//! `hutch reconstruct`: a recipe, here or at a site.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hutch_analysis::recipe::{Recipe, RotationAxis};
use hutch_formats::results::VolumePlan;
use hutch_model::{Error, ErrorKind, Progress, Result};
use hutch_viewers::numbers;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::existing::{Content, check_existing};
use super::out::{Out, note, to_stderr};
use super::values;
use crate::address::{Place, shown, split};
use crate::reconstruct::output::{PartFile, check_output};
use crate::reconstruct::{Run, reconstruct};
use crate::remote::{self, Follow};

/// What `hutch reconstruct` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A scan, or a recipe (RECIPE.toml).
    pub(super) source: String,
    /// The rotation axis, in pixels; found where nothing is said.
    #[arg(
        long,
        alias = "centre",
        value_name = "PX",
        value_parser = pixels,
        allow_hyphen_values = true
    )]
    center: Option<f64>,
    /// The file of the volume; SCAN_reconstruction.h5 in the current folder by default.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that exists.
    #[arg(long)]
    overwrite: bool,
    /// The site that runs it.
    #[arg(long, value_name = "SITE")]
    pub(super) on: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Those of reading, computing, writing, and of the site.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let mut recipe = recipe_of(&options.source)?;
    if let Some(centre_px) = options.center {
        recipe.rotation_axis = RotationAxis::Px(centre_px);
    }
    if let RotationAxis::Px(centre_px) = recipe.rotation_axis
        && !centre_px.is_finite()
    {
        return Err(Error::new(
            ErrorKind::Usage,
            "reconstruct",
            format!("the rotation axis at {centre_px} px is no number"),
        ));
    }
    let answer = match &options.on {
        None => here(context, options, &recipe)?,
        Some(site) => there(context, options, &recipe, site)?,
    };
    let mut out = Out::new();
    if context.wants_json {
        out.json(&answer)?;
    } else {
        out.line(sentence(&answer))?;
    }
    out.finish()
}

fn pixels(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| "expected a number of pixels".to_owned())
}

/// The recipe that is named, or the usual one for a scan.
fn recipe_of(source: &str) -> Result<Recipe> {
    if is_recipe(source) {
        let text = std::fs::read_to_string(source).map_err(|error| {
            let why = error.to_string();
            Error::new(
                Error::from(error).kind,
                format!("read the recipe \"{}\"", shown(source)),
                why,
            )
        })?;
        let (recipe, warnings) = Recipe::from_toml(&text)?;
        for warning in warnings {
            note(warning);
        }
        return Ok(recipe);
    }
    let mut recipe = Recipe::default();
    let (file, path) = split(source);
    file.clone_into(&mut recipe.source.url);
    path.unwrap_or_default().clone_into(&mut recipe.source.path);
    Ok(recipe)
}

fn is_recipe(source: &str) -> bool {
    Path::new(source)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// A recipe is no place for its own result.
fn check_recipe(context: &Context, options: &Options, output: &Path) -> Result<()> {
    let recipe = is_recipe(&options.source).then(|| Place::Local(PathBuf::from(&options.source)));
    check_output(&context.sites, recipe.as_ref(), output)
}

/// Where the volume goes: as asked, as the recipe says, else into this folder;
/// the folder of a scan is one of raw data.
fn output_of(options: &Options, recipe: &Recipe) -> PathBuf {
    if let Some(output) = &options.output {
        return output.clone();
    }
    if !recipe.output.path.is_empty() {
        return PathBuf::from(&recipe.output.path);
    }
    let url = shown(&recipe.source.url);
    let name = url.rsplit(['/', ':']).next().unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty());
    PathBuf::from(format!("{}_reconstruction.h5", stem.unwrap_or("scan")))
}

fn here(context: &Context, options: &Options, recipe: &Recipe) -> Result<Json> {
    let output = output_of(options, recipe);
    check_recipe(context, options, &output)?;
    let source = context.address(&recipe.source.url)?.place;
    check_output(&context.sites, Some(&source), &output)?;
    check_existing(&output, Content::Hdf5, options.overwrite)?;
    let progress = Progress::new();
    let line = ProgressLine::new();
    let memory_bytes = (context.settings.memory_bytes() / 2) as u64;
    let outcome = line.while_shown(&progress, || {
        let run = Run {
            sites: &context.sites,
            pools: &context.pools,
            memory_bytes,
            progress: &progress,
            cancel: &context.cancel,
            say: &|text| line.say(text),
        };
        reconstruct(run, recipe, &output)
    })?;
    for remark in &outcome.remarks {
        // Without a terminal it was said already.
        if std::io::stderr().is_terminal() {
            note(remark);
        }
    }
    Ok(json!({
        "schema": "hutch.reconstruct/1",
        "site": null,
        "job": null,
        "path": outcome.path,
        "centre_px": values::real(outcome.centre_px),
        "found_by": outcome.found_by,
        "shape": outcome.shape,
        "bytes": outcome.size_bytes,
        "secs": values::real(outcome.secs),
        "remarks": outcome.remarks,
    }))
}

fn there(context: &Context, options: &Options, recipe: &Recipe, site: &str) -> Result<Json> {
    let started = Instant::now();
    let recipe = absolute(recipe)?;
    if let Some(output) = &options.output {
        let source = context.address(&recipe.source.url)?.place;
        check_output(&context.sites, Some(&source), output)?;
        check_recipe(context, options, output)?;
        check_existing(output, Content::Hdf5, options.overwrite)?;
    }
    let submitted = remote::submit(&context.sites, &context.folders, &recipe, site);
    let record = context.pools.wait(submitted)?;
    note(format!("sent as {}", record.label()));
    let line = ProgressLine::new();
    line.while_shown(&Progress::new(), || {
        let follow = Follow {
            cancel: &context.cancel,
            say: &|text| line.say(text),
        };
        context
            .pools
            .wait(remote::wait(&context.sites, &record, follow))
    })?;
    let fetched = remote::fetch(&context.sites, &context.folders, &record, &context.cancel);
    let fetched = context.pools.wait(fetched)?;
    let wanted = options.output.clone().unwrap_or_else(|| fetched.clone());
    if wanted != fetched {
        move_file(&fetched, &wanted)?;
    }
    let open = context.open(&wanted.display().to_string())?;
    let data = open
        .container
        .dataset(VolumePlan::DATA_PATH, &context.cancel);
    let shape = context.pools.wait(data)?.info().shape.clone();
    let centre_px = match recipe.rotation_axis {
        RotationAxis::Px(centre_px) => values::real(centre_px),
        RotationAxis::Find(_) => Json::Null,
    };
    Ok(json!({
        "schema": "hutch.reconstruct/1",
        "site": site,
        "job": record.label(),
        "path": wanted,
        "centre_px": centre_px,
        "found_by": if centre_px.is_null() { "the job; see its log" } else { "" },
        "shape": shape,
        "bytes": std::fs::metadata(&wanted)?.len(),
        "secs": values::real(started.elapsed().as_secs_f64()),
        "remarks": [],
    }))
}

/// A relative path means nothing at a site.
fn absolute(recipe: &Recipe) -> Result<Recipe> {
    let mut recipe = recipe.clone();
    if Path::new(&recipe.source.url).exists() {
        recipe.source.url = std::path::absolute(&recipe.source.url)?
            .display()
            .to_string();
    }
    Ok(recipe)
}

/// Renames where that works, and copies to another disk.
fn move_file(from: &Path, to: &Path) -> Result<()> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let failed = |error: std::io::Error| {
        let tried = format!("write \"{}\"", to.display());
        Error::new(ErrorKind::Disk, tried, error.to_string()).with_source(error)
    };
    let mut copy = PartFile::create(to)?;
    std::fs::File::open(from)
        .and_then(|mut file| std::io::copy(&mut file, &mut copy))
        .map_err(failed)?;
    copy.finish()?;
    std::fs::remove_file(from).map_err(failed)
}

fn sentence(answer: &Json) -> String {
    let axes: Vec<String> = answer["shape"]
        .as_array()
        .map(|shape| shape.iter().map(Json::to_string).collect())
        .unwrap_or_default();
    let axis = answer["centre_px"]
        .as_f64()
        .map_or(String::new(), |centre_px| {
            let found_by = answer["found_by"].as_str().filter(|text| !text.is_empty());
            let found_by = found_by.map_or(String::new(), |text| format!(" ({text})"));
            format!(", rotation axis at {centre_px:.2} px{found_by}")
        });
    format!(
        "{}: {}{axis}, {} in {}",
        answer["path"].as_str().unwrap_or_default(),
        axes.join(" x "),
        numbers::bytes(answer["bytes"].as_u64().unwrap_or(0)),
        numbers::duration(answer["secs"].as_f64().unwrap_or(0.0))
    )
}

/// One line on a terminal that is written over and over; without a terminal
/// every new sentence is a line of its own.
pub(super) struct ProgressLine {
    remark: Mutex<String>,
    is_terminal: bool,
    is_done: AtomicBool,
    started: Instant,
}

impl ProgressLine {
    /// A line that says nothing yet.
    pub(super) fn new() -> Self {
        Self {
            remark: Mutex::new(String::new()),
            is_terminal: std::io::stderr().is_terminal(),
            is_done: AtomicBool::new(false),
            started: Instant::now(),
        }
    }

    /// What is done at the moment.
    pub(super) fn say(&self, text: &str) {
        let mut remark = self.remark.lock();
        if *remark == text {
            return;
        }
        text.clone_into(&mut remark);
        if !self.is_terminal {
            note(text);
        }
    }

    /// What is done at the moment, where a person looks on.
    pub(super) fn tell(&self, text: &str) {
        if self.is_terminal {
            self.say(text);
        }
    }

    /// Works with the line on the terminal.
    pub(super) fn while_shown<T>(&self, progress: &Progress, work: impl FnOnce() -> T) -> T {
        if !self.is_terminal {
            return work();
        }
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !self.is_done.load(Ordering::Acquire) {
                    to_stderr(&format!("\r\x1b[2K{}", self.text(progress)));
                    std::thread::sleep(Duration::from_millis(200));
                }
                to_stderr("\r\x1b[2K");
            });
            let guard = Done(&self.is_done);
            let result = work();
            drop(guard);
            result
        })
    }

    fn text(&self, progress: &Progress) -> String {
        let remark = self.remark.lock().clone();
        let (done, total) = progress.get();
        if total == 0 || done == 0 {
            return remark;
        }
        let share = (done as f64 / total as f64).min(1.0);
        let left = self.started.elapsed().as_secs_f64() * (1.0 - share) / share;
        format!(
            "{remark}  {}  {}",
            numbers::percent(share),
            numbers::time_left(left)
        )
    }
}

/// Ends the line even when the work panics.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(output: Option<&str>) -> Options {
        Options {
            source: String::new(),
            center: None,
            output: output.map(PathBuf::from),
            overwrite: false,
            on: None,
        }
    }

    #[test]
    fn a_scan_far_away_leaves_its_volume_here() {
        let recipe = recipe_of("demo:/a/b/pin.nxs").unwrap();
        let output = output_of(&options(None), &recipe);
        assert_eq!(output, Path::new("pin_reconstruction.h5"), "in this folder");
        let here = recipe_of("/data/raw/pin.nxs").unwrap();
        let output = output_of(&options(None), &here);
        assert_eq!(
            output,
            Path::new("pin_reconstruction.h5"),
            "never beside it"
        );
        let named = output_of(&options(Some("x.h5")), &recipe);
        assert_eq!(named, Path::new("x.h5"), "as asked");
    }

    #[test]
    fn a_path_in_the_file_becomes_part_of_the_recipe() {
        let recipe = recipe_of("scan.h5::/entry1").unwrap();
        assert_eq!(recipe.source.url, "scan.h5", "the file");
        assert_eq!(recipe.source.path, "/entry1", "the path in it");
    }
}
