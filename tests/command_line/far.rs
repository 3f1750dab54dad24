//! Files of servers, and signing in.

use std::fs;
use std::path::Path;

use hutch_facility::data::make_demo_folder;
use hutch_facility::{Facility, FacilityOptions, Fault, FaultKind};
use serde_json::json;

use crate::hutch::{Hutch, refused, said, sample, write_recipe};

fn facility(hutch: &Hutch) -> Facility {
    let folder = make_demo_folder(hutch.folder()).unwrap();
    Facility::start(FacilityOptions::new(&folder.root)).unwrap()
}

/// The facility with a profile, as `lab`.
pub(crate) fn lab(hutch: &Hutch) -> Facility {
    let facility = facility(hutch);
    hutch.write_site(
        "lab",
        &format!(
            "title = \"Lab\"\n[catalogue]\nkind = \"icat\"\nurl = \"{}\"\n\
             [storage]\nkind = \"webdav\"\nurl = \"{}\"\n[identity]\nkind = \"basic\"\n\
             [[locations]]\nprefix = \"/demo\"\nstorage = \"/demo\"\n",
            facility.icat_url(),
            facility.dav_url()
        ),
    );
    facility
}

/// The address of the small scan, with user and password.
fn pin(facility: &Facility) -> String {
    let address = format!("{}demo/tomography/diamond_pin.nxs", facility.dav_url());
    address.replacen("http://", "http://alice:secret@", 1)
}

#[test]
fn a_file_that_is_not_there_is_not_found() {
    let hutch = Hutch::new();
    let facility = facility(&hutch);
    let address = pin(&facility).replace("diamond_pin", "no_such_scan");
    let output = hutch.run(&["info", &address]);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert!(
        !said(&output).contains("secret"),
        "no password: {}",
        said(&output)
    );
    let local = hutch.run(&["info", "nothing.h5"]);
    assert_eq!(local.status.code(), Some(7), "{}", said(&local));
    let inside = hutch.run(&[
        "info",
        &format!("{}::/not/there", sample("basic_latest.h5")),
    ]);
    assert_eq!(inside.status.code(), Some(7), "{}", said(&inside));
}

#[test]
fn a_server_that_ignores_ranges_is_named_for_what_it_does() {
    let hutch = Hutch::new();
    let facility = facility(&hutch);
    // Small files are taken whole; this one is large, and sparse on the disk.
    let large = hutch
        .path("facility/demo/tomography")
        .join("diamond_pin_sparse.nxs");
    fs::copy(
        hutch.path("facility/demo/tomography/diamond_pin.nxs"),
        &large,
    )
    .unwrap();
    let file = fs::OpenOptions::new().write(true).open(&large).unwrap();
    file.set_len(1 << 30).unwrap();
    facility.inject(Fault::always("diamond_pin_sparse", FaultKind::IgnoreRange));
    let address = pin(&facility).replace("diamond_pin", "diamond_pin_sparse");
    let output = hutch.run(&["info", &address]);
    assert_eq!(output.status.code(), Some(9), "{}", said(&output));
    let text = said(&output);
    assert!(
        text.contains("ignores ranges"),
        "what the server does: {text}"
    );
}

#[test]
fn a_file_over_webdav_reads_as_one_here_and_no_password_is_shown() {
    let hutch = Hutch::new();
    let facility = facility(&hutch);
    let output = hutch.run(&["ls", &pin(&facility), "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &said(&output);
    assert!(!shown.contains("secret"), "no password: {shown}");
}

#[test]
fn a_folder_of_a_server_is_one_stack_as_one_here_is() {
    let hutch = Hutch::new();
    let folder = make_demo_folder(hutch.folder()).unwrap();
    let images = folder.root.join("demo/images");
    fs::create_dir_all(&images).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/images/series");
    for name in ["scan_8.tif", "scan_9.tif", "scan_10.tif"] {
        fs::copy(from.join(name), images.join(name)).unwrap();
    }
    let _facility = lab(&hutch);
    assert!(hutch.sign_in("lab").status.success(), "signed in");
    for address in ["lab:/demo/images", "lab:/demo/images/"] {
        let info = hutch.json(&["info", address, "--json"]);
        assert_eq!(info["shape"], json!([3, 6, 7]), "{info}");
    }
    let values = hutch.run(&["cat", "lab:/demo/images::[:, 1, 1]"]);
    let values = String::from_utf8(values.stdout).unwrap();
    assert_eq!(values, "8\n9\n10\n", "in the order of their numbers");
    let several = hutch.run(&["stats", "lab:/demo/tomography"]);
    assert!(
        said(&several).contains("lab:/demo/tomography/"),
        "how to name one: {}",
        said(&several)
    );
}

#[test]
fn an_expired_session_asks_to_sign_in() {
    let hutch = Hutch::new();
    let facility = lab(&hutch);
    let before = hutch.run(&["search", "lab", "pin"]);
    assert_eq!(
        before.status.code(),
        Some(3),
        "nobody is signed in: {}",
        said(&before)
    );
    let login = hutch.sign_in("lab");
    assert!(login.status.success(), "{}", said(&login));
    let told = String::from_utf8_lossy(&login.stdout).into_owned();
    assert!(told.contains("encrypted file"), "where it is kept: {told}");
    assert!(!told.contains("secret\n"), "never the password");
    let found = hutch.json(&["search", "lab", "pin", "--json"]);
    assert_eq!(found["schema"], "hutch.search/1", "the schema");
    assert!(
        !found["entries"].as_array().unwrap().is_empty(),
        "something is found"
    );
    let who = hutch.json(&["whoami", "--json"]);
    assert_eq!(who["sites"][0]["user"], "db/alice", "alice");
    let listed = hutch.json(&["ls", "lab:/demo/tomography", "--json"]);
    assert!(
        listed["children"].is_array(),
        "the password opens the storage, too"
    );
    facility.expire_sessions();
    let after = hutch.run(&["search", "lab", "pin"]);
    assert_eq!(after.status.code(), Some(3), "{}", said(&after));
}

#[test]
fn no_message_shows_the_password_of_an_address() {
    let hutch = Hutch::new();
    for scheme in ["HTTP", "ftp", "htps"] {
        let address = format!("{scheme}://alice:secret@127.0.0.1:9/x.h5");
        let recipe = format!("{scheme}://alice:secret@127.0.0.1:9/x.toml");
        for arguments in [
            &["reconstruct", &recipe][..],
            &[&address, "ls"],
            &["ls", "x", &address],
            &["info", &address, "--json"],
        ] {
            let output = hutch.run(arguments);
            assert!(!output.status.success(), "{arguments:?}");
            let text = said(&output);
            assert!(!text.contains("secret"), "{arguments:?}: {text}");
        }
    }
    refused(&hutch, &["info", "htps://alice:secret@h/x.h5"], 2);
}

#[test]
fn the_password_of_an_address_is_not_in_the_volume() {
    let hutch = Hutch::new();
    let facility = facility(&hutch);
    write_recipe(&hutch, "one.toml", &pin(&facility));
    let json = hutch.json(&["reconstruct", "one.toml", "-o", "one.h5", "--json"]);
    assert!(!json.to_string().contains("secret"), "{json}");
    let bytes = fs::read(hutch.path("one.h5")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("diamond_pin.nxs"), "where it came from");
    assert!(!text.contains("secret"), "no password");
}

/// Tests with real servers.
mod servers {
    use super::*;
    use hutch_testservers::Cluster;

    #[test]
    fn an_unknown_partition_is_refused_with_the_words_of_slurm() {
        let Some(cluster) = Cluster::start().unwrap() else {
            return;
        };
        let hutch = Hutch::new();
        let scan =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography/diamond_pin.nxs");
        let folder = scan.parent().unwrap().display().to_string();
        hutch.write_site(
            "cluster",
            &format!(
                "title = \"Cluster\"\n[compute]\nkind = \"slurm\"\nhost = \"{}\"\n\
                 ssh_config = \"{}\"\npartition = \"nosuch\"\nwork_folder = \"{}\"\n\
                 paths = [{{ here = \"{folder}\", there = \"{folder}\" }}]\n",
                cluster.sshd.host,
                cluster.sshd.ssh_config.display(),
                hutch.path("work").display(),
            ),
        );
        let scan = scan.display().to_string();
        let output = hutch.run(&["reconstruct", &scan, "--on", "cluster"]);
        assert_eq!(output.status.code(), Some(10), "{}", said(&output));
        assert!(
            said(&output).contains("partition"),
            "Slurm's words: {}",
            said(&output)
        );
    }
}
