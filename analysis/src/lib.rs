//! Numbers: kernels in three bodies, recipes and their translators.
//!
//! This room knows arrays, kernels, the GPU device and recipes. It opens no
//! file, asks no server and draws no view: the caller reads what a recipe
//! names, hands slabs of samples to this package and writes what comes back.
//!
//! Conventions, everywhere: axes are slowest first; pixel `i` has its centre at
//! `i`; angles are radians; attenuation is in 1/px (divide by the pixel size in
//! metres for 1/m). Parallel loops run in the rayon pool that the caller is in
//! (`pool.install(...)`), or in rayon's global one.

pub mod angles;
pub mod array;
pub mod back_project;
pub mod calibrants;
pub mod calibration;
pub mod centre;
pub mod curve;
pub mod fbp;
pub mod flat_field;
pub mod gpu;
pub mod integrate;
pub mod kernel;
mod least_squares;
pub mod maps;
pub mod mask;
pub mod numeric;
pub mod phantom;
pub mod preview;
pub mod ramp_filter;
pub mod recipe;
pub mod reduce;
pub mod region;
pub mod registry;
pub mod translate;
pub mod volume;
