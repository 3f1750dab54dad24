//! Blocks of metadata, kept in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Validator,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::bytes::cut;
use crate::wait::or_cancel;

/// Size of a block.
pub const BLOCK_BYTES: u64 = 1024 * 1024;
/// Reads longer than this are frames, not metadata, and pass by the cache.
pub const BYPASS_BYTES: u64 = 256 * 1024;

/// Which version of which source a block belongs to.
type SourceKey = Arc<(String, Validator, u64)>;
type BlockKey = (SourceKey, u64);

/// Blocks of many sources under one budget; the least recently used go first.
#[derive(Debug)]
pub struct BlockStore {
    budget_bytes: u64,
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    by_key: HashMap<BlockKey, (Bytes, u64)>,
    by_use: BTreeMap<u64, BlockKey>,
    uses: u64,
    held_bytes: u64,
}

impl BlockStore {
    /// A store with a budget in bytes; one block is always kept.
    pub fn new(budget_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            budget_bytes,
            blocks: Mutex::default(),
        })
    }

    /// How many bytes it holds.
    pub fn held_bytes(&self) -> u64 {
        self.blocks.lock().held_bytes
    }

    /// Forgets everything, as at sign-out.
    pub fn clear(&self) {
        *self.blocks.lock() = Blocks::default();
    }

    fn get(&self, source: &SourceKey, block: u64) -> Option<Bytes> {
        let mut blocks = self.blocks.lock();
        blocks.uses += 1;
        let now = blocks.uses;
        let key = (Arc::clone(source), block);
        let (bytes, used) = blocks.by_key.get_mut(&key)?;
        let bytes = bytes.clone();
        let before = std::mem::replace(used, now);
        blocks.by_use.remove(&before);
        blocks.by_use.insert(now, key);
        Some(bytes)
    }

    fn put(&self, source: &SourceKey, block: u64, bytes: &Bytes) {
        let mut blocks = self.blocks.lock();
        blocks.uses += 1;
        let now = blocks.uses;
        let key = (Arc::clone(source), block);
        // A copy of its own: a slice would keep the whole merged read alive.
        let own = Bytes::copy_from_slice(bytes);
        blocks.held_bytes += own.len() as u64;
        if let Some((old, used)) = blocks.by_key.insert(key.clone(), (own, now)) {
            blocks.held_bytes -= old.len() as u64;
            blocks.by_use.remove(&used);
        }
        blocks.by_use.insert(now, key);
        while blocks.held_bytes > self.budget_bytes && blocks.by_use.len() > 1 {
            let Some((_, oldest)) = blocks.by_use.pop_first() else {
                break;
            };
            if let Some((gone, _)) = blocks.by_key.remove(&oldest) {
                blocks.held_bytes -= gone.len() as u64;
            }
        }
    }

    fn forget(&self, source: &SourceKey) {
        let mut blocks = self.blocks.lock();
        let gone: Vec<BlockKey> = blocks
            .by_use
            .values()
            .filter(|key| key.0 == *source)
            .cloned()
            .collect();
        for key in gone {
            if let Some((bytes, used)) = blocks.by_key.remove(&key) {
                blocks.held_bytes -= bytes.len() as u64;
                blocks.by_use.remove(&used);
            }
        }
    }
}

/// Answers small reads from blocks of 1 MiB; large reads pass by.
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
        let identity = match or_cancel(cancel, self.inner.identity()).await {
            Ok(identity) => identity,
            Err(error) => return ranges.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let size = identity.size_bytes;
        let source: SourceKey = Arc::new((identity.url, identity.validator, size));
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
                    return passed.next().unwrap_or_else(|| {
                        Err(Error::new(
                            ErrorKind::Internal,
                            "read ranges",
                            "the source gave too few answers",
                        ))
                    });
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
                let spans: Vec<ByteRange> = mine
                    .blocks
                    .iter()
                    .map(|key| {
                        let start = key.1 * BLOCK_BYTES;
                        ByteRange::new(start, (start + BLOCK_BYTES).min(size))
                    })
                    .collect();
                let parts = self.inner.read(&spans, cancel).await;
                for (key, part) in mine.blocks.iter().zip(parts) {
                    match &part {
                        Ok(bytes) => self.store.put(source, key.1, bytes),
                        Err(error) if error.kind == ErrorKind::Integrity => {
                            self.store.forget(source);
                        }
                        Err(_) => {}
                    }
                    have.insert(key.1, part);
                }
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
    read > 16 * BLOCK_BYTES && read / 8 > asked
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
        self.inner.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(self.read_all(ranges, cancel))
    }

    fn cost_hint(&self) -> CostHint {
        self.inner.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.refresh()
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
        let edge = BLOCK_BYTES;
        for _ in 0..3 {
            let got = read(&cache, edge - 5, edge + 5).await;
            let expected: Vec<u8> = (edge - 5..edge + 5).map(|at| (at % 251) as u8).collect();
            assert_eq!(got, expected, "bytes on both sides of the edge");
        }
        assert_eq!(meter.traffic().requests, 2, "two blocks, once each");
    }

    #[tokio::test]
    async fn frames_pass_by_and_the_budget_holds() {
        let (cache, meter, store) = cached(8 << 20, 2 << 20);
        let frame = read(&cache, 10, 10 + BYPASS_BYTES + 1).await;
        assert_eq!(frame.len() as u64, BYPASS_BYTES + 1, "the frame is whole");
        assert_eq!(store.held_bytes(), 0, "a frame is not kept");
        for block in 0..8 {
            read(&cache, block * BLOCK_BYTES, block * BLOCK_BYTES + 9).await;
        }
        assert_eq!(store.held_bytes(), 2 << 20, "two blocks fit the budget");
        let before = meter.traffic().requests;
        read(&cache, 7 * BLOCK_BYTES, 7 * BLOCK_BYTES + 9).await;
        assert_eq!(meter.traffic().requests, before, "the newest block is kept");
    }

    #[tokio::test]
    async fn readers_of_the_same_block_share_one_read() {
        let (cache, meter, _) = cached(1 << 20, 64 << 20);
        let reads = (0..20).map(|index| read(&cache, index * 10, index * 10 + 10));
        futures_util::future::join_all(reads).await;
        assert_eq!(meter.traffic().requests, 1, "one read for twenty readers");
    }

    #[tokio::test]
    async fn reads_past_the_end_are_cut() {
        let (cache, _, _) = cached(1000, 64 << 20);
        assert_eq!(read(&cache, 990, 5000).await.len(), 10, "ten are left");
        assert!(read(&cache, 2000, 3000).await.is_empty(), "none are left");
    }
}
