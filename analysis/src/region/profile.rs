//! Profiles along lines and around centres.

use hutch_model::Samples;

use crate::array::require_shape;
use crate::numeric::floor_to_index;
use crate::reduce::{Number, Options};

/// Values along a line or a radius.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Distance from the begin in pixels; for [`super::Along`] what it says.
    pub distance: Vec<f64>,
    /// The mean there; NaN where no pixel is.
    pub mean: Vec<f64>,
    /// How many samples, or lines beside each other, it is the mean of.
    pub count: Vec<f64>,
}

/// A frame `[height, width]` to take values from.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    samples: &'a Samples,
    /// Its first sample.
    first: usize,
    size: [usize; 2],
    options: Options<'a>,
}

impl<'a> Frame<'a> {
    /// A frame of numbers: the one of this index in a stack `[frame, y, x]`.
    ///
    /// The mask is that of the stack, or of one frame for all.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Shape`] where samples, mask and size do not fit.
    pub fn new(
        samples: &'a Samples,
        index: usize,
        size: [usize; 2],
        options: Options<'a>,
    ) -> hutch_model::Result<Self> {
        let count = size[0].checked_mul(size[1]);
        let first = count.and_then(|count| count.checked_mul(index));
        let end = first
            .zip(count)
            .and_then(|(first, count)| first.checked_add(count));
        let fits = end.is_some_and(|end| end <= samples.len()) && samples.element().is_numeric();
        require_shape(fits, "take a profile", || {
            format!("{} samples as frame {index} of {size:?}", samples.len())
        })?;
        Ok(Self {
            samples,
            first: first.unwrap_or(0),
            size,
            options,
        })
    }

    /// Height and width.
    pub(super) const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The value of a pixel, where it is and counts.
    pub(super) fn at(&self, x: usize, y: usize) -> Option<f64> {
        let [height, width] = self.size;
        if x >= width || y >= height {
            return None;
        }
        let pixel = self.first + y * width + x;
        let number = self.samples.get_f64(pixel);
        // Sentinels are whole numbers of 32 bits at most, which binary64 holds.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole numbers are within the range"
        )]
        let counted = if self.samples.element().is_integer() {
            Number::Int(number as i128)
        } else {
            Number::Real(number)
        };
        self.options.counts(pixel, counted).then_some(number)
    }

    /// Between the four pixels around a place, by their distance along each
    /// axis; those that do not count leave their share to the others.
    fn between(&self, x: f64, y: f64) -> Option<f64> {
        let [height, width] = self.size;
        let is_inside = x >= 0.0 && y >= 0.0 && x <= width as f64 - 1.0 && y <= height as f64 - 1.0;
        if !is_inside {
            return None;
        }
        let (left, top) = (floor_to_index(x), floor_to_index(y));
        let (right, down) = (x - left as f64, y - top as f64);
        let mut sum = 0.0;
        let mut weight = 0.0;
        for (dx, of_x) in [(0, 1.0 - right), (1, right)] {
            for (dy, of_y) in [(0, 1.0 - down), (1, down)] {
                let share: f64 = of_x * of_y;
                if share > 0.0
                    && let Some(value) = self.at(left + dx, top + dy)
                {
                    sum += share * value;
                    weight += share;
                }
            }
        }
        (weight > 0.0).then(|| sum / weight)
    }

    /// The profile from `[x, y]` to `[x, y]`: the mean of `width` lines beside
    /// each other, one pixel apart, at places about one pixel apart.
    ///
    /// Source: the same places as silx's `BilinearImage.profile_line`.
    pub fn line(&self, [from, to]: [[f64; 2]; 2], width: usize) -> Profile {
        let [run, rise] = [to[0] - from[0], to[1] - from[1]];
        let length = run.hypot(rise);
        let steps = floor_to_index(length.ceil()).min(1 << 24);
        let step = if steps > 0 {
            length / steps as f64
        } else {
            0.0
        };
        let unit = if length > 0.0 {
            [run / length, rise / length]
        } else {
            [0.0; 2]
        };
        let mut profile = Profile::of(steps + 1);
        for index in 0..=steps {
            let along = index as f64 * step;
            let (mut sum, mut count) = (0.0, 0.0);
            for line in 0..width.max(1) {
                let aside = line as f64 - (width.max(1) as f64 - 1.0) / 2.0;
                let x = from[0] + along * unit[0] - aside * unit[1];
                let y = from[1] + along * unit[1] + aside * unit[0];
                if let Some(value) = self.between(x, y) {
                    sum += value;
                    count += 1.0;
                }
            }
            profile.distance.push(along);
            profile.put(sum, count);
        }
        profile
    }

    /// The mean of the pixels around a centre `[x, y]` whose distance is from
    /// `i` to `i + 1` pixels, up to a radius.
    pub fn around(&self, centre: [f64; 2], radius: f64) -> Profile {
        let [height, width] = self.size;
        let bins = floor_to_index(radius.max(0.0)).min(height + width) + 1;
        let mut sums = vec![(0.0, 0.0); bins];
        for y in 0..height {
            for x in 0..width {
                let away = (x as f64 - centre[0]).hypot(y as f64 - centre[1]);
                if let Some(sum) = sums.get_mut(floor_to_index(away))
                    && let Some(value) = self.at(x, y)
                {
                    sum.0 += value;
                    sum.1 += 1.0;
                }
            }
        }
        let mut profile = Profile::of(bins);
        for (bin, (sum, count)) in sums.into_iter().enumerate() {
            profile.distance.push(bin as f64 + 0.5);
            profile.put(sum, count);
        }
        profile
    }
}

impl Profile {
    pub(super) fn of(length: usize) -> Self {
        Self {
            distance: Vec::with_capacity(length),
            mean: Vec::with_capacity(length),
            count: Vec::with_capacity(length),
        }
    }

    pub(super) fn put(&mut self, sum: f64, count: f64) {
        self.mean
            .push(if count > 0.0 { sum / count } else { f64::NAN });
        self.count.push(count);
    }
}
