//! What the file keeps beside each value of a frame: its standard deviation and its weight.

use std::sync::Arc;

use hutch_model::{Dataset, Slab};

use super::ImageView;
use crate::{Priority, Resident};

/// Edge of the tile that is read around the pointer, in pixels: it may go on a little without another read.
const TILE: u64 = 64;

impl ImageView {
    /// Reads what stands beside the value under the pointer, as far as it is here.
    pub(super) fn read_beside(&mut self, resident: &mut dyn Resident) {
        self.beside = self.beside_of(resident).unwrap_or_default();
    }

    fn beside_of(&self, resident: &mut dyn Resident) -> Option<[String; 2]> {
        // One frame made of many has no errors of its own.
        if self.stack.is_some() {
            return None;
        }
        let signal = self.subject.signal.as_ref()?;
        let (window, _) = self.drawn.as_ref()?;
        if !window.is_dense() && self.bright_picture().is_some() {
            return None;
        }
        let pixel = window.pixel_of(window.sample_of(self.pixel_read()?)?);
        let shape = &signal.data.info().shape;
        let (number, _) = self.shown.as_ref()?;
        let (tile, at) = tile(shape, *number, pixel)?;
        let mut of = |dataset: &Option<Arc<dyn Dataset>>| {
            let dataset = dataset.as_ref()?;
            if dataset.info().shape != *shape {
                return None;
            }
            let found = resident.block(dataset, &tile, Priority::Visible);
            Some(found.here()?.samples.get_text(at))
        };
        Some([&signal.errors, &signal.weights].map(|dataset| of(dataset).unwrap_or_default()))
    }
}

/// The tile of data of this shape that a pixel `[x, y]` of a frame lies in, and which of its elements the pixel is.
///
/// Rows below those of one image are those of the images behind it, as of modules that are drawn together.
fn tile(shape: &[u64], frame: u64, [x, y]: [i64; 2]) -> Option<(Slab, usize)> {
    let [.., height, width] = *shape else {
        return None;
    };
    let [x, y] = [u64::try_from(x).ok()?, u64::try_from(y).ok()?];
    let frame = frame.checked_add(y.checked_div(height)?)?;
    let y = y % height;
    let slow = shape[..shape.len() - 2].iter();
    let frames = slow.fold(1, |all: u64, &axis| all.saturating_mul(axis));
    if x >= width || frame >= frames {
        return None;
    }
    let mut slab = Slab::frame(shape, frame);
    let rank = shape.len();
    for (axis, place, size) in [(rank - 2, y, height), (rank - 1, x, width)] {
        slab.start[axis] = place / TILE * TILE;
        slab.count[axis] = TILE.min(size - slab.start[axis]);
    }
    let at = (y - slab.start[rank - 2]) * slab.count[rank - 1] + (x - slab.start[rank - 1]);
    Some((slab, usize::try_from(at).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_found_in_its_tile() {
        let (slab, at) = tile(&[3, 100, 70], 2, [65, 99]).unwrap();
        assert_eq!(slab.start, [2, 64, 64], "from a multiple of 64 on");
        assert_eq!(slab.count, [1, 36, 6], "to the edges of the frame");
        assert_eq!(at, 35 * 6 + 1, "row 35, column 1 of it");
        assert!(slab.fits(&[3, 100, 70]));
    }

    #[test]
    fn rows_below_an_image_are_those_of_the_next() {
        let (slab, at) = tile(&[4, 10, 5], 1, [2, 13]).unwrap();
        assert_eq!(
            (slab.start[0], at),
            (2, 3 * 5 + 2),
            "row 3 of the image behind"
        );
        assert_eq!(tile(&[4, 10, 5], 3, [2, 13]), None, "there is none");
        assert_eq!(tile(&[4, 10, 5], 0, [-1, 0]), None, "outside");
        assert_eq!(tile(&[4, 0, 5], 0, [0, 0]), None, "no pixels");
    }
}
