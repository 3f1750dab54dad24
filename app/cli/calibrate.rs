//! `hutch calibrate`: where a detector is, from the rings of a known substance.

mod report;

use std::path::PathBuf;

use hutch_analysis::calibrants::Calibrant;
use hutch_analysis::calibration::{Parameter, Search, Setting, Task, calibrate};
use hutch_model::{Error, ErrorKind, Geometry, Result, Samples, Signal, Slab, read_slab};

use super::context::{Context, OpenAddress};
use super::convert::describe;
use super::existing::{Content, check_existing, tell_ending};
use super::out::note;
use super::stats::mask::Mask;
use super::whole_frames::{no_data, no_stream};
use crate::geometry::{Frames, read};
use crate::masks::read_mask;
use crate::reconstruct::output::{check_named, write_file};

const TRIED: &str = "calibrate a detector";
/// Energy times wavelength of photons, in electronvolts and metres (CODATA 2018).
const HC_EV_M: f64 = 1.239_841_984_332_002_8e-6;
/// Rings beyond are seldom apart from each other.
const RINGS: usize = 20;

/// What `hutch calibrate` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A frame with rings: URL, URL::PATH or URL::PATH[SLICE]; of a stack the first.
    pub(super) url: String,
    /// The substance: AgBehenate, LaB6, CeO2, Si or Al2O3.
    #[arg(long, value_name = "NAME", value_parser = calibrant)]
    calibrant: &'static Calibrant,
    /// A geometry to begin with, .poni or .geom; that of the data where no file is named.
    #[arg(long, value_name = "FILE")]
    guess: Option<String>,
    /// The distance to begin with, in millimetres.
    #[arg(long, value_name = "MM")]
    distance: Option<f64>,
    /// Where the beam hits the detector to begin with, in pixels.
    #[arg(long, value_name = "X,Y", value_parser = pair, allow_hyphen_values = true)]
    centre: Option<Pair>,
    /// The energy of the beam in kiloelectronvolts.
    #[arg(long, value_name = "KEV")]
    energy: Option<f64>,
    /// The size of a pixel in micrometres.
    #[arg(long, value_name = "UM")]
    pixel: Option<f64>,
    /// What is refined: some of distance, centre, tilt, wavelength with commas between them.
    #[arg(long, value_name = "LIST", default_value = "distance,centre,tilt", value_parser = parameters)]
    refine: Refine,
    /// How far rings are looked for, in pixels.
    #[arg(long, value_name = "PX", default_value_t = 10.0)]
    reach: f64,
    /// How many rings are used at most.
    #[arg(long, value_name = "N", default_value_t = RINGS)]
    rings: usize,
    /// A mask beside that of the data, not 0 where pixels are bad.
    #[arg(long, value_name = "URL")]
    mask: Option<String>,
    /// Write the geometry as pyFAI reads it.
    #[arg(short, long, value_name = "FILE.poni")]
    output: Option<PathBuf>,
    /// Replace a file that exists.
    #[arg(long)]
    overwrite: bool,
}

/// Two numbers.
#[derive(Clone, Copy, Debug)]
struct Pair([f64; 2]);

fn pair(text: &str) -> Result<Pair, String> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok())
        .collect();
    let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers
        .map(Pair)
        .ok_or_else(|| "expected two numbers as X,Y".to_owned())
}

fn calibrant(text: &str) -> Result<&'static Calibrant, String> {
    Calibrant::named(text).ok_or_else(|| {
        let names = hutch_analysis::calibrants::CALIBRANTS
            .iter()
            .map(|known| known.name);
        format!(
            "not known; there are {}",
            names.collect::<Vec<_>>().join(", ")
        )
    })
}

/// Parameters that are refined.
#[derive(Clone, Debug)]
struct Refine(Vec<Parameter>);

fn parameters(text: &str) -> Result<Refine, String> {
    let mut all = Vec::new();
    for word in text.split(',') {
        match word.trim() {
            "distance" => all.push(Parameter::Distance),
            "centre" | "center" => all.extend([Parameter::Poni1, Parameter::Poni2]),
            "tilt" => all.extend([Parameter::Rot1, Parameter::Rot2]),
            "wavelength" => all.push(Parameter::Wavelength),
            other => {
                return Err(format!(
                    "no \"{other}\"; there are distance, centre, tilt and wavelength"
                ));
            }
        }
    }
    Ok(Refine(all))
}

/// Runs the command.
///
/// # Errors
/// Those of reading and of [`calibrate`]; [`ErrorKind::Usage`] where nothing says about where the detector is.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let open = context.open(&options.url)?;
    no_stream(&open)?;
    let (signal, part) = describe::part(context, &open)?;
    let (slab, frame) = first_frame(&signal, &part)?;
    if let Some(output) = &options.output {
        check_named(&context.sites, Some(&open.address.place), output)?;
        open.opened.check(signal.data.as_ref(), output)?;
        check_existing(output, Content::Poni, options.overwrite)?;
        tell_ending(output, Content::Poni);
    }
    let start = start(context, options, &open, &signal, frame)?;
    let samples = context
        .pools
        .wait(read_slab(signal.data.as_ref(), &slab, &context.cancel))?;
    let bad = bad_pixels(context, options, &signal, &slab)?;
    let task = Task {
        spacings_m: spacings(options, &start)?,
        parameters: options.refine.0.clone(),
        search: Search {
            reach_px: options.reach.clamp(1.0, 1000.0),
            ..Search::default()
        },
        start,
    };
    let value = |pixel: [u64; 2]| value(&samples.samples, &bad, frame, pixel);
    let found = calibrate(&task, value, &context.cancel)?;
    if let Some(output) = &options.output {
        let comment = format!(
            "{} of {}, calibrated by Hutch {}",
            options.calibrant.name,
            signal.data.origin(),
            env!("CARGO_PKG_VERSION")
        );
        open.opened.check(signal.data.as_ref(), output)?;
        let text = found.refined.setting.poni(&comment);
        write_file(output, text.as_bytes())?;
        note(format!("wrote \"{}\"", output.display()));
    }
    report::tell(context, options.calibrant.name, &task.start, &found)
}

/// The first frame `[y, x]` of a part, and its size.
fn first_frame(signal: &Signal, (part, dropped): &(Slab, Vec<bool>)) -> Result<(Slab, [u64; 2])> {
    let info = signal.data.info();
    let refuse = |why: &str| Err(Error::new(ErrorKind::Usage, TRIED, why));
    let kept: Vec<usize> = (0..dropped.len()).filter(|axis| !dropped[*axis]).collect();
    let [outer @ .., y, x] = kept.as_slice() else {
        return refuse("the data are no frames [.., y, x]");
    };
    let is_whole = [*y, *x]
        .iter()
        .all(|axis| part.count[*axis] == info.shape[*axis] && part.step[*axis] == 1);
    if !is_whole || !info.element.is_numeric() || info.element.is_complex() {
        return refuse("a part of a frame has no geometry; take whole frames of real numbers");
    }
    if part.count.contains(&0) {
        return refuse("there is no frame");
    }
    let mut slab = part.clone();
    for axis in outer {
        slab.count[*axis] = 1;
    }
    if outer.iter().any(|axis| part.count[*axis] > 1) {
        note("of several frames the first is taken");
    }
    Ok((slab, [info.shape[*y], info.shape[*x]]))
}

/// The detector as it is guessed.
fn start(
    context: &Context,
    options: &Options,
    open: &OpenAddress,
    signal: &Signal,
    frame: [u64; 2],
) -> Result<Setting> {
    let refuse = |why: &str| Err(Error::new(ErrorKind::Usage, TRIED, why));
    let geometry = match &options.guess {
        None => signal.geometry.as_deref().cloned(),
        Some(named) => {
            let address = context.address(named)?;
            let frames = Frames {
                container: Some(open.container.as_ref()),
                shape: &frame,
            };
            let found = context.pools.wait(async {
                let (_, source, _) = context.source(address).await?;
                read(source, frames, &context.cancel).await
            })?;
            for problem in &found.problems {
                note(format!("\"{named}\": {problem}"));
            }
            Some(Geometry::clone(&found.geometry))
        }
    };
    let wavelength_m = options.energy.map(|energy| HC_EV_M / (energy * 1e3));
    let known = geometry.as_ref().and_then(|geometry| geometry.wavelength_m);
    let Some(wavelength_m) = wavelength_m
        .or(known)
        .filter(|length| length.is_finite() && *length > 0.0)
    else {
        return refuse("nothing says the energy of the beam; add --energy KEV");
    };
    let mut start = match &geometry {
        Some(geometry) => Setting::of(geometry, wavelength_m),
        None => flat(options, wavelength_m, frame),
    };
    let Some(start) = &mut start else {
        return refuse(if geometry.is_some() {
            "only one flat detector is calibrated"
        } else {
            "nothing says about where the detector is; add --guess FILE, or --distance MM, --pixel UM and --energy KEV"
        });
    };
    if let Some(distance) = options.distance {
        start.distance_m = distance * 1e-3;
    }
    if let Some(Pair([x, y])) = options.centre {
        start.move_beam_to([y + 0.5, x + 0.5]);
    }
    let is_place = start.distance_m.is_finite()
        && start.distance_m > 0.0
        && start
            .pixel_m
            .iter()
            .all(|size| size.is_finite() && *size > 0.0);
    if is_place {
        Ok(start.clone())
    } else {
        refuse("distance and pixel size are positive numbers")
    }
}

/// A detector at a right angle to the beam, which hits its middle.
fn flat(options: &Options, wavelength_m: f64, frame: [u64; 2]) -> Option<Setting> {
    let pixel_m = [options.pixel? * 1e-6; 2];
    Some(Setting {
        distance_m: options.distance? * 1e-3,
        poni_m: [0, 1].map(|axis| 0.5 * frame[axis] as f64 * pixel_m[axis]),
        rotation: [0.0; 3],
        wavelength_m,
        pixel_m,
        shape: frame,
        is_turned: [false, false],
    })
}

/// Spacings of rings that lie on the detector.
fn spacings(options: &Options, start: &Setting) -> Result<Vec<f64>> {
    let seen = start.spacings_m(options.calibrant, options.rings.max(1));
    if seen.is_empty() {
        let why = format!(
            "no ring of {} lies on the detector as it is guessed",
            options.calibrant.name
        );
        return Err(Error::new(ErrorKind::Usage, TRIED, why));
    }
    Ok(seen)
}

/// What the mask of the data and the one that is named leave out.
fn bad_pixels(
    context: &Context,
    options: &Options,
    signal: &Signal,
    slab: &Slab,
) -> Result<Vec<bool>> {
    let own = Mask::of(signal).part(context, slab)?;
    let mut bad = own.map_or_else(Vec::new, |own| own.to_vec());
    if let Some(named) = &options.mask {
        let open = context.open(named)?;
        let (mask, (part, _)) = describe::part(context, &open)?;
        let read = context
            .pools
            .wait(read_mask(mask.data.as_ref(), &part, &context.cancel))?;
        let pixels = slab.count.iter().product::<u64>();
        if read.len() as u64 != pixels {
            let why = format!("the mask has {} pixels, the frame {pixels}", read.len());
            return Err(Error::new(ErrorKind::Shape, TRIED, why));
        }
        bad.resize(read.len(), false);
        for (bad, other) in bad.iter_mut().zip(read.iter()) {
            *bad |= *other;
        }
    }
    Ok(bad)
}

/// What counts at a pixel.
fn value(
    samples: &Samples,
    bad: &[bool],
    [height, width]: [u64; 2],
    [y, x]: [u64; 2],
) -> Option<f64> {
    let index = (y < height && x < width).then_some(y * width + x)?;
    let index = usize::try_from(index).ok()?;
    let value = samples.get_f64(index);
    let is_sentinel = no_data(samples)
        .iter()
        .any(|sentinel| (value - *sentinel as f64).abs() < 0.5);
    let is_bad = bad.get(index).copied().unwrap_or(false) || is_sentinel;
    (!is_bad && value.is_finite()).then_some(value)
}
