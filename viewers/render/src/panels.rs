//! Where the panels of a detector lie in a picture that shows them as they lie in space.

use crate::display::ImageFromTarget;

/// A panel of an assembled picture: the pixels of the stored frame that it has, and where they lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanelPlace {
    /// Its first pixel in the stored frame, `[x, y]`.
    pub first: [u32; 2],
    /// How many pixels it has, `[x, y]`.
    pub size: [u32; 2],
    /// From points of the assembled picture to points of the stored frame, where pixel `i` has its centre at `i` in both.
    pub stored_from_picture: ImageFromTarget,
}

impl ImageFromTarget {
    /// The map that does `first` and then this one.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let row =
            |[to_x, to_y]: [f64; 2]| [0, 1].map(|axis| to_x * first.x[axis] + to_y * first.y[axis]);
        Self {
            x: row(self.x),
            y: row(self.y),
            origin: self.apply(first.origin),
        }
    }

    /// The map back; `None` for one that leads onto a line.
    pub fn inverse(&self) -> Option<Self> {
        let determinant = self.x[0] * self.y[1] - self.x[1] * self.y[0];
        let scale = 1.0 / determinant;
        let there = Self {
            x: [self.y[1] * scale, -self.x[1] * scale],
            y: [-self.y[0] * scale, self.x[0] * scale],
            origin: [0.0; 2],
        };
        let origin = there.apply(self.origin).map(|part| -part);
        let numbers = [there.x, there.y, origin];
        let is_finite = numbers.iter().flatten().all(|part| part.is_finite());
        is_finite.then_some(Self { origin, ..there })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_and_the_one_back_are_none() {
        let map = ImageFromTarget {
            x: [0.8, -0.6],
            y: [1.2, 1.6],
            origin: [12.5, -3.0],
        };
        let back = map.inverse().expect("a plane");
        let point = map.after(&back).apply([7.0, 9.0]);
        assert!((point[0] - 7.0).abs() < 1e-12 && (point[1] - 9.0).abs() < 1e-12);
        let point = back.apply(map.apply([-2.0, 5.0]));
        assert!((point[0] + 2.0).abs() < 1e-12 && (point[1] - 5.0).abs() < 1e-12);
        let line = ImageFromTarget {
            y: [1.6, -1.2],
            ..map
        };
        assert_eq!(line.inverse(), None, "both axes along one line");
    }
}
