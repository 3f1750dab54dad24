//! `hutch integrate`: patterns and pictures over the radius, of every frame.

mod output;
mod setup;

pub(super) use self::output::{About, Output, Way};
pub(super) use self::setup::mask;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_analysis::integrate::{
    Choice, Corrections, Errors, Integrator, Rules, Split, Sums, Unit,
};
use hutch_model::{Error, ErrorKind, Progress, Result, Samples, Signal};
use hutch_viewers::integration::{Chosen, Kind};

use super::context::{Context, OpenAddress};
use super::convert::describe;
use super::existing::check_existing;
use super::out::note;
use super::whole_frames::{Batch, Frames, no_data, no_stream};
use crate::reconstruct::output::check_named;

/// What `hutch integrate` takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches")]
pub(super) struct Options {
    /// Frames: URL, URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
    /// The geometry, as pyFAI writes it; that of the data where no file is named.
    #[arg(long, value_name = "FILE", conflicts_with = "geom")]
    poni: Option<String>,
    /// The geometry, as CrystFEL writes it.
    #[arg(long, value_name = "FILE")]
    geom: Option<String>,
    /// A mask beside that of the data, not 0 where pixels are bad: npy, EDF, TIFF, or HDF5 as URL::PATH.
    #[arg(long, value_name = "URL")]
    mask: Option<String>,
    /// A flat field.
    #[arg(long, value_name = "URL")]
    flat: Option<String>,
    /// A dark field, in counts.
    #[arg(long, value_name = "URL")]
    dark: Option<String>,
    /// Bins along the radius.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    points: usize,
    /// Bins along the azimuth, of pictures.
    #[arg(long, value_name = "N", default_value_t = 360)]
    azimuth_points: usize,
    /// The radius: q_nm^-1, q_A^-1, 2th_deg or r_mm.
    #[arg(long, default_value = "q_nm^-1", value_parser = unit)]
    unit: Unit,
    /// How pixels are shared between bins: no, bbox or full.
    #[arg(long, default_value = "bbox", value_parser = split)]
    split: Split,
    /// A picture over radius and azimuth, not a pattern.
    #[arg(long)]
    two_d: bool,
    /// Range of the radius in its unit: LOW,HIGH.
    #[arg(long, value_name = "LOW,HIGH", value_parser = range, allow_hyphen_values = true)]
    range: Option<Range>,
    /// Range of the azimuth in degrees: LOW,HIGH.
    #[arg(long, value_name = "LOW,HIGH", value_parser = range, allow_hyphen_values = true)]
    azimuth: Option<Range>,
    /// Polarisation of the beam, from -1 to 1: corrects for it.
    #[arg(long, value_name = "FACTOR", allow_hyphen_values = true)]
    polarization: Option<f64>,
    /// Leave out the correction for the solid angle of pixels.
    #[arg(long)]
    no_solid_angle: bool,
    /// Standard errors as well, from counting statistics.
    #[arg(long)]
    errors: bool,
    /// Write lines of values with commas between them; the default.
    #[arg(long, conflicts_with = "output")]
    csv: bool,
    /// Write into a file: .h5 or .nxs (NXdata), .npy or .csv.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that exists, also where it is no text of the same ending.
    #[arg(long)]
    overwrite: bool,
}

/// Two ends.
#[derive(Clone, Copy, Debug)]
struct Range([f64; 2]);

fn range(text: &str) -> Result<Range, String> {
    let ends: Option<Vec<f64>> = text.split(',').map(|end| end.trim().parse().ok()).collect();
    let ends = ends.and_then(|ends| ends.try_into().ok());
    ends.map(Range)
        .ok_or_else(|| "expected two numbers as LOW,HIGH".to_owned())
}

fn unit(text: &str) -> Result<Unit, String> {
    text.parse().map_err(|error: Error| error.why)
}

fn split(text: &str) -> Result<Split, String> {
    text.parse().map_err(|error: Error| error.why)
}

impl Options {
    /// What a person chose in the window, written into a file with errors.
    pub(super) fn chosen(
        url: &str,
        geometry: Option<&str>,
        chosen: &Chosen,
        output: &Path,
    ) -> Self {
        Self {
            url: url.to_owned(),
            poni: geometry.map(str::to_owned),
            geom: None,
            mask: None,
            flat: None,
            dark: None,
            points: chosen.points,
            azimuth_points: chosen.azimuth_points,
            unit: chosen.unit,
            split: chosen.split,
            two_d: chosen.kind == Kind::Cake,
            range: chosen.range.map(Range),
            azimuth: None,
            polarization: chosen.polarization,
            no_solid_angle: !chosen.corrects_solid_angle,
            errors: true,
            csv: false,
            output: Some(output.to_owned()),
            overwrite: false,
        }
    }

    fn choice(&self) -> Choice {
        Choice {
            unit: self.unit,
            points: self.points,
            azimuth_points: self.two_d.then_some(self.azimuth_points),
            radial_range: self.range.map(|range| range.0),
            azimuth_range: self.azimuth.map(|range| range.0.map(f64::to_radians)),
            split: self.split,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Those of reading and writing; [`ErrorKind::Usage`] for what has no frames or no geometry;
/// [`ErrorKind::Partial`] after the numbers where samples are missing at their source.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    write(context, options, &Progress::new())
}

/// The same, with the progress of somebody who looks at it.
///
/// # Errors
/// As [`run`].
pub(super) fn write(context: &Context, options: &Options, progress: &Progress) -> Result<()> {
    let open = context.open(&options.url)?;
    no_stream(&open)?;
    let (signal, part) = describe::part(context, &open)?;
    let frames = Frames::new(context, &signal, &part, None)?.counted_by(progress);
    let way = Way::of(options.output.as_deref(), context.wants_json)?;
    if let Some(output) = &options.output {
        check_output(context, options, (&open, &signal), (output, &way))?;
    }
    let shape = frames.shape();
    let named = options.poni.as_deref().or(options.geom.as_deref());
    let of_file = setup::geometry(context, &open, &signal, named, &part)?;
    let (slow, frame) = setup::axes(&of_file.geometry, &shape)?;
    check_whole(&signal, &part, frame)?;
    let modules = frame.len() > 2;
    let frames = if modules { frames.in_runs() } else { frames };
    let geometry = &of_file.geometry;
    let of_data = frames.first_mask(frame.len())?;
    let mask = mask(
        context,
        [&of_data, &of_file.bad],
        options.mask.as_deref(),
        frame,
    )?;
    let corrections = Corrections {
        ignores_solid_angle: options.no_solid_angle,
        polarization: options.polarization,
        flat: setup::numbers(context, options.flat.as_deref(), frame)?,
        dark: setup::numbers(context, options.dark.as_deref(), frame)?,
        factor: None,
    };
    let mask = (!mask.is_empty()).then_some(mask);
    let choice = options.choice();
    let pool = context.pools.interactive_pool();
    let integrator = pool.install(|| {
        Integrator::new(
            geometry,
            frame,
            mask.as_deref(),
            &choice,
            corrections,
            &context.cancel,
        )
    })?;
    let about = About {
        source: signal.data.origin().to_string(),
        geometry: geometry.source.clone(),
        unit: options.unit,
        radius: integrator.table().radius.clone(),
        azimuth_deg: integrator
            .table()
            .azimuth
            .iter()
            .map(|angle| angle.to_degrees())
            .collect(),
        frames: slow.to_vec(),
        has_errors: options.errors,
        made: None,
    };
    if let Some(output) = &options.output {
        open.opened.check(signal.data.as_ref(), output)?;
        note(format!("geometry of {}", geometry.source));
    }
    let output = Output::new(about, way);
    output.write(|put| {
        frames.run(
            "integrating",
            |batch| sums(&integrator, &batch, &of_data, options.errors, context),
            |first, made| {
                // Frames are counted by their images, and each module is one.
                let images = frame.iter().rev().skip(2).product::<u64>().max(1);
                (first / images..)
                    .zip(made)
                    .try_for_each(|(frame, sums)| put(frame, &sums))
            },
        )
    })?;
    if let Some(path) = &options.output {
        let what = output.way().content().name();
        note(format!("wrote \"{}\": {what}", path.display()));
    }
    frames.finish()
}

/// Whether a file may be written: nothing is read from it, and none is lost.
fn check_output(
    context: &Context,
    options: &Options,
    (open, signal): (&OpenAddress, &Signal),
    (output, way): (&Path, &Way),
) -> Result<()> {
    let named = [&options.mask, &options.flat, &options.dark];
    for named in named.into_iter().flatten() {
        let place = context.address(named)?.place;
        check_named(&context.sites, Some(&place), output)?;
    }
    check_named(&context.sites, Some(&open.address.place), output)?;
    open.opened.check(signal.data.as_ref(), output)?;
    check_existing(output, way.content(), options.overwrite)
}

/// A geometry is that of whole frames.
fn check_whole(
    signal: &Signal,
    (part, dropped): &(hutch_model::Slab, Vec<bool>),
    frame: &[u64],
) -> Result<()> {
    let shape = &signal.data.info().shape;
    let kept: Vec<usize> = (0..dropped.len()).filter(|axis| !dropped[*axis]).collect();
    let is_whole = kept
        .iter()
        .rev()
        .zip(frame.iter().rev())
        .all(|(axis, length)| shape[*axis] == *length && part.step[*axis] == 1);
    if is_whole {
        return Ok(());
    }
    let tried = format!("integrate \"{}\"", signal.data.origin());
    let why = "a part of a frame has no geometry; take whole frames and a --mask";
    Err(Error::new(ErrorKind::Usage, tried, why))
}

/// Integrates the frames of a piece.
fn sums(
    integrator: &Integrator,
    batch: &Batch<'_>,
    known: &Arc<[bool]>,
    wants_errors: bool,
    context: &Context,
) -> Result<Vec<Sums>> {
    let errors = if wants_errors {
        Errors::Poisson
    } else {
        Errors::None
    };
    let sentinels = no_data(batch.samples);
    let rules = Rules { sentinels, errors };
    if batch.bad.is_empty() || Arc::ptr_eq(&batch.bad, known) || batch.bad == *known {
        return integrator.frames(batch.samples, &rules, &context.cancel);
    }
    // Pixels that are bad in these frames only, as numbers that do not count.
    let mut values = batch.samples.to_f64();
    for (value, bad) in values.iter_mut().zip(batch.bad.iter().cycle()) {
        let is_sentinel = sentinels
            .iter()
            .any(|sentinel| (*value - *sentinel as f64).abs() < 0.5);
        if *bad || is_sentinel {
            *value = f64::NAN;
        }
    }
    integrator.frames(&Samples::F64(values), &rules, &context.cancel)
}
