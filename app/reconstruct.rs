//! Running a recipe here: reads through formats, computes by analysis, writes
//! through formats. It is what a cluster node runs, too.

pub(crate) mod output;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hutch_analysis::centre::{self, Search};
use hutch_analysis::flat_field::{Correction, mean_frame};
use hutch_analysis::recipe::{Recipe, RotationAxis};
use hutch_analysis::volume::{Slabs, slabs};
use hutch_connectors::http::without_secrets;
use hutch_formats::results::{VolumeDescription, VolumePlan};
use hutch_formats::tomo;
use hutch_model::{Cancel, Error, ErrorKind, FrameSet, Progress, Result, Scan, Value};

use crate::address::{Address, Place, shown};
use crate::pools::Pools;
use crate::scan_rows::read_rows;
use crate::sites::Sites;
use output::{PartFile, check_output, check_room};

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
    /// What was done other than a person may expect, in words.
    pub remarks: Vec<String>,
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
    let container = container.as_ref();
    let wanted = recipe.source.path.as_str();
    let entries = if wanted.is_empty() {
        Vec::new()
    } else {
        tomo::entries(container, cancel).await?
    };
    // Of several scans in a file the path names one: its entry, or anything in it.
    let scan = match entry_of(&entries, wanted) {
        Some(entry) => tomo::scan_at(container, entry, cancel).await?,
        None => tomo::scan(container, cancel).await?,
    };
    scan.ok_or_else(|| {
        Error::new(
            ErrorKind::Unreadable,
            format!("reconstruct \"{}\"", shown(&recipe.source.url)),
            "the file holds no tomography scan: neither NXtomo nor DXchange",
        )
    })
}

/// The innermost entry that holds a path.
fn entry_of<'a>(entries: &'a [String], path: &str) -> Option<&'a str> {
    entries
        .iter()
        .map(String::as_str)
        .filter(|entry| {
            path.strip_prefix(entry.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|entry| entry.len())
}

/// Runs a recipe and writes the volume.
///
/// The file appears under its name when all of it is there. It waits, so it
/// belongs on a thread of its own, never in the window.
///
/// # Errors
/// Those of reading, computing and writing; [`ErrorKind::Usage`] where the
/// output is the source or the rotation axis lies far off the detector;
/// [`ErrorKind::Refused`] where the output lies among raw data;
/// [`ErrorKind::Disk`] where it does not fit; [`ErrorKind::Cancelled`].
pub fn reconstruct(run: Run<'_>, recipe: &Recipe, output: &Path) -> Result<Outcome> {
    let started = Instant::now();
    let source = Address::parse(&recipe.source.url, &run.sites.names())?.place;
    check_output(run.sites, Some(&source), output)?;
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
    if let RotationAxis::Px(centre_px) = recipe.rotation_axis {
        check_centre(centre_px, width)?;
    }
    let shape = [rows.end - rows.start, width, width];
    // The disk is asked before the axis is looked for, which may take minutes.
    check_room(output, shape.iter().product::<u64>().saturating_mul(4))?;
    let fields = Fields::of(recipe, &scan);
    let remarks = fields.remarks();
    for remark in &remarks {
        (run.say)(remark);
    }
    let (centre_px, found_by) = rotation_axis(run, recipe, &scan)?;
    let plan_slabs = Slabs {
        fbp: recipe.fbp(scan.angles_rad.clone(), centre_px),
        width: as_size(width)?,
    };
    let mut described = describe(recipe, &source, &scan, shape, centre_px)?;
    described.z_start = rows.start;
    described.parameters.extend(fields.parameters());
    let plan = VolumePlan::new(&described)?;
    check_room(output, plan.size_bytes())?;
    let file = PartFile::create(output)?;
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
    file.finish()?;
    Ok(Outcome {
        path: output.to_owned(),
        centre_px,
        found_by,
        shape,
        size_bytes: plan.size_bytes(),
        secs: started.elapsed().as_secs_f64(),
        remarks,
    })
}

/// Whether a rotation axis can be meant: at most one width beside the detector.
fn check_centre(centre_px: f64, width: u64) -> Result<()> {
    let width = width as f64;
    if centre_px.is_finite() && (-width..=2.0 * width).contains(&centre_px) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        "reconstruct",
        format!(
            "the rotation axis at {centre_px} px is far off the detector, \
             which is {width} px wide; between {} and {} px is possible",
            -width,
            2.0 * width
        ),
    ))
}

/// The flat and dark fields of a scan, and how many of their frames are used.
struct Fields {
    is_used: bool,
    flats: (usize, usize),
    darks: (usize, usize),
}

impl Fields {
    fn of(recipe: &Recipe, scan: &Scan) -> Self {
        let used = |set: &FrameSet| (spread(&set.frames, FIELD_FRAMES).len(), set.frames.len());
        Self {
            is_used: recipe.flat_field().is_some(),
            flats: used(&scan.flats),
            darks: used(&scan.darks),
        }
    }

    /// What a person may not expect.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.is_used {
            return remarks;
        }
        for (name, (used, all)) in [("flat", self.flats), ("dark", self.darks)] {
            if used < all {
                remarks.push(format!(
                    "{used} of {all} {name} fields are used, spread evenly"
                ));
            }
        }
        if self.darks.1 == 0 && self.flats.1 > 0 {
            remarks.push("the scan has no dark field; it counts as 0".to_owned());
        }
        remarks
    }

    /// The same for the file of the volume.
    fn parameters(&self) -> Vec<(String, Value)> {
        if !self.is_used {
            return Vec::new();
        }
        let count = |count: usize| Value::Integer(count as i128);
        vec![
            ("flat_fields_used".to_owned(), count(self.flats.0)),
            ("flat_fields_of_the_scan".to_owned(), count(self.flats.1)),
            ("dark_fields_used".to_owned(), count(self.darks.0)),
            ("dark_fields_of_the_scan".to_owned(), count(self.darks.1)),
        ]
    }
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

/// What the file says of itself. A password that came with the address is not
/// part of it.
fn describe(
    recipe: &Recipe,
    source: &Place,
    scan: &Scan,
    shape: [u64; 3],
    centre_px: f64,
) -> Result<VolumeDescription> {
    let mut recipe = recipe.clone();
    if let Place::Url(url) = source {
        recipe.source.url = without_secrets(url);
    }
    Ok(VolumeDescription {
        shape,
        voxel_size_m: scan.pixel_size_m,
        z_start: 0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_recipe_names_one_of_several_scans() {
        let entries = ["/entry".to_owned(), "/entry2".to_owned()];
        let chosen = |path: &str| entry_of(&entries, path).map(str::to_owned);
        assert_eq!(
            chosen("/entry2/instrument/detector/data").as_deref(),
            Some("/entry2"),
            "a dataset in it"
        );
        assert_eq!(
            chosen("/entry").as_deref(),
            Some("/entry"),
            "the entry itself"
        );
        assert_eq!(chosen("/elsewhere"), None, "nothing holds it");
    }

    #[test]
    fn an_axis_far_off_the_detector_is_refused() {
        for centre_px in [f64::NAN, f64::INFINITY, -50_000.0, 321.0] {
            let refused = check_centre(centre_px, 160).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Usage, "{centre_px}");
        }
        for centre_px in [-160.0, 79.5, 320.0] {
            assert!(check_centre(centre_px, 160).is_ok(), "{centre_px}");
        }
    }

    #[test]
    fn fields_that_are_thinned_or_absent_are_told() {
        let fields = Fields {
            is_used: true,
            flats: (17, 50),
            darks: (0, 0),
        };
        let remarks = fields.remarks();
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(remarks[0].contains("17 of 50 flat"), "{remarks:?}");
        assert!(remarks[1].contains("no dark field"), "{remarks:?}");
        assert_eq!(fields.parameters().len(), 4, "all counts are kept");
        let unused = Fields {
            is_used: false,
            ..fields
        };
        assert!(unused.remarks().is_empty(), "nothing is corrected");
    }
}
