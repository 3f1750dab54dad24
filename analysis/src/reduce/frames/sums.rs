//! Sums, means, extremes and deviations: each frame is seen once.

use hutch_model::Result;
use rayon::prelude::*;

use super::keys::{Sample, Visit, visit};
use super::median::reserved;
use super::{Frame, Reduction};

/// Pixels that one core works on at once: their numbers stay in its cache from frame to frame.
const RUN: usize = 8192;

/// The samples of each pixel so far.
///
/// Source of the deviations: Welford 1962, Technometrics 4, 419.
#[derive(Debug)]
pub(super) struct Sums {
    kind: Reduction,
    pixels: Vec<Pixel>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pixel {
    /// The sum, mean, largest or smallest.
    value: f64,
    /// Sum of squares of what differs from the mean.
    squares: f64,
    count: u64,
}

impl Sums {
    pub(super) const fn new(kind: Reduction) -> Self {
        Self {
            kind,
            pixels: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> Option<usize> {
        (!self.pixels.is_empty()).then_some(self.pixels.len())
    }

    pub(super) fn add(&mut self, len: usize, frames: &[Frame<'_>]) -> Result<()> {
        if self.pixels.is_empty() {
            self.pixels = reserved(len)?;
        }
        let kind = self.kind;
        let runs = self.pixels.par_chunks_mut(RUN).enumerate();
        runs.for_each(|(number, pixels)| {
            let run = number * RUN..number * RUN + pixels.len();
            let mut adding = Adding { kind, pixels };
            for frame in frames {
                visit(frame, run.clone(), &mut adding);
            }
        });
        Ok(())
    }

    pub(super) fn values(&self) -> Vec<f64> {
        let kind = self.kind;
        let value = |pixel: &Pixel| match kind {
            _ if pixel.count == 0 => f64::NAN,
            Reduction::Sigma => (pixel.squares / pixel.count as f64).sqrt(),
            _ => pixel.value,
        };
        self.pixels.par_iter().map(value).collect()
    }
}

struct Adding<'a> {
    kind: Reduction,
    pixels: &'a mut [Pixel],
}

impl Visit for Adding<'_> {
    fn sample<S: Sample>(&mut self, at: usize, sample: S) {
        let (pixel, sample) = (&mut self.pixels[at], sample.real());
        pixel.count += 1;
        let is_first = pixel.count == 1;
        match self.kind {
            Reduction::Sum => pixel.value += sample,
            Reduction::Max if is_first || sample > pixel.value => pixel.value = sample,
            Reduction::Min if is_first || sample < pixel.value => pixel.value = sample,
            Reduction::Max | Reduction::Min => {}
            Reduction::Mean | Reduction::Sigma | Reduction::Median => {
                let step = sample - pixel.value;
                pixel.value += step / pixel.count as f64;
                pixel.squares += step * (sample - pixel.value);
            }
        }
    }
}
