//! Chunk filters of HDF5, Zarr, TIFF and live frames as plain functions.
//!
//! Encoded bytes are not trusted: every output is bounded by the nominal size of the chunk, which
//! the caller gives, never by a length in the data; damaged data gives a [`CodecError`].

mod allocator;
mod bits;
mod bitshuffle;
mod blosc;
mod bzip2;
mod deflate;
mod encode;
mod error;
mod fletcher32;
mod jpeg;
mod lz4;
mod lzf;
mod nbit;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pipeline;
mod registered;
mod scale_offset;
mod scratch;
mod shuffle;
mod szip;
mod undo;
mod window;
mod zfp;
mod zstd;

pub use allocator::LineAllocator;
pub use bitshuffle::{decode_bitshuffle, unshuffle_bits};
pub use bzip2::decode_bzip2;
pub use encode::encode;
pub use error::CodecError;
pub use fletcher32::fletcher32;
pub use jpeg::{JpegShape, decode_jpeg, jpeg_shape};
pub use lz4::{decode_lz4_block, decode_lz4_filter};
pub use lzf::decode_lzf;
pub use nbit::decode_nbit;
pub use pipeline::{FILTERS_MAX, FilterSpec, decode_into};
pub use registered::{filter_name, id, is_known, known_filters};
pub use scale_offset::decode_scale_offset;
pub use scratch::Scratch;
pub use shuffle::{shuffle, unshuffle};
pub use szip::decode_szip;
pub use zfp::decode_zfp;
