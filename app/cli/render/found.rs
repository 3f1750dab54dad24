//! Peaks and reflections in a picture, drawn where the window draws them.

use hutch_model::{Error, ErrorKind, Result, Samples, Signal, Slab, read_slab};
use hutch_render::{ImageFromTarget, RgbaPicture};
use hutch_viewers::Subject;
use hutch_viewers::assembled::Assembled;
use hutch_viewers::diffraction::{
    FoundMark, MarkShape, half_width, marks_of_peaks, marks_of_run, peak_places, peak_slabs,
    plane_of,
};
use hutch_viewers::theme::{ThemeKind, Tokens};

use super::geometry::{segment, target_of};
use super::{Options, names};
use crate::cli::context::Context;
use crate::cli::out::note;
use crate::open::OpenedFile;
use crate::serial::open_row;

/// Lines that a circle is drawn with.
const SIDES: u32 = 48;

/// The frame of a stream that the options name, or its first hit: its data, and which image of them it is.
///
/// # Errors
/// Those of [`open_row`]; [`ErrorKind::Usage`] for a frame that is not there, and for many frames at once.
pub(super) async fn of_stream(
    context: &Context,
    options: &Options,
    stream: &OpenedFile,
) -> Result<Option<(Subject, u64)>> {
    let Some(run) = stream.container.serial() else {
        return Ok(None);
    };
    let usage = |why: String| {
        let tried = format!("draw \"{}\"", options.url);
        Err(Error::new(ErrorKind::Usage, tried, why))
    };
    if options.frames.is_some() || options.as_one.is_some() {
        return usage("a stream is drawn frame by frame; choose one with --frame".to_owned());
    }
    // Crystals of one frame are rows behind each other.
    let rows = run.rows();
    let mut firsts = vec![0];
    firsts.extend((1..rows.len()).filter(|at| rows[*at].start != rows[at - 1].start));
    firsts.truncate(rows.len());
    let wanted = if let Some(frame) = options.frame {
        usize::try_from(frame).ok().and_then(|at| firsts.get(at))
    } else {
        let hit = firsts.iter().find(|row| rows[**row].is_hit);
        hit.or(firsts.first())
    };
    let Some(row) = wanted.and_then(|row| u32::try_from(*row).ok()) else {
        let frame = options.frame.unwrap_or(0);
        return usage(format!(
            "there is no frame {frame}; the stream has {}, from 0",
            firsts.len()
        ));
    };
    let folders = &context.settings.moved_folders;
    let found = open_row(&context.sites, stream, row, (folders, &[]), &context.cancel).await?;
    for problem in &found.problems {
        note(problem);
    }
    Ok(Some((found.subject, found.image)))
}

/// What was found in an image of a signal: by the stream that led to it, or by whoever wrote peaks beside it, where the
/// options ask for those.
///
/// # Errors
/// Those of reading; [`ErrorKind::Usage`] where peaks are asked for and the file keeps none, and where
/// there are no reflections to be named.
pub(super) fn marks(
    context: &Context,
    options: &Options,
    (signal, image): (Option<&Signal>, u64),
    assembled: Option<&Assembled>,
) -> Result<Vec<FoundMark>> {
    let tokens = Tokens::new(ThemeKind::Dark);
    let run = signal.and_then(|signal| Some((signal, signal.found.as_ref()?)));
    if let Some((signal, found)) = run {
        let of = found.rows.get(&image);
        let Some(of) = of.and_then(|row| found.run.rows().get(*row as usize)) else {
            return Ok(Vec::new());
        };
        let slab = Slab {
            start: vec![of.start],
            count: vec![u64::from(of.length)],
            step: vec![1],
        };
        let bytes = found.run.bytes();
        let block = context
            .pools
            .wait(read_slab(bytes.as_ref(), &slab, &context.cancel))?;
        let bytes = match &block.samples {
            Samples::U8(bytes) => bytes.as_slice(),
            _ => &[],
        };
        let geometry = signal.geometry.as_deref();
        let shape = &signal.data.info().shape;
        let plane = geometry.map_or_else(Vec::new, |of| plane_of(of, shape, image));
        let chunk = found.run.chunk(bytes);
        return Ok(marks_of_run(chunk, (geometry, &plane), assembled, tokens));
    }
    if options.hkl {
        let why = "--hkl names the reflections of a stream; draw FILE.stream";
        return Err(Error::new(ErrorKind::Usage, "name reflections", why));
    }
    if !options.peaks {
        return Ok(Vec::new());
    }
    let peaks = signal.and_then(|signal| signal.peaks.as_ref());
    let peaks = peaks.ok_or_else(|| {
        let why = "the file keeps no peaks beside these frames; those of a stream are drawn from FILE.stream";
        Error::new(ErrorKind::Usage, "draw peaks", why)
    })?;
    let Some([number, row]) = peak_slabs(peaks, image) else {
        return Ok(Vec::new());
    };
    let read = |dataset: &std::sync::Arc<dyn hutch_model::Dataset>, slab: &Slab| {
        let block = read_slab(dataset.as_ref(), slab, &context.cancel);
        context.pools.wait(block).map(|block| block.samples)
    };
    let count = read(&peaks.counts, &number)?;
    let (x, y) = (read(&peaks.x, &row)?, read(&peaks.y, &row)?);
    let places = peak_places(&count, [&x, &y]);
    Ok(marks_of_peaks(&places, assembled, tokens))
}

/// Draws marks over a picture of a frame of `whole` pixels; the indices of reflections as well where they are `named`.
pub(super) fn draw(
    picture: &mut RgbaPicture,
    marks: &[FoundMark],
    (place, is_named): (&ImageFromTarget, bool),
) {
    let zoom = 1.0 / place.x[0].hypot(place.x[1]).max(f64::MIN_POSITIVE);
    for mark in marks {
        let [x, y] = target_of(place, mark.at);
        let half = half_width(mark.shape, zoom);
        let [red, green, blue, _] = mark.colour.to_array();
        let colour = [red, green, blue, 0xff];
        let corners = outline(mark.shape, [x, y], half);
        for pair in corners.windows(2) {
            segment(picture, [pair[0], pair[1]], colour);
        }
    }
    // Names lie over the marks beside them.
    for mark in marks
        .iter()
        .filter(|mark| is_named && !mark.name.is_empty())
    {
        let [x, y] = target_of(place, mark.at);
        let half = half_width(mark.shape, zoom);
        names::draw(picture, &mark.name, [x + half + 2.0, y - half]);
    }
}

/// A closed line around a point of the picture.
fn outline(shape: MarkShape, [x, y]: [f64; 2], half: f64) -> Vec<[f64; 2]> {
    match shape {
        MarkShape::Box => [
            [-1.0, -1.0],
            [1.0, -1.0],
            [1.0, 1.0],
            [-1.0, 1.0],
            [-1.0, -1.0],
        ]
        .map(|[across, down]| [x + across * half, y + down * half])
        .to_vec(),
        MarkShape::Circle => (0..=SIDES)
            .map(|side| {
                let angle = std::f64::consts::TAU * f64::from(side) / f64::from(SIDES);
                [x + half * angle.cos(), y + half * angle.sin()]
            })
            .collect(),
    }
}
