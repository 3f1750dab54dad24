//! Listings and descriptions: `hutch ls`, `hutch info` and `hutch doctor`.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::far::lab;
use crate::hutch::{Hutch, refused, said, sample, scan, write_recipe};

#[test]
fn listing_and_info_follow_their_schemas() {
    let hutch = Hutch::new();
    let file = sample("basic_latest.h5");
    let list = hutch.json(&["ls", &file, "--depth", "3", "--json"]);
    assert_eq!(list["schema"], "hutch.ls/1", "the schema");
    let children = list["children"].as_array().unwrap();
    let named = |name: &str| children.iter().find(|child| child["name"] == name).unwrap();
    assert_eq!(named("entry")["kind"], "group", "a group");
    assert_eq!(named("entry")["nx_class"], "NXentry", "its class");
    assert_eq!(
        named("dangling")["kind"],
        "link",
        "a link that leads nowhere"
    );
    assert_eq!(
        named("soft")["target"],
        "/entry/data/u2",
        "where a link leads"
    );
    assert!(named("entry")["children"].is_array(), "what is below");
    let folder = Path::new(&file).parent().unwrap().display().to_string();
    let list = hutch.json(&["ls", &folder, "--json"]);
    let is_there = list["children"]
        .as_array()
        .unwrap()
        .iter()
        .any(|child| child["name"] == "basic_latest.h5" && child["kind"] == "file");
    assert!(is_there, "a file in its folder: {list}");
    let info = hutch.json(&["info", &format!("{file}::/entry/data/f4"), "--json"]);
    assert_eq!(info["schema"], "hutch.info/1", "the schema");
    assert_eq!(info["shape"], serde_json::json!([3, 4]), "its shape");
    assert_eq!(info["dtype"], "float32", "its type");
    let attributes = &hutch.json(&["info", &file, "--json"])["attributes"];
    assert_eq!(attributes["uint"]["value"], u64::MAX, "an exact attribute");
}

#[test]
fn a_group_that_lies_below_itself_is_listed_once() {
    let mut writer = hutch_hdf5::write::Writer::new();
    writer.group("/a").unwrap();
    writer.hard_link("/a/a", "/a").unwrap();
    writer.hard_link("/a/b", "/a").unwrap();
    let hutch = Hutch::new();
    let file = writer.plan().unwrap().to_bytes().unwrap();
    fs::write(hutch.path("circle.h5"), file).unwrap();
    let list = hutch.run(&["ls", "circle.h5", "--depth", "50"]);
    let text = String::from_utf8(list.stdout).unwrap();
    assert_eq!(text.lines().count(), 3, "each group once: {text}");
    assert_eq!(text.matches("goes in a circle").count(), 2, "{text}");
}

#[test]
fn info_tells_what_a_frame_costs() {
    let hutch = Hutch::new();
    let tooth = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5");
    let address = format!("{}::/exchange/data", tooth.display());
    let info = hutch.json(&["info", &address, "--json"]);
    let expected = json!({"bytes": 5120, "requests": 1, "decoded_bytes": 5120, "chunks": 0});
    assert_eq!(
        info["frame_cost"], expected,
        "2 x 640 of four bytes: {info}"
    );
    let text = hutch.run(&["info", &address]);
    let text = String::from_utf8(text.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("frame_cost"));
    let words = line
        .unwrap_or_default()
        .trim_start_matches("frame_cost")
        .trim();
    assert_eq!(words, "5.1 kB in 1 request, 5.1 kB decoded", "{text}");
}

#[test]
fn info_names_the_files_that_a_virtual_dataset_misses() {
    let hutch = Hutch::new();
    let address = format!("{}::/interleaved", sample("virtual/master_latest.h5"));
    let info = hutch.json(&["info", &address, "--json"]);
    assert_eq!(info["sources"], json!({"count": 5, "missing": 1}), "{info}");
    let missing = info["missing"].to_string();
    assert!(missing.contains("part_3.h5"), "{missing}");
}

#[test]
fn a_truncated_file_is_unreadable_and_says_so() {
    let hutch = Hutch::new();
    let whole = fs::read(sample("chunked_latest.h5")).unwrap();
    fs::write(hutch.path("cut.h5"), &whole[..whole.len() / 3]).unwrap();
    let output = hutch.run(&["cat", "cut.h5::/bslz4_f8", "--npy", "--json"]);
    assert_eq!(output.status.code(), Some(9), "{}", said(&output));
    let text = said(&output);
    assert!(text.starts_with("hutch: "), "one line first: {text}");
    let object = text.lines().last().unwrap();
    let error: Json = serde_json::from_str(object).expect("the error as JSON, too");
    assert_eq!(error["schema"], "hutch.error/1", "the schema");
    assert_eq!(error["exit_code"], 9, "the exit code");
}

#[test]
fn a_file_with_colons_in_its_name_opens() {
    let hutch = Hutch::new();
    fs::copy(sample("basic_latest.h5"), hutch.path("a b ü::x.h5")).unwrap();
    let info = hutch.json(&["info", "a b ü::x.h5", "--json"]);
    assert_eq!(info["path"], "/", "the file");
    let info = hutch.json(&["info", "a b ü::x.h5::/entry/data/u1", "--json"]);
    assert_eq!(info["path"], "/entry/data/u1", "a node in it");
    fs::copy(scan(), hutch.path("s::can.h5")).unwrap();
    write_recipe(&hutch, "one.toml", "s::can.h5");
    hutch.json(&["reconstruct", "one.toml", "-o", "one.h5", "--json"]);
    let unreached = refused(&hutch, &["info", "http://[::1]:9/x.h5"], 4);
    assert!(!unreached.contains("IPv6"), "{unreached}");
}

#[test]
fn the_doctor_tells_about_this_computer_without_secrets() {
    let hutch = Hutch::new();
    let facility = lab(&hutch);
    let login = hutch.sign_in("lab");
    assert!(login.status.success(), "{}", said(&login));
    let page = hutch.json(&["doctor", "--json"]);
    assert_eq!(page["schema"], "hutch.doctor/1", "the schema");
    assert!(page["adapters"].is_array(), "adapters");
    let servers = page["sites"][0]["servers"].as_array().unwrap();
    assert!(
        servers.iter().all(|server| server["reachable"] == true),
        "{servers:?}"
    );
    assert!(!page.to_string().contains("\"secret\""), "no secrets");
    drop(facility);
}
