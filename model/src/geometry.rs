//! Where the pixels of a detector are, and the beam that they see.

/// A part of a detector whose pixels lie on one plane, evenly spaced.
///
/// Lengths are metres in the laboratory: the sample is the origin, +z goes along the beam, +y up,
/// and +x completes a right-handed frame, as in `NeXus` and `CrystFEL`.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Its name, as in a `.geom` file; empty where there is only one.
    pub name: String,
    /// Indices of the axes of a frame in front of its last two, as the module of `[module, slow, fast]`;
    /// empty where a frame has two axes.
    pub plane: Vec<u64>,
    /// Index of its first pixel in the stored frame, `[slow, fast]`.
    pub first: [u64; 2],
    /// How many pixels it has, `[slow, fast]`.
    pub size: [u64; 2],
    /// The outer corner of its first pixel.
    pub corner_m: [f64; 3],
    /// From one pixel to the next along the slow axis.
    pub slow_m: [f64; 3],
    /// From one pixel to the next along the fast axis.
    pub fast_m: [f64; 3],
}

impl Panel {
    /// The point at `[slow, fast]` pixels from the corner of the panel; a pixel's centre is half a pixel behind its index.
    pub fn at(&self, point_px: [f64; 2]) -> [f64; 3] {
        std::array::from_fn(|axis| {
            self.corner_m[axis] + point_px[0] * self.slow_m[axis] + point_px[1] * self.fast_m[axis]
        })
    }

    /// Whether a pixel `[slow, fast]` of the plane `plane` of a stored frame is its.
    pub fn contains(&self, plane: &[u64], pixel: [u64; 2]) -> bool {
        self.plane == plane
            && (0..2).all(|axis| {
                pixel[axis]
                    .checked_sub(self.first[axis])
                    .is_some_and(|within| within < self.size[axis])
            })
    }

    /// Where a ray from the sample meets the plane of the panel, in pixels `[slow, fast]` from its corner.
    ///
    /// `None` where the ray goes beside or away from it.
    pub fn met_by(&self, direction: [f64; 3]) -> Option<[f64; 2]> {
        let normal = cross(self.slow_m, self.fast_m);
        let along = dot(direction, normal);
        let length = dot(self.corner_m, normal) / along;
        if !length.is_finite() || length <= 0.0 {
            return None;
        }
        let from_corner =
            std::array::from_fn(|axis| length * direction[axis] - self.corner_m[axis]);
        // The steps need not be at right angles: reciprocal vectors take the point apart.
        let size = dot(normal, normal);
        let slow = dot(cross(from_corner, self.fast_m), normal) / size;
        let fast = dot(cross(self.slow_m, from_corner), normal) / size;
        (slow.is_finite() && fast.is_finite()).then_some([slow, fast])
    }
}

/// Where the pixels of a detector are, the beam that they see, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// Its parts, at least one.
    pub panels: Vec<Panel>,
    /// Wavelength of the beam in metres, where it is known.
    pub wavelength_m: Option<f64>,
    /// What says it, in words for people: a file, or a group and its rule.
    pub source: String,
}

impl Geometry {
    /// The panel of a pixel `[slow, fast]` of a stored frame.
    pub fn panel_of(&self, plane: &[u64], pixel: [u64; 2]) -> Option<&Panel> {
        self.panels
            .iter()
            .find(|panel| panel.contains(plane, pixel))
    }

    /// The point at `[slow, fast]` of a stored frame, where pixel `i` reaches from `i` to `i + 1`.
    pub fn point(&self, plane: &[u64], point_px: [f64; 2]) -> Option<[f64; 3]> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "negative and not finite numbers were refused; larger ones belong to no panel"
        )]
        let pixel = point_px.map(|place| place as u64);
        if point_px
            .iter()
            .any(|place| !place.is_finite() || *place < 0.0)
        {
            return None;
        }
        let panel = self.panel_of(plane, pixel)?;
        Some(panel.at([
            point_px[0] - panel.first[0] as f64,
            point_px[1] - panel.first[1] as f64,
        ]))
    }

    /// Where the direct beam meets the detector, `[slow, fast]` of the stored frame; outside of it where no panel is hit.
    ///
    /// The plane of the first panel counts where the beam passes between panels.
    pub fn beam_centre(&self) -> Option<[f64; 2]> {
        let met = |panel: &Panel| {
            let [slow, fast] = panel.met_by([0.0, 0.0, 1.0])?;
            Some([slow + panel.first[0] as f64, fast + panel.first[1] as f64])
        };
        let is_inside = |panel: &&Panel| {
            panel.met_by([0.0, 0.0, 1.0]).is_some_and(|point| {
                (0..2).all(|axis| (0.0..panel.size[axis] as f64).contains(&point[axis]))
            })
        };
        let hit = self.panels.iter().find(is_inside);
        hit.or_else(|| self.panels.first()).and_then(met)
    }

    /// Distance along the beam from the sample to the plane of the first panel, in metres.
    pub fn distance_m(&self) -> Option<f64> {
        let panel = self.panels.first()?;
        let normal = cross(panel.slow_m, panel.fast_m);
        let distance = dot(panel.corner_m, normal) / normal[2];
        distance.is_finite().then_some(distance)
    }

    /// The momentum transfer in 1/m of a scattering angle.
    pub fn q_per_m(&self, two_theta: f64) -> Option<f64> {
        let wavelength = self.wavelength_m?;
        Some(4.0 * std::f64::consts::PI * (0.5 * two_theta).sin() / wavelength)
    }

    /// The scattering angle, in radians, of a lattice spacing in metres; `None` where the beam does not resolve it.
    pub fn two_theta_of_d(&self, d_m: f64) -> Option<f64> {
        let sine = self.wavelength_m? / (2.0 * d_m);
        (sine.is_finite() && sine.abs() <= 1.0).then(|| 2.0 * sine.asin())
    }

    /// The ring of a scattering angle in radians, as lines of points `[slow, fast]` of the stored frame, each inside of one panel.
    ///
    /// The cone is met with the plane of each panel, so that rings are right on tilted ones. `steps` is how many points a whole ring has.
    pub fn ring(&self, two_theta: f64, steps: usize) -> Vec<Ring<'_>> {
        let (sine, cosine) = two_theta.sin_cos();
        let mut rings = Vec::new();
        for panel in &self.panels {
            let mut line = Vec::new();
            for step in 0..=steps {
                let azimuth = std::f64::consts::TAU * step as f64 / steps.max(1) as f64;
                let ray = [sine * azimuth.cos(), sine * azimuth.sin(), cosine];
                let inside = panel.met_by(ray).filter(|point| {
                    (0..2).all(|axis| (0.0..=panel.size[axis] as f64).contains(&point[axis]))
                });
                match inside {
                    Some([slow, fast]) => {
                        line.push([slow + panel.first[0] as f64, fast + panel.first[1] as f64]);
                    }
                    None => finish(&mut rings, panel, &mut line),
                }
            }
            finish(&mut rings, panel, &mut line);
        }
        rings
    }
}

/// A piece of a ring on one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring<'a> {
    /// The panel that it lies on.
    pub panel: &'a Panel,
    /// Points `[slow, fast]` of the stored frame, in their order.
    pub points: Vec<[f64; 2]>,
}

fn finish<'a>(rings: &mut Vec<Ring<'a>>, panel: &'a Panel, line: &mut Vec<[f64; 2]>) {
    if line.len() > 1 {
        rings.push(Ring {
            panel,
            points: std::mem::take(line),
        });
    }
    line.clear();
}

/// The angle between the beam and a point of the laboratory, in radians.
pub fn two_theta(point_m: [f64; 3]) -> f64 {
    point_m[0].hypot(point_m[1]).atan2(point_m[2])
}

/// The angle around the beam of a point of the laboratory, in radians: pyFAI's chi.
///
/// Upwards is a quarter turn, and zero is the direction of -x, the second axis of pyFAI.
pub fn azimuth(point_m: [f64; 3]) -> f64 {
    point_m[1].atan2(-point_m[0])
}

fn dot(first: [f64; 3], second: [f64; 3]) -> f64 {
    first
        .iter()
        .zip(second)
        .map(|(one, other)| one * other)
        .sum()
}

fn cross(first: [f64; 3], second: [f64; 3]) -> [f64; 3] {
    [
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A detector of 100 by 80 pixels of 0.1 mm at 0.2 m, turned about x and y.
    fn tilted() -> Geometry {
        let (sine, cosine) = 0.3_f64.sin_cos();
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [10, 20],
                size: [100, 80],
                corner_m: [4e-3, 5e-3, 0.2],
                slow_m: [0.0, -1e-4 * cosine, 1e-4 * sine],
                fast_m: [-1e-4 * cosine, 0.0, -1e-4 * sine],
            }],
            wavelength_m: Some(1e-10),
            source: String::new(),
        }
    }

    #[test]
    fn a_ray_through_a_pixel_meets_its_panel_there() {
        let geometry = tilted();
        let panel = &geometry.panels[0];
        let met = panel.met_by(panel.at([12.25, 70.5])).expect("in front");
        assert!((met[0] - 12.25).abs() < 1e-9 && (met[1] - 70.5).abs() < 1e-9);
        let behind = panel.at([12.25, 70.5]).map(|part| -part);
        assert_eq!(panel.met_by(behind), None);
    }

    #[test]
    fn every_point_of_a_ring_has_its_angle() {
        let geometry = tilted();
        let rings = geometry.ring(0.02, 360);
        assert!(rings.iter().map(|ring| ring.points.len()).sum::<usize>() > 100);
        for point in rings.iter().flat_map(|ring| &ring.points) {
            let panel = &geometry.panels[0];
            let at = panel.at([point[0] - 10.0, point[1] - 20.0]);
            assert!((two_theta(at) - 0.02).abs() < 1e-12);
        }
    }

    #[test]
    fn the_direct_beam_has_no_angle() {
        let geometry = tilted();
        let centre = geometry.beam_centre().expect("a detector in the beam");
        let point = geometry.point(&[], centre).expect("inside of the panel");
        assert!(two_theta(point) < 1e-12, "{point:?}");
    }

    #[test]
    fn a_pixel_of_no_panel_has_no_place() {
        let geometry = tilted();
        assert_eq!(geometry.point(&[], [9.9, 30.0]), None);
        assert_eq!(geometry.point(&[], [110.0, 30.0]), None);
        assert_eq!(geometry.point(&[3], [50.0, 50.0]), None);
        assert_eq!(geometry.point(&[], [f64::NAN, 30.0]), None);
    }

    #[test]
    fn braggs_law_holds_both_ways() {
        let geometry = tilted();
        let angle = geometry.two_theta_of_d(3e-10).expect("resolved");
        let q = geometry.q_per_m(angle).expect("a wavelength");
        assert!((q - std::f64::consts::TAU / 3e-10).abs() < 1.0);
        assert_eq!(geometry.two_theta_of_d(0.4e-10), None);
    }
}
