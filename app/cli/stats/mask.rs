//! The mask of a file, for the part that is reduced.

use std::sync::Arc;

use hutch_model::{BlockState, Dataset, Error, ErrorKind, Result, Signal, Slab};
use parking_lot::Mutex;

use super::missing;
use crate::cli::context::Context;
use crate::cli::out::note;

/// Pixels of masks that are kept, so that frames do not read theirs again.
const KEPT_PIXELS: usize = 1 << 26;

/// Which samples of a dataset are masked: a mask of the whole dataset, or of its
/// fastest axes, as of one frame `[y, x]`, which all the others share.
#[derive(Debug, Default)]
pub(super) struct Mask {
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
pub(super) type Pattern = Option<Arc<[bool]>>;

impl Mask {
    /// The mask that the file has for a signal.
    pub(super) fn of(signal: &Signal) -> Self {
        let Some(dataset) = &signal.mask else {
            return Self::default();
        };
        let shape = &dataset.info().shape;
        if !dataset.info().element.is_numeric() || !is_shared(shape, &signal.data.info().shape) {
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
    pub(super) fn path(&self) -> Option<&str> {
        let dataset = self.dataset.as_ref()?;
        Some(&dataset.origin().path)
    }

    /// The mask of a part of the dataset.
    ///
    /// # Errors
    /// Those of reading it: without it the numbers would be others.
    pub(super) fn part(&self, context: &Context, slab: &Slab) -> Result<Pattern> {
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
        let read = async {
            let encoded = dataset.fetch(&slab, &context.cancel).await?;
            Ok((dataset.decode(&encoded)?, encoded))
        };
        let (block, encoded) = context
            .pools
            .wait(read)
            .map_err(|error| without(&error, dataset.as_ref()))?;
        let bad = |index| block.samples.get_f64(index) != 0.0;
        let mut pixels: Vec<bool> = (0..block.samples.len()).map(bad).collect();
        if let BlockState::Missing(why) = &block.state {
            // As of a module without a file: what is not known to be good is bad.
            let gone = missing::of(&encoded).ok_or_else(|| {
                let tried = format!("read the mask \"{}\"", dataset.origin());
                without(
                    &Error::new(ErrorKind::Partial, tried, why.clone()),
                    dataset.as_ref(),
                )
            })?;
            for (pixel, gone) in pixels.iter_mut().zip(gone) {
                *pixel |= gone;
            }
        }
        let pixels: Arc<[bool]> = pixels.into();
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

/// Whether a mask has the fastest axes of the data, at least those of a frame;
/// axes of one element before them count as none.
fn is_shared(mask: &[u64], data: &[u64]) -> bool {
    let least = data.len().clamp(1, 2);
    let mut own = mask;
    loop {
        if own.len() >= least && data.ends_with(own) {
            return true;
        }
        match own {
            [1, rest @ ..] => own = rest,
            _ => return false,
        }
    }
}

/// The part of a mask that belongs to a part of the data.
fn on_fastest_axes(part: &Slab, mask: &[u64]) -> Slab {
    let mut own = Slab::whole(mask);
    let (mut at, mut from) = (mask.len(), part.count.len());
    while at > 0 && from > 0 {
        at -= 1;
        from -= 1;
        // An axis of one element stands for any index of the data.
        if mask[at] > 1 {
            own.start[at] = part.start[from];
            own.count[at] = part.count[from];
            own.step[at] = part.step[from];
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_shared_by_what_lies_above_its_axes() {
        let data = [10, 4, 5];
        for fits in [&[4, 5][..], &[1, 4, 5], &[10, 4, 5], &[1, 1, 4, 5]] {
            assert!(is_shared(fits, &data), "{fits:?} of {data:?}");
        }
        for other in [&[5][..], &[5, 4], &[2, 4, 5], &[10, 4], &[]] {
            assert!(!is_shared(other, &data), "{other:?} of {data:?}");
        }
        assert!(is_shared(&[7], &[7]), "a curve with a mask of its own");
        assert!(is_shared(&[1, 5], &[10, 1, 5]), "frames of one line");
    }

    #[test]
    fn a_part_of_the_data_takes_its_part_of_the_mask() {
        let part = Slab {
            start: vec![3, 1, 0],
            count: vec![2, 1, 3],
            step: vec![1, 1, 2],
        };
        let frame = on_fastest_axes(&part, &[4, 5]);
        assert_eq!(frame.start, [1, 0], "the line");
        assert_eq!((frame.count, frame.step), (vec![1, 3], vec![1, 2]), "of it");
        let one = on_fastest_axes(&part, &[1, 4, 5]);
        assert_eq!(one.start, [0, 1, 0], "one mask for all frames");
        assert_eq!(one.count, [1, 1, 3], "of one frame");
        let each = on_fastest_axes(&part, &[10, 4, 5]);
        assert_eq!(each.count, [2, 1, 3], "a mask for each frame");
    }
}
