//! Directories of a TIFF file: the header, the entries, their values.
//!
//! Source: TIFF 6.0, section 2; the `BigTIFF` design of Aware Systems.

use hutch_model::ByteRange;

/// Entries that a directory may have; real ones have about 20.
const ENTRY_LIMIT: u64 = 4096;

/// Tags that are read.
pub(super) mod tag {
    pub(in super::super) const SUBFILE_TYPE: u16 = 254;
    pub(in super::super) const WIDTH: u16 = 256;
    pub(in super::super) const HEIGHT: u16 = 257;
    pub(in super::super) const BITS: u16 = 258;
    pub(in super::super) const COMPRESSION: u16 = 259;
    pub(in super::super) const PHOTOMETRIC: u16 = 262;
    pub(in super::super) const FILL_ORDER: u16 = 266;
    pub(in super::super) const DESCRIPTION: u16 = 270;
    pub(in super::super) const STRIP_OFFSETS: u16 = 273;
    pub(in super::super) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(in super::super) const ROWS_PER_STRIP: u16 = 278;
    pub(in super::super) const STRIP_COUNTS: u16 = 279;
    pub(in super::super) const X_RESOLUTION: u16 = 282;
    pub(in super::super) const Y_RESOLUTION: u16 = 283;
    pub(in super::super) const PLANAR: u16 = 284;
    pub(in super::super) const RESOLUTION_UNIT: u16 = 296;
    pub(in super::super) const PREDICTOR: u16 = 317;
    pub(in super::super) const TILE_WIDTH: u16 = 322;
    pub(in super::super) const TILE_HEIGHT: u16 = 323;
    pub(in super::super) const TILE_OFFSETS: u16 = 324;
    pub(in super::super) const TILE_COUNTS: u16 = 325;
    pub(in super::super) const SAMPLE_FORMAT: u16 = 339;
}

/// How numbers of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Whether the most significant byte comes first.
    pub(super) is_big_endian: bool,
    /// Whether places take 8 bytes, as in `BigTIFF`.
    pub(super) is_big_tiff: bool,
}

impl Format {
    /// The format and the place of the first directory, from the first bytes.
    ///
    /// # Errors
    /// Why these are no TIFF file.
    pub(super) fn parse(head: &[u8]) -> Result<(Self, u64), String> {
        let cut = || "the file ends inside its header".to_owned();
        let is_big_endian = match head.get(..2) {
            Some(b"II") => false,
            Some(b"MM") => true,
            _ => return Err("it does not begin as a TIFF file".to_owned()),
        };
        let mut format = Self {
            is_big_endian,
            is_big_tiff: false,
        };
        let number = |at: usize, size: usize| {
            let bytes = head.get(at..at + size).ok_or_else(cut)?;
            Ok::<u64, String>(format.number(bytes))
        };
        match number(2, 2)? {
            42 => {
                let first = number(4, 4)?;
                Ok((format, first))
            }
            43 if number(4, 2)? == 8 => {
                let first = number(8, 8)?;
                format.is_big_tiff = true;
                Ok((format, first))
            }
            version => Err(format!("version {version} of TIFF is not known")),
        }
    }

    /// An unsigned number of up to 8 bytes.
    pub(super) fn number(self, bytes: &[u8]) -> u64 {
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.is_big_endian {
            bytes.iter().fold(0, fold)
        } else {
            bytes.iter().rev().fold(0, fold)
        }
    }

    /// Bytes of the number of entries, of an entry, and of a place.
    pub(super) const fn sizes(self) -> (u64, u64, u64) {
        if self.is_big_tiff {
            (8, 20, 8)
        } else {
            (2, 12, 4)
        }
    }
}

/// One entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u16,
    /// The type of its values, as TIFF numbers them.
    pub(super) kind: u16,
    /// How many values there are.
    pub(super) count: u64,
    /// Where they lie in the file; inside the entry where they fit.
    pub(super) at: u64,
    /// The bytes of the entry's own value field.
    pub(super) field: [u8; 8],
    /// Whether the values are in that field.
    pub(super) is_inline: bool,
}

impl Entry {
    /// Bytes of one value; 0 for an unknown type.
    pub(super) const fn value_size(self) -> u64 {
        match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 0,
        }
    }

    /// The bytes of the file that hold its values.
    pub(super) fn range(self) -> ByteRange {
        let size = self.count.saturating_mul(self.value_size());
        ByteRange::new(self.at, self.at.saturating_add(size))
    }

    /// Whether the values are whole numbers without a sign.
    pub(super) const fn is_unsigned(self) -> bool {
        matches!(self.kind, 1 | 3 | 4 | 13 | 16 | 18)
    }
}

/// A directory: one page of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    /// Where the next one is; 0 behind the last.
    pub(super) next: u64,
    /// Bytes that it takes.
    pub(super) length: u64,
}

impl Directory {
    /// The entry of a tag.
    pub(super) fn entry(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }
}

/// How many bytes the directory takes whose first bytes are these.
///
/// # Errors
/// Why there is no directory.
pub(super) fn length(format: Format, head: &[u8]) -> Result<u64, String> {
    let (count_size, entry_size, place_size) = format.sizes();
    let count = head
        .get(..usize::try_from(count_size).unwrap_or(8))
        .map(|bytes| format.number(bytes))
        .ok_or("the file ends inside a directory")?;
    match count {
        0 => Err("a directory has no entries".to_owned()),
        1..=ENTRY_LIMIT => Ok(count_size + count * entry_size + place_size),
        _ => Err(format!("a directory claims to have {count} entries")),
    }
}

/// Reads the directory at byte `at`, of which these are all bytes.
///
/// # Errors
/// Why there is no directory.
pub(super) fn parse(format: Format, at: u64, bytes: &[u8]) -> Result<Directory, String> {
    let length = length(format, bytes)?;
    let (count_size, entry_size, place_size) = format.sizes();
    let cut = || "the file ends inside a directory".to_owned();
    let whole = usize::try_from(length)
        .ok()
        .and_then(|length| bytes.get(..length))
        .ok_or_else(cut)?;
    let to_usize = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    let (entries, next) = whole
        .split_at_checked(to_usize(length - place_size))
        .ok_or_else(cut)?;
    let entries = entries.get(to_usize(count_size)..).ok_or_else(cut)?;
    let place = to_usize(place_size);
    let parse_entry = |(index, bytes): (usize, &[u8])| {
        let field_at = at + count_size + index as u64 * entry_size + entry_size - place_size;
        let (head, value) = bytes.split_at_checked(bytes.len() - place)?;
        let mut entry = Entry {
            tag: u16::try_from(format.number(head.get(..2)?)).ok()?,
            kind: u16::try_from(format.number(head.get(2..4)?)).ok()?,
            count: format.number(head.get(4..)?),
            at: field_at,
            field: [0; 8],
            is_inline: true,
        };
        entry.field.get_mut(..place)?.copy_from_slice(value);
        let size = entry.count.checked_mul(entry.value_size());
        if size.is_none_or(|size| size > place_size) {
            entry.is_inline = false;
            entry.at = format.number(value);
        }
        Some(entry)
    };
    let entries = entries
        .chunks_exact(to_usize(entry_size))
        .enumerate()
        .filter_map(parse_entry)
        .collect();
    Ok(Directory {
        entries,
        next: format.number(next),
        length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_of_bytes_and_both_sizes_are_known() {
        let classic = Format::parse(b"MM\0*\0\0\0\x08").map(|(_, first)| first);
        assert_eq!(classic, Ok(8), "big-endian");
        let big = Format::parse(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0");
        assert_eq!(
            big.map(|(format, first)| (format.is_big_tiff, first)),
            Ok((true, 16)),
            "BigTIFF"
        );
        assert!(
            Format::parse(b"II+\0\x04\0\0\0").is_err(),
            "places of 4 bytes"
        );
        assert!(Format::parse(b"II").is_err(), "cut");
    }

    #[test]
    fn a_value_that_fits_lies_in_its_entry() {
        let (format, _) = Format::parse(b"II*\0\x08\0\0\0").unwrap();
        let bytes =
            b"\x02\0\x00\x01\x03\0\x01\0\0\0\x07\0\0\0\x02\x01\x03\0\x03\0\0\0\x64\0\0\0\x09\0\0\0";
        let directory = parse(format, 8, bytes).unwrap();
        let (width, bits) = (directory.entries[0], directory.entries[1]);
        assert!(width.is_inline && width.at == 18, "one number of two bytes");
        assert!(
            !bits.is_inline && bits.at == 100,
            "three of them lie elsewhere"
        );
        assert_eq!(directory.next, 9, "the next one");
    }
}
