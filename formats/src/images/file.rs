//! A file that is read by ranges, with its size known.

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    ByteRange, Cancel, Error, ErrorKind, Identity, Origin, ReadAt, ReadCost, Result, Retry,
};

/// A source of bytes together with its size and version.
#[derive(Clone, Debug)]
pub(crate) struct ImageFile {
    source: Arc<dyn ReadAt>,
    identity: Identity,
}

impl ImageFile {
    /// Asks a source for its size and version.
    pub(crate) async fn of(source: Arc<dyn ReadAt>) -> Result<Self> {
        let identity = source.identity().await?;
        Ok(Self { source, identity })
    }

    /// Bytes of the file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.identity.size_bytes
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.identity.url
    }

    /// The last part of its address.
    pub(crate) fn name(&self) -> &str {
        let url = self.url();
        url.rsplit(['/', '\\']).next().unwrap_or(url)
    }

    /// Where something in it comes from; an empty path is the file itself.
    pub(crate) fn origin(&self, path: &str) -> Origin {
        Origin {
            url: self.identity.url.clone(),
            validator: self.identity.validator.clone(),
            path: path.to_owned(),
        }
    }

    /// An error about the file as a whole: its bytes make no sense.
    pub(crate) fn unreadable(&self, why: impl Into<String>) -> Error {
        let tried = format!("open \"{}\"", self.url());
        Error::new(ErrorKind::Unreadable, tried, why)
    }

    /// Reads one range, cut at the end of the file.
    pub(crate) async fn read_one(&self, range: ByteRange, cancel: &Cancel) -> Result<Bytes> {
        let size = self.size_bytes();
        let range = ByteRange::new(range.start.min(size), range.end.min(size));
        let mut read = self.read(&[range], cancel).await?;
        Ok(read.pop().flatten().unwrap_or_default())
    }

    /// Reads ranges, close ones in one request. `None` where the file ends
    /// before the end of a range.
    pub(crate) async fn read(
        &self,
        ranges: &[ByteRange],
        cancel: &Cancel,
    ) -> Result<Vec<Option<Bytes>>> {
        let merged = self.requests(ranges);
        if merged.is_empty() {
            let size = self.size_bytes();
            let empty = |range: &ByteRange| (range.end <= size).then(Bytes::new);
            return Ok(ranges.iter().map(empty).collect());
        }
        let mut blocks = Vec::with_capacity(merged.len());
        let results = self.source.read(&merged, cancel).await;
        for (range, result) in merged.iter().zip(results) {
            let bytes = result?;
            if bytes.len() as u64 != range.len() {
                let why = "the file became shorter while it was read";
                let tried = format!("read \"{}\"", self.url());
                return Err(Error::new(ErrorKind::Integrity, tried, why).with_retry(Retry::Later));
            }
            blocks.push((*range, bytes));
        }
        Ok(ranges
            .iter()
            .map(|range| self.cut(*range, &blocks))
            .collect())
    }

    /// What reading ranges costs, before it is done; nothing is decoded.
    pub(crate) fn cost(&self, ranges: &[ByteRange]) -> ReadCost {
        let merged = self.requests(ranges);
        ReadCost {
            stored_bytes: merged.iter().map(|range| range.len()).sum(),
            requests: merged.len() as u64,
            ..ReadCost::default()
        }
    }

    /// The requests for ranges inside the file: sorted, close ones joined.
    fn requests(&self, ranges: &[ByteRange]) -> Vec<ByteRange> {
        let gap = self.source.cost_hint().gap_bytes;
        let size = self.size_bytes();
        let mut inside: Vec<ByteRange> = ranges
            .iter()
            .filter(|range| range.end <= size && !range.is_empty())
            .copied()
            .collect();
        inside.sort_unstable();
        let mut merged: Vec<ByteRange> = Vec::new();
        for range in inside {
            match merged.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(gap) => {
                    last.end = last.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        merged
    }

    /// The bytes of a range out of the blocks that were read.
    fn cut(&self, range: ByteRange, blocks: &[(ByteRange, Bytes)]) -> Option<Bytes> {
        if range.is_empty() {
            return (range.end <= self.size_bytes()).then(Bytes::new);
        }
        let after = blocks.partition_point(|(block, _)| block.start <= range.start);
        let (block, bytes) = blocks.get(after.checked_sub(1)?)?;
        let from = usize::try_from(range.start - block.start).ok()?;
        let end = from.checked_add(usize::try_from(range.len()).ok()?)?;
        (end <= bytes.len()).then(|| bytes.slice(from..end))
    }
}
