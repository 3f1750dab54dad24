//! A frame with everything that its display needs, made on the pool.

use hutch_analysis::reduce::{Options, Statistics, frame_statistics};
use hutch_model::{Block, BlockState, Error, ErrorKind, Gaps, Result, Samples};
use hutch_render::ImageFrame;
use hutch_render::{
    BinScale, Distribution, FramePyramid, Histogram, Moments, Pooling, Range, RawFrame,
    RenderError, SampleSlice, Uploads,
};
use std::sync::{Arc, Weak};

mod counts;

pub use counts::PixelCounts;

use crate::pixels::{FramePixels, NoValue, marks};

/// The shares of the samples, in per cent, between which a frame is shown at first.
pub const PERCENT: [f64; 2] = [1.0, 99.8];
/// Bins of the histogram in the inspector.
const BINS: usize = 128;

/// A decoded frame `[y, x]` with its pyramid, histogram, ranges and statistics.
///
/// The stored samples stay beside the pyramid, for exact readout.
#[derive(Debug)]
pub struct PreparedFrame {
    /// The samples as they are stored.
    pub samples: Samples,
    /// Width and height, in pixels.
    pub size: [u32; 2],
    /// What is known of the samples.
    pub state: BlockState,
    /// What the GPU needs.
    pub pyramid: FramePyramid,
    /// Counts over the whole range.
    pub histogram: Option<Histogram>,
    /// Smallest to largest.
    pub min_max: Range,
    /// The range that leaves out 1 % at the dark and 0.2 % at the bright end.
    pub percentile: Range,
    /// The mean and the spread of the samples.
    pub moments: Moments,
    /// How many pixels have no value, and why.
    pub counts: PixelCounts,
    /// From which value on samples are saturated.
    pub saturation: Option<f64>,
    /// Exact statistics, without pixels that have no value; `None` where nobody
    /// can say which have one.
    pub statistics: Option<Statistics>,
    /// Which pixels have no value, as [`NoValue`] row by row.
    marks: Option<Vec<u8>>,
    /// The same frame on the device, as long as it is kept there.
    uploaded: Weak<ImageFrame>,
}

impl PreparedFrame {
    /// Bytes that it takes in memory.
    pub fn size_bytes(&self) -> usize {
        let marks = self.marks.as_ref().map_or(0, Vec::len);
        self.samples.size_bytes() + self.pyramid.size_bytes() + marks
    }

    /// The frame on the device of a generation, where a worker put it there and it is there still.
    pub fn uploaded(&self, generation: u64) -> Option<Arc<ImageFrame>> {
        let frame = self.uploaded.upgrade()?;
        (frame.generation() == generation).then_some(frame)
    }

    /// Why the pixel with the index has no value, where it has none.
    pub fn no_value(&self, index: usize) -> Option<NoValue> {
        NoValue::from_mark(*self.marks.as_ref()?.get(index)?)
    }

    /// True where a pixel has no value for a reason other than its number; none where all have one.
    pub(crate) fn bad(&self) -> Option<Vec<bool>> {
        let marks = self.marks.as_ref()?;
        Some(marks.iter().map(|&mark| mark != 0).collect())
    }

    /// True where a pixel is masked in every frame of its stack; none where no pixel is.
    pub(crate) fn masked(&self) -> Option<Vec<bool>> {
        let marks = self.marks.as_ref()?;
        let masked = NoValue::Masked as u8;
        Some(marks.iter().map(|&mark| mark == masked).collect())
    }

    /// The same frame with more pixels masked, and all that its display needs of it.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where the mask is not one for each pixel, or for each of an image of modules.
    pub(crate) fn masked_too(&self, mask: &[bool]) -> Result<Self> {
        // A mask of one image is that of every module.
        if mask.is_empty() || !self.samples.len().is_multiple_of(mask.len()) {
            return Err(not_a_frame(&[mask.len() as u64]));
        }
        let own = |index: usize| self.marks.as_ref().and_then(|own| own.get(index)).copied();
        let marks = mask
            .iter()
            .cycle()
            .take(self.samples.len())
            .enumerate()
            .map(|(index, &masked)| match own(index) {
                Some(mark) if mark != 0 => mark,
                _ if masked => NoValue::Masked as u8,
                _ => 0,
            });
        let mut frame = prepare(
            None,
            self.samples.clone(),
            self.size.map(u64::from),
            self.state.clone(),
            (Some(marks.collect()), self.saturation),
            Pooling::Max,
        )?;
        if self.statistics.is_none() {
            frame.statistics = None;
        }
        Ok(frame)
    }

    /// Whether the pixel with the index has no value, for whatever reason.
    pub fn has_no_value(&self, index: usize) -> bool {
        is_sentinel(&self.samples, index) || self.no_value(index).is_some()
    }

    /// The samples as the pipelines take them, without those that have no value.
    ///
    /// # Errors
    /// None for a frame that was prepared; those of [`prepare_frame`].
    pub fn raw(&self) -> Result<RawFrame<'_>> {
        raw_frame(&self.samples, self.size, self.marks.as_deref())
            .map(|raw| raw.with_saturation(self.saturation))
    }

    /// The samples as the pipelines take them, with marks of the caller's.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the marks are not one for each sample.
    pub(crate) fn raw_with<'a>(&'a self, marks: &'a [u8]) -> Result<RawFrame<'a>> {
        raw_frame(&self.samples, self.size, Some(marks))
            .map(|raw| raw.with_saturation(self.saturation))
    }

    /// The marks of the frame, with all pixels outside of parts `[x, y, width, height]`
    /// masked.
    pub(crate) fn marks_outside(&self, parts: &[[u32; 4]]) -> Vec<u8> {
        let mut marks = vec![NoValue::Masked as u8; self.samples.len()];
        for part in parts {
            self.unmask(&mut marks, *part);
        }
        marks
    }

    /// Takes the own marks of a part.
    fn unmask(&self, marks: &mut [u8], [x, y, width, height]: [u32; 4]) {
        let row_length = self.size[0] as usize;
        let columns = x as usize..row_length.min(x as usize + width as usize);
        let rows = marks.chunks_exact_mut(row_length.max(1)).enumerate();
        for (row, line) in rows.skip(y as usize).take(height as usize) {
            let Some(inside) = line.get_mut(columns.clone()) else {
                continue;
            };
            let first = row * row_length + columns.start;
            let own = self
                .marks
                .as_ref()
                .and_then(|own| own.get(first..first + inside.len()));
            match own {
                Some(own) => inside.copy_from_slice(own),
                None => inside.fill(0),
            }
        }
    }

    /// Whether its samples are complex numbers.
    pub const fn is_complex(&self) -> bool {
        matches!(self.samples, Samples::Complex64(_))
    }

    /// The stored sample at a pixel; `None` outside.
    pub fn sample_index(&self, x: i64, y: i64) -> Option<usize> {
        let x = u32::try_from(x).ok().filter(|&x| x < self.size[0])?;
        let y = u32::try_from(y).ok().filter(|&y| y < self.size[1])?;
        Some(y as usize * self.size[0] as usize + x as usize)
    }
}

/// Values of integer samples that mean "no value here".
///
/// Dectris detectors write the largest value into gaps and, one below, into bad
/// pixels; Pilatus files hold -1 and -2.
pub const fn sentinels(samples: &Samples) -> &'static [i128] {
    samples.sentinels()
}

/// Whether a sample is a number that means "no value here".
pub(crate) fn is_sentinel(samples: &Samples, index: usize) -> bool {
    let is_one = |value: i128| sentinels(samples).contains(&value);
    match samples {
        Samples::U32(values) => values.get(index).is_some_and(|&of| is_one(of.into())),
        Samples::I32(values) => values.get(index).is_some_and(|&of| is_one(of.into())),
        _ => false,
    }
}

/// The value from which samples of a camera are saturated, where the type says so.
pub fn saturation(samples: &Samples) -> Option<i128> {
    matches!(samples, Samples::U16(_)).then_some(i128::from(u16::MAX))
}

/// Makes a frame of a decoded block whose two fastest axes are the image; several images, as of modules, lie one below
/// another.
///
/// # Errors
/// [`ErrorKind::Shape`] when the block holds no images, [`ErrorKind::Unsupported`]
/// for samples that are not numbers.
pub fn prepare_frame(block: Block, pixels: &FramePixels) -> Result<PreparedFrame> {
    prepare_frame_on(None, block, pixels)
}

/// The same, put on a device where there is one, and counted there if it counts; what the device cannot count, the
/// processor does.
///
/// # Errors
/// Those of [`prepare_frame`].
pub fn prepare_frame_on(
    device: Option<&Uploads>,
    block: Block,
    pixels: &FramePixels,
) -> Result<PreparedFrame> {
    let (images, width) = match block.shape.as_slice() {
        [images @ .., width] if !images.is_empty() => (images, *width),
        _ => return Err(not_a_frame(&block.shape)),
    };
    let height = images
        .iter()
        .try_fold(1u64, |rows, axis| rows.checked_mul(*axis))
        .ok_or_else(|| not_a_frame(&block.shape))?;
    if height.checked_mul(width) != Some(block.samples.len() as u64) {
        return Err(not_a_frame(&block.shape));
    }
    let marks = marks(pixels, block.samples.len());
    let mut frame = prepare(
        device,
        block.samples,
        [width, height],
        block.state,
        (marks, pixels.saturation),
        Pooling::Max,
    )?;
    if pixels.gaps == Gaps::Somewhere {
        frame.statistics = None;
    }
    Ok(frame)
}

/// Makes a frame `[y, x]` of computed values: a slice, a sinogram.
///
/// # Errors
/// [`ErrorKind::Shape`] when the size does not fit the values.
pub fn prepare_values(values: Vec<f32>, width: usize) -> Result<PreparedFrame> {
    let height = values.len() / width.max(1);
    prepare(
        None,
        Samples::F32(values),
        [width as u64, height as u64],
        BlockState::Present,
        (None, None),
        Pooling::Mean,
    )
}

fn prepare(
    device: Option<&Uploads>,
    samples: Samples,
    size: [u64; 2],
    state: BlockState,
    (marks, limit): (Option<Vec<u8>>, Option<f64>),
    pooling: Pooling,
) -> Result<PreparedFrame> {
    let samples = display_samples(samples);
    let [width, height] = size;
    let edge =
        |edge: u64| u32::try_from(edge).map_err(|error| not_a_frame(&size).with_source(error));
    let size = [edge(width)?, edge(height)?];
    let raw = raw_frame(&samples, size, marks.as_deref())?;
    let mask: Option<Vec<bool>> = marks
        .as_ref()
        .map(|marks| marks.iter().map(|&mark| mark != 0).collect());
    let options = Options {
        mask: mask.as_deref(),
        sentinels: sentinels(&samples),
        saturation: limit.and_then(whole).or_else(|| saturation(&samples)),
    };
    let statistics = frame_statistics(&samples, &options).ok();
    let saturated = statistics.as_ref().map_or(0, |of| of.saturated);
    let saturation = effective_limit(limit, &samples, statistics.as_ref());
    let raw = raw.with_saturation(saturation.filter(|_| saturated > 0));
    let exact = statistics.as_ref().filter(|_| raw.saturation().is_none());
    let moments = exact
        .and_then(exact_moments)
        .or_else(|| Moments::of(&raw))
        .unwrap_or(Moments {
            min: 0.0,
            max: 1.0,
            mean: 0.0,
            sigma: 0.0,
        });
    let min_max = Range::new(moments.min, moments.max);
    let pyramid = FramePyramid::build(&raw, pooling).map_err(|error| failed(&error))?;
    let uploaded = device.and_then(|device| upload(device, &pyramid));
    let mut distribution = match (device.and_then(Uploads::counter), &uploaded) {
        (Some(counter), Some(frame)) => Distribution::on_device(&raw, counter, frame),
        _ => Distribution::of(&raw),
    };
    let percentile = distribution
        .percentiles(PERCENT)
        .map_or(min_max, |[low, high]| Range::new(low, high));
    let histogram =
        (min_max.hi > min_max.lo).then(|| distribution.histogram(BINS, min_max, BinScale::Linear));
    if let Some(error) = distribution.refused() {
        log::debug!("count on the GPU: {error}; the processor counted");
    }
    let counts = PixelCounts::of(&samples, marks.as_deref(), saturated);
    Ok(PreparedFrame {
        samples,
        size,
        state,
        pyramid,
        histogram,
        min_max,
        percentile,
        moments,
        counts,
        saturation,
        statistics,
        marks,
        uploaded: uploaded.as_ref().map(Arc::downgrade).unwrap_or_default(),
    })
}

/// What does not fit on the device is told by whoever draws it.
fn upload(device: &Uploads, pyramid: &FramePyramid) -> Option<Arc<ImageFrame>> {
    device
        .upload(pyramid)
        .inspect_err(|error| log::debug!("put a frame on the GPU: {error}"))
        .ok()
}

/// The limit of a file, or of a type where so few samples reach it that they were
/// clipped: a picture that was scaled to its type has many.
fn effective_limit(
    limit: Option<f64>,
    samples: &Samples,
    statistics: Option<&Statistics>,
) -> Option<f64> {
    let of_type = || {
        let few = statistics.is_some_and(|of| of.saturated.saturating_mul(20) < of.count);
        saturation(samples)
            .filter(|_| few)
            .map(|limit| limit as f64)
    };
    limit.filter(|limit| limit.is_finite()).or_else(of_type)
}

/// Smallest, largest, mean and deviation as they follow from statistics, so that no pass over the samples is needed.
/// Infinite samples count in statistics and not in ranges.
fn exact_moments(statistics: &Statistics) -> Option<Moments> {
    let moments = Moments {
        min: statistics.min.to_f64(),
        max: statistics.max.to_f64(),
        mean: statistics.mean,
        sigma: statistics.sigma,
    };
    let is_finite = moments.min.is_finite() && moments.max.is_finite() && moments.sigma.is_finite();
    (statistics.count > 0 && is_finite).then_some(moments)
}

fn raw_frame<'a>(
    samples: &'a Samples,
    [width, height]: [u32; 2],
    marks: Option<&'a [u8]>,
) -> Result<RawFrame<'a>> {
    let (width, height) = (width as usize, height as usize);
    let raw = RawFrame::new(width, height, sample_slice(samples)?)
        .map_err(|error| failed(&error))?
        .with_sentinels(sentinels(samples));
    match marks {
        Some(marks) => raw.with_mask(marks).map_err(|error| failed(&error)),
        None => Ok(raw),
    }
}

fn failed(error: &RenderError) -> Error {
    Error::new(ErrorKind::Limit, "prepare a frame", error.to_string())
}

/// The first whole number from a limit on.
fn whole(limit: f64) -> Option<i128> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "limits beyond the range of counts are left out before"
    )]
    (limit.is_finite() && limit.abs() < 1e30).then(|| limit.ceil() as i128)
}

fn not_a_frame(shape: &[u64]) -> Error {
    Error::new(
        ErrorKind::Shape,
        "show a frame",
        format!("the shape {shape:?} is not one image"),
    )
}

/// Wide complex samples are narrowed for display; all others stay as stored.
fn display_samples(samples: Samples) -> Samples {
    match samples {
        #[expect(clippy::cast_possible_truncation, reason = "for display only")]
        Samples::Complex128(values) => Samples::Complex64(
            values
                .into_iter()
                .map(|[real, imaginary]| [real as f32, imaginary as f32])
                .collect(),
        ),
        other => other,
    }
}

/// The samples as the pipelines take them.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for text, and for complex samples in binary64.
pub fn sample_slice(samples: &Samples) -> Result<SampleSlice<'_>> {
    Ok(match samples {
        Samples::U8(values) => SampleSlice::U8(values),
        Samples::U16(values) => SampleSlice::U16(values),
        Samples::U32(values) => SampleSlice::U32(values),
        Samples::U64(values) => SampleSlice::U64(values),
        Samples::I8(values) => SampleSlice::I8(values),
        Samples::I16(values) => SampleSlice::I16(values),
        Samples::I32(values) => SampleSlice::I32(values),
        Samples::I64(values) => SampleSlice::I64(values),
        Samples::F16(values) => SampleSlice::F16(values),
        Samples::F32(values) => SampleSlice::F32(values),
        Samples::F64(values) => SampleSlice::F64(values),
        Samples::Complex64(values) => SampleSlice::Complex64(values),
        Samples::Complex128(_) | Samples::Text(_) | Samples::Values(_) => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "show a frame",
                "its elements are no numbers",
            ));
        }
    })
}

#[cfg(test)]
mod tests;
