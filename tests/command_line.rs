//! The command line, from outside: the values, the words and the exit codes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that fails, fails the test"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hutch_facility::data::make_demo_folder;
use hutch_facility::{Facility, FacilityOptions, Fault, FaultKind};
use serde_json::Value as Json;

/// Hutch with a home of its own and nobody signed in.
struct Hutch {
    home: tempfile::TempDir,
}

impl Hutch {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("passphrase"), "correct horse\n").unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hutch"));
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("HUTCH_HOME", self.path("home"))
            .env("HUTCH_PASSPHRASE_FILE", self.path("passphrase"))
            // The tests neither need nor touch the keyring of the developer.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env_remove("HUTCH_LOG")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must do well, and reads its JSON.
    fn json(&self, arguments: &[&str]) -> Json {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
    }

    fn sign_in(&self, site: &str) -> Output {
        let mut child = self
            .command(&[
                "login",
                site,
                "--user",
                "alice",
                "--password-stdin",
                "--method",
                "db",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"secret\n").unwrap();
        child.wait_with_output().unwrap()
    }

    fn write_site(&self, name: &str, profile: &str) {
        let folder = self.path("home/config/sites.d");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.toml")), profile).unwrap();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/hdf5")
        .join(name);
    path.display().to_string()
}

fn facility(hutch: &Hutch) -> Facility {
    let folder = make_demo_folder(hutch.home.path()).unwrap();
    Facility::start(FacilityOptions::new(&folder.root)).unwrap()
}

/// The facility with a profile, as `lab`.
fn lab(hutch: &Hutch) -> Facility {
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

/// Source: ISO 3309, as zlib computes it.
fn crc32(bytes: &[u8]) -> u64 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    u64::from(!crc)
}

/// The text of the header and the samples of a `.npy` file.
fn npy(bytes: &[u8]) -> (String, &[u8]) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "magic and version");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + length]).into_owned();
    (header, &bytes[10 + length..])
}

/// What h5py read from the samples.
fn expected() -> Json {
    serde_json::from_str(&fs::read_to_string(sample("expected.json")).unwrap()).unwrap()
}

/// Compares `hutch cat --npy` with the checksum that h5py's values have.
fn is_what_h5py_reads(file: &str, path: &str, described: &str) {
    let hutch = Hutch::new();
    let row = &expected()[file][described];
    let whole = hutch.run(&["cat", &format!("{}::{path}", sample(file)), "--npy"]);
    assert!(whole.status.success(), "{file}{path}: {}", said(&whole));
    let (header, samples) = npy(&whole.stdout);
    assert_eq!(
        Some(crc32(samples)),
        row["crc"].as_u64(),
        "{file}{path} as a whole"
    );
    let shape: Vec<u64> = row["shape"]
        .as_array()
        .map(|shape| shape.iter().filter_map(Json::as_u64).collect())
        .unwrap_or_default();
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    assert!(header.contains(&axes.join(", ")), "the shape in {header}");
    let slice: Vec<String> = shape.iter().map(|n| format!("{}:{n}:2", n / 3)).collect();
    let part = format!("{}::{path}[{}]", sample(file), slice.join(","));
    let part = hutch.run(&["cat", &part, "--npy"]);
    assert!(part.status.success(), "{file}{path}: {}", said(&part));
    assert_eq!(
        Some(crc32(npy(&part.stdout).1)),
        row["crc_slab"].as_u64(),
        "every second sample of {file}{path}"
    );
}

#[test]
fn contiguous_values_are_what_h5py_reads() {
    for name in ["u1", "u8", "i8", "f2", "f8", "big_i2", "c8", "c16"] {
        let path = format!("/entry/data/{name}");
        is_what_h5py_reads("basic_latest.h5", &path, &path);
    }
}

#[test]
fn chunked_values_are_what_h5py_reads() {
    for path in [
        "/gzip_shuffle",
        "/edge",
        "/checksum",
        "/growing_both",
        "/bslz4_u4",
        "/holes",
    ] {
        is_what_h5py_reads("chunked_earliest.h5", path, path);
        is_what_h5py_reads("chunked_latest.h5", path, path);
    }
}

#[test]
fn values_behind_links_are_what_h5py_reads() {
    is_what_h5py_reads("basic_earliest.h5", "/soft", "/entry/data/u2");
    is_what_h5py_reads("basic_earliest.h5", "/entry/relative", "/entry/data/u4");
    is_what_h5py_reads("basic_earliest.h5", "/hard", "/hard");
}

#[test]
fn json_values_are_exact_and_nested_as_the_shape_is() {
    let hutch = Hutch::new();
    let file = sample("basic_latest.h5");
    let json = hutch.json(&["cat", &format!("{file}::/entry/data/u8[0, :2]"), "--json"]);
    assert_eq!(json["schema"], "hutch.cat/1", "the schema");
    assert_eq!(
        json["shape"],
        serde_json::json!([2]),
        "the index drops its axis"
    );
    assert_eq!(
        json["values"],
        serde_json::json!([u64::MAX - 5, u64::MAX - 4]),
        "64 bits exactly"
    );
    let complex = hutch.json(&["cat", &format!("{file}::/entry/data/c8[0, 0]"), "--json"]);
    assert_eq!(
        complex["values"],
        serde_json::json!([-6.0, 0.0]),
        "real and imaginary"
    );
    let texts = hutch.run(&["cat", &format!("{file}::/entry/data/texts"), "--csv"]);
    assert_eq!(
        String::from_utf8_lossy(&texts.stdout),
        "alpha\n\ngämma\n",
        "text as lines"
    );
}

#[test]
fn text_is_refused_as_npy_with_what_to_do_instead() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/texts", sample("basic_latest.h5"));
    let output = hutch.run(&["cat", &address, "--npy"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--csv"), "{}", said(&output));
}

#[test]
fn a_file_that_is_asked_for_appears_only_when_it_is_whole() {
    let hutch = Hutch::new();
    let address = format!("{}::/edge", sample("chunked_latest.h5"));
    let output = hutch.run(&["cat", &address, "--npy", "-o", "edge.npy"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(output.stdout.is_empty(), "nothing on stdout");
    let bytes = fs::read(hutch.path("edge.npy")).unwrap();
    assert_eq!(npy(&bytes).1.len(), 7 * 11 * 4, "every sample");
    let address = format!("{}::/vds", sample("virtual_latest.h5"));
    let refused = hutch.run(&["cat", &address, "--npy", "-o", "vds.npy"]);
    assert!(!refused.status.success(), "its sources are absent");
    assert!(!hutch.path("vds.npy").exists(), "no file is left");
}

#[test]
fn listing_and_info_follow_their_schemas() {
    let hutch = Hutch::new();
    let file = sample("basic_latest.h5");
    let list = hutch.json(&["ls", &file, "--depth", "3", "--json"]);
    assert_eq!(list["schema"], "hutch.ls/1", "the schema");
    let children = list["children"].as_array().unwrap();
    let named = |name: &str| children.iter().find(|child| child["name"] == name).unwrap();
    assert_eq!(named("entry")["kind"], "group", "a group");
    assert_eq!(named("entry")["nx_class"], "NXentry", "its class");
    assert_eq!(
        named("dangling")["kind"],
        "link",
        "a link that leads nowhere"
    );
    assert_eq!(
        named("soft")["target"],
        "/entry/data/u2",
        "where a link leads"
    );
    assert!(named("entry")["children"].is_array(), "what is below");
    let folder = Path::new(&file).parent().unwrap().display().to_string();
    let list = hutch.json(&["ls", &folder, "--json"]);
    let is_there = list["children"]
        .as_array()
        .unwrap()
        .iter()
        .any(|child| child["name"] == "basic_latest.h5" && child["kind"] == "file");
    assert!(is_there, "a file in its folder: {list}");
    let info = hutch.json(&["info", &format!("{file}::/entry/data/f4"), "--json"]);
    assert_eq!(info["schema"], "hutch.info/1", "the schema");
    assert_eq!(info["shape"], serde_json::json!([3, 4]), "its shape");
    assert_eq!(info["dtype"], "float32", "its type");
    let attributes = &hutch.json(&["info", &file, "--json"])["attributes"];
    assert_eq!(attributes["uint"]["value"], u64::MAX, "an exact attribute");
}

#[test]
fn statistics_are_those_of_the_samples() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/i4", sample("basic_latest.h5"));
    let stats = hutch.json(&["stats", &address, "--json"]);
    assert_eq!(stats["schema"], "hutch.stats/1", "the schema");
    // -6 to 5; -1 and -2 mark pixels without a value in 32-bit signed frames.
    let all = &stats["all"];
    assert_eq!(
        all["count"].as_u64().unwrap() + all["masked"].as_u64().unwrap(),
        12,
        "twelve"
    );
    assert_eq!(all["min"], -6, "the smallest");
    assert_eq!(all["max"], 5, "the largest");
    assert_eq!(stats["frames"].as_array().unwrap().len(), 1, "one frame");
}

#[test]
fn a_truncated_file_is_unreadable_and_says_so() {
    let hutch = Hutch::new();
    let whole = fs::read(sample("chunked_latest.h5")).unwrap();
    fs::write(hutch.path("cut.h5"), &whole[..whole.len() / 3]).unwrap();
    let output = hutch.run(&["cat", "cut.h5::/bslz4_f8", "--npy", "--json"]);
    assert_eq!(output.status.code(), Some(9), "{}", said(&output));
    let text = said(&output);
    assert!(text.starts_with("hutch: "), "one line first: {text}");
    let object = text.lines().last().unwrap();
    let error: Json = serde_json::from_str(object).expect("the error as JSON, too");
    assert_eq!(error["schema"], "hutch.error/1", "the schema");
    assert_eq!(error["exit_code"], 9, "the exit code");
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
fn a_picture_of_a_frame_has_the_size_that_was_asked_for() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let json = hutch.json(&[
        "render",
        &address,
        "--frame",
        "2",
        "--norm",
        "sqrt",
        "--colormap",
        "viridis",
        "--size",
        "64x48",
        "-o",
        "frame.png",
        "--json",
    ]);
    assert_eq!(json["schema"], "hutch.render/1", "the schema");
    assert_eq!(json["size"], serde_json::json!([64, 48]), "the size");
    let picture = image::open(hutch.path("frame.png")).unwrap();
    assert_eq!(
        (picture.width(), picture.height()),
        (64, 48),
        "of the file, too"
    );
}

#[test]
fn without_any_adapter_images_are_drawn_and_volumes_are_refused() {
    let hutch = Hutch::new();
    let address = format!("{}::/gzip_shuffle", sample("chunked_latest.h5"));
    let without = |arguments: &[&str]| {
        let mut command = hutch.command(arguments);
        command
            .env("WGPU_BACKEND", "vulkan")
            .env("VK_ICD_FILENAMES", "/nonexistent")
            .env("VK_DRIVER_FILES", "/nonexistent");
        command.output().unwrap()
    };
    let image = without(&["render", &address, "-o", "a.png"]);
    assert!(
        image.status.success(),
        "the processor draws: {}",
        said(&image)
    );
    assert!(
        said(&image).contains("the processor draws"),
        "{}",
        said(&image)
    );
    let volume = without(&["render", &address, "--view", "volume", "-o", "b.png"]);
    assert_eq!(volume.status.code(), Some(9), "{}", said(&volume));
    assert!(
        said(&volume).contains("adapter"),
        "what is missing: {}",
        said(&volume)
    );
    assert!(!hutch.path("b.png").exists(), "no picture is left");
}

#[test]
fn a_wrong_request_is_told_with_exit_code_2() {
    let hutch = Hutch::new();
    for arguments in [
        &["render", "a.h5"][..],
        &["ls"],
        &["cat", "x::/y[1:2:3:4]"],
        &["jobs", "dance"],
    ] {
        let output = hutch.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            output.stdout.is_empty(),
            "{arguments:?} leaves stdout alone"
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let hutch = Hutch::new();
    let address = format!("{}::/growing_far", sample("chunked_latest.h5"));
    let mut child = hutch
        .command(&["cat", &address, "--csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "as `head` ends it: {}",
        said(&output)
    );
    assert!(
        said(&output).is_empty(),
        "without a word: {}",
        said(&output)
    );
}

#[test]
fn the_doctor_tells_about_this_computer_without_secrets() {
    let hutch = Hutch::new();
    let facility = lab(&hutch);
    let login = hutch.sign_in("lab");
    assert!(login.status.success(), "{}", said(&login));
    let page = hutch.json(&["doctor", "--json"]);
    assert_eq!(page["schema"], "hutch.doctor/1", "the schema");
    assert!(page["adapters"].is_array(), "adapters");
    let servers = page["sites"][0]["servers"].as_array().unwrap();
    assert!(
        servers.iter().all(|server| server["reachable"] == true),
        "{servers:?}"
    );
    assert!(!page.to_string().contains("\"secret\""), "no secrets");
    drop(facility);
}

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
