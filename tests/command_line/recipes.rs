//! Reconstructions: `hutch reconstruct`, and what it never writes over.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::hutch::{Hutch, refused, said, sample, scan, write_recipe};

#[test]
fn a_recipe_runs_from_the_command_line() {
    let hutch = Hutch::new();
    let scan = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography/diamond_pin.nxs");
    let recipe = format!(
        "recipe = 1\nslices = [60, 64]\n[source]\nurl = \"{}\"\n",
        scan.display()
    );
    fs::write(hutch.path("pin.toml"), recipe).unwrap();
    let json = hutch.json(&[
        "reconstruct",
        "pin.toml",
        "--center",
        "79.5",
        "-o",
        "pin.h5",
        "--json",
    ]);
    assert_eq!(json["schema"], "hutch.reconstruct/1", "the schema");
    assert_eq!(json["centre_px"], 79.5, "the axis as asked");
    assert_eq!(
        json["shape"],
        serde_json::json!([4, 160, 160]),
        "four slices"
    );
    let list = hutch.json(&["info", "pin.h5::/entry/data/data", "--json"]);
    assert_eq!(list["shape"], json["shape"], "the volume that was written");
}

#[test]
fn nothing_is_written_over_its_own_source() {
    let hutch = Hutch::new();
    let whole = fs::read(scan()).unwrap();
    // A picture by its name, a scan by its bytes.
    fs::write(hutch.path("scan.png"), &whole).unwrap();
    fs::hard_link(hutch.path("scan.png"), hutch.path("same.png")).unwrap();
    write_recipe(&hutch, "one.toml", "scan.png");
    let projections = "scan.png::/entry/data/data[0]";
    for arguments in [
        &["reconstruct", "scan.png", "-o", "scan.png"][..],
        &["reconstruct", "scan.png", "-o", "./home/../scan.png"],
        &["reconstruct", "one.toml", "-o", "same.png"],
        &["reconstruct", "one.toml", "-o", "one.toml"],
        &["cat", projections, "--npy", "-o", "scan.png"],
        &["render", "scan.png", "-o", "scan.png"],
    ] {
        fs::create_dir_all(hutch.path("home")).unwrap();
        let text = refused(&hutch, arguments, 2);
        assert!(text.contains("the source itself"), "{arguments:?}: {text}");
    }
    assert!(
        fs::read(hutch.path("scan.png")).unwrap() == whole,
        "the scan is as it was"
    );
}

#[test]
fn folders_of_raw_data_are_never_written() {
    let hutch = Hutch::new();
    hutch.write_site("lab", "title = \"Lab\"\nraw = [\"*/raw\"]\n");
    fs::create_dir(hutch.path("raw")).unwrap();
    fs::copy(scan(), hutch.path("raw/t.h5")).unwrap();
    let default = hutch.run(&["reconstruct", "raw/t.h5", "--center", "86"]);
    assert!(default.status.success(), "{}", said(&default));
    assert!(
        hutch.path("t_reconstruction.h5").is_file(),
        "in the current folder"
    );
    write_recipe(&hutch, "one.toml", "raw/t.h5");
    for arguments in [
        &["reconstruct", "one.toml", "-o", "raw/new.h5"][..],
        &[
            "cat",
            "raw/t.h5::/entry/data/data[0]",
            "--npy",
            "-o",
            "raw/new.npy",
        ],
        &["render", "raw/t.h5", "-o", "raw/deep/new.png"],
    ] {
        let text = refused(&hutch, arguments, 10);
        assert!(text.contains("read-only"), "{arguments:?}: {text}");
    }
    let left: Vec<_> = fs::read_dir(hutch.path("raw")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the scan: {left:?}");
}

#[test]
fn an_axis_that_cannot_be_meant_is_refused() {
    let hutch = Hutch::new();
    let scan = scan().display().to_string();
    for centre in ["nan", "inf", "-50000", "1e9"] {
        refused(
            &hutch,
            &["reconstruct", &scan, "--center", centre, "-o", "x.h5"],
            2,
        );
    }
    write_recipe(&hutch, "one.toml", &scan);
    let text = fs::read_to_string(hutch.path("one.toml")).unwrap();
    for centre in ["nan", "-50000.0"] {
        let changed = text.replace("86.0", centre);
        fs::write(hutch.path("bad.toml"), changed).unwrap();
        let output = hutch.run(&["reconstruct", "bad.toml", "-o", "x.h5"]);
        assert!(!output.status.success(), "{centre}");
    }
    assert!(!hutch.path("x.h5").exists(), "nothing is written");
}

#[test]
fn a_file_has_the_permissions_of_any_other() {
    let hutch = Hutch::new();
    fs::write(hutch.path("usual"), "").unwrap();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    write_recipe(&hutch, "one.toml", &scan().display().to_string());
    for arguments in [
        &["cat", &address, "--npy", "-o", "new"][..],
        &["render", &address, "-o", "new.png"],
        &["reconstruct", "one.toml", "-o", "new.h5"],
    ] {
        let output = hutch.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        let permissions = |name: &str| fs::metadata(hutch.path(name)).unwrap().permissions();
        let new = arguments.last().unwrap();
        assert_eq!(permissions(new), permissions("usual"), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_end_leaves_nothing_half_written() {
    let hutch = Hutch::new();
    let scan = scan().display().to_string();
    let is_part = |path: &Path| path.extension().is_some_and(|ending| ending == "part");
    let parts = || {
        let entries = fs::read_dir(hutch.folder()).unwrap();
        entries
            .filter(|entry| is_part(&entry.as_ref().unwrap().path()))
            .count()
    };
    let mut child = hutch
        .command(&["reconstruct", &scan, "--center", "86", "-o", "x.h5"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while parts() == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.is_ok(), "SIGTERM is sent");
    let output = child.wait_with_output().unwrap();
    assert_eq!(parts(), 0, "nothing half written");
    // A fast machine may be done before it is told.
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(130), "{}", said(&output));
        assert!(
            said(&output).ends_with("hutch: cancelled\n"),
            "{}",
            said(&output)
        );
        assert!(!hutch.path("x.h5").exists(), "no volume");
    }
}

#[test]
fn an_output_that_cannot_be_is_told_before_the_work() {
    let hutch = Hutch::new();
    fs::create_dir(hutch.path("folder.png")).unwrap();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let scan = scan().display().to_string();
    for arguments in [
        &["reconstruct", &scan, "-o", "folder.png"][..],
        &["cat", &address, "--npy", "-o", "folder.png"],
        &["render", &address, "-o", "folder.png"],
    ] {
        let text = refused(&hutch, arguments, 2);
        assert!(text.contains("this is a folder"), "{arguments:?}: {text}");
    }
    for wrong in [
        &["render", &address, "-o", "x.jpg"][..],
        &["render", &address, "--percentile", "5,101", "-o", "x.png"],
        &["render", &address, "--percentile", "90,10", "-o", "x.png"],
    ] {
        refused(&hutch, wrong, 2);
    }
}
