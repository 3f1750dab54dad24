//! The masks of detectors: read once, shared by all frames.

use std::sync::{Arc, Mutex, PoisonError};

use hutch_formats::nexus::mask_fits;
use hutch_model::{BlockState, Cancel, Dataset, Error, ErrorKind, Origin, Result, Samples, Slab};
use tokio::sync::OnceCell;

use crate::residency::order_of;

/// Masks that are kept at once.
const KEPT: usize = 4;
/// A mask of more pixels is no mask of a frame.
pub(crate) const PIXELS_MAX: u64 = 1 << 28;

/// The masks that were read last, the newest at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks(Arc<Mutex<Vec<Kept>>>);

/// Where a mask is, and its pixels once they are read.
type Kept = (Which, Arc<OnceCell<Arc<[bool]>>>);

/// A mask, and the order of its axes where that is not the stored one.
type Which = (Origin, Option<Box<[usize]>>);

impl Masks {
    /// The mask of a frame; `None` where it is that of something else.
    ///
    /// # Errors
    /// Those of [`read_mask`].
    pub(crate) async fn get(
        &self,
        mask: &dyn Dataset,
        data: &[u64],
        slab: &Slab,
        cancel: &Cancel,
    ) -> Result<Option<Arc<[bool]>>> {
        let shape = &mask.info().shape;
        if !mask.info().element.is_numeric() || !mask_fits(shape, data) {
            return Ok(None);
        }
        let slab = on_fastest_axes(slab, shape);
        if slab != Slab::whole(shape) {
            return read_mask(mask, &slab, cancel).await.map(Some);
        }
        let kept = self.kept((mask.origin().clone(), order_of(mask)));
        let mask = kept.get_or_try_init(|| read_mask(mask, &slab, cancel));
        Ok(Some(Arc::clone(mask.await?)))
    }

    fn kept(&self, which: Which) -> Arc<OnceCell<Arc<[bool]>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| *known == which);
        let entry = match found {
            Some(at) => kept.remove(at),
            None => (which, Arc::default()),
        };
        let cell = Arc::clone(&entry.1);
        kept.push(entry);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
        cell
    }
}

/// The bits of a `pixel_mask` for which a pixel is left out; the upper ones only
/// tell about it (31: a virtual pixel between two chips, of interpolated counts).
///
/// Source: `NXdetector`, `pixel_mask`.
const BAD_BITS: i128 = 0xffff;

/// Reads a part of a mask: true where one of the lower 16 bits is set, and where
/// it is missing, as of a module without a file, since what is not known to be
/// good is bad. A mask of real numbers is true where it is not 0.
///
/// # Errors
/// [`ErrorKind::Limit`] for more than any frame has, [`ErrorKind::Partial`]
/// where nobody can say which part is missing; those of reading.
pub(crate) async fn read_mask(
    mask: &dyn Dataset,
    slab: &Slab,
    cancel: &Cancel,
) -> Result<Arc<[bool]>> {
    let fail = |kind, why: &str| {
        let tried = format!("read the mask \"{}\"", mask.origin());
        Error::new(kind, tried, why)
    };
    if slab.element_count()? > PIXELS_MAX {
        return Err(fail(ErrorKind::Limit, "it is larger than any frame"));
    }
    let encoded = mask.fetch(slab, cancel).await?;
    let block = mask.decode(&encoded)?;
    let mut pixels = bad_pixels(&block.samples);
    if let BlockState::Missing(why) = &block.state {
        let gone = mask.missing(&encoded);
        let gone = gone.ok_or_else(|| fail(ErrorKind::Partial, why))?;
        for (pixel, gone) in pixels.iter_mut().zip(gone) {
            *pixel |= gone;
        }
    }
    Ok(pixels.into())
}

fn bad_pixels(samples: &Samples) -> Vec<bool> {
    fn of<T: Copy + Into<i128>>(values: &[T]) -> Vec<bool> {
        let is_bad = |value: &T| (*value).into() & BAD_BITS != 0;
        values.iter().map(is_bad).collect()
    }
    match samples {
        Samples::U8(values) => of(values),
        Samples::I8(values) => of(values),
        Samples::U16(values) => of(values),
        Samples::I16(values) => of(values),
        Samples::U32(values) => of(values),
        Samples::I32(values) => of(values),
        Samples::U64(values) => of(values),
        Samples::I64(values) => of(values),
        other => (0..other.len())
            .map(|index| other.get_f64(index) != 0.0)
            .collect(),
    }
}

/// The part of a mask that belongs to a part of the data.
pub(crate) fn on_fastest_axes(part: &Slab, mask: &[u64]) -> Slab {
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
    fn upper_bits_of_a_mask_only_tell_about_a_pixel() {
        let mask = Samples::U32(vec![0, 1, 1 << 15, 1 << 16, 1 << 31, (1 << 31) | 2]);
        assert_eq!(
            bad_pixels(&mask),
            [false, true, true, false, false, true],
            "bits 0 to 15 leave a pixel out"
        );
        assert_eq!(bad_pixels(&Samples::I8(vec![0, -1])), [false, true]);
        assert_eq!(bad_pixels(&Samples::F32(vec![0.0, 0.5])), [false, true]);
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
