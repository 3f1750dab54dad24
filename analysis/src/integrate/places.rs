//! Where pixels lie in radius and azimuth.

use std::f64::consts::{PI, TAU};

use hutch_model::{Geometry, Panel, azimuth};

use super::choice::Unit;

/// Radius (1/nm, radians or metres) and azimuth (radians).
pub(super) type Place = [f64; 2];

/// From points of the laboratory to radius and azimuth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polar {
    unit: Unit,
    wavelength_m: f64,
    /// The azimuth jumps from 2 pi to 0, not from pi to -pi.
    is_cut_at_zero: bool,
}

/// One pixel: its centre and its corners, in the order of a walk around it:
/// `[0, 0]`, `[1, 0]`, `[1, 1]`, `[0, 1]` of `[slow, fast]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pixel {
    pub(super) centre: Place,
    pub(super) corners: [Place; 4],
    /// The walk goes against the clock in the laboratory.
    pub(super) is_against_clock: bool,
}

impl Polar {
    pub(super) fn new(unit: Unit, geometry: &Geometry, is_cut_at_zero: bool) -> Self {
        Self {
            unit,
            wavelength_m: geometry.wavelength_m.unwrap_or(f64::NAN),
            is_cut_at_zero,
        }
    }

    pub(super) fn place(self, point: [f64; 3]) -> Place {
        let angle = azimuth(point);
        let angle = if self.is_cut_at_zero && angle < 0.0 {
            angle + TAU
        } else {
            angle
        };
        [self.unit.radius(point, self.wavelength_m), angle]
    }

    /// The ends of the azimuth. pyFAI holds its pi in 32 bits, which lies a
    /// little outside; pixels at the half turn would fall out with ours.
    pub(super) fn ends(self) -> [f64; 2] {
        let half = f64::from(std::f32::consts::PI);
        if self.is_cut_at_zero {
            [0.0, 2.0 * half]
        } else {
            [-half, half]
        }
    }

    /// Brings the azimuths of a pixel on the jump to one side of it, and gives
    /// its area, above zero where it is not on the jump.
    ///
    /// Source: `_recenter` of pyFAI 2026.9, whose area is approximate.
    pub(super) fn joined(self, pixel: &mut Pixel) -> f64 {
        let sign = if pixel.is_against_clock { 1.0 } else { -1.0 };
        let area = sign * quad_area(&pixel.corners);
        if area >= 0.0 {
            return area;
        }
        let highest = if self.is_cut_at_zero { TAU } else { PI };
        for corner in &mut pixel.corners {
            if corner[1] < highest - PI {
                corner[1] += TAU;
            }
        }
        let mean: f64 = pixel.corners.iter().map(|corner| 0.25 * corner[1]).sum();
        if mean > highest {
            for corner in &mut pixel.corners {
                corner[1] -= TAU;
            }
        }
        sign * quad_area(&pixel.corners)
    }
}

/// About the area of a quadrilateral; its sign is what counts.
fn quad_area([a, b, c, d]: &[Place; 4]) -> f64 {
    0.5 * ((c[0] - a[0]) * (d[1] - b[1])) - (c[1] - a[1]) * (d[0] - b[0])
}

impl Pixel {
    /// Half the width of the box around it, in radius and azimuth.
    pub(super) fn half_box(&self) -> Place {
        self.corners.iter().fold([0.0; 2], |half: Place, corner| {
            let away = (corner[0] - self.centre[0]).abs();
            let around = (corner[1] - self.centre[1]).abs();
            [half[0].max(away), half[1].max(around.min(TAU - around))]
        })
    }
}

/// The pixels of a row of a panel, with corners that are computed once.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    polar: Polar,
    panel: &'a Panel,
    width: usize,
    above: Vec<Place>,
    below: Vec<Place>,
    next_row: Option<usize>,
    wants_corners: bool,
    is_against_clock: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(polar: Polar, panel: &'a Panel, width: usize, wants_corners: bool) -> Self {
        // In x to the left, as the azimuth is counted.
        let (slow, fast) = (panel.slow_m, panel.fast_m);
        let turn = -slow[0] * fast[1] + slow[1] * fast[0];
        Self {
            polar,
            panel,
            width,
            above: Vec::new(),
            below: Vec::new(),
            next_row: None,
            wants_corners,
            is_against_clock: turn > 0.0,
        }
    }

    /// Calls `each` with every pixel of a row, by its index in the row.
    pub(super) fn row(&mut self, row: usize, mut each: impl FnMut(usize, &Pixel)) {
        if self.wants_corners {
            if self.next_row == Some(row) {
                std::mem::swap(&mut self.above, &mut self.below);
            } else {
                Self::corners(self.polar, self.panel, row, self.width, &mut self.above);
            }
            Self::corners(self.polar, self.panel, row + 1, self.width, &mut self.below);
            self.next_row = Some(row + 1);
        }
        for column in 0..self.width {
            let centre = self.panel.at([row as f64 + 0.5, column as f64 + 0.5]);
            let centre = self.polar.place(centre);
            let corners = match (
                self.above.get(column..column + 2),
                self.below.get(column..column + 2),
            ) {
                (Some([a, d]), Some([b, c])) => [*a, *b, *c, *d],
                _ => [centre; 4],
            };
            let pixel = Pixel {
                centre,
                corners,
                is_against_clock: self.is_against_clock,
            };
            each(column, &pixel);
        }
    }

    fn corners(polar: Polar, panel: &Panel, row: usize, width: usize, into: &mut Vec<Place>) {
        into.clear();
        let places = (0..=width).map(|column| polar.place(panel.at([row as f64, column as f64])));
        into.extend(places);
    }
}
