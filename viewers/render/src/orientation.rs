//! How a frame lies on the screen: flips, quarter turns, and which axis goes across.

use crate::display::ImageFromTarget;

/// One of the eight ways in which a frame can lie on the screen.
///
/// First the axes are exchanged where it says so, then what lies across and down is flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    /// The rows of the frame run downwards, its columns across.
    pub is_transposed: bool,
    /// Left and right are exchanged.
    pub flips_across: bool,
    /// Top and bottom are exchanged.
    pub flips_down: bool,
}

impl Orientation {
    /// All eight, the one as stored first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8_u8).map(|bits| Self {
            is_transposed: bits & 4 != 0,
            flips_across: bits & 1 != 0,
            flips_down: bits & 2 != 0,
        })
    }

    /// Its name in states and on the command line, as in `transposed,flip-across`; `as-stored` for none.
    pub fn name(self) -> String {
        let parts: Vec<&str> = [
            (self.is_transposed, "transposed"),
            (self.flips_across, "flip-across"),
            (self.flips_down, "flip-down"),
        ]
        .into_iter()
        .filter_map(|(is_on, name)| is_on.then_some(name))
        .collect();
        if parts.is_empty() {
            "as-stored".to_owned()
        } else {
            parts.join(",")
        }
    }

    /// The orientation of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|orientation| orientation.name() == name)
    }

    /// Left and right of what is seen exchanged.
    #[must_use]
    pub fn flipped_across(self) -> Self {
        Self {
            flips_across: !self.flips_across,
            ..self
        }
    }

    /// Top and bottom of what is seen exchanged.
    #[must_use]
    pub fn flipped_down(self) -> Self {
        Self {
            flips_down: !self.flips_down,
            ..self
        }
    }

    /// The axes of what is seen exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            is_transposed: !self.is_transposed,
            flips_across: self.flips_down,
            flips_down: self.flips_across,
        }
    }

    /// What is seen turned by a quarter, clockwise.
    #[must_use]
    pub fn turned_right(self) -> Self {
        self.transposed().flipped_across()
    }

    /// What is seen turned by a quarter, anticlockwise.
    #[must_use]
    pub fn turned_left(self) -> Self {
        self.transposed().flipped_down()
    }

    /// A length along the axes of the frame `[x, y]` as lengths across and down.
    pub fn across_and_down<T: Copy>(self, [x, y]: [T; 2]) -> [T; 2] {
        if self.is_transposed { [y, x] } else { [x, y] }
    }

    /// A step in pixels of the frame as a step across and down, in pixels of the frame.
    pub fn seen_step(self, step: [f64; 2]) -> [f64; 2] {
        let [across, down] = self.across_and_down(step);
        [
            if self.flips_across { -across } else { across },
            if self.flips_down { -down } else { down },
        ]
    }

    /// The inverse of [`Orientation::seen_step`].
    pub fn step_of_seen(self, [across, down]: [f64; 2]) -> [f64; 2] {
        let across = if self.flips_across { -across } else { across };
        let down = if self.flips_down { -down } else { down };
        self.across_and_down([across, down])
    }
}

impl ImageFromTarget {
    /// Shows image point `centre_px` in the middle of a target of `size` pixels, with `zoom` target pixels across
    /// and down for each image pixel.
    pub fn oriented(
        size: [u32; 2],
        centre_px: [f64; 2],
        zoom: [f64; 2],
        orientation: Orientation,
    ) -> Self {
        let across = orientation.step_of_seen([1.0 / zoom[0], 0.0]);
        let down = orientation.step_of_seen([0.0, 1.0 / zoom[1]]);
        let origin = std::array::from_fn(|axis| {
            let to_middle =
                0.5 * (f64::from(size[0]) * across[axis] + f64::from(size[1]) * down[axis]);
            centre_px[axis] - to_middle
        });
        Self {
            x: [across[0], down[0]],
            y: [across[1], down[1]],
            origin,
        }
    }

    /// Shows a whole image of `image` pixels `[width, height]`, square pixels, centred.
    pub fn fit_oriented(size: [u32; 2], image: [u32; 2], orientation: Orientation) -> Self {
        let seen = orientation.across_and_down(image);
        let zoom = (0..2)
            .map(|axis| f64::from(size[axis].max(1)) / f64::from(seen[axis].max(1)))
            .fold(f64::INFINITY, f64::min);
        let centre = image.map(|edge| 0.5 * f64::from(edge) - 0.5);
        Self::oriented(size, centre, [zoom; 2], orientation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: [f64; 2], expected: [f64; 2], what: &str) {
        let apart = (found[0] - expected[0]).abs() + (found[1] - expected[1]).abs();
        assert!(apart < 1e-9, "{what}: {found:?}, not {expected:?}");
    }

    #[test]
    fn four_quarter_turns_are_none() {
        for start in Orientation::all() {
            let mut seen = start;
            for _ in 0..4 {
                seen = seen.turned_right();
            }
            assert_eq!(seen, start, "once around");
            assert_eq!(start.turned_right().turned_left(), start, "there and back");
        }
    }

    #[test]
    fn a_right_turn_brings_the_left_column_to_the_top() {
        let turned = Orientation::default().turned_right();
        // An image of 4 x 2 pixels in a target of 2 x 4: its lower left corner comes to the upper left.
        let map = ImageFromTarget::fit_oriented([2, 4], [4, 2], turned);
        assert_near(map.apply([0.5, 0.5]), [0.0, 1.0], "upper left pixel");
        assert_near(map.apply([1.5, 0.5]), [0.0, 0.0], "upper right pixel");
        assert_near(map.apply([0.5, 3.5]), [3.0, 1.0], "lower left pixel");
    }

    #[test]
    fn a_step_goes_to_the_screen_and_back() {
        for orientation in Orientation::all() {
            let step = [3.0, -5.0];
            let back = orientation.step_of_seen(orientation.seen_step(step));
            assert_near(back, step, &orientation.name());
            assert_eq!(Orientation::named(&orientation.name()), Some(orientation));
        }
    }

    #[test]
    fn as_stored_is_the_plain_map() {
        let size = [64, 48];
        assert_eq!(
            ImageFromTarget::fit_oriented(size, [10, 30], Orientation::default()),
            ImageFromTarget::fit(size, [10, 30]),
            "nothing is turned"
        );
    }
}
