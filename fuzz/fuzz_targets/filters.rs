//! Decodes arbitrary bytes with a filter. `HUTCH_FILTER=32004` keeps to one of them.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static PINNED: LazyLock<Option<u16>> =
    LazyLock::new(|| std::env::var("HUTCH_FILTER").ok()?.parse().ok());

fuzz_target!(|data: &[u8]| hutch_fuzz::filters::decode(data, *PINNED));
