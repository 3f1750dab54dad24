//! Elements that are no plain numbers, as h5py shows them (`data/make_values.py`).

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use common::{open, own, read_all};
use hutch_model::{Cancel, Samples, Slab, Value, read_slab};
use pollster::block_on;

fn values(path: &str) -> Vec<Value> {
    match read_all(&*open(&own("values.h5")), path).samples {
        Samples::Values(values) => values,
        other => panic!("{path} holds values, got {}", other.element()),
    }
}

#[test]
fn records_have_their_members_by_name() {
    let rows = values("/rows");
    let shown: Vec<String> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 5, "five rows in three chunks");
    assert_eq!(
        shown[0], "(id: -2, energy: 0, name: r0, place: [0, 0])",
        "the first row"
    );
    assert_eq!(
        shown[4], "(id: 2, energy: 1, name: r4, place: [4, -4])",
        "the last row"
    );
}

#[test]
fn a_part_of_a_table_is_read_alone() {
    let container = open(&own("values.h5"));
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset("/rows", &cancel)).unwrap();
    let slab = Slab {
        start: vec![1],
        count: vec![2],
        step: vec![2],
    };
    let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
    let Samples::Values(rows) = block.samples else {
        panic!("rows are values")
    };
    let Value::Record(members) = &rows[1] else {
        panic!("a row is a record")
    };
    assert_eq!(members[2].1, Value::Text("r3".to_owned()), "rows 1 and 3");
}

#[test]
fn sequences_have_their_own_lengths() {
    let list =
        |numbers: &[i128]| Value::List(numbers.iter().copied().map(Value::Integer).collect());
    assert_eq!(
        values("/lists"),
        [list(&[0, 1, 2]), list(&[]), list(&[7])],
        "three, none and one"
    );
}

#[test]
fn opaque_bytes_and_references_are_shown() {
    assert_eq!(
        values("/opaque"),
        [Value::Bytes(vec![1, 2, 3]), Value::Bytes(vec![255, 0, 0])],
        "as stored"
    );
    let shown = values("/reference")[0].to_string();
    assert!(shown.contains("reference to"), "got {shown}");
}

#[test]
fn enums_stay_integers_and_say_their_names() {
    let container = open(&own("values.h5"));
    let block = read_all(&*container, "/colours");
    assert_eq!(block.samples, Samples::I8(vec![2, 1, 2]), "the integers");
    let dataset = block_on(container.dataset("/colours", &Cancel::new())).unwrap();
    let stored = &dataset.info().stored;
    assert!(stored.contains("enum"), "what they are: {stored}");
}

#[test]
fn arrays_of_numbers_are_more_axes() {
    let container = open(&own("values.h5"));
    for path in ["/arrays", "/arrays_chunked"] {
        let block = read_all(&*container, path);
        assert_eq!(block.shape, [4, 3, 2], "the shape that h5py gives {path}");
        assert_eq!(block.samples, Samples::I16((0..24).collect()), "{path}");
        let cancel = Cancel::new();
        let dataset = block_on(container.dataset(path, &cancel)).unwrap();
        let slab = Slab {
            start: vec![1, 0, 1],
            count: vec![2, 2, 1],
            step: vec![2, 2, 1],
        };
        let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
        assert_eq!(
            block.samples,
            Samples::I16(vec![7, 11, 19, 23]),
            "every second one of {path}"
        );
    }
}

#[test]
fn bfloat16_becomes_binary32() {
    let block = read_all(&*open(&own("values.h5")), "/brain");
    let bits = [0x3f80_0000, 0xc020_0000, 0x7f62_0000, 0x7f80_0000];
    assert_eq!(
        block.samples,
        Samples::F32(bits.map(f32::from_bits).to_vec()),
        "1, -2.5, 3.004e38 and infinity, as h5py reads them"
    );
}
