//! Image files as containers: TIFF, numpy arrays, MRC, volumes, raw binaries.
//!
//! A format is one small file. It reads a header, says where the pieces of its
//! frames lie ([`chunked::Chunks`]) or that all samples lie in one run
//! ([`contiguous::Contiguous`]), and hands the dataset to an
//! [`container::ImageContainer`]. Only the pieces that a slab touches are read.

pub(crate) mod chunked;
pub(crate) mod container;
pub(crate) mod contiguous;
pub(crate) mod file;
pub(crate) mod mrc;
pub(crate) mod npy;
pub(crate) mod raw;
pub(crate) mod sample;
pub(crate) mod series;
mod state;
pub(crate) mod tiff;
pub(crate) mod vol;
