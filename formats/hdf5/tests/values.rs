//! Values of every class of datatype against what h5py reads (`tests/data/hdf5/make_values.py`).

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
use hutch_hdf5::{File, Limits, Reference, Resolved, Selection, Slab, Value};
use serde_json::{Value as Json, json};

fn expected() -> Json {
    let path = data("hdf5/values/expected.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the values exist")).expect("JSON")
}

/// Row by row, in the words of `make_values.py`.
fn rows(values: &Value) -> Vec<Json> {
    let float = |value: &f64| format!("{:016x}", value.to_bits());
    match values {
        Value::Signed(values) => values
            .iter()
            .map(|value| json!(format!("i:{value}")))
            .collect(),
        Value::Unsigned(values) => values
            .iter()
            .map(|value| json!(format!("i:{value}")))
            .collect(),
        Value::Float(values) => values
            .iter()
            .map(|value| json!(format!("f:{}", float(value))))
            .collect(),
        Value::Complex(values) => values
            .iter()
            .map(|(real, imaginary)| json!(format!("c:{},{}", float(real), float(imaginary))))
            .collect(),
        Value::Text(values) => values
            .iter()
            .map(|value| json!(format!("s:{value}")))
            .collect(),
        Value::Bool(values) => values
            .iter()
            .map(|value| json!(format!("b:{value}")))
            .collect(),
        Value::Bytes(values) => values.iter().map(|value| json!(hex(value))).collect(),
        Value::Array { shape, values } => {
            let length = shape.iter().product::<u32>() as usize;
            rows(values)
                .chunks(length)
                .map(|array| json!(array))
                .collect()
        }
        Value::Record(columns) => {
            let columns: Vec<_> = columns
                .iter()
                .map(|(name, values)| (name, rows(values)))
                .collect();
            (0..columns[0].1.len())
                .map(|row| {
                    columns
                        .iter()
                        .map(|(name, rows)| ((*name).clone(), rows[row].clone()))
                        .collect()
                })
                .collect()
        }
        Value::List(lists) => lists.iter().map(|list| json!(rows(list))).collect(),
        Value::Reference(values) => values.iter().map(|value| json!(reference(value))).collect(),
        Value::Unsupported(why) => panic!("unsupported: {why}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold("x:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn reference(value: &Reference) -> String {
    match value {
        Reference::Null => "r:null".to_owned(),
        Reference::Object(address) => format!("r:{address}"),
        Reference::Region { object, selection } => {
            let (first, last) = corners(selection);
            format!("R:{object}:{first}:{last}")
        }
        Reference::Attribute { object, name } => format!("a:{object}:{name}"),
        Reference::External { file, target } => format!("e:{file}:{}", reference(target)),
    }
}

fn corners(selection: &Selection) -> (String, String) {
    let rank = selection.rank().unwrap();
    let along = |axis: usize| -> (u64, u64) {
        match selection {
            Selection::Regular(axes) => {
                let (count, block) = (axes[axis].count.unwrap(), axes[axis].block.unwrap());
                let first = axes[axis].start;
                (first, first + (count - 1) * axes[axis].stride + block - 1)
            }
            Selection::Boxes { corners, .. } => (
                corners
                    .chunks(2 * rank)
                    .map(|corners| corners[axis])
                    .min()
                    .unwrap(),
                corners
                    .chunks(2 * rank)
                    .map(|corners| corners[rank + axis])
                    .max()
                    .unwrap(),
            ),
            Selection::Points { coordinates, .. } => (
                coordinates
                    .chunks(rank)
                    .map(|point| point[axis])
                    .min()
                    .unwrap(),
                coordinates
                    .chunks(rank)
                    .map(|point| point[axis])
                    .max()
                    .unwrap(),
            ),
            other => panic!("{other:?}"),
        }
    };
    let text = |numbers: Vec<u64>| {
        let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        texts.join(",")
    };
    let (first, last) = (0..rank).map(along).unzip();
    (text(first), text(last))
}

fn read(served: &mut Served, file: &File, path: &str) -> Value {
    let root = file.root();
    let found = served
        .run(|blocks| file.resolve(blocks, root, path))
        .unwrap();
    let Resolved::Object(address) = found else {
        panic!("{path} is elsewhere")
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let info = object
        .dataset()
        .unwrap_or_else(|| panic!("{path}: {:?}", object.kind))
        .clone();
    let elements = served.slab(file, &info, &Slab::all(info.shape())).unwrap();
    served
        .run(|blocks| file.values(blocks, &info.datatype, &elements))
        .unwrap_or_else(|why| panic!("{path}: {why}"))
}

#[test]
fn every_dataset_has_the_values_that_h5py_reads() {
    let mut count = 0;
    for (name, datasets) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5/values").join(name));
        let file = served.file().unwrap();
        for (path, expected) in datasets.as_object().unwrap() {
            if path != "@" {
                let found = read(&mut served, &file, path);
                assert_eq!(json!(rows(&found)), *expected, "{name} {path}");
                count += 1;
            }
        }
    }
    assert!(count >= 60, "only {count} datasets were compared");
}

#[test]
fn every_attribute_has_the_values_that_h5py_reads() {
    let mut count = 0;
    for (name, datasets) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5/values").join(name));
        let file = served.file().unwrap();
        let attributes = datasets["@"].as_object().unwrap();
        if attributes.is_empty() {
            continue;
        }
        let root = file.root();
        let found = served
            .run(|blocks| file.resolve(blocks, root, "image"))
            .unwrap();
        let Resolved::Object(address) = found else {
            panic!("it is there")
        };
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        for (attribute, expected) in attributes {
            let found = object.attribute(attribute).unwrap();
            assert_eq!(json!(rows(&found.value)), *expected, "{name} @{attribute}");
            count += 1;
        }
    }
    assert!(count >= 18, "only {count} attributes were compared");
}

#[test]
fn heaps_of_all_elements_are_fetched_together() {
    let mut served = Served::open(&data("hdf5/values/classes_latest.h5"));
    let file = served.file().unwrap();
    let _ = read(&mut served, &file, "image");
    let before = served.round_trips;
    let _ = read(&mut served, &file, "ragged_large");
    // Header, the elements' heaps: their first bytes, then the rest.
    let trips = served.round_trips - before;
    assert!(
        trips <= 5,
        "{trips} round trips for four sequences of 16 kB"
    );
}

#[test]
fn the_same_heap_object_many_times_is_bounded() {
    let mut served = Served::open(&data("hdf5/values/classes_latest.h5"));
    let limits = Limits {
        text_bytes: 50_000,
        ..Limits::default()
    };
    let file = served.run(|blocks| File::open(blocks, limits)).unwrap();
    let root = file.root();
    let Ok(Resolved::Object(address)) =
        served.run(|blocks| file.resolve(blocks, root, "ragged_large"))
    else {
        panic!("it is there")
    };
    let object = served.run(|blocks| file.object(blocks, address)).unwrap();
    let info = object.dataset().unwrap().clone();
    let elements = served.slab(&file, &info, &Slab::all(info.shape())).unwrap();
    let found = served.run(|blocks| file.values(blocks, &info.datatype, &elements));
    assert!(
        matches!(found, Err(hutch_hdf5::Error::Limit { .. })),
        "64 kB are more than allowed: {found:?}"
    );
}
