//! Which pixels of an image a frame holds.

use hutch_model::Slab;
use hutch_render::ImageFromTarget;

/// Every so many pixels of a part of an image, along `[x, y]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first pixel.
    pub start: [u64; 2],
    /// How many samples.
    pub count: [u64; 2],
    /// Pixels from one sample to the next, at least 1.
    pub step: [u64; 2],
}

impl Window {
    /// All pixels of an image of `size` pixels.
    pub const fn whole(size: [u64; 2]) -> Self {
        Self {
            start: [0; 2],
            count: size,
            step: [1; 2],
        }
    }

    /// Takes only every `step`th pixel along an axis, from the first one.
    pub(crate) fn thin(&mut self, axis: usize, step: u64) {
        let step = step.max(1);
        self.count[axis] = self.count[axis].div_ceil(step);
        self.step[axis] = step;
    }

    /// The samples of a frame of a dataset.
    pub fn slab(&self, shape: &[u64], frame: u64) -> Slab {
        let mut slab = Slab::frame(shape, frame);
        let rank = shape.len();
        for axis in 0..2.min(rank) {
            let at = rank - 1 - axis;
            slab.start[at] = self.start[axis];
            slab.count[at] = self.count[axis];
            slab.step[at] = self.step[axis];
        }
        slab
    }

    /// Width and height of a frame that holds it.
    pub fn frame_size(&self) -> [u32; 2] {
        self.count
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Whether it holds each pixel that it spans.
    pub fn is_dense(&self) -> bool {
        self.step == [1; 2]
    }

    /// Whether it spans a part `[x, y, width, height]` of the image.
    pub(crate) fn covers(&self, [x, y, width, height]: [u32; 4]) -> bool {
        [(x, width), (y, height)]
            .into_iter()
            .enumerate()
            .all(|(axis, (start, count))| {
                let end = self.start[axis] + self.count[axis].saturating_mul(self.step[axis]);
                u64::from(start) >= self.start[axis] && u64::from(start) + u64::from(count) <= end
            })
    }

    /// The sample that stands for a pixel of the image, `[x, y]`; `None` outside.
    pub fn sample_of(&self, pixel: [i64; 2]) -> Option<[i64; 2]> {
        let along = |axis: usize| {
            let within = u64::try_from(pixel[axis])
                .ok()?
                .checked_sub(self.start[axis])?;
            let sample = within / self.step[axis].max(1);
            (sample < self.count[axis]).then(|| i64::try_from(sample).ok())?
        };
        Some([along(0)?, along(1)?])
    }

    /// The pixel of the image that a sample was read from.
    pub fn pixel_of(&self, sample: [i64; 2]) -> [i64; 2] {
        [0, 1].map(|axis| {
            let along = |part: u64| i64::try_from(part).unwrap_or(i64::MAX);
            sample[axis]
                .saturating_mul(along(self.step[axis]))
                .saturating_add(along(self.start[axis]))
        })
    }

    /// The same map for a frame that holds these samples: each covers the pixels
    /// that it stands for.
    pub(super) fn place(&self, map: ImageFromTarget) -> ImageFromTarget {
        let [across, down] = self.step.map(|step| step as f64);
        let shift = |axis: usize| self.start[axis] as f64 + 0.5 * (self.step[axis] as f64 - 1.0);
        ImageFromTarget {
            x: map.x.map(|part| part / across),
            y: map.y.map(|part| part / down),
            origin: [
                (map.origin[0] - shift(0)) / across,
                (map.origin[1] - shift(1)) / down,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_covers_the_pixels_that_it_stands_for() {
        let window = Window {
            start: [10, 100],
            count: [5, 5],
            step: [1, 4],
        };
        let plain = ImageFromTarget {
            x: [1.0, 0.0],
            y: [0.0, 1.0],
            origin: [0.0, 0.0],
        };
        // The upper edge of pixel 100 is that of sample 0, the lower one of 103 too.
        let edge = window.place(plain).apply([10.0, 99.5]);
        assert!(
            (edge[1] + 0.5).abs() < 1e-12 && edge[0].abs() < 1e-12,
            "{edge:?}"
        );
        let edge = window.place(plain).apply([10.0, 103.5]);
        assert!((edge[1] - 0.5).abs() < 1e-12, "{edge:?}");
        assert_eq!(window.sample_of([12, 107]), Some([2, 1]), "rows 104 to 107");
        assert_eq!(window.sample_of([12, 120]), None, "below it");
        assert!(window.covers([10, 100, 5, 20]) && !window.covers([10, 100, 5, 21]));
    }
}
