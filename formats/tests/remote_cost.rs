//! What reading costs over a connection: rounds of requests, and bytes.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use std::sync::Arc;

use common::{Served, open_served, own, shared};
use hutch_formats::{nexus, tomo};
use hutch_model::{Cancel, CostHint, Samples, Slab, read_slab};
use pollster::block_on;

const GIB: u64 = 1 << 30;
const FRAME_BYTES: u64 = 1024 * 1352 * 2;

/// A connection over which even a small file is not fetched whole.
const SLOW: CostHint = CostHint {
    bytes_per_sec: 1e5,
    ..CostHint::REMOTE
};

fn stack() -> Arc<Served> {
    let head = std::fs::read(own("stack.head")).unwrap();
    let size = head.len() as u64 + 388 * FRAME_BYTES;
    assert!(size > GIB, "a stack of more than 1 GiB");
    Served::sparse("memory:stack.h5", head, size, CostHint::REMOTE)
}

#[test]
fn the_first_projection_of_a_large_stack_costs_little_more_than_itself() {
    let served = stack();
    let container = open_served(&served, &own("stack.head"));
    let cancel = Cancel::new();
    let plot = block_on(nexus::default_plot(&*container, &cancel)).unwrap();
    let signal = plot.signal.expect("the stack has a default plot");
    let (requests, _, bytes) = served.counts();
    assert!(requests <= 2, "opening took {requests} rounds");
    assert!(bytes <= 1 << 20, "opening took {bytes} bytes");
    served.forget();
    let slab = Slab::frame(&signal.data.info().shape, 200);
    let block = block_on(read_slab(&*signal.data, &slab, &cancel)).unwrap();
    assert_eq!(block.samples.len(), 1024 * 1352, "one projection");
    assert_eq!(
        served.counts(),
        (1, 1, FRAME_BYTES),
        "one range of exactly the projection"
    );
}

#[test]
fn a_sinogram_reads_only_its_rows() {
    let served = stack();
    let container = open_served(&served, &own("stack.head"));
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/entry/data/data", &cancel)).unwrap();
    served.forget();
    let slab = Slab {
        start: vec![0, 512, 0],
        count: vec![388, 1, 1352],
        step: vec![1, 1, 1],
    };
    let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
    assert_eq!(block.shape, [388, 1, 1352], "one row of each projection");
    assert_eq!(
        served.counts(),
        (1, 388, 388 * 1352 * 2),
        "one row of each projection, in one round"
    );
}

#[test]
fn listing_hundreds_of_groups_takes_few_rounds() {
    for name in ["hdf5/dense_earliest.h5", "hdf5/dense_latest.h5"] {
        let served = Served::file(&shared(name), CostHint::REMOTE);
        let container = open_served(&served, &shared(name));
        let cancel = Cancel::new();
        let children = block_on(container.children("/many", &cancel)).unwrap();
        assert_eq!(children.len(), 600, "the groups of {name}");
        let paths: Vec<String> = children
            .iter()
            .map(|child| format!("/many/{}", child.name))
            .collect();
        let nodes = block_on(container.nodes(&paths, &cancel));
        assert!(nodes.iter().all(Result::is_ok), "each can be read");
        let (rounds, ranges, bytes) = served.counts();
        assert!(rounds <= 6, "{name}: {rounds} rounds, {ranges} ranges");
        assert!(bytes <= 600_000, "{name}: {bytes} bytes");
        served.forget();
        block_on(container.nodes(&paths, &cancel));
        assert_eq!(served.counts().0, 0, "the second time costs nothing");
    }
}

#[test]
fn a_frame_in_a_chunk_costs_its_chunk() {
    let path = shared("tomography/diamond_pin.nxs");
    let served = Served::file(&path, SLOW);
    let container = open_served(&served, &path);
    let cancel = Cancel::new();
    let scan = block_on(tomo::scan(&*container, &cancel)).unwrap().unwrap();
    let dataset = &scan.projections.dataset;
    let shape = dataset.info().shape.clone();
    block_on(read_slab(&**dataset, &Slab::frame(&shape, 3), &cancel)).unwrap();
    served.forget();
    let encoded = block_on(dataset.fetch(&Slab::frame(&shape, 40), &cancel)).unwrap();
    let (rounds, ranges, bytes) = served.counts();
    assert_eq!((rounds, ranges), (1, 1), "one chunk, its table is known");
    assert_eq!(bytes, encoded.read_bytes, "only the chunk was read");
    assert!(bytes < 135 * 160 * 2, "and it came compressed");
}

#[test]
fn a_scan_is_opened_plotted_and_shown_in_three_rounds() {
    let path = shared("tomography/diamond_pin.nxs");
    let served = Served::file(&path, SLOW);
    let container = open_served(&served, &path);
    let cancel = Cancel::new();
    let signal = block_on(nexus::default_signal(&*container, &cancel))
        .unwrap()
        .expect("the scan has a default plot");
    block_on(tomo::scan(&*container, &cancel))
        .unwrap()
        .expect("it is a scan");
    let slab = Slab::frame(&signal.data.info().shape, 46);
    block_on(read_slab(&*signal.data, &slab, &cancel)).unwrap();
    let (rounds, _, bytes) = served.counts();
    assert!(rounds <= 3, "{rounds} rounds");
    assert!(bytes <= 512 << 10, "{bytes} bytes of a file of 3.2 MB");
}

#[test]
fn a_small_file_comes_whole_where_that_costs_few_round_trips() {
    let path = shared("tomography/diamond_pin.nxs");
    let served = Served::file(&path, CostHint::REMOTE);
    let container = open_served(&served, &path);
    let cancel = Cancel::new();
    let scan = block_on(tomo::scan(&*container, &cancel)).unwrap().unwrap();
    let dataset = &scan.projections.dataset;
    let frame = |index| Slab::frame(&dataset.info().shape, index);
    block_on(read_slab(&**dataset, &frame(3), &cancel)).unwrap();
    let (rounds, _, bytes) = served.counts();
    assert!(rounds <= 2, "the head and the rest: {rounds} rounds");
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(bytes, size, "each byte once");
    served.forget();
    block_on(read_slab(&**dataset, &frame(40), &cancel)).unwrap();
    assert_eq!(served.counts().0, 0, "then everything is here");
}

/// A folder with the file `file.h5` of a script of h5py.
fn written(script: &str) -> Option<tempfile::TempDir> {
    let python = hutch_testservers::python_with("h5py")?;
    let folder = tempfile::tempdir().unwrap();
    let mut writer = std::process::Command::new(python);
    let status = writer
        .args(["-c", script])
        .arg(folder.path().join("file.h5"))
        .status();
    assert!(status.unwrap().success(), "the script of h5py ends");
    Some(folder)
}

/// 200,000 chunks in a B-tree of version 1: the index alone has many MB.
const VAST: &str = r#"
import sys, h5py, numpy
with h5py.File(sys.argv[1], "w", libver="earliest") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1, 4))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((200_000, 4))
    h5py.h5d.create(f.id, b"data", h5py.h5t.NATIVE_UINT8, space, plist)
    for frame in (10, 100_000, 100_001, 199_999):
        f["data"][frame] = numpy.arange(4) + frame % 100
"#;

#[test]
fn frames_of_a_vast_stack_read_only_their_part_of_the_index() {
    let Some(folder) = written(VAST) else { return };
    let path = folder.path().join("file.h5");
    let size = std::fs::metadata(&path).unwrap().len();
    let served = Served::file(&path, SLOW);
    let container = open_served(&served, &path);
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/data", &cancel)).unwrap();
    for (index, frame) in [(10, 10_u8), (100_000, 0), (100_001, 1), (199_999, 99)] {
        let slab = Slab {
            start: vec![index, 0],
            count: vec![1, 4],
            step: vec![1, 1],
        };
        let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
        let expected = [frame, frame + 1, frame + 2, frame + 3];
        assert_eq!(
            block.samples,
            Samples::U8(expected.to_vec()),
            "frame {index}"
        );
    }
    let (_, _, bytes) = served.counts();
    assert!(bytes < size / 4, "{bytes} bytes of {size}");
}

/// 1000 chunks whose index lies in pieces between them.
const GROWN: &str = r#"
import sys, h5py, numpy
with h5py.File(sys.argv[1], "w", libver="latest") as f:
    data = f.create_dataset("data", (0, 64, 64), "u1", chunks=(1, 64, 64), maxshape=(None, 64, 64))
    for frame in range(1000):
        data.resize(frame + 1, 0)
        data[frame] = frame % 251
"#;

#[test]
fn the_first_frame_comes_before_the_rest_of_its_index() {
    let Some(folder) = written(GROWN) else { return };
    let path = folder.path().join("file.h5");
    let served = Served::file(&path, SLOW);
    let container = open_served(&served, &path);
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/data", &cancel)).unwrap();
    let frame = |index| {
        let slab = Slab::frame(&dataset.info().shape, index);
        block_on(read_slab(&*dataset, &slab, &cancel))
            .unwrap()
            .samples
    };
    assert_eq!(frame(0), Samples::U8(vec![0; 64 * 64]), "the first frame");
    let (rounds, _, bytes) = served.counts();
    assert!(rounds <= 2, "{rounds} rounds");
    assert!(bytes <= 512 << 10, "{bytes} bytes of a file of 4 MB");
    for index in [1, 2, 700, 999] {
        let expected = u8::try_from(index % 251).unwrap();
        let expected = Samples::U8(vec![expected; 64 * 64]);
        assert_eq!(frame(index), expected, "frame {index}");
    }
}

#[test]
fn a_file_far_away_is_opened_in_one_round() {
    let path = shared("hdf5/basic_latest.h5");
    let served = Served::file(&path, CostHint::REMOTE);
    open_served(&served, &path);
    let (rounds, _, bytes) = served.counts();
    assert_eq!(rounds, 1, "one request");
    assert!(bytes <= 256 << 10, "of one block");
}

#[test]
fn everything_may_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let served = stack();
    let container = open_served(&served, &own("stack.head"));
    let cancel = Cancel::new();
    is_send(&nexus::default_plot(&*container, &cancel));
    is_send(&nexus::signal_at(&*container, "/entry", &cancel));
    is_send(&tomo::scan(&*container, &cancel));
    let folder = common::Folder::new(&own(""));
    is_send(&hutch_formats::open(served, folder, &cancel));
}
