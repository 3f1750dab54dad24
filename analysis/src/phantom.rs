//! Phantoms made of ellipses, with exact projections: the truth that
//! reconstructions are measured against, in tests, benchmarks and the demo.

use rayon::prelude::*;

use crate::numeric::to_f32;

/// An ellipse of constant attenuation, added to what lies below it.
///
/// Lengths are in pixels from the rotation axis; `x` to the right, `y` along
/// the rows of the slice, downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// Attenuation that it adds, in 1/px.
    pub value: f64,
    /// Half axes before turning, in pixels, along x and along y.
    pub half_axes_px: [f64; 2],
    /// Its centre, in pixels from the rotation axis: x, y.
    pub centre_px: [f64; 2],
    /// How far it is turned, from x towards y.
    pub turn_rad: f64,
}

/// How a detector pixel measures a line integral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// The mean over the width of the pixel, as real detectors do.
    Area,
    /// One ray through the centre of the pixel.
    Point,
}

/// Ellipses on top of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Phantom {
    /// The ellipses; their values add where they overlap.
    pub ellipses: Vec<Ellipse>,
}

impl Phantom {
    /// The modified Shepp-Logan phantom, values 0 to 1 in 1/px, in a slice of
    /// `width` pixels.
    ///
    /// Source: Shepp and Logan, IEEE Trans. Nucl. Sci. 21 (1974) 21, with the
    /// contrasts of Toft (1996), appendix B.
    pub fn shepp_logan(width: usize) -> Self {
        // Value, half axes, centre, turn in degrees; lengths over the half width.
        const ELLIPSES: [(f64, f64, f64, f64, f64, f64); 10] = [
            (1.0, 0.69, 0.92, 0.0, 0.0, 0.0),
            (-0.8, 0.6624, 0.8740, 0.0, -0.0184, 0.0),
            (-0.2, 0.11, 0.31, 0.22, 0.0, -18.0),
            (-0.2, 0.16, 0.41, -0.22, 0.0, 18.0),
            (0.1, 0.21, 0.25, 0.0, 0.35, 0.0),
            (0.1, 0.046, 0.046, 0.0, 0.1, 0.0),
            (0.1, 0.046, 0.046, 0.0, -0.1, 0.0),
            (0.1, 0.046, 0.023, -0.08, -0.605, 0.0),
            (0.1, 0.023, 0.023, 0.0, -0.606, 0.0),
            (0.1, 0.023, 0.046, 0.06, -0.605, 0.0),
        ];
        let half = width as f64 / 2.0;
        let ellipses = ELLIPSES
            .iter()
            .map(|&(value, a, b, x, y, turn)| Ellipse {
                value,
                half_axes_px: [a * half, b * half],
                centre_px: [x * half, y * half],
                turn_rad: turn.to_radians(),
            })
            .collect();
        Self { ellipses }
    }

    /// Exact line integrals `[angle, x]`, dimensionless, with the rotation axis
    /// at `axis_px`.
    ///
    /// The ray at angle `theta` and detector position `s` (from the axis) is
    /// `x cos(theta) + y sin(theta) = s`.
    pub fn sinogram(
        &self,
        width: usize,
        angles_rad: &[f64],
        axis_px: f64,
        detector: Detector,
    ) -> Vec<f32> {
        let mut sinogram = vec![0.0; width * angles_rad.len()];
        if width == 0 {
            return sinogram;
        }
        sinogram
            .par_chunks_mut(width)
            .zip(angles_rad)
            .for_each(|(row, &angle)| {
                for (index, sample) in row.iter_mut().enumerate() {
                    let position = index as f64 - axis_px;
                    let sum: f64 = self
                        .ellipses
                        .iter()
                        .map(|ellipse| ellipse.line_integral(angle, position, detector))
                        .sum();
                    *sample = to_f32(sum);
                }
            });
        sinogram
    }

    /// The slice `[y, x]`, in 1/px, averaged over the area of each pixel by
    /// `supersampling` squared points; the axis is at `(width - 1) / 2`.
    pub fn rasterise(&self, width: usize, supersampling: usize) -> Vec<f32> {
        let mut slice = vec![0.0; width * width];
        let count = supersampling.max(1);
        let middle = (width as f64 - 1.0) / 2.0;
        let offset = |index: usize| (index as f64 + 0.5) / count as f64 - 0.5;
        slice
            .par_chunks_mut(width.max(1))
            .enumerate()
            .for_each(|(row, pixels)| {
                for (column, pixel) in pixels.iter_mut().enumerate() {
                    let (x, y) = (column as f64 - middle, row as f64 - middle);
                    // A pixel that no edge crosses is sampled once.
                    let points = if self.edge_distance(x, y) > 1.0 {
                        1
                    } else {
                        count
                    };
                    let mut sum = 0.0;
                    for sub_y in 0..points {
                        for sub_x in 0..points {
                            let (dx, dy) = if points == 1 {
                                (0.0, 0.0)
                            } else {
                                (offset(sub_x), offset(sub_y))
                            };
                            sum += self.value_at(x + dx, y + dy);
                        }
                    }
                    *pixel = to_f32(sum / (points * points) as f64);
                }
            });
        slice
    }

    /// The attenuation at a point, in 1/px.
    pub fn value_at(&self, x: f64, y: f64) -> f64 {
        self.ellipses
            .iter()
            .filter(|ellipse| ellipse.level(x, y) <= 1.0)
            .map(|ellipse| ellipse.value)
            .sum()
    }

    /// About how far the nearest edge of an ellipse is, in pixels (to first
    /// order, right near the edge).
    pub fn edge_distance(&self, x: f64, y: f64) -> f64 {
        self.ellipses
            .iter()
            .map(|ellipse| ellipse.edge_distance(x, y))
            .fold(f64::INFINITY, f64::min)
    }
}

impl Ellipse {
    /// The point in the frame of the half axes.
    fn turned(&self, x: f64, y: f64) -> [f64; 2] {
        let (sine, cosine) = self.turn_rad.sin_cos();
        let (x, y) = (x - self.centre_px[0], y - self.centre_px[1]);
        [x * cosine + y * sine, y * cosine - x * sine]
    }

    /// 0 in the centre, 1 on the edge.
    fn level(&self, x: f64, y: f64) -> f64 {
        let [u, v] = self.turned(x, y);
        (u / self.half_axes_px[0]).hypot(v / self.half_axes_px[1])
    }

    fn edge_distance(&self, x: f64, y: f64) -> f64 {
        let [u, v] = self.turned(x, y);
        let [a, b] = self.half_axes_px;
        let level = (u / a).hypot(v / b);
        let slope = (u / (a * a)).hypot(v / (b * b)) / level.max(1e-12);
        (level - 1.0).abs() / slope.max(1e-12)
    }

    fn line_integral(&self, angle: f64, position: f64, detector: Detector) -> f64 {
        let [a, b] = self.half_axes_px;
        let (sine, cosine) = (angle - self.turn_rad).sin_cos();
        let reach2 = (a * cosine).powi(2) + (b * sine).powi(2);
        let (sine, cosine) = angle.sin_cos();
        let t = position - self.centre_px[0] * cosine - self.centre_px[1] * sine;
        let scale = 2.0 * self.value * a * b / reach2;
        match detector {
            Detector::Point => scale * (reach2 - t * t).max(0.0).sqrt(),
            Detector::Area => scale * (half_disc(t + 0.5, reach2) - half_disc(t - 0.5, reach2)),
        }
    }
}

/// The integral of `sqrt(reach2 - t^2)` from 0 to `t`.
fn half_disc(t: f64, reach2: f64) -> f64 {
    let reach = reach2.sqrt();
    let t = t.clamp(-reach, reach);
    0.5 * (t * (reach2 - t * t).max(0.0).sqrt() + reach2 * (t / reach).asin())
}
