//! Damaged beamline files: an answer or an error with a reason, and never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_model::{Cancel, Container, CostHint, NodeKind, Slab, read_slab};
use pollster::block_on;

use common::{Folder, Served};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/beamline")
}

/// A small generator with a fixed start, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }
}

/// Reads what can be read of a file, down three levels.
fn read_everything(url: &str, bytes: Vec<u8>) {
    let cancel = Cancel::new();
    let source = Served::new(url, bytes, CostHint::LOCAL);
    let Ok(container) = block_on(hutch_formats::open(source, Folder::new(&folder()), &cancel))
    else {
        return;
    };
    let mut level = vec!["/".to_owned()];
    for _ in 0..5 {
        let mut next = Vec::new();
        for node in block_on(container.nodes(&level, &cancel))
            .into_iter()
            .flatten()
        {
            if matches!(node.kind, NodeKind::Dataset(_)) {
                read_dataset(&container, &node.path);
            } else {
                let children = block_on(container.children(&node.path, &cancel));
                let names = children.iter().flat_map(|list| list.iter().take(12));
                next.extend(names.map(|child| format!("{}/{}", node.path, child.name)));
            }
        }
        level = next;
    }
}

fn read_dataset(container: &Arc<dyn Container>, path: &str) {
    let cancel = Cancel::new();
    let Ok(dataset) = block_on(container.dataset(path, &cancel)) else {
        return;
    };
    let mut slab = Slab::whole(&dataset.info().shape);
    // A file may claim any number of images; three of them are enough.
    if let Some(first) = slab
        .count
        .first_mut()
        .filter(|_| dataset.info().shape.len() > 2)
    {
        *first = (*first).min(3);
    }
    let small = slab.element_count().is_ok_and(|count| count < 1 << 22);
    if small {
        drop(block_on(read_slab(&*dataset, &slab, &cancel)));
    }
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .filter(|path| {
            !path
                .extension()
                .is_some_and(|end| end == "py" || end == "json")
        })
        .map(|path| {
            (
                path.to_string_lossy().into_owned(),
                std::fs::read(path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn files_with_changed_bytes_give_an_answer() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for (url, bytes) in samples() {
        for round in 0..60 {
            let mut bytes = bytes.clone();
            for _ in 0..=round % 7 {
                // Most changes go to the header.
                let limit = if random.below(3) == 0 {
                    bytes.len()
                } else {
                    bytes.len().min(1600)
                };
                let at = random.below(limit);
                bytes[at] = match random.below(4) {
                    0 => b"0123456789-{};=%#\n"[random.below(18)],
                    1 => bytes[at].wrapping_add(1),
                    _ => random.next().to_le_bytes()[3],
                };
            }
            read_everything(&url, bytes);
        }
    }
}

#[test]
fn files_with_parts_cut_or_doubled_give_an_answer() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (url, bytes) in samples() {
        for _ in 0..25 {
            let from = random.below(bytes.len());
            let to = from + random.below(bytes.len() - from);
            read_everything(&url, [&bytes[..from], &bytes[to..]].concat());
            read_everything(&url, [&bytes[..to], &bytes[from..]].concat());
            read_everything(&url, bytes[..from].to_vec());
        }
    }
}

#[test]
fn numbers_of_a_header_may_be_anything() {
    let numbers = [
        "0",
        "-1",
        "18446744073709551615",
        "9223372036854775807",
        "4294967296",
        "1e30",
        "nan",
        "",
    ];
    for (url, bytes) in samples() {
        let mut starts = Vec::new();
        for at in 1..bytes.len().min(4000) {
            if bytes[at].is_ascii_digit() && !bytes[at - 1].is_ascii_digit() {
                starts.push(at);
            }
        }
        for start in starts.into_iter().take(60) {
            let end = start
                + bytes[start..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
            for number in numbers {
                read_everything(
                    &url,
                    [&bytes[..start], number.as_bytes(), &bytes[end..]].concat(),
                );
            }
        }
    }
}
