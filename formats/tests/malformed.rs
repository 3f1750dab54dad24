//! Files that crash or hang other readers: errors, never panics, in bounded time.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Folder, Served, shared};
use hutch_formats::{nexus, tomo};
use hutch_model::{Cancel, Container, CostHint, NodeKind, ReadAt, Slab, read_slab};
use pollster::block_on;

const NODE_LIMIT: usize = 500;

/// Lists everything, and reads up to a thousand samples of each dataset.
async fn walk(container: &dyn Container, cancel: &Cancel) -> usize {
    let mut groups = vec!["/".to_owned()];
    let mut seen = 0;
    while let Some(group) = groups.pop() {
        let Ok(children) = container.children(&group, cancel).await else {
            continue;
        };
        let paths: Vec<String> = children
            .iter()
            .take(NODE_LIMIT)
            .map(|child| format!("{group}/{}", child.name))
            .collect();
        for (path, node) in paths.iter().zip(container.nodes(&paths, cancel).await) {
            seen += 1;
            let Ok(node) = node else { continue };
            match node.kind {
                NodeKind::Group if seen < NODE_LIMIT && path.len() < 200 => {
                    groups.push(path.clone());
                }
                NodeKind::Dataset(info) => {
                    let Ok(dataset) = container.dataset(path, cancel).await else {
                        continue;
                    };
                    let mut slab = Slab::whole(&info.shape);
                    for count in &mut slab.count {
                        *count = (*count).min(10);
                    }
                    // Whether it can be read does not matter, only that it ends.
                    let _end = read_slab(&*dataset, &slab, cancel).await.is_ok();
                }
                _ => {}
            }
        }
    }
    seen
}

#[test]
fn every_malformed_file_ends_in_an_error_or_in_data() {
    let mut opened = 0;
    let mut files = 0;
    for entry in std::fs::read_dir(shared("malformed")).unwrap() {
        let path = entry.unwrap().path();
        let start = Instant::now();
        let served = Served::file(&path, CostHint::REMOTE);
        let cancel = Cancel::new();
        files += 1;
        let folder = Folder::new(&shared("malformed"));
        let source = Arc::clone(&served) as Arc<dyn ReadAt>;
        block_on(async {
            let Ok(container) = hutch_formats::open(source, folder, &cancel).await else {
                return;
            };
            opened += 1;
            walk(&*container, &cancel).await;
            let _plot = nexus::default_plot(&*container, &cancel).await.is_ok();
            let _scan = tomo::scan(&*container, &cancel).await.is_ok();
        });
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{path:?} took {took:?}");
    }
    assert!(files > 90 && opened > 40, "{opened} of {files} files open");
}

#[test]
fn a_file_cut_anywhere_ends_in_an_error_or_in_data() {
    let whole = std::fs::read(shared("hdf5/chunked_latest.h5")).unwrap();
    let cancel = Cancel::new();
    for part in 1..40 {
        let cut = whole[..whole.len() * part / 40].to_vec();
        let served = Served::new("memory:cut.h5", cut, CostHint::LOCAL);
        let folder = Folder::new(&shared("hdf5"));
        block_on(async {
            if let Ok(container) = hutch_formats::open(served, folder, &cancel).await {
                walk(&*container, &cancel).await;
            }
        });
    }
}

#[test]
fn what_is_not_hdf5_is_named() {
    let cancel = Cancel::new();
    for (head, said) in [
        (&b"<html><body>Sign in</body></html>"[..], "web page"),
        (b"II*\0abcd", "TIFF"),
        (b"###CBF: VERSION 1.5", "binary section"),
        (b"", "empty"),
    ] {
        let served = Served::new("https://facility.example/scan.nxs", head, CostHint::REMOTE);
        let folder = Folder::new(&shared(""));
        let error = block_on(hutch_formats::open(served, folder, &cancel)).unwrap_err();
        assert!(error.why.contains(said), "{said} expected: {error}");
    }
}
