//! The ramp filter of filtered back-projection, row by row.

use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use serde::{Deserialize, Serialize};

use crate::numeric::{to_f32, to_f32_vec};

/// The window over the ramp, by the spatial frequency up to Nyquist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// The ramp alone: sharpest, rings at hard edges.
    #[default]
    RamLak,
    /// Times sinc, as Shepp and Logan (1974).
    Shepp,
    /// Times a cosine that reaches 0 at Nyquist.
    Cosine,
    /// Times a Hann window: smoothest, hardly rings.
    Hann,
    /// No filter at all: plain back-projection, to look at.
    None,
}

impl Filter {
    /// Every filter, sharpest first.
    pub const ALL: [Self; 5] = [
        Self::RamLak,
        Self::Shepp,
        Self::Cosine,
        Self::Hann,
        Self::None,
    ];

    /// Its name in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RamLak => "ramlak",
            Self::Shepp => "shepp",
            Self::Cosine => "cosine",
            Self::Hann => "hann",
            Self::None => "none",
        }
    }

    /// The factor at a frequency in cycles per pixel, 0 to 0.5.
    fn window(self, frequency: f64) -> f64 {
        match self {
            Self::Shepp if frequency > 0.0 => (PI * frequency).sin() / (PI * frequency),
            Self::RamLak | Self::None | Self::Shepp => 1.0,
            Self::Cosine => (PI * frequency).cos(),
            Self::Hann => 0.5 * (1.0 + (2.0 * PI * frequency).cos()),
        }
    }
}

/// What lies beyond the ends of a row while it is filtered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Nothing: right when the whole sample is in the field of view.
    #[default]
    Zero,
    /// The end samples repeated: better when the sample is wider than the view.
    Edge,
}

/// The ramp filter for rows of one width.
///
/// The kernel is the band-limited ramp sampled in space, `h[0] = 1/4`,
/// `h[n] = -1/(pi n)^2` for odd `n`, 0 for even `n`, so that the mean of a
/// slice comes out right. Rows are padded to the next power of two from twice
/// their width, which keeps the two ends apart.
/// Source: Kak and Slaney, Principles of Computerized Tomographic Imaging
/// (1988), section 3.3, equation 61.
pub struct RampFilter {
    width: usize,
    padding: Padding,
    response: Vec<f32>,
    kernel: Vec<f64>,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

impl fmt::Debug for RampFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RampFilter")
            .field("width", &self.width)
            .field("padding", &self.padding)
            .finish_non_exhaustive()
    }
}

/// Scratch space of one thread.
#[derive(Clone, Debug)]
pub struct FilterBuffer {
    rows: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl RampFilter {
    /// A filter for rows of `width` samples.
    pub fn new(width: usize, filter: Filter, padding: Padding) -> Self {
        let length = padded_length(width);
        let response = response(length, filter);
        let kernel = kernel_of(&response);
        let mut planner = FftPlanner::new();
        Self {
            width,
            padding,
            response: to_f32_vec(&response),
            kernel,
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
        }
    }

    /// Scratch space for [`Self::apply_pair`].
    pub fn buffer(&self) -> FilterBuffer {
        let scratch = self
            .forward
            .get_inplace_scratch_len()
            .max(self.inverse.get_inplace_scratch_len());
        FilterBuffer {
            rows: vec![Complex::default(); self.response.len()],
            scratch: vec![Complex::default(); scratch],
        }
    }

    /// Filters two rows at once, as the real and the imaginary part of one
    /// complex row: the response is real and even, so they stay apart.
    ///
    /// `rows` are `[x]`; samples that are not finite are bridged from their
    /// neighbours first ([`bridge`]). Gives `width` pairs.
    pub fn apply_pair<'b>(
        &self,
        rows: [&[f32]; 2],
        factors: [f32; 2],
        buffer: &'b mut FilterBuffer,
    ) -> &'b [Complex<f32>] {
        let length = self.response.len();
        let (first, second) = (bridged(rows[0]), bridged(rows[1]));
        let mut ends = [Complex::default(); 2];
        for (sample, (&re, &im)) in buffer.rows.iter_mut().zip(first.iter().zip(second.iter())) {
            *sample = Complex::new(re * factors[0], im * factors[1]);
        }
        if self.padding == Padding::Edge && self.width > 0 {
            ends = [buffer.rows[0], buffer.rows[self.width - 1]];
        }
        let right_end = self.right_end();
        buffer.rows[self.width..right_end].fill(ends[1]);
        buffer.rows[right_end..].fill(ends[0]);
        self.forward
            .process_with_scratch(&mut buffer.rows, &mut buffer.scratch);
        let scale = 1.0 / length as f32;
        for (sample, &response) in buffer.rows.iter_mut().zip(&self.response) {
            *sample *= response * scale;
        }
        self.inverse
            .process_with_scratch(&mut buffer.rows, &mut buffer.scratch);
        &buffer.rows[..self.width]
    }

    /// The definition: the convolution itself, in binary64.
    pub fn reference(&self, row: &[f32]) -> Vec<f64> {
        let row = bridged(row);
        let [left, right] = self.edge_weights();
        let ends = match (self.padding, row.first(), row.last()) {
            (Padding::Edge, Some(&first), Some(&last)) => [f64::from(first), f64::from(last)],
            _ => [0.0, 0.0],
        };
        (0..self.width)
            .map(|at| {
                let inner: f64 = row
                    .iter()
                    .enumerate()
                    .map(|(from, &sample)| f64::from(sample) * self.kernel[at.abs_diff(from)])
                    .sum();
                inner + ends[0] * left[at] + ends[1] * right[at]
            })
            .collect()
    }

    /// What a shader needs: `[kernel by distance, weight of the first sample,
    /// weight of the last one]`, each `width` long.
    pub fn taps(&self) -> Vec<f32> {
        let [left, right] = match self.padding {
            Padding::Zero => [vec![0.0; self.width], vec![0.0; self.width]],
            Padding::Edge => self.edge_weights(),
        };
        let mut taps = to_f32_vec(&self.kernel[..self.width]);
        taps.extend(left.iter().chain(&right).map(|&weight| to_f32(weight)));
        taps
    }

    /// Where the samples that repeat the last one end, and those that repeat
    /// the first one begin (they lie before the row, around the corner).
    fn right_end(&self) -> usize {
        self.width + (self.response.len() - self.width) / 2
    }

    /// How much the repeated first and last sample add to each place.
    fn edge_weights(&self) -> [Vec<f64>; 2] {
        let length = self.response.len();
        let right_end = self.right_end();
        let sum = |at: usize, from: usize, to: usize| -> f64 {
            (from..to)
                .map(|index| self.kernel[at.abs_diff(index) % length])
                .sum()
        };
        [
            (0..self.width)
                .map(|at| sum(at, right_end, length))
                .collect(),
            (0..self.width)
                .map(|at| sum(at, self.width, right_end))
                .collect(),
        ]
    }
}

/// Replaces samples that are not finite: on a straight line between the finite
/// neighbours in the row, as the nearest one at the ends, as 0 in an empty row.
///
/// One NaN would otherwise spread over its row, and from there over the slice.
pub fn bridge(row: &mut [f32]) {
    let mut last: Option<usize> = None;
    for index in 0..row.len() {
        if !row[index].is_finite() {
            continue;
        }
        let start = last.map_or(0, |place| place + 1);
        if start < index {
            let right = row[index];
            let left = last.map_or(right, |place| row[place]);
            let steps = (index - start + 1) as f32;
            for (step, sample) in (1u16..).zip(&mut row[start..index]) {
                *sample = left + (right - left) * f32::from(step) / steps;
            }
        }
        last = Some(index);
    }
    match last {
        Some(place) => {
            let value = row[place];
            row[place + 1..].fill(value);
        }
        None => row.fill(0.0),
    }
}

/// The row without anything that is not finite; copied only when needed.
pub(crate) fn bridged(row: &[f32]) -> std::borrow::Cow<'_, [f32]> {
    if row.iter().all(|sample| sample.is_finite()) {
        return row.into();
    }
    let mut copy = row.to_vec();
    bridge(&mut copy);
    copy.into()
}

/// The next power of two from twice the width.
fn padded_length(width: usize) -> usize {
    (2 * width).next_power_of_two().max(2)
}

fn response(length: usize, filter: Filter) -> Vec<f64> {
    if filter == Filter::None {
        return vec![1.0; length];
    }
    let mut ramp: Vec<Complex<f64>> = (0..length)
        .map(|index| {
            let distance = index.min(length - index);
            let value = match distance {
                0 => 0.25,
                odd if odd % 2 == 1 => -1.0 / (PI * odd as f64).powi(2),
                _ => 0.0,
            };
            Complex::new(value, 0.0)
        })
        .collect();
    FftPlanner::new()
        .plan_fft_forward(length)
        .process(&mut ramp);
    ramp.iter()
        .enumerate()
        .map(|(index, value)| {
            let frequency = index.min(length - index) as f64 / length as f64;
            value.re * filter.window(frequency)
        })
        .collect()
}

/// The circular kernel of a response; it is even.
fn kernel_of(response: &[f64]) -> Vec<f64> {
    let length = response.len();
    let mut kernel: Vec<Complex<f64>> = response
        .iter()
        .map(|&value| Complex::new(value, 0.0))
        .collect();
    FftPlanner::new()
        .plan_fft_inverse(length)
        .process(&mut kernel);
    kernel
        .iter()
        .map(|value| value.re / length as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these values are exact in binary32")]

    use super::*;

    #[test]
    fn missing_samples_are_bridged_on_a_line() {
        let nan = f32::NAN;
        let mut row = [nan, 1.0, nan, nan, 4.0, f32::INFINITY];
        bridge(&mut row);
        assert_eq!(
            row,
            [1.0, 1.0, 2.0, 3.0, 4.0, 4.0],
            "a straight line expected"
        );
        let mut empty = [nan, nan];
        bridge(&mut empty);
        assert_eq!(empty, [0.0, 0.0], "an empty row becomes zeros");
    }

    #[test]
    fn the_fast_filter_is_the_convolution() {
        let mut random = crate::numeric::Random(7);
        let row: Vec<f32> = (0..37).map(|_| to_f32(random.uniform())).collect();
        for padding in [Padding::Zero, Padding::Edge] {
            for filter in Filter::ALL {
                let ramp = RampFilter::new(row.len(), filter, padding);
                let wanted = ramp.reference(&row);
                let mut buffer = ramp.buffer();
                let found = ramp.apply_pair([&row, &row], [1.0, 2.0], &mut buffer);
                for (found, wanted) in found.iter().zip(&wanted) {
                    assert!(
                        (f64::from(found.re) - wanted).abs() < 1e-5
                            && (f64::from(found.im) - 2.0 * wanted).abs() < 2e-5,
                        "{filter:?} {padding:?}: {found}, not {wanted}"
                    );
                }
            }
        }
    }
}
