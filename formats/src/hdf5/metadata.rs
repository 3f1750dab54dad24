//! Running the sans-IO reader over a source of bytes, in few large requests.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hutch_hdf5::{Blocks, Error as Hdf5Error, File, Limits, Step};
use hutch_model::{ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result};

use super::errors;

/// Rounds of one operation; a file that needs more is built to waste time.
const ROUND_LIMIT: u32 = 4096;
/// Files up to this may be fetched in blocks that grow to the largest size.
const SMALL_FILE_BYTES: u64 = 32 << 20;
/// Datasets up to this come through the cache of metadata.
const SMALL_SAMPLES_BYTES: u64 = 64 << 10;
const LARGEST_BLOCK: u64 = 1 << 20;
/// What is missing of a small file is fetched at once if that takes no longer
/// than so many round trips,
const WHOLE_TRIPS: f64 = 8.0;
/// or no longer than this,
const WHOLE_SECS: f64 = 4.0;
/// when a step asks for at least this share of it,
const WHOLE_SHARE: u64 = 8;
/// or so many rounds were spent on the file already.
const WHOLE_ROUNDS: u32 = 4;
/// Longest piece of metadata that is asked for: what is longer passes by the
/// caches that keep metadata for the next time.
const PIECE_BYTES: u64 = 256 << 10;
/// Latency above which a source counts as remote.
const REMOTE_LATENCY_SECS: f64 = 2e-3;

/// The metadata of one file: the bytes that are known, and how to get more.
#[derive(Debug)]
pub(super) struct Metadata {
    source: Arc<dyn ReadAt>,
    identity: Identity,
    hint: CostHint,
    limit_bytes: u64,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    blocks: Blocks,
    /// The same bytes as they came, by offset, for samples that lie among them.
    pieces: BTreeMap<u64, Bytes>,
    /// Rounds that needed bytes so far; later ones read larger blocks.
    rounds: u32,
}

impl Metadata {
    /// Asks for the size of the source and its first bytes.
    pub(super) async fn open(source: Arc<dyn ReadAt>, limit_bytes: u64) -> Result<Self> {
        let identity = source.identity().await?;
        let hint = source.cost_hint();
        let known = Known {
            blocks: Blocks::new(identity.size_bytes),
            pieces: BTreeMap::new(),
            rounds: 0,
        };
        Ok(Self {
            source,
            identity,
            hint,
            limit_bytes,
            known: Mutex::new(known),
        })
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn gap_bytes(&self) -> u64 {
        self.hint.gap_bytes
    }

    /// Reads the superblock.
    pub(super) async fn open_file(&self, cancel: &Cancel) -> Result<File> {
        let limits = Limits {
            metadata_bytes: Limits::default().metadata_bytes.min(self.limit_bytes),
            ..Limits::default()
        };
        self.run(cancel, "open the file", |blocks| File::open(blocks, limits))
            .await
    }

    /// Runs an operation of the reader until it has all bytes that it needs.
    pub(super) async fn run<T>(
        &self,
        cancel: &Cancel,
        tried: &str,
        operation: impl Fn(&Blocks) -> Result<Step<T>, Hdf5Error> + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
    {
        let tried = || format!("{tried} in \"{}\"", self.identity.url);
        self.make_room();
        for _ in 0..ROUND_LIMIT {
            cancel.check()?;
            let ranges = {
                let mut known = self.lock();
                match operation(&known.blocks).map_err(|error| errors::error(error, tried()))? {
                    Step::Done(value) => return Ok(value),
                    Step::Need(ranges) => {
                        known.rounds += 1;
                        if known.blocks.size_bytes() > self.limit_bytes {
                            let why = "its metadata take more than the budget of memory";
                            return Err(Error::new(ErrorKind::Limit, tried(), why));
                        }
                        self.wanted(ranges, &known)
                    }
                }
            };
            if ranges.is_empty() {
                let why = "the reader asks for bytes that it has";
                return Err(Error::new(ErrorKind::Internal, tried(), why));
            }
            self.fetch(&ranges, cancel).await?;
        }
        let why = format!("it took more than {ROUND_LIMIT} rounds of reading");
        Err(Error::new(ErrorKind::Limit, tried(), why))
    }

    /// Reads samples. What lies among known bytes costs nothing; small datasets
    /// come with the blocks around them, since others are often beside.
    pub(super) async fn samples(
        &self,
        ranges: &[ByteRange],
        dataset_bytes: Option<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<Bytes>> {
        if dataset_bytes.is_some_and(|size| size <= SMALL_SAMPLES_BYTES) {
            self.read_ahead(ranges, cancel).await?;
        }
        let mut found: Vec<Option<Bytes>> = {
            let known = self.lock();
            ranges.iter().map(|range| known.slice(*range)).collect()
        };
        let missing: Vec<ByteRange> = ranges
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(range, _)| *range)
            .collect();
        if !missing.is_empty() {
            let results = self.source.read_samples(&missing, cancel).await;
            let slots = found.iter_mut().filter(|found| found.is_none());
            for ((slot, range), result) in slots.zip(&missing).zip(results) {
                let bytes = result?;
                self.check_length(*range, &bytes)?;
                *slot = Some(bytes);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Reads the blocks around a few small ranges.
    async fn read_ahead(&self, ranges: &[ByteRange], cancel: &Cancel) -> Result<()> {
        let blocks = {
            let known = self.lock();
            let unknown: Vec<Range<u64>> = ranges
                .iter()
                .filter(|range| known.slice(**range).is_none())
                .map(|range| range.start..range.end)
                .collect();
            self.widen(unknown, &known)
        };
        let cost: u64 = blocks.iter().map(|block| block.len()).sum();
        if blocks.is_empty() || cost > 4 * SMALL_SAMPLES_BYTES {
            return Ok(());
        }
        self.fetch(&blocks, cancel).await
    }

    fn check_length(&self, range: ByteRange, bytes: &Bytes) -> Result<()> {
        if bytes.len() as u64 == range.len() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Integrity,
            format!("read \"{}\"", self.identity.url),
            format!(
                "{} bytes came instead of {} at byte {}",
                bytes.len(),
                range.len(),
                range.start
            ),
        ))
    }

    async fn fetch(&self, ranges: &[ByteRange], cancel: &Cancel) -> Result<()> {
        let pieces: Vec<ByteRange> = ranges.iter().copied().flat_map(pieces).collect();
        let results = self.source.read(&pieces, cancel).await;
        let mut known = self.lock();
        for (range, result) in pieces.iter().zip(results) {
            let bytes = result?;
            self.check_length(*range, &bytes)?;
            known.pieces.insert(range.start, bytes.clone());
            known.blocks.insert(range.start, bytes);
        }
        Ok(())
    }

    /// Forgets everything when half of the budget is used by what earlier
    /// operations read; what is needed again is fetched again.
    fn make_room(&self) {
        let mut known = self.lock();
        if known.blocks.size_bytes() > self.limit_bytes / 2 {
            known.blocks.reset(self.identity.size_bytes);
            known.pieces.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_remote(&self) -> bool {
        self.hint.latency_secs > REMOTE_LATENCY_SECS
    }

    /// The size of blocks in this round: small at first, larger the more
    /// rounds a file has cost.
    fn block_bytes(&self, rounds: u32) -> u64 {
        if !self.is_remote() {
            return 16 << 10;
        }
        let largest = if self.identity.size_bytes <= SMALL_FILE_BYTES {
            LARGEST_BLOCK
        } else {
            256 << 10
        };
        match rounds {
            // The head of a file holds most of what is asked for first.
            0 | 1 => largest.min(256 << 10),
            later => ((64u64 << 10) << (later / 2).min(4)).min(largest),
        }
    }

    /// The blocks around what is needed; or all that is missing of a small file,
    /// when a walk through it has begun and the network is fast enough. One
    /// frame needs few blocks, and leaves the rest where it is.
    fn wanted(&self, needed: Vec<Range<u64>>, known: &Known) -> Vec<ByteRange> {
        let blocks = self.widen(needed, known);
        let asked: u64 = blocks.iter().map(|block| block.len()).sum();
        if !self.takes_whole(asked, known) {
            return blocks;
        }
        let gaps = known.blocks.gaps(0..self.identity.size_bytes).into_iter();
        gaps.map(|gap| ByteRange::new(gap.start, gap.end)).collect()
    }

    /// Whether all that is missing is asked for instead of `asked` bytes.
    fn takes_whole(&self, asked: u64, known: &Known) -> bool {
        let size = self.identity.size_bytes;
        let room = SMALL_FILE_BYTES.min(self.limit_bytes / 2);
        if !self.is_remote() || size > room || known.rounds < 2 {
            return false;
        }
        let missing = size.saturating_sub(known.blocks.size_bytes());
        // The speed of a network is known once its first answers came.
        let secs = missing as f64 / self.source.cost_hint().bytes_per_sec.max(1.0);
        let is_walk = asked >= missing / WHOLE_SHARE || known.rounds >= WHOLE_ROUNDS;
        secs <= WHOLE_TRIPS * self.hint.latency_secs || secs <= WHOLE_SECS && is_walk
    }

    /// Whole blocks around what is needed, without what is known; neighbours
    /// are joined until there are no more than can be in flight at once.
    fn widen(&self, needed: Vec<Range<u64>>, known: &Known) -> Vec<ByteRange> {
        let block = self.block_bytes(known.rounds);
        let size = self.identity.size_bytes;
        let aligned = needed.into_iter().map(|range| {
            let start = range.start / block * block;
            let end = range.end.div_ceil(block).saturating_mul(block).min(size);
            ByteRange::new(start, end.max(range.end))
        });
        let mut gap = self.hint.gap_bytes;
        let mut ranges = merge(aligned.collect(), gap);
        while self.is_remote() && ranges.len() > self.hint.parallel.max(1) && gap < LARGEST_BLOCK {
            gap = (gap * 2).max(1024);
            ranges = merge(ranges, gap);
        }
        // Known bytes at both ends are not read again; those in between are
        // cheaper to read than to leave out.
        ranges
            .into_iter()
            .filter_map(|range| {
                let gaps = known.blocks.gaps(range.start..range.end);
                Some(ByteRange::new(gaps.first()?.start, gaps.last()?.end))
            })
            .collect()
    }
}

impl Known {
    /// The bytes of a range, where they are known.
    fn slice(&self, range: ByteRange) -> Option<Bytes> {
        let first = self.at(range)?;
        if first.len() as u64 == range.len() {
            return Some(first);
        }
        if !self.blocks.gaps(range.start..range.end).is_empty() {
            return None;
        }
        let mut joined = Vec::new();
        joined
            .try_reserve_exact(usize::try_from(range.len()).ok()?)
            .ok()?;
        let mut at = range.start;
        while at < range.end {
            let part = self.at(ByteRange::new(at, range.end))?;
            joined.extend_from_slice(&part);
            at += part.len() as u64;
        }
        Some(joined.into())
    }

    /// The beginning of a range, as far as one piece holds it.
    fn at(&self, range: ByteRange) -> Option<Bytes> {
        let (start, piece) = self.pieces.range(..=range.start).next_back()?;
        let from = usize::try_from(range.start - start).ok()?;
        let length = usize::try_from(range.len()).unwrap_or(usize::MAX);
        let to = from.saturating_add(length).min(piece.len());
        (from < to).then(|| piece.slice(from..to))
    }
}

/// A range in pieces that caches of metadata keep.
fn pieces(range: ByteRange) -> impl Iterator<Item = ByteRange> {
    let count = range.len().div_ceil(PIECE_BYTES);
    (0..count).map(move |index| {
        let start = range.start + index * PIECE_BYTES;
        ByteRange::new(start, (start + PIECE_BYTES).min(range.end))
    })
}

/// Joins ranges that overlap or lie closer than `gap`.
pub(super) fn merge(mut ranges: Vec<ByteRange>, gap: u64) -> Vec<ByteRange> {
    ranges.sort_unstable();
    let mut merged: Vec<ByteRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(gap) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Runs several operations as one: their needs are fetched together, and each
/// has its own error.
pub(super) fn batch<T>(
    operations: impl Iterator<Item = Result<Step<T>, Hdf5Error>>,
) -> Step<Vec<Result<T, Hdf5Error>>> {
    let mut needed = Vec::new();
    let mut results = Vec::new();
    for operation in operations {
        match operation {
            Ok(Step::Need(ranges)) => needed.extend(ranges),
            Ok(Step::Done(value)) => results.push(Ok(value)),
            Err(error) => results.push(Err(error)),
        }
    }
    if needed.is_empty() {
        Step::Done(results)
    } else {
        Step::Need(needed)
    }
}
