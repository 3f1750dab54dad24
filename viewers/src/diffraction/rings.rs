//! Rings of a substance or of round spacings, as lines on a frame.

use hutch_analysis::calibrants::{CALIBRANTS, Calibrant};
use hutch_model::{Geometry, Slab, two_theta};

/// Points of a whole ring.
const RING_STEPS: usize = 720;
/// Points that a ring has at least.
const FEWEST_STEPS: usize = 180;
/// Rays that are met with panels for the rings of one frame.
const RAY_LIMIT: usize = 400_000;
/// Rings that are drawn of a calibrant.
const RING_LIMIT: usize = 60;
/// Rings of resolution, when nothing is known of the sample.
const PLAIN_RINGS: usize = 4;
/// Which rings are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rings {
    /// Some, evenly spaced in the momentum transfer, with their resolution.
    #[default]
    Resolution,
    /// Those of a substance.
    Of(&'static Calibrant),
    /// None.
    Off,
}

impl Rings {
    /// The rings of a name: `off`, `resolution`, or a calibrant.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "off" | "none" => Some(Self::Off),
            "resolution" | "on" => Some(Self::Resolution),
            _ => Calibrant::named(name).map(Self::Of),
        }
    }

    /// Their name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resolution => "resolution",
            Self::Of(calibrant) => calibrant.name,
            Self::Off => "off",
        }
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let calibrants = CALIBRANTS.iter().map(|calibrant| calibrant.name);
        ["off", "resolution"].into_iter().chain(calibrants)
    }

    /// The lattice spacings of the rings in metres, largest first.
    pub fn spacings_m(&self, geometry: &Geometry) -> Vec<f64> {
        let Some(smallest) = smallest_spacing_m(geometry) else {
            return Vec::new();
        };
        match self {
            Self::Off => Vec::new(),
            Self::Of(calibrant) => calibrant.spacings_m(smallest, RING_LIMIT),
            Self::Resolution => (1..=PLAIN_RINGS)
                .map(|ring| rounded(smallest * (PLAIN_RINGS + 1) as f64 / ring as f64))
                .collect(),
        }
    }
}

/// One ring on the stored frame.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnRing {
    /// Its lattice spacing in metres.
    pub spacing_m: f64,
    /// Lines of points `[x, y]`, where pixel `i` has its centre at `i`.
    pub lines: Vec<Vec<[f64; 2]>>,
}

/// The indices in front of a frame that say which panels lie on it, as the module of `[frame, module, y, x]`.
///
/// `shape` is that of the stack, and `frame` counts over all of its slower axes.
pub fn plane_of(geometry: &Geometry, shape: &[u64], frame: u64) -> Vec<u64> {
    let fixed = geometry.panels.iter().map(|panel| panel.plane.len()).max();
    let slower = shape.len().saturating_sub(2);
    let from = slower.saturating_sub(fixed.unwrap_or(0));
    let start = Slab::frame(shape, frame).start;
    start.get(from..slower).unwrap_or_default().to_vec()
}

/// The rings of a geometry as lines on the frame that is a plane of it.
pub fn rings(geometry: &Geometry, plane: &[u64], rings: Rings) -> Vec<DrawnRing> {
    let mut spacings = rings.spacings_m(geometry);
    // Rings of detectors of many panels are drawn with fewer points, and fewer of them.
    let rays = RAY_LIMIT / geometry.panels.len().max(1);
    spacings.truncate((rays / FEWEST_STEPS).max(2));
    let steps = (rays / spacings.len().max(1)).clamp(FEWEST_STEPS, RING_STEPS);
    let drawn = spacings.into_iter().filter_map(|spacing_m| {
        let angle = geometry.two_theta_of_d(spacing_m)?;
        let lines: Vec<Vec<[f64; 2]>> = geometry
            .ring(angle, steps)
            .into_iter()
            .filter(|ring| ring.panel.plane == plane)
            .map(|ring| {
                ring.points
                    .iter()
                    .map(|[y, x]| [x - 0.5, y - 0.5])
                    .collect()
            })
            .collect();
        (!lines.is_empty()).then_some(DrawnRing { spacing_m, lines })
    });
    drawn.collect()
}

/// The smallest lattice spacing that a corner of a panel sees.
fn smallest_spacing_m(geometry: &Geometry) -> Option<f64> {
    let corners = geometry.panels.iter().flat_map(|panel| {
        let [slow, fast] = panel.size.map(|size| size as f64);
        [[0.0, 0.0], [slow, 0.0], [0.0, fast], [slow, fast]].map(|corner| panel.at(corner))
    });
    let widest = corners.map(two_theta).fold(0.0, f64::max);
    let spacing = geometry.wavelength_m? / (2.0 * (0.5 * widest).sin());
    spacing.is_finite().then_some(spacing)
}

/// A length with two digits.
fn rounded(length: f64) -> f64 {
    let scale = 10f64.powi(exponent(length) - 1);
    (length / scale).round() * scale
}

#[expect(clippy::cast_possible_truncation, reason = "an exponent")]
fn exponent(length: f64) -> i32 {
    length.log10().floor() as i32
}

#[cfg(test)]
mod tests {
    use super::super::Direction;
    use super::super::direction::tests::flat;
    use super::*;

    #[test]
    fn every_point_of_a_ring_has_its_spacing() {
        let geometry = flat();
        let drawn = rings(&geometry, &[], Rings::named("AgBh").expect("a calibrant"));
        assert!(!drawn.is_empty());
        for ring in &drawn {
            for point in ring.lines.iter().flatten() {
                let inside = [point[0].clamp(-0.5, 79.49), point[1].clamp(-0.5, 99.49)];
                let direction = Direction::at(&geometry, &[], inside).expect("on the panel");
                let spacing = direction.spacing_m().expect("a wavelength");
                assert!((spacing / ring.spacing_m - 1.0).abs() < 1e-3, "{point:?}");
            }
        }
    }

    #[test]
    fn plain_rings_lie_inside_of_the_frame() {
        let geometry = flat();
        assert_eq!(rings(&geometry, &[], Rings::Resolution).len(), PLAIN_RINGS);
        assert_eq!(rings(&geometry, &[], Rings::Off), []);
        let mut unknown = geometry;
        unknown.wavelength_m = None;
        assert_eq!(rings(&unknown, &[], Rings::Resolution), [], "no wavelength");
    }

    #[test]
    fn a_module_of_a_stack_sees_its_own_panels_alone() {
        let mut geometry = flat();
        geometry.panels[0].plane = vec![2];
        // Frame 7 of [5, 4, 100, 80] is module 3, frame 6 is module 2 of the same.
        assert_eq!(plane_of(&geometry, &[5, 4, 100, 80], 7), [3]);
        let plane = plane_of(&geometry, &[5, 4, 100, 80], 6);
        assert_eq!(plane, [2]);
        assert!(Direction::at(&geometry, &plane, [69.0, 50.0]).is_some());
        assert_eq!(Direction::at(&geometry, &[3], [69.0, 50.0]), None);
        assert_eq!(
            rings(&geometry, &plane, Rings::Resolution).len(),
            PLAIN_RINGS
        );
        assert_eq!(rings(&geometry, &[3], Rings::Resolution), []);
        assert!(plane_of(&flat(), &[100, 80], 0).is_empty(), "one plane");
    }
}
