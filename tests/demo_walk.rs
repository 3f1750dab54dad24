//! The walk of `hutch demo --headless`, and the same on real servers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that fails, fails the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hutch::demo::{Step, Walk, WalkOptions, walk};
use hutch::pools::Pools;
use hutch::settings::Folders;
use hutch_facility::data::{make_demo_folder, make_large_scan};
use hutch_model::Cancel;
use hutch_render::{AdapterWish, Gpu};
use hutch_testservers::skip;

/// Folders that stay between runs, so that the large scan is made once.
fn folders(name: &str) -> Folders {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walk");
    Folders {
        config: home.join(name).join("config"),
        cache: home.join("cache"),
        state: home.join(name).join("state"),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "`cargo xtask demo --servers` shows the steps"
)]
fn say(step: &Step) {
    println!("{step}");
}

/// The large scan on this disk.
fn large_scan(folders: &Folders) -> PathBuf {
    let folder = make_demo_folder(&folders.cache).unwrap();
    make_large_scan(&folder.large_scan, &mut |_, _| {}, &|| false).unwrap();
    folder.large_scan
}

/// The rotation axis that the walk found in the large scan.
fn axis(steps: &[Step]) -> f64 {
    let step = steps
        .iter()
        .find(|step| step.name.starts_with("find the axis"))
        .expect("the step");
    let after = step.result.split("axis at ").nth(1).expect("an axis");
    let number = after.split(' ').next().expect("a number");
    number.parse().expect("in pixels")
}

/// Centre `[y, x]` and diameter in pixels of what is brighter than half of the
/// brightest in the slice of a volume, over means of 8 by 8 pixels.
fn brightest(volume: &Path) -> (f64, f64, f64) {
    let data = format!("{}::/entry/data/data[0]", volume.display());
    let output = Command::new(env!("CARGO_BIN_EXE_hutch"))
        .args(["cat", &data, "--npy"])
        .env("HUTCH_HOME", volume.with_file_name("home"))
        .output()
        .expect("the values of the slice");
    let header = usize::from(u16::from_le_bytes([output.stdout[8], output.stdout[9]]));
    let samples = output.stdout[10 + header..].chunks_exact(4);
    let samples: Vec<f32> = samples
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let width = samples.len().isqrt();
    let edge = width / 8;
    let mut means = vec![0.0; edge * edge];
    for (index, sample) in samples.iter().enumerate() {
        let (y, x) = (index / width / 8, index % width / 8);
        means[y * edge + x] += f64::from(*sample) / 64.0;
    }
    let most = means.iter().copied().fold(0.0, f64::max);
    let is_bright = |index: &usize| means[*index] > most / 2.0;
    let bright: Vec<usize> = (0..means.len()).filter(is_bright).collect();
    let count = bright.len() as f64;
    let mean = |of: fn(usize, usize) -> usize| {
        let sum: usize = bright.iter().map(|&index| of(index, edge)).sum();
        8.0 * sum as f64 / count + 3.5
    };
    let size = 16.0 * (count / std::f64::consts::PI).sqrt();
    (mean(|i, edge| i / edge), mean(|i, edge| i % edge), size)
}

/// Tests that draw.
mod gpu {
    use super::*;

    #[test]
    fn the_walk_through_the_embedded_facility_leaves_pictures_and_a_summary() {
        if let Err(error) = Gpu::headless(AdapterWish::Fastest) {
            skip("lavapipe", &error.to_string());
            return;
        }
        let folders = folders("embedded");
        let options = WalkOptions {
            folder: None,
            latency: Duration::ZERO,
        };
        let summary = walk(&folders, &options, &Cancel::new(), &say).expect("every step");
        assert_eq!(summary.pictures.len(), 3, "a projection, a slice, a volume");
        for picture in &summary.pictures {
            let picture = image::open(picture).expect("a PNG file").to_rgba8();
            let first = picture.pixels().next().copied();
            assert!(
                picture.pixels().any(|pixel| Some(*pixel) != first),
                "something is seen"
            );
        }
        let axis_px = axis(&summary.steps);
        assert!(
            (axis_px - 691.0).abs() <= 1.0,
            "the axis of the large scan at {axis_px} px"
        );
        // The dense pin in the slice, [y, x], as the small scan shows it 8 times
        // smaller: a disk of 8.5 px at [88.2, 67.1].
        let (y, x, size) = brightest(&summary.folder.join("slice.h5"));
        assert!(
            (y - 709.0).abs() < 8.0 && (x - 540.0).abs() < 8.0,
            "the pin at [{y}, {x}]"
        );
        assert!((100.0..200.0).contains(&size), "the pin is {size} px wide");
        assert!(
            summary.folder.join("summary.json").is_file(),
            "the summary as JSON"
        );
        assert!(
            summary.folder.join("summary.txt").is_file(),
            "the summary as text"
        );
    }
}

/// Tests with real servers.
mod servers {
    use super::*;
    use hutch::sites::Sites;
    use hutch_analysis::recipe::{Recipe, Slices};
    use hutch_connectors::identity::Vault;
    use hutch_connectors::site::Site;
    use hutch_model::{Credential, Secret};
    use hutch_testservers::{Apache, Cluster, PASSWORD, USER};

    /// The large scan on Apache, and the cluster that sees it on a disk.
    fn profile(apache: &Apache, cluster: &Cluster, work: &Path) -> Site {
        let text = format!(
            "title = \"Lab\"\n[storage]\nkind = \"webdav\"\nurl = \"{}\"\n\
             [identity]\nkind = \"basic\"\n\
             [compute]\nkind = \"slurm\"\nhost = \"{}\"\nssh_config = \"{}\"\n\
             partition = \"{}\"\nhutch = \"{}\"\nwork_folder = \"{}\"\n\
             paths = [{{ here = \"/\", there = \"{}\" }}]\n",
            apache.url,
            cluster.sshd.host,
            cluster.sshd.ssh_config.display(),
            cluster.slurm.partitions[0],
            env!("CARGO_BIN_EXE_hutch"),
            work.display(),
            apache.server.data_dir().display(),
        );
        Site::parse("lab", &text).expect("a profile").0
    }

    #[test]
    fn a_recipe_gives_the_same_volume_here_and_on_the_cluster() {
        let Some(apache) = Apache::start().unwrap() else {
            return;
        };
        let Some(cluster) = Cluster::start().unwrap() else {
            return;
        };
        let folders = folders("servers");
        let there = apache.server.data_dir().join("large.nxs");
        let here = large_scan(&folders);
        // A gigabyte need not be there twice.
        if std::fs::hard_link(&here, &there).is_err() {
            std::fs::copy(&here, &there).unwrap();
            apache.server.hand_over(&there).unwrap();
        }
        let pools = Pools::start().unwrap();
        let vault = Vault::in_memory();
        let origin = apache.url.trim_end_matches("/dav/").to_owned();
        let credential = Credential::Basic {
            user: USER.to_owned(),
            password: Secret::new(PASSWORD),
        };
        pools.wait(vault.set(&origin, credential)).unwrap();
        let work = tempfile::tempdir().unwrap();
        let site = profile(&apache, &cluster, work.path());
        let sites = Sites::of(vec![site], Vec::new(), None, vault).unwrap();
        let cancel = Cancel::new();
        let mut walk = Walk::new(&sites, &pools, &cancel, &say, None, &folders).unwrap();

        let scan = walk
            .open_scan("lab:/large.nxs")
            .expect("the scan over WebDAV");
        walk.draw_projection(&scan, "projection.png")
            .expect("a projection");
        let mut recipe = Recipe::default();
        "lab:/large.nxs".clone_into(&mut recipe.source.url);
        recipe.slices = Slices::Range(538, 542);
        let local = walk
            .reconstruct_here("reconstruct here", &recipe, "here.h5")
            .expect("the recipe here");
        let remote = walk
            .reconstruct_there(&recipe, "lab", &folders)
            .expect("the recipe on the cluster");
        walk.compare(&local.path, &remote)
            .expect("equal bit for bit");
        walk.write_summary().expect("a summary");
    }
}
