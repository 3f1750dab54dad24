//! Finding and reading the superblock.

use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::{File, Format};
use crate::header;
use crate::limits::Limits;
use crate::step::{Needs, Parse, Stop};

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
            cursor.skip(20)?;
            let flags = cursor.u32()?;
            cursor.skip(if version == 0 { 0 } else { 4 })?;
            cursor.skip(3 * usize::from(format.offset_size))?;
            let driver = cursor.address()?;
            cursor.skip(usize::from(format.offset_size))?;
            let root = cursor.some_address()?;
            if let Some(driver) = driver {
                lenient(check_driver_block(blocks, driver, format))?;
            }
            Ok(File {
                format,
                root,
                version,
                flags,
                extension: None,
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
            cursor.skip(11)?;
            let flags = u32::from(cursor.u8()?);
            cursor.skip(usize::from(format.offset_size))?;
            let extension = cursor.address()?;
            cursor.skip(usize::from(format.offset_size))?;
            let file = File {
                format,
                root: cursor.some_address()?,
                version,
                flags,
                extension,
                limits,
            };
            lenient(check_driver(&file, blocks))?;
            Ok(file)
        }
        version => Err(cursor.unsupported(&format!("version {version}")).into()),
    }
}

/// Damage to what is rarely needed does not keep the file closed.
fn lenient(parsed: Parse<()>) -> Parse<()> {
    match parsed {
        Err(Stop::Fail(error)) if !matches!(error, Error::Unsupported { .. }) => Ok(()),
        other => other,
    }
}

/// The driver information block of an old superblock.
fn check_driver_block(blocks: &Blocks, address: u64, format: Format) -> Parse<()> {
    const WHAT: &str = "driver information";
    let bytes = blocks.get(address, 16, WHAT)?;
    let mut cursor = Cursor::new(format, &bytes, WHAT, address);
    cursor.version(0)?;
    cursor.skip(7)?;
    Ok(check_name(&cursor, cursor.peek(8))?)
}

/// The driver information message in the extension of a new superblock.
fn check_driver(file: &File, blocks: &Blocks) -> Parse<()> {
    let Some(extension) = file.extension else {
        return Ok(());
    };
    let header = header::read(file, blocks, extension)?;
    if let Some(message) = header.find(header::kind::DRIVER_INFO) {
        let what = "driver information";
        let mut cursor = Cursor::new(file.format, &message.body, what, message.address);
        cursor.version(0)?;
        check_name(&cursor, cursor.peek(8))?;
    }
    Ok(())
}

/// Some drivers divide one file into several.
fn check_name(cursor: &Cursor<'_>, name: &[u8]) -> Result<(), Error> {
    match name {
        b"NCSAfami" => Err(cursor.unsupported("a file in parts of equal size (family)")),
        b"NCSAmult" => Err(cursor.unsupported("a file in parts by kind of data (multi)")),
        _ => Ok(()),
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
