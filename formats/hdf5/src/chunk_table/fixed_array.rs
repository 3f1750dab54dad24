//! Fixed arrays: the index of datasets that cannot grow.

use bytes::Bytes;

use super::element::{ElementFormat, Places};
use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::step::{Needs, Parse};

const HEADER: &str = "fixed array";
const BLOCK: &str = "block of a fixed array";

struct Header {
    element: ElementFormat,
    page_elements: u64,
    count: u64,
    block: u64,
    client: u8,
}

/// The chunks that are wanted; header, then data block with its pages.
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
    if header.count > header.page_elements {
        paged(file, blocks, &header, places)
    } else {
        plain(file, blocks, &header, places)
    }
}

fn read_header(
    file: &File,
    blocks: &Blocks,
    address: u64,
    chunk_bytes: u64,
) -> Parse<Option<Header>> {
    let length = 12 + file.format.offset_bytes() + file.format.length_bytes();
    let bytes = checked(
        &blocks.get_or_ask(address, length as u64, 4096, HEADER)?,
        HEADER,
        address,
    )?;
    let mut cursor = Cursor::new(file.format, &bytes, HEADER, address);
    cursor.signature(*b"FAHD")?;
    cursor.version(0)?;
    let (client, element_bytes, page_bits) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let count = cursor.length()?;
    let block = cursor.address()?;
    let element = ElementFormat::new(file, &cursor, client, element_bytes, chunk_bytes)?;
    if count > file.limits.chunk_count || page_bits > 32 {
        return Err(Error::limit("the number of chunks", file.limits.chunk_count, address).into());
    }
    Ok(block.map(|block| Header {
        element,
        page_elements: 1 << page_bits,
        count,
        block,
        client,
    }))
}

fn prefix<'a>(file: &File, header: &Header, bytes: &'a Bytes) -> Result<Cursor<'a>, Error> {
    let mut cursor = Cursor::new(file.format, bytes, BLOCK, header.block);
    cursor.signature(*b"FADB")?;
    cursor.version(0)?;
    if cursor.u8()? != header.client {
        return Err(cursor.damaged("is of another kind than its array"));
    }
    cursor.address()?;
    Ok(cursor)
}

fn plain(file: &File, blocks: &Blocks, header: &Header, places: &mut Places<'_, '_>) -> Parse<()> {
    let length =
        10 + file.format.offset_bytes() as u64 + header.count * header.element.bytes as u64;
    let bytes = checked(
        &blocks.get(header.block, length, BLOCK)?,
        BLOCK,
        header.block,
    )?;
    let mut cursor = prefix(file, header, &bytes)?;
    for place in 0..header.count {
        places.push(place, header.element.read(file, &mut cursor)?)?;
    }
    Ok(())
}

fn paged(file: &File, blocks: &Blocks, header: &Header, places: &mut Places<'_, '_>) -> Parse<()> {
    let page_count = header.count.div_ceil(header.page_elements);
    let bitmap_bytes = page_count.div_ceil(8);
    let prefix_bytes = 6 + file.format.offset_bytes() as u64 + bitmap_bytes + 4;
    let element_bytes = header.element.bytes as u64;
    let page_bytes = header.page_elements * element_bytes + 4;
    let whole = prefix_bytes.saturating_add(header.count * element_bytes + 4 * page_count);
    // Where all pages are wanted they come with the first bytes of the block.
    let ask = if places.is_all() { whole } else { prefix_bytes };
    let bytes = checked(
        &blocks.get_or_ask(header.block, prefix_bytes, ask, BLOCK)?,
        BLOCK,
        header.block,
    )?;
    let mut cursor = prefix(file, header, &bytes)?;
    let bitmap = cursor.take(usize::try_from(bitmap_bytes).unwrap_or(usize::MAX))?;
    let mut needs = Needs::default();
    for page in 0..page_count {
        let first = page * header.page_elements;
        let count = header.page_elements.min(header.count - first);
        if !is_set(bitmap, page) || !places.touches(first..first + count) {
            continue;
        }
        let at = header
            .block
            .saturating_add(prefix_bytes + page * page_bytes);
        let range = first..first + count;
        needs.gather(read_page(file, blocks, header.element, (at, range), places))?;
    }
    needs.finish()
}

/// Bit `index` of a bitmap that counts from the highest bit of each byte.
pub(super) fn is_set(bitmap: &[u8], index: u64) -> bool {
    let byte = usize::try_from(index / 8)
        .ok()
        .and_then(|at| bitmap.get(at));
    byte.is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0)
}

/// The elements `range` of an array, which lie at `address` with a checksum behind them.
pub(super) fn read_page(
    file: &File,
    blocks: &Blocks,
    element: ElementFormat,
    (address, range): (u64, std::ops::Range<u64>),
    places: &mut Places<'_, '_>,
) -> Parse<()> {
    const PAGE: &str = "page of an array of chunks";
    let length = (range.end - range.start)
        .saturating_mul(element.bytes as u64)
        .saturating_add(4);
    let bytes = checked(&blocks.get(address, length, PAGE)?, PAGE, address)?;
    let mut cursor = Cursor::new(file.format, &bytes, PAGE, address);
    for place in range {
        places.push(place, element.read(file, &mut cursor)?)?;
    }
    Ok(())
}
