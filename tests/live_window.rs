//! The program as a person has it: a real window on a display of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that fails, fails the test"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hutch_render::{AdapterWish, Gpu};
use hutch_testservers::skip;
use image::RgbaImage;

/// What a window may take to appear on a busy machine.
const APPEARS: Duration = Duration::from_mins(1);
/// The status line tells times and bytes, which differ from run to run.
const STATUS_LINE: u32 = 32;

/// Ends a program with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A display without a monitor, with a window manager of nobody.
struct Display {
    name: String,
    folder: tempfile::TempDir,
    _server: Running,
}

fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

impl Display {
    /// A display, or the record of what is missing for one.
    fn start() -> Option<Self> {
        for (program, name) in [
            ("Xvfb", "xvfb"),
            ("xdotool", "xdotool"),
            ("import", "imagemagick"),
        ] {
            if !has(program) {
                skip(name, &format!("{program} is not installed"));
                return None;
            }
        }
        if let Err(error) = Gpu::headless(AdapterWish::Fastest) {
            skip("lavapipe", &error.to_string());
            return None;
        }
        // The server finds a free number and says it.
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1440x900x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut pipe = server.stdout.take().expect("its stdout");
        let server = Running(server);
        let mut number = String::new();
        let mut byte = [0];
        while pipe.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            number.push(char::from(byte[0]));
        }
        assert!(!number.is_empty(), "Xvfb names its display");
        Some(Self {
            name: format!(":{number}"),
            folder: tempfile::tempdir().unwrap(),
            _server: server,
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.name)
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("HUTCH_HOME", self.folder.path().join("home"))
            .env("WGPU_BACKEND", "vulkan")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("RUST_BACKTRACE");
        command
    }

    fn stderr_file(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    /// The program loses its device when this file appears.
    fn lose_file(&self) -> PathBuf {
        self.folder.path().join("lose")
    }

    /// Starts the program and waits for its window.
    fn open(&self, arguments: &[&str]) -> Running {
        let log = std::fs::File::create(self.stderr_file()).unwrap();
        let mut command = self.command(env!("CARGO_BIN_EXE_hutch"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .env("HUTCH_LOSE_DEVICE", self.lose_file());
        let program = Running(command.spawn().expect("hutch starts"));
        until(APPEARS, "the window appears", || {
            self.window_number().is_some()
        });
        program
    }

    fn window_number(&self) -> Option<String> {
        let output = self
            .command("xdotool")
            .args(["search", "--onlyvisible", "--name", "^Hutch$"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().next().map(str::to_owned)
    }

    fn drive(&self, arguments: &[&str]) {
        let status = self
            .command("xdotool")
            .args(arguments)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "xdotool {arguments:?}");
        // Events that come in one burst fall into one frame.
        std::thread::sleep(Duration::from_millis(300));
    }

    fn focus(&self) {
        let window = self.window_number().expect("a window");
        self.drive(&["windowfocus", "--sync", &window]);
    }

    fn picture(&self) -> RgbaImage {
        let file = self.folder.path().join("screen.png");
        let status = self
            .command("import")
            .args(["-window", "root"])
            .arg(&file)
            .status()
            .unwrap();
        assert!(status.success(), "a picture of the screen");
        image::open(&file).expect("a PNG file").to_rgba8()
    }

    /// A picture that has not changed for a while: everything is loaded.
    fn settled_picture(&self, what: &str) -> RgbaImage {
        let mut last = self.picture();
        let mut same_since = Instant::now();
        until(APPEARS, what, || {
            std::thread::sleep(Duration::from_millis(200));
            let next = self.picture();
            if colours(&next) < 16 || different(&last, &next) > 0.0 {
                same_since = Instant::now();
            }
            last = next;
            same_since.elapsed() > Duration::from_millis(1500)
        });
        last
    }

    fn stderr(&self) -> String {
        std::fs::read_to_string(self.stderr_file()).unwrap_or_default()
    }
}

fn until(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(
            started.elapsed() < limit,
            "{what}: not within {} s",
            limit.as_secs()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn colours(picture: &RgbaImage) -> usize {
    let mut seen: Vec<_> = picture.pixels().map(|pixel| pixel.0).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// The share of pixels that differ, the status line left out.
fn different(one: &RgbaImage, other: &RgbaImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions(), "one size of screen");
    let last = one.height().saturating_sub(STATUS_LINE);
    let count = one
        .enumerate_pixels()
        .filter(|(x, y, pixel)| *y < last && *pixel != other.get_pixel(*x, *y))
        .count();
    count as f64 / f64::from(one.width() * last)
}

fn tooth() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tooth.h5");
    path.display().to_string()
}

/// Tests that draw.
mod gpu {
    use super::*;

    #[test]
    fn a_person_types_into_a_real_window() {
        let Some(display) = Display::start() else {
            return;
        };
        let mut program = display.open(&["demo"]);
        let before = display.settled_picture("the start of the demonstration");
        assert!(colours(&before) > 16, "the window has drawn something");
        display.focus();
        display.drive(&["key", "ctrl+k"]);
        display.drive(&["type", "--delay", "60", "dark or light"]);
        let typed = display.settled_picture("the palette");
        assert!(different(&before, &typed) > 0.001, "the palette is seen");
        display.drive(&["key", "Return"]);
        let light = display.settled_picture("the other colours");
        assert!(
            different(&before, &light) > 0.5,
            "the window has other colours: {}",
            different(&before, &light)
        );
        assert!(
            program.0.try_wait().unwrap().is_none(),
            "the program lives: {}",
            display.stderr()
        );
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "the time is worth knowing")]
    fn the_window_comes_back_when_its_device_is_lost() {
        let Some(display) = Display::start() else {
            return;
        };
        let mut program = display.open(&[&tooth()]);
        let before = display.settled_picture("the tooth");
        std::fs::write(display.lose_file(), "").unwrap();
        until(APPEARS, "the window comes back", || {
            display.stderr().contains("the window is back after")
        });
        let log = display.stderr();
        assert!(
            log.contains("the graphics device is lost"),
            "the loss is told: {log}"
        );
        let secs: f64 = log
            .split_once("the window is back after ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .and_then(|secs| secs.parse().ok())
            .expect("a time");
        println!("the window was back after {secs} s");
        if secs > 2.0 {
            println!("that is more than 2 s; is this machine busy?");
        }
        assert!(secs < 10.0, "the window was gone for {secs} s");
        let after = display.settled_picture("the tooth on another device");
        let share = different(&before, &after);
        assert!(
            share < 0.01,
            "the same picture before and after: {:.2} % differ",
            share * 100.0
        );
        assert!(
            program.0.try_wait().unwrap().is_none(),
            "the program lives: {}",
            display.stderr()
        );
        assert!(
            !display.stderr().contains("Missing texture"),
            "every picture is on the new device"
        );
        // The new window takes keys.
        display.focus();
        display.drive(&["key", "ctrl+t"]);
        until(APPEARS, "the window answers", || {
            different(&after, &display.picture()) > 0.05
        });
    }

    #[test]
    fn a_window_that_is_told_to_end_keeps_its_session() {
        let Some(display) = Display::start() else {
            return;
        };
        let mut program = display.open(&[&tooth()]);
        display.settled_picture("the tooth");
        let kill = Command::new("kill")
            .arg(program.0.id().to_string())
            .status();
        assert!(kill.unwrap().success(), "SIGTERM is sent");
        let mut ended = None;
        until(APPEARS, "the program ends", || {
            ended = program.0.try_wait().unwrap();
            ended.is_some()
        });
        assert_eq!(ended.unwrap().code(), Some(0), "{}", display.stderr());
        // Nothing is named: what was there is there again.
        let _again = display.open(&[]);
        let picture = display.settled_picture("the session");
        assert!(colours(&picture) > 100, "the tooth is drawn again");
    }
}
