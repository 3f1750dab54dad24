//! Opens arbitrary bytes as an EDF, SMV, CBF or MarCCD image, also in gzip and bzip2.
#![no_main]

use hutch_fuzz::files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| files::open(data, files::BEAMLINE));
