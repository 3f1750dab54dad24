//! Profiles of shapes: the mean of their pixels along an axis, a radius or an angle.

use super::profile::{Frame, Profile};
use super::shape::Shape;
use crate::numeric::floor_to_index;

/// Along what the pixels of a shape are averaged, and what the distances of its profile are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Column by column: the x of each column.
    X,
    /// Row by row: the y of each row.
    Y,
    /// Around its centre: the middles of rings one pixel wide.
    Radius,
    /// Around its centre: the middles of sectors of one degree, from x to y; from where an
    /// arc begins, else from -180.
    Angle,
}

impl Along {
    /// All of them, with their names.
    pub const NAMES: [(Self, &'static str); 4] = [
        (Self::X, "x"),
        (Self::Y, "y"),
        (Self::Radius, "radius"),
        (Self::Angle, "angle"),
    ];

    /// One by its name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(along, _)| *along)
    }
}

impl Shape {
    /// The centre `[x, y]` that radii and angles are about; none where it has none.
    pub const fn centre(&self) -> Option<[f64; 2]> {
        match self {
            Self::Circle([x, y, ..]) | Self::Ellipse([x, y, ..], _) | Self::Arc([x, y, ..]) => {
                Some([*x, *y])
            }
            _ => None,
        }
    }
}

impl Frame<'_> {
    /// The mean of the pixels of a shape along something; bins without a pixel that counts
    /// are NaN. Empty where the shape lies outside, and around a centre that it has not.
    pub fn within(&self, shape: &Shape, along: Along) -> Profile {
        let [height, width] = self.size();
        let first_angle = match shape {
            Shape::Arc([.., from, to]) if (to - from).abs() < 360.0 => *from,
            _ => -180.0,
        };
        let centre = shape.centre();
        let place = |x: usize, y: usize| {
            let polar = || {
                let [cx, cy] = centre?;
                let (dx, dy) = (x as f64 - cx, y as f64 - cy);
                Some((dx.hypot(dy), dy.atan2(dx).to_degrees()))
            };
            match along {
                Along::X => Some(x),
                Along::Y => Some(y),
                Along::Radius => polar().map(|(radius, _)| floor_to_index(radius)),
                Along::Angle => polar()
                    .map(|(_, angle)| floor_to_index((angle - first_angle).rem_euclid(360.0))),
            }
        };
        let mut bins = Bins::default();
        for run in shape.runs(shape.rows(height), width) {
            for x in run.first..run.end {
                if let Some(bin) = place(x, run.row) {
                    bins.add(bin, self.at(x, run.row));
                }
            }
        }
        bins.profile(|bin| match along {
            Along::X | Along::Y => bin as f64,
            Along::Radius => bin as f64 + 0.5,
            Along::Angle => first_angle + bin as f64 + 0.5,
        })
    }

    /// The profile along a line without ends, as far as the frame goes; see [`Frame::line`].
    pub fn line_across(&self, [from, to]: [[f64; 2]; 2], width: usize) -> Profile {
        let size = self.size();
        let step = [to[0] - from[0], to[1] - from[1]];
        let mut ends = [f64::NEG_INFINITY, f64::INFINITY];
        for axis in 0..2 {
            let last = size[1 - axis] as f64 - 1.0;
            // A line along the other axis is inside everywhere, or nowhere.
            if step[axis] == 0.0 {
                if !(0.0..=last).contains(&from[axis]) {
                    return Profile::of(0);
                }
                continue;
            }
            let at = [-from[axis] / step[axis], (last - from[axis]) / step[axis]];
            ends[0] = ends[0].max(at[0].min(at[1]));
            ends[1] = ends[1].min(at[0].max(at[1]));
        }
        if !(ends[0] <= ends[1] && ends[0].is_finite() && ends[1].is_finite()) {
            return Profile::of(0);
        }
        let point = |at: f64| [0, 1].map(|axis| from[axis] + at * step[axis]);
        self.line(ends.map(point), width)
    }
}

/// Sums and counts, from the first bin to the last.
#[derive(Default)]
struct Bins {
    sums: Vec<(f64, f64)>,
    first: Option<usize>,
}

impl Bins {
    fn add(&mut self, bin: usize, value: Option<f64>) {
        if bin >= self.sums.len() {
            self.sums.resize(bin + 1, (0.0, 0.0));
        }
        self.first = Some(self.first.map_or(bin, |first| first.min(bin)));
        if let (Some(value), Some((sum, count))) = (value, self.sums.get_mut(bin)) {
            *sum += value;
            *count += 1.0;
        }
    }

    fn profile(self, place: impl Fn(usize) -> f64) -> Profile {
        let first = self.first.unwrap_or(0);
        let mut profile = Profile::of(self.sums.len() - first);
        for (bin, (sum, count)) in self.sums.into_iter().enumerate().skip(first) {
            profile.distance.push(place(bin));
            profile.put(sum, count);
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::Samples;

    use super::*;
    use crate::reduce::Options;

    /// Pixel x, y of a frame of 5 rows and 6 columns is 10 y + x.
    fn samples() -> Samples {
        let values = (0..30).map(|index| 10 * (index / 6) + index % 6);
        Samples::U16(values.collect())
    }

    fn profile(shape: &str, along: Along, mask: Option<&[bool]>) -> Profile {
        let samples = samples();
        let options = Options {
            mask,
            ..Options::default()
        };
        let frame = Frame::new(&samples, 0, [5, 6], options).expect("a frame");
        frame.within(&shape.parse().expect("a shape"), along)
    }

    #[test]
    fn a_rectangle_has_a_profile_in_both_directions() {
        let x = profile("rectangle 1 1 3 2", Along::X, None);
        assert_eq!(
            (x.distance, x.mean),
            (vec![1.0, 2.0, 3.0], vec![16.0, 17.0, 18.0])
        );
        let y = profile("rectangle 1 1 3 2", Along::Y, None);
        assert_eq!((y.distance, y.mean), (vec![1.0, 2.0], vec![12.0, 22.0]));
        assert_eq!(y.count, [3.0, 3.0]);
    }

    #[test]
    fn masked_pixels_leave_a_gap_in_a_profile() {
        let mut mask = [false; 30];
        mask[6 + 2] = true;
        mask[12 + 2] = true;
        let x = profile("rectangle 1 1 3 2", Along::X, Some(&mask));
        assert!(x.mean[1].is_nan() && x.count[1] == 0.0, "{x:?}");
        assert_eq!(
            [x.mean[0], x.mean[2]].map(f64::to_bits),
            [16.0, 18.0].map(f64::to_bits)
        );
    }

    #[test]
    fn an_arc_has_a_profile_along_its_radius_and_its_angle() {
        // The quarter from x to y around the corner pixel: (1,0), (2,0), (0,1), (1,1), (0,2).
        let radius = profile("arc 0 0 1 2 0 90", Along::Radius, None);
        assert_eq!(radius.distance, [1.5, 2.5]);
        assert_eq!(radius.mean, [22.0 / 3.0, 11.0]);
        let angle = profile("arc 0 0 1 2 0 90", Along::Angle, None);
        assert_eq!(angle.distance.first(), Some(&0.5), "from where it begins");
        let filled: Vec<(f64, f64)> = angle
            .distance
            .iter()
            .zip(&angle.mean)
            .filter(|(_, mean)| mean.is_finite())
            .map(|(at, mean)| (*at, *mean))
            .collect();
        assert_eq!(filled, [(0.5, 1.5), (45.5, 11.0), (90.5, 15.0)]);
    }

    #[test]
    fn a_line_without_ends_goes_as_far_as_the_frame() {
        let samples = samples();
        let frame = Frame::new(&samples, 0, [5, 6], Options::default()).expect("a frame");
        let across = frame.line_across([[2.0, 3.0], [3.0, 3.0]], 1);
        assert_eq!(across.mean, [30.0, 31.0, 32.0, 33.0, 34.0, 35.0]);
        let beside = frame.line_across([[2.0, 9.0], [3.0, 9.0]], 1);
        assert_eq!(beside.mean, Vec::<f64>::new(), "below the frame");
        let point = frame.line_across([[2.0, 3.0], [2.0, 3.0]], 1);
        assert_eq!(point.mean, Vec::<f64>::new(), "a point is no line");
    }
}
