//! Chunk filters of HDF5 as plain functions: deflate, shuffle, Fletcher-32, bitshuffle and LZ4.
//!
//! Encoded bytes are not trusted: every output is bounded by the nominal size of the chunk, which
//! the caller gives, never by a length in the data; damaged data gives a [`CodecError`].

mod bitshuffle;
mod deflate;
mod error;
mod fletcher32;
mod lz4;
mod pipeline;
mod registered;
mod shuffle;

pub use bitshuffle::{decode_bitshuffle, unshuffle_bits};
pub use error::CodecError;
pub use fletcher32::fletcher32;
pub use lz4::{decode_lz4_block, decode_lz4_filter};
pub use pipeline::{FilterSpec, Scratch, decode_into, encode};
pub use registered::{filter_name, id};
pub use shuffle::{shuffle, unshuffle};
