//! Regions of interest: shapes become runs of pixels, and runs become numbers.
//!
//! A [`Shape`] is a plain value with a text form that people write and read. Its
//! rows are known before anything is read, so that a region over a stack reads
//! only the rows that it covers.

mod named;
mod profile;
mod runs;
mod shape;
mod sums;
mod within;

pub use named::{Region, SCHEMA, regions_from_json, regions_to_json};
pub use profile::{Frame, Profile};
pub use runs::Run;
pub use shape::Shape;
pub use sums::{RegionStatistics, region_statistics};
pub use within::Along;
