//! Walks arbitrary bytes as an HDF5 file. Seeds: `tests/data/hdf5`, `tests/data/malformed`.
#![no_main]

use std::collections::HashSet;

use hutch_hdf5::{Blocks, File, Limits, LinkTarget, Step};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let blocks = Blocks::whole(data.to_vec());
    let limits = Limits { metadata_bytes: 1 << 22, entry_count: 1 << 16, chunk_count: 1 << 16, ..Limits::default() };
    let Ok(Step::Done(file)) = File::open(&blocks, limits) else { return };
    let mut seen = HashSet::from([file.root()]);
    let mut open = vec![file.root()];
    while let Some(address) = open.pop() {
        if let Ok(Step::Done(object)) = file.object(&blocks, address)
            && let Some(info) = object.dataset()
        {
            let _ = file.chunk_table(&blocks, info);
        }
        let Ok(Step::Done(links)) = file.children(&blocks, address) else { continue };
        for link in links {
            let _ = file.resolve(&blocks, address, &link.name);
            if let LinkTarget::Hard(address) = link.target
                && seen.insert(address)
                && seen.len() < 1000
            {
                open.push(address);
            }
        }
    }
});
