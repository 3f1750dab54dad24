//! Arbitrary bytes as one stored chunk, with the filter and its parameters in front of it.
//!
//! `[filter, element size, chunk size (2), parameter count, parameters (4 each), chunk]`, numbers
//! little-endian. The low bits of the first byte are the place of the filter among the known ones;
//! 0x80 puts a byte shuffle before it, 0x40 a checksum behind it.

use std::cell::RefCell;

use hutch_codecs::{FilterSpec, Scratch, decode_into, decode_jpeg, jpeg_shape, known_filters};

const WITH_SHUFFLE: u8 = 0x80;
const WITH_CHECKSUM: u8 = 0x40;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const JPEG: u16 = 32019;

/// Decodes `data` with the filter that it names, or with `pinned` whatever it names.
pub fn decode(data: &[u8], pinned: Option<u16>) {
    let [which, element_size, low, high, count, rest @ ..] = data else {
        return;
    };
    let (words, _) = rest.as_chunks::<4>();
    let parameters: Vec<u32> = words
        .iter()
        .take(usize::from(*count))
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    let encoded = rest.get(parameters.len() * 4..).unwrap_or(&[]);
    let known = known_filters();
    let id = pinned.unwrap_or(known[usize::from(which & 0x3f) % known.len()]);
    let mut filters = vec![spec(id, parameters)];
    if which & WITH_SHUFFLE != 0 {
        filters.insert(0, spec(SHUFFLE, vec![u32::from(*element_size)]));
    }
    if which & WITH_CHECKSUM != 0 {
        filters.push(spec(FLETCHER32, Vec::new()));
    }
    let mut out = vec![0; usize::from(u16::from_le_bytes([*low, *high]))];
    SCRATCH.with_borrow_mut(|scratch| {
        let element_size = usize::from(*element_size);
        let _end = decode_into(&filters, 0, encoded, element_size, &mut out, scratch);
    });
    if id == JPEG && jpeg_shape(encoded).is_ok_and(|shape| shape.size_bytes() < 1 << 20) {
        let _end = decode_jpeg(encoded, &mut out);
    }
}

fn spec(id: u16, client_data: Vec<u32>) -> FilterSpec {
    FilterSpec {
        id,
        name: String::new(),
        optional: false,
        client_data,
    }
}

thread_local! {
    /// Kept from input to input, as a worker keeps its own.
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}
