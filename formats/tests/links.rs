//! Links within a file, between files, and to nowhere.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::sync::Arc;

use common::{Folder, Served, open, own, read_all};
use hutch_model::{Cancel, CostHint, ErrorKind, Link, Neighbours, NodeKind, ReadAt};
use pollster::block_on;

fn error_at(path: &str) -> hutch_model::Error {
    let container = open(&own("links.h5"));
    let mut nodes = block_on(container.nodes(&[path.to_owned()], &Cancel::new()));
    nodes.remove(0).expect_err(path)
}

#[test]
fn soft_links_are_relative_to_their_group_or_absolute() {
    let container = open(&own("links.h5"));
    for path in [
        "/here",
        "/entry/absolute",
        "hard_circle/here",
        "/hard_circle/hard_circle/here",
    ] {
        let block = read_all(&*container, path);
        assert_eq!(block.samples.len(), 5, "{path} leads to /here");
    }
    assert_eq!(
        read_all(&*container, "/entry/dot").samples.len(),
        2,
        "./beside"
    );
}

#[test]
fn links_into_another_file_lead_there() {
    let container = open(&own("links.h5"));
    let cancel = Cancel::new();
    assert_eq!(
        read_all(&*container, "/other").shape,
        [3, 4],
        "a dataset there"
    );
    let children = block_on(container.children("/other_group", &cancel)).unwrap();
    assert_eq!(
        &*children[0].name, "inner",
        "a group there, over a soft link"
    );
    let block = read_all(&*container, "/other_group/inner");
    assert_eq!(block.samples.to_f64(), [0.0, 1.0, 2.0], "beyond the link");
    let dataset = block_on(container.dataset("/other", &cancel)).unwrap();
    assert!(
        dataset.origin().url.ends_with("links_other.h5"),
        "its origin is the other file: {}",
        dataset.origin()
    );
}

#[test]
fn a_link_that_leads_nowhere_is_an_error_of_its_own() {
    let cancel = Cancel::new();
    let container = open(&own("links.h5"));
    let paths = ["/dangling", "/here", "/absent", "/other"].map(str::to_owned);
    let nodes = block_on(container.nodes(&paths, &cancel));
    let found: Vec<bool> = nodes.iter().map(Result::is_ok).collect();
    assert_eq!(found, [false, true, false, true], "siblings are spared");
    let children = block_on(container.children("/", &cancel)).unwrap();
    let absent = children
        .iter()
        .find(|child| child.name == "absent")
        .unwrap();
    assert_eq!(
        absent.link,
        Link::External {
            file: "absent.h5".to_owned(),
            path: "/data".to_owned()
        },
        "the listing names the file"
    );
}

#[test]
fn an_absent_file_is_named() {
    let error = error_at("/absent");
    assert_eq!(error.kind, ErrorKind::NotFound, "absent: {error}");
    assert!(error.why.contains("absent.h5"), "which file: {error}");
    let error = error_at("/other_missing");
    assert_eq!(
        error.kind,
        ErrorKind::NotFound,
        "no such path there: {error}"
    );
}

#[test]
fn what_the_policy_refuses_is_said() {
    let error = error_at("/escape");
    assert_eq!(error.kind, ErrorKind::Refused, "refused: {error}");
    assert!(error.why.contains("outside"), "and why: {error}");
}

#[test]
fn circles_end() {
    for path in ["/circle", "/self", "/forth"] {
        let error = error_at(path);
        assert_eq!(error.kind, ErrorKind::NotFound, "{path}: {error}");
    }
}

#[test]
fn an_absent_file_is_asked_for_once() {
    let folder = Folder::new(&own(""));
    let served = Served::file(&own("links.h5"), CostHint::LOCAL);
    let cancel = Cancel::new();
    let container = block_on(hutch_formats::open(
        served as Arc<dyn ReadAt>,
        Arc::clone(&folder) as Arc<dyn Neighbours>,
        &cancel,
    ))
    .unwrap();
    let paths = vec!["/absent".to_owned(), "/absent/x".to_owned()];
    for _ in 0..3 {
        block_on(container.nodes(&paths, &cancel));
    }
    let asked = folder.asked.lock().unwrap().len();
    assert_eq!(asked, 1, "one question for all links into the same file");
}

#[test]
fn a_group_is_told_from_a_dataset_through_links() {
    let container = open(&own("links.h5"));
    let paths = ["/", "/other", "/other_group"].map(str::to_owned);
    let nodes = block_on(container.nodes(&paths, &Cancel::new()));
    let groups: Vec<bool> = nodes
        .iter()
        .map(|node| matches!(node.as_ref().unwrap().kind, NodeKind::Group))
        .collect();
    assert_eq!(groups, [true, false, true], "root and group are groups");
}
