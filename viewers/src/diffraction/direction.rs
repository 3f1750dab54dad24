//! Where the pixel under the pointer looks.

use std::f64::consts::{PI, TAU};

use hutch_model::{Geometry, azimuth, two_theta};

use crate::numbers;

/// Where a pixel looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction {
    /// The angle to the beam, in radians.
    pub two_theta: f64,
    /// The angle around the beam, in radians: pyFAI's chi.
    pub azimuth: f64,
    /// The momentum transfer in 1/m, where the wavelength is known.
    pub q_per_m: Option<f64>,
}

impl Direction {
    /// Where a point `[x, y]` of a plane of the detector looks, where pixel `i` has its centre at `i`; `None` beside
    /// all panels.
    pub fn at(geometry: &Geometry, plane: &[u64], point_px: [f64; 2]) -> Option<Self> {
        let point = geometry.point(plane, [point_px[1] + 0.5, point_px[0] + 0.5])?;
        let two_theta = two_theta(point);
        Some(Self {
            two_theta,
            azimuth: azimuth(point),
            q_per_m: geometry.q_per_m(two_theta),
        })
    }

    /// The lattice spacing in metres; infinite in the beam.
    pub fn spacing_m(&self) -> Option<f64> {
        Some(TAU / self.q_per_m?)
    }

    /// Names and values for a readout: q, d, the angles.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(q) = self.q_per_m {
            pairs.push(("q", format!("{} nm⁻¹", numbers::float(q * 1e-9, 5))));
        }
        if let Some(d) = self.spacing_m().filter(|d| d.is_finite()) {
            pairs.push(("d", format!("{} Å", numbers::float(d * 1e10, 5))));
        }
        let degrees = |angle: f64| format!("{}°", numbers::float(angle * 180.0 / PI, 5));
        pairs.push(("2θ", degrees(self.two_theta)));
        pairs.push(("χ", degrees(self.azimuth)));
        pairs
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use hutch_model::Panel;

    /// Pixels of 0.1 mm at 100 mm, the beam in the corner of pixel [50, 40].
    pub(in crate::diffraction) fn flat() -> Geometry {
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: [100, 80],
                corner_m: [4e-3, 5e-3, 0.1],
                slow_m: [0.0, -1e-4, 0.0],
                fast_m: [-1e-4, 0.0, 0.0],
            }],
            wavelength_m: Some(1e-10),
            source: String::new(),
        }
    }

    #[test]
    fn the_pixel_under_the_pointer_looks_where_its_centre_is() {
        let geometry = flat();
        // The centre of pixel x 69, y 50 is 29.5 px to the right and half a pixel below.
        let direction = Direction::at(&geometry, &[], [69.0, 50.0]).expect("on the panel");
        let radius = 29.5_f64.hypot(0.5) * 1e-4;
        assert!((direction.two_theta - (radius / 0.1).atan()).abs() < 1e-12);
        assert!((direction.azimuth - (-0.5_f64).atan2(29.5)).abs() < 1e-12);
        let expected = 4.0 * PI * (0.5 * direction.two_theta).sin() / 1e-10;
        assert!((direction.q_per_m.expect("a wavelength") - expected).abs() < 1e-3);
        assert_eq!(
            Direction::at(&geometry, &[], [80.0, 50.0]),
            None,
            "beside it"
        );
    }
}
