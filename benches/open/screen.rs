//! A screen in memory, its pixels, and a hand on its keyboard and pointer.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::contender::Running;

/// Pixels of the screen, and of each window on it.
pub(super) const SIZE: [u32; 2] = [1440, 900];
/// Blue, green, red and nothing.
pub(super) const PIXEL_BYTES: usize = 4;

/// More than any pointer covers, and fewer than any window.
const POINTER_PIXELS: usize = 64 * 64;

/// The server of the screen, which keeps its pixels in a file that everybody may read.
pub(super) struct Screen {
    server: Child,
    hand: Child,
    /// Where `xdotool` takes its orders, so that an order costs no start of a program.
    orders: Mutex<ChildStdin>,
    display: String,
    pixels: File,
    first_pixel: u64,
    row_bytes: usize,
    empty: Vec<u8>,
    folder: PathBuf,
}

impl Screen {
    /// Starts one, with its pixels in memory where the system has a folder for that.
    ///
    /// # Errors
    /// Without `Xvfb` or `xdotool`.
    pub(super) fn start(fallback: &Path) -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory } else { fallback };
        let folder = folder.join(format!("hutch-screen-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let [width, height] = SIZE;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .arg("-fbdir")
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb is missing")?;
        let mut number = String::new();
        let told = server.stdout.take().context("the output of Xvfb")?;
        BufReader::new(told).read_line(&mut number)?;
        let display = format!(":{}", number.trim());
        let mut hand = Command::new("xdotool")
            .arg("-")
            .env("DISPLAY", &display)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("xdotool is missing")?;
        let orders = hand.stdin.take().context("the input of xdotool")?;
        let pixels = File::open(folder.join("Xvfb_screen0"))?;
        // The head of an XWD file: 32-bit words, the largest byte first.
        let word = |index: u64| {
            let mut bytes = [0; 4];
            pixels.read_exact_at(&mut bytes, index * 4)?;
            anyhow::Ok(u32::from_be_bytes(bytes))
        };
        let (head, row_bytes, colours) = (word(0)?, word(12)?, word(19)?);
        let mut screen = Self {
            server,
            hand,
            orders: Mutex::new(orders),
            display,
            first_pixel: u64::from(head) + u64::from(colours) * 12,
            row_bytes: row_bytes as usize,
            pixels,
            empty: Vec::new(),
            folder,
        };
        screen.order("mousemove 720 60")?;
        sleep(Duration::from_millis(500));
        screen.empty = screen.picture()?;
        Ok(screen)
    }

    /// What `DISPLAY` is for programs on it.
    pub(super) fn display(&self) -> &str {
        &self.display
    }

    pub(super) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// Gives an order to the keyboard or pointer, in the words of `xdotool`.
    pub(super) fn order(&self, order: &str) -> Result<()> {
        let mut orders = self.orders.lock().ok().context("the hand is gone")?;
        writeln!(orders, "{order}")?;
        Ok(orders.flush()?)
    }

    /// All pixels.
    pub(super) fn picture(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.row_bytes * SIZE[1] as usize];
        self.pixels.read_exact_at(&mut bytes, self.first_pixel)?;
        Ok(bytes)
    }

    /// Those of one row.
    pub(super) fn read_row(&self, row: usize, bytes: &mut [u8]) -> Result<()> {
        let at = self.first_pixel + (row * self.row_bytes) as u64;
        Ok(self.pixels.read_exact_at(bytes, at)?)
    }

    /// Waits until the last program is gone from the screen, with the pointer where it does not matter.
    pub(super) fn wait_until_empty(&self, limit: Duration) -> Result<()> {
        self.order("mousemove 720 60")?;
        self.wait(limit, || Ok(self.is_empty(&self.picture()?)))
    }

    /// Waits until a program draws anything.
    pub(super) fn wait_until_drawn(&self, limit: Duration, running: &mut Running) -> Result<()> {
        self.wait(limit, || {
            running.check()?;
            Ok(!self.is_empty(&self.picture()?))
        })
    }

    /// Whether a picture shows no window; a pointer may have another shape.
    fn is_empty(&self, picture: &[u8]) -> bool {
        let pairs = picture
            .chunks(PIXEL_BYTES)
            .zip(self.empty.chunks(PIXEL_BYTES));
        pairs.filter(|(one, other)| one != other).count() < POINTER_PIXELS
    }

    /// Waits until nothing changed for a while.
    pub(super) fn wait_until_still(&self, while_: Duration, limit: Duration) -> Result<()> {
        let mut last = (self.picture()?, Instant::now());
        self.wait(limit, || {
            let now = self.picture()?;
            if now != last.0 {
                last = (now, Instant::now());
            }
            Ok(last.1.elapsed() >= while_)
        })
    }

    fn wait(&self, limit: Duration, mut is_done: impl FnMut() -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !is_done()? {
            if began.elapsed() > limit {
                bail!(
                    "nothing came within {} s on {}",
                    limit.as_secs(),
                    self.display
                );
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in [&mut self.hand, &mut self.server] {
            // One that is gone already is just as well.
            child.kill().ok();
            child.wait().ok();
        }
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
