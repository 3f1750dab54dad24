//! A dataset that is the same along slower axes that it does not have, as one mask for all frames.

use std::sync::Arc;

use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, EncodedPart, EncodedSlab, Error,
    ErrorKind, Origin, REPEATED, ReadCost, Result, Samples, Slab, SourceFile,
};

/// Bytes of a part that is repeated, at most.
const MOST_BYTES: u64 = 1 << 30;

/// A dataset that is repeated along slower axes.
#[derive(Debug)]
pub(super) struct Repeated {
    one: Arc<dyn Dataset>,
    info: DatasetInfo,
}

impl Repeated {
    /// Numbers repeated to a shape, whose fastest axes are theirs; `None` where they are no numbers or do not fit.
    pub(super) fn of(one: Arc<dyn Dataset>, shape: &[u64]) -> Option<Arc<dyn Dataset>> {
        let plain = one.info();
        if !plain.element.is_numeric() || !shape.ends_with(&plain.shape) {
            return None;
        }
        let info = DatasetInfo {
            shape: shape.to_vec(),
            chunk_shape: None,
            layout: REPEATED.to_owned(),
            size_bytes: None,
            ..plain.clone()
        };
        Some(Arc::new(Self { one, info }))
    }

    /// How many axes it has more than what is repeated.
    fn more(&self) -> usize {
        self.info.shape.len() - self.one.info().shape.len()
    }

    /// The part of what is repeated that belongs to a part, and how often it comes.
    fn part(&self, slab: &Slab) -> Result<(Slab, u64)> {
        let fail = |kind, why: &str| {
            let tried = format!("read a part of \"{}\"", self.one.origin());
            Error::new(kind, tried, why)
        };
        if !slab.fits(&self.info.shape) {
            return Err(fail(ErrorKind::Usage, "it does not lie inside the shape"));
        }
        let size = self.info.element.size_bytes().unwrap_or(16) as u64;
        let bytes = slab.element_count()?.checked_mul(size);
        if bytes.is_none_or(|bytes| bytes > MOST_BYTES) {
            return Err(fail(
                ErrorKind::Limit,
                "it is more than one part may take in memory",
            ));
        }
        let more = self.more();
        let slow = slab.count[..more].iter();
        let times = slow.fold(1, |all: u64, &count| all.saturating_mul(count));
        let part = Slab {
            start: slab.start[more..].to_vec(),
            count: slab.count[more..].to_vec(),
            step: slab.step[more..].to_vec(),
        };
        Ok((part, times))
    }

    fn times(&self, encoded: &EncodedSlab) -> usize {
        let times = encoded.slab.count[..self.more()].iter().product::<u64>();
        usize::try_from(times).unwrap_or(usize::MAX)
    }

    fn inner<'a>(&self, encoded: &'a EncodedSlab) -> Option<&'a EncodedSlab> {
        let part = encoded.parts.first()?;
        let is_whole = encoded.slab.count.len() == self.info.shape.len();
        part.source
            .as_ref()
            .filter(|_| is_whole)
            .map(|(_, inner)| inner)
    }
}

impl Dataset for Repeated {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        self.one.origin()
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            let (part, _) = self.part(slab)?;
            let encoded = self.one.fetch(&part, cancel).await?;
            // The place of the first time that it comes.
            let mut place = Slab::whole(&slab.count);
            place.count[..self.more()].fill(1);
            let part = EncodedPart {
                place,
                state: BlockState::Present,
                source: Some((Arc::clone(&self.one), encoded)),
            };
            Ok(EncodedSlab::of_parts(slab.clone(), vec![part]))
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let fail = |why: &str| {
            let tried = format!("read a part of \"{}\"", self.one.origin());
            Error::new(ErrorKind::Internal, tried, why)
        };
        let inner = self
            .inner(encoded)
            .ok_or_else(|| fail("it was not fetched from what is repeated"))?;
        let block = self.one.decode(inner)?;
        let count = block.samples.len().checked_mul(self.times(encoded));
        let count = count.ok_or_else(|| fail("there are too many samples"))?;
        let mut samples = Samples::unspecified(&block.samples.element(), count)?;
        let one = block.samples.bytes();
        if !one.is_empty() {
            for all in samples.bytes_mut().chunks_exact_mut(one.len()) {
                all.copy_from_slice(one);
            }
        }
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state: block.state,
        })
    }

    fn missing(&self, encoded: &EncodedSlab) -> Option<Vec<bool>> {
        let missing = self.one.missing(self.inner(encoded)?)?;
        Some(missing.repeat(self.times(encoded)))
    }

    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        self.one.sources(cancel)
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move {
            let (part, times) = self.part(slab)?;
            let mut cost = self.one.cost(&part, cancel).await?;
            cost.decoded_bytes = cost.decoded_bytes.saturating_mul(times);
            Ok(cost)
        })
    }
}
