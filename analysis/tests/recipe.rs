//! Recipes as text, as cost, and as a command for a cluster.
#![cfg(test)]

use hutch_analysis::centre::Method;
use hutch_analysis::ramp_filter::Filter;
use hutch_analysis::recipe::{Device, Recipe, RotationAxis, ScanShape, Slices, estimate};
use hutch_analysis::translate::hutch::translate;
use hutch_model::{ErrorKind, PathMap};

const FULL: &str = r#"
recipe = 1
rotation_axis = 295.4
slices = [10, 74]
angles_deg = [0.0, 180.0]

[source]
url = "/asap3/p11/tooth.h5"
path = "exchange"
layout = "dxchange"

[correction]
flat_field = true
minus_log = true
min_transmission = 0.001

[reconstruction]
method = "fbp"
filter = "hann"
padding = "edge"
circle = false

[output]
path = "/asap3/p11/tooth_rec.h5"
dtype = "float16"
"#;

#[test]
fn a_recipe_survives_the_round_trip() {
    let (recipe, warnings) = Recipe::from_toml(FULL).unwrap();
    assert!(warnings.is_empty(), "every key is known: {warnings:?}");
    assert_eq!(recipe.rotation_axis, RotationAxis::Px(295.4), "the axis");
    assert_eq!(recipe.slices, Slices::Range(10, 74), "the slices");
    assert_eq!(recipe.reconstruction.filter, Filter::Hann, "the filter");
    let (again, _) = Recipe::from_toml(&recipe.to_toml().unwrap()).unwrap();
    assert_eq!(again, recipe, "written and read again");
}

#[test]
fn a_short_recipe_takes_the_defaults() {
    let text = "recipe = 1\n[source]\nurl = \"scan.nxs\"\n";
    let (recipe, _) = Recipe::from_toml(text).unwrap();
    assert_eq!(
        recipe.rotation_axis,
        RotationAxis::Find(Method::Auto),
        "the axis is found"
    );
    assert_eq!(recipe.slices.range(30), 0..30, "all slices");
    assert!(recipe.flat_field().is_some(), "flat field and logarithm");
    let (again, _) = Recipe::from_toml(&recipe.to_toml().unwrap()).unwrap();
    assert_eq!(again, recipe, "written and read again");
}

#[test]
fn unknown_keys_warn_and_are_kept() {
    let text = "recipe = 1\nauthor = \"me\"\n[source]\nurl = \"a\"\n[output]\ncolour = 3\n";
    let (recipe, warnings) = Recipe::from_toml(text).unwrap();
    assert_eq!(
        warnings,
        ["unknown key \"author\"", "unknown key \"output.colour\""],
        "both are named"
    );
    let written = recipe.to_toml().unwrap();
    assert!(
        written.contains("author = \"me\"") && written.contains("colour = 3"),
        "both are kept: {written}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    for (text, wanted) in [
        ("recipe = 2\n[source]\nurl = \"a\"", ErrorKind::Unsupported),
        ("[source]\nurl = \"a\"", ErrorKind::Unreadable),
        ("recipe = 1", ErrorKind::Unreadable),
        (
            "recipe = 1\nslices = [5, 5]\n[source]\nurl = \"a\"",
            ErrorKind::Unreadable,
        ),
        (
            "recipe = 1\nrotation_axis = \"guess\"\n[source]\nurl = \"a\"",
            ErrorKind::Unreadable,
        ),
        (
            "recipe = 1\n[source]\nurl = \"a\"\n[reconstruction]\nfilter = 3",
            ErrorKind::Unreadable,
        ),
        ("not toml", ErrorKind::Unreadable),
    ] {
        let error = Recipe::from_toml(text).unwrap_err();
        assert_eq!(error.kind, wanted, "{text}: {error}");
    }
}

#[test]
fn the_page_of_the_format_holds_a_recipe_that_reads() {
    let path = format!("{}/../docs/recipe.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(path).unwrap();
    let text = page
        .split("```toml")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let (_, warnings) = Recipe::from_toml(text).unwrap();
    assert!(warnings.is_empty(), "the page is up to date: {warnings:?}");
}

#[test]
fn only_projections_in_the_range_of_angles_are_kept() {
    let (recipe, _) = Recipe::from_toml(FULL).unwrap();
    let angles = [-1.0f64, 0.0, 90.0, 180.0, 181.0].map(f64::to_radians);
    assert_eq!(
        recipe.projections(&angles),
        [1, 2, 3],
        "both ends belong to it"
    );
}

#[test]
fn the_cost_is_counted_in_updates_and_bytes() {
    let (recipe, _) = Recipe::from_toml(FULL).unwrap();
    let scan = ScanShape {
        angle_count: 1800,
        height: 2048,
        width: 2048,
        sample_bytes: 2,
    };
    let cost = estimate(&recipe, scan, Device::Cpu { cores: 2 }, Some(1e9));
    assert_eq!(cost.update_count, 64 * 1800 * 2048 * 2048, "64 slices");
    assert_eq!(cost.write_bytes, 64 * 2048 * 2048 * 2, "two bytes a pixel");
    assert!(
        (cost.run_secs - cost.update_count as f64 / 1e9).abs() < 1e-6,
        "the measured rate"
    );
}

#[test]
fn a_recipe_for_a_cluster_has_its_paths_there() {
    let (recipe, _) = Recipe::from_toml(FULL).unwrap();
    let map = PathMap(vec![("/asap3".into(), "/gpfs/asap3".into())]);
    let job = translate(&recipe, &|path| map.there(path)).unwrap();
    assert_eq!(
        job.argv,
        ["hutch", "reconstruct", "recipe.toml"],
        "the command"
    );
    let (mapped, _) = Recipe::from_toml(&job.files[0].1).unwrap();
    assert_eq!(
        mapped.source.url, "/gpfs/asap3/p11/tooth.h5",
        "the source there"
    );
    assert_eq!(
        job.results,
        ["/gpfs/asap3/p11/tooth_rec.h5"],
        "the output there"
    );
    let error = translate(&recipe, &|_| None).unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::NotFound,
        "a path without a name there"
    );
}
