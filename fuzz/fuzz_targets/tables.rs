//! Opens arbitrary bytes as a SPEC or .fio scan.
#![no_main]

use hutch_fuzz::files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| files::open(data, files::TABLES));
