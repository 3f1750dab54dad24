//! Samples that are in their place when fetching ends: values of which parts lie
//! elsewhere in the file, and numbers that were read straight into samples.

use std::sync::{Arc, Mutex, PoisonError};

use hutch_hdf5::Value as Stored;
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedPart,
    EncodedSlab, Error, ErrorKind, Origin, Result, Samples, Slab,
};

use super::references::Names;
use super::rows;

/// Samples that need no decoding any more; whoever decodes them takes them.
#[derive(Debug)]
struct Ready {
    info: DatasetInfo,
    origin: Origin,
    samples: Mutex<Option<Samples>>,
    state: BlockState,
}

impl Ready {
    fn take(&self) -> Option<Samples> {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.take()
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // Nobody wanted them any more.
        if let Some(samples) = self.take() {
            samples.recycle();
        }
    }
}

/// Hands on samples from fetching to decoding.
pub(super) fn part(
    dataset: &dyn Dataset,
    slab: &Slab,
    samples: Samples,
    state: BlockState,
) -> EncodedPart {
    let ready = Ready {
        info: dataset.info().clone(),
        origin: dataset.origin().clone(),
        samples: Mutex::new(Some(samples)),
        state: state.clone(),
    };
    let place = Slab::whole(&slab.count);
    let encoded = EncodedSlab::of_pieces(slab.clone(), Vec::new());
    EncodedPart {
        place,
        state,
        source: Some((Arc::new(ready) as Arc<dyn Dataset>, encoded)),
    }
}

/// What was read, as samples of this type; none where the number of them does
/// not fit.
pub(super) fn samples(
    values: Stored,
    element: &ElementType,
    count: usize,
    names: &Names,
) -> Option<Samples> {
    if rows::count(&values) != count && !matches!(values, Stored::Unsupported(_)) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "types that binary32 holds exactly"
    )]
    let samples = match (element, values) {
        (ElementType::F32, Stored::Float(values)) => {
            Samples::F32(values.into_iter().map(|value| value as f32).collect())
        }
        (ElementType::F64, Stored::Float(values)) => Samples::F64(values),
        (ElementType::I64, Stored::Signed(values)) => Samples::I64(values),
        (ElementType::U64, Stored::Unsigned(values)) => Samples::U64(values),
        (ElementType::Values(_), values) => {
            let mut found = Vec::new();
            found.try_reserve_exact(count).ok()?;
            found.extend((0..count).map(|row| rows::row(&values, row, names)));
            Samples::Values(found)
        }
        _ => return None,
    };
    Some(samples)
}

impl Dataset for Ready {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        let _ = slab;
        Box::pin(async {
            let tried = format!("read \"{}\"", self.origin);
            Err(Error::new(ErrorKind::Internal, tried, "it was read before"))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let samples = self.take().ok_or_else(|| {
            let tried = format!("decode \"{}\"", self.origin);
            Error::new(ErrorKind::Internal, tried, "it was decoded before")
        })?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state: self.state.clone(),
        })
    }

    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        let block = self.decode(encoded)?;
        std::mem::replace(samples, block.samples).recycle();
        Ok(block.state)
    }
}
