//! Small reads answered from blocks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Seen,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::block_store::{BlockKey, BlockStore, SourceKey, is_vague};
use super::bytes::cut;
use crate::wait::or_cancel;

/// Size of a block.
pub const BLOCK_BYTES: u64 = 64 * 1024;
/// The head of a file, which is read at once: most of what is asked for first
/// lies there, and its size and version come with it.
pub const HEAD_BYTES: u64 = 1024 * 1024;
/// Reads longer than this are frames, not metadata, and pass by the cache.
pub const BYPASS_BYTES: u64 = 256 * 1024;

/// Answers small reads from blocks of 64 KiB; large reads and samples pass by.
///
/// Blocks belong to a version of the source: one of an old version is never
/// given out as new. A block that is on its way is fetched once.
#[derive(Debug)]
pub struct BlockCache {
    inner: Arc<dyn ReadAt>,
    store: Arc<BlockStore>,
    on_the_way: Mutex<HashSet<BlockKey>>,
    arrived: Notify,
}

impl BlockCache {
    /// Wraps a source; stores are shared by many.
    pub fn new(inner: Arc<dyn ReadAt>, store: Arc<BlockStore>) -> Self {
        Self {
            inner,
            store,
            on_the_way: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    async fn read_all(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        let identity = match or_cancel(cancel, self.identity()).await {
            Ok(identity) => identity,
            Err(error) => return ranges.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let size = identity.size_bytes;
        let source = key_of(identity);
        let ranges: Vec<ByteRange> = ranges
            .iter()
            .map(|range| ByteRange::new(range.start.min(size), range.end.min(size)))
            .collect();
        let is_scattered = is_scattered(&ranges);
        let is_small = |range: ByteRange| range.len() <= BYPASS_BYTES && !is_scattered;
        let (small, large): (Vec<usize>, Vec<usize>) =
            (0..ranges.len()).partition(|&index| is_small(ranges[index]));
        let wanted: Vec<ByteRange> = large.iter().map(|&index| ranges[index]).collect();
        let (blocks, passed) = futures_util::future::join(
            self.blocks(&source, size, &small, &ranges, cancel),
            async {
                if wanted.is_empty() {
                    Vec::new()
                } else {
                    self.inner.read(&wanted, cancel).await
                }
            },
        )
        .await;
        let mut passed = passed.into_iter();
        ranges
            .iter()
            .map(|range| {
                if !is_small(*range) {
                    return passed.next().unwrap_or_else(too_few);
                }
                join_blocks(&blocks, *range)
            })
            .collect()
    }

    /// Every block that the small ranges touch, read or failed.
    async fn blocks(
        &self,
        source: &SourceKey,
        size: u64,
        small: &[usize],
        ranges: &[ByteRange],
        cancel: &Cancel,
    ) -> HashMap<u64, Result<Bytes>> {
        let mut have = HashMap::new();
        let mut need: Vec<u64> = small
            .iter()
            .filter(|&&index| !ranges[index].is_empty())
            .flat_map(|&index| {
                ranges[index].start / BLOCK_BYTES..=(ranges[index].end - 1) / BLOCK_BYTES
            })
            .collect();
        if need.contains(&0) {
            need.extend(0..HEAD_BYTES.min(size).div_ceil(BLOCK_BYTES));
        }
        need.sort_unstable();
        need.dedup();
        while !need.is_empty() {
            // Registered before looking, so that no arrival is missed.
            let arrival = self.arrived.notified();
            need.retain(|&block| match self.store.get(source, block) {
                Some(bytes) => have.insert(block, Ok(bytes)).is_some(),
                None => true,
            });
            let mine = self.claim(source, &need);
            if !mine.blocks.is_empty() {
                let claimed: Vec<u64> = mine.blocks.iter().map(|key| key.1).collect();
                self.read_claimed(source, &claimed, cancel, &mut have).await;
                need.retain(|block| !have.contains_key(block));
            } else if !need.is_empty() {
                let waited = or_cancel(cancel, async {
                    arrival.await;
                    Ok(())
                })
                .await;
                if let Err(error) = waited {
                    for block in need.drain(..) {
                        have.insert(block, Err(error.duplicate()));
                    }
                }
            }
        }
        have
    }

    /// Blocks that nobody else fetches: from the disk, the rest from the source.
    async fn read_claimed(
        &self,
        source: &SourceKey,
        claimed: &[u64],
        cancel: &Cancel,
        have: &mut HashMap<u64, Result<Bytes>>,
    ) {
        let size = source.2;
        if let Some(disk) = self.store.disk_for(source) {
            for (block, bytes) in disk.read(source, claimed).await {
                if bytes.len() as u64 == span_of(block, size).len() {
                    self.store.put(source, block, &bytes);
                    have.insert(block, Ok(bytes));
                }
            }
        }
        let missing: Vec<u64> = claimed
            .iter()
            .copied()
            .filter(|block| !have.contains_key(block))
            .collect();
        if missing.is_empty() {
            return;
        }
        let spans: Vec<ByteRange> = missing.iter().map(|&block| span_of(block, size)).collect();
        let parts = self.inner.read(&spans, cancel).await;
        let mut fresh = Vec::new();
        for (&block, part) in missing.iter().zip(parts) {
            match &part {
                Ok(bytes) => {
                    self.store.put(source, block, bytes);
                    fresh.push((block, bytes.clone()));
                }
                Err(error) if error.kind == ErrorKind::Integrity => self.store.forget(source),
                Err(_) => {}
            }
            have.insert(block, part);
        }
        if let Some(disk) = self.store.disk_for(source) {
            disk.keep(source, fresh);
        }
    }

    /// Samples that lie among known blocks; the others from the source.
    async fn samples(&self, ranges: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        let identity = match or_cancel(cancel, self.identity()).await {
            Ok(identity) => identity,
            Err(error) => return ranges.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let source = key_of(identity);
        let mut found: Vec<Option<Result<Bytes>>> = ranges
            .iter()
            .map(|range| self.known(&source, *range).map(Ok))
            .collect();
        let wanted: Vec<ByteRange> = ranges
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(range, _)| *range)
            .collect();
        if !wanted.is_empty() {
            let parts = self.inner.read_samples(&wanted, cancel).await;
            let slots = found.iter_mut().filter(|slot| slot.is_none());
            for (slot, part) in slots.zip(parts) {
                *slot = Some(part);
            }
        }
        found
            .into_iter()
            .map(|part| part.unwrap_or_else(too_few))
            .collect()
    }

    /// A range that few blocks in memory hold.
    fn known(&self, source: &SourceKey, range: ByteRange) -> Option<Bytes> {
        let range = ByteRange::new(range.start.min(source.2), range.end.min(source.2));
        if range.is_empty() || range.len() > BYPASS_BYTES {
            return None;
        }
        let blocks = range.start / BLOCK_BYTES..=(range.end - 1) / BLOCK_BYTES;
        let held = blocks.map(|block| Some((block, Ok(self.store.get(source, block)?))));
        join_blocks(&held.collect::<Option<_>>()?, range).ok()
    }

    fn claim(&self, source: &SourceKey, need: &[u64]) -> Claim<'_> {
        let mut on_the_way = self.on_the_way.lock();
        let blocks = need
            .iter()
            .map(|&block| (Arc::clone(source), block))
            .filter(|key| on_the_way.insert(key.clone()))
            .collect();
        Claim {
            cache: self,
            blocks,
        }
    }
}

fn key_of(identity: Identity) -> SourceKey {
    Arc::new((identity.url, identity.validator, identity.size_bytes))
}

fn span_of(block: u64, size: u64) -> ByteRange {
    let start = block.saturating_mul(BLOCK_BYTES);
    ByteRange::new(start, start.saturating_add(BLOCK_BYTES).min(size))
}

fn too_few() -> Result<Bytes> {
    Err(Error::new(
        ErrorKind::Internal,
        "read ranges",
        "the source gave too few answers",
    ))
}

/// Whether whole blocks around the small ranges of one call would be mostly
/// bytes that nobody asked for: one row of each frame of a stack, for one.
fn is_scattered(ranges: &[ByteRange]) -> bool {
    let small = || {
        ranges
            .iter()
            .filter(|range| range.len() <= BYPASS_BYTES && !range.is_empty())
    };
    let asked: u64 = small().map(|range| range.len()).sum();
    let mut blocks: Vec<u64> = small().map(|range| range.start / BLOCK_BYTES).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let read = blocks.len() as u64 * BLOCK_BYTES;
    read > 4 * HEAD_BYTES && read / 8 > asked
}

/// Blocks that one caller fetches for all; given up when dropped.
struct Claim<'a> {
    cache: &'a BlockCache,
    blocks: Vec<BlockKey>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let mut on_the_way = self.cache.on_the_way.lock();
        for key in &self.blocks {
            on_the_way.remove(key);
        }
        drop(on_the_way);
        self.cache.arrived.notify_waiters();
    }
}

fn join_blocks(blocks: &HashMap<u64, Result<Bytes>>, range: ByteRange) -> Result<Bytes> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    let mut parts = Vec::new();
    for block in range.start / BLOCK_BYTES..=(range.end - 1) / BLOCK_BYTES {
        match blocks.get(&block) {
            Some(Ok(bytes)) => parts.push(cut(bytes, block * BLOCK_BYTES, range)),
            Some(Err(error)) => return Err(error.duplicate()),
            None => {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "read a block",
                    "it was never asked for",
                ));
            }
        }
    }
    if parts.len() == 1 {
        return Ok(parts.swap_remove(0));
    }
    let mut joined = BytesMut::with_capacity(usize::try_from(range.len()).unwrap_or(0));
    for part in parts {
        joined.extend_from_slice(&part);
    }
    Ok(joined.freeze())
}

impl ReadAt for BlockCache {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        if self.store.disk().is_none() {
            return self.inner.identity();
        }
        Box::pin(async {
            let seen = |url: &str| self.store.seen(url);
            self.inner.confirm(&seen).await
        })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(self.read_all(ranges, cancel))
    }

    fn read_samples<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(self.samples(ranges, cancel))
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        self.inner.confirm(seen)
    }

    fn cost_hint(&self) -> CostHint {
        self.inner.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let identity = self.inner.refresh().await?;
            if is_vague(&identity.validator) {
                self.store.forget(&key_of(identity.clone()));
            }
            Ok(identity)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryReadAt, Meter, Metered};
    use super::*;

    fn cached(size: usize, budget_bytes: u64) -> (BlockCache, Arc<Meter>, Arc<BlockStore>) {
        let content: Vec<u8> = (0..=250).cycle().take(size).collect();
        let meter = Meter::new();
        let source = Arc::new(MemoryReadAt::new("memory:x", content));
        let metered = Arc::new(Metered::new(source, Arc::clone(&meter)));
        let store = BlockStore::new(budget_bytes);
        (BlockCache::new(metered, Arc::clone(&store)), meter, store)
    }

    async fn read(cache: &BlockCache, start: u64, end: u64) -> Vec<u8> {
        let ranges = [ByteRange::new(start, end)];
        let mut parts = cache.read(&ranges, &Cancel::new()).await;
        parts.remove(0).unwrap().to_vec()
    }

    #[tokio::test]
    async fn a_block_is_read_once_and_crossing_reads_are_joined() {
        let (cache, meter, _) = cached(3 << 20, 64 << 20);
        let edge = 2 * HEAD_BYTES;
        for _ in 0..3 {
            let got = read(&cache, edge - 5, edge + 5).await;
            let expected: Vec<u8> = (edge - 5..edge + 5).map(|at| (at % 251) as u8).collect();
            assert_eq!(got, expected, "bytes on both sides of the edge");
        }
        assert_eq!(meter.traffic().requests, 2, "two blocks, once each");
    }

    #[tokio::test]
    async fn the_head_is_read_whole() {
        let (cache, meter, _) = cached(3 << 20, 64 << 20);
        read(&cache, 0, 8).await;
        let asked = meter.traffic().requests;
        read(&cache, HEAD_BYTES - 8, HEAD_BYTES).await;
        assert_eq!(meter.traffic().bytes, HEAD_BYTES, "1 MiB");
        assert_eq!(meter.traffic().requests, asked, "and nothing more");
    }

    #[tokio::test]
    async fn samples_pass_by_but_are_found_among_known_blocks() {
        let (cache, meter, store) = cached(8 << 20, 64 << 20);
        let ranges = [ByteRange::new(4 << 20, (4 << 20) + 100)];
        let cancel = Cancel::new();
        assert!(
            cache.read_samples(&ranges, &cancel).await[0].is_ok(),
            "read"
        );
        assert_eq!(meter.traffic().bytes, 100, "exactly what was asked for");
        assert_eq!(store.held_bytes(), 0, "and not kept");
        cache.read(&ranges, &cancel).await;
        let before = meter.traffic().bytes;
        let known = cache
            .read_samples(&ranges, &cancel)
            .await
            .remove(0)
            .unwrap();
        assert_eq!(known[0], ((4 << 20) % 251) as u8, "the right bytes");
        assert_eq!(meter.traffic().bytes, before, "they were known");
    }

    #[tokio::test]
    async fn a_file_that_was_opened_before_comes_from_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        for (turn, expected) in [(0, HEAD_BYTES), (1, 0)] {
            let content: Vec<u8> = (0..=250).cycle().take(3 << 20).collect();
            let meter = Meter::new();
            let source = Arc::new(MemoryReadAt::new("memory:x", content));
            let metered = Arc::new(Metered::new(source, Arc::clone(&meter)));
            let store = BlockStore::with_folder(64 << 20, folder.path(), 64 << 20);
            let cache = BlockCache::new(metered, Arc::clone(&store));
            assert_eq!(read(&cache, 300, 303).await, [49, 50, 51], "turn {turn}");
            store.disk().unwrap().settle().await;
            assert_eq!(meter.traffic().bytes, expected, "bytes of turn {turn}");
        }
    }

    #[tokio::test]
    async fn frames_pass_by_and_the_budget_holds() {
        let (cache, meter, store) = cached(8 << 20, 2 * BLOCK_BYTES);
        let frame = read(&cache, 10, 10 + BYPASS_BYTES + 1).await;
        assert_eq!(frame.len() as u64, BYPASS_BYTES + 1, "the frame is whole");
        assert_eq!(store.held_bytes(), 0, "a frame is not kept");
        for block in 20..28 {
            read(&cache, block * BLOCK_BYTES, block * BLOCK_BYTES + 9).await;
        }
        assert_eq!(
            store.held_bytes(),
            2 * BLOCK_BYTES,
            "two blocks fit the budget"
        );
        let before = meter.traffic().requests;
        read(&cache, 27 * BLOCK_BYTES, 27 * BLOCK_BYTES + 9).await;
        assert_eq!(meter.traffic().requests, before, "the newest block is kept");
    }

    #[tokio::test]
    async fn readers_of_the_same_block_share_one_read() {
        let (cache, meter, _) = cached(1 << 20, 64 << 20);
        let reads = (0..20).map(|index| read(&cache, index * 10, index * 10 + 10));
        futures_util::future::join_all(reads).await;
        assert_eq!(
            meter.traffic().bytes,
            1 << 20,
            "one read for twenty readers"
        );
    }

    #[tokio::test]
    async fn reads_past_the_end_are_cut() {
        let (cache, _, _) = cached(1000, 64 << 20);
        assert_eq!(read(&cache, 990, 5000).await.len(), 10, "ten are left");
        assert!(read(&cache, 2000, 3000).await.is_empty(), "none are left");
    }
}
