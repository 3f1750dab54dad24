//! Damaged image files are reported in words: no panic, no hang, bounded memory.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::{Folder, Served, shared};
use hutch_model::{Cancel, CostHint, NodeKind, ReadAt, Slab};
use pollster::block_on;

/// Samples that are read of a damaged file at most.
const READ_LIMIT: u64 = 1 << 20;

/// Opens bytes as a file of that name and reads everything that is not large.
fn try_all(name: &str, bytes: Vec<u8>) {
    let path = shared(&format!("images/{name}"));
    let served: Arc<dyn ReadAt> = Served::new(&path.to_string_lossy(), bytes, CostHint::LOCAL);
    let folder = Folder::new(path.parent().unwrap());
    let cancel = Cancel::new();
    block_on(async {
        let container = match hutch_formats::open(served, folder, &cancel).await {
            Ok(container) => container,
            Err(error) => {
                assert!(!error.why.is_empty(), "{name}: an error without words");
                return;
            }
        };
        for child in container.children("/", &cancel).await.unwrap().iter() {
            let asked = [format!("/{}", child.name)];
            let node = container.nodes(&asked, &cancel).await.remove(0).unwrap();
            let NodeKind::Dataset(info) = node.kind else {
                continue;
            };
            let dataset = container.dataset(&asked[0], &cancel).await.unwrap();
            let mut slab = Slab::frame(&info.shape, info.frame_count().saturating_sub(1));
            while slab
                .element_count()
                .map_or(true, |count| count > READ_LIMIT)
            {
                slab.count = slab.count.iter().map(|count| count.div_ceil(2)).collect();
            }
            let read = hutch_model::read_slab(&*dataset, &slab, &cancel).await;
            if let Err(error) = read {
                assert!(!error.why.is_empty(), "{name}: an error without words");
            }
        }
    });
}

/// Numbers that look random and are always the same.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// The small files beside `make.py`, each with its name.
fn samples() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(shared("images"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .filter(|(name, _)| name != "make.py" && name != "expected.json")
        .collect();
    files.sort();
    files
}

#[test]
fn files_that_were_cut_anywhere_never_panic() {
    for (name, bytes) in samples() {
        let step = (bytes.len() / 64).max(1);
        for end in (0..bytes.len()).step_by(step) {
            try_all(&name, bytes[..end].to_vec());
        }
    }
}

#[test]
fn files_with_changed_bytes_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let special = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];
    for (name, bytes) in samples() {
        for _ in 0..50 {
            let mut changed = bytes.clone();
            for _ in 0..=next(&mut state) % 4 {
                // Headers are small: most changes hit them.
                let reach = if next(&mut state).is_multiple_of(4) {
                    changed.len()
                } else {
                    changed.len().min(512)
                };
                let at = usize::try_from(next(&mut state)).unwrap() % reach.max(1);
                let value = special[usize::try_from(next(&mut state)).unwrap() % special.len()];
                if let Some(byte) = changed.get_mut(at) {
                    *byte = value;
                }
            }
            try_all(&name, changed);
        }
    }
}
