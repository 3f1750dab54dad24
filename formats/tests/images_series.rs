//! Files of a numbered series are one stack, whichever of them is opened.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Arc;

use common::{Folder, Served, open, shared};
use hutch_model::{
    BlockState, Cancel, Container, CostHint, Dataset, ErrorKind, ReadAt, Samples, Slab, read_slab,
};
use pollster::block_on;

fn children(container: &dyn Container) -> Vec<String> {
    let children = block_on(container.children("/", &Cancel::new())).unwrap();
    children.iter().map(|child| child.name.clone()).collect()
}

fn frame(dataset: &dyn Dataset, index: u64) -> hutch_model::Block {
    let slab = Slab::frame(&dataset.info().shape, index);
    block_on(read_slab(dataset, &slab, &Cancel::new())).unwrap()
}

#[test]
fn one_file_of_a_scan_offers_all_of_them() {
    let container = open(&shared("images/series/scan_9.tif"));
    assert_eq!(
        children(&*container),
        ["data", "stack"],
        "itself and the scan"
    );
    let stack = block_on(container.dataset("/stack", &Cancel::new())).unwrap();
    assert_eq!(stack.info().shape, [4, 6, 7], "four files");
    for index in 0..3 {
        let block = frame(&*stack, index);
        let number = 8 + u16::try_from(index).unwrap();
        assert_eq!(
            block.samples,
            Samples::U16(vec![number; 42]),
            "8, 9, 10: not 10, 11, 8"
        );
        assert_eq!(block.state, BlockState::Present, "it is there");
    }
    let nodes = block_on(container.nodes(&["/stack".to_owned()], &Cancel::new()));
    let node = nodes.into_iter().next().unwrap().unwrap();
    let last = node.attribute("last_file").unwrap();
    assert_eq!(last.as_text(), Some("scan_11.tif"), "the last of them");
}

#[test]
fn a_file_of_another_shape_is_missing_in_its_place() {
    let container = open(&shared("images/series/scan_8.tif"));
    let stack = block_on(container.dataset("/stack", &Cancel::new())).unwrap();
    let BlockState::Missing(why) = frame(&*stack, 3).state else {
        panic!("frame 3 has another shape");
    };
    assert!(
        why.contains("scan_11.tif") && why.contains("[5, 7]"),
        "got {why}"
    );
}

#[test]
fn the_folder_is_listed_only_when_the_tree_is() {
    let path = shared("images/series/scan_8.tif");
    let folder = Folder::new(path.parent().unwrap());
    let source: Arc<dyn ReadAt> = Served::file(&path, CostHint::REMOTE);
    let neighbours = Arc::clone(&folder);
    let container = block_on(hutch_formats::open(source, neighbours, &Cancel::new())).unwrap();
    let plot = block_on(hutch_formats::nexus::default_plot(
        &*container,
        &Cancel::new(),
    ))
    .unwrap();
    let signal = plot.signal.unwrap();
    assert_eq!(
        signal.data.origin().path,
        "/data",
        "the file itself is shown"
    );
    assert!(
        folder.asked.lock().unwrap().is_empty(),
        "and nothing else asked"
    );
    children(&*container);
    children(&*container);
    assert_eq!(
        *folder.asked.lock().unwrap(),
        ["list scan_"],
        "once, and no file opened"
    );
}

#[test]
fn a_file_alone_is_no_series() {
    let container = open(&shared("images/tiff_bits4.tif"));
    let path = "/stack".to_owned();
    let nodes = block_on(container.nodes(&[path], &Cancel::new()));
    let is_series = nodes[0].is_ok();
    let names = children(&*container);
    assert_eq!(
        is_series,
        names.contains(&"stack".to_owned()),
        "as the tree says"
    );
    let alone = open(&shared("images/tiff_pilatus.tif"));
    assert_eq!(children(&*alone), ["data"], "a name without a number");
    let error = block_on(alone.dataset("/stack", &Cancel::new())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
}

#[test]
fn names_of_a_folder_become_a_stack() {
    let root = shared("images/series");
    let names = ["scan_10.tif", "scan_8.tif", "scan_9.tif", "scan_7.tif"];
    let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let from = root.join("any").to_string_lossy().into_owned();
    let open_stack = |names: &[String]| {
        let folder = Folder::new(&root);
        block_on(hutch_formats::open_stack(
            names,
            &from,
            folder,
            &Cancel::new(),
        ))
    };
    let error = open_stack(&names).unwrap_err();
    assert!(
        error.why.contains("scan_7.tif"),
        "the first is absent: {error}"
    );
    names.pop();
    let stack = open_stack(&names).unwrap();
    assert_eq!(stack.info().shape, [3, 6, 7], "three files");
    assert_eq!(
        frame(&*stack, 0).samples.get_text(0),
        "8",
        "in the order of their numbers"
    );
    assert!(open_stack(&[]).is_err(), "nothing is no stack");
}
