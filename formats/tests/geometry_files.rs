//! Where the pixels of a frame are, as files say it in their own fields.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and a file takes many lines to write"
)]

mod common;

use std::path::PathBuf;

use common::open;
use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus::{default_signal, signal_at};
use hutch_model::{Cancel, Container, Geometry, Samples, Signal, Value};
use pollster::block_on;

/// A signal of a real file, or a clear word that the folder of those is absent.
fn real(name: &str, path: Option<&str>) -> Option<Signal> {
    let folder =
        std::env::var_os("HUTCH_TEST_DATA").map(|root| PathBuf::from(root).join("no-licence"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        let why = "HUTCH_TEST_DATA names no folder with no-licence/ in it";
        hutch_testservers::skip("data", why);
        return None;
    };
    let container = open(&folder.join(name));
    let cancel = Cancel::new();
    Some(match path {
        Some(path) => block_on(signal_at(&*container, path, &cancel)).unwrap(),
        None => block_on(default_signal(&*container, &cancel))
            .unwrap()
            .unwrap(),
    })
}

fn is_close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-7 * expected.abs()
}

/// Expects a flat detector across the beam: centre `[y, x]` in pixels, distance and wavelength in metres.
fn expect(geometry: &Geometry, centre_px: [f64; 2], distance_m: f64, wavelength_m: f64) {
    let centre = geometry.beam_centre().expect("a beam that hits it");
    for axis in 0..2 {
        assert!(is_close(centre[axis], centre_px[axis]), "{centre:?}");
    }
    let distance = geometry.distance_m().expect("a distance");
    assert!(is_close(distance, distance_m), "{distance}");
    let wavelength = geometry.wavelength_m.expect("a wavelength");
    assert!(is_close(wavelength, wavelength_m), "{wavelength}");
}

#[test]
fn an_eiger_master_says_where_its_pixels_are() {
    let path = "/entry/instrument/detector/detectorSpecific/flatfield";
    let Some(signal) = real("dectris_eiger_master.h5", Some(path)) else {
        return;
    };
    let geometry = signal.geometry.expect("a geometry");
    expect(&geometry, [1586.4314, 1607.415], 0.134_255, 0.980_112_2e-10);
    assert!(is_close(signal.exposure_s.unwrap(), 0.00499));
}

#[test]
fn an_nxmx_module_lies_where_its_chain_puts_it() {
    let Some(signal) = real("Therm_6_2.nxs", Some("/entry/data/data")) else {
        return;
    };
    let geometry = signal.geometry.expect("a geometry");
    let source = &geometry.source;
    assert!(source.contains("modules"), "{source}");
    // The centre in pixels is written beside the chain, and the chain gives the same.
    expect(
        &geometry,
        [2_300.410_466_894_286, 2_216.055_470_799_965],
        0.213_958_969_79,
        0.980_273_561_037_318_2e-10,
    );
    assert_eq!(geometry.panels[0].size, [4362, 4148]);
    assert_eq!(signal.exposure_s, Some(0.008));
}

#[test]
fn a_pilatus_header_says_where_its_pixels_are() {
    let Some(signal) = real("thau_3_2_0001.cbf.bz2", None) else {
        return;
    };
    let geometry = signal.geometry.expect("a geometry");
    expect(&geometry, [1306.96, 1261.61], 0.351, 0.968_59e-10);
    assert_eq!(signal.exposure_s, Some(0.019));
}

#[test]
fn lengths_without_units_are_taken_as_millimetres_where_a_pixel_would_be_wide() {
    let Some(signal) = real("AgBehenate_228.hdf5", None) else {
        return;
    };
    let geometry = signal.geometry.expect("a geometry");
    // The file keeps the centre in pixels, too: 85.86 and -5.42.
    expect(&geometry, [-5.42, 85.86], 0.5138, 0.733_628_36e-10);
    assert!(geometry.source.contains("mm"), "{}", geometry.source);
}

#[test]
fn a_stack_of_a_microscope_has_no_geometry() {
    let Some(signal) = real("Sample_Stack_2021-03-16_128.hdf5", None) else {
        return;
    };
    assert_eq!(signal.geometry, None, "no detector of diffraction");
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn vector(x: f64, y: f64, z: f64) -> Value {
    Value::List([x, y, z].map(Value::Float).to_vec())
}

/// A detector of 20 rows by 10 columns that stands on an arm.
fn on_an_arm(depends_on: &str) -> MemoryContainer {
    let class = |name: &str| [("NX_class", text(name))];
    let module = "/entry/instrument/detector/module";
    let arm = "/entry/instrument/detector/transformations";
    let pixel = |x: f64, y: f64| {
        vec![
            ("transformation_type", text("translation")),
            ("units", text("mm")),
            ("vector", vector(x, y, 0.0)),
            ("depends_on", text("module_offset")),
        ]
    };
    let mut container = MemoryContainer::new("arm")
        .group("/entry", &class("NXentry"))
        .group("/entry/instrument", &class("NXinstrument"))
        .group("/entry/instrument/detector", &class("NXdetector"))
        .group(module, &class("NXdetector_module"))
        .group(arm, &class("NXtransformations"));
    let mut add = |path: String, value: Samples, shape: &[u64], attributes: &[(&str, Value)]| {
        let before = std::mem::replace(&mut container, MemoryContainer::new(""));
        container = before.dataset(&path, shape, value, attributes).unwrap();
    };
    let number = |value: f64| Samples::F64(vec![value]);
    add(
        "/entry/instrument/detector/data".to_owned(),
        Samples::U16(vec![0; 200]),
        &[20, 10],
        &[],
    );
    let energy = [("units", text("keV"))];
    add(
        "/entry/instrument/monochromator/energy".to_owned(),
        number(12.0),
        &[],
        &energy,
    );
    let machine = [("units", text("GeV"))];
    add(
        "/entry/instrument/source/energy".to_owned(),
        number(6.0),
        &[],
        &machine,
    );
    add(
        format!("{module}/fast_pixel_direction"),
        number(0.1),
        &[],
        &pixel(-1.0, 0.0),
    );
    add(
        format!("{module}/slow_pixel_direction"),
        number(0.2),
        &[],
        &pixel(0.0, -2.0),
    );
    add(
        format!("{module}/module_offset"),
        number(0.0),
        &[],
        &[
            ("transformation_type", text("translation")),
            ("units", text("m")),
            ("vector", vector(1.0, 0.0, 0.0)),
            ("offset", vector(0.5, 2.0, 0.0)),
            ("offset_units", text("mm")),
            ("depends_on", text("../transformations/distance")),
        ],
    );
    add(
        format!("{arm}/distance"),
        number(100.0),
        &[],
        &[
            ("transformation_type", text("translation")),
            ("units", text("mm")),
            ("vector", vector(0.0, 0.0, 1.0)),
            ("depends_on", text("two_theta")),
        ],
    );
    add(
        format!("{arm}/two_theta"),
        number(90.0),
        &[],
        &[
            ("transformation_type", text("rotation")),
            ("units", text("deg")),
            ("vector", vector(0.0, 1.0, 0.0)),
            ("depends_on", text(depends_on)),
        ],
    );
    container
}

fn geometry_of(container: &dyn Container) -> Option<std::sync::Arc<Geometry>> {
    let path = "/entry/instrument/detector/data";
    let signal = block_on(signal_at(container, path, &Cancel::new())).unwrap();
    signal.geometry
}

#[test]
fn a_chain_moves_first_and_turns_then() {
    let geometry = geometry_of(&on_an_arm(".")).expect("a geometry");
    let panel = &geometry.panels[0];
    // By hand: (0.5, 2, 100) mm turned by a quarter about y is (100, 2, -0.5) mm.
    let expected = [
        (panel.corner_m, [0.1, 0.002, -0.0005]),
        (panel.fast_m, [0.0, 0.0, 0.0001]),
        (panel.slow_m, [0.0, -0.0002, 0.0]),
    ];
    for (found, expected) in expected {
        for axis in 0..3 {
            assert!((found[axis] - expected[axis]).abs() < 1e-16, "{found:?}");
        }
    }
    let wavelength = geometry.wavelength_m.expect("of the monochromator");
    assert!(
        is_close(wavelength, 12.398_419_843_320_028e-10 / 12.0),
        "{wavelength}"
    );
}

#[test]
fn a_chain_that_goes_round_in_a_circle_ends() {
    assert_eq!(
        geometry_of(&on_an_arm("distance")),
        None,
        "no place can be told"
    );
    assert_eq!(geometry_of(&on_an_arm("nowhere")), None, "a step is absent");
}

/// A CXI file of 3 frames whose result lists rows of so many peaks.
fn with_peaks(rows: u64) -> MemoryContainer {
    let number = |value: f64| Samples::F64(vec![value]);
    let places = || Samples::F32(vec![1.5; usize::try_from(rows * 4).unwrap()]);
    let frames = Samples::U16(vec![0; 3 * 20 * 10]);
    let detector = "/entry_1/instrument_1/detector_1";
    let vectors = Samples::F64(vec![0.0, -2e-4, 0.0, -1e-4, 0.0, 0.0]);
    let corner = Samples::F64(vec![5e-4, 2e-3, 0.25]);
    let photon_j = 9300.0 * 1.602_176_634e-19;
    MemoryContainer::new("run.cxi")
        .dataset("/entry_1/data_1/data", &[3, 20, 10], frames, &[])
        .and_then(|file| {
            file.dataset(
                "/entry_1/instrument_1/source_1/energy",
                &[],
                number(photon_j),
                &[],
            )
        })
        .and_then(|file| file.dataset(&format!("{detector}/distance"), &[], number(0.25), &[]))
        .and_then(|file| file.dataset(&format!("{detector}/basis_vectors"), &[2, 3], vectors, &[]))
        .and_then(|file| file.dataset(&format!("{detector}/corner_positions"), &[3], corner, &[]))
        .and_then(|file| {
            file.dataset(
                "/entry_1/result_1/nPeaks",
                &[3],
                Samples::I32(vec![2; 3]),
                &[],
            )
        })
        .and_then(|file| file.dataset("/entry_1/result_1/peakXPosRaw", &[rows, 4], places(), &[]))
        .and_then(|file| file.dataset("/entry_1/result_1/peakYPosRaw", &[rows, 4], places(), &[]))
        .unwrap()
}

#[test]
fn a_cxi_file_says_where_its_pixels_and_its_peaks_are() {
    let path = "/entry_1/data_1/data";
    let signal = block_on(signal_at(&with_peaks(3), path, &Cancel::new())).unwrap();
    let geometry = signal.geometry.expect("by its vectors");
    // The corner is 5 pixels to the left of the beam and 10 above it; the energy is in joules.
    expect(
        &geometry,
        [10.0, 5.0],
        0.25,
        1.239_841_984_332_002_8e-6 / 9300.0,
    );
    let peaks = signal.peaks.expect("rows of peaks");
    assert_eq!(peaks.x.info().shape, [3, 4]);
    assert_eq!(peaks.counts.info().shape, [3]);
    let other = block_on(signal_at(&with_peaks(2), path, &Cancel::new())).unwrap();
    assert!(other.peaks.is_none(), "rows of other frames");
}
