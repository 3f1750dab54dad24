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
use serde_json::{Value as Json, json};

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
fn records_are_columns_and_every_digit_is_kept() {
    let hutch = Hutch::new();
    let csv = |path: &str| {
        let address = format!("{}::{path}", sample("values/classes_latest.h5"));
        let run = hutch.run(&["cat", &address]);
        assert!(run.status.success(), "{}", said(&run));
        String::from_utf8(run.stdout).unwrap()
    };
    assert_eq!(
        csv("/plain[1]"),
        "count,position[0][0],position[0][1],position[0][2],position[1][0],position[1][1],\
         position[1][2],name,flag,z\n\
         1152921504606846977,1.0,2.0,3.0,4.0,5.0,6.0,n1,true,1.0+2.0j\n",
        "a uint64 beyond 2^53, an array of two axes, text, bool and complex"
    );
    assert_eq!(
        csv("/nested"),
        "id,title,inner.x,inner.tags[0],inner.tags[1],inner.deep.a,series,where\n\
         -1,title 0,0.0,t0,é,0,[],\"reference to \"\"/plain\"\"\"\n\
         0,title 1,0.3333333333333333,t1,é,1,[0],\"reference to \"\"/plain\"\"\"\n\
         1,title 2,0.6666666666666666,t2,é,2,\"[0,1]\",\"reference to \"\"/plain\"\"\"\n",
        "members of members, and a sequence as one cell"
    );
    assert_eq!(csv("/opaque"), "AQID\n/wAQ\n", "bytes as base64");
    assert_eq!(csv("/colours"), "RED\nGREEN\nRED\n", "the names of an enum");
}

#[test]
fn info_tells_what_a_frame_costs() {
    let hutch = Hutch::new();
    let tooth = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5");
    let address = format!("{}::/exchange/data", tooth.display());
    let info = hutch.json(&["info", &address, "--json"]);
    let expected = json!({"bytes": 5120, "requests": 1, "decoded_bytes": 5120, "chunks": 0});
    assert_eq!(
        info["frame_cost"], expected,
        "2 x 640 of four bytes: {info}"
    );
    let text = hutch.run(&["info", &address]);
    let text = String::from_utf8(text.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("frame_cost"));
    let words = line
        .unwrap_or_default()
        .trim_start_matches("frame_cost")
        .trim();
    assert_eq!(words, "5.1 kB in 1 request, 5.1 kB decoded", "{text}");
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
fn a_folder_of_a_server_is_one_stack_as_one_here_is() {
    let hutch = Hutch::new();
    let folder = make_demo_folder(hutch.home.path()).unwrap();
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
fn info_names_the_files_that_a_virtual_dataset_misses() {
    let hutch = Hutch::new();
    let address = format!("{}::/interleaved", sample("virtual/master_latest.h5"));
    let info = hutch.json(&["info", &address, "--json"]);
    assert_eq!(info["sources"], json!({"count": 5, "missing": 1}), "{info}");
    let missing = info["missing"].to_string();
    assert!(missing.contains("part_3.h5"), "{missing}");
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

fn scan() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography/diamond_pin.nxs")
}

/// Exit code and words of a command that must not do well.
fn refused(hutch: &Hutch, arguments: &[&str], code: i32) -> String {
    let output = hutch.run(arguments);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(
        output.stdout.is_empty(),
        "{arguments:?} leaves stdout alone"
    );
    text
}

/// A recipe for one slice of a scan.
fn write_recipe(hutch: &Hutch, name: &str, url: &str) {
    let text =
        format!("recipe = 1\nrotation_axis = 86.0\nslices = [60, 61]\n[source]\nurl = \"{url}\"\n");
    fs::write(hutch.path(name), text).unwrap();
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
fn a_part_in_brackets_is_used_or_refused() {
    let hutch = Hutch::new();
    let address = format!("{}::/entry/data/i8", sample("basic_latest.h5"));
    let part = format!("{address}[1:, :2]");
    let cat = hutch.json(&["cat", &part, "--json"]);
    let values = cat["values"].as_array().unwrap();
    let numbers = values.iter().flat_map(|line| line.as_array().unwrap());
    let least = numbers.filter_map(Json::as_i64).min();
    let stats = hutch.json(&["stats", &part, "--json"]);
    assert_eq!(stats["all"]["min"].as_i64(), least, "of the part alone");
    assert_eq!(stats["all"]["count"], 4, "two lines of two");
    refused(&hutch, &["info", &part], 2);
    let text = refused(&hutch, &["render", &part, "-o", "x.png"], 2);
    assert!(text.contains("--frame"), "what to do instead: {text}");
}

#[test]
fn missing_samples_do_not_count_and_end_statistics_with_exit_code_1() {
    let hutch = Hutch::new();
    let grown = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/tests/data/growing.h5");
    let whole = fs::read(grown).unwrap();
    // Near the end of the file are [30, 100] of float64: 0, 1, 2, ...
    fs::write(hutch.path("cut.h5"), &whole[..whole.len() - 8000]).unwrap();
    let output = hutch.run(&["stats", "cut.h5::/last", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let stats: Json = serde_json::from_slice(&output.stdout).expect("one whole object");
    let all = &stats["all"];
    let (count, missing) = (all["count"].as_u64(), all["missing"].as_u64());
    let (count, missing) = (count.unwrap(), missing.unwrap());
    assert_eq!(count + missing, 3000, "every sample, once: {all}");
    assert!((900..1100).contains(&missing), "what was cut: {all}");
    assert_eq!(
        all["max"].as_f64(),
        Some(count as f64 - 1.0),
        "the last that is there: {all}"
    );
    assert!(said(&output).contains("missing"), "{}", said(&output));
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
        let entries = fs::read_dir(hutch.home.path()).unwrap();
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
fn a_file_with_colons_in_its_name_opens() {
    let hutch = Hutch::new();
    fs::copy(sample("basic_latest.h5"), hutch.path("a b ü::x.h5")).unwrap();
    let info = hutch.json(&["info", "a b ü::x.h5", "--json"]);
    assert_eq!(info["path"], "/", "the file");
    let info = hutch.json(&["info", "a b ü::x.h5::/entry/data/u1", "--json"]);
    assert_eq!(info["path"], "/entry/data/u1", "a node in it");
    fs::copy(scan(), hutch.path("s::can.h5")).unwrap();
    write_recipe(&hutch, "one.toml", "s::can.h5");
    hutch.json(&["reconstruct", "one.toml", "-o", "one.h5", "--json"]);
    let unreached = refused(&hutch, &["info", "http://[::1]:9/x.h5"], 4);
    assert!(!unreached.contains("IPv6"), "{unreached}");
}

#[test]
fn commands_of_a_later_version_and_an_absent_display_are_told_in_words() {
    let hutch = Hutch::new();
    for word in ["get", "put"] {
        let text = refused(&hutch, &[word, "demo:/x.h5"], 9);
        assert!(text.contains("no such command"), "{text}");
    }
    for display in ["", ":7777"] {
        let mut command = hutch.command(&["x.h5"]);
        command
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        let output = command.output().unwrap();
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("display"), "{text}");
        assert!(!text.contains(".rs"), "no place in the source: {text}");
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
