//! What people, scripts and files do wrong: each gets words and the exit code of
//! its cause, and no command hangs.

use std::io::Read as _;
use std::process::{Command, Output, Stdio};

use hutch_hdf5::ScalarKind;
use hutch_hdf5::write::{DatasetSpec, Storage, TextStorage, Writer};
use serde_json::{Value as Json, json};

use crate::hutch::{Hutch, refused, said, sample};

/// Hutch in a folder with a file of odd datasets.
fn odd() -> Hutch {
    let mut writer = Writer::new();
    let mut dataset = |path: &str, shape: &[u64], kind: ScalarKind| {
        let size = shape.iter().product::<u64>() * kind.size() as u64;
        let spec = DatasetSpec {
            shape: shape.to_vec(),
            kind,
            storage: Storage::Data(vec![0; usize::try_from(size).unwrap()]),
        };
        writer.dataset(path, spec).unwrap();
    };
    dataset("/stack", &[3, 4, 5], ScalarKind::U16);
    dataset("/scalar", &[], ScalarKind::F64);
    dataset("/line", &[6], ScalarKind::I16);
    dataset("/empty", &[0, 4, 5], ScalarKind::F32);
    dataset("/zero", &[3, 0, 5], ScalarKind::U8);
    dataset("/large", &[40, 256, 256], ScalarKind::U16);
    let texts = ["a,b", "say \"x\""].map(str::to_owned);
    writer
        .texts("/texts", &[2], &texts, TextStorage::Variable)
        .unwrap();
    writer.group("/bare").unwrap();
    writer.group("/group").unwrap();
    writer.soft_link("/group/above", "/").unwrap();
    writer.hard_link("/group/again", "/group").unwrap();
    writer.soft_link("/nowhere", "/not/there").unwrap();
    let file = writer.plan().unwrap().to_bytes().unwrap();
    let hutch = Hutch::new();
    std::fs::write(hutch.path("odd.h5"), file).unwrap();
    hutch
}

/// What a command that must do well writes.
fn text(hutch: &Hutch, arguments: &[&str]) -> String {
    let run = hutch.run(arguments);
    assert!(run.status.success(), "{arguments:?}: {}", said(&run));
    String::from_utf8(run.stdout).unwrap()
}

/// Requests, the exit code of each, and words that it says.
const WRONG: [(&str, i32, &str); 39] = [
    ("ls nothing.h5", 7, "\"nothing.h5\""),
    ("info odd.h5::/nothing", 7, "there is no \"/nothing\""),
    ("info odd.h5::/nowhere", 7, "there is no \"/not\""),
    ("stats ::/x", 2, "is missing before \"::\""),
    ("info odd.h5::/stack[0]", 2, "info tells of whole nodes"),
    ("cat odd.h5::/bare", 2, "name a dataset as URL::PATH"),
    (
        "cat odd.h5::/stack[3]",
        2,
        "index 3 lies outside axis 0 of size 3",
    ),
    ("cat odd.h5::/stack[-4]", 2, "lies outside axis 0"),
    (
        "cat odd.h5::/stack[0,0,0,0]",
        2,
        "has 4 axes, the dataset has 3",
    ),
    ("cat odd.h5::/stack[::0]", 2, "\"::0\""),
    ("cat odd.h5::/stack[x]", 2, "\"x\""),
    (
        "cat odd.h5::/stack[99999999999999999999]",
        2,
        "99999999999999999999",
    ),
    ("cat odd.h5::/scalar[0]", 2, "has 1 axes, the dataset has 0"),
    ("cat odd.h5::/texts --npy", 2, "numbers only, not text"),
    ("cat odd.h5::/stack --npy --csv", 2, "cannot be used with"),
    ("cat odd.h5::/scalar -o .", 2, "name a file in it"),
    ("cat odd.h5::/scalar -o odd.h5", 2, "the source itself"),
    ("stats odd.h5::/texts", 9, "its elements are text"),
    ("stats odd.h5::/stack --percentiles 101", 2, "from 0 to 100"),
    ("stats odd.h5::/stack --percentiles nan", 2, "from 0 to 100"),
    (
        "convert odd.h5::/stack -o a.png",
        2,
        "its ending tells no format",
    ),
    (
        "convert odd.h5::/texts -o a.npy",
        2,
        "its elements are text",
    ),
    (
        "convert odd.h5::/stack -o odd.h5 --overwrite",
        2,
        "the source itself",
    ),
    (
        "convert odd.h5::/empty -o a.tif",
        2,
        "no page without a pixel",
    ),
    (
        "convert odd.h5::/scalar -o a.tif",
        2,
        "an image of two axes",
    ),
    ("convert odd.h5::/zero -o a.zarr", 2, "use npy or hdf5"),
    (
        "convert odd.h5::/stack -o a.npy --dtype text",
        2,
        "expected one of uint8",
    ),
    (
        "render odd.h5::/stack --frame 3 -o a.png",
        2,
        "there are 3, from 0",
    ),
    (
        "render odd.h5::/line --view image -o a.png",
        2,
        "holds no image",
    ),
    ("render odd.h5::/empty -o a.png", 2, "holds no image"),
    ("stats http://127.0.0.1:1/x.h5", 4, "cannot connect"),
    (
        "render odd.h5::/stack --range 5,1 -o a.png",
        2,
        "smaller number first",
    ),
    (
        "render odd.h5::/stack --range 5,5 -o a.png",
        2,
        "smaller number first",
    ),
    (
        "render odd.h5::/stack --norm log --range -10,-1 -o a.png",
        2,
        "nothing at or below 0",
    ),
    (
        "render odd.h5::/stack --component phase -o a.png",
        2,
        "of complex samples",
    ),
    (
        "render odd.h5::/stack --exponent 3 -o a.png",
        2,
        "--norm gamma",
    ),
    (
        "cat odd.h5[0,0,5]",
        7,
        "a part of it is named as \"odd.h5::[0,0,5]\"",
    ),
    (
        "convert odd.h5::/stack -o nowhere/x.npy",
        2,
        "there is no folder \"nowhere\"; make it first",
    ),
    (
        "render odd.h5::/stack -o nowhere/x.png",
        2,
        "there is no folder \"nowhere\"; make it first",
    ),
];

#[test]
fn a_wrong_request_is_told_with_the_exit_code_of_its_cause() {
    let home = odd();
    for (line, code, words) in WRONG {
        let arguments: Vec<&str> = line.split(' ').collect();
        let run = home.run(&arguments);
        assert_eq!(run.status.code(), Some(code), "{line}: {}", said(&run));
        assert!(said(&run).contains(words), "{line}: {}", said(&run));
        assert!(run.stdout.is_empty(), "{line}: nothing on stdout");
    }
    let mut left: Vec<_> = std::fs::read_dir(home.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(
        left,
        ["home", "odd.h5", "passphrase"],
        "nothing half written"
    );
}

#[test]
fn datasets_without_samples_have_nothing_and_say_their_shape() {
    let home = odd();
    assert_eq!(text(&home, &["cat", "odd.h5::/empty"]), "", "no lines");
    let json = |path: &str| -> Json {
        let address = format!("odd.h5::{path}");
        serde_json::from_str(&text(&home, &["cat", &address, "--json"])).unwrap()
    };
    assert_eq!(json("/empty")["values"], json!([]), "no frames");
    assert_eq!(json("/zero")["values"], json!([[], [], []]), "no lines");
    assert_eq!(json("/scalar")["values"], json!(0.0), "one value, no list");
    for path in ["/empty", "/zero"] {
        let address = format!("odd.h5::{path}");
        let found: Json =
            serde_json::from_str(&text(&home, &["stats", &address, "--json"])).unwrap();
        assert_eq!(found["all"]["count"], 0, "{path}: no samples");
        assert_eq!(found["all"]["mean"], "NaN", "{path}: of nothing");
        text(
            &home,
            &["convert", &address, "-o", "none.npy", "--overwrite"],
        );
        let shown = text(&home, &["info", &address]);
        assert!(shown.contains("shape"), "{path}: {shown}");
    }
    let one = text(&home, &["convert", "odd.h5::/scalar", "-o", "one.npy"]);
    assert_eq!(one, "one.npy: one value of float64\n", "a scalar");
    let texts = text(&home, &["cat", "odd.h5::/texts"]);
    assert_eq!(
        texts, "\"a,b\"\n\"say \"\"x\"\"\"\n",
        "in quotes where needed"
    );
}

#[test]
fn links_in_a_circle_are_told_and_not_followed_for_ever() {
    let home = odd();
    let tree = text(&home, &["ls", "odd.h5", "--depth", "5"]);
    assert_eq!(
        tree.matches("(the group \"/group\" above; it goes in a circle)")
            .count(),
        1,
        "a second name of a group, once: {tree}"
    );
    assert_eq!(
        tree.matches("-> /\n").count(),
        1,
        "a soft link is told with its target: {tree}"
    );
    let tree: Json =
        serde_json::from_str(&text(&home, &["ls", "odd.h5", "--depth", "5", "--json"])).unwrap();
    let names = |children: &Json| -> Vec<String> {
        let children = children.as_array().unwrap().iter();
        children
            .map(|child| child["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(
        names(&tree["children"]).contains(&"nowhere".to_owned()),
        "{tree}"
    );
}

#[test]
fn regions_that_are_wrong_are_told_and_the_others_keep_their_names() {
    let home = odd();
    let write = |bytes: &[u8]| std::fs::write(home.path("regions.json"), bytes).unwrap();
    let roi = ["roi", "odd.h5::/stack", "--regions", "regions.json"];
    write(&[0xff, 0xfe, 0x00, 0x80]);
    refused(&home, &roi, 9);
    write(b"{\"schema\": \"hutch.regions/1\", \"regions\": []}");
    assert!(refused(&home, &roi, 2).contains("lists no region"));
    let bad = br#"{"regions": [{"name": "a", "shape": "circle 1 1 -5"}]}"#;
    write(bad);
    let told = refused(&home, &roi, 2);
    assert!(told.contains("region 1 \"a\": its radius is -5"), "{told}");
    let good = br#"{"regions": [{"name": "a, b", "shape": "point 1 1"}, {"name": "far", "shape": "circle 500 500 3"}]}"#;
    write(good);
    let run = home.run(&roi);
    let told = said(&run);
    assert!(
        told.contains("\"far: circle 500 500 3\" holds no pixel of the frames, which are 5 x 4"),
        "{told}"
    );
    let table = String::from_utf8(run.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("frame,name,shape,"), "{table}");
    assert!(lines[1].starts_with("0,\"a, b\",point 1 1,1,"), "{table}");
}

#[test]
fn lists_of_numbers_may_begin_below_zero() {
    let home = odd();
    let lines = text(&home, &["profile", "odd.h5::/stack", "--line", "-5 0 3 0"]);
    assert!(lines.lines().count() > 8, "from beside the frame: {lines}");
    for arguments in [
        &["profile", "odd.h5::/stack", "--around", "-1 0 3"][..],
        &["roi", "odd.h5::/stack", "--shape", "circle -1 0 3"],
    ] {
        text(&home, arguments);
    }
}

/// Ends a command as Ctrl-C does, as soon as it wrote something.
#[cfg(unix)]
fn interrupted(home: &Hutch, arguments: &[&str]) -> Output {
    let mut child = home
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status();
    assert!(kill.is_ok(), "SIGINT is sent");
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_command_in_the_middle() {
    let home = odd();
    // More than a pipe holds, so that it is in the middle for sure.
    for form in ["--csv", "--json"] {
        let run = interrupted(&home, &["cat", "odd.h5::/large", form]);
        assert_eq!(run.status.code(), Some(130), "{form}: {}", said(&run));
        assert!(said(&run).contains("hutch: cancelled"), "{}", said(&run));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_command_with_exit_code_6() {
    let home = odd();
    for line in [
        "ls odd.h5",
        "info odd.h5",
        "cat odd.h5::/large",
        "stats odd.h5::/stack --json",
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let run = home
            .command(&line.split(' ').collect::<Vec<_>>())
            .stdout(full.unwrap())
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(6), "{line}: {}", said(&run));
        assert!(said(&run).contains("write the output"), "{}", said(&run));
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = odd();
    for line in [
        "ls odd.h5",
        "cat odd.h5::/large",
        "cat odd.h5::/large --json",
        "stats odd.h5::/stack",
    ] {
        let mut child = home
            .command(&line.split(' ').collect::<Vec<_>>())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run = child.wait_with_output().unwrap();
        assert!(run.status.success(), "{line}: {}", said(&run));
        assert!(
            said(&run).is_empty(),
            "{line}: without a word: {}",
            said(&run)
        );
    }
}

#[test]
fn a_wrong_request_is_told_with_exit_code_2() {
    let hutch = Hutch::new();
    for arguments in [
        &["render", "a.h5"][..],
        &["ls"],
        &["cat", "x::/y[1:2:3:4]"],
        &["jobs", "dance"],
    ] {
        let output = hutch.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            output.stdout.is_empty(),
            "{arguments:?} leaves stdout alone"
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let hutch = Hutch::new();
    let address = format!("{}::/growing_far", sample("chunked_latest.h5"));
    let mut child = hutch
        .command(&["cat", &address, "--csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "as `head` ends it: {}",
        said(&output)
    );
    assert!(
        said(&output).is_empty(),
        "without a word: {}",
        said(&output)
    );
}

#[test]
fn commands_of_a_later_version_and_an_absent_display_are_told_in_words() {
    let hutch = Hutch::new();
    for word in ["get", "put"] {
        let text = refused(&hutch, &[word, "demo:/x.h5"], 9);
        assert!(text.contains("no such command"), "{text}");
    }
    for display in ["", ":7777"] {
        let mut command = hutch.command(&["x.h5"]);
        command
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        let output = command.output().unwrap();
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("display"), "{text}");
        assert!(!text.contains(".rs"), "no place in the source: {text}");
    }
}
