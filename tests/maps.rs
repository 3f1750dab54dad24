//! Maps and spectra of a real file: their sums are those that numpy finds in it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where its ground is missing"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch::address::Place;
use hutch::open::{open_file, subject};
use hutch::pools::Pools;
use hutch::settings::Folders;
use hutch::sites::Sites;
use hutch_analysis::maps::{Layout, Part, Stack, channel_weights};
use hutch_model::{Cancel, read_slab};
use hutch_viewers::map::{Plan, Wish};
use hutch_viewers::{Fit, Subject, registry};
use serde_json::Value as Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/maps")
}

fn opened(pools: &Pools, path: &str) -> Subject {
    let home = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    pools.wait(async {
        let sites = Sites::load(&Folders::below(home.path())).await.unwrap();
        let place = Place::Local(folder().join("maps.h5"));
        let source = sites.source(&place).await.unwrap();
        let file = open_file(source, &cancel).await.unwrap();
        subject(&file, Some(path), &cancel).await.unwrap()
    })
}

fn expected(path: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let json: Json = serde_json::from_str(&text).unwrap();
    let found = json.pointer(path).unwrap_or_else(|| panic!("{path}"));
    let values = found.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

/// What a visit to each piece of a part leaves behind.
fn swept(
    pools: &Pools,
    subject: &Subject,
    stack: &Stack,
    part: &Part,
    mut visit: impl FnMut(&Part, &hutch_model::Samples),
) {
    let data = subject.data().unwrap();
    let info = data.info();
    // A budget of a few hundred bytes makes many pieces of a small file.
    let pieces = stack.pieces(part, 4, info.chunk_shape.as_deref(), 600);
    assert!(pieces.len() > 1, "in pieces");
    for piece in pieces {
        let slab = stack.slab(&piece);
        let block = pools.wait(read_slab(data.as_ref(), &slab, &Cancel::new()));
        visit(&piece, &block.unwrap().samples);
    }
}

fn are_equal(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let apart = (found - expected).abs();
        assert!(
            apart <= tolerance * expected.abs(),
            "{what} {index}: {found}, not {expected}"
        );
    }
}

#[test]
fn maps_and_spectra_of_counts_are_those_of_numpy_to_the_last_bit() {
    let pools = Pools::start().unwrap();
    let subject = opened(&pools, "/entry/xrf");
    let stack = Stack::new(subject.shape(), false, &[0; 3]).unwrap();
    for (is_net, name) in [(false, "map"), (true, "net")] {
        let weights = channel_weights(256, [122, 134], is_net);
        let mut map = vec![0.0; 35];
        swept(&pools, &subject, &stack, &stack.whole(), |part, samples| {
            stack.add_map(part, samples, &weights, &mut map);
        });
        are_equal(&map, &expected(&format!("/xrf/{name}")), 0.0, name);
    }
    let mut spectrum = vec![0.0; 256];
    swept(&pools, &subject, &stack, &stack.whole(), |part, samples| {
        stack.add_spectrum(part, samples, None, &mut spectrum);
    });
    are_equal(&spectrum, &expected("/xrf/spectrum"), 0.0, "spectrum");
    let part = Part {
        rows: 1..4,
        columns: 2..7,
        ..stack.whole()
    };
    let mut spectrum = vec![0.0; 256];
    swept(&pools, &subject, &stack, &part, |part, samples| {
        stack.add_spectrum(part, samples, None, &mut spectrum);
    });
    let mean: Vec<f64> = spectrum.iter().map(|sum| sum / 15.0).collect();
    are_equal(&mean, &expected("/xrf/part_mean"), 1e-15, "a rectangle");
}

#[test]
fn optical_densities_of_images_over_energies_are_those_of_numpy() {
    let pools = Pools::start().unwrap();
    let subject = opened(&pools, "/entry/stxm");
    let stack = Stack::new(subject.shape(), true, &[0; 3]).unwrap();
    let light = Part {
        rows: 0..2,
        columns: 0..2,
        ..stack.whole()
    };
    let mut reference = vec![0.0; 41];
    swept(&pools, &subject, &stack, &light, |part, samples| {
        stack.add_spectrum(part, samples, None, &mut reference);
    });
    let weights = channel_weights(41, [30, 30], false);
    let mut map = vec![0.0; 48];
    swept(&pools, &subject, &stack, &stack.whole(), |part, samples| {
        stack.add_map(part, samples, &weights, &mut map);
    });
    let density: Vec<f64> = map
        .iter()
        .map(|value| -(value / (reference[30] / 4.0)).ln())
        .collect();
    let expected = expected("/stxm/density");
    for (found, expected) in density.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-14, "{found}, not {expected}");
    }
}

#[test]
fn scans_open_as_maps_and_stacks_as_map_and_spectrum() {
    let pools = Pools::start().unwrap();
    for (name, kind) in [
        ("lines", "map"),
        ("snake", "map"),
        ("scattered", "map"),
        ("bent", "map"),
        ("xrf", "spectra"),
        ("stxm", "spectra"),
    ] {
        let subject = opened(&pools, &format!("/entry/{name}"));
        let best = registry::best(&subject, "").unwrap();
        assert_eq!(best.name(), kind, "{name}");
        assert_eq!(best.fits(&subject), Fit::Primary, "{name}");
    }
}

#[test]
fn the_points_of_a_scan_lie_where_the_file_says() {
    let pools = Pools::start().unwrap();
    let subject = opened(&pools, "/entry/snake");
    let plan = Plan::of(subject.signal.as_ref().unwrap(), &Wish::default()).unwrap();
    let mut blocks = Vec::new();
    for (dataset, slab) in plan.slabs() {
        let block = pools.wait(read_slab(dataset.as_ref(), &slab, &Cancel::new()));
        blocks.push(Arc::new(block.unwrap()));
    }
    let (ground, values) = plan.build(&blocks).unwrap();
    assert!(
        matches!(ground.layout(), Layout::Image { size: [9, 6], .. }),
        "{:?}",
        ground.layout()
    );
    // The second line goes back: its first point is above the last one of the first.
    assert_eq!(ground.place(9), Some([5.0, -1.5]), "point 9");
    assert_eq!(values.samples.get_text(9), "108", "row 1, column 8");
}
