//! Walks arbitrary bytes as an HDF5 file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hutch_fuzz::hdf5::walk(data));
