//! Decodes arbitrary bytes with each filter: the first byte chooses it, the next two the chunk.
#![no_main]

use hutch_codecs::{FilterSpec, Scratch, decode_into};
use libfuzzer_sys::fuzz_target;

const FILTERS: [(u16, &[u32]); 8] = [
    (1, &[6]),
    (2, &[4]),
    (3, &[]),
    (32004, &[]),
    (32008, &[0, 4, 4, 0, 2]),
    (32008, &[0, 4, 2, 0, 2]),
    (32008, &[0, 4, 8, 0, 2]),
    (32008, &[0, 4, 4, 16, 0]),
];

fuzz_target!(|data: &[u8]| {
    let [which, low, high, encoded @ ..] = data else { return };
    let (id, parameters) = FILTERS[usize::from(*which) % FILTERS.len()];
    let filter = FilterSpec { id, name: String::new(), optional: false, client_data: parameters.to_vec() };
    let mut out = vec![0; usize::from(u16::from_le_bytes([*low, *high]))];
    let _ = decode_into(&[filter], 0, encoded, 4, &mut out, &mut Scratch::default());
});
