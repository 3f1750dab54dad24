//! What malformed, damaged and lying files may cost: at most a second of the
//! processor and 256 MiB, and never a panic.

#![allow(
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints what it measured"
)]

#[path = "budgets/bombs.rs"]
mod bombs;
mod common;
#[path = "budgets/meter.rs"]
mod meter;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{Folder, Served, own, shared};
use hutch_formats::{nexus, tomo};
use hutch_model::{Cancel, Container, CostHint, NodeKind, ReadAt, Slab, read_slab};
use meter::{Taken, measure};
use pollster::block_on;

const BYTES_MAX: usize = 256 << 20;
const SECONDS_MAX: f64 = 1.0;
/// Nodes that are looked at in one file.
const NODE_MAX: usize = 500;

/// Reads a corner, an overview and, where it lies about its size, the whole.
async fn read(container: &dyn Container, path: &str, shape: &[u64], cancel: &Cancel) {
    let Ok(dataset) = container.dataset(path, cancel).await else {
        return;
    };
    let corner = |side: u64| {
        shape
            .iter()
            .map(|&size| size.min(side))
            .collect::<Vec<u64>>()
    };
    let mut last = Slab::whole(shape);
    last.count = corner(16);
    for ((start, count), size) in last.start.iter_mut().zip(&last.count).zip(shape) {
        *start = size - count;
    }
    let mut overview = Slab::whole(shape);
    overview.count = corner(8);
    for ((step, count), size) in overview.step.iter_mut().zip(&overview.count).zip(shape) {
        *step = (size / (*count).max(1)).max(1);
    }
    let mut slabs = vec![
        last,
        overview,
        Slab {
            count: corner(16),
            ..Slab::whole(shape)
        },
    ];
    let whole = Slab::whole(shape);
    // What has that many elements cannot be in a file of some megabytes.
    if whole.element_count().is_err() || whole.element_count().is_ok_and(|count| count > 1 << 30) {
        slabs.push(whole);
    }
    for slab in slabs {
        if slab
            .element_count()
            .is_ok_and(|count| count > 1 << 16 && count < 1 << 30)
        {
            continue;
        }
        // Whether it can be read does not matter, only what it costs.
        let _end = read_slab(&*dataset, &slab, cancel).await.is_ok();
    }
}

/// Lists everything and reads some of each dataset.
async fn walk(container: &dyn Container, cancel: &Cancel) {
    let mut groups = vec!["/".to_owned()];
    let mut seen = 0;
    while let Some(group) = groups.pop() {
        let Ok(children) = container.children(&group, cancel).await else {
            continue;
        };
        let names = children.iter().take(NODE_MAX).map(|child| &child.name);
        let paths: Vec<String> = names.map(|name| format!("{group}/{name}")).collect();
        for (path, node) in paths.iter().zip(container.nodes(&paths, cancel).await) {
            seen += 1;
            match node.map(|node| node.kind) {
                Ok(NodeKind::Group) if seen < NODE_MAX && path.len() < 400 => {
                    groups.push(path.clone());
                }
                Ok(NodeKind::Dataset(info)) => read(container, path, &info.shape, cancel).await,
                _ => {}
            }
        }
    }
}

/// Opens bytes as a file of that path, and does with it all that a view does.
fn look_at(path: &Path, bytes: Vec<u8>) -> Taken {
    let source = Served::new(&path.to_string_lossy(), bytes, CostHint::LOCAL) as Arc<dyn ReadAt>;
    let folder = Folder::new(path.parent().unwrap());
    let cancel = Cancel::new();
    let ((), taken) = measure(|| {
        block_on(async {
            match hutch_formats::open(source, folder, &cancel).await {
                Ok(container) => {
                    walk(&*container, &cancel).await;
                    let _plot = nexus::default_plot(&*container, &cancel).await.is_ok();
                    let _scan = tomo::scan(&*container, &cancel).await.is_ok();
                }
                Err(error) => assert!(!error.why.is_empty(), "{}: without words", path.display()),
            }
        });
    });
    taken
}

/// The most of both that files took, with their names.
#[derive(Debug, Default)]
struct Most {
    files: usize,
    bytes: (usize, String),
    seconds: (f64, String),
    over: Vec<String>,
}

impl Most {
    fn add(&mut self, name: &str, taken: Taken) {
        self.files += 1;
        if taken.bytes > self.bytes.0 {
            self.bytes = (taken.bytes, name.to_owned());
        }
        if taken.seconds > self.seconds.0 {
            self.seconds = (taken.seconds, name.to_owned());
        }
        if taken.bytes > BYTES_MAX || taken.seconds > SECONDS_MAX {
            self.over.push(format!("{name}: {taken:?}"));
        }
    }

    fn check(&self, what: &str) {
        eprintln!(
            "{what}: {} files, at most {} MiB ({}) and {:.2} s ({})",
            self.files,
            self.bytes.0 >> 20,
            self.bytes.1,
            self.seconds.0,
            self.seconds.1
        );
        assert!(self.over.is_empty(), "over the budget: {:#?}", self.over);
    }
}

/// Files below a folder.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn the_malformed_files_cost_little() {
    let mut files = Vec::new();
    files_below(&shared("malformed"), &mut files);
    files.extend(["bombs.h5", "escape.h5", "nested.h5"].map(own));
    let mut most = Most::default();
    for path in files {
        most.add(
            &path.to_string_lossy(),
            look_at(&path, std::fs::read(&path).unwrap()),
        );
    }
    assert!(most.files > 90, "they are there: {}", most.files);
    most.check("malformed");
}

#[test]
fn files_that_claim_to_be_huge_cost_little() {
    let mut most = Most::default();
    for (name, bytes) in bombs::all() {
        most.add(&name, look_at(&Path::new("/bombs").join(&name), bytes));
    }
    most.check("bombs");
}

/// Numbers that look random and are always the same.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// 1 to 16 bytes changed, or a part cut off.
fn damage(bytes: &mut Vec<u8>, state: &mut u64) {
    let size = bytes.len() as u64;
    if next(state).is_multiple_of(8) {
        bytes.truncate((next(state) % size.max(1)) as usize);
        return;
    }
    for _ in 0..=next(state) % 16 {
        let place = (next(state) % size.max(1)) as usize;
        let value = match next(state) % 3 {
            0 => 0xff,
            1 => 0,
            _ => next(state) as u8,
        };
        if let Some(byte) = bytes.get_mut(place) {
            *byte = value;
        }
    }
}

#[test]
fn damaged_copies_of_every_sample_cost_little() {
    let copies: u64 = std::env::var("HUTCH_DAMAGED").map_or(6, |text| text.parse().unwrap());
    let mut files = Vec::new();
    for folder in ["hdf5", "images", "beamline", "layouts", "tomography"] {
        files_below(&shared(folder), &mut files);
    }
    let mut most = Most::default();
    let mut state = 20_261_121;
    for path in files {
        let is_script = path
            .extension()
            .is_some_and(|end| end == "py" || end == "json");
        let whole = std::fs::read(&path).unwrap();
        if is_script || whole.len() > 4 << 20 {
            continue;
        }
        for copy in 0..copies {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut state);
            let name = format!("{} (copy {copy})", path.display());
            most.add(&name, look_at(&path, bytes));
        }
    }
    assert!(most.files > 1000, "many were tried: {}", most.files);
    most.check("damaged");
}
