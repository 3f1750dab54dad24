//! Datasets that are put together from others.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use hutch_formats::assembled::{AssembledDataset, Joined, Source, Sources};
use hutch_formats::memory::MemoryContainer;
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Container, Dataset, DatasetInfo, ElementType, Origin,
    Result, Samples, Slab, Validator, read_slab,
};
use pollster::block_on;

/// Frames `[n, 2, 3]` of three files, the second of which may be absent.
#[derive(Debug)]
struct Files {
    datasets: Vec<Option<Arc<dyn Dataset>>>,
}

impl Sources for Files {
    fn open<'a>(&'a self, index: u64, _cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            let index = usize::try_from(index).unwrap();
            Ok(match self.datasets.get(index).cloned().flatten() {
                Some(dataset) => Source::Open(dataset),
                None => Source::Missing("the file is absent".to_owned()),
            })
        })
    }
}

fn frames(first: u16, count: u64) -> Arc<dyn Dataset> {
    let values = (0..count * 6).map(|index| first * 6 + u16::try_from(index).unwrap());
    let container = MemoryContainer::new("part").dataset(
        "/data",
        &[count, 2, 3],
        Samples::U16(values.collect()),
        &[],
    );
    block_on(Container::dataset(
        &container.unwrap(),
        "/data",
        &Cancel::new(),
    ))
    .unwrap()
}

fn assembled(datasets: Vec<Option<Arc<dyn Dataset>>>, element: ElementType) -> AssembledDataset {
    let joined = Joined::along_first_axis(Files { datasets }, &[4, 3, 5]).unwrap();
    let info = DatasetInfo {
        shape: vec![joined.length(), 2, 3],
        stored: element.to_string(),
        element,
        chunk_shape: None,
        filters: Vec::new(),
        layout: "joined".to_owned(),
        size_bytes: None,
        unreadable: None,
    };
    let origin = Origin {
        url: "memory:joined".to_owned(),
        validator: Validator::Fixed,
        path: "/data".to_owned(),
    };
    AssembledDataset::new(
        info,
        origin,
        Some(Samples::U16(vec![9999])),
        Box::new(joined),
    )
}

fn three() -> Vec<Option<Arc<dyn Dataset>>> {
    vec![Some(frames(0, 4)), Some(frames(4, 3)), Some(frames(7, 5))]
}

fn read(dataset: &AssembledDataset, slab: &Slab) -> Block {
    block_on(read_slab(dataset, slab, &Cancel::new())).unwrap()
}

#[test]
fn frames_of_all_files_count_on() {
    let dataset = assembled(three(), ElementType::U16);
    let block = read(&dataset, &Slab::whole(&[12, 2, 3]));
    assert_eq!(block.samples, Samples::U16((0..72).collect()), "in order");
    assert_eq!(block.state, BlockState::Present, "nothing is missing");
}

#[test]
fn a_step_goes_over_the_borders_of_files() {
    let dataset = assembled(three(), ElementType::U16);
    let slab = Slab {
        start: vec![1, 1, 0],
        count: vec![4, 1, 2],
        step: vec![3, 1, 2],
    };
    let block = read(&dataset, &slab);
    let expected = [1u16, 4, 7, 10].map(|frame| [frame * 6 + 3, frame * 6 + 5]);
    assert_eq!(
        block.samples,
        Samples::U16(expected.concat()),
        "frames 1, 4, 7 and 10, row 1, columns 0 and 2"
    );
}

#[test]
fn an_absent_file_is_told_and_its_frames_have_the_fill_value() {
    let mut datasets = three();
    datasets[1] = None;
    let dataset = assembled(datasets, ElementType::U16);
    let block = read(&dataset, &Slab::whole(&[12, 2, 3]));
    let BlockState::Missing(why) = &block.state else {
        panic!("the second file is missing: {:?}", block.state);
    };
    assert_eq!(why, "1 of 3 parts are missing: the file is absent", "which");
    let Samples::U16(values) = &block.samples else {
        panic!("uint16 expected");
    };
    assert!(
        values[24..42].iter().all(|value| *value == 9999) && values[42] == 42,
        "only its own frames are filled"
    );
}

#[test]
fn a_file_that_is_shorter_than_promised_misses_only_its_end() {
    let mut datasets = three();
    datasets[2] = Some(frames(7, 2));
    let dataset = assembled(datasets, ElementType::U16);
    let block = read(&dataset, &Slab::frame(&[12, 2, 3], 8));
    assert_eq!(block.samples, Samples::U16((48..54).collect()), "frame 8");
    let end = read(&dataset, &Slab::frame(&[12, 2, 3], 11));
    assert!(
        matches!(end.state, BlockState::Missing(_)),
        "frame 11 is not there yet"
    );
}

#[test]
fn samples_are_converted_to_the_type_of_the_whole() {
    let joined = assembled(three(), ElementType::F64);
    let block = read(&joined, &Slab::frame(&[12, 2, 3], 4));
    let expected = (24..30).map(f64::from).collect();
    assert_eq!(block.samples, Samples::F64(expected), "as float64");
}

#[test]
fn the_cost_counts_the_parts_that_are_touched() {
    let dataset = assembled(three(), ElementType::U16);
    let slab = Slab::frame(&[12, 2, 3], 5);
    let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
    assert_eq!((cost.requests, cost.decoded_bytes), (1, 12), "one frame");
}
