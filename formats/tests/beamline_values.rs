//! Samples of EDF and CBF files, compared with what fabio and `CBFlib` read from them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_model::{BlockState, Cancel, Container, CostHint, Dataset, Slab, read_slab};
use pollster::block_on;
use serde_json::Value;

use common::{Folder, Served};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/beamline")
}

fn open(path: &Path) -> Arc<dyn Container> {
    let cancel = Cancel::new();
    let source = Served::file(path, CostHint::LOCAL);
    let neighbours = Folder::new(path.parent().unwrap());
    block_on(hutch_formats::open(source, neighbours, &cancel))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn dataset(container: &dyn Container, path: &str) -> Arc<dyn Dataset> {
    block_on(container.dataset(path, &Cancel::new())).unwrap()
}

/// All samples as text, and what is known of them.
fn read(dataset: &dyn Dataset, slab: &Slab) -> (Vec<String>, BlockState) {
    let block = block_on(read_slab(dataset, slab, &Cancel::new())).unwrap();
    let texts = (0..block.samples.len()).map(|index| block.samples.get_text(index));
    (texts.collect(), block.state)
}

fn whole(dataset: &dyn Dataset) -> Slab {
    Slab::whole(&dataset.info().shape)
}

/// Whether two texts are the same number; floats are compared bit for bit.
fn is_same(said: &str, expected: &str, dtype: &str) -> bool {
    match dtype {
        "float32" => {
            said.parse::<f32>().unwrap().to_bits() == {
                // numpy prints a float32 as the float64 that it becomes.
                #[expect(clippy::cast_possible_truncation, reason = "it was a float32")]
                let expected = expected.parse::<f64>().unwrap() as f32;
                expected.to_bits()
            }
        }
        "float64" => {
            said.parse::<f64>().unwrap().to_bits() == expected.parse::<f64>().unwrap().to_bits()
        }
        _ => said == expected,
    }
}

#[test]
fn every_sample_is_what_independent_readers_find() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let files = expected.as_object().unwrap();
    assert!(files.len() > 40, "all files are noted");
    for (name, about) in files {
        let Some(dtype) = about["dtype"].as_str() else {
            continue;
        };
        let container = open(&folder().join(name));
        let dataset = dataset(&*container, "/data");
        let shape: Vec<u64> = about["shape"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .collect();
        assert_eq!(dataset.info().shape, shape, "the shape of {name}");
        assert_eq!(
            dataset.info().element.to_string(),
            dtype,
            "the type of {name}"
        );
        let (said, state) = read(&*dataset, &whole(&*dataset));
        assert_eq!(state, BlockState::Present, "all of {name} is there");
        let values = about["values"].as_array().unwrap();
        assert_eq!(said.len(), values.len(), "as many samples in {name}");
        for (index, (said, value)) in said.iter().zip(values).enumerate() {
            let value = value.as_str().unwrap();
            assert!(
                is_same(said, value, dtype),
                "sample {index} of {name}: {said}, expected {value}"
            );
        }
    }
}

#[test]
fn headers_become_fields_in_si_units() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let mut count = 0;
    for (name, about) in expected.as_object().unwrap() {
        let Some(fields) = about.get("fields").and_then(Value::as_object) else {
            continue;
        };
        let container = open(&folder().join(name));
        let node = block_on(container.nodes(&["/data".to_owned()], &Cancel::new()))
            .pop()
            .unwrap()
            .unwrap();
        for (field, value) in fields {
            let said = node.attribute(field).and_then(hutch_model::Value::as_f64);
            let (said, value) = (said.unwrap_or(f64::NAN), value.as_f64().unwrap());
            assert!(
                (said - value).abs() <= value.abs() * 1e-12,
                "{field} of {name}: {said}, not {value}"
            );
            assert!(
                node.attribute(&format!("{field}_units")).is_some(),
                "the unit of {field} in {name}"
            );
            count += 1;
        }
    }
    assert!(count > 30, "many fields are checked, not {count}");
}

#[test]
fn one_frame_of_many_costs_only_its_own_bytes() {
    let path = folder().join("regular.edf");
    let source = Served::file(&path, CostHint::REMOTE);
    let cancel = Cancel::new();
    let container = block_on(hutch_formats::open(
        Arc::<Served>::clone(&source),
        Folder::new(&folder()),
        &cancel,
    ))
    .unwrap();
    assert!(
        source.counts().0 <= 4,
        "opening looked at a few headers: {:?}",
        source.counts()
    );
    let dataset = dataset(&*container, "/data");
    assert_eq!(dataset.info().shape, [24, 5, 7], "24 images");
    source.forget();
    let one = Slab {
        start: vec![17, 0, 0],
        count: vec![1, 5, 7],
        step: vec![1, 1, 1],
    };
    let (said, _) = read(&*dataset, &one);
    let (all, _) = read(&*dataset, &whole(&*dataset));
    assert_eq!(said, all[17 * 35..18 * 35], "image 17");
    let first = source.log.lock().unwrap()[0];
    assert_eq!(first.len(), 1024 + 70, "its header and its samples");
}

#[test]
fn a_truncated_last_frame_is_missing_and_the_others_are_there() {
    let container = open(&folder().join("cut.edf"));
    let dataset = dataset(&*container, "/data");
    assert_eq!(
        dataset.info().shape,
        [24, 5, 7],
        "the header of the last one is there"
    );
    let frame = |index| Slab {
        start: vec![index, 0, 0],
        count: vec![1, 5, 7],
        step: vec![1, 1, 1],
    };
    assert_eq!(
        read(&*dataset, &frame(22)).1,
        BlockState::Present,
        "the last but one"
    );
    let (_, state) = read(&*dataset, &frame(23));
    assert!(
        matches!(&state, BlockState::Missing(why) if why.contains("ends")),
        "got: {state:?}"
    );
    let container = open(&folder().join("mini_cut.cbf"));
    let (_, state) = read(
        &*self::dataset(&*container, "/data"),
        &Slab::whole(&[11, 13]),
    );
    assert!(
        matches!(&state, BlockState::Missing(why) if why.contains("ends")),
        "got: {state:?}"
    );
}

#[test]
fn images_of_another_type_are_a_dataset_of_their_own() {
    let container = open(&folder().join("two_types.edf"));
    let second = dataset(&*container, "/data_2");
    assert_eq!(
        second.info().element.to_string(),
        "float32",
        "the second block"
    );
    assert_eq!(
        read(&*second, &whole(&*second)).1,
        BlockState::Present,
        "it is there"
    );
}

#[test]
fn the_header_is_kept_as_it_is_written() {
    let container = open(&folder().join("mini.cbf.gz"));
    let nodes = block_on(container.nodes(&["/header".to_owned()], &Cancel::new()));
    let header = nodes.into_iter().next().unwrap().unwrap();
    let beam = header
        .attribute("Beam_xy")
        .and_then(hutch_model::Value::as_text);
    assert_eq!(
        beam,
        Some("(4.50, 3.25) pixels"),
        "a comment of the detector"
    );
    let text = header
        .attribute("header_text")
        .and_then(hutch_model::Value::as_text);
    assert!(
        text.unwrap().contains("# Count_cutoff 28575 counts"),
        "the text"
    );
    assert!(
        container.origin().url.ends_with("mini.cbf.gz"),
        "the file that is on disk"
    );
}

#[test]
fn samples_that_are_packed_in_unknown_ways_are_refused() {
    let container = open(&folder().join("packed_u2.cbf"));
    let dataset = dataset(&*container, "/data");
    let said = block_on(read_slab(&*dataset, &whole(&*dataset), &Cancel::new())).unwrap_err();
    assert!(said.why.contains("signed 32-bit"), "got: {}", said.why);
}
