//! Shared messages, heaps with filters and the order of creation, against what h5py reads
//! (`tests/data/hdf5/make_shared.py`).

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_assert_message,
    clippy::cast_possible_truncation,
    clippy::let_underscore_must_use,
    reason = "test code"
)]

mod common;

use common::{Served, data};
use hutch_hdf5::{Error, File, LinkTarget, Object, Resolved, Slab, Value, WriterState};
use serde_json::{Value as Json, json};

fn expected() -> Json {
    let path = data("hdf5/shared/expected.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the values exist")).expect("JSON")
}

fn object(served: &mut Served, file: &File, path: &str) -> Object {
    let root = file.root();
    let found = served
        .run(|blocks| file.resolve(blocks, root, path))
        .unwrap();
    let Resolved::Object(address) = found else {
        panic!("{path} is elsewhere")
    };
    served.run(|blocks| file.object(blocks, address)).unwrap()
}

#[test]
fn every_object_is_read_as_h5py_reads_it() {
    let mut count = 0;
    for (name, rows) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5/shared").join(name));
        let file = served.file().unwrap();
        for (path, row) in rows.as_object().unwrap() {
            if row["soft"].is_null() {
                let found = object(&mut served, &file, path);
                check(&mut served, &file, &found, row, &format!("{name} {path}"));
                count += 1;
            }
        }
    }
    assert!(count >= 60, "only {count} objects were compared");
}

fn check(served: &mut Served, file: &File, found: &Object, row: &Json, place: &str) {
    assert!(found.problems.is_empty(), "{place}: {:?}", found.problems);
    // h5py gives them in the order of creation where that is kept, else by name.
    let mut attributes: Vec<_> = found.attributes.iter().collect();
    attributes.sort_by_key(|attribute| (attribute.creation_order, attribute.name.clone()));
    let names: Vec<&str> = attributes
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(json!(names), row["attributes"], "the attributes of {place}");
    for (attribute, text) in row["texts"].as_object().unwrap() {
        let value = &found.attribute(attribute).unwrap().value;
        assert_eq!(
            *value,
            Value::Text(vec![text.as_str().unwrap().to_owned()]),
            "{place} @{attribute}"
        );
    }
    if !row["members"].is_null() {
        let mut links = served
            .run(|blocks| file.children(blocks, found.address))
            .unwrap();
        links.sort_by_key(|link| (link.creation_order, link.name.clone()));
        let names: Vec<&str> = links.iter().map(|link| &*link.name).collect();
        assert_eq!(json!(names), row["members"], "the members of {place}");
    }
    if !row["values"].is_null() {
        let info = found
            .dataset()
            .unwrap_or_else(|| panic!("{place}: {:?}", found.kind));
        let elements = served.slab(file, info, &Slab::all(info.shape())).unwrap();
        let values = served
            .run(|blocks| file.values(blocks, &info.datatype, &elements))
            .unwrap();
        let Value::Signed(values) = values else {
            panic!("{place}: {values:?}")
        };
        assert_eq!(json!(values), row["values"], "the elements of {place}");
    }
}

#[test]
fn links_in_filtered_heaps_are_read() {
    let mut served = Served::open(&data("hdf5/shared/filtered.h5"));
    let file = served.file().unwrap();
    let rows = expected();
    let rows = rows["filtered.h5"].as_object().unwrap();
    let mut count = 0;
    for group in ["few", "some", "many"] {
        let address = object(&mut served, &file, group).address;
        for link in served.run(|blocks| file.children(blocks, address)).unwrap() {
            let LinkTarget::Soft(target) = &link.target else {
                panic!("{} is no soft link", link.name)
            };
            assert_eq!(
                rows[&format!("{group}/{}", link.name)]["soft"],
                **target,
                "{}",
                link.name
            );
            count += 1;
        }
    }
    assert_eq!(
        count,
        3 + 60 + 900 + 1,
        "one of them is larger than a block"
    );
}

#[test]
fn a_damaged_block_is_told_from_a_damaged_structure() {
    let path = data("hdf5/dense_latest.h5");
    let mut bytes = std::fs::read(&path).unwrap();
    // The checksum is that of the whole block of the heap: any byte of its objects counts.
    let block = bytes.windows(4).position(|four| four == b"FHDB").unwrap();
    bytes[block + 100] ^= 1;
    let mut served = Served::new(bytes);
    let file = served.file().unwrap();
    let root = file.root();
    let mut torn = 0;
    let mut whole = 0;
    for link in served.run(|blocks| file.children(blocks, root)).unwrap() {
        let LinkTarget::Hard(address) = link.target else {
            continue;
        };
        let children = served.run(|blocks| file.children(blocks, address));
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        let problem = children.err().or_else(|| object.problems.first().cloned());
        match problem {
            None => whole += 1,
            Some(error @ Error::Checksum { .. }) => {
                assert!(error.is_maybe_torn(), "it may be whole in a moment");
                torn += 1;
            }
            Some(other) => panic!("{}: {other}", link.name),
        }
    }
    assert_eq!(
        (torn, whole > 0),
        (1, true),
        "one object is damaged, the others are not"
    );
}

#[test]
fn a_writer_leaves_its_mark_in_the_superblock() {
    let bytes = std::fs::read(data("hdf5/shared/ordered.h5")).unwrap();
    let mut served = Served::new(bytes);
    assert_eq!(
        served.file().unwrap().writer(),
        WriterState::Unknown,
        "it was closed"
    );
    let mut served = Served::open(&data("hdf5/shared/swmr.h5"));
    assert_eq!(
        served.file().unwrap().writer(),
        WriterState::Swmr,
        "its writer did not close it"
    );
}

#[test]
fn a_dataset_that_grew_is_read_anew_after_a_reset() {
    let mut served = Served::open(&data("hdf5/shared/swmr_before.h5"));
    let file = served.file().unwrap();
    let found = object(&mut served, &file, "growing");
    assert_eq!(
        found.dataset().unwrap().shape(),
        [2, 3],
        "two rows at first"
    );
    let grown = std::fs::read(data("hdf5/shared/swmr.h5")).unwrap();
    served.blocks.reset(grown.len() as u64);
    served.bytes = grown.into();
    let found = served
        .run(|blocks| file.object(blocks, found.address))
        .unwrap();
    let info = found.dataset().unwrap();
    assert_eq!(info.shape(), [5, 3], "five rows now, of the same object");
    let elements = served.slab(&file, info, &Slab::all(info.shape())).unwrap();
    let values = served
        .run(|blocks| file.values(blocks, &info.datatype, &elements))
        .unwrap();
    let expected: Vec<i64> = (0..6).chain(std::iter::repeat_n(9, 9)).collect();
    assert_eq!(values, Value::Signed(expected), "the rows of both moments");
}

#[test]
fn a_header_of_one_moment_with_a_tail_of_another_is_maybe_torn() {
    let before = std::fs::read(data("hdf5/shared/swmr_before.h5")).unwrap();
    let after = std::fs::read(data("hdf5/shared/swmr.h5")).unwrap();
    let mut served = Served::new(after.clone());
    let file = served.file().unwrap();
    let address = usize::try_from(object(&mut served, &file, "growing").address).unwrap();
    // The first bytes of the header come from before, the others from behind the change.
    let change = (address..before.len())
        .find(|at| before[*at] != after[*at])
        .unwrap();
    let mut torn = after;
    torn[change] = before[change];
    let mut served = Served::new(torn);
    let found = served.run(|blocks| file.object(blocks, address as u64));
    let Err(error) = found else {
        panic!("the header contradicts its checksum")
    };
    assert!(
        matches!(error, Error::Checksum { .. }) && error.is_maybe_torn(),
        "{error}"
    );
}
