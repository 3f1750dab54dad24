//! Image files give what the reference readers of their formats give, bit for bit.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Served, crc32, open, open_served, read_all, shared};
use hutch_model::{Cancel, Container, CostHint, ErrorKind, Slab, read_slab};
use pollster::block_on;
use serde_json::Value;

fn expected() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(shared("images/expected.json")).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Object(files) => files,
        other => panic!("a map of files, got {other}"),
    }
}

#[test]
fn every_sample_of_every_file_is_as_the_reference_reads_it() {
    let files = expected();
    assert!(files.len() >= 84, "{} files", files.len());
    for (name, datasets) in &files {
        let container = open(&shared(&format!("images/{name}")));
        for (path, wanted) in datasets.as_object().unwrap() {
            check(&*container, name, path, wanted);
        }
    }
}

fn check(container: &dyn Container, name: &str, path: &str, wanted: &Value) {
    let dataset = block_on(container.dataset(path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let shape: Vec<u64> = serde_json::from_value(wanted["shape"].clone()).unwrap();
    assert_eq!(dataset.info().shape, shape, "the shape of {name}::{path}");
    let element = dataset.info().element.to_string();
    assert_eq!(element, wanted["dtype"], "the type of {name}::{path}");
    let block = read_all(container, path);
    let crc = u64::from(crc32(block.samples.bytes()));
    assert_eq!(crc, wanted["crc32"], "the samples of {name}::{path}");
    every_part_is_the_same(&*dataset, &block);
}

/// Parts read alone are those of the whole, with any steps.
fn every_part_is_the_same(dataset: &dyn hutch_model::Dataset, whole: &hutch_model::Block) {
    let shape = &dataset.info().shape;
    for (from, step) in [(0, 2), (1, 1), (1, 3)] {
        let start: Vec<u64> = shape.iter().map(|&size| from.min(size - 1)).collect();
        let count = shape.iter().zip(&start);
        let slab = Slab {
            count: count
                .map(|(size, from)| (size - from).div_ceil(step))
                .collect(),
            step: vec![step; shape.len()],
            start,
        };
        let part = block_on(read_slab(dataset, &slab, &Cancel::new())).unwrap();
        let size = dataset.info().element.size_bytes().unwrap();
        let mut wanted = Vec::new();
        for index in 0..slab.element_count().unwrap() {
            let at = flat(index, &slab, shape) * size;
            wanted.extend_from_slice(&whole.samples.bytes()[at..at + size]);
        }
        assert_eq!(
            part.samples.bytes(),
            wanted,
            "{slab:?} of {}",
            dataset.origin()
        );
        let cost = block_on(dataset.cost(&slab, &Cancel::new())).unwrap();
        assert_eq!(
            cost.decoded_bytes,
            wanted.len() as u64,
            "{}",
            dataset.origin()
        );
    }
}

/// The position in the whole of an element of a slab.
fn flat(index: u64, slab: &Slab, shape: &[u64]) -> usize {
    let (mut rest, mut place, mut stride) = (index, 0, 1);
    for axis in (0..shape.len()).rev() {
        let at = slab.start[axis] + rest % slab.count[axis] * slab.step[axis];
        rest /= slab.count[axis];
        place += at * stride;
        stride *= shape[axis];
    }
    usize::try_from(place).unwrap()
}

#[test]
fn an_array_of_objects_is_refused_in_words() {
    for (name, word) in [("npy_objects", "Python objects"), ("npy_records", "'x'")] {
        let container = open(&shared(&format!("images/{name}.npy")));
        let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
        let why = dataset.info().unreadable.clone().unwrap();
        assert!(why.contains(word), "{name}: {why}");
        let slab = Slab::whole(&dataset.info().shape);
        let error = block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    }
}

#[test]
fn a_frame_of_a_large_array_costs_its_own_bytes() {
    let mut head = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let text = "{'descr': '<u2', 'fortran_order': False, 'shape': (4000, 1024, 1024), }";
    head.extend(format!("{text:<117}\n").bytes());
    let size = 128 + 4000 * (1 << 21);
    let served = Served::sparse("memory:stack.npy", head, size, CostHint::REMOTE);
    let container = open_served(&served, &shared("images/stack.npy"));
    let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
    let (rounds, _, bytes) = served.counts();
    assert!(
        rounds == 1 && bytes <= 4096,
        "opened in {rounds} rounds, {bytes} bytes"
    );
    served.forget();
    let slab = Slab::frame(&dataset.info().shape, 3999);
    block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap();
    assert_eq!(served.counts(), (1, 1, 1 << 21), "exactly the frame");
}

#[test]
fn an_array_that_was_cut_shows_what_it_has() {
    let path = shared("images/npy_lu2.npy");
    let whole = read_all(&*open(&path), "/data");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 30);
    let served = Served::new("memory:npy_lu2.npy", bytes, CostHint::LOCAL);
    let container = open_served(&served, &path);
    let node = block_on(container.nodes(&["/data".to_owned()], &Cancel::new())).remove(0);
    let problem = node.unwrap().problems.concat();
    assert!(
        problem.contains("ends at byte"),
        "the problem is told: {problem}"
    );
    let block = read_all(&*container, "/data");
    let is_missing =
        matches!(&block.state, hutch_model::BlockState::Missing(why) if why.contains("ends"));
    assert!(is_missing, "got {:?}", block.state);
    let (have, all) = (block.samples.bytes(), whole.samples.bytes());
    assert_eq!(have[..90], all[..90], "what is there");
    assert_eq!(have[90..], [0; 30], "and nothing else");
}

fn attribute(container: &dyn Container, path: &str, name: &str) -> String {
    let node = block_on(container.nodes(&[path.to_owned()], &Cancel::new())).remove(0);
    let node = node.unwrap();
    let value = node.attribute(name);
    value.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_tiff_file_says_in_attributes_what_its_writer_knew() {
    let path = |name: &str| shared(&format!("images/tiff_{name}.tif"));
    let pilatus = open(&path("pilatus"));
    let exposure = attribute(&*pilatus, "/data", "Exposure_time");
    assert_eq!(
        exposure, "0.5000000 s",
        "from the description of the detector"
    );
    let size: f64 = attribute(&*pilatus, "/data", "x_pixel_size_m")
        .parse()
        .unwrap();
    assert!((size - 172e-6).abs() < 1e-8, "172 um, got {size}");
    let imagej = open(&path("imagej"));
    assert_eq!(attribute(&*imagej, "/data", "unit"), "um", "of ImageJ");
    let names = attribute(&*imagej, "/data", "axis_names");
    assert_eq!(names, "[frame, slice, y, x]", "the axes of pages");
    let rgb = open(&path("rgb"));
    let colours = attribute(&*rgb, "/data", "interpretation");
    assert_eq!(colours, "rgb-image", "as NeXus names it");
}

/// A stack of pages as a camera writes it: a directory, then its samples.
fn long_stack(pages: u32, height: u32, width: u32) -> Vec<u8> {
    let image = height * width * 2;
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for page in 0..pages {
        let at = u32::try_from(bytes.len()).unwrap();
        let fields = [
            (256u16, width),
            (257, height),
            (258, 16),
            (259, 1),
            (262, 1),
            (273, at + 114),
            (277, 1),
            (278, height),
            (279, image),
        ];
        bytes.extend(9u16.to_le_bytes());
        for (tag, value) in fields {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(4u16.to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        let next = if page + 1 < pages {
            at + 114 + image
        } else {
            0
        };
        bytes.extend(next.to_le_bytes());
        bytes.resize(bytes.len() + image as usize, page.to_le_bytes()[0]);
    }
    bytes
}

#[test]
fn thousands_of_pages_are_found_in_few_rounds_and_read_one_by_one() {
    let bytes = long_stack(5000, 64, 64);
    let size = bytes.len() as u64;
    let served = Served::new("memory:stack.tif", bytes, CostHint::LOCAL);
    let container = open_served(&served, &shared("images/stack.tif"));
    let (rounds, _, read) = served.counts();
    assert!(rounds <= 20, "opened in {rounds} rounds");
    assert!(read < size / 8, "{read} of {size} bytes");
    let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
    assert_eq!(dataset.info().shape, [5000, 64, 64], "all pages");
    served.forget();
    let slab = Slab::frame(&dataset.info().shape, 4321);
    let block = block_on(read_slab(&*dataset, &slab, &Cancel::new())).unwrap();
    assert_eq!(served.counts(), (1, 1, 64 * 64 * 2), "one page alone");
    assert_eq!(
        block.samples.bytes()[0],
        4321u32.to_le_bytes()[0],
        "the right one"
    );
}

#[test]
fn a_row_of_every_page_reads_no_whole_pages() {
    let bytes = long_stack(50, 512, 512);
    let served = Served::new("memory:stack.tif", bytes, CostHint::LOCAL);
    let container = open_served(&served, &shared("images/stack.tif"));
    let dataset = block_on(container.dataset("/data", &Cancel::new())).unwrap();
    served.forget();
    let sinogram = Slab {
        start: vec![0, 100, 0],
        count: vec![50, 1, 512],
        step: vec![1, 1, 1],
    };
    let cost = block_on(dataset.cost(&sinogram, &Cancel::new())).unwrap();
    block_on(read_slab(&*dataset, &sinogram, &Cancel::new())).unwrap();
    let (rounds, requests, read) = served.counts();
    assert_eq!(rounds, 1, "one round");
    assert!(read <= 50 * (64 << 10), "{read} bytes");
    assert_eq!(
        (cost.requests, cost.stored_bytes),
        (requests, read),
        "as was said before"
    );
}

#[test]
fn a_chain_of_pages_that_goes_round_is_told() {
    let mut bytes = long_stack(3, 4, 4);
    let second = 8 + 114 + 32;
    let last = second + 114 + 32;
    let next = last + 110;
    bytes[next..next + 4].copy_from_slice(&u32::try_from(second).unwrap().to_le_bytes());
    let served = Served::new("memory:round.tif", bytes, CostHint::LOCAL);
    let container = open_served(&served, &shared("images/round.tif"));
    let node = block_on(container.nodes(&["/".to_owned()], &Cancel::new())).remove(0);
    let problems = node.unwrap().problems.concat();
    assert!(problems.contains("circle"), "got {problems}");
    assert_eq!(
        read_all(&*container, "/data").shape,
        [3, 4, 4],
        "what is there"
    );
}

#[test]
fn a_guess_says_that_it_is_one() {
    let container = open(&shared("images/raw_square.bin"));
    assert_eq!(
        attribute(&*container, "/data", "is_guess"),
        "true",
        "marked"
    );
    let guess = attribute(&*container, "/data", "guess");
    assert!(guess.contains("32 x 32"), "in words: {guess}");
    let bytes = std::fs::read(shared("images/mrc_int8.mrc")).unwrap();
    let served = Served::new("memory:a_16x16.raw", bytes, CostHint::LOCAL);
    let container = open_served(&served, &shared("images/a_16x16.raw"));
    assert_eq!(
        container.format(),
        "MRC",
        "what the first bytes say counts more"
    );
}

#[test]
fn a_volume_without_its_description_says_what_is_absent() {
    let bytes = std::fs::read(shared("images/slice.vol")).unwrap();
    let source = Served::new(
        &shared("images/other.vol").to_string_lossy(),
        bytes,
        CostHint::LOCAL,
    );
    let folder = common::Folder::new(&shared("images"));
    let error = block_on(hutch_formats::open(source, folder, &Cancel::new())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert!(error.why.contains("other.vol.info"), "{error}");
    let size = attribute(&*open(&shared("images/slice.vol")), "/data", "voxel_size_m");
    assert!(
        (size.parse::<f64>().unwrap() - 0.65e-6).abs() < 1e-15,
        "0.65 um, got {size}"
    );
}

#[test]
fn a_map_says_its_voxel_in_metres() {
    let size = attribute(
        &*open(&shared("images/mrc_float32.mrc")),
        "/data",
        "x_pixel_size_m",
    );
    assert!(
        (size.parse::<f64>().unwrap() - 2.5e-10).abs() < 1e-16,
        "2.5 A, got {size}"
    );
}
