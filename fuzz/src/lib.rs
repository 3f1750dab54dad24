//! What the fuzz targets do with arbitrary bytes, and what the replay of their corpus does in tests.

pub mod files;
pub mod filters;
pub mod hdf5;
pub mod serial;
