//! Superblock, object headers, messages and chunk indices as bytes.

use super::bytes_out::Out;
use super::chunks::filters;
use super::heap::Heap;
use super::index;
use super::layout::Place;
use super::node::{Dataset, ElementKind, NewLink, Node, Stored};
use super::spec::{AttributeValue, WriteError};
use super::types::{element, number, text};
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
        push(kind::DATATYPE, element(dataset.kind))?;
        push(kind::FILL_VALUE, fill_value(dataset))?;
        push(kind::LAYOUT, layout(dataset, own))?;
        if let Stored::Deflated { level, .. } | Stored::Compressed { level, .. } = &dataset.stored {
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

/// No value of its own: unwritten elements are zero.
fn fill_value(dataset: &Dataset) -> Out {
    let is_early = matches!(dataset.stored, Stored::Chunked { .. });
    let mut out = Out::default();
    out.u8(3).u8(if is_early { 0x09 } else { 0x0a });
    out
}

fn layout(dataset: &Dataset, place: Place) -> Out {
    let mut out = Out::default();
    let or_nowhere = |address: u64, is_there: bool| if is_there { address } else { UNDEFINED };
    match &dataset.stored {
        Stored::Contiguous { .. } | Stored::Texts(_) => {
            let size = dataset.stored.size();
            out.u8(3)
                .u8(1)
                .u64(or_nowhere(place.data, size > 0))
                .u64(size);
        }
        Stored::Chunked {
            chunk_shape, size, ..
        } => {
            chunk_sizes(&mut out, chunk_shape, dataset.kind);
            out.u8(2).u64(or_nowhere(place.data, *size > 0));
        }
        Stored::Deflated { chunk_shape, .. } | Stored::Compressed { chunk_shape, .. } => {
            let count = index::chunk_count(&dataset.stored);
            chunk_sizes(&mut out, chunk_shape, dataset.kind);
            out.u8(3)
                .u8(index::page_bits(count))
                .u64(or_nowhere(place.index, index::has_index(&dataset.stored)));
        }
    }
    out
}

fn chunk_sizes(out: &mut Out, chunk_shape: &[u64], kind: ElementKind) {
    let element = kind.size();
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

fn filter_pipeline(kind: ElementKind, level: u32) -> Out {
    let filters = filters(kind.size(), level);
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
            heap.put(&mut data, value);
            (text(), dataspace(&[]))
        }
        AttributeValue::Texts(values) => {
            for value in values {
                heap.put(&mut data, value);
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
