//! The data that the facility serves: real, small, and inside the program.

mod folder;
mod large_scan;
mod pin;

pub use folder::{DemoFolder, make_demo_folder};
pub use large_scan::{LARGE_SCAN_SHAPE, LARGE_SCAN_SIZE_BYTES, make_large_scan};
