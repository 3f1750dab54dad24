//! The mask of a file, for the part that is reduced.

use std::sync::Arc;

use hutch_formats::nexus::mask_fits;
use hutch_model::{Dataset, Error, Result, Signal, Slab};
use parking_lot::Mutex;

use crate::cli::context::Context;
use crate::cli::out::note;
use crate::masks::{on_fastest_axes, read_mask};

/// Pixels of masks that are kept, so that frames do not read theirs again.
const KEPT_PIXELS: usize = 1 << 26;

/// Which samples of a dataset are masked: a mask of the whole dataset, or of its
/// fastest axes, as of one frame `[y, x]`, which all the others share.
#[derive(Debug, Default)]
pub(in crate::cli) struct Mask {
    dataset: Option<Arc<dyn Dataset>>,
    kept: Mutex<Kept>,
}

/// Parts of the mask that were read.
#[derive(Debug, Default)]
struct Kept {
    parts: Vec<(Slab, Pattern)>,
    pixels: usize,
}

/// True where samples are masked; it begins again behind its end. `None` where
/// none is.
pub(in crate::cli) type Pattern = Option<Arc<[bool]>>;

impl Mask {
    /// The mask that the file has for a signal.
    pub(in crate::cli) fn of(signal: &Signal) -> Self {
        let Some(dataset) = &signal.mask else {
            return Self::default();
        };
        let shape = &dataset.info().shape;
        if !dataset.info().element.is_numeric() || !mask_fits(shape, &signal.data.info().shape) {
            note(format!(
                "the mask \"{}\" of the shape {shape:?} does not fit {:?} and is left out",
                dataset.origin().path,
                signal.data.info().shape,
            ));
            return Self::default();
        }
        Self {
            dataset: Some(Arc::clone(dataset)),
            kept: Mutex::default(),
        }
    }

    /// Its path, where there is one.
    pub(in crate::cli) fn path(&self) -> Option<&str> {
        let dataset = self.dataset.as_ref()?;
        Some(&dataset.origin().path)
    }

    /// The mask of a part of the dataset.
    ///
    /// # Errors
    /// Those of reading it: without it the numbers would be others.
    pub(in crate::cli) fn part(&self, context: &Context, slab: &Slab) -> Result<Pattern> {
        let Some(dataset) = &self.dataset else {
            return Ok(None);
        };
        let slab = on_fastest_axes(slab, &dataset.info().shape);
        let known = |kept: &Kept| {
            let mut parts = kept.parts.iter();
            let (_, pattern) = parts.find(|(known, _)| *known == slab)?;
            Some(pattern.clone())
        };
        if let Some(pattern) = known(&self.kept.lock()) {
            return Ok(pattern);
        }
        let read = read_mask(dataset.as_ref(), &slab, &context.cancel);
        let pixels = context
            .pools
            .wait(read)
            .map_err(|error| without(&error, dataset.as_ref()))?;
        let pattern = pixels.contains(&true).then(|| Arc::clone(&pixels));
        let mut kept = self.kept.lock();
        if known(&kept).is_none() && kept.pixels + pixels.len() <= KEPT_PIXELS {
            kept.pixels += pixels.len();
            kept.parts.push((slab, pattern.clone()));
        }
        Ok(pattern)
    }
}

/// Says how to do without a mask that cannot be read.
fn without(error: &Error, mask: &dyn Dataset) -> Error {
    let why = format!(
        "the mask \"{}\" cannot be read: {}; --unmasked counts every sample",
        mask.origin().path,
        error.why
    );
    Error::new(error.kind, error.tried.clone(), why)
}
