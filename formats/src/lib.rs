//! Bytes to datasets: HDF5, NeXus, DXchange, images.
//!
//! This room knows how files are built and what NeXus means; it does not know
//! where bytes come from. It asks [`hutch_model::ReadAt`] for ranges and
//! [`hutch_model::Neighbours`] for other files, and runs on any executor.

pub mod arithmetic;
pub mod assembled;
mod beamline;
mod convert;
pub mod corrected;
pub mod geometry;
pub mod hdf5;
mod images;
mod join;
pub mod layouts;
mod looks;
pub mod memory;
pub mod nexus;
mod path;
pub mod registry;
pub mod results;
pub mod stream;
pub mod tomo;
pub mod transposed;
pub mod write;

pub use images::series::{open_stack, series};
pub use looks::like as looks_like;
pub use registry::{FORMATS, Format, extensions_with_signature, may_open, open};
