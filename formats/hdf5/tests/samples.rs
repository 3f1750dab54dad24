//! Sample files that h5py wrote, against what h5py reads from them (`tests/data/hdf5/make.py`).

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

use std::collections::{BTreeMap, HashSet};

use common::{Served, crc32, data};
use hutch_hdf5::{
    Attribute, DatasetInfo, Error, File, LinkTarget, ObjectKind, Resolved, Slab, Value, to_native,
};
use serde_json::Value as Json;

fn expected() -> Json {
    let text =
        std::fs::read_to_string(data("hdf5/expected.json")).expect("the expected values exist");
    serde_json::from_str(&text).expect("the expected values are JSON")
}

/// What was found at each path: the kind, and the object's address.
type Found = BTreeMap<String, LinkTarget>;

fn walk(
    served: &mut Served,
    file: &File,
    group: u64,
    path: &str,
    seen: &mut HashSet<u64>,
    found: &mut Found,
) {
    if !seen.insert(group) {
        return;
    }
    for link in served
        .run(|blocks| file.children(blocks, group))
        .expect("the group can be listed")
    {
        let here = format!("{path}/{}", link.name);
        if let LinkTarget::Hard(address) = link.target {
            let object = served
                .run(|blocks| file.object(blocks, address))
                .expect("the object can be read");
            if matches!(object.kind, ObjectKind::Group) {
                walk(served, file, address, &here, seen, found);
            }
        }
        found.insert(here, link.target);
    }
}

#[test]
fn every_path_of_every_sample_is_listed() {
    for (name, rows) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5").join(name));
        let file = served.file().unwrap();
        let mut found = Found::new();
        walk(
            &mut served,
            &file,
            file.root(),
            "",
            &mut HashSet::new(),
            &mut found,
        );
        found.insert("/".to_owned(), LinkTarget::Hard(file.root()));
        let expected: Vec<&String> = rows.as_object().unwrap().keys().collect();
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected,
            "the paths of {name}"
        );
        for (path, target) in &found {
            let row = &rows[path];
            match target {
                LinkTarget::Hard(_) => assert!(
                    row["kind"] != "soft" && row["kind"] != "external",
                    "{name} {path}"
                ),
                LinkTarget::Soft(to) => {
                    assert_eq!(row["target"], **to, "the soft link {path} of {name}");
                }
                LinkTarget::External(link) => {
                    assert_eq!(row["file"], link.file, "the file of {path} of {name}");
                    assert_eq!(row["path"], link.path, "the path of {path} of {name}");
                }
                LinkTarget::Unknown(kind) => panic!("{path} of {name} is a link of kind {kind}"),
            }
        }
    }
}

#[test]
fn every_attribute_has_the_value_that_h5py_reads() {
    for_each_object(|served, file, address, row, place| {
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        assert!(object.problems.is_empty(), "{place}: {:?}", object.problems);
        let expected = row["attributes"].as_object().unwrap();
        let names: HashSet<&str> = object
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_str())
            .collect();
        assert_eq!(
            names,
            expected.keys().map(String::as_str).collect(),
            "the attributes of {place}"
        );
        for attribute in &object.attributes {
            check_attribute(
                attribute,
                &expected[&attribute.name],
                &format!("{place}@{}", attribute.name),
            );
        }
    });
}

fn check_attribute(attribute: &Attribute, expected: &Json, place: &str) {
    let strings = |key: &str| -> Vec<String> {
        expected[key]
            .as_array()
            .unwrap_or(&Vec::new())
            .iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    match &attribute.value {
        Value::Text(texts) if expected["empty"] == true => {
            assert!(texts.is_empty(), "{place} is empty");
        }
        Value::Text(texts) => assert_eq!(*texts, strings("text"), "{place}"),
        Value::Signed(values) => {
            let values: Vec<String> = values.iter().take(100).map(ToString::to_string).collect();
            assert_eq!(values, strings("int"), "{place}");
        }
        Value::Unsigned(values) => {
            let values: Vec<String> = values.iter().take(100).map(ToString::to_string).collect();
            assert_eq!(values, strings("int"), "{place}");
        }
        Value::Float(values) if expected["empty"] == true => {
            assert!(values.is_empty(), "{place} is empty");
        }
        Value::Float(values) => {
            let expected: Vec<f64> = expected["float"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap())
                .collect();
            assert_eq!(*values, expected, "{place}");
        }
        Value::Complex(values) => {
            let pair = &expected["complex"][0];
            assert_eq!(
                values[0],
                (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap()),
                "{place}"
            );
        }
        Value::Bool(values) => assert_eq!(Json::from(values.clone()), expected["bool"], "{place}"),
        Value::Unsupported(why) => panic!("{place}: {why}"),
        // The values of other classes are compared in values.rs.
        _ => assert_eq!(expected["unsupported"], true, "{place}"),
    }
}

#[test]
fn every_dataset_has_the_elements_that_h5py_reads() {
    let mut count = 0;
    for_each_object(|served, file, address, row, place| {
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        if let ObjectKind::Unreadable(why) = &object.kind {
            panic!("{place}: {why}");
        }
        let Some(info) = object.dataset() else { return };
        assert_eq!(row["kind"], "dataset", "{place}");
        check_dataset(served, file, info, row, place);
        count += 1;
    });
    assert!(count > 150, "only {count} datasets were compared");
}

fn check_dataset(served: &mut Served, file: &File, info: &DatasetInfo, row: &Json, place: &str) {
    if row["shape"].is_null() {
        assert_eq!(
            info.dataspace.element_count(),
            Some(0),
            "{place} has no elements"
        );
    } else {
        assert_eq!(
            Json::from(info.shape()),
            row["shape"],
            "the shape of {place}"
        );
    }
    if let Some(chunks) = info.chunks() {
        assert_eq!(
            Json::from(chunks.chunk_shape.as_slice()),
            row["chunks"],
            "the chunks of {place}"
        );
    }
    let native = |mut bytes: Vec<u8>| {
        if let Some(scalar) = info.datatype.scalar() {
            to_native(scalar, &mut bytes);
        }
        Json::from(crc32(&bytes))
    };
    if !row["crc"].is_null() {
        let all = served
            .slab(file, info, &Slab::all(info.shape()))
            .unwrap_or_else(|why| panic!("{place}: {why}"));
        assert_eq!(native(all), row["crc"], "the elements of {place}");
    }
    if !row["crc_slab"].is_null() {
        let start: Vec<u64> = info.shape().iter().map(|size| size / 3).collect();
        let count = info
            .shape()
            .iter()
            .zip(&start)
            .map(|(size, start)| (size - start).div_ceil(2))
            .collect();
        let slab = Slab {
            start,
            count,
            step: vec![2; info.shape().len()],
        };
        let part = served
            .slab(file, info, &slab)
            .unwrap_or_else(|why| panic!("{place}: {why}"));
        assert_eq!(
            native(part),
            row["crc_slab"],
            "every second element of {place} from a third on"
        );
    }
    if !row["crc_text"].is_null() {
        let elements = served.slab(file, info, &Slab::all(info.shape())).unwrap();
        let texts = served
            .run(|blocks| file.strings(blocks, &info.datatype, &elements))
            .unwrap();
        assert_eq!(
            Json::from(crc32(texts.join("\0").as_bytes())),
            row["crc_text"],
            "the strings of {place}"
        );
    }
}

fn for_each_object(mut check: impl FnMut(&mut Served, &File, u64, &Json, &str)) {
    for (name, rows) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5").join(name));
        let file = served.file().unwrap();
        let mut found = Found::new();
        walk(
            &mut served,
            &file,
            file.root(),
            "",
            &mut HashSet::new(),
            &mut found,
        );
        found.insert("/".to_owned(), LinkTarget::Hard(file.root()));
        for (path, target) in found {
            if let LinkTarget::Hard(address) = target {
                check(
                    &mut served,
                    &file,
                    address,
                    &rows[&path],
                    &format!("{name} {path}"),
                );
            }
        }
    }
}

#[test]
fn every_name_is_found_by_its_path() {
    for (name, rows) in expected().as_object().unwrap() {
        let mut served = Served::open(&data("hdf5").join(name));
        let file = served.file().unwrap();
        for (path, row) in rows.as_object().unwrap() {
            if row["kind"] != "soft" && row["kind"] != "external" {
                let found = served.run(|blocks| file.resolve(blocks, file.root(), path));
                assert!(
                    matches!(found, Ok(Resolved::Object(_))),
                    "{name} {path}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn links_lead_where_they_say() {
    for name in ["basic_earliest.h5", "basic_latest.h5"] {
        let mut served = Served::open(&data("hdf5").join(name));
        let file = served.file().unwrap();
        let mut resolve = |path: &str| served.run(|blocks| file.resolve(blocks, file.root(), path));
        assert_eq!(
            resolve("soft"),
            resolve("/entry/data/u2"),
            "a soft link from the root"
        );
        assert_eq!(
            resolve("entry/relative"),
            resolve("/entry/data/u4"),
            "a soft link from its group"
        );
        assert_eq!(
            resolve("entry/round/round/data"),
            resolve("entry/data"),
            "a hard link to its own group"
        );
        assert_eq!(
            resolve("dangling"),
            Err(Error::NotFound {
                path: "/not".to_owned()
            }),
            "its target is absent"
        );
        assert!(
            matches!(resolve("circle_a"), Err(Error::LinkCycle { .. })),
            "two links to each other"
        );
        let expected = Resolved::External {
            file: "other.h5".to_owned(),
            path: "/entry/x/y".to_owned(),
        };
        assert_eq!(
            resolve("external/y"),
            Ok(expected),
            "the rest of the path goes along"
        );
    }
}
