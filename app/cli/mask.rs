//! `hutch mask`: the mask of a file's frames with what is added to it, as a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hutch_analysis::mask::{Ink, Side, Step, painted_on};
use hutch_model::{Error, ErrorKind, Result};
use hutch_viewers::{NoValue, Pixels};
use serde_json::json;

use super::context::Context;
use super::convert::describe;
use super::existing::{Content, check_existing};
use super::integrate::mask as mask_of;
use super::out::{Out, note};
use super::render::read_frame;
use super::whole_frames::no_stream;
use crate::mask_files;
use crate::reconstruct::output::check_output;

/// What `hutch mask` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Frames as URL or URL::PATH; the mask of their file is where it begins.
    pub(super) url: String,
    /// The frame whose values --above and --below look at.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    frame: u64,
    /// Mask pixels whose value is above this one.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    above: Option<f64>,
    /// Mask pixels whose value is below this one.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    below: Option<f64>,
    /// Mask what a file masks: npy, EDF, TIFF, or HDF5 as URL::PATH.
    #[arg(long, value_name = "FILE")]
    mask: Option<String>,
    /// A step as the window keeps them, as "add circle x y radius", "take rectangle x0 y0 x1 y1",
    /// "add stroke radius x y x y ..." or "invert"; may be given more than once, and comes after the others.
    #[arg(long = "step", value_name = "STEP", value_parser = step, allow_hyphen_values = true)]
    steps: Vec<Step>,
    /// The file: .nxs or .h5 (NXdetector), .edf, .npy; 1 where a pixel is masked.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace a file that exists.
    #[arg(long)]
    overwrite: bool,
}

fn step(text: &str) -> Result<Step, String> {
    text.parse().map_err(|error: Error| error.why)
}

/// Runs the command.
///
/// # Errors
/// [`ErrorKind::Usage`] for what has no frames and for endings of no mask; those of reading and writing.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let format = mask_files::format_of(&options.output)?;
    let open = context.open(&options.url)?;
    no_stream(&open)?;
    let (signal, _) = describe::part(context, &open)?;
    check_output(&context.sites, Some(&open.address.place), &options.output)?;
    open.opened.check(signal.data.as_ref(), &options.output)?;
    check_existing(&options.output, Content::Other, options.overwrite)?;
    let (pools, cancel) = (&context.pools, &context.cancel);
    let pixels = Pixels::of(&signal);
    let frame = read_frame(pools, &signal.data, &pixels, options.frame, cancel)?;
    let [width, height] = frame.size;
    if signal.data.info().frame_size() != Some((height.into(), width.into())) {
        let tried = format!("mask \"{}\"", signal.data.origin());
        let why = "its frames are too large to be read whole";
        return Err(Error::new(ErrorKind::Limit, tried, why));
    }
    let named = options.mask.as_deref();
    let shape = [u64::from(height), u64::from(width)];
    let mut begun = mask_of(context, [&[], &[]], named, &shape)?;
    begun.resize(frame.samples.len(), false);
    for (index, masked) in begun.iter_mut().enumerate() {
        *masked |= frame.no_value(index) == Some(NoValue::Masked);
    }
    let limits = [(Side::Above, options.above), (Side::Below, options.below)];
    let beyond = limits.into_iter().filter_map(|(side, limit)| {
        let ink = Ink::Threshold(side, limit?, options.frame);
        Some(Step::Paint(ink, true))
    });
    let steps: Vec<Step> = beyond.chain(options.steps.iter().cloned()).collect();
    let size = [height as usize, width as usize];
    let frames = BTreeMap::from([(options.frame, &frame.samples)]);
    let mask = painted_on(begun, &steps, (size, &frames), cancel)?;
    let count = mask.iter().filter(|masked| **masked).count();
    mask_files::write_pixels(&mask, size, format, &options.output)?;
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.mask/1",
            "file": options.output,
            "shape": [height, width],
            "masked": count,
        }))?;
    } else {
        note(format!(
            "{count} of {} pixels are masked in \"{}\"",
            mask.len(),
            options.output.display()
        ));
    }
    out.finish()
}
