//! Volume files: what was written is read again.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Mutex;

use common::{open_served, own, read_all};
use hutch_formats::nexus::default_plot;
use hutch_formats::results::{VolumeDescription, VolumePlan, WriteAt};
use hutch_model::{Cancel, CostHint, ErrorKind, Origin, Result, Samples, Validator, Value};
use pollster::block_on;

/// A file in memory.
#[derive(Debug, Default)]
struct Disk(Mutex<Vec<u8>>);

impl WriteAt for Disk {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut file = self.0.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        let end = offset + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset..end].copy_from_slice(bytes);
        Ok(())
    }
}

fn description() -> VolumeDescription {
    VolumeDescription {
        shape: [3, 4, 5],
        voxel_size_m: Some(1e-6),
        z_start: 10,
        title: "a pin".to_owned(),
        program: "Hutch".to_owned(),
        version: "0.1.0".to_owned(),
        date: "2026-01-01T00:00:00Z".to_owned(),
        recipe_toml: "[reconstruction]\nmethod = \"fbp\"\n".repeat(3000),
        source: Some(Origin {
            url: "https://facility.example/raw.nxs".to_owned(),
            validator: Validator::ETag("\"abc\"".to_owned()),
            path: "/entry".to_owned(),
        }),
        parameters: vec![
            ("rotation_axis_px".to_owned(), Value::Float(86.5)),
            ("half_acquisition".to_owned(), Value::Bool(false)),
        ],
        label: "attenuation".to_owned(),
        unit: "1/m".to_owned(),
    }
}

fn slices(first: u8, count: u8) -> Vec<f32> {
    let samples = usize::from(count) * 20;
    (0..samples)
        .map(|at| f32::from(first) * 100.0 + f32::from(u8::try_from(at).unwrap()))
        .collect()
}

#[test]
fn a_written_volume_is_the_default_plot_with_its_axes_and_recipe() {
    let plan = VolumePlan::new(&description()).unwrap();
    let disk = Disk::default();
    plan.create(&disk).unwrap();
    // The last slices come first, from another task with a plan of its own.
    let other = VolumePlan::new(&description()).unwrap();
    other.write_slices(&disk, 1, &slices(1, 2)).unwrap();
    plan.write_slices(&disk, 0, &slices(0, 1)).unwrap();
    let bytes = disk.0.into_inner().unwrap();
    assert_eq!(bytes.len() as u64, plan.size_bytes(), "the planned size");
    let served = common::Served::new("memory:volume.h5", bytes, CostHint::LOCAL);
    let container = open_served(&served, &own("volume.h5"));
    let plot = block_on(default_plot(&*container, &Cancel::new())).unwrap();
    let signal = plot.signal.expect("the volume is the default plot");
    assert_eq!(signal.label, "attenuation", "what it is");
    assert_eq!(signal.unit, "1/m", "its unit");
    assert_eq!(signal.title, "a pin", "its title");
    assert_eq!(signal.axes.len(), 3, "z, y, x: {}", signal.rule);
    let expected = [slices(0, 1), slices(1, 2)].concat();
    let block = read_all(&*container, VolumePlan::DATA_PATH);
    assert_eq!(block.samples, Samples::F32(expected), "all slices");
    let z = read_all(&*container, "/entry/data/z").samples.to_f64();
    assert!((z[0] - 10e-6).abs() < 1e-12, "slice 0 is row 10, got {z:?}");
    let paths = ["/entry/reconstruction", "/entry/reconstruction/parameters"].map(str::to_owned);
    let nodes = block_on(container.nodes(&paths, &Cancel::new()));
    let attribute = |node: usize, name: &str| {
        let node = nodes[node].as_ref().expect("the group is there");
        node.attribute(name).expect(name).clone()
    };
    assert_eq!(
        attribute(0, "recipe").as_text(),
        Some(description().recipe_toml.as_str()),
        "the whole recipe"
    );
    assert_eq!(
        attribute(1, "rotation_axis_px"),
        Value::Float(86.5),
        "a parameter"
    );
    assert_eq!(
        attribute(1, "raw_file").as_text(),
        Some("https://facility.example/raw.nxs"),
        "where the raw data lie"
    );
}

#[test]
fn a_file_without_slices_is_valid_and_zero() {
    let plan = VolumePlan::new(&description()).unwrap();
    let disk = Disk::default();
    plan.create(&disk).unwrap();
    let bytes = disk.0.into_inner().unwrap();
    let served = common::Served::new("memory:volume.h5", bytes, CostHint::LOCAL);
    let container = open_served(&served, &own("volume.h5"));
    let block = read_all(&*container, VolumePlan::DATA_PATH);
    assert_eq!(block.samples, Samples::F32(vec![0.0; 60]), "zeros");
}

#[test]
fn slices_that_do_not_fit_are_refused() {
    let plan = VolumePlan::new(&description()).unwrap();
    let disk = Disk::default();
    for (first, samples) in [(3, 20), (0, 19), (2, 40), (u64::MAX, 20)] {
        let error = plan
            .write_slices(&disk, first, &vec![0.0; samples])
            .unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Shape,
            "{samples} from {first}: {error}"
        );
    }
    let empty = VolumeDescription::default();
    assert!(VolumePlan::new(&empty).is_err(), "an empty volume");
}
