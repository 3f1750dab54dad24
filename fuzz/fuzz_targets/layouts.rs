//! Opens arbitrary bytes as an HDF5 file of a facility, with files beside it.
#![no_main]

use hutch_fuzz::files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| files::open_layout(data));
