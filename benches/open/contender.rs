//! The programs that open a frame, each with a home of its own where it finds the size of its window.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::screen::{SIZE, Screen};

/// What Linux tells CPU time in.
const TICK_MS: u64 = 10;

/// A program that shows frames.
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// In the title of its window.
    title: &'static str,
    words: Vec<OsString>,
    /// What it is to open, of this file.
    address: fn(&Path) -> Vec<OsString>,
    /// What asks it for the next frame, in the words of `xdotool`.
    next: &'static str,
    home: PathBuf,
}

/// The script of the peers.
pub(super) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/open.py")
}

/// Those of this computer; what is missing is told.
pub(super) fn all(hutch: &Path, python: &Path, home: &Path) -> Result<Vec<Contender>> {
    fs::create_dir_all(home.join("config/silx"))?;
    let [width, height] = SIZE;
    fs::write(
        home.join("config/silx/silx-view.ini"),
        format!("[mainwindow]\nsize=@Size({width} {height})\n"),
    )?;
    fs::write(
        home.join("napari.yaml"),
        format!(
            "schema_version: 0.9.0\napplication:\n  first_time: false\n  gui_notification_level: error\n  \
             window_position: [0, 0]\n  window_size: [{width}, {height}]\n"
        ),
    )?;
    let contender = |name: &'static str, words: &[&Path], address, next| Contender {
        name,
        title: name.split(' ').next().unwrap_or(name),
        words: words
            .iter()
            .map(|word| word.as_os_str().to_owned())
            .collect(),
        address,
        next,
        home: home.to_owned(),
    };
    let mut all = vec![contender("hutch", &[hutch], plot, "key Right")];
    let silx = python.with_file_name("silx");
    match version(python, "silx") {
        Some(version) if silx.exists() => {
            println!("silx {version}");
            let words: [&Path; 2] = [&silx, Path::new("view")];
            all.push(contender("silx view", &words, plot, "key Right"));
        }
        _ => println!("silx is missing: `cargo xtask bench open --peers` prepares it"),
    }
    match version(python, "napari") {
        Some(version) => {
            println!("napari {version}");
            let words = [python, &script(), Path::new("napari")];
            let address = |file: &Path| vec![file.into(), "/entry/data/data".into()];
            all.push(contender("napari", &words, address, "key Right"));
        }
        None => println!("napari is missing: `cargo xtask bench open --peers` prepares it"),
    }
    Ok(all)
}

fn plot(file: &Path) -> Vec<OsString> {
    let mut address = file.as_os_str().to_owned();
    address.push("::/entry/data");
    vec![address]
}

fn version(python: &Path, package: &str) -> Option<String> {
    let code = format!("import importlib.metadata as m; print(m.version('{package}'))");
    let output = Command::new(python).args(["-c", &code]).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| version.trim().to_owned())
}

impl Contender {
    /// Makes its window the one that keys go to, which is all that a manager of windows would do for it here.
    pub(super) fn focus(&self, screen: &Screen) -> Result<()> {
        screen.order(&format!(
            "search --onlyvisible --name {} windowfocus",
            self.title
        ))?;
        if self.title == "silx" {
            // Keys go to its slider once that was pressed; this is the handle while the first frame is shown.
            screen.order("mousemove 428 772 click 1")?;
        }
        Ok(())
    }

    /// Asks for the next frame.
    pub(super) fn step(&self, screen: &Screen) -> Result<()> {
        screen.order(self.next)
    }
}

/// A program at work; it ends with this.
pub(super) struct Running(Child);

impl Running {
    /// Starts a program with a file.
    pub(super) fn start(contender: &Contender, screen: &Screen, file: &Path) -> Result<Self> {
        let (program, words) = contender.words.split_first().context("a program")?;
        let home = &contender.home;
        let child = Command::new(program)
            .args(words)
            .args((contender.address)(file))
            .env("DISPLAY", screen.display())
            .env("HOME", home)
            .env("HUTCH_HOME", home.join("hutch"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("NAPARI_CONFIG", home.join("napari.yaml"))
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("start {}", contender.name))?;
        Ok(Self(child))
    }

    /// Fails when the program ended.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.0.try_wait()? {
            bail!("it ended with {status}");
        }
        Ok(())
    }

    /// CPU milliseconds of the program, its threads and its children so far, to 10 ms.
    pub(super) fn cpu_ms(&self) -> f64 {
        let mut family = vec![self.0.id()];
        let mut ticks = 0;
        let all: Vec<(u32, u32, u64)> = processes().collect();

        while let Some(id) = family.pop() {
            for (process, parent, used) in &all {
                if *process == id {
                    ticks += used;
                } else if *parent == id {
                    family.push(*process);
                }
            }
        }
        (ticks * TICK_MS) as f64
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that is gone already is just as well.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Number, parent and ticks of CPU time (those of ended children too) of each process.
fn processes() -> impl Iterator<Item = (u32, u32, u64)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let text = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name may hold anything, and ends with the last bracket.
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let ticks: u64 = (11..15).filter_map(number).sum();
        Some((id, u32::try_from(number(1)?).ok()?, ticks))
    })
}
