//! Finding and reading the superblock.

use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::{File, Format};
use crate::limits::Limits;
use crate::step::{Needs, Parse};

const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
const WHAT: &str = "superblock";
/// The most bytes that a superblock of version 0 to 3 takes, with addresses of 8 bytes.
const SIZE_BYTES: u64 = 104;
/// User blocks are sought up to here; larger ones are not known in practice.
const USER_BLOCK_MAX: u64 = 1 << 26;
/// What is asked for first: small files and the root group of most others lie inside.
const FIRST_BYTES: u64 = 1 << 16;

/// Finds the superblock at byte 0, 512, 1024, 2048, ... and reads it.
pub(crate) fn open(blocks: &Blocks, limits: Limits) -> Parse<File> {
    let size = blocks.file_size();
    if size < 8 {
        return Err(Error::NotHdf5.into());
    }
    if blocks
        .peek(0, SIZE_BYTES, FIRST_BYTES, WHAT)?
        .starts_with(SIGNATURE)
    {
        return read(blocks, 0, limits);
    }
    let mut needs = Needs::default();
    let mut found = None;
    let mut offset = 512;
    while offset + 8 <= size && offset <= USER_BLOCK_MAX {
        if let Some(bytes) = needs.gather(blocks.peek(offset, SIZE_BYTES, SIZE_BYTES, WHAT))?
            && bytes.starts_with(SIGNATURE)
            && found.is_none()
        {
            found = Some(offset);
        }
        offset *= 2;
    }
    needs.finish()?;
    let Some(offset) = found else {
        return Err(Error::NotHdf5.into());
    };
    read(blocks, offset, limits)
}

fn read(blocks: &Blocks, offset: u64, limits: Limits) -> Parse<File> {
    let bytes = blocks.peek(offset, SIZE_BYTES, SIZE_BYTES, WHAT)?;
    let unknown = Format {
        base: offset,
        offset_size: 8,
        length_size: 8,
    };
    let mut cursor = Cursor::new(unknown, &bytes, WHAT, offset);
    cursor.skip(8)?;
    match cursor.u8()? {
        version @ (0 | 1) => {
            cursor.skip(4)?;
            let format = read_sizes(&mut cursor, offset)?;
            let mut cursor = Cursor::new(format, &bytes, WHAT, offset);
            cursor.skip(if version == 0 { 24 } else { 28 })?;
            cursor.skip(5 * usize::from(format.offset_size))?;
            Ok(File {
                format,
                root: cursor.some_address()?,
                version,
                limits,
            })
        }
        version @ (2 | 3) => {
            let format = read_sizes(&mut cursor, offset)?;
            let length = 12 + 4 * usize::from(format.offset_size);
            if bytes.len() < length + 4 {
                return Err(cursor.damaged("ends too early").into());
            }
            let body = checked(&bytes.slice(..length + 4), WHAT, offset)?;
            let mut cursor = Cursor::new(format, &body, WHAT, offset);
            cursor.skip(12 + 3 * usize::from(format.offset_size))?;
            Ok(File {
                format,
                root: cursor.some_address()?,
                version,
                limits,
            })
        }
        version => Err(cursor.unsupported(&format!("version {version}")).into()),
    }
}

fn read_sizes(cursor: &mut Cursor<'_>, base: u64) -> Result<Format, Error> {
    let offset_size = cursor.u8()?;
    let length_size = cursor.u8()?;
    if matches!(offset_size, 2 | 4 | 8) && matches!(length_size, 2 | 4 | 8) {
        Ok(Format {
            base,
            offset_size,
            length_size,
        })
    } else {
        Err(cursor.unsupported("addresses that are not of 2, 4 or 8 bytes"))
    }
}
