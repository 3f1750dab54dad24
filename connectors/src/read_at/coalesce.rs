//! Fewer, larger reads.

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, Landing, ReadAt, Result,
    Samples, Seen,
};

use super::bytes::cut;

/// The longest read that merging makes; single longer ranges stay whole.
const LONGEST_BYTES: u64 = 8 * 1024 * 1024;
/// What is long is read in about this many parts at once, as one connection
/// alone seldom fills a network,
const PARTS: u64 = 4;
/// but parts shorter than this are not worth a request.
const SHORTEST_PART_BYTES: u64 = 1024 * 1024;

/// Gaps between chunks may be this much longer than those between blocks of
/// metadata, as long as they are shorter than the chunks.
const SAMPLE_GAPS: u64 = 4;
/// Gaps up to this are read whatever lies beside them.
const SHORT_GAP_BYTES: u64 = 64 * 1024;

/// Sorts ranges, merges those whose gap is cheaper to read than to skip, and
/// gives every caller its own part.
#[derive(Debug)]
pub struct Coalesce {
    inner: Arc<dyn ReadAt>,
}

impl Coalesce {
    /// Wraps a source; the gap is the one of its cost hint.
    pub fn new(inner: Arc<dyn ReadAt>) -> Self {
        Self { inner }
    }

    async fn read_merged(
        &self,
        ranges: &[ByteRange],
        gap_bytes: u64,
        cancel: &Cancel,
    ) -> Vec<Result<Bytes>> {
        let (merged, place_of) = merge(ranges, gap_bytes);
        let parts = self.inner.read(&merged, cancel).await;
        let own = ranges.iter().zip(place_of).map(|(range, place)| {
            let Some(place) = place else {
                return Ok(Bytes::new());
            };
            match (merged.get(place), parts.get(place)) {
                (Some(whole), Some(Ok(bytes))) => Ok(cut(bytes, whole.start, *range)),
                (_, Some(Err(error))) => Err(error.duplicate()),
                _ => Err(Error::new(
                    ErrorKind::Internal,
                    "read ranges",
                    "the source gave too few answers",
                )),
            }
        });
        own.collect()
    }
}

impl ReadAt for Coalesce {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        let gap_bytes = self.inner.cost_hint().gap_bytes;
        Box::pin(self.read_merged(ranges, gap_bytes, cancel))
    }

    fn read_samples<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        let gap_bytes = self.inner.cost_hint().gap_bytes;
        Box::pin(self.read_merged(ranges, gap_bytes.saturating_mul(SAMPLE_GAPS), cancel))
    }

    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        // Whoever has places for ranges knows which lie beside each other.
        self.inner.read_into(landings, samples, cancel)
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        self.inner.confirm(seen)
    }

    fn cost_hint(&self) -> CostHint {
        self.inner.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.refresh()
    }
}

/// Merged ranges, and which of them holds each of the given ones (none for an
/// empty range).
fn merge(ranges: &[ByteRange], gap_bytes: u64) -> (Vec<ByteRange>, Vec<Option<usize>>) {
    let mut order: Vec<usize> = (0..ranges.len())
        .filter(|&index| !ranges[index].is_empty())
        .collect();
    order.sort_unstable_by_key(|&index| ranges[index]);
    let total: u64 = order.iter().map(|&index| ranges[index].len()).sum();
    let longest = (total.div_ceil(PARTS)).clamp(SHORTEST_PART_BYTES, LONGEST_BYTES);
    let mut merged: Vec<ByteRange> = Vec::new();
    let mut place_of = vec![None; ranges.len()];
    for index in order {
        let range = ranges[index];
        let joins = merged.last().is_some_and(|last| {
            let inside = range.end <= last.end;
            let gap = range.start.saturating_sub(last.end);
            let pays = gap <= SHORT_GAP_BYTES || gap <= range.len();
            let near = gap <= gap_bytes && pays;
            inside || near && range.end - last.start <= longest
        });
        match merged.last_mut() {
            Some(last) if joins => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
        place_of[index] = Some(merged.len() - 1);
    }
    (merged, place_of)
}

#[cfg(test)]
mod tests {
    use super::super::MemoryReadAt;
    use super::*;

    #[test]
    fn near_ranges_merge_and_far_ones_stay_apart() {
        let ranges = [
            ByteRange::new(1000, 1010),
            ByteRange::new(0, 10),
            ByteRange::new(20, 30),
            ByteRange::new(5, 5),
            ByteRange::new(0, 10),
        ];
        let (merged, place_of) = merge(&ranges, 10);
        assert_eq!(
            merged,
            [ByteRange::new(0, 30), ByteRange::new(1000, 1010)],
            "two reads are enough"
        );
        assert_eq!(
            place_of,
            [Some(1), Some(0), Some(0), None, Some(0)],
            "every range knows its read"
        );
    }

    #[test]
    fn merging_never_makes_a_read_longer_than_the_limit() {
        let piece = 3 * 1024 * 1024;
        let ranges: Vec<ByteRange> = (0..6)
            .map(|index| ByteRange::new(index * piece, (index + 1) * piece))
            .collect();
        let (merged, _) = merge(&ranges, 0);
        assert!(
            merged.iter().all(|range| range.len() <= LONGEST_BYTES),
            "got {merged:?}"
        );
        assert!(merged.len() >= 3, "two pieces in each read at most");
    }

    #[test]
    fn a_long_stretch_comes_in_four_parts_at_once() {
        let block = 64 * 1024;
        let ranges: Vec<ByteRange> = (0..128)
            .map(|index| ByteRange::new(index * block, (index + 1) * block))
            .collect();
        let (merged, _) = merge(&ranges, 0);
        assert_eq!(merged.len(), 4, "8 MiB in four requests: {merged:?}");
        let few = &ranges[..16];
        assert_eq!(merge(few, 0).0.len(), 1, "1 MiB is one request");
    }

    #[tokio::test]
    async fn every_caller_gets_its_own_bytes() {
        let source = Arc::new(MemoryReadAt::new(
            "memory:x",
            Bytes::from_static(b"0123456789"),
        ));
        let ranges = [
            ByteRange::new(7, 9),
            ByteRange::new(0, 2),
            ByteRange::new(8, 99),
        ];
        let parts = Coalesce::new(source).read(&ranges, &Cancel::new()).await;
        let texts: Vec<&[u8]> = parts
            .iter()
            .map(|part| part.as_ref().unwrap().as_ref())
            .collect();
        assert_eq!(texts, [&b"78"[..], b"01", b"89"], "in the order asked");
    }
}
