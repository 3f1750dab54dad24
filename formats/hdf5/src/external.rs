//! Raw files beside an HDF5 file that hold the elements of a dataset.

use std::ops::Range;

use crate::blocks::Blocks;
use crate::contiguous::contiguous_pieces;
use crate::cursor::{Cursor, to_text};
use crate::error::Error;
use crate::file::File;
use crate::header::{self, Message};
use crate::local_heap::LocalHeap;
use crate::slab::Slab;
use crate::step::Parse;

/// Most pieces of one slab.
const PIECE_MAX: usize = 1 << 22;

/// A raw file that holds some of the bytes of a dataset, behind those of the files before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFile {
    /// Its name as stored: relative, or absolute where it was written.
    pub name: String,
    /// The first byte in it.
    pub offset: u64,
    /// Its number of bytes; none for all that follow.
    pub size: Option<u64>,
}

/// Bytes of a raw file, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPiece {
    /// Which of the files.
    pub file: usize,
    /// The bytes in that file; it may end before, and what lacks is zero.
    pub range: Range<u64>,
    /// The first byte in the buffer of the slab.
    pub out_offset: usize,
}

/// Reads an external data files message.
pub(crate) fn read(file: &File, blocks: &Blocks, message: &Message) -> Parse<Vec<ExternalFile>> {
    let message = header::body_of(file, blocks, message)?;
    let mut cursor = Cursor::new(
        file.format,
        &message.body,
        "external data files",
        message.address,
    );
    cursor.version(1)?;
    cursor.skip(3)?;
    let _allocated = cursor.u16()?;
    let used = cursor.u16()?;
    let heap = LocalHeap::read(file, blocks, cursor.some_address()?)?;
    let mut files = Vec::new();
    for _ in 0..used {
        let name = to_text(heap.text(cursor.length()?)?);
        let offset = cursor.length()?;
        files.push(ExternalFile {
            name,
            offset,
            size: cursor.limit()?,
        });
    }
    Ok(files)
}

/// The bytes of raw files that make up `slab` of a dataset of `shape`, in the order of the slab.
///
/// Bytes behind the last file are left out; they have the fill value.
///
/// # Errors
/// [`Error::Selection`] when the slab does not lie inside of `shape`, [`Error::Limit`] when it is
/// in more than 2^22 pieces.
pub fn external_pieces(
    files: &[ExternalFile],
    shape: &[u64],
    slab: &Slab,
    element_size: usize,
) -> Result<Vec<ExternalPiece>, Error> {
    let ends = ends_of(files);
    let mut pieces = Vec::new();
    for piece in contiguous_pieces(0, shape, slab, element_size)? {
        let element = element_size as u64;
        // A run with gaps is taken element by element, since one may lie in two files.
        let (count, length, distance) = if piece.step == 1 {
            (1, piece.range.end - piece.range.start, 0)
        } else {
            (
                piece.count,
                element,
                element.saturating_mul(piece.step as u64),
            )
        };
        for index in 0..count {
            let from = piece.range.start + index as u64 * distance;
            let out_offset = piece.out_offset + index * element_size;
            split(files, &ends, from..from + length, out_offset, &mut pieces);
            if pieces.len() > PIECE_MAX {
                return Err(Error::limit(
                    "the pieces of a selection",
                    PIECE_MAX as u64,
                    0,
                ));
            }
        }
    }
    Ok(pieces)
}

/// Where each file ends in the bytes of the dataset.
fn ends_of(files: &[ExternalFile]) -> Vec<u64> {
    files
        .iter()
        .scan(0_u64, |end, file| {
            *end = file.size.map_or(u64::MAX, |size| end.saturating_add(size));
            Some(*end)
        })
        .collect()
}

/// Cuts a range of the dataset's bytes where one file ends and the next begins.
fn split(
    files: &[ExternalFile],
    ends: &[u64],
    range: Range<u64>,
    mut out_offset: usize,
    pieces: &mut Vec<ExternalPiece>,
) {
    let mut at = range.start;
    let first = ends.partition_point(|end| *end <= at);
    for (index, file) in files.iter().enumerate().skip(first) {
        let begin = index.checked_sub(1).map_or(0, |before| ends[before]);
        let stop = ends[index].min(range.end);
        if stop <= at {
            continue;
        }
        let start = file.offset.saturating_add(at - begin);
        pieces.push(ExternalPiece {
            file: index,
            range: start..start.saturating_add(stop - at),
            out_offset,
        });
        out_offset += usize::try_from(stop - at).unwrap_or(usize::MAX);
        at = stop;
        if at >= range.end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, offset: u64, size: Option<u64>) -> ExternalFile {
        ExternalFile {
            name: name.to_owned(),
            offset,
            size,
        }
    }

    #[test]
    fn an_element_on_a_border_comes_from_two_files() {
        let files = [file("a", 100, Some(6)), file("b", 7, None)];
        let pieces = external_pieces(&files, &[4], &Slab::all(&[4]), 4).expect("it fits");
        let expected = [
            ExternalPiece {
                file: 0,
                range: 100..106,
                out_offset: 0,
            },
            ExternalPiece {
                file: 1,
                range: 7..17,
                out_offset: 6,
            },
        ];
        assert_eq!(pieces, expected, "six bytes, then ten");
    }

    #[test]
    fn bytes_behind_the_last_file_are_left_out() {
        let files = [file("a", 0, Some(4))];
        let slab = Slab {
            start: vec![0],
            count: vec![2],
            step: vec![3],
        };
        let pieces = external_pieces(&files, &[4], &slab, 2).expect("it fits");
        assert_eq!(
            pieces,
            [ExternalPiece {
                file: 0,
                range: 0..2,
                out_offset: 0
            }],
            "element 3 is absent"
        );
    }
}
