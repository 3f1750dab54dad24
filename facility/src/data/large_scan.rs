//! A scan of 1 GiB, made once from the Diamond pin scan.
//!
//! What is done to the frames, so that nobody takes it for a measurement:
//! each pixel becomes 8 x 8 equal ones, three projections are interpolated
//! linearly between two measured ones (angles too), and the dark and the flat
//! are repeated 14 times. The geometry stays right: the rotation axis is at
//! `8 * 86.0 + 3.5 = 691.5` px, and the slice `y` shows row `y / 8`.
//!
//! Nothing in it is constant, so that nothing is left sparse.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::pin::{DARK_FRAME, FIRST_PROJECTION, FLAT_FRAME, FRAME_COUNT, HEIGHT, WIDTH, frames};

/// What precedes the frames, written by libhdf5 (`make_nxtomo.py`); it names
/// the version of what is done to the frames.
const HEAD: &[u8] = include_bytes!("../../../tests/data/tomography/diamond_pin_large.head");

const SCALE: usize = 8;
/// Steps from one measured angle to the next.
const STEPS: u16 = 4;
const DARK_COUNT: usize = 14;
const FLAT_COUNT: usize = 14;
const PROJECTION_COUNT: usize = (FRAME_COUNT - FIRST_PROJECTION - 1) * STEPS as usize + 1;
const LARGE_FRAME_COUNT: usize = DARK_COUNT + FLAT_COUNT + PROJECTION_COUNT;

/// Shape of `/entry/instrument/detector/data`: `[frame, y, x]`.
pub const LARGE_SCAN_SHAPE: [usize; 3] = [LARGE_FRAME_COUNT, HEIGHT * SCALE, WIDTH * SCALE];

/// Size of the file.
pub const LARGE_SCAN_SIZE_BYTES: u64 =
    HEAD.len() as u64 + (LARGE_FRAME_COUNT * HEIGHT * WIDTH * SCALE * SCALE * 2) as u64;

/// Makes the scan at `path` unless it is there; true if it was made now.
///
/// It is written beside `path` and renamed when it is whole. `progress` gets
/// bytes done and in all, once a frame; `is_cancelled` is asked as often.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] when cancelled; what the file system says otherwise.
pub fn make_large_scan(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<bool> {
    if is_made(path) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = super::folder::temporary_name(path);
    let written = write(&temporary, progress, is_cancelled);
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err()
        && let Err(error) = fs::remove_file(&temporary)
    {
        log::debug!("no file to remove: {error}");
    }
    renamed.map(|()| true)
}

/// Only a whole file has the name, so that its size and its version suffice.
fn is_made(path: &Path) -> bool {
    let mut head = vec![0; HEAD.len()];
    let is_whole = fs::metadata(path).is_ok_and(|it| it.len() == LARGE_SCAN_SIZE_BYTES);
    is_whole
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok())
        && head == HEAD
}

fn write(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<()> {
    let frames = frames()?;
    let mut file = File::create(path)?;
    file.write_all(HEAD)?;
    let mut done = HEAD.len() as u64;
    let mut enlarged = Vec::with_capacity(HEIGHT * WIDTH * SCALE * SCALE * 2);
    for index in 0..LARGE_FRAME_COUNT {
        if is_cancelled() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled"));
        }
        enlarge(&large_frame(&frames, index), &mut enlarged);
        file.write_all(&enlarged)?;
        done += enlarged.len() as u64;
        progress(done, LARGE_SCAN_SIZE_BYTES);
    }
    Ok(())
}

/// Frame `index` of the large scan, before its pixels are repeated.
fn large_frame(frames: &[Vec<u16>], index: usize) -> Vec<u16> {
    if index < DARK_COUNT {
        return frames[DARK_FRAME].clone();
    }
    let Some(step) = index.checked_sub(DARK_COUNT + FLAT_COUNT) else {
        return frames[FLAT_FRAME].clone();
    };
    let steps = usize::from(STEPS);
    let before = &frames[FIRST_PROJECTION + step / steps];
    let part = step % steps;
    if part == 0 {
        return before.clone();
    }
    let after = &frames[FIRST_PROJECTION + step / steps + 1];
    let between = before.iter().zip(after).map(|(a, b)| {
        let sum = usize::from(*a) * (steps - part) + usize::from(*b) * part;
        u16::try_from((sum + steps / 2) / steps).unwrap_or(u16::MAX)
    });
    between.collect()
}

/// Repeats each sample `SCALE` times along x and y, as little-endian bytes.
fn enlarge(frame: &[u16], bytes: &mut Vec<u8>) {
    bytes.clear();
    for row in frame.chunks_exact(WIDTH) {
        let start = bytes.len();
        for sample in row {
            for _ in 0..SCALE {
                bytes.extend_from_slice(&sample.to_le_bytes());
            }
        }
        let end = bytes.len();
        for _ in 1..SCALE {
            bytes.extend_from_within(start..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_is_what_libhdf5_wrote_into_the_head() {
        assert_eq!(LARGE_SCAN_SHAPE, [389, 1080, 1280], "frames, y, x");
        let end_of_file = u64::from_le_bytes(HEAD[28..36].try_into().unwrap());
        assert_eq!(
            LARGE_SCAN_SIZE_BYTES, end_of_file,
            "end of file address of the superblock"
        );
    }

    #[test]
    fn projections_between_two_measured_ones_are_their_weighted_mean() {
        let mut frames = vec![vec![0; HEIGHT * WIDTH]; FRAME_COUNT];
        frames[FIRST_PROJECTION + 1] = vec![100; HEIGHT * WIDTH];
        let first = DARK_COUNT + FLAT_COUNT;
        let samples: Vec<u16> = (first..=first + 4)
            .map(|index| large_frame(&frames, index)[0])
            .collect();
        assert_eq!(
            samples,
            [0, 25, 50, 75, 100],
            "counts over a quarter step each"
        );
    }

    #[test]
    fn every_pixel_becomes_eight_by_eight() {
        let frame: Vec<u16> = (0..).take(HEIGHT * WIDTH).collect();
        let mut bytes = Vec::new();
        enlarge(&frame, &mut bytes);
        let sample = |y: usize, x: usize| {
            let at = (y * WIDTH * SCALE + x) * 2;
            usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
        };
        assert_eq!(
            sample(8 * 3 + 7, 8 * 5),
            3 * WIDTH + 5,
            "last row of pixel (3, 5)"
        );
        assert_eq!(
            sample(8 * 4, 8 * 5 + 7),
            4 * WIDTH + 5,
            "last column of pixel (4, 5)"
        );
    }

    #[test]
    fn cancelling_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.nxs");
        let result = make_large_scan(&path, &mut |_, _| {}, &|| true);
        assert_eq!(
            result.unwrap_err().kind(),
            io::ErrorKind::Interrupted,
            "cancelled"
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "files left"
        );
    }
}
