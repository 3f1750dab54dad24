//! Maps: values at places of a plane, as a scan visits them.
//!
//! Places are `[x, y]`, in the unit of their axes. What is drawn is made in two
//! steps: [`Layout::of_scan`] finds out once how the places follow each other,
//! and [`points_under_pixels`] says which point lies under each pixel of a picture.

mod grid;
pub mod lines;
mod raster;
mod spectra;

pub use grid::{Layout, NO_POINT};
pub use raster::{Look, Target, points_under_pixels};
pub use spectra::{Part, Stack, channel_weights};

/// Beyond this a coordinate is none: what is computed of spans of such numbers are no numbers any more.
const FARTHEST: f64 = 1e150;

/// The places of some points of a plane; `x` and `y` are of the same length.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Across, to the right.
    pub x: &'a [f64],
    /// Upwards.
    pub y: &'a [f64],
}

impl Places<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.x.len().min(self.y.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A place; `None` beyond the end, and where a coordinate is no number or larger than any place: files write the
    /// largest number where a motor told nothing.
    pub fn get(&self, index: usize) -> Option<[f64; 2]> {
        let place = [*self.x.get(index)?, *self.y.get(index)?];
        place
            .iter()
            .all(|part| part.abs() <= FARTHEST)
            .then_some(place)
    }

    /// The smallest and the largest `[x, y]`; `None` without any place.
    pub fn bounds(&self) -> Option<[[f64; 2]; 2]> {
        let places = (0..self.len()).filter_map(|index| self.get(index));
        places.fold(None, |found, place| {
            let [low, high] = found.unwrap_or([place; 2]);
            Some([
                [low[0].min(place[0]), low[1].min(place[1])],
                [high[0].max(place[0]), high[1].max(place[1])],
            ])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_no_motor_has_is_none() {
        let x = [0.0, 1.0, f64::MAX, f64::NAN];
        let places = Places {
            x: &x,
            y: &[0.0; 4],
        };
        assert_eq!(places.bounds(), Some([[0.0, 0.0], [1.0, 0.0]]));
        assert_eq!(places.get(2), None, "the largest number");
    }
}
