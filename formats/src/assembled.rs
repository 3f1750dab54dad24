//! Datasets that are put together from others: virtual datasets, the data files
//! of a detector, folders of images.

mod joined;
mod scatter;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, EncodedPart, EncodedSlab, Error,
    ErrorKind, Origin, ReadCost, Result, Samples, Slab, SourceFile,
};
use rayon::prelude::*;

use crate::convert::convert;
use crate::join::join_all;

pub use joined::{Joined, Sources};

/// Parts that one slab may touch.
const PART_LIMIT: usize = 1 << 17;
/// Parts that are fetched side by side; a source bounds its own requests.
const SIDE_BY_SIDE: usize = 64;

/// Where a part of a slab comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Which source, as the assembly counts them.
    pub source: u64,
    /// What is taken of the source, in its own indices.
    pub from: Slab,
    /// Where it goes, in indices of the slab's result. Both select as many
    /// elements, in row-major order.
    pub place: Slab,
}

/// A source that was looked for.
#[derive(Clone, Debug)]
pub enum Source {
    /// It is there.
    Open(Arc<dyn Dataset>),
    /// It is not, and why.
    Missing(String),
}

/// The plan of an assembled dataset.
pub trait Assembly: Send + Sync + fmt::Debug {
    /// The parts that a slab touches; what no part covers has the fill value.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when there are too many.
    fn placements(&self, slab: &Slab) -> Result<Vec<Placement>>;

    /// What is taken of a source of this shape, in its own indices, and where it
    /// goes, in those of the slab's result; none where the source ends before.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when there is too much of it.
    fn parts(
        &self,
        placement: &Placement,
        slab: &Slab,
        shape: &[u64],
    ) -> Result<Option<Vec<(Slab, Slab)>>> {
        let _ = slab;
        Ok(clipped(placement, shape).map(|part| vec![part]))
    }

    /// The files that sources lie in, each looked for; empty where they are not
    /// worth a list.
    fn files<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        let _ = cancel;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Opens a source; asked once for each while it succeeds.
    ///
    /// # Errors
    /// Whatever may pass; a source that does not exist is [`Source::Missing`].
    fn open<'a>(&'a self, source: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>>;
}

/// A dataset put together from others by an [`Assembly`].
#[derive(Debug)]
pub struct AssembledDataset {
    info: DatasetInfo,
    origin: Origin,
    /// One element, where it is not zero.
    fill: Option<Samples>,
    assembly: Box<dyn Assembly>,
    limit_bytes: u64,
    opened: Mutex<HashMap<u64, Arc<dyn Dataset>>>,
}

impl AssembledDataset {
    /// A dataset of this description; `fill` is one element, or none for zero.
    pub fn new(
        info: DatasetInfo,
        origin: Origin,
        fill: Option<Samples>,
        assembly: Box<dyn Assembly>,
    ) -> Self {
        let fill = fill
            .filter(|fill| fill.len() == 1)
            .and_then(|fill| convert(fill, &info.element).ok());
        Self {
            info,
            origin,
            fill,
            assembly,
            limit_bytes: 1 << 30,
            opened: Mutex::new(HashMap::new()),
        }
    }

    /// Bounds the bytes of one slab.
    #[must_use]
    pub fn with_limit(mut self, limit_bytes: u64) -> Self {
        self.limit_bytes = limit_bytes;
        self
    }

    fn tried(&self) -> String {
        format!("read a part of \"{}\"", self.origin)
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(kind, self.tried(), why)
    }

    fn check(&self, slab: &Slab) -> Result<usize> {
        if let Some(why) = &self.info.unreadable {
            return Err(self.error(ErrorKind::Unsupported, why.clone()));
        }
        if !slab.fits(&self.info.shape) {
            let why = format!("it does not lie inside the shape {:?}", self.info.shape);
            return Err(self.error(ErrorKind::Usage, why));
        }
        let count = slab.element_count()?;
        let size = self.info.element.size_bytes().unwrap_or(32) as u64;
        let is_small = count
            .checked_mul(size)
            .is_some_and(|bytes| bytes <= self.limit_bytes);
        match usize::try_from(count) {
            Ok(count) if is_small => Ok(count),
            _ => Err(self.error(
                ErrorKind::Limit,
                format!(
                    "it takes more than the {} MiB that one part may take",
                    self.limit_bytes >> 20
                ),
            )),
        }
    }

    fn placements(&self, slab: &Slab) -> Result<Vec<Placement>> {
        let placements = self.assembly.placements(slab)?;
        if placements.len() > PART_LIMIT {
            let why = format!("it touches {} parts of others", placements.len());
            return Err(self.error(ErrorKind::Limit, why));
        }
        Ok(placements)
    }

    async fn source(&self, source: u64, cancel: &Cancel) -> Result<Source> {
        let known = self.lock().get(&source).cloned();
        if let Some(dataset) = known {
            return Ok(Source::Open(dataset));
        }
        let opened = self.assembly.open(source, cancel).await?;
        if let Source::Open(dataset) = &opened {
            self.lock().insert(source, Arc::clone(dataset));
        }
        Ok(opened)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<dyn Dataset>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch_source(
        &self,
        placement: Placement,
        slab: &Slab,
        cancel: &Cancel,
    ) -> Result<Vec<EncodedPart>> {
        cancel.check()?;
        let missing = |why: String| {
            vec![EncodedPart {
                place: placement.place.clone(),
                state: BlockState::Missing(why),
                source: None,
            }]
        };
        let dataset = match self.source(placement.source, cancel).await {
            Ok(Source::Open(dataset)) => dataset,
            Ok(Source::Missing(why)) => return Ok(missing(why)),
            Err(error) if is_final(&error) => return Ok(missing(error.why)),
            Err(error) => return Err(error),
        };
        let shape = dataset.info().shape.clone();
        let Some(parts) = self.assembly.parts(&placement, slab, &shape)? else {
            return Ok(missing(format!("\"{}\" ends before it", dataset.origin())));
        };
        let mut fetched = Vec::with_capacity(parts.len());
        for group in parts.chunks(SIDE_BY_SIDE) {
            let group = group
                .iter()
                .map(|(from, place)| -> BoxFuture<'_, Result<EncodedPart>> {
                    Box::pin(fetch_part(&dataset, from, place, cancel))
                });
            for part in join_all(group.collect()).await {
                fetched.push(part?);
            }
        }
        Ok(fetched)
    }

    async fn fetch_slab(&self, slab: &Slab, cancel: &Cancel) -> Result<EncodedSlab> {
        self.check(slab)?;
        let mut parts = Vec::new();
        let mut placements = self.placements(slab)?.into_iter();
        loop {
            let group: Vec<Placement> = placements.by_ref().take(SIDE_BY_SIDE).collect();
            if group.is_empty() {
                return Ok(EncodedSlab::of_parts(slab.clone(), parts));
            }
            let fetched = join_all(
                group
                    .into_iter()
                    .map(|placement| -> BoxFuture<'_, Result<Vec<EncodedPart>>> {
                        Box::pin(self.fetch_source(placement, slab, cancel))
                    })
                    .collect(),
            )
            .await;
            for source in fetched {
                parts.extend(source?);
            }
            if parts.len() > PART_LIMIT {
                let why = format!("it touches more than {PART_LIMIT} parts of others");
                return Err(self.error(ErrorKind::Limit, why));
            }
        }
    }

    fn decode_parts(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        let count = self.check(&encoded.slab)?;
        if let Some(state) = self.decode_single(encoded, samples)? {
            return Ok(state);
        }
        samples.fit(&self.info.element, count)?;
        scatter::fill(samples, self.fill.as_ref());
        // A group at a time, so that not all sources are in memory twice.
        let mut sum = Summary::default();
        for group in encoded
            .parts
            .chunks(rayon::current_num_threads().max(1) * 2)
        {
            let blocks: Vec<Option<Result<Block>>> = group
                .par_iter()
                .map(|part| {
                    let (dataset, encoded) = part.source.as_ref()?;
                    Some(dataset.decode(encoded))
                })
                .collect();
            for (part, block) in group.iter().zip(blocks) {
                sum.parts += 1;
                sum.covered = sum.covered.saturating_add(part.place.element_count()?);
                match block {
                    None => sum.add(&part.state),
                    Some(Err(error)) if is_final(&error) => {
                        sum.add(&BlockState::Missing(error.why));
                    }
                    Some(Err(error)) => return Err(error),
                    Some(Ok(block)) => {
                        sum.add(&block.state);
                        let part_samples = convert(block.samples, &self.info.element)?;
                        scatter::scatter(&part_samples, samples, &encoded.slab.count, &part.place)
                            .ok_or_else(|| {
                                self.error(ErrorKind::Internal, "a part does not fit")
                            })?;
                        part_samples.recycle();
                    }
                }
            }
        }
        Ok(sum.state(encoded.slab.element_count()?))
    }

    /// Where one part is the whole slab, as a frame often is, it is decoded in
    /// place.
    fn decode_single(
        &self,
        encoded: &EncodedSlab,
        samples: &mut Samples,
    ) -> Result<Option<BlockState>> {
        let [part] = encoded.parts.as_slice() else {
            return Ok(None);
        };
        let Some((dataset, inner)) = &part.source else {
            return Ok(None);
        };
        let is_whole = part.place == Slab::whole(&encoded.slab.count);
        if !is_whole || dataset.info().element != self.info.element {
            return Ok(None);
        }
        dataset.decode_into(inner, samples).map(Some)
    }
}

async fn fetch_part(
    dataset: &Arc<dyn Dataset>,
    from: &Slab,
    place: &Slab,
    cancel: &Cancel,
) -> Result<EncodedPart> {
    let (state, source) = match dataset.fetch(from, cancel).await {
        Ok(encoded) => (BlockState::Present, Some((Arc::clone(dataset), encoded))),
        Err(error) if is_final(&error) => (BlockState::Missing(error.why), None),
        Err(error) => return Err(error),
    };
    Ok(EncodedPart {
        place: place.clone(),
        state,
        source,
    })
}

/// Whether asking again would give the same answer, so that the part is as good
/// as absent; a network that is away is not.
fn is_final(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Unreadable | ErrorKind::Unsupported
    )
}

/// A placement without what lies beyond the end of its source.
fn clipped(placement: &Placement, shape: &[u64]) -> Option<(Slab, Slab)> {
    let (from, place) = (&placement.from, &placement.place);
    if from.fits(shape) {
        return Some((from.clone(), place.clone()));
    }
    if from.start.len() != shape.len() || from.count != place.count {
        return None;
    }
    let (mut from, mut place) = (from.clone(), place.clone());
    for (axis, &size) in shape.iter().enumerate() {
        let (start, step) = (from.start[axis], from.step[axis].max(1));
        let room = size.checked_sub(start)?.div_ceil(step);
        if room == 0 {
            return None;
        }
        from.count[axis] = from.count[axis].min(room);
        place.count[axis] = from.count[axis];
    }
    from.fits(shape).then_some((from, place))
}

/// What became of the parts of a slab.
#[derive(Debug, Default)]
struct Summary {
    parts: u64,
    missing: u64,
    why: String,
    is_torn: bool,
    has_fill: bool,
    covered: u64,
}

impl Summary {
    fn add(&mut self, state: &BlockState) {
        match state {
            BlockState::Present => {}
            BlockState::Fill => self.has_fill = true,
            BlockState::Torn => self.is_torn = true,
            BlockState::Missing(why) => {
                self.missing += 1;
                if self.why.is_empty() {
                    self.why.clone_from(why);
                }
            }
        }
    }

    fn state(self, element_count: u64) -> BlockState {
        if self.is_torn {
            return BlockState::Torn;
        }
        match self.missing {
            0 if self.has_fill || self.covered < element_count => BlockState::Fill,
            0 => BlockState::Present,
            _ if self.parts == 1 => BlockState::Missing(self.why),
            missing => BlockState::Missing(format!(
                "{missing} of {} parts are missing: {}",
                self.parts, self.why
            )),
        }
    }
}

impl Dataset for AssembledDataset {
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
        Box::pin(self.fetch_slab(slab, cancel))
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let mut samples = Samples::zeroed(&self.info.element, 0)?;
        let state = self.decode_parts(encoded, &mut samples)?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state,
        })
    }

    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        self.decode_parts(encoded, samples)
    }

    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        self.assembly.files(cancel)
    }

    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        Box::pin(async move {
            self.check(slab)?;
            let mut cost = ReadCost::default();
            for placement in self.placements(slab)? {
                cancel.check()?;
                let dataset = match self.source(placement.source, cancel).await {
                    Ok(Source::Open(dataset)) => dataset,
                    Ok(Source::Missing(_)) => continue,
                    Err(error) if is_final(&error) => continue,
                    Err(error) => return Err(error),
                };
                let shape = &dataset.info().shape;
                let parts = self.assembly.parts(&placement, slab, shape)?;
                for (from, _) in parts.into_iter().flatten() {
                    cost += dataset.cost(&from, cancel).await?;
                }
            }
            let size = self.info.element.size_bytes().unwrap_or(1) as u64;
            cost.decoded_bytes = slab.element_count()?.saturating_mul(size);
            Ok(cost)
        })
    }
}
