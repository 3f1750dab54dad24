//! What the counts of a pixel are divided by, and what is taken from them.

use hutch_model::{Error, ErrorKind, Geometry, Panel, Result};
use rayon::prelude::*;

const TRIED: &str = "correct pixels before they are integrated";

/// How counts become intensity: `(count - dark) / (factor flat polarisation solid_angle)`.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    /// Leaves the solid angle of pixels out.
    pub ignores_solid_angle: bool,
    /// `(I_h - I_v) / (I_h + I_v)` of the beam, from -1 to 1; no correction where there is none.
    pub polarization: Option<f64>,
    /// The flat field of a frame.
    pub flat: Option<Vec<f32>>,
    /// The dark field of a frame, in counts.
    pub dark: Option<Vec<f32>>,
    /// What all is divided by, as the count of a monitor; 1 where there is none.
    pub factor: Option<f64>,
}

impl Corrections {
    /// What each pixel of a frame is divided by; 0 where no panel is, and where
    /// the flat field is not finite.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where flat or dark field have another size,
    /// [`ErrorKind::Usage`] for a polarisation beyond -1 and 1.
    pub fn weights(&self, geometry: &Geometry, frame_shape: &[u64]) -> Result<Vec<f64>> {
        let pixels = frame_shape.iter().product::<u64>();
        let pixel_count = usize::try_from(pixels).unwrap_or(usize::MAX);
        for (what, field) in [("flat", &self.flat), ("dark", &self.dark)] {
            if let Some(field) = field
                && field.len() != pixel_count
            {
                let why = format!("a {what} field of {} pixels for {pixel_count}", field.len());
                return Err(Error::new(ErrorKind::Shape, TRIED, why));
            }
        }
        if let Some(factor) = self.polarization
            && !(-1.0..=1.0).contains(&factor)
        {
            let why = format!("the polarisation factor {factor} lies beyond -1 and 1");
            return Err(Error::new(ErrorKind::Usage, TRIED, why));
        }
        let mut weights = vec![0.0; pixel_count];
        let width = frame_shape
            .last()
            .map_or(0, |width| usize::try_from(*width).unwrap_or(0));
        let height = frame_shape.iter().nth_back(1).copied().unwrap_or(0);
        let solid_angle = SolidAngle::of(geometry);
        weights
            .par_chunks_mut(width.max(1))
            .enumerate()
            .for_each(|(line, row_weights)| {
                let line = line as u64;
                let (plane, row) = (line / height.max(1), line % height.max(1));
                for panel in &geometry.panels {
                    if is_of(panel, frame_shape, plane)
                        && (panel.first[0]..panel.first[0] + panel.size[0]).contains(&row)
                    {
                        self.row(panel, solid_angle, row - panel.first[0], row_weights);
                    }
                }
            });
        if let Some(flat) = &self.flat {
            for (weight, flat) in weights.iter_mut().zip(flat) {
                *weight *= f64::from(*flat);
                if !weight.is_finite() {
                    *weight = 0.0;
                }
            }
        }
        Ok(weights)
    }

    fn row(&self, panel: &Panel, solid_angle: SolidAngle, row: u64, weights: &mut [f64]) {
        let first = usize::try_from(panel.first[1]).unwrap_or(usize::MAX);
        let count = usize::try_from(panel.size[1]).unwrap_or(0);
        let factor = self.factor.unwrap_or(1.0);
        for (column, weight) in weights.iter_mut().skip(first).take(count).enumerate() {
            let point = panel.at([row as f64 + 0.5, column as f64 + 0.5]);
            let mut product = factor;
            if !self.ignores_solid_angle {
                product *= solid_angle.of_pixel(panel, point);
            }
            if let Some(of_beam) = self.polarization {
                product *= polarization(of_beam, point);
            }
            *weight = product;
        }
    }
}

fn is_of(panel: &Panel, frame_shape: &[u64], plane: u64) -> bool {
    let outer = frame_shape.len().saturating_sub(2);
    let index = panel
        .plane
        .iter()
        .zip(frame_shape.iter().take(outer))
        .fold(0, |index, (own, length)| index * length + own);
    panel.plane.len() == outer && index == plane
}

/// `(1 + cos^2(2 theta) - factor cos(2 azimuth) sin^2(2 theta)) / 2`.
///
/// Source: Kahn et al., J. Appl. Cryst. 15 (1982) 330, equation 4, with the
/// azimuth of pyFAI, which begins in the horizontal plane. In `x`, `y` and the
/// distance `l`: `cos(2 azimuth) sin^2(2 theta) = (x^2 - y^2) / l^2`.
fn polarization(of_beam: f64, point: [f64; 3]) -> f64 {
    let squares = point.map(|part| part * part);
    let all = squares[0] + squares[1] + squares[2];
    0.5 * (1.0 + (squares[2] - of_beam * (squares[0] - squares[1])) / all)
}

/// The solid angle of pixels over that of one where the first panel is met at a
/// right angle: `cos^3` of the incidence on one flat detector.
#[derive(Clone, Copy, Debug)]
struct SolidAngle {
    scale: f64,
}

impl SolidAngle {
    fn of(geometry: &Geometry) -> Self {
        let scale = geometry.panels.first().map_or(1.0, |panel| {
            let normal = normal(panel);
            let area = length(normal);
            let distance = dot(normal, panel.corner_m).abs() / area;
            distance * distance / area
        });
        Self { scale }
    }

    fn of_pixel(self, panel: &Panel, point: [f64; 3]) -> f64 {
        let far = length(point);
        self.scale * dot(normal(panel), point).abs() / (far * far * far)
    }
}

fn normal(panel: &Panel) -> [f64; 3] {
    let (a, b) = (panel.slow_m, panel.fast_m);
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn dot(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn length(of: [f64; 3]) -> f64 {
    dot(of, of).sqrt()
}
