//! Masks of detectors, with only the bits that make a pixel bad.

use std::sync::Arc;

use hutch_model::{
    Block, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedSlab, Origin, ReadCost,
    Result, Samples, Slab,
};

/// The mask so that 0 is good. In masks of 32 bits the upper 16 only inform,
/// as about pixels between chips.
///
/// Source: NeXus `NXdetector`, `pixel_mask`.
pub(super) fn good_is_zero(mask: Arc<dyn Dataset>) -> Arc<dyn Dataset> {
    match mask.info().element {
        ElementType::U32 | ElementType::I32 | ElementType::U64 | ElementType::I64 => {
            Arc::new(LowBits(mask))
        }
        _ => mask,
    }
}

/// A mask without the upper bits.
#[derive(Debug)]
struct LowBits(Arc<dyn Dataset>);

impl Dataset for LowBits {
    fn info(&self) -> &DatasetInfo {
        self.0.info()
    }

    fn origin(&self) -> &Origin {
        self.0.origin()
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        self.0.fetch(slab, cancel)
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut block = self.0.decode(encoded)?;
        match &mut block.samples {
            Samples::U32(bits) => bits.iter_mut().for_each(|bits| *bits &= 0xffff),
            Samples::I32(bits) => bits.iter_mut().for_each(|bits| *bits &= 0xffff),
            Samples::U64(bits) => bits.iter_mut().for_each(|bits| *bits &= 0xffff),
            Samples::I64(bits) => bits.iter_mut().for_each(|bits| *bits &= 0xffff),
            _ => {}
        }
        Ok(block)
    }

    fn missing(&self, encoded: &EncodedSlab) -> Option<Vec<bool>> {
        self.0.missing(encoded)
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        self.0.cost(slab, cancel)
    }
}

/// Whether a mask has the fastest axes of the data, at least those of a frame; axes of one element before them count as
/// none.
pub fn mask_fits(mask: &[u64], data: &[u64]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_shared_by_what_lies_above_its_axes() {
        let data = [10, 4, 5];
        for fits in [&[4, 5][..], &[1, 4, 5], &[10, 4, 5], &[1, 1, 4, 5]] {
            assert!(mask_fits(fits, &data), "{fits:?} of {data:?}");
        }
        for other in [&[5][..], &[5, 4], &[2, 4, 5], &[10, 4], &[]] {
            assert!(!mask_fits(other, &data), "{other:?} of {data:?}");
        }
        assert!(mask_fits(&[7], &[7]), "a curve with a mask of its own");
        assert!(mask_fits(&[1, 5], &[10, 1, 5]), "frames of one line");
    }
}
