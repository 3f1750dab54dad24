//! Default plots: NeXus v3, v2 and v1, and files without any rule.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its samples are exact"
)]

mod common;

use common::{open, own, shared};
use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus::{default_plot, default_signal, signal_at};
use hutch_model::{AxisKind, Cancel, Container, Interpretation, Samples, Signal, Value};
use pollster::block_on;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|one| text(one)).collect())
}

fn ramp(count: u16) -> Samples {
    Samples::U16((0..count).collect())
}

fn reals(count: u8) -> Samples {
    Samples::F64((0..count).map(f64::from).collect())
}

fn nexus() -> MemoryContainer {
    MemoryContainer::new("test")
        .group("/entry", &[("NX_class", text("NXentry"))])
        .group(
            "/entry/data",
            &[("NX_class", text("NXdata")), ("signal", text("counts"))],
        )
        .dataset("/entry/data/counts", &[4, 6], ramp(24), &[])
        .unwrap()
}

fn signal(container: &dyn Container) -> Signal {
    block_on(default_signal(container, &Cancel::new()))
        .unwrap()
        .expect("there is something to plot")
}

#[test]
fn defaults_are_followed_through_relative_and_absolute_paths() {
    for (root, entry) in [("entry", "process/data"), ("/entry", "/entry/process/data")] {
        let container = nexus()
            .group("/", &[("default", text(root))])
            .group(
                "/entry",
                &[("NX_class", text("NXentry")), ("default", text(entry))],
            )
            .group(
                "/entry/process/data",
                &[("NX_class", text("NXdata")), ("signal", text("other"))],
            )
            .dataset("/entry/process/data/other", &[3], reals(3), &[])
            .unwrap();
        let signal = signal(&container);
        assert_eq!(
            signal.data.origin().path,
            "/entry/process/data/other",
            "by default"
        );
        assert!(
            signal.rule.contains("by default of"),
            "the rule: {}",
            signal.rule
        );
    }
}

#[test]
fn defaults_that_go_round_or_nowhere_are_remarked_and_passed_by() {
    for default in ["entry", "absent"] {
        let container = nexus().group("/", &[("default", text("entry"))]).group(
            "/entry",
            &[
                ("NX_class", text("NXentry")),
                ("default", text(&format!("/{default}"))),
            ],
        );
        let plot = block_on(default_plot(&container, &Cancel::new())).unwrap();
        let signal = plot.signal.expect("the data are found nevertheless");
        assert_eq!(signal.group, "/entry/data", "the only NXdata");
        assert!(!plot.remarks.is_empty(), "the odd default is remarked");
    }
}

#[test]
fn defaults_in_a_circle_are_told_once_and_lists_are_shown_instead() {
    // /a names b, b names c, and c is a again.
    let container = MemoryContainer::new("test")
        .group("/", &[("default", text("a"))])
        .group(
            "/a",
            &[("NX_class", text("NXentry")), ("default", text("b"))],
        )
        .group(
            "/a/b",
            &[("NX_class", text("NXcollection")), ("default", text("c"))],
        )
        .soft_link("/a/b/c", "/a")
        .dataset("/a/v", &[10], ramp(10), &[])
        .unwrap();
    let plot = block_on(default_plot(&container, &Cancel::new())).unwrap();
    let signal = plot.signal.expect("the list is shown");
    assert_eq!(signal.data.origin().path, "/a/v", "the only numbers");
    assert_eq!(plot.problems.len(), 1, "said once: {:?}", plot.problems);
    assert!(
        plot.remarks[0].contains("in a circle"),
        "{:?}",
        plot.remarks
    );
}

#[test]
fn a_default_that_leads_nowhere_leaves_the_longest_list() {
    let container = MemoryContainer::new("test")
        .group("/", &[("default", text("nope"))])
        .dataset("/v", &[12], ramp(12), &[])
        .unwrap();
    let plot = block_on(default_plot(&container, &Cancel::new())).unwrap();
    let signal = plot.signal.expect("the list is shown");
    assert!(
        signal.rule.contains("leads nowhere"),
        "the reason is part of the rule: {}",
        signal.rule
    );
    // A list of angles is no answer where the images of a scan are in a file that is absent.
    let container = MemoryContainer::new("test")
        .group("/d", &[("NX_class", text("NXdata")), ("signal", text("x"))])
        .external_link("/d/x", "absent.h5", "/x")
        .dataset("/angles", &[12], ramp(12), &[])
        .unwrap();
    let plot = block_on(default_plot(&container, &Cancel::new())).unwrap();
    assert!(plot.signal.is_none(), "the images are absent: {plot:?}");
}

#[test]
fn a_plain_image_has_no_problem_with_its_default() {
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let head = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
    npy.extend(format!("{head:<117}\n").bytes());
    npy.extend([1, 2, 3, 4, 5, 6]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    std::fs::write(&path, npy).unwrap();
    let plot = block_on(default_plot(&*open(&path), &Cancel::new())).unwrap();
    assert!(plot.signal.is_some(), "it is shown: {}", plot.why);
    assert_eq!(plot.problems, [], "nothing is wrong with it");
}

#[test]
fn without_a_default_the_first_data_that_can_be_read_are_shown() {
    let container = nexus()
        .group(
            "/entry/a_broken",
            &[("NX_class", text("NXdata")), ("signal", text("data"))],
        )
        .external_link("/entry/a_broken/data", "absent.h5", "/data");
    let plot = block_on(default_plot(&container, &Cancel::new())).unwrap();
    assert_eq!(
        plot.signal.expect("found").group,
        "/entry/data",
        "the second"
    );
    assert!(
        plot.remarks[0].contains("absent.h5"),
        "why not the first: {:?}",
        plot.remarks
    );
}

#[test]
fn axes_come_by_position_and_by_indices() {
    let container = nexus()
        .group(
            "/entry/data",
            &[
                ("NX_class", text("NXdata")),
                ("signal", text("counts")),
                ("axes", list(&["energy", "."])),
                ("edges_indices", Value::Integer(1)),
                ("energy_indices", list(&["0"])),
            ],
        )
        .dataset(
            "/entry/data/energy",
            &[4],
            reals(4),
            &[("units", text("keV")), ("long_name", text("photon energy"))],
        )
        .unwrap()
        .dataset("/entry/data/energy_errors", &[4], reals(4), &[])
        .unwrap()
        .dataset("/entry/data/edges", &[7], reals(7), &[])
        .unwrap();
    let signal = signal(&container);
    let energy = signal.axis(0).expect("the first axis");
    assert_eq!(
        (energy.label.as_str(), energy.unit.as_str()),
        ("photon energy", "keV"),
        "its words"
    );
    assert_eq!(energy.kind, AxisKind::Points, "as many as indices");
    assert!(energy.errors.is_some(), "its errors belong to it");
    let edges = signal.axis(1).expect("the axis that only its indices name");
    assert_eq!(edges.kind, AxisKind::Edges, "one more than indices");
}

#[test]
fn an_axis_that_does_not_fit_is_left_out_in_words() {
    let container = nexus()
        .group(
            "/entry/data",
            &[
                ("NX_class", text("NXdata")),
                ("signal", text("counts")),
                ("axes", list(&["y", "x"])),
            ],
        )
        .dataset("/entry/data/y", &[3], reals(3), &[])
        .unwrap();
    let signal = signal(&container);
    assert!(signal.axes.is_empty(), "neither axis fits");
    for (axis, why) in [("y", "shorter than the data"), ("x", "there is no")] {
        let path = format!("/entry/data/{axis}");
        let problem = signal.problems.iter().find(|problem| problem.path == path);
        let text = &problem.expect("what is wrong with it").text;
        assert!(
            text.contains("left out") && text.contains(why),
            "said: {text}"
        );
    }
}

#[test]
fn fewer_axes_than_dimensions_belong_to_the_last_of_an_image() {
    let container = MemoryContainer::new("test")
        .group(
            "/data",
            &[
                ("NX_class", text("NXdata")),
                ("signal", text("stack")),
                ("axes", list(&["y", "x"])),
                ("interpretation", text("image")),
            ],
        )
        .dataset("/data/stack", &[2, 3, 4], ramp(24), &[])
        .unwrap()
        .dataset("/data/y", &[3], reals(3), &[])
        .unwrap()
        .dataset("/data/x", &[4], reals(4), &[])
        .unwrap();
    let signal = signal(&container);
    assert_eq!(
        signal.interpretation,
        Some(Interpretation::Image),
        "an image"
    );
    assert_eq!(signal.axis(1).unwrap().name, "y", "the second dimension");
    assert_eq!(signal.axis(2).unwrap().name, "x", "the third");
}

#[test]
fn errors_mask_weights_and_scaling_belong_to_the_signal_by_name() {
    let container = nexus()
        .dataset("/entry/data/counts_errors", &[4, 6], ramp(24), &[])
        .unwrap()
        .dataset("/entry/data/counts_mask", &[4, 6], ramp(24), &[])
        .unwrap()
        .dataset("/entry/data/counts_weights", &[2], ramp(2), &[])
        .unwrap()
        .dataset(
            "/entry/data/counts_scaling_factor",
            &[],
            Samples::F64(vec![0.5]),
            &[],
        )
        .unwrap()
        .dataset(
            "/entry/data/counts_offset",
            &[1],
            Samples::I32(vec![-3]),
            &[],
        )
        .unwrap()
        .dataset(
            "/entry/title",
            &[],
            Samples::Text(vec!["a scan".to_owned()]),
            &[],
        )
        .unwrap();
    let signal = signal(&container);
    assert!(
        signal.errors.is_some() && signal.mask.is_some(),
        "of the same shape"
    );
    assert!(signal.weights.is_none(), "of another shape");
    assert_eq!(
        (signal.scaling.offset, signal.scaling.factor),
        (-3.0, 0.5),
        "scaling"
    );
    assert_eq!(signal.title, "a scan", "the title of the entry");
}

#[test]
fn the_rule_of_version_two_reads_mantid_files() {
    let signal = signal(&*open(&own("plots_v2.h5")));
    assert_eq!(
        signal.label, "values",
        "the field with the attribute signal"
    );
    assert_eq!(signal.unit, "Counts", "its unit");
    assert!(signal.errors.is_some(), "the deprecated name of errors");
    assert_eq!(signal.axis(0).unwrap().name, "axis2", "points of the first");
    assert_eq!(
        signal.axis(1).unwrap().kind,
        AxisKind::Edges,
        "edges of the second"
    );
    assert!(signal.rule.contains("v2"), "the rule: {}", signal.rule);
}

#[test]
fn the_rule_of_version_one_takes_the_primary_axis() {
    let signal = signal(&*open(&own("plots_v1.h5")));
    assert_eq!(signal.label, "counts", "signal=\"1\"");
    assert_eq!(
        signal.axis(0).unwrap().label,
        "two theta",
        "primary comes first"
    );
    assert_eq!(signal.title, "an old scan", "its title");
}

#[test]
fn a_file_without_nexus_shows_its_largest_images() {
    let container = MemoryContainer::new("test")
        .dataset("/a/list", &[20], ramp(20), &[])
        .unwrap()
        .dataset("/b/c/images", &[2, 2, 3], ramp(12), &[])
        .unwrap()
        .dataset("/b/text", &[1], Samples::Text(vec!["x".to_owned()]), &[])
        .unwrap();
    let signal = signal(&container);
    assert_eq!(
        signal.data.origin().path,
        "/b/c/images",
        "images before lists"
    );
    assert!(
        signal.rule.contains("no NeXus default"),
        "the rule: {}",
        signal.rule
    );
}

#[test]
fn nothing_to_show_comes_with_a_reason() {
    let empty = MemoryContainer::new("empty");
    let plot = block_on(default_plot(&empty, &Cancel::new())).unwrap();
    assert!(
        plot.signal.is_none() && !plot.why.is_empty(),
        "why: {}",
        plot.why
    );
}

#[test]
fn a_path_shows_its_own_data() {
    let container = nexus()
        .dataset(
            "/entry/data/other",
            &[4, 6],
            ramp(24),
            &[("units", text("V"))],
        )
        .unwrap()
        .dataset("/entry/number", &[2], ramp(2), &[])
        .unwrap();
    let cancel = Cancel::new();
    let at = |path: &str| block_on(signal_at(&container, path, &cancel)).unwrap();
    assert_eq!(at("/entry").label, "counts", "the default of a group");
    assert_eq!(
        at("/entry/data/counts").group,
        "/entry/data",
        "with its group"
    );
    assert_eq!(
        at("/entry/data/other").unit,
        "V",
        "another field of the group"
    );
    assert_eq!(at("entry/number").group, "", "a bare dataset");
    assert!(
        block_on(signal_at(&container, "/nowhere", &cancel)).is_err(),
        "nothing there"
    );
}

#[test]
fn real_files_show_what_they_should() {
    for (name, path, axes) in [
        ("tomography/diamond_pin.nxs", "/entry/data/data", 1),
        ("tooth.h5", "/exchange/data", 1),
        (
            "tomography/diad/k11-18014.nxs",
            "/entry/detector/detector",
            1,
        ),
    ] {
        let plot = block_on(default_plot(&*open(&shared(name)), &Cancel::new())).unwrap();
        let signal = plot
            .signal
            .unwrap_or_else(|| panic!("{name}: {}", plot.why));
        assert_eq!(signal.data.origin().path, path, "{name}: {}", signal.rule);
        assert_eq!(
            signal.axes.len(),
            axes,
            "the axes of {name}: {}",
            signal.rule
        );
        assert_eq!(signal.data.info().shape.len(), 3, "{name} is a stack");
    }
}
