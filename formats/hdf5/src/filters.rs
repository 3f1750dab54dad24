//! Filter pipelines: what was done to chunks, and to blocks of heaps.

use hutch_codecs::FilterSpec;

use crate::cursor::{Cursor, to_text, until_zero};
use crate::error::Error;

/// Reads a filter pipeline message, version 1 or 2.
pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Vec<FilterSpec>, Error> {
    let version = cursor.u8()?;
    let count = cursor.u8()?;
    match version {
        1 => cursor.skip(6)?,
        2 => {}
        _ => return Err(cursor.unsupported(&format!("version {version}"))),
    }
    let mut filters = Vec::new();
    for _ in 0..count {
        filters.push(parse_filter(cursor, version)?);
    }
    Ok(filters)
}

fn parse_filter(cursor: &mut Cursor<'_>, version: u8) -> Result<FilterSpec, Error> {
    let id = cursor.u16()?;
    let name_length = if version == 1 || id >= 256 {
        usize::from(cursor.u16()?)
    } else {
        0
    };
    let is_optional = cursor.u16()? & 1 != 0;
    let value_count = cursor.u16()?;
    let name = to_text(until_zero(cursor.take(name_length)?));
    if version == 1 {
        cursor.skip(name_length.wrapping_neg() & 7)?;
    }
    let client_data = (0..value_count)
        .map(|_| cursor.u32())
        .collect::<Result<Vec<_>, _>>()?;
    if version == 1 && value_count % 2 == 1 {
        cursor.skip(4)?;
    }
    Ok(FilterSpec {
        id,
        name,
        optional: is_optional,
        client_data,
    })
}
