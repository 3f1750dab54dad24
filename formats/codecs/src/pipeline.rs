//! The filters of a chunk, undone one after another.

use crate::bitshuffle;
use crate::deflate::{self, Inflater};
use crate::error::CodecError;
use crate::fletcher32::{self, fletcher32};
use crate::lz4;
use crate::registered::{filter_name, id};
use crate::shuffle::{self, shuffle};

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

/// Buffers that are kept from chunk to chunk; one for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    stages: [Vec<u8>; 2],
    block: Vec<u8>,
    inflater: Inflater,
}

/// Where the bytes are between two filters.
#[derive(Debug, Clone, Copy)]
enum Held {
    Encoded,
    Stage(usize),
    Out,
}

/// Undoes `filters` on one chunk, last first; `out` has the nominal size of the chunk.
///
/// A set bit `i` of `mask` says that filter `i` was left out when the chunk was written.
/// `element_size` is that of the dataset; filters that store their own use that.
///
/// # Errors
/// [`CodecError`] when the bytes are damaged, the filter is unknown, or the chunk does not have the
/// size of `out`, whose contents are then undefined.
pub fn decode_into(
    filters: &[FilterSpec],
    mask: u32,
    encoded: &[u8],
    element_size: usize,
    out: &mut [u8],
    scratch: &mut Scratch,
) -> Result<(), CodecError> {
    let sizes = sizes_before(filters, mask, out.len());
    let Scratch {
        stages,
        block,
        inflater,
    } = scratch;
    let (mut held, mut length) = (Held::Encoded, encoded.len());
    for (index, filter) in active(filters, mask).rev() {
        let [first, second] = &mut *stages;
        let (input, spare, spare_index): (&[u8], &mut Vec<u8>, usize) = match held {
            Held::Encoded => (encoded, first, 0),
            Held::Stage(0) => (first, second, 1),
            Held::Stage(_) => (second, first, 0),
            Held::Out => {
                return Err(CodecError::damaged(
                    "pipeline",
                    "a filter follows the last one",
                ));
            }
        };
        let input = input.get(..length).unwrap_or(input);
        if filter.id == id::FLETCHER32 {
            length = fletcher32::verified(input)?.len();
            continue;
        }
        let is_last = active(filters, mask)
            .all(|(other, spec)| other >= index || spec.id == id::FLETCHER32)
            && sizes.get(index) == Some(&Some(out.len()));
        let target = if is_last {
            held = Held::Out;
            &mut *out
        } else {
            held = Held::Stage(spare_index);
            let bound = match sizes.get(index) {
                Some(Some(size)) => *size,
                _ => out.len().saturating_mul(2).saturating_add(4096),
            };
            spare.resize(bound, 0);
            spare.as_mut_slice()
        };
        length = undo(filter, input, element_size, target, (block, inflater))?;
        if is_last {
            break;
        }
    }
    let done = match held {
        Held::Out => {
            return if length == out.len() {
                Ok(())
            } else {
                Err(CodecError::Size {
                    found: length,
                    expected: out.len(),
                })
            };
        }
        Held::Encoded => encoded.get(..length),
        Held::Stage(index) => stages.get(index).and_then(|stage| stage.get(..length)),
    };
    match done {
        Some(done) if done.len() == out.len() => out.copy_from_slice(done),
        _ => {
            return Err(CodecError::Size {
                found: length,
                expected: out.len(),
            });
        }
    }
    Ok(())
}

/// Filters that were applied, with their place in the pipeline.
fn active(
    filters: &[FilterSpec],
    mask: u32,
) -> impl DoubleEndedIterator<Item = (usize, &FilterSpec)> {
    filters
        .iter()
        .enumerate()
        .filter(move |(index, _)| *index >= 32 || mask >> index & 1 == 0)
}

/// For each filter the number of bytes that it was applied to, where that is known.
fn sizes_before(filters: &[FilterSpec], mask: u32, chunk_size: usize) -> Vec<Option<usize>> {
    let mut size = Some(chunk_size);
    let mut sizes = Vec::with_capacity(filters.len());
    for (index, filter) in filters.iter().enumerate() {
        sizes.push(size);
        if index < 32 && mask >> index & 1 == 1 {
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

fn undo(
    filter: &FilterSpec,
    input: &[u8],
    element_size: usize,
    out: &mut [u8],
    (block, inflater): (&mut Vec<u8>, &mut Inflater),
) -> Result<usize, CodecError> {
    let parameter = |index: usize| {
        filter
            .client_data
            .get(index)
            .map(|value| *value as usize)
            .filter(|value| *value > 0)
    };
    match filter.id {
        id::DEFLATE => inflater.inflate(input, out),
        id::SHUFFLE => {
            let expected = out.len();
            let Some(out) = out.get_mut(..input.len()) else {
                return Err(CodecError::Size {
                    found: input.len(),
                    expected,
                });
            };
            shuffle::unshuffle(input, parameter(0).unwrap_or(element_size), out);
            Ok(input.len())
        }
        id::LZ4 => lz4::decode_lz4_filter(input, out),
        id::BITSHUFFLE => {
            let size = parameter(2).unwrap_or(element_size);
            bitshuffle::decode(
                input,
                size,
                parameter(3),
                parameter(4).unwrap_or(0),
                out,
                block,
            )
        }
        _ => Err(unknown(filter)),
    }
}

/// Applies `filters` to one chunk, first one first: deflate, shuffle and Fletcher-32.
///
/// # Errors
/// [`CodecError::UnknownFilter`] for any other filter.
pub fn encode(
    filters: &[FilterSpec],
    chunk: &[u8],
    element_size: usize,
) -> Result<Vec<u8>, CodecError> {
    let mut bytes = chunk.to_vec();
    for filter in filters {
        let parameter = filter.client_data.first().copied().unwrap_or(0);
        match filter.id {
            id::DEFLATE => bytes = deflate::deflate(&bytes, parameter)?,
            id::SHUFFLE => {
                let size = if parameter == 0 {
                    element_size
                } else {
                    parameter as usize
                };
                let mut shuffled = vec![0; bytes.len()];
                shuffle(&bytes, size, &mut shuffled);
                bytes = shuffled;
            }
            id::FLETCHER32 => {
                let sum = fletcher32(&bytes);
                bytes.extend(sum.to_le_bytes());
            }
            _ => return Err(unknown(filter)),
        }
    }
    Ok(bytes)
}

fn unknown(filter: &FilterSpec) -> CodecError {
    CodecError::UnknownFilter {
        id: filter.id,
        name: filter.display_name().to_owned(),
    }
}
