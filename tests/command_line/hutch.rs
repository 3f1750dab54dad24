//! The program in a folder of its own, as scripts run it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// Hutch with a home of its own and nobody signed in.
pub(crate) struct Hutch {
    home: tempfile::TempDir,
}

impl Hutch {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("passphrase"), "correct horse\n").unwrap();
        Self { home }
    }

    /// The folder that it runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must do well, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
    }

    pub(crate) fn sign_in(&self, site: &str) -> Output {
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

    pub(crate) fn write_site(&self, name: &str, profile: &str) {
        let folder = self.path("home/config/sites.d");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.toml")), profile).unwrap();
    }
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder or a file of the test data.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// The address of an HDF5 sample.
pub(crate) fn sample(name: &str) -> String {
    data("hdf5").join(name).display().to_string()
}

pub(crate) fn scan() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tomography/diamond_pin.nxs")
}

/// Exit code and words of a command that must not do well.
pub(crate) fn refused(hutch: &Hutch, arguments: &[&str], code: i32) -> String {
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
pub(crate) fn write_recipe(hutch: &Hutch, name: &str, url: &str) {
    let text =
        format!("recipe = 1\nrotation_axis = 86.0\nslices = [60, 61]\n[source]\nurl = \"{url}\"\n");
    fs::write(hutch.path(name), text).unwrap();
}
