//! SPEC and `.fio` scans, compared with what silx reads from them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus::{default_signal, describe_scan, scan_at, signal_at};
use hutch_model::{Cancel, Container, CostHint, Samples, Slab, read_slab};
use pollster::block_on;
use serde_json::Value;

use common::{Folder, Served};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/beamline")
}

fn open(url: &str, bytes: Vec<u8>) -> hutch_model::Result<Arc<dyn Container>> {
    let source = Served::new(url, bytes, CostHint::LOCAL);
    block_on(hutch_formats::open(
        source,
        Folder::new(&folder()),
        &Cancel::new(),
    ))
}

fn sample(name: &str) -> Arc<dyn Container> {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    open(&format!("memory:/{name}"), bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names(container: &dyn Container, path: &str) -> Vec<String> {
    let children = block_on(container.children(path, &Cancel::new())).unwrap();
    children.iter().map(|child| child.name.clone()).collect()
}

fn read(container: &dyn Container, path: &str) -> (Vec<u64>, Vec<String>) {
    let cancel = Cancel::new();
    let dataset = block_on(container.dataset(path, &cancel))
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    let shape = dataset.info().shape.clone();
    let block = block_on(read_slab(&*dataset, &Slab::whole(&shape), &cancel)).unwrap();
    let texts = (0..block.samples.len()).map(|index| block.samples.get_text(index));
    (shape, texts.collect())
}

fn numbers(container: &dyn Container, path: &str) -> Vec<f64> {
    let (_, texts) = read(container, path);
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn problems(container: &dyn Container, path: &str) -> Vec<String> {
    let mut nodes = block_on(container.nodes(&[path.to_owned()], &Cancel::new()));
    nodes.pop().unwrap().unwrap().problems
}

fn compare_scan(file: &str, container: &dyn Container, key: &str, scan: &Value) {
    for part in ["title", "start_time"] {
        let (_, said) = read(container, &format!("/{key}/{part}"));
        assert_eq!(said, [scan[part].as_str().unwrap()], "{file}: {key}/{part}");
    }
    let mut columns = Vec::new();
    for (path, expected) in scan["numbers"].as_object().unwrap() {
        let (shape, said) = read(container, &format!("/{key}/{path}"));
        let shape: Vec<Value> = shape.into_iter().map(Value::from).collect();
        assert_eq!(
            &Value::from(shape),
            &expected["shape"],
            "{file}: {key}/{path}"
        );
        let values = expected["values"].as_array().unwrap();
        let is_single = expected["dtype"] == "float32";
        for (said, value) in said.iter().zip(values) {
            let (said, value): (f64, f64) = (
                said.parse().unwrap(),
                value.as_str().unwrap().parse().unwrap(),
            );
            #[expect(
                clippy::cast_possible_truncation,
                reason = "silx holds it as a float32"
            )]
            let said = if is_single {
                f64::from(said as f32)
            } else {
                said
            };
            assert_eq!(said.to_bits(), value.to_bits(), "{file}: {key}/{path}");
        }
        if let Some(name) = path.strip_prefix("measurement/") {
            columns.push(name.split('/').next().unwrap().to_owned());
        }
    }
    let mut said = names(container, &format!("/{key}/measurement"));
    columns.sort();
    said.sort();
    assert_eq!(
        said, columns,
        "{file}: {key} has these columns and no others"
    );
}

#[test]
fn every_number_of_a_scan_is_what_silx_reads() {
    let text = std::fs::read_to_string(folder().join("expected_scans.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let files = expected.as_object().unwrap();
    assert_eq!(files.len(), 3, "all files are noted");
    for (file, scans) in files {
        let container = sample(file);
        let scans = scans.as_object().unwrap();
        assert_eq!(
            names(&*container, "/").len(),
            scans.len(),
            "{file}: its scans"
        );
        for (key, scan) in scans {
            compare_scan(file, &*container, key, scan);
        }
    }
}

#[test]
fn scans_of_one_number_are_listed_in_the_order_of_the_file() {
    let container = sample("scans.spec");
    assert_eq!(
        names(&*container, "/"),
        ["1.1", "25.1", "1.2", "2.1"],
        "number and order"
    );
    assert_eq!(container.format(), "SPEC");
    let motors = names(&*sample("scan_00056.fio"), "/56.1/instrument/positioners");
    assert_eq!(
        motors,
        ["exp_dmy01", "exp_dmy02", "ENERGY"],
        "parameters of the .fio file"
    );
}

#[test]
fn the_last_counter_over_the_first_column_is_plotted() {
    let container = sample("scans.spec");
    assert_eq!(
        names(&*container, "/1.1/plotselect"),
        ["th", "det"],
        "axis and signal"
    );
    let plot = |name: &str| numbers(&*container, &format!("/1.1/plotselect/{name}"));
    assert_eq!(
        plot("det"),
        numbers(&*container, "/1.1/measurement/det"),
        "the same numbers"
    );
}

#[test]
fn a_scan_is_shown_first_as_its_default_plot() {
    for (file, group, axis, counter) in [
        ("scans.spec", "/2.1/plotselect", "tth", "det"),
        (
            "scan_00056.fio",
            "/56.1/plotselect",
            "exp_dmy01",
            "sig_gen%1",
        ),
    ] {
        let container = sample(file);
        let signal = block_on(default_signal(&*container, &Cancel::new())).unwrap();
        let signal = signal.unwrap_or_else(|| panic!("{file}: nothing to plot"));
        assert_eq!(signal.group, group, "{file}: of the last scan");
        assert_eq!(signal.axes.len(), 1, "{file}: one axis");
        assert_eq!(signal.axes[0].name, axis, "{file}: the first column");
        let path = &signal.data.origin().path;
        assert_eq!(*path, format!("{group}/{counter}"), "no clock, no monitor");
    }
}

#[test]
fn lines_that_do_not_fit_become_nan_and_are_told() {
    let cut = sample("cut_scan.spec");
    assert_eq!(
        numbers(&*cut, "/1.1/measurement/b"),
        [2.0, 5.0],
        "what is there"
    );
    let last = numbers(&*cut, "/1.1/measurement/c");
    assert!(
        last[0].to_bits() == 3f64.to_bits() && last[1].is_nan(),
        "the cut number: {last:?}"
    );
    assert_eq!(
        problems(&*cut, "/1.1/measurement").len(),
        1,
        "the short line"
    );
    // silx leaves a blank in front of a day of one digit.
    assert_eq!(
        read(&*cut, "/1.1/start_time").1,
        ["2016-02-06T01:02:03"],
        "ISO 8601"
    );
    let bare = sample("no_labels.spec");
    assert_eq!(
        names(&*bare, "/1.1/measurement"),
        ["column_1", "column_2", "column_3"]
    );
    assert!(
        numbers(&*bare, "/1.1/measurement/column_2")[1].is_nan(),
        "a word"
    );
    let said = problems(&*bare, "/1.1/measurement");
    assert_eq!(said.len(), 3, "a long line, a word, no labels: {said:?}");
}

#[test]
fn a_file_of_another_kind_is_not_taken_for_a_scan() {
    let other = open("memory:/a.spec", b"hello\n#S 1 no\n1 2\n".to_vec());
    assert!(other.is_err(), "it does not begin as a SPEC file");
    assert!(
        open("memory:/a.fio", b"!\n!\n!\n%c\nnothing\n".to_vec()).is_err(),
        "no columns"
    );
}

#[test]
fn huge_lines_and_lists_of_labels_give_an_answer() {
    let labels = "a  ".repeat(200_000);
    let text = format!("#S 1 wide\n#L {labels}\n{}", "1\n".repeat(2000));
    let wide = open("memory:/a.spec", text.into_bytes()).unwrap();
    let refused = block_on(wide.children("/1.1", &Cancel::new())).unwrap_err();
    assert_eq!(refused.kind, hutch_model::ErrorKind::Limit, "{refused}");
    let text = format!(
        "#S 1 long\n#L a  b\n1 2\n#C {}\n#S 2 x\n#L a\n3\n",
        "x".repeat(9 << 20)
    );
    let long = open("memory:/a.spec", text.into_bytes()).unwrap();
    assert_eq!(
        numbers(&*long, "/2.1/measurement/a"),
        [3.0],
        "behind a line of 9 MiB"
    );
}

/// Reads all of a file, with bytes changed by a generator with a fixed start.
#[test]
fn files_with_changed_bytes_give_an_answer() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit as u64).unwrap()
    };
    for name in ["scans.spec", "windows.dat", "scan_00056.fio"] {
        let whole = std::fs::read(folder().join(name)).unwrap();
        let mut opened = 0;
        for round in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 9 {
                let at = next(bytes.len());
                bytes[at] = b"#SLOPDN@\\ \t\r\n0%!/.\xff\0"[next(20)];
            }
            bytes.truncate(whole.len() - if round % 3 == 0 { next(whole.len()) } else { 0 });
            let Ok(container) = open(&format!("memory:/{name}"), bytes) else {
                continue;
            };
            opened += 1;
            for key in names(&*container, "/") {
                let path = format!("/{key}/measurement");
                for column in names(&*container, &path) {
                    let dataset =
                        block_on(container.dataset(&format!("{path}/{column}"), &Cancel::new()));
                    assert!(
                        dataset.is_ok() || column.starts_with("mca_"),
                        "{name}: {column}"
                    );
                }
            }
        }
        assert!(
            opened > 100,
            "{name}: most changes leave a file that opens, {opened}"
        );
    }
}

fn table(container: &dyn Container, path: &str) -> hutch_model::ScanTable {
    let found = block_on(scan_at(container, path, &Cancel::new())).unwrap();
    found.unwrap_or_else(|| panic!("{path} is in no scan"))
}

/// What a view plots at a path of a scan.
fn plotted(container: &dyn Container, path: &str) -> hutch_model::Signal {
    let cancel = Cancel::new();
    let signal = block_on(signal_at(container, path, &cancel)).ok();
    let signal = block_on(describe_scan(container, path, signal, &cancel)).unwrap();
    signal.unwrap_or_else(|| panic!("{path} shows nothing"))
}

#[test]
fn a_scan_of_bliss_is_counters_against_the_motor_of_its_command() {
    let file = sample("bliss.h5");
    let scan = table(file.as_ref(), "/1.1/measurement/det");
    assert_eq!(scan.words(), "1.1  ascan th 0 5 20 0.5");
    assert_eq!(scan.points, 21);
    assert_eq!(scan.scanned().unwrap().name, "th");
    assert_eq!(scan.scanned().unwrap().unit, "deg");
    let names: Vec<&str> = scan
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert!(
        names.contains(&"mon") && !names.contains(&"eiger"),
        "{names:?}"
    );
    let still: Vec<(&str, f64)> = scan
        .positions
        .iter()
        .map(|motor| (motor.name.as_str(), motor.value))
        .collect();
    assert_eq!(still, [("chi", 45.5), ("sy", -1.25)], "what did not move");
    let signal = plotted(file.as_ref(), "/1.1");
    assert_eq!(
        signal.label, "det",
        "a counter that varies, no clock and no monitor"
    );
    assert!(
        signal.rule.contains("first counter that varies"),
        "{}",
        signal.rule
    );
    let passed: Vec<&str> = signal.tried.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(
        passed.len(),
        2,
        "told of the clock and of the monitor: {passed:?}"
    );
    assert!(
        passed.iter().any(|path| path.ends_with("/mon")),
        "{passed:?}"
    );
    assert_eq!(signal.axis(0).unwrap().name, "th");
    assert_eq!(signal.title, "1.1  ascan th 0 5 20 0.5");
}

/// A scan with counters of some values, in the order of their names.
fn counted(columns: &[(&str, &[f64])]) -> hutch_model::Signal {
    let class = |class: &str| [("NX_class", hutch_model::Value::Text(class.to_owned()))];
    let mut file = MemoryContainer::new("scan.h5")
        .group("/1.1", &class("NXentry"))
        .group("/1.1/measurement", &class("NXcollection"));
    for (name, values) in columns {
        let path = format!("/1.1/measurement/{name}");
        let shape = [values.len() as u64];
        file = file
            .dataset(&path, &shape, Samples::F64(values.to_vec()), &[])
            .unwrap();
    }
    plotted(&file, "/1.1")
}

#[test]
fn a_scan_without_a_plot_shows_its_first_counter_that_varies() {
    let flat: &[f64] = &[3.0, f64::NAN, 3.0];
    let counts: &[f64] = &[3.0, 7.0, 5.0];
    let signal = counted(&[
        ("a_dark", flat),
        ("epoch", counts),
        ("mon", counts),
        ("pico", counts),
        ("z", counts),
    ]);
    assert_eq!(signal.label, "pico");
    let dark = signal
        .tried
        .iter()
        .find(|step| step.path.ends_with("a_dark"));
    assert!(
        dark.is_some_and(|step| step.text.contains("the same at every point")),
        "{:?}",
        signal.tried
    );
    let signal = counted(&[("a", flat), ("b", flat), ("mon", counts)]);
    assert_eq!(signal.label, "a", "a counter, though nothing of it varies");
    assert!(signal.rule.contains("no counter varies"), "{}", signal.rule);
    let first = counted(&[("det", &[5.0]), ("mon", &[1.0]), ("z", &[5.0])]);
    assert_eq!(first.label, "det", "one point cannot vary");
    assert_eq!(
        counted(&[("epoch", counts), ("mon", counts)]).label,
        "mon",
        "rather than a clock"
    );
}

#[test]
fn frames_of_a_scan_know_where_its_motor_stood() {
    let file = sample("bliss.h5");
    let signal = plotted(file.as_ref(), "/1.1/measurement/eiger");
    assert_eq!(signal.data.info().shape, [21, 3, 4]);
    assert_eq!(signal.axis(0).unwrap().name, "th", "beside the slider");
    let others: Vec<&str> = signal.choices(0).map(|axis| axis.name.as_str()).collect();
    assert!(others.contains(&"mon"), "{others:?}");
}

#[test]
fn scans_follow_each_other_by_their_numbers() {
    let file = sample("bliss.h5");
    let scan = table(file.as_ref(), "/2.1");
    assert_eq!(scan.beside(1), Some("/10.1"), "not by their letters");
    assert_eq!(scan.beside(-1), Some("/1.1"));
    assert_eq!(scan.beside(2), None, "beyond the last");
    assert!(scan.scanned().is_none(), "nothing moved");
    let last = table(file.as_ref(), "/10.1");
    assert_eq!(
        last.scanned().unwrap().name,
        "tth",
        "the first of the command"
    );
    assert_eq!(last.points, 9, "as most columns have");
    assert!(last.column("late").is_none(), "one point short");
}

#[test]
fn spec_and_fio_scans_have_their_motor_and_their_command() {
    let spec = sample("scans.spec");
    let scan = table(spec.as_ref(), "/1.1");
    assert_eq!(scan.scanned().unwrap().name, "th");
    assert!(scan.command.contains("ascan"), "{}", scan.command);
    let signal = plotted(spec.as_ref(), "/1.1");
    assert!(
        signal.scan.is_some() && signal.title.starts_with("1.1"),
        "{}",
        signal.title
    );
    let fio = sample("scan_00056.fio");
    let scan = table(fio.as_ref(), "/56.1");
    assert_eq!(scan.scanned().unwrap().name, "exp_dmy01");
    let still: Vec<&str> = scan
        .positions
        .iter()
        .map(|motor| motor.name.as_str())
        .collect();
    assert_eq!(
        still,
        ["exp_dmy02", "ENERGY"],
        "parameters that did not move"
    );
}

#[test]
fn what_is_no_scan_has_no_table() {
    let file = sample("bliss.h5");
    let cancel = Cancel::new();
    for path in ["/", "/absent"] {
        assert!(
            block_on(scan_at(file.as_ref(), path, &cancel))
                .unwrap()
                .is_none(),
            "{path}"
        );
    }
}
