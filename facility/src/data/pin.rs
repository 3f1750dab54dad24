//! The frames of the Diamond pin scan, without an HDF5 reader.
//!
//! The facility does not use Hutch's own reader, so that a mistake there
//! cannot hide here: `diamond_pin.chunks.txt`, written next to the file by
//! libhdf5, says where each frame's chunk lies.

use std::io;

use libdeflater::Decompressor;

/// NXtomo: one dark, one flat, 91 projections `[y, x]` of uint16.
pub(super) const FILE: &[u8] = include_bytes!("../../../tests/data/tomography/diamond_pin.nxs");
const CHUNKS: &str = include_str!("../../../tests/data/tomography/diamond_pin.chunks.txt");

pub(super) const DARK_FRAME: usize = 0;
pub(super) const FLAT_FRAME: usize = 1;
pub(super) const FIRST_PROJECTION: usize = 2;
pub(super) const FRAME_COUNT: usize = 93;
pub(super) const HEIGHT: usize = 135;
pub(super) const WIDTH: usize = 160;

/// All frames, in the order of the file.
pub(super) fn frames() -> io::Result<Vec<Vec<u16>>> {
    let mut inflate = Decompressor::new();
    let frames = CHUNKS.lines().map(|line| frame(line, &mut inflate));
    frames.collect()
}

/// Undoes deflate, then shuffle (all low bytes stand before all high bytes).
fn frame(line: &str, inflate: &mut Decompressor) -> io::Result<Vec<u16>> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "the pin scan is broken");
    let (offset, length) = line.split_once(' ').ok_or_else(broken)?;
    let offset: usize = offset.parse().map_err(io::Error::other)?;
    let length: usize = length.parse().map_err(io::Error::other)?;
    let chunk = FILE.get(offset..offset + length).ok_or_else(broken)?;
    let mut shuffled = vec![0; HEIGHT * WIDTH * 2];
    let written = inflate
        .zlib_decompress(chunk, &mut shuffled)
        .map_err(io::Error::other)?;
    if written != shuffled.len() {
        return Err(broken());
    }
    let (low, high) = shuffled.split_at(HEIGHT * WIDTH);
    let samples = low.iter().zip(high);
    Ok(samples
        .map(|(low, high)| u16::from_le_bytes([*low, *high]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{DARK_FRAME, FIRST_PROJECTION, FLAT_FRAME, FRAME_COUNT, frames};

    #[test]
    fn frames_have_the_counts_of_the_original_images() {
        let frames = frames().unwrap();
        assert_eq!(frames.len(), FRAME_COUNT, "number of frames");
        let max = |index: usize| frames[index].iter().max().copied();
        assert_eq!(max(DARK_FRAME), Some(122), "brightest sample of the dark");
        assert_eq!(
            max(FLAT_FRAME),
            Some(43_555),
            "brightest sample of the flat"
        );
        assert_eq!(
            max(FIRST_PROJECTION),
            Some(29_921),
            "brightest sample of raw_00000.tiff"
        );
    }
}
