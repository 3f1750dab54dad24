//! Running a recipe here: reads through formats, computes by analysis, writes
//! through formats. It is what a cluster node runs, too.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hutch_analysis::centre::{self, Search};
use hutch_analysis::flat_field::{Correction, mean_frame};
use hutch_analysis::recipe::{Recipe, RotationAxis};
use hutch_analysis::volume::{Slabs, slabs};
use hutch_formats::results::{VolumeDescription, VolumePlan, WriteAt};
use hutch_formats::tomo;
use hutch_model::{Cancel, Error, ErrorKind, FrameSet, Progress, Result, Scan, Value};
use parking_lot::Mutex;

use crate::address::Address;
use crate::pools::Pools;
use crate::scan_rows::read_rows;
use crate::sites::Sites;

/// Flat and dark fields beyond this many frames add nothing that is seen.
const FIELD_FRAMES: usize = 20;

/// What a run left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file.
    pub path: PathBuf,
    /// The rotation axis that was used.
    pub centre_px: f64,
    /// How it was found; empty where the recipe said it.
    pub found_by: String,
    /// Shape of the volume `[z, y, x]`.
    pub shape: [u64; 3],
    /// Bytes written.
    pub size_bytes: u64,
    /// Time that it took.
    pub secs: f64,
}

/// What a run needs.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Run<'a> {
    /// Opens the source.
    pub sites: &'a Sites,
    /// Threads.
    pub pools: &'a Pools,
    /// Memory that it may take, in bytes.
    pub memory_bytes: u64,
    /// How far it is, in slices.
    pub progress: &'a Progress,
    /// Ends it.
    pub cancel: &'a Cancel,
    /// What it does at the moment, for people.
    pub say: &'a (dyn Fn(&str) + Sync),
}

/// Opens the scan that a recipe names.
///
/// # Errors
/// Those of opening it; [`ErrorKind::Unreadable`] where the file is no scan.
pub async fn open_scan(sites: &Sites, recipe: &Recipe, cancel: &Cancel) -> Result<Scan> {
    let address = Address::parse(&recipe.source.url, &sites.names())?;
    let source = sites.source(&address.place).await?;
    let container = hutch_formats::open(source.bytes, source.neighbours, cancel).await?;
    let scan = tomo::scan(container.as_ref(), cancel).await?;
    scan.ok_or_else(|| {
        Error::new(
            ErrorKind::Unreadable,
            format!("reconstruct \"{}\"", recipe.source.url),
            "the file holds no tomography scan: neither NXtomo nor DXchange",
        )
    })
}

/// Runs a recipe and writes the volume.
///
/// The file appears under its name when all of it is there. It waits, so it
/// belongs on a thread of its own, never in the window.
///
/// # Errors
/// Those of reading, computing and writing; [`ErrorKind::Cancelled`].
pub fn reconstruct(run: Run<'_>, recipe: &Recipe, output: &Path) -> Result<Outcome> {
    let started = Instant::now();
    (run.say)("opening the scan");
    let mut scan = run.pools.wait(open_scan(run.sites, recipe, run.cancel))?;
    choose_angles(&mut scan, recipe);
    let (height, width) = scan.frame_size;
    let rows = recipe.slices.range(height);
    if rows.is_empty() || scan.projections.frames.is_empty() {
        return Err(Error::new(
            ErrorKind::Usage,
            "reconstruct",
            format!(
                "the recipe chooses no slice: {rows:?} of {height} rows, {} projections",
                scan.projections.frames.len()
            ),
        ));
    }
    let (centre_px, found_by) = rotation_axis(run, recipe, &scan)?;
    let width_px = as_size(width)?;
    let plan_slabs = Slabs {
        fbp: recipe.fbp(scan.angles_rad.clone(), centre_px),
        width: width_px,
    };
    let shape = [rows.end - rows.start, width, width];
    let plan = VolumePlan::new(&describe(recipe, &scan, shape, rows.start, centre_px)?)?;
    let part = part_of(output);
    let file = PartFile::create(&part)?;
    plan.create(&file)?;
    run.progress.set_total(rows.end - rows.start);

    let sample_bytes = scan
        .projections
        .dataset
        .info()
        .element
        .size_bytes()
        .unwrap_or(4);
    let slab_height = plan_slabs.height_for(run.memory_bytes, sample_bytes);
    for slab in slabs(rows.clone(), slab_height) {
        (run.say)(&format!(
            "slices {} to {} of {}",
            slab.start, slab.end, rows.end
        ));
        let volume = slab_volume(run, recipe, &scan, &plan_slabs, slab.clone())?;
        plan.write_slices(&file, slab.start - rows.start, volume.samples())?;
    }
    file.finish(output)?;
    Ok(Outcome {
        path: output.to_owned(),
        centre_px,
        found_by,
        shape,
        size_bytes: plan.size_bytes(),
        secs: started.elapsed().as_secs_f64(),
    })
}

fn slab_volume(
    run: Run<'_>,
    recipe: &Recipe,
    scan: &Scan,
    plan: &Slabs,
    rows: std::ops::Range<u64>,
) -> Result<hutch_analysis::array::Array> {
    let counts = run
        .pools
        .wait(read_rows(&scan.projections, rows.clone(), run.cancel))?;
    let correction = correction(run, recipe, scan, rows)?;
    run.cancel.check()?;
    run.pools
        .install_batch(|| plan.reconstruct(&counts, correction.as_ref(), run.progress, run.cancel))
}

/// Flat and dark field of some rows, ready to apply.
fn correction(
    run: Run<'_>,
    recipe: &Recipe,
    scan: &Scan,
    rows: std::ops::Range<u64>,
) -> Result<Option<Correction>> {
    let Some(flat_field) = recipe.flat_field() else {
        return Ok(None);
    };
    if scan.flats.frames.is_empty() {
        return Err(Error::new(
            ErrorKind::Unreadable,
            "correct the projections",
            "the scan has no flat field; set flat_field = false to reconstruct without",
        ));
    }
    let size = as_size((rows.end - rows.start) * scan.frame_size.1)?;
    let mean = |set: &FrameSet| -> Result<Vec<f32>> {
        if set.frames.is_empty() {
            return Ok(vec![0.0; size]);
        }
        let few = FrameSet {
            dataset: Arc::clone(&set.dataset),
            frames: spread(&set.frames, FIELD_FRAMES),
        };
        let frames = run.pools.wait(read_rows(&few, rows.clone(), run.cancel))?;
        mean_frame(&frames.to_f32(), size)
    };
    flat_field
        .prepare(&mean(&scan.flats)?, &mean(&scan.darks)?)
        .map(Some)
}

/// At most `count` frames, spread evenly.
fn spread(frames: &[u64], count: usize) -> Vec<u64> {
    let step = frames.len().div_ceil(count).max(1);
    frames.iter().copied().step_by(step).collect()
}

/// The rotation axis of the recipe, or found in the middle slice.
fn rotation_axis(run: Run<'_>, recipe: &Recipe, scan: &Scan) -> Result<(f64, String)> {
    let method = match recipe.rotation_axis {
        RotationAxis::Px(centre_px) => return Ok((centre_px, String::new())),
        RotationAxis::Find(method) => method,
    };
    (run.say)("finding the rotation axis");
    let middle = scan.frame_size.0 / 2;
    let found = find_axis(run, recipe, scan, middle, method)?;
    let words = format!(
        "{}, confidence {:.2}",
        found.method.name(),
        found.confidence
    );
    Ok((found.centre_px, words))
}

/// Finds the rotation axis in one slice.
///
/// # Errors
/// Those of reading and of the search.
pub fn find_axis(
    run: Run<'_>,
    recipe: &Recipe,
    scan: &Scan,
    row: u64,
    method: centre::Method,
) -> Result<centre::Centre> {
    let sinogram = sinogram(run, recipe, scan, row)?;
    let search = Search {
        method,
        ..Search::default()
    };
    run.pools.install_batch(|| {
        centre::find(
            &sinogram,
            &scan.angles_rad,
            &search,
            &Progress::new(),
            run.cancel,
        )
    })
}

/// The corrected sinogram `[angle, x]` of one row.
///
/// # Errors
/// Those of reading and correcting.
pub fn sinogram(run: Run<'_>, recipe: &Recipe, scan: &Scan, row: u64) -> Result<Vec<f32>> {
    let rows = row..row + 1;
    let counts = run
        .pools
        .wait(read_rows(&scan.projections, rows.clone(), run.cancel))?;
    let slabs = Slabs {
        fbp: recipe.fbp(scan.angles_rad.clone(), 0.0),
        width: as_size(scan.frame_size.1)?,
    };
    let correction = correction(run, recipe, scan, rows)?;
    let array = run
        .pools
        .install_batch(|| slabs.sinograms(&counts, correction.as_ref(), run.cancel))?;
    Ok(array.into_samples())
}

/// Keeps the projections whose angles the recipe chooses.
fn choose_angles(scan: &mut Scan, recipe: &Recipe) {
    let chosen = recipe.projections(&scan.angles_rad);
    scan.projections.frames = chosen
        .iter()
        .filter_map(|&index| scan.projections.frames.get(index).copied())
        .collect();
    scan.angles_rad = chosen
        .iter()
        .filter_map(|&index| scan.angles_rad.get(index).copied())
        .collect();
}

fn describe(
    recipe: &Recipe,
    scan: &Scan,
    shape: [u64; 3],
    z_start: u64,
    centre_px: f64,
) -> Result<VolumeDescription> {
    Ok(VolumeDescription {
        shape,
        voxel_size_m: scan.pixel_size_m,
        z_start,
        title: scan.title.clone(),
        program: "hutch".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        date: jiff::Timestamp::now().to_string(),
        recipe_toml: recipe.to_toml()?,
        source: Some(scan.projections.dataset.origin().clone()),
        parameters: vec![
            ("rotation_axis_px".to_owned(), Value::Float(centre_px)),
            ("layout".to_owned(), Value::from(scan.layout)),
        ],
        label: "attenuation".to_owned(),
        unit: "1/px".to_owned(),
    })
}

fn as_size(size: u64) -> Result<usize> {
    usize::try_from(size).map_err(|error| {
        Error::new(
            ErrorKind::Limit,
            "reconstruct",
            "the scan is too large for this machine",
        )
        .with_source(error)
    })
}

fn part_of(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    output.with_file_name(name)
}

/// A file that is removed unless it is finished.
struct PartFile {
    path: PathBuf,
    file: Mutex<std::fs::File>,
    is_finished: bool,
}

impl PartFile {
    fn create(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(
                ErrorKind::Disk,
                format!("write \"{}\"", path.display()),
                error.to_string(),
            )
            .with_source(error)
        };
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(std::fs::File::create(path).map_err(failed)?),
            is_finished: false,
        })
    }

    fn finish(mut self, output: &Path) -> Result<()> {
        self.file.lock().sync_all()?;
        std::fs::rename(&self.path, output)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            log::debug!("remove \"{}\": {error}", self.path.display());
        }
    }
}

impl WriteAt for PartFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut file = self.file.lock();
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes).map_err(|error| {
            Error::new(
                ErrorKind::Disk,
                format!("write \"{}\"", self.path.display()),
                error.to_string(),
            )
            .with_source(error)
        })
    }
}
