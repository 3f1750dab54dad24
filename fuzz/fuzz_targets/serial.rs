//! Reads arbitrary bytes as a .poni, a .geom or a .stream.
#![no_main]

use hutch_fuzz::serial;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| serial::read(data));
