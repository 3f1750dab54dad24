//! The filters of a chunk, undone one after another.

use crate::error::CodecError;
use crate::fletcher32;
use crate::registered::{filter_name, id};
use crate::scratch::{Scratch, sized};
use crate::undo::undo;

/// More filters than this for one chunk are refused.
pub const FILTERS_MAX: usize = 8;

/// One filter of a dataset, as its filter pipeline message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterSpec {
    /// The registered number.
    pub id: u16,
    /// The name in the file, often empty.
    pub name: String,
    /// Whether a writer may leave the filter out of a chunk; the chunk's mask says if it did.
    pub optional: bool,
    /// Parameters of the filter.
    pub client_data: Vec<u32>,
}

impl FilterSpec {
    /// Deflate at `level`, 1 to 9.
    pub fn deflate(level: u32) -> Self {
        Self {
            id: id::DEFLATE,
            name: "deflate".to_owned(),
            optional: true,
            client_data: vec![level],
        }
    }

    /// Byte shuffle of elements of `element_size` bytes.
    pub fn shuffle(element_size: u32) -> Self {
        Self {
            id: id::SHUFFLE,
            name: "shuffle".to_owned(),
            optional: true,
            client_data: vec![element_size],
        }
    }

    /// The name to show: the registered one, else that in the file.
    pub fn display_name(&self) -> &str {
        filter_name(self.id).unwrap_or(if self.name.is_empty() {
            "unregistered"
        } else {
            &self.name
        })
    }
}

/// Where the bytes are between two filters.
#[derive(Debug, Clone, Copy)]
enum Held {
    Encoded,
    Stage(usize),
}

/// Undoes `filters` on one chunk, last first; `out` has the nominal size of the chunk.
///
/// A set bit `i` of `mask` says that filter `i` was left out when the chunk was written.
/// `element_size` is that of the dataset; filters that store their own use that. Large frames are
/// decoded fastest where `out` begins at a multiple of 64 bytes.
///
/// # Errors
/// [`CodecError`] when the bytes are damaged, the filter is unknown, there are more than
/// [`FILTERS_MAX`] filters, or the chunk does not have the size of `out`, whose contents are then
/// undefined.
pub fn decode_into(
    filters: &[FilterSpec],
    mask: u32,
    encoded: &[u8],
    element_size: usize,
    out: &mut [u8],
    scratch: &mut Scratch,
) -> Result<(), CodecError> {
    if filters.len() > FILTERS_MAX {
        return Err(CodecError::damaged(
            "pipeline",
            "there are too many filters",
        ));
    }
    let sizes = sizes_before(filters, mask, out.len());
    let Scratch { stages, tools } = scratch;
    let (mut held, mut length) = (Held::Encoded, encoded.len());
    for (index, filter) in active(filters, mask).rev() {
        let [first, second] = &mut *stages;
        let (input, spare, spare_index): (&[u8], &mut Vec<u8>, usize) = match held {
            Held::Encoded => (encoded, first, 0),
            Held::Stage(0) => (first, second, 1),
            Held::Stage(_) => (second, first, 0),
        };
        let input = input.get(..length).unwrap_or(input);
        if filter.id == id::FLETCHER32 {
            length = fletcher32::verified(input)?.len();
            continue;
        }
        let before = sizes.get(index).copied().flatten();
        // Only checksums are left, and the bytes that they were counted over are the chunk.
        if before == Some(out.len())
            && active(filters, mask)
                .next()
                .is_some_and(|(first, _)| first == index)
        {
            let found = undo(filter, input, element_size, out, tools)?;
            return whole(found, out.len());
        }
        // The size before a filter is not always known; none makes its output much larger.
        let bound = before.unwrap_or_else(|| out.len().saturating_mul(2).saturating_add(4096));
        length = undo(filter, input, element_size, sized(spare, bound)?, tools)?;
        held = Held::Stage(spare_index);
    }
    let done = match held {
        Held::Encoded => encoded.get(..length),
        Held::Stage(index) => stages.get(index).and_then(|stage| stage.get(..length)),
    };
    whole(length, out.len())?;
    if let Some(done) = done {
        out.copy_from_slice(done);
    }
    Ok(())
}

fn whole(found: usize, expected: usize) -> Result<(), CodecError> {
    if found == expected {
        Ok(())
    } else {
        Err(CodecError::Size { found, expected })
    }
}

/// Filters that were applied, with their place in the pipeline.
fn active(
    filters: &[FilterSpec],
    mask: u32,
) -> impl DoubleEndedIterator<Item = (usize, &FilterSpec)> {
    filters
        .iter()
        .enumerate()
        .filter(move |(index, _)| mask >> index & 1 == 0)
}

/// For each filter the number of bytes that it was applied to, where that is known.
fn sizes_before(
    filters: &[FilterSpec],
    mask: u32,
    chunk_size: usize,
) -> [Option<usize>; FILTERS_MAX] {
    let mut size = Some(chunk_size);
    let mut sizes = [None; FILTERS_MAX];
    for ((index, filter), place) in filters.iter().enumerate().zip(&mut sizes) {
        *place = size;
        if mask >> index & 1 == 1 {
            continue;
        }
        size = match filter.id {
            id::SHUFFLE => size,
            id::FLETCHER32 => size.and_then(|size| size.checked_add(4)),
            _ => None,
        };
    }
    sizes
}
