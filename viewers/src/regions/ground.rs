//! The pixels in which a region is measured: those of the frame, or a part of an image that is never read whole.

use std::sync::Arc;

use hutch_analysis::region::{RegionStatistics, Shape};
use hutch_model::Dataset;

use super::handles::shifted;
use crate::canvas::Window;
use crate::prepared::PreparedFrame;
use crate::{Pixels, Priority, Residence, Resident, numbers};

/// More pixels are not read for one region.
const MOST_PIXELS: u64 = 1 << 24;
/// Pixels around a region that are read with it: a profile of a point goes so far.
const MARGIN: f64 = 32.0;
/// What is read begins and ends at multiples of so many pixels, so that a region that moves asks for the same again.
const LATTICE: u64 = 128;

/// Where regions lie.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "datasets have none")]
pub enum Place<'a> {
    /// On a frame that was read whole.
    Frame(&'a Arc<PreparedFrame>),
    /// On an image that is too large for that.
    Image {
        /// The stack.
        data: &'a Arc<dyn Dataset>,
        /// What is known of its pixels.
        pixels: &'a Pixels,
        /// The image.
        number: u64,
        /// Its pixels `[x, y]`.
        size: [u64; 2],
    },
}

/// Pixels that were read, and where they lie in the image.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) frame: Arc<PreparedFrame>,
    /// The first pixel `[x, y]`.
    pub(super) first: [u64; 2],
}

/// What is known of the pixels of a region.
pub(super) enum Found {
    Here(Ground),
    Waiting,
    /// They are not read, and why.
    Never(String),
}

impl Place<'_> {
    /// The pixels of shapes, asked for where they are not here.
    pub(super) fn ground<'s>(
        &self,
        resident: &mut dyn Resident,
        shapes: impl Iterator<Item = &'s Shape>,
    ) -> Found {
        let (data, pixels, number, size) = match *self {
            Self::Frame(frame) => {
                return Found::Here(Ground {
                    frame: Arc::clone(frame),
                    first: [0; 2],
                });
            }
            Self::Image {
                data,
                pixels,
                number,
                size,
            } => (data, pixels, number, size),
        };
        let windows = shapes.filter_map(|shape| around(shape, size));
        let Some(window) = windows.reduce(united) else {
            return Found::Never("it lies beside the image".to_owned());
        };
        let count = window.count[0].saturating_mul(window.count[1]);
        if count > MOST_PIXELS {
            return Found::Never(format!(
                "there are {} pixels around it, and at most {} are read for numbers; \
                 `hutch roi` has no such limit",
                numbers::count(count),
                numbers::count(MOST_PIXELS)
            ));
        }
        let slab = window.slab(&data.info().shape, number);
        match resident.frame(data, pixels, &slab, Priority::Visible) {
            Residence::Here(frame) => Found::Here(Ground {
                frame,
                first: window.start,
            }),
            Residence::Waiting(_) => Found::Waiting,
            Residence::Failed(error) => Found::Never(error.why.clone()),
        }
    }
}

impl Ground {
    /// A shape of the image in these pixels.
    pub(super) fn shape(&self, shape: &Shape) -> Shape {
        shifted(shape, self.first.map(|first| -(first as f64)))
    }

    /// Numbers of these pixels as those of the image.
    pub(super) fn in_image(&self, mut found: RegionStatistics) -> RegionStatistics {
        let first = self.first;
        let whole = |at: [usize; 2]| {
            [0, 1].map(|axis| at[axis] + usize::try_from(first[axis]).unwrap_or(usize::MAX))
        };
        found.min_at = found.min_at.map(whole);
        found.max_at = found.max_at.map(whole);
        for (place, first) in found.centre.iter_mut().zip(first) {
            *place += first as f64;
        }
        found
    }
}

/// The pixels of an image around a shape; none where it lies beside it.
fn around(shape: &Shape, size: [u64; 2]) -> Option<Window> {
    let bounds = shape.bounds();
    let mut window = Window::whole(size);
    for axis in 0..2 {
        let edge = size[axis] as f64;
        let (low, high) = (bounds[axis], bounds[axis + 2]);
        if !(low < edge && high >= -0.5) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the edge of the image"
        )]
        let at = |place: f64| place.clamp(0.0, edge) as u64;
        let [first, end] = [at((low - MARGIN).floor()), at((high + MARGIN).ceil() + 1.0)];
        let first = first / LATTICE * LATTICE;
        let end = end
            .div_ceil(LATTICE)
            .saturating_mul(LATTICE)
            .min(size[axis]);
        window.start[axis] = first;
        window.count[axis] = end.checked_sub(first).filter(|count| *count > 0)?;
    }
    Some(window)
}

/// The pixels that hold both.
fn united(one: Window, other: Window) -> Window {
    let mut all = one;
    for axis in 0..2 {
        let end = |of: &Window| of.start[axis].saturating_add(of.count[axis]);
        let last = end(&one).max(end(&other));
        all.start[axis] = one.start[axis].min(other.start[axis]);
        all.count[axis] = last - all.start[axis];
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_around_a_shape_end_at_the_image() {
        let found = |text: &str| {
            let shape: Shape = text.parse().expect("a shape");
            around(&shape, [1000, 100_000]).map(|window| (window.start, window.count))
        };
        assert_eq!(
            found("rectangle 100 50000 199 50009"),
            Some(([0, 49_920], [256, 128]))
        );
        assert_eq!(found("point 2 99999"), Some(([0, 99_840], [128, 160])));
        assert_eq!(
            found("horizontal 10 20"),
            Some(([0, 0], [1000, 128])),
            "as wide as the image"
        );
        assert_eq!(found("circle -100 5 20"), None, "beside it");
    }

    #[test]
    fn pixels_of_many_shapes_hold_each_of_them() {
        let found = |text: &str| {
            let shape: Shape = text.parse().expect("a shape");
            around(&shape, [1000, 100_000]).expect("pixels")
        };
        let all = united(
            found("point 2 99999"),
            found("rectangle 600 50000 699 50009"),
        );
        assert_eq!((all.start, all.count), ([0, 49_920], [768, 50_080]));
    }
}
