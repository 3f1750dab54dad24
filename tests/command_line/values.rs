//! Values: `hutch cat` and `hutch stats` give what is in the file.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::hutch::{Hutch, refused, said, sample};

/// Source: ISO 3309, as zlib computes it.
fn crc32(bytes: &[u8]) -> u64 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    u64::from(!crc)
}

/// The text of the header and the samples of a `.npy` file.
fn npy(bytes: &[u8]) -> (String, &[u8]) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "magic and version");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + length]).into_owned();
    (header, &bytes[10 + length..])
}

/// What h5py read from the samples.
fn expected() -> Json {
    serde_json::from_str(&fs::read_to_string(sample("expected.json")).unwrap()).unwrap()
}

/// Compares `hutch cat --npy` with the checksum that h5py's values have.
fn is_what_h5py_reads(file: &str, path: &str, described: &str) {
    let hutch = Hutch::new();
    let row = &expected()[file][described];
    let whole = hutch.run(&["cat", &format!("{}::{path}", sample(file)), "--npy"]);
    assert!(whole.status.success(), "{file}{path}: {}", said(&whole));
    let (header, samples) = npy(&whole.stdout);
    assert_eq!(
        Some(crc32(samples)),
        row["crc"].as_u64(),
        "{file}{path} as a whole"
    );
    let shape: Vec<u64> = row["shape"]
        .as_array()
        .map(|shape| shape.iter().filter_map(Json::as_u64).collect())
        .unwrap_or_default();
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    assert!(header.contains(&axes.join(", ")), "the shape in {header}");
    let slice: Vec<String> = shape.iter().map(|n| format!("{}:{n}:2", n / 3)).collect();
    let part = format!("{}::{path}[{}]", sample(file), slice.join(","));
    let part = hutch.run(&["cat", &part, "--npy"]);
    assert!(part.status.success(), "{file}{path}: {}", said(&part));
    assert_eq!(
        Some(crc32(npy(&part.stdout).1)),
        row["crc_slab"].as_u64(),
        "every second sample of {file}{path}"
    );
}

#[test]
fn contiguous_values_are_what_h5py_reads() {
    for name in ["u1", "u8", "i8", "f2", "f8", "big_i2", "c8", "c16"] {
        let path = format!("/entry/data/{name}");
        is_what_h5py_reads("basic_latest.h5", &path, &path);
    }
}

#[test]
fn chunked_values_are_what_h5py_reads() {
    for path in [
        "/gzip_shuffle",
        "/edge",
        "/checksum",
        "/growing_both",
        "/bslz4_u4",
        "/holes",
    ] {
        is_what_h5py_reads("chunked_earliest.h5", path, path);
        is_what_h5py_reads("chunked_latest.h5", path, path);
    }
}

#[test]
fn values_behind_links_are_what_h5py_reads() {
    is_what_h5py_reads("basic_earliest.h5", "/soft", "/entry/data/u2");
    is_what_h5py_reads("basic_earliest.h5", "/entry/relative", "/entry/data/u4");
    is_what_h5py_reads("basic_earliest.h5", "/hard", "/hard");
}

#[test]
fn json_values_are_exact_and_nested_as_the_shape_is() {
    let hutch = Hutch::new();
    let file = sample("basic_latest.h5");
    let json = hutch.json(&["cat", &format!("{file}::/entry/data/u8[0, :2]"), "--json"]);
    assert_eq!(json["schema"], "hutch.cat/1", "the schema");
    assert_eq!(
        json["shape"],
        serde_json::json!([2]),
        "the index drops its axis"
    );
    assert_eq!(
        json["values"],
        serde_json::json!([u64::MAX - 5, u64::MAX - 4]),
        "64 bits exactly"
    );
    let complex = hutch.json(&["cat", &format!("{file}::/entry/data/c8[0, 0]"), "--json"]);
    assert_eq!(
        complex["values"],
        serde_json::json!([-6.0, 0.0]),
        "real and imaginary"
    );
    let texts = hutch.run(&["cat", &format!("{file}::/entry/data/texts"), "--csv"]);
    assert_eq!(
        String::from_utf8_lossy(&texts.stdout),
        "alpha\n\ngämma\n",
        "text as lines"
    );
}

#[test]
fn records_are_columns_and_every_digit_is_kept() {
    let hutch = Hutch::new();
    let csv = |path: &str| {
        let address = format!("{}::{path}", sample("values/classes_latest.h5"));
        let run = hutch.run(&["cat", &address]);
        assert!(run.status.success(), "{}", said(&run));
        String::from_utf8(run.stdout).unwrap()
    };
    assert_eq!(
        csv("/plain[1]"),
        "count,position[0][0],position[0][1],position[0][2],position[1][0],position[1][1],\
         position[1][2],name,flag,z\n\
         1152921504606846977,1.0,2.0,3.0,4.0,5.0,6.0,n1,true,1.0+2.0j\n",
        "a uint64 beyond 2^53, an array of two axes, text, bool and complex"
    );
    assert_eq!(
        csv("/nested"),
        "id,title,inner.x,inner.tags[0],inner.tags[1],inner.deep.a,series,where\n\
         -1,title 0,0.0,t0,é,0,[],\"reference to \"\"/plain\"\"\"\n\
         0,title 1,0.3333333333333333,t1,é,1,[0],\"reference to \"\"/plain\"\"\"\n\
         1,title 2,0.6666666666666666,t2,é,2,\"[0,1]\",\"reference to \"\"/plain\"\"\"\n",
        "members of members, and a sequence as one cell"
    );
    assert_eq!(csv("/opaque"), "AQID\n/wAQ\n", "bytes as base64");
    assert_eq!(csv("/colours"), "RED\nGREEN\nRED\n", "the names of an enum");
}

#[test]
fn text_is_refused_as_npy_with_what_to_do_instead() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/texts", sample("basic_latest.h5"));
    let output = hutch.run(&["cat", &address, "--npy"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--csv"), "{}", said(&output));
}

#[test]
fn a_file_that_is_asked_for_appears_only_when_it_is_whole() {
    let hutch = Hutch::new();
    let address = format!("{}::/edge", sample("chunked_latest.h5"));
    let output = hutch.run(&["cat", &address, "--npy", "-o", "edge.npy"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(output.stdout.is_empty(), "nothing on stdout");
    let bytes = fs::read(hutch.path("edge.npy")).unwrap();
    assert_eq!(npy(&bytes).1.len(), 7 * 11 * 4, "every sample");
    let address = format!("{}::/vds", sample("virtual_latest.h5"));
    let refused = hutch.run(&["cat", &address, "--npy", "-o", "vds.npy"]);
    assert!(!refused.status.success(), "its sources are absent");
    assert!(!hutch.path("vds.npy").exists(), "no file is left");
}

#[test]
fn statistics_are_those_of_the_samples() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/i4", sample("basic_latest.h5"));
    let stats = hutch.json(&["stats", &address, "--json"]);
    assert_eq!(stats["schema"], "hutch.stats/1", "the schema");
    // -6 to 5; -1 and -2 mark pixels without a value in 32-bit signed frames.
    let all = &stats["all"];
    assert_eq!(
        all["count"].as_u64().unwrap() + all["masked"].as_u64().unwrap(),
        12,
        "twelve"
    );
    assert_eq!(all["min"], -6, "the smallest");
    assert_eq!(all["max"], 5, "the largest");
    assert_eq!(stats["frames"].as_array().unwrap().len(), 1, "one frame");
}

#[test]
fn a_part_in_brackets_is_used_or_refused() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/i8", sample("basic_latest.h5"));
    let part = format!("{address}[1:, :2]");
    let cat = hutch.json(&["cat", &part, "--json"]);
    let values = cat["values"].as_array().unwrap();
    let numbers = values.iter().flat_map(|line| line.as_array().unwrap());
    let least = numbers.filter_map(Json::as_i64).min();
    let stats = hutch.json(&["stats", &part, "--json"]);
    assert_eq!(stats["all"]["min"].as_i64(), least, "of the part alone");
    assert_eq!(stats["all"]["count"], 4, "two lines of two");
    refused(&hutch, &["info", &part], 2);
    let text = refused(&hutch, &["render", &part, "-o", "x.png"], 2);
    assert!(text.contains("--frame"), "what to do instead: {text}");
}

#[test]
fn missing_samples_do_not_count_and_end_statistics_with_exit_code_1() {
    let hutch = Hutch::new();
    let grown = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/tests/data/growing.h5");
    let whole = fs::read(grown).unwrap();
    // Near the end of the file are [30, 100] of float64: 0, 1, 2, ...
    fs::write(hutch.path("cut.h5"), &whole[..whole.len() - 8000]).unwrap();
    let output = hutch.run(&["stats", "cut.h5::/last", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let stats: Json = serde_json::from_slice(&output.stdout).expect("one whole object");
    let all = &stats["all"];
    let (count, missing) = (all["count"].as_u64(), all["missing"].as_u64());
    let (count, missing) = (count.unwrap(), missing.unwrap());
    assert_eq!(count + missing, 3000, "every sample, once: {all}");
    assert!((900..1100).contains(&missing), "what was cut: {all}");
    assert_eq!(
        all["max"].as_f64(),
        Some(count as f64 - 1.0),
        "the last that is there: {all}"
    );
    assert!(said(&output).contains("missing"), "{}", said(&output));
}
