//! Sinograms as projections: a dataset with its first two axes swapped.

use std::sync::Arc;

use hutch_model::{
    Block, BoxFuture, Cancel, Dataset, DatasetInfo, EncodedSlab, Error, ErrorKind, Origin,
    ReadCost, Result, Samples, Slab,
};

/// `[angle, y, x]` of a dataset that is stored as `[y, angle, x]`.
#[derive(Debug)]
pub(super) struct Turned {
    stored: Arc<dyn Dataset>,
    info: DatasetInfo,
}

impl Turned {
    /// Turns a dataset of three axes; others are left as they are.
    pub(super) fn of(stored: Arc<dyn Dataset>) -> Arc<dyn Dataset> {
        let mut info = stored.info().clone();
        if info.shape.len() != 3 || !info.element.is_numeric() {
            return stored;
        }
        info.shape.swap(0, 1);
        if let Some(chunk) = info.chunk_shape.as_mut().filter(|chunk| chunk.len() == 3) {
            chunk.swap(0, 1);
        }
        Arc::new(Self { stored, info })
    }
}

/// The same selection with the first two axes swapped.
fn swapped(slab: &Slab) -> Slab {
    let mut slab = slab.clone();
    for axes in [&mut slab.start, &mut slab.count, &mut slab.step] {
        if axes.len() > 1 {
            axes.swap(0, 1);
        }
    }
    slab
}

impl Dataset for Turned {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        self.stored.origin()
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move { self.stored.fetch(&swapped(slab), cancel).await })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let block = self.stored.decode(encoded)?;
        let samples = turn(&block.samples, &block.shape).ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                format!("turn a part of \"{}\"", self.stored.origin()),
                format!("{} samples do not fill it", block.samples.len()),
            )
        })??;
        let mut shape = block.shape;
        shape.swap(0, 1);
        Ok(Block {
            shape,
            samples,
            state: block.state,
        })
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move { self.stored.cost(&swapped(slab), cancel).await })
    }
}

/// Rows `[y, angle, x]` as `[angle, y, x]`; `None` where they do not fill the shape.
fn turn(samples: &Samples, shape: &[u64]) -> Option<Result<Samples>> {
    let size = samples.element().size_bytes()?;
    let [rows, angles, width] = shape else {
        return None;
    };
    let rows = usize::try_from(*rows).ok()?;
    let angles = usize::try_from(*angles).ok()?;
    let row_bytes = usize::try_from(*width).ok()?.checked_mul(size)?;
    let mut turned = match Samples::zeroed(&samples.element(), samples.len()) {
        Ok(turned) => turned,
        Err(error) => return Some(Err(error)),
    };
    let (from, to) = (samples.bytes(), turned.bytes_mut());
    for row in 0..rows {
        for angle in 0..angles {
            let source = (row * angles + angle).checked_mul(row_bytes)?;
            let target = (angle * rows + row).checked_mul(row_bytes)?;
            to.get_mut(target..target + row_bytes)?
                .copy_from_slice(from.get(source..source + row_bytes)?);
        }
    }
    Some(Ok(turned))
}
