//! The bytes of a file that are known so far.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::error::Error;
use crate::step::{Parse, Stop};

/// A sparse copy of a file: pieces that were read, by offset.
///
/// Insert whatever was fetched, in any size and order; larger pieces than asked for save round trips.
/// Nothing is copied where one piece holds all that a parser asks for.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    file_size: u64,
    pieces: BTreeMap<u64, Bytes>,
}

impl Blocks {
    /// An empty copy of a file of `file_size` bytes.
    pub fn new(file_size: u64) -> Self {
        Self {
            file_size,
            pieces: BTreeMap::new(),
        }
    }

    /// A whole file in memory.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let mut blocks = Self::new(bytes.len() as u64);
        blocks.insert(0, bytes);
        blocks
    }

    /// The size of the file that was given.
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// Takes in `bytes` that were read at `offset`; what is known already stays.
    pub fn insert(&mut self, offset: u64, bytes: impl Into<Bytes>) {
        let mut bytes: Bytes = bytes.into();
        let room = self.file_size.saturating_sub(offset);
        bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        let end = offset + bytes.len() as u64;
        for gap in self.gaps(offset..end) {
            let from = to_usize(gap.start - offset);
            let to = to_usize(gap.end - offset);
            self.pieces.insert(gap.start, bytes.slice(from..to));
        }
    }

    /// The parts of `range` that are not known.
    pub fn gaps(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = range.start;
        if let Some((start, piece)) = self.pieces.range(..=at).next_back() {
            at = at.max(start + piece.len() as u64);
        }
        for (start, piece) in self.pieces.range(range.start..range.end.max(range.start)) {
            if *start > at {
                gaps.push(at..*start);
            }
            at = at.max(start + piece.len() as u64);
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        gaps
    }

    /// The number of bytes that are held.
    pub fn size_bytes(&self) -> u64 {
        self.pieces.values().map(|piece| piece.len() as u64).sum()
    }

    /// Forgets all bytes and takes a new size: the file grew or was replaced.
    pub fn reset(&mut self, file_size: u64) {
        self.file_size = file_size;
        self.pieces.clear();
    }

    /// `length` bytes at `offset`, all of them or the need for them.
    pub(crate) fn get(&self, offset: u64, length: u64, what: &str) -> Parse<Bytes> {
        self.get_or_ask(offset, length, length, what)
    }

    /// As [`get`](Self::get), but when bytes are missing at least `ask` of them are asked for.
    pub(crate) fn get_or_ask(
        &self,
        offset: u64,
        length: u64,
        ask: u64,
        what: &str,
    ) -> Parse<Bytes> {
        let end = offset
            .checked_add(length)
            .filter(|end| *end <= self.file_size);
        let Some(end) = end else {
            return Err(Stop::Fail(Error::Truncated {
                what: what.to_owned(),
                address: offset,
            }));
        };
        if let Some((start, piece)) = self.pieces.range(..=offset).next_back() {
            let from = offset - start;
            if from + length <= piece.len() as u64 {
                return Ok(piece.slice(to_usize(from)..to_usize(from + length)));
            }
        }
        let wanted = end.max(offset.saturating_add(ask).min(self.file_size));
        if self.gaps(offset..end).is_empty() {
            Ok(self.joined(offset..end))
        } else {
            Err(Stop::Need(self.gaps(offset..wanted)))
        }
    }

    /// Up to `length` bytes at `offset`, fewer only at the end of the file.
    pub(crate) fn peek(&self, offset: u64, length: u64, ask: u64, what: &str) -> Parse<Bytes> {
        let length = length.min(self.file_size.saturating_sub(offset));
        if length == 0 {
            return Err(Stop::Fail(Error::Truncated {
                what: what.to_owned(),
                address: offset,
            }));
        }
        self.get_or_ask(offset, length, ask, what)
    }

    fn joined(&self, range: Range<u64>) -> Bytes {
        let mut joined = BytesMut::new();
        let first = self
            .pieces
            .range(..=range.start)
            .next_back()
            .map_or(range.start, |(start, _)| *start);
        for (start, piece) in self.pieces.range(first..range.end) {
            let from = range.start.saturating_sub(*start).min(piece.len() as u64);
            let to = (range.end - start).min(piece.len() as u64);
            joined.extend_from_slice(&piece[to_usize(from)..to_usize(to)]);
        }
        joined.freeze()
    }
}

/// Offsets inside a piece always fit, since the piece is in memory.
fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_across_two_pieces_are_joined() {
        let mut blocks = Blocks::new(8);
        blocks.insert(4, vec![4, 5, 6, 7]);
        blocks.insert(0, vec![0, 1, 2, 3, 9, 9]);
        assert_eq!(
            blocks.get(2, 4, "test").unwrap(),
            vec![2, 3, 4, 5],
            "the later piece starts at byte 4"
        );
    }

    #[test]
    fn missing_bytes_are_asked_for_without_what_is_known() {
        let mut blocks = Blocks::new(100);
        blocks.insert(10, vec![0; 10]);
        let Err(Stop::Need(ranges)) = blocks.get(5, 30, "test") else {
            panic!("bytes are missing")
        };
        assert_eq!(ranges, vec![5..10, 20..35], "only the gaps are asked for");
    }

    #[test]
    fn bytes_beyond_the_end_are_an_error_not_a_need() {
        let blocks = Blocks::new(100);
        assert!(
            matches!(
                blocks.get(90, 11, "test"),
                Err(Stop::Fail(Error::Truncated { .. }))
            ),
            "there are 10 bytes"
        );
        assert!(
            matches!(blocks.get(u64::MAX, 2, "test"), Err(Stop::Fail(_))),
            "the end overflows"
        );
    }
}
