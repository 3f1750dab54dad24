//! Local heaps: the names of an old-style group.

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::{Cursor, until_zero};
use crate::error::Error;
use crate::file::File;
use crate::step::Parse;

const WHAT: &str = "local heap";

/// A local heap of which only the wanted texts are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SparseHeap {
    address: u64,
    data_address: u64,
    size: u64,
}

impl SparseHeap {
    pub(crate) fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Self> {
        let length = 8 + 2 * file.format.length_bytes() + file.format.offset_bytes();
        let bytes = blocks.get_or_ask(address, length as u64, 4096, WHAT)?;
        let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
        cursor.signature(*b"HEAP")?;
        cursor.version(0)?;
        cursor.skip(3)?;
        let size = cursor.length()?;
        let _free_list = cursor.length()?;
        let data_address = cursor.some_address()?;
        if size > file.limits.metadata_bytes {
            return Err(Error::limit(WHAT, file.limits.metadata_bytes, address).into());
        }
        Ok(Self {
            address,
            data_address,
            size,
        })
    }

    /// The zero-terminated bytes at `offset`.
    pub(crate) fn text(&self, blocks: &Blocks, offset: u64) -> Parse<Bytes> {
        let outside = || Error::damaged("local heap: a name lies outside of it", self.address);
        let left = self
            .size
            .checked_sub(offset)
            .filter(|left| *left > 0)
            .ok_or_else(outside)?;
        let at = self.data_address.checked_add(offset).ok_or_else(outside)?;
        let mut length = left.min(64);
        loop {
            let bytes = blocks.get_or_ask(at, length, 512.min(left), WHAT)?;
            if length == left || bytes.contains(&0) {
                let end = until_zero(&bytes).len();
                return Ok(bytes.slice(..end));
            }
            length = left.min(length * 2);
        }
    }
}

/// The text of a local heap.
#[derive(Debug, Clone)]
pub(crate) struct LocalHeap {
    data: Bytes,
    address: u64,
}

impl LocalHeap {
    pub(crate) fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Self> {
        let SparseHeap {
            data_address, size, ..
        } = SparseHeap::read(file, blocks, address)?;
        let data = blocks.get(data_address, size, WHAT)?;
        Ok(Self { data, address })
    }

    /// The zero-terminated bytes at `offset`.
    pub(crate) fn text(&self, offset: u64) -> Result<&[u8], Error> {
        usize::try_from(offset)
            .ok()
            .and_then(|offset| self.data.get(offset..))
            .map(until_zero)
            .ok_or_else(|| Error::damaged("local heap: a name lies outside of it", self.address))
    }
}
