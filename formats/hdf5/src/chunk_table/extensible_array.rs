//! Extensible arrays: the index of datasets that grow along one axis.
//!
//! The first elements lie in the index block, the next in data blocks that it points to, all
//! others in data blocks that secondary blocks point to. Secondary block `s` stands for
//! `2^(s/2)` data blocks of `2^((s+1)/2)` times the smallest number of elements.
//!
//! Source: HDF5 File Format Specification, "Extensible Array"; libhdf5, `H5EA__hdr_init`.

use bytes::Bytes;

use super::element::{ElementFormat, Places};
use super::fixed_array::{is_set, read_page};
use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::step::{Needs, Parse};

const HEADER: &str = "extensible array";
const INDEX: &str = "index block of an extensible array";
const SECONDARY: &str = "secondary block of an extensible array";
const DATA: &str = "data block of an extensible array";

struct Header {
    element: ElementFormat,
    client: u8,
    max_bits: u32,
    index_elements: u64,
    min_elements: u64,
    min_pointers: u64,
    page_elements: u64,
    /// Elements up to the last one that was set.
    count: u64,
    index_block: u64,
}

/// A data block: its place in the array, and where it lies.
struct DataBlock {
    address: u64,
    first: u64,
    elements: u64,
    /// For each page, whether it was written; none where the block has no pages.
    pages: Option<Vec<bool>>,
}

struct SecondaryBlock {
    address: u64,
    first: u64,
    block_count: u64,
    elements: u64,
}

/// The chunks that are wanted; header, index block, secondary blocks, data blocks.
pub(super) fn read(
    file: &File,
    blocks: &Blocks,
    address: u64,
    chunk_bytes: u64,
    places: &mut Places<'_, '_>,
) -> Parse<()> {
    let Some(header) = read_header(file, blocks, address, chunk_bytes)? else {
        return Ok(());
    };
    let (mut data, secondary) = header.read_index(file, blocks, places)?;
    let mut needs = Needs::default();
    for block in secondary {
        let length = block.elements.saturating_mul(block.block_count);
        if places.touches(block.first..block.first.saturating_add(length))
            && let Some(found) = needs.gather(header.read_secondary(file, blocks, &block))?
        {
            data.extend(found);
        }
    }
    for block in &data {
        if places.touches(block.first..block.first.saturating_add(block.elements)) {
            needs.gather(header.read_data(file, blocks, block, places))?;
        }
    }
    needs.finish()
}

fn read_header(
    file: &File,
    blocks: &Blocks,
    address: u64,
    chunk_bytes: u64,
) -> Parse<Option<Header>> {
    let length = 16 + 6 * file.format.length_bytes() + file.format.offset_bytes();
    let bytes = checked(
        &blocks.get_or_ask(address, length as u64, 4096, HEADER)?,
        HEADER,
        address,
    )?;
    let mut cursor = Cursor::new(file.format, &bytes, HEADER, address);
    cursor.signature(*b"EAHD")?;
    cursor.version(0)?;
    let (client, element_bytes) = (cursor.u8()?, cursor.u8()?);
    let max_bits = u32::from(cursor.u8()?);
    let index_elements = u64::from(cursor.u8()?);
    let min_elements = u64::from(cursor.u8()?);
    let min_pointers = u64::from(cursor.u8()?);
    let page_bits = cursor.u8()?;
    cursor.skip(4 * file.format.length_bytes())?;
    let count = cursor.length()?;
    cursor.length()?;
    let index_block = cursor.address()?;
    let element = ElementFormat::new(file, &cursor, client, element_bytes, chunk_bytes)?;
    let is_possible = (1..=64).contains(&max_bits)
        && page_bits <= 32
        && min_elements.is_power_of_two()
        && min_pointers.is_power_of_two()
        && min_pointers >= 2
        && min_elements.ilog2() < max_bits;
    if !is_possible {
        return Err(cursor.damaged("its blocks have an impossible size").into());
    }
    if count > file.limits.chunk_count {
        return Err(Error::limit("the number of chunks", file.limits.chunk_count, address).into());
    }
    Ok(index_block.map(|index_block| Header {
        element,
        client,
        max_bits,
        index_elements,
        min_elements,
        min_pointers,
        page_elements: 1 << page_bits,
        count,
        index_block,
    }))
}

type Index = (Vec<DataBlock>, Vec<SecondaryBlock>);

impl Header {
    /// Secondary blocks: number of data blocks and elements of each, from the first.
    fn rows(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let count = 1 + self.max_bits - self.min_elements.ilog2();
        (0..count).map(|row| {
            (
                1_u64 << (row / 2),
                (1_u64 << row.div_ceil(2)).saturating_mul(self.min_elements),
            )
        })
    }

    fn offset_bytes(&self) -> usize {
        (self.max_bits as usize).div_ceil(8)
    }

    fn prefix<'a>(
        &self,
        file: &File,
        bytes: &'a Bytes,
        at: (u64, &'static str),
        sign: [u8; 4],
    ) -> Result<Cursor<'a>, Error> {
        let mut cursor = Cursor::new(file.format, bytes, at.1, at.0);
        cursor.signature(sign)?;
        cursor.version(0)?;
        if cursor.u8()? != self.client {
            return Err(cursor.damaged("is of another kind than its array"));
        }
        cursor.address()?;
        Ok(cursor)
    }

    fn read_index(
        &self,
        file: &File,
        blocks: &Blocks,
        places: &mut Places<'_, '_>,
    ) -> Parse<Index> {
        // The rows whose data blocks the index block points to itself.
        let direct_rows = 2 * self.min_pointers.ilog2() as usize;
        let data_count = 2 * (self.min_pointers - 1);
        let secondary_count = self.rows().count().saturating_sub(direct_rows) as u64;
        let offset_size = file.format.offset_bytes() as u64;
        let length = 10
            + offset_size
            + self.index_elements * self.element.bytes as u64
            + (data_count + secondary_count) * offset_size;
        let bytes = checked(
            &blocks.get(self.index_block, length, INDEX)?,
            INDEX,
            self.index_block,
        )?;
        let mut cursor = self.prefix(file, &bytes, (self.index_block, INDEX), *b"EAIB")?;
        for place in 0..self.index_elements {
            places.push(place, self.element.read(file, &mut cursor)?)?;
        }
        let (mut data, mut secondary) = (Vec::new(), Vec::new());
        let mut first = self.index_elements;
        for (row, (block_count, elements)) in self.rows().enumerate() {
            if row < direct_rows {
                for _ in 0..block_count {
                    let pages = (elements > self.page_elements).then(|| {
                        vec![
                            true;
                            usize::try_from(elements / self.page_elements)
                                .unwrap_or(0)
                                .min(1 << 20)
                        ]
                    });
                    data.extend(cursor.address()?.map(|address| DataBlock {
                        address,
                        first,
                        elements,
                        pages,
                    }));
                    first = first.saturating_add(elements);
                }
            } else {
                secondary.extend(cursor.address()?.map(|address| SecondaryBlock {
                    address,
                    first,
                    block_count,
                    elements,
                }));
                first = first.saturating_add(elements.saturating_mul(block_count));
            }
        }
        // What lies behind the last element that was set is empty.
        data.retain(|block| block.first < self.count);
        secondary.retain(|block| block.first < self.count);
        Ok((data, secondary))
    }

    fn read_secondary(
        &self,
        file: &File,
        blocks: &Blocks,
        block: &SecondaryBlock,
    ) -> Parse<Vec<DataBlock>> {
        let page_count = if block.elements > self.page_elements {
            block.elements / self.page_elements
        } else {
            0
        };
        let bitmap_bytes = page_count.div_ceil(8).saturating_mul(block.block_count);
        let offset_size = file.format.offset_bytes() as u64;
        let length = (10 + offset_size + self.offset_bytes() as u64)
            .saturating_add(bitmap_bytes)
            .saturating_add(block.block_count.saturating_mul(offset_size));
        if length > file.limits.metadata_bytes {
            return Err(Error::limit(SECONDARY, file.limits.metadata_bytes, block.address).into());
        }
        let bytes = checked(
            &blocks.get(block.address, length, SECONDARY)?,
            SECONDARY,
            block.address,
        )?;
        let mut cursor = self.prefix(file, &bytes, (block.address, SECONDARY), *b"EASB")?;
        cursor.skip(self.offset_bytes())?;
        let bitmap = cursor.take(usize::try_from(bitmap_bytes).unwrap_or(usize::MAX))?;
        let mut found = Vec::new();
        for index in 0..block.block_count {
            let first = block
                .first
                .saturating_add(index.saturating_mul(block.elements));
            let Some(address) = cursor.address()? else {
                continue;
            };
            if first >= self.count {
                continue;
            }
            let pages = (page_count > 0).then(|| {
                (0..page_count)
                    .map(|page| is_set(bitmap, index * page_count + page))
                    .collect()
            });
            found.push(DataBlock {
                address,
                first,
                elements: block.elements,
                pages,
            });
        }
        Ok(found)
    }

    fn read_data(
        &self,
        file: &File,
        blocks: &Blocks,
        block: &DataBlock,
        places: &mut Places<'_, '_>,
    ) -> Parse<()> {
        let prefix_bytes = 6 + file.format.offset_bytes() + self.offset_bytes();
        let Some(pages) = &block.pages else {
            let length = (prefix_bytes as u64 + 4)
                .saturating_add(block.elements.saturating_mul(self.element.bytes as u64));
            let bytes = checked(
                &blocks.get(block.address, length, DATA)?,
                DATA,
                block.address,
            )?;
            let mut cursor = self.prefix(file, &bytes, (block.address, DATA), *b"EADB")?;
            cursor.skip(self.offset_bytes())?;
            for place in block.first..block.first.saturating_add(block.elements) {
                places.push(place, self.element.read(file, &mut cursor)?)?;
            }
            return Ok(());
        };
        let page_bytes = self
            .page_elements
            .saturating_mul(self.element.bytes as u64)
            .saturating_add(4);
        let mut at = block.address.saturating_add(prefix_bytes as u64 + 4);
        let mut first = block.first;
        let mut needs = Needs::default();
        for is_written in pages {
            let range = first..first.saturating_add(self.page_elements);
            if *is_written && first < self.count && places.touches(range.clone()) {
                needs.gather(read_page(file, blocks, self.element, (at, range), places))?;
            }
            at = at.saturating_add(page_bytes);
            first = first.saturating_add(self.page_elements);
        }
        needs.finish()
    }
}
