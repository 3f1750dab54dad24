//! Groups of very many links, and very deep trees.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Folder, Served};
use hutch_model::{Cancel, Container, CostHint, Link, Neighbours, ReadAt};
use pollster::block_on;

const WRITER: &str = r#"
import sys, h5py
with h5py.File(sys.argv[1] + "/collection.h5", "w", libver=("earliest", "latest")) as f:
    for n in range(3300):
        f["scans/%d.1" % n] = h5py.ExternalLink("scan%04d/bliss.h5" % n, "/%d.1" % n)
with h5py.File(sys.argv[1] + "/deep.h5", "w", libver="latest") as f:
    group = f.id
    for _ in range(20000):
        group = h5py.h5g.create(group, b"g")
"#;

fn written() -> Option<tempfile::TempDir> {
    let python = hutch_testservers::python_with("h5py")?;
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Command::new(python);
    let status = writer.args(["-c", WRITER]).arg(folder.path()).status();
    let status = status.unwrap();
    assert!(status.success(), "the script of h5py ends");
    Some(folder)
}

fn opened(path: &Path) -> (Arc<dyn Container>, Arc<Folder>) {
    let folder = Folder::new(path.parent().unwrap());
    let source = Served::file(path, CostHint::LOCAL) as Arc<dyn ReadAt>;
    let neighbours = Arc::clone(&folder) as Arc<dyn Neighbours>;
    let container = block_on(hutch_formats::open(source, neighbours, &Cancel::new())).unwrap();
    (container, folder)
}

#[test]
fn thousands_of_external_links_are_listed_without_opening_one() {
    let Some(folder) = written() else { return };
    let (container, asked) = opened(&folder.path().join("collection.h5"));
    let children = block_on(container.children("/scans", &Cancel::new())).unwrap();
    assert_eq!(children.len(), 3300, "all scans");
    let external = Link::External {
        file: "scan0017/bliss.h5".to_owned(),
        path: "/17.1".to_owned(),
    };
    let found = children.iter().find(|child| child.name == "17.1").unwrap();
    assert_eq!(found.link, external, "where scan 17 lies");
    assert_eq!(asked.asked.lock().unwrap().len(), 0, "no file was opened");
}

#[test]
fn twenty_thousand_nested_groups_end_soon() {
    let Some(folder) = written() else { return };
    let (container, _) = opened(&folder.path().join("deep.h5"));
    let cancel = Cancel::new();
    let start = Instant::now();
    let deep = "/g".repeat(19_999);
    let children = block_on(container.children(&deep, &cancel)).unwrap();
    assert_eq!(children.len(), 1, "the last but one holds the last");
    let beyond = "/g".repeat(20_001);
    assert!(
        block_on(container.children(&beyond, &cancel)).is_err(),
        "there is nothing behind the last"
    );
    let took = start.elapsed();
    assert!(took < Duration::from_secs(10), "it took {took:?}");
}
