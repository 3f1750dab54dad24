//! A dataset with its axes in another order.

mod reorder;
mod repeated;
mod signal;

use std::sync::Arc;

use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, EncodedPart, EncodedSlab, Error,
    ErrorKind, Origin, ReadCost, Result, Samples, Slab, SourceFile,
};

pub use self::signal::{
    as_the_file_says, has_frames_of_file, has_stored_frames, in_order, order_of_file, picture_order,
};

/// A dataset with its axes in another order, as `numpy.transpose` gives it; turned while it is decoded.
#[derive(Debug)]
pub struct Transposed {
    stored: Arc<dyn Dataset>,
    /// Which axis of the stored dataset each axis is.
    order: Box<[usize]>,
    info: DatasetInfo,
}

impl Transposed {
    /// A dataset with its axis `order[i]` in place `i`; the dataset itself where its axes lie so already.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the order does not name each axis once.
    pub fn of(dataset: Arc<dyn Dataset>, order: &[usize]) -> Result<Arc<dyn Dataset>> {
        let rank = dataset.info().shape.len();
        if !is_order(order, rank) {
            let tried = format!("change the order of the axes of \"{}\"", dataset.origin());
            let why = format!(
                "the order {} does not name each of the {rank} axes, from 0, once",
                words(order)
            );
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        // One that is turned already is turned once, from what is stored.
        let (stored, order): (Arc<dyn Dataset>, Vec<usize>) = match dataset.transposed() {
            Some((stored, had)) => {
                let whole = order.iter().map(|&axis| had[axis]).collect();
                (Arc::clone(stored), whole)
            }
            None => (dataset, order.to_vec()),
        };
        if is_as_stored(&order) {
            return Ok(stored);
        }
        let plain = stored.info();
        let info = DatasetInfo {
            shape: turned(&plain.shape, &order),
            chunk_shape: plain
                .chunk_shape
                .as_ref()
                .filter(|chunk| chunk.len() == rank)
                .map(|chunk| turned(chunk, &order)),
            ..plain.clone()
        };
        Ok(Arc::new(Self {
            stored,
            order: order.into(),
            info,
        }))
    }

    /// The part of the stored dataset that a part of this one is.
    fn stored_slab(&self, slab: &Slab) -> Result<Slab> {
        if !slab.fits(&self.info.shape) {
            let tried = format!("read a part of \"{}\"", self.stored.origin());
            let why = format!("it does not lie inside the shape {:?}", self.info.shape);
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        Ok(stored_part(slab, &self.order))
    }

    /// What was fetched of the stored dataset.
    fn inner<'a>(&self, encoded: &'a EncodedSlab) -> Result<&'a EncodedSlab> {
        match encoded.parts.as_slice() {
            [part] => part.source.as_ref().map(|(_, inner)| inner),
            _ => None,
        }
        .ok_or_else(|| {
            let tried = format!("read a part of \"{}\"", self.stored.origin());
            Error::new(
                ErrorKind::Internal,
                tried,
                "it was not fetched from one dataset",
            )
        })
    }
}

/// Whether an order names each of so many axes once.
fn is_order(order: &[usize], rank: usize) -> bool {
    order.len() == rank && (0..rank).all(|axis| order.contains(&axis))
}

fn is_as_stored(order: &[usize]) -> bool {
    order.iter().enumerate().all(|(place, &axis)| place == axis)
}

/// What belongs to the axes of a stored dataset, in another order of them.
fn turned(stored: &[u64], order: &[usize]) -> Vec<u64> {
    let of = |&axis: &usize| stored.get(axis).copied().unwrap_or(1);
    order.iter().map(of).collect()
}

/// The part of a stored dataset that is a part of it with its axes in another order.
///
/// `order` says which axis of the stored dataset each axis of the part is.
pub fn stored_part(part: &Slab, order: &[usize]) -> Slab {
    let back = |along: &[u64]| {
        let mut stored = vec![0; along.len()];
        for (&value, &axis) in along.iter().zip(order) {
            if let Some(place) = stored.get_mut(axis) {
                *place = value;
            }
        }
        stored
    };
    Slab {
        start: back(&part.start),
        count: back(&part.count),
        step: back(&part.step),
    }
}

/// An order of axes as people write it: `2, 0, 1`.
pub fn words(order: &[usize]) -> String {
    let axes: Vec<String> = order.iter().map(usize::to_string).collect();
    axes.join(", ")
}

/// The path of a dataset, with the order of its axes where that is not the stored one: what is computed of it is
/// another thing then.
pub(crate) fn path_and_order(dataset: &dyn Dataset) -> String {
    let path = &dataset.origin().path;
    match dataset.transposed() {
        Some((_, order)) => format!("{path} (axes {})", words(order)),
        None => path.clone(),
    }
}

impl Dataset for Transposed {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        self.stored.origin()
    }

    fn levels(&self) -> usize {
        self.stored.levels()
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            let part = self.stored_slab(slab)?;
            let encoded = self.stored.fetch(&part, cancel).await?;
            let part = EncodedPart {
                place: Slab::whole(&slab.count),
                state: BlockState::Present,
                source: Some((Arc::clone(&self.stored), encoded)),
            };
            Ok(EncodedSlab::of_parts(slab.clone(), vec![part]))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut samples = Samples::U8(Vec::new());
        let state = self.decode_into(encoded, &mut samples)?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state,
        })
    }

    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        let inner = self.inner(encoded)?;
        let block = self.stored.decode(inner)?;
        let turned = reorder::samples(&block.samples, (&block.shape, &self.order), samples);
        block.samples.recycle();
        turned?;
        Ok(block.state)
    }

    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        self.stored.sources(cancel)
    }

    fn stored_bytes(&self) -> Option<Arc<dyn Dataset>> {
        let bytes = self.stored.stored_bytes()?;
        // The bytes of an element stay together.
        let mut order = self.order.to_vec();
        order.extend(self.order.len()..bytes.info().shape.len());
        Self::of(bytes, &order).ok()
    }

    fn transposed(&self) -> Option<(&Arc<dyn Dataset>, &[usize])> {
        Some((&self.stored, &self.order))
    }

    fn missing(&self, encoded: &EncodedSlab) -> Option<Vec<bool>> {
        let inner = self.inner(encoded).ok()?;
        let missing = self.stored.missing(inner)?;
        reorder::values(&missing, (&inner.slab.count, &self.order))
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move {
            let part = self.stored_slab(slab)?;
            self.stored.cost(&part, cancel).await
        })
    }
}
