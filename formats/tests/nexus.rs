//! NXdata with every attribute and suffix of the class, old forms, and faults:
//! what h5py reads from them, scaled as NXdata says.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Arc;

use common::{open, shared};
use hutch_formats::nexus::{chosen_signal, default_plot, signal_at};
use hutch_model::{
    Axis, AxisKind, Cancel, Container, Dataset, Interpretation, PlotChoice, Samples, ScaleKind,
    Scaling, Signal, Slab, read_slab,
};
use pollster::block_on;
use serde_json::Value as Json;

fn file(name: &str) -> Arc<dyn Container> {
    open(&shared(&format!("nexus/{name}.h5")))
}

fn expected() -> Json {
    let text = std::fs::read_to_string(shared("nexus/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn at(container: &dyn Container, path: &str) -> Signal {
    block_on(signal_at(container, path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn texts_of(signal: &Signal) -> String {
    let said = signal.problems.iter();
    let lines: Vec<String> = said
        .map(|problem| format!("{}: {}", problem.path, problem.text))
        .collect();
    lines.join("\n")
}

/// The values of a dataset as they are plotted; words as they are.
fn plotted(dataset: &dyn Dataset, scaling: Scaling, skipped: u64) -> Json {
    let slab = Slab::whole(&dataset.info().shape);
    let samples = block_on(read_slab(dataset, &slab, &Cancel::new()))
        .unwrap()
        .samples;
    let skipped = usize::try_from(skipped).unwrap();
    match samples {
        Samples::Text(words) => Json::from(words),
        numbers => {
            let values = numbers.to_f64().into_iter().skip(skipped);
            Json::from(values.map(|value| scaling.apply(value)).collect::<Vec<_>>())
        }
    }
}

fn is_as_h5py_reads(signal: &Signal, told: &Json) {
    let path = told["path"].as_str().unwrap();
    assert_eq!(signal.data.origin().path, told["signal"], "{path}");
    assert_eq!(
        Json::from(signal.data.info().shape.clone()),
        told["shape"],
        "{path}"
    );
    let values = plotted(&*signal.data, signal.scaling, 0);
    assert_eq!(values, told["values"], "the values of {path}");
    let all = || signal.axes.iter().chain(&signal.alternatives);
    let axes = told["axes"].as_object().unwrap();
    assert_eq!(
        all().count(),
        axes.len(),
        "the axes of {path}: {}",
        texts_of(signal)
    );
    for (name, axis) in axes {
        let found = all().find(|axis| axis.name == *name);
        let found = found.unwrap_or_else(|| panic!("{path} has no axis {name}"));
        let values = plotted(&**found.values.as_ref().unwrap(), found.scaling, 0);
        assert_eq!(values, axis["values"], "the axis {name} of {path}");
        assert_eq!(found.unit, axis["unit"], "the unit of {name} of {path}");
    }
    let auxiliary = told["auxiliary"].as_object().unwrap();
    assert_eq!(
        signal.auxiliary.len(),
        auxiliary.len(),
        "further signals of {path}"
    );
    for further in &signal.auxiliary {
        let values = plotted(&*further.data, further.scaling, 0);
        assert_eq!(
            values, auxiliary[&further.name],
            "{} of {path}",
            further.name
        );
    }
}

#[test]
fn every_form_gives_the_values_that_h5py_reads() {
    for name in ["features", "old"] {
        let container = file(name);
        for told in expected()[name].as_array().unwrap() {
            let signal = at(&*container, told["path"].as_str().unwrap());
            is_as_h5py_reads(&signal, told);
        }
    }
}

#[test]
fn a_chain_of_defaults_ends_where_silx_ends() {
    let plot = block_on(default_plot(&*file("features"), &Cancel::new())).unwrap();
    let signal = plot.signal.expect("there is a default");
    assert_eq!(
        signal.data.origin().path,
        expected()["silx"]["features"],
        "{}",
        plot.why
    );
    let paths: Vec<&str> = plot.tried.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/", "/entry", "/entry/process/curve"],
        "step by step"
    );
    assert!(plot.problems.is_empty(), "{}", texts_of(&signal));
}

#[test]
fn a_curve_has_its_errors_weights_mask_and_hints() {
    let signal = at(&*file("features"), "/entry/process/curve");
    assert!(signal.errors.is_some() && signal.weights.is_some() && signal.mask.is_some());
    assert_eq!(
        (signal.label.as_str(), signal.unit.as_str()),
        ("counts seen", "counts")
    );
    assert_eq!(signal.title, "its own title", "not that of the entry");
    assert_eq!(signal.scale, Some(ScaleKind::Log), "of SILX_style");
    let energy = signal.axis(0).unwrap();
    assert_eq!(energy.scale, Some(ScaleKind::Log), "axes_scale_types");
    assert!(energy.errors.is_some(), "errors of an axis");
    assert_eq!(energy.words(), "energy (keV)", "with its unit");
    let sum = &signal.auxiliary[0];
    assert_eq!((sum.label.as_str(), sum.unit.as_str()), ("sum of all", "V"));
    assert!(sum.errors.is_some(), "errors of a further signal");
}

#[test]
fn a_slice_is_found_by_number_and_by_the_words_of_an_axis() {
    let container = file("features");
    let stack = at(&*container, "/entry/stack");
    assert_eq!(stack.default_slice, [Some(2), None, None], "\"difference\"");
    assert_eq!(stack.first_frame(2), 2, "the frame to begin with");
    assert!(stack.axis(0).unwrap().is_categorical(), "named frames");
    let choice = at(&*container, "/entry/choice");
    assert_eq!(
        choice.default_slice,
        [Some(1), None],
        "a number written as text"
    );
}

#[test]
fn edges_good_values_and_both_spellings_of_silx_are_read() {
    let stack = at(&*file("features"), "/entry/stack");
    let [y, x] = [stack.axis(1).unwrap(), stack.axis(2).unwrap()];
    assert_eq!(y.kind, AxisKind::Edges, "one more than rows");
    assert_eq!(y.label, "height", "long_name");
    assert_eq!(
        (x.kind, x.skipped),
        (AxisKind::Points, 2),
        "first_good to last_good fit"
    );
    let scales = [stack.axis(0).unwrap().scale, y.scale, x.scale];
    assert_eq!(
        scales,
        [
            Some(ScaleKind::Linear),
            Some(ScaleKind::Linear),
            Some(ScaleKind::Log)
        ]
    );
    let good = at(&*file("features"), "/entry/good");
    assert_eq!(
        good.axis(0).unwrap().good,
        Some([1, 4]),
        "a part of the data is good"
    );
}

#[test]
fn axes_that_only_their_indices_name_are_a_choice() {
    let signal = at(&*file("features"), "/entry/choice");
    let names = |dimension| -> Vec<&str> {
        signal
            .choices(dimension)
            .map(|axis: &Axis| axis.name.as_str())
            .collect()
    };
    assert_eq!(names(0), ["angle", "motor"], "the named one first");
    assert_eq!(names(1), ["pixel"], "an unnamed dimension takes it at once");
}

#[test]
fn a_bent_grid_has_axes_of_two_dimensions() {
    let signal = at(&*file("features"), "/entry/grid");
    for (dimension, name) in [(0, "y"), (1, "x")] {
        let axis = signal.axis(dimension).unwrap();
        assert_eq!(
            (axis.name.as_str(), axis.spans.as_slice()),
            (name, &[0, 1][..])
        );
        assert!(axis.line().is_none(), "it is no line");
    }
}

#[test]
fn every_word_of_interpretation_is_known() {
    use Interpretation::{CmykImage, HslImage, RgbImage, Scalar};
    let container = file("features");
    for (name, known) in [
        ("rgb", RgbImage),
        ("rgba", RgbImage),
        ("hsl", HslImage),
        ("cmyk", CmykImage),
        ("hdf_image", RgbImage),
        ("scaler", Scalar),
    ] {
        let signal = at(&*container, &format!("/entry/{name}"));
        assert_eq!(signal.interpretation, Some(known), "{name}");
        assert!(signal.problems.is_empty(), "{}", texts_of(&signal));
    }
    let rgb = at(&*container, "/entry/rgb");
    assert_eq!(rgb.axis(0).unwrap().name, "y", "the colours are no row");
}

#[test]
fn the_old_rules_are_told_by_their_version() {
    let container = file("old");
    assert!(
        at(&*container, "/b").rule.contains("NeXus v2"),
        "a list of axes"
    );
    let first = at(&*container, "/d");
    assert!(
        first.rule.contains("NeXus v1"),
        "fields that say their axis"
    );
    let names: Vec<&str> = first.choices(1).map(|axis| axis.name.as_str()).collect();
    assert_eq!(names, ["two_theta", "wavelength"], "the primary one first");
}

#[test]
fn two_axes_of_a_line_are_its_places_in_a_plane() {
    let container = open(&shared("maps/maps.h5"));
    let signal = at(&*container, "/entry/snake");
    assert!(signal.problems.is_empty(), "{}", texts_of(&signal));
    let scatter = signal.scatter.as_ref().expect("a scatter");
    let names: Vec<&str> = scatter.iter().map(|axis| axis.name.as_str()).collect();
    assert_eq!(names, ["x", "y"], "in the order of the file");
    assert_eq!(
        signal.choices(0).count(),
        2,
        "both can be chosen for a curve"
    );
    let bent = at(&*container, "/entry/bent");
    assert!(bent.scatter.is_none(), "a grid of its own");
    assert_eq!(bent.axis(1).unwrap().spans, [0, 1], "bent along both sides");
}

#[test]
fn a_circle_of_defaults_is_said_and_the_data_are_shown() {
    let plot = block_on(default_plot(&*file("circle"), &Cancel::new())).unwrap();
    let signal = plot.signal.expect("the data are found");
    assert_eq!(signal.data.origin().path, "/c/data/data");
    assert!(
        texts_of(&signal).contains("circle"),
        "{}",
        texts_of(&signal)
    );
}

#[test]
fn every_fault_is_said_with_its_path_and_the_rest_is_shown() {
    let signal = at(&*file("faults"), "/entry/axes");
    assert_eq!(signal.data.info().shape, [3, 4], "the data are shown");
    assert!(
        signal.axes.is_empty() && signal.auxiliary.is_empty(),
        "none fits"
    );
    assert!(signal.errors.is_none() && signal.mask.is_none() && signal.weights.is_none());
    assert!(signal.scaling.is_identity(), "five factors are none");
    let said = texts_of(&signal);
    for (path, words) in [
        ("/entry/axes", "4 axes are named for 2 dimensions"),
        ("/entry/axes", "\"word_indices\" cannot be understood"),
        ("/entry/axes", "the indices count"),
        ("/entry/axes", "SILX_style is not JSON"),
        ("/entry/axes", "default_slice asks for \"5\""),
        ("/entry/axes", "interpretation \"hologram\""),
        ("/entry/axes/y", "longer than the data"),
        ("/entry/axes/x", "dimension 7"),
        ("/entry/axes/z", "dimension 2"),
        ("/entry/axes/w", "left out"),
        ("/entry/axes/data_errors", "[5]"),
        ("/entry/axes/data_scaling_factor", "not one"),
        ("/entry/axes/data_mask", "[2, 2]"),
        ("/entry/axes/data_weights", "numbers"),
        ("/entry/axes/absent", "auxiliary"),
        ("/entry/axes/short", "not that of the signal"),
    ] {
        let is_said = signal
            .problems
            .iter()
            .any(|problem| problem.path == path && problem.text.contains(words));
        assert!(is_said, "{path}: {words}\nin\n{said}");
    }
}

#[test]
fn a_signal_that_names_nothing_gives_way_to_a_field_that_looks_like_one() {
    let container = file("faults");
    let signal = at(&*container, "/entry/named_nothing");
    assert_eq!(signal.data.origin().path, "/entry/named_nothing/data");
    assert!(
        texts_of(&signal).contains("cannot be shown"),
        "{}",
        texts_of(&signal)
    );
    let group = block_on(signal_at(
        &*container,
        "/entry/names_a_group",
        &Cancel::new(),
    ));
    let error = group.expect_err("there is nothing to show");
    assert!(error.why.contains("not a dataset"), "{error}");
}

#[test]
fn odd_shapes_and_values_are_signals_too() {
    let container = file("faults");
    for (name, shape) in [
        ("nan", vec![4, 5]),
        ("empty", vec![0, 5]),
        ("number", vec![]),
        ("deep", [vec![1; 30], vec![2, 2]].concat()),
    ] {
        let signal = at(&*container, &format!("/entry/{name}"));
        assert_eq!(signal.data.info().shape, shape, "{name}");
    }
    let empty = at(&*container, "/entry/empty");
    assert!(
        texts_of(&empty).contains("holds no value"),
        "{}",
        texts_of(&empty)
    );
    let words = at(&*container, "/entry/words");
    assert!(texts_of(&words).contains("numbers"), "{}", texts_of(&words));
}

#[test]
fn a_choice_of_datasets_is_a_signal_with_what_fits() {
    let container = file("features");
    let path = |name: &str| format!("/entry/stack/{name}");
    let choice = PlotChoice {
        signal: path("data"),
        axes: vec![path("frame"), path("y"), path("frame")],
        errors: "/entry/grid/map".to_owned(),
        mask: path("data_mask"),
        weights: "/entry/grid/map".to_owned(),
        auxiliary: vec![path("data"), path("y"), "/entry/absent".to_owned()],
    };
    let signal = block_on(chosen_signal(&*container, &choice, &Cancel::new())).unwrap();
    assert_eq!(signal.data.origin().path, choice.signal);
    assert!(signal.rule.contains("by hand"), "{}", signal.rule);
    let axes: Vec<(&str, usize)> = signal
        .axes
        .iter()
        .map(|axis| (axis.name.as_str(), axis.dimension))
        .collect();
    assert_eq!(axes, [("frame", 0), ("y", 1)], "the third does not fit");
    assert_eq!(
        signal.mask.unwrap().origin().path,
        choice.mask,
        "of a frame"
    );
    assert!(signal.errors.is_none(), "of another shape");
    let said: Vec<&str> = signal
        .problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "/entry/stack/frame",
            "/entry/grid/map",
            "/entry/grid/map",
            "/entry/stack/y",
            "/entry/absent"
        ],
        "all are told"
    );
    assert!(signal.weights.is_none(), "of another shape too");
    let further: Vec<&str> = signal
        .auxiliary
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(further, ["data"], "what fits is drawn beside");
    let words = PlotChoice {
        signal: path("frame"),
        ..PlotChoice::default()
    };
    let refused = block_on(chosen_signal(&*container, &words, &Cancel::new()));
    assert!(refused.is_err(), "words are no signal");
}

/// Files of beamlines, in `nexus/` below the folder that `HUTCH_TEST_DATA` names.
#[test]
fn real_files_show_their_spectra_maps_and_sinograms() {
    let folder = std::env::var_os("HUTCH_TEST_DATA").map(std::path::PathBuf::from);
    let folder = folder.map(|folder| folder.join("nexus"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        hutch_testservers::skip("data", "HUTCH_TEST_DATA names no folder with nexus/ in it");
        return;
    };
    let file = |name: &str| open(&folder.join(name));
    for (name, path, axes) in [
        (
            "fluo.nxs",
            "/entry1/fluo_entry/data/data",
            &["theta", "energy"][..],
        ),
        (
            "mm.nxs",
            "/entry1/fluo_entry/data/data",
            &["theta", "energy"],
        ),
        (
            "stxm_single_sino.nxs",
            "/entry1/stxm_entry/data/data",
            &["theta", "x"],
        ),
    ] {
        let plot = block_on(default_plot(&*file(name), &Cancel::new())).unwrap();
        let signal = plot
            .signal
            .unwrap_or_else(|| panic!("{name}: {}", plot.why));
        assert_eq!(signal.data.origin().path, path, "{name}");
        let found: Vec<&str> = signal.axes.iter().map(|axis| axis.name.as_str()).collect();
        assert_eq!(found, axes, "{name}: {}", texts_of(&signal));
    }
    let grid = at(&*file("mm.nxs"), "/entry1/xrd_entry/data");
    let spans: Vec<&[usize]> = grid.axes.iter().map(|axis| &axis.spans[..]).collect();
    assert_eq!(spans, [&[0][..], &[1, 2], &[1, 2]], "places on a grid");
    assert!(
        texts_of(&grid).contains("the indices count"),
        "{}",
        texts_of(&grid)
    );
    let plot = block_on(default_plot(&*file("24888.nxs"), &Cancel::new())).unwrap();
    assert!(
        plot.signal.is_none(),
        "its frames lie in a file that is not there"
    );
    assert!(plot.why.contains("pco1-24888.hdf"), "{}", plot.why);
}
