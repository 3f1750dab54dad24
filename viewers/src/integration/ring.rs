//! Where a radius lies on a frame.

use std::f64::consts::TAU;

use hutch_analysis::integrate::Unit;
use hutch_model::Geometry;

/// Points of a whole ring.
const STEPS: usize = 360;

/// The radius at a point `[x, y]` of a plane of the detector, where pixel `i` has its centre at `i`.
pub(super) fn radius_at(
    geometry: &Geometry,
    plane: &[u64],
    unit: Unit,
    point_px: [f64; 2],
) -> Option<f64> {
    let point = geometry.point(plane, [point_px[1] + 0.5, point_px[0] + 0.5])?;
    let value = unit.value(point, geometry.wavelength_m.unwrap_or(f64::NAN));
    value.is_finite().then_some(value)
}

/// All places of a radius on a plane of the detector, as lines of points `[x, y]`.
pub(super) fn ring_of(
    geometry: &Geometry,
    plane: &[u64],
    unit: Unit,
    radius: f64,
) -> Vec<Vec<[f64; 2]>> {
    let wavelength_m = geometry.wavelength_m.unwrap_or(f64::NAN);
    let angle = match unit {
        Unit::QPerNm => 2.0 * (radius * 1e9 * wavelength_m / (2.0 * TAU)).asin(),
        Unit::QPerAngstrom => 2.0 * (radius * 1e10 * wavelength_m / (2.0 * TAU)).asin(),
        Unit::TwoThetaDeg => radius.to_radians(),
        Unit::RMm => return rings_of_length(geometry, plane, radius * 1e-3),
    };
    if !angle.is_finite() || angle <= 0.0 {
        return Vec::new();
    }
    let rings = geometry.ring(angle, STEPS);
    let of_plane = rings.iter().filter(|ring| ring.panel.plane == plane);
    of_plane
        .map(|ring| {
            ring.points
                .iter()
                .map(|[y, x]| [x - 0.5, y - 0.5])
                .collect()
        })
        .collect()
}

/// The same for a distance from the beam in metres: the cylinder around the beam meets each panel.
fn rings_of_length(geometry: &Geometry, plane: &[u64], length_m: f64) -> Vec<Vec<[f64; 2]>> {
    let mut lines = Vec::new();
    for panel in geometry.panels.iter().filter(|panel| panel.plane == plane) {
        let (slow, fast) = (panel.slow_m, panel.fast_m);
        let normal = [
            slow[1] * fast[2] - slow[2] * fast[1],
            slow[2] * fast[0] - slow[0] * fast[2],
            slow[0] * fast[1] - slow[1] * fast[0],
        ];
        let away: f64 = normal
            .iter()
            .zip(panel.corner_m)
            .map(|(one, other)| one * other)
            .sum();
        let mut line: Vec<[f64; 2]> = Vec::new();
        for step in 0..=STEPS {
            let (sine, cosine) = (TAU * step as f64 / STEPS as f64).sin_cos();
            let [x, y] = [length_m * cosine, length_m * sine];
            let z = (away - normal[0] * x - normal[1] * y) / normal[2];
            let met = panel.met_by([x, y, z]).filter(|point| {
                (0..2).all(|axis| (0.0..=panel.size[axis] as f64).contains(&point[axis]))
            });
            match met {
                Some([down, right]) => line.push([
                    right + panel.first[1] as f64 - 0.5,
                    down + panel.first[0] as f64 - 0.5,
                ]),
                None => lines.push(std::mem::take(&mut line)),
            }
        }
        lines.push(line);
    }
    lines.retain(|line| line.len() > 1);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::Panel;

    #[test]
    fn every_point_of_a_ring_has_its_radius() {
        let (sine, cosine) = 0.2_f64.sin_cos();
        let geometry = Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: Vec::new(),
                first: [0, 0],
                size: [200, 160],
                corner_m: [8e-3, 9e-3, 0.1],
                slow_m: [0.0, -1e-4 * cosine, 1e-4 * sine],
                fast_m: [-1e-4, 0.0, 0.0],
            }],
            wavelength_m: Some(1e-10),
            source: String::new(),
        };
        for (unit, radius) in [
            (Unit::QPerNm, 3.0),
            (Unit::QPerAngstrom, 0.3),
            (Unit::TwoThetaDeg, 3.0),
            (Unit::RMm, 5.0),
        ] {
            let lines = ring_of(&geometry, &[], unit, radius);
            let points: Vec<&[f64; 2]> = lines.iter().flatten().collect();
            assert!(points.len() > 200, "{unit}: {} points", points.len());
            for point in points {
                let found = radius_at(&geometry, &[], unit, *point).expect("on the panel");
                assert!((found - radius).abs() < 1e-9 * radius, "{unit}: {found}");
            }
            assert!(ring_of(&geometry, &[], unit, f64::NAN).is_empty());
        }
    }
}
