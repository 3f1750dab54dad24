//! `hutch profile`: values along a line, or around a centre, in every frame.

use hutch_analysis::reduce::Options as Reduction;
use hutch_analysis::region::{Along, Frame, Profile, Shape};
use hutch_model::{Error, ErrorKind, Result};
use serde_json::{Value as Json, json};

use super::context::Context;
use super::convert::describe;
use super::out::Out;
use super::roi::masked_too;
use super::values;
use super::whole_frames::{Batch, Frames, no_data, no_stream};

/// What `hutch profile` takes.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("course").required(true).args(["line", "around", "shape"]))]
pub(super) struct Options {
    /// A dataset or a part of it: URL, URL::PATH or URL::PATH[SLICE].
    pub(super) url: String,
    /// From one pixel to another: "x0 y0 x1 y1".
    #[arg(long, value_name = "ENDS", allow_hyphen_values = true)]
    line: Option<String>,
    /// How many lines beside each other, one pixel apart, are averaged.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    width: u16,
    /// Around a centre, up to a radius: "x y radius".
    #[arg(long, value_name = "CIRCLE", allow_hyphen_values = true)]
    around: Option<String>,
    /// The mean of the pixels of a shape, as "arc x y r0 r1 from to"; see --along.
    #[arg(long, value_name = "SHAPE", allow_hyphen_values = true, value_parser = super::roi::shape)]
    shape: Option<Shape>,
    /// Along what the pixels of a shape are averaged: x, y, radius or angle (degrees).
    #[arg(long, value_name = "AXIS", default_value = "x", requires = "shape", value_parser = along)]
    along: Along,
    /// A mask beside that of the data, not 0 where pixels are bad: npy, EDF, TIFF, or HDF5 as URL::PATH.
    #[arg(long, value_name = "FILE")]
    mask: Option<String>,
    /// Write lines of values with commas between them; the default.
    #[arg(long)]
    csv: bool,
}

/// What is followed.
#[derive(Clone)]
enum Course {
    Line([[f64; 2]; 2], usize),
    Around([f64; 2], f64),
    Within(Shape, Along),
}

fn along(text: &str) -> Result<Along, String> {
    Along::named(text).ok_or_else(|| "it is x, y, radius or angle".to_owned())
}

impl Options {
    fn course(&self) -> Result<Course> {
        if let Some(shape) = &self.shape {
            let is_polar = matches!(self.along, Along::Radius | Along::Angle);
            if is_polar && shape.centre().is_none() {
                let tried = format!("take the profile of \"{shape}\"");
                let why = "only a circle, an ellipse and an arc have a centre";
                return Err(Error::new(ErrorKind::Usage, tried, why));
            }
            return Ok(Course::Within(shape.clone(), self.along));
        }
        if let Some(text) = &self.around {
            let [x, y, radius] = numbers(text)?;
            check_length(text, radius)?;
            return Ok(Course::Around([x, y], radius));
        }
        let [x0, y0, x1, y1] = numbers(self.line.as_deref().unwrap_or_default())?;
        check_length("the line", (x1 - x0).hypot(y1 - y0))?;
        Ok(Course::Line([[x0, y0], [x1, y1]], self.width.into()))
    }
}

/// The longest profile, in pixels; no detector is as large, and each pixel is kept for each frame.
const LONGEST_PX: f64 = 1e6;

fn check_length(what: &str, length_px: f64) -> Result<()> {
    if length_px <= LONGEST_PX {
        return Ok(());
    }
    let why = format!("it is longer than {LONGEST_PX} pixels");
    Err(Error::new(
        ErrorKind::Usage,
        format!("read \"{what}\""),
        why,
    ))
}

fn numbers<const N: usize>(text: &str) -> Result<[f64; N]> {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    let numbers: Option<Vec<f64>> = words
        .map(|word| word.parse().ok().filter(|number: &f64| number.is_finite()))
        .collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| {
            let tried = format!("read the place \"{text}\"");
            Error::new(ErrorKind::Usage, tried, format!("it is not {N} numbers"))
        })
}

/// Runs the command.
///
/// # Errors
/// Those of reading; [`ErrorKind::Usage`] for what has no frames;
/// [`ErrorKind::Partial`] after the numbers where samples are missing at their source.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let course = options.course()?;
    let open = context.open(&options.url)?;
    no_stream(&open)?;
    let (signal, part) = describe::part(context, &open)?;
    let frames = Frames::new(context, &signal, &part, None)?;
    let shape = frames.shape();
    let size = |axis: usize| usize::try_from(shape[shape.len() - axis]).unwrap_or(usize::MAX);
    let frame_size = [size(2), size(1)];
    let mask = masked_too(context, options.mask.as_deref(), &shape)?;
    let wants_json = context.wants_json && !options.csv;
    let mut out = Out::new();
    if wants_json {
        let head = json!({"schema": "hutch.profile/1", "path": signal.data.origin().to_string()})
            .to_string();
        out.text(&format!("{},\"frames\":[", head.trim_end_matches('}')))?;
    } else {
        out.line("frame,distance_px,mean,count")?;
    }
    frames.run(
        "taking profiles",
        |batch| profiles(&batch, frame_size, &course, &mask),
        |first, made| {
            for (frame, profile) in (first..).zip(made) {
                if wants_json {
                    let comma = if frame > 0 { "," } else { "" };
                    out.text(&format!("{comma}{}", json_of(frame, &profile)))?;
                    continue;
                }
                for ((distance, mean), count) in profile
                    .distance
                    .iter()
                    .zip(&profile.mean)
                    .zip(&profile.count)
                {
                    out.line(format!("{frame},{distance},{mean},{count}"))?;
                }
            }
            Ok(())
        },
    )?;
    if wants_json {
        out.line("]}")?;
    }
    out.finish()?;
    frames.finish()
}

fn profiles(
    batch: &Batch<'_>,
    size: [usize; 2],
    course: &Course,
    mask: &[bool],
) -> Result<Vec<Profile>> {
    let bad = batch.bad_with(mask);
    let options = Reduction {
        mask: Some(&bad),
        sentinels: no_data(batch.samples),
        saturation: None,
    };
    (0..batch.frame_count)
        .map(|index| {
            let frame = Frame::new(batch.samples, index, size, options)?;
            Ok(match course {
                Course::Line(ends, width) => frame.line(*ends, *width),
                Course::Around(centre, radius) => frame.around(*centre, *radius),
                Course::Within(shape, along) => frame.within(shape, *along),
            })
        })
        .collect()
}

fn json_of(index: u64, profile: &Profile) -> Json {
    let list = |of: &[f64]| {
        of.iter()
            .map(|value| values::real(*value))
            .collect::<Vec<Json>>()
    };
    json!({
        "index": index,
        "distance_px": list(&profile.distance),
        "mean": list(&profile.mean),
        "count": list(&profile.count),
    })
}
