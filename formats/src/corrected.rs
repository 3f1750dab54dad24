//! Frames corrected for the dark field and the flat field of their detector, while they are decoded.

use std::sync::Arc;

use hutch_model::{
    Block, BlockState, BoxFuture, CORRECTED, Cancel, Dataset, DatasetInfo, ElementType,
    EncodedSlab, Error, ErrorKind, Origin, ReadCost, Result, Samples, Slab, SourceFile, read_slab,
};

use crate::arithmetic::valid;
use crate::transposed::path_and_order;

/// Frames of which a field is the mean; of a longer stack as many are taken, spread evenly.
pub const FIELD_FRAMES: u64 = 64;
/// A field of more pixels is none of a frame that is read whole.
const FIELD_PIXELS: u64 = 1 << 26;

/// What a detector shows without a beam, or without a sample: `[y, x]`, the mean of its frames.
#[derive(Clone, Debug)]
pub struct Field {
    origin: Origin,
    size: [u64; 2],
    values: Arc<[f64]>,
    /// How many frames it is the mean of.
    pub frames: u64,
    /// The axes of its dataset: `[y, x]`, or `[frame, y, x]`.
    pub shape: Vec<u64>,
    /// Whether the axes of its dataset lie in another order than the stored one.
    pub is_turned: bool,
    /// The format of its file, for those who read it with something else; empty where nobody said it.
    pub format: String,
}

impl Field {
    /// Reads a field for frames of the shape `[.., y, x]`: the dataset `[y, x]`, or the mean of at most [`FIELD_FRAMES`]
    /// frames `[frame, y, x]`.
    ///
    /// Samples that stand for no value (NaN, sentinels of detectors, missing ones) do not count.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] for frames of another size, and where an axis of the field may be one of modules;
    /// [`ErrorKind::Unsupported`] for samples that are no real numbers, [`ErrorKind::Limit`] for fields that are too
    /// large; those of reading.
    pub async fn read(dataset: &dyn Dataset, frames: &[u64], cancel: &Cancel) -> Result<Self> {
        let info = dataset.info();
        let fail = |kind: ErrorKind, why: String| {
            let tried = format!("correct frames by \"{}\"", dataset.origin());
            Err(Error::new(kind, tried, why))
        };
        if !info.element.is_numeric() || info.element.is_complex() {
            let why = format!("{} is no real number", info.element);
            return fail(ErrorKind::Unsupported, why);
        }
        let [.., height, width] = *frames else {
            let why = format!("the shape {frames:?} holds no frames");
            return fail(ErrorKind::Shape, why);
        };
        if info.frame_size() != Some((height, width)) || info.frame_count() == 0 {
            let why = format!(
                "its shape is {:?}; the frames have {height} x {width} pixels",
                info.shape
            );
            return fail(ErrorKind::Shape, why);
        }
        if may_be_modules(&info.shape, frames) {
            let why = format!(
                "its shape is {:?} and that of the frames {frames:?}: the mean over modules is no field; \
                 name the field of one module",
                info.shape
            );
            return fail(ErrorKind::Shape, why);
        }
        if height
            .checked_mul(width)
            .is_none_or(|pixels| pixels > FIELD_PIXELS)
        {
            return fail(
                ErrorKind::Limit,
                "it is too large to be read whole".to_owned(),
            );
        }
        let count = info.frame_count().min(FIELD_FRAMES);
        let mut mean = Mean::default();
        for index in 0..count {
            cancel.check()?;
            let frame = spread(index, count, info.frame_count());
            let block = read_slab(dataset, &Slab::frame(&info.shape, frame), cancel).await?;
            if !matches!(block.state, BlockState::Missing(_)) {
                mean.add(&valid(&block.samples));
            }
        }
        let values = mean.values();
        if values.is_empty() {
            let why = "its frames are missing at their source".to_owned();
            return fail(ErrorKind::Partial, why);
        }
        Ok(Self {
            origin: dataset.origin().clone(),
            size: [height, width],
            values: values.into(),
            frames: count,
            shape: info.shape.clone(),
            is_turned: dataset.transposed().is_some(),
            format: String::new(),
        })
    }

    /// Which frames of its dataset it is the mean of: at most [`FIELD_FRAMES`], spread evenly.
    pub fn indices(&self) -> Vec<u64> {
        let all: u64 = match self.shape.as_slice() {
            [outer @ .., _, _] => outer
                .iter()
                .fold(1, |all: u64, &axis| all.saturating_mul(axis)),
            _ => 1,
        };
        (0..self.frames)
            .map(|index| spread(index, self.frames, all))
            .collect()
    }

    /// Where it comes from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value at a pixel `[y, x]`; NaN outside.
    fn at(&self, [y, x]: [u64; 2]) -> f64 {
        let inside = y < self.size[0] && x < self.size[1];
        let index = usize::try_from(y * self.size[1] + x)
            .ok()
            .filter(|_| inside);
        index
            .and_then(|index| self.values.get(index).copied())
            .unwrap_or(f64::NAN)
    }
}

/// One of so many frames that are spread evenly over all.
fn spread(index: u64, count: u64, all: u64) -> u64 {
    let place = u128::from(index) * u128::from(all) / u128::from(count.max(1));
    u64::try_from(place).unwrap_or(u64::MAX)
}

/// Whether the images of a field may be those of modules, each with pixels of its own, and no frames to take the mean of.
fn may_be_modules(field: &[u64], frames: &[u64]) -> bool {
    match (field, frames) {
        _ if field.len() > 3 => true,
        ([images, _, _], [.., modules, _, _]) if frames.len() > 3 => {
            *images > 1 && images == modules
        }
        _ => false,
    }
}

/// The mean of frames, pixel by pixel.
#[derive(Default)]
struct Mean {
    sums: Vec<f64>,
    counts: Vec<u32>,
}

impl Mean {
    fn add(&mut self, frame: &[f64]) {
        self.sums.resize(frame.len().max(self.sums.len()), 0.0);
        self.counts.resize(self.sums.len(), 0);
        let pixels = self.sums.iter_mut().zip(&mut self.counts).zip(frame);
        for ((sum, count), value) in pixels.filter(|(_, value)| !value.is_nan()) {
            *sum += value;
            *count += 1;
        }
    }

    fn values(self) -> Vec<f64> {
        let pixels = self.sums.into_iter().zip(self.counts);
        pixels
            .map(|(sum, count)| {
                if count == 0 {
                    f64::NAN
                } else {
                    sum / f64::from(count)
                }
            })
            .collect()
    }
}

/// Frames without what their detector adds, and by what it saw without a sample.
///
/// With a dark field `D` and a flat field `F`, a sample `I` becomes `(I - D) / (F - D)`; with a dark field alone
/// `I - D`, with a flat field alone `I / F`. Where the denominator is zero or less, and where one of them has no
/// value, there is none (NaN).
#[derive(Debug)]
pub struct Corrected {
    frames: Arc<dyn Dataset>,
    dark: Option<Field>,
    flat: Option<Field>,
    info: DatasetInfo,
    origin: Origin,
}

impl Corrected {
    /// Corrects frames `[.., y, x]`.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where a field is that of other frames, [`ErrorKind::Unsupported`] for frames of no real
    /// numbers.
    pub fn new(frames: Arc<dyn Dataset>, dark: Option<Field>, flat: Option<Field>) -> Result<Self> {
        let plain = frames.info();
        let fail = |kind: ErrorKind, why: String| {
            let tried = format!("correct \"{}\"", frames.origin());
            Err(Error::new(kind, tried, why))
        };
        if !plain.element.is_numeric() || plain.element.is_complex() {
            let why = format!("{} is no real number", plain.element);
            return fail(ErrorKind::Unsupported, why);
        }
        let fields = || [&dark, &flat].into_iter().flatten();
        if let Some(other) = fields().find(|field| plain.frame_size() != Some(field.size.into())) {
            let why = format!(
                "its shape is {:?}, and that of the field \"{}\" is {:?}",
                plain.shape,
                other.origin(),
                other.size
            );
            return fail(ErrorKind::Shape, why);
        }
        let count = plain
            .shape
            .iter()
            .try_fold(8_u64, |bytes, &axis| bytes.checked_mul(axis));
        let info = DatasetInfo {
            element: ElementType::F64,
            stored: format!("{}, corrected", plain.stored),
            filters: Vec::new(),
            layout: CORRECTED.to_owned(),
            size_bytes: count,
            ..plain.clone()
        };
        // The path says how, so that nothing of it passes for a dataset of the file.
        let words: Vec<String> = [("dark", &dark), ("flat", &flat)]
            .into_iter()
            .filter_map(|(name, field)| Some(format!("{name} {}", field.as_ref()?.origin())))
            .collect();
        let of = path_and_order(frames.as_ref());
        let path = format!("{of} corrected by {}", words.join(", "));
        let origin = frames.origin().at(&path);
        Ok(Self {
            frames,
            dark,
            flat,
            info,
            origin,
        })
    }

    /// The frames as they are stored.
    pub const fn stored(&self) -> &Arc<dyn Dataset> {
        &self.frames
    }

    fn value(&self, stored: f64, pixel: [u64; 2]) -> f64 {
        let dark = self.dark.as_ref().map_or(0.0, |dark| dark.at(pixel));
        let above = stored - dark;
        match &self.flat {
            None => above,
            Some(flat) => {
                let whole = flat.at(pixel) - dark;
                if whole > 0.0 { above / whole } else { f64::NAN }
            }
        }
    }
}

impl Dataset for Corrected {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        self.frames.fetch(slab, cancel)
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let block = self.frames.decode(encoded)?;
        let mut values = valid(&block.samples);
        let ([.., rows, columns], [.., y, x], [.., y_step, x_step]) = (
            encoded.slab.count.as_slice(),
            encoded.slab.start.as_slice(),
            encoded.slab.step.as_slice(),
        ) else {
            let tried = format!("correct \"{}\"", self.origin);
            return Err(Error::new(
                ErrorKind::Internal,
                tried,
                "no frames were read",
            ));
        };
        let row_length = usize::try_from(*columns).unwrap_or(usize::MAX).max(1);
        for (row, line) in (0..*rows).cycle().zip(values.chunks_mut(row_length)) {
            for (column, value) in (0..*columns).zip(line) {
                *value = self.value(*value, [y + row * y_step, x + column * x_step]);
            }
        }
        Ok(Block {
            samples: Samples::F64(values),
            ..block
        })
    }

    fn missing(&self, encoded: &EncodedSlab) -> Option<Vec<bool>> {
        self.frames.missing(encoded)
    }

    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        self.frames.sources(cancel)
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        self.frames.cost(slab, cancel)
    }
}
