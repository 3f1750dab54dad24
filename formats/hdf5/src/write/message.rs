//! Superblock, object headers, messages and chunk indices as bytes.

use super::bytes_out::Out;
use super::{AttributeValue, Dataset, Heap, NewLink, Node, Place, Stored, WriteError, filters};
use crate::btree_v2::bytes_for;
use crate::datatype::ScalarKind;
use crate::header::kind;

const UNDEFINED: u64 = u64::MAX;
/// Object reference count.
const LINK_COUNT: u16 = 0x16;

pub(super) fn superblock(file_size: u64, root: u64) -> Vec<u8> {
    let mut out = Out::default();
    out.bytes(b"\x89HDF\r\n\x1a\n").u8(2).u8(8).u8(8).u8(0);
    out.u64(0).u64(UNDEFINED).u64(file_size).u64(root);
    out.into_checked()
}

/// The object header of a group or dataset, version 2 in one piece.
pub(super) fn header(
    node: &Node,
    places: &[Place],
    own: Place,
    heap: &Heap,
) -> Result<Vec<u8>, WriteError> {
    let mut messages = Out::default();
    let mut push = |kind: u16, body: Out| {
        let body = body.into_bytes();
        let Ok(length) = u16::try_from(body.len()) else {
            return Err(WriteError::TooLarge(node.path.clone()));
        };
        messages
            .u8((kind & 0xff) as u8)
            .u16(length)
            .u8(0)
            .bytes(&body);
        Ok(())
    };
    if let Some(dataset) = &node.dataset {
        push(kind::DATASPACE, dataspace(&dataset.shape))?;
        push(kind::DATATYPE, number(dataset.kind))?;
        push(kind::FILL_VALUE, fill_value(dataset))?;
        push(kind::LAYOUT, layout(dataset, own))?;
        if let Stored::Deflated { level, .. } = &dataset.stored {
            push(kind::FILTERS, filter_pipeline(dataset.kind, *level))?;
        }
    } else {
        let mut info = Out::default();
        info.u8(0).u8(0).u64(UNDEFINED).u64(UNDEFINED);
        push(kind::LINK_INFO, info)?;
        let mut info = Out::default();
        info.u8(0).u8(0);
        push(kind::GROUP_INFO, info)?;
        for (name, target) in &node.links {
            push(kind::LINK, link(name, target, places))?;
        }
    }
    if node.link_count > 1 {
        let mut count = Out::default();
        count.u8(0).u32(node.link_count);
        push(LINK_COUNT, count)?;
    }
    for (name, value) in &node.attributes {
        push(kind::ATTRIBUTE, attribute(name, value, heap))?;
    }
    let messages = messages.into_bytes();
    let Ok(length) = u32::try_from(messages.len()) else {
        return Err(WriteError::TooLarge(node.path.clone()));
    };
    let mut out = Out::default();
    out.bytes(b"OHDR").u8(2).u8(2).u32(length).bytes(&messages);
    Ok(out.into_checked())
}

fn dataspace(shape: &[u64]) -> Out {
    let mut out = Out::default();
    out.u8(2)
        .count8(shape.len())
        .u8(0)
        .u8(u8::from(!shape.is_empty()));
    for size in shape {
        out.u64(*size);
    }
    out
}

fn number(kind: ScalarKind) -> Out {
    match kind {
        ScalarKind::U8 => integer(1, 0),
        ScalarKind::U16 => integer(2, 0),
        ScalarKind::U32 => integer(4, 0),
        ScalarKind::U64 => integer(8, 0),
        ScalarKind::I8 => integer(1, 8),
        ScalarKind::I16 => integer(2, 8),
        ScalarKind::I32 => integer(4, 8),
        ScalarKind::I64 => integer(8, 8),
        ScalarKind::F16 => float(2, [10, 5, 0, 10], 15),
        ScalarKind::F32 => float(4, [23, 8, 0, 23], 127),
        ScalarKind::F64 => float(8, [52, 11, 0, 52], 1023),
        ScalarKind::Complex32 => complex(8, float(4, [23, 8, 0, 23], 127)),
        ScalarKind::Complex64 => complex(16, float(8, [52, 11, 0, 52], 1023)),
    }
}

fn integer(size: u8, sign: u8) -> Out {
    let mut out = Out::default();
    out.u8(0x10)
        .u8(sign)
        .zeros(2)
        .u32(u32::from(size))
        .u16(0)
        .u16(u16::from(size) * 8);
    out
}

fn float(size: u8, fields: [u8; 4], bias: u32) -> Out {
    let mut out = Out::default();
    let bits = size * 8;
    out.u8(0x11)
        .u8(0x20)
        .u8(bits - 1)
        .u8(0)
        .u32(u32::from(size));
    out.u16(0).u16(u16::from(bits)).bytes(&fields).u32(bias);
    out
}

/// The compound of `r` and `i` that h5py makes of complex numbers; version 3.
fn complex(size: u8, part: Out) -> Out {
    let part = part.into_bytes();
    let mut out = Out::default();
    out.u8(0x36).u8(2).zeros(2).u32(u32::from(size));
    out.bytes(b"r\0")
        .u8(0)
        .bytes(&part)
        .bytes(b"i\0")
        .u8(size / 2)
        .bytes(&part);
    out
}

fn text() -> Out {
    let mut out = Out::default();
    // A sequence of variable length that is a UTF-8 string, of one-byte strings.
    out.u8(0x19).u8(1).u8(1).u8(0).u32(16);
    out.u8(0x13).u8(0x10).zeros(2).u32(1);
    out
}

/// No value of its own: unwritten elements are zero.
fn fill_value(dataset: &Dataset) -> Out {
    let is_early = matches!(dataset.stored, Stored::Chunked { .. });
    let mut out = Out::default();
    out.u8(3).u8(if is_early { 0x09 } else { 0x0a });
    out
}

fn layout(dataset: &Dataset, place: Place) -> Out {
    let mut out = Out::default();
    match &dataset.stored {
        Stored::Contiguous { size, .. } => {
            out.u8(3)
                .u8(1)
                .u64(if *size == 0 { UNDEFINED } else { place.data })
                .u64(*size);
        }
        Stored::Chunked {
            chunk_shape, size, ..
        } => {
            chunk_sizes(&mut out, chunk_shape, dataset.kind);
            out.u8(2)
                .u64(if *size == 0 { UNDEFINED } else { place.data });
        }
        Stored::Deflated {
            chunk_shape,
            chunks,
            ..
        } => {
            chunk_sizes(&mut out, chunk_shape, dataset.kind);
            out.u8(3)
                .u8(page_bits(chunks.len()))
                .u64(if chunks.is_empty() {
                    UNDEFINED
                } else {
                    place.index
                });
        }
    }
    out
}

fn chunk_sizes(out: &mut Out, chunk_shape: &[u64], kind: ScalarKind) {
    let element = kind.size() as u64;
    let largest = chunk_shape.iter().copied().max().unwrap_or(1).max(element);
    let bytes = bytes_for(largest);
    out.u8(4)
        .u8(2)
        .u8(0)
        .count8(chunk_shape.len() + 1)
        .count8(bytes);
    for size in chunk_shape.iter().chain([&element]) {
        out.bytes(size.to_le_bytes().get(..bytes).unwrap_or_default());
    }
}

/// So many that the array is never cut into pages.
fn page_bits(chunk_count: usize) -> u8 {
    (chunk_count.max(1024).next_power_of_two().ilog2() & 0xff) as u8
}

fn filter_pipeline(kind: ScalarKind, level: u32) -> Out {
    let filters = filters(kind, level);
    let mut out = Out::default();
    out.u8(2).count8(filters.len());
    for filter in &filters {
        out.u16(filter.id)
            .u16(u16::from(filter.optional))
            .count16(filter.client_data.len());
        for value in &filter.client_data {
            out.u32(*value);
        }
    }
    out
}

/// The index of compressed chunks: a fixed array, header and block.
pub(super) fn index(node: &Node, place: Place) -> Vec<u8> {
    let Some(Stored::Deflated {
        chunks,
        chunk_bytes,
        ..
    }) = node.dataset.as_ref().map(|dataset| &dataset.stored)
    else {
        return Vec::new();
    };
    if chunks.is_empty() {
        return Vec::new();
    }
    // As libhdf5 counts: room for chunks that grew when compressed.
    let size_bytes = 1 + (chunk_bytes.ilog2() as usize + 8) / 8;
    let element_bytes = 8 + size_bytes.min(8) + 4;
    const HEADER_BYTES: u64 = 28;
    let mut header = Out::default();
    header
        .bytes(b"FAHD")
        .u8(0)
        .u8(1)
        .count8(element_bytes)
        .u8(page_bits(chunks.len()));
    header
        .u64(chunks.len() as u64)
        .u64(place.index + HEADER_BYTES);
    let mut block = Out::default();
    block.bytes(b"FADB").u8(0).u8(1).u64(place.index);
    let mut at = place.data;
    for chunk in chunks {
        let size = (chunk.len() as u64).to_le_bytes();
        block.u64(at).bytes(&size[..size_bytes.min(8)]).u32(0);
        at += chunk.len() as u64;
    }
    let mut bytes = header.into_checked();
    bytes.extend(block.into_checked());
    bytes
}

fn link(name: &str, target: &NewLink, places: &[Place]) -> Out {
    let mut out = Out::default();
    // Flags: the link type and the character set are given, the length of the name has two bytes.
    out.u8(1).u8(0x19);
    out.u8(match target {
        NewLink::Hard(_) => 0,
        NewLink::Soft(_) => 1,
        NewLink::External { .. } => 64,
    });
    out.u8(1).count16(name.len()).bytes(name.as_bytes());
    match target {
        NewLink::Hard(index) => out.u64(places.get(*index).map_or(0, |place| place.header)),
        NewLink::Soft(path) => out.count16(path.len()).bytes(path.as_bytes()),
        NewLink::External { file, path } => out
            .count16(file.len() + path.len() + 3)
            .u8(0)
            .bytes(file.as_bytes())
            .u8(0)
            .bytes(path.as_bytes())
            .u8(0),
    };
    out
}

fn attribute(name: &str, value: &AttributeValue, heap: &Heap) -> Out {
    let mut data = Out::default();
    let (datatype, space) = match value {
        AttributeValue::Text(value) => {
            put_text(&mut data, value, heap);
            (text(), dataspace(&[]))
        }
        AttributeValue::Texts(values) => {
            for value in values {
                put_text(&mut data, value, heap);
            }
            (text(), dataspace(&[values.len() as u64]))
        }
        AttributeValue::Int(value) => {
            data.bytes(&value.to_le_bytes());
            (number(ScalarKind::I64), dataspace(&[]))
        }
        AttributeValue::Ints(values) => {
            for value in values {
                data.bytes(&value.to_le_bytes());
            }
            (number(ScalarKind::I64), dataspace(&[values.len() as u64]))
        }
        AttributeValue::Float(value) => {
            data.bytes(&value.to_le_bytes());
            (number(ScalarKind::F64), dataspace(&[]))
        }
        AttributeValue::Floats(values) => {
            for value in values {
                data.bytes(&value.to_le_bytes());
            }
            (number(ScalarKind::F64), dataspace(&[values.len() as u64]))
        }
    };
    let (datatype, space, data) = (datatype.into_bytes(), space.into_bytes(), data.into_bytes());
    let mut out = Out::default();
    out.u8(3).u8(0).count16(name.len() + 1);
    out.count16(datatype.len()).count16(space.len()).u8(1);
    out.bytes(name.as_bytes())
        .u8(0)
        .bytes(&datatype)
        .bytes(&space)
        .bytes(&data);
    out
}

fn put_text(out: &mut Out, text: &str, heap: &Heap) {
    match heap.place_of(text) {
        Some((collection, index)) => out
            .u32(u32::try_from(text.len()).unwrap_or(0))
            .u64(collection)
            .u32(index),
        None => out.u32(0).u64(0).u32(0),
    };
}
