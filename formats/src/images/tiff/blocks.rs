//! Small pieces of a file, read ahead and kept while directories are walked.

use std::collections::BTreeMap;

use bytes::Bytes;
use hutch_model::{ByteRange, Cancel, Result};

use crate::images::file::ImageFile;

/// Bytes that are kept; beyond them the oldest read-ahead is dropped.
const KEPT_BYTES: usize = 32 << 20;

/// The pieces of a file that were read so far.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    pub(super) file: &'a ImageFile,
    blocks: BTreeMap<u64, Bytes>,
    kept: usize,
}

impl<'a> Blocks<'a> {
    /// The pieces of a file whose first bytes are known.
    pub(super) fn new(file: &'a ImageFile, head: Bytes) -> Self {
        let kept = head.len();
        Self {
            file,
            blocks: BTreeMap::from([(0, head)]),
            kept,
        }
    }

    /// The bytes of a range, if they were read.
    pub(super) fn get(&self, range: ByteRange) -> Option<Bytes> {
        let (start, block) = self.blocks.range(..=range.start).next_back()?;
        let from = usize::try_from(range.start - start).ok()?;
        let end = from.checked_add(usize::try_from(range.len()).ok()?)?;
        (end <= block.len()).then(|| block.slice(from..end))
    }

    /// Reads ranges, cut at the end of the file, in one round.
    pub(super) async fn read(&mut self, ranges: &[ByteRange], cancel: &Cancel) -> Result<()> {
        let size = self.file.size_bytes();
        let ranges: Vec<ByteRange> = ranges
            .iter()
            .map(|range| ByteRange::new(range.start.min(size), range.end.min(size)))
            .filter(|range| !range.is_empty())
            .collect();
        let read = self.file.read(&ranges, cancel).await?;
        if self.kept > KEPT_BYTES {
            self.blocks.clear();
            self.kept = 0;
        }
        for (range, bytes) in ranges.iter().zip(read) {
            let Some(bytes) = bytes else {
                continue;
            };
            self.kept += bytes.len();
            let known = self.blocks.entry(range.start).or_default();
            if known.len() < bytes.len() {
                *known = bytes;
            }
        }
        Ok(())
    }

    /// The bytes of a range, read where they are not known; fewer where the
    /// file ends.
    pub(super) async fn take(&mut self, range: ByteRange, cancel: &Cancel) -> Result<Bytes> {
        let size = self.file.size_bytes();
        let range = ByteRange::new(range.start.min(size), range.end.min(size));
        if let Some(bytes) = self.get(range) {
            return Ok(bytes);
        }
        self.read(&[range], cancel).await?;
        Ok(self.get(range).unwrap_or_default())
    }
}
