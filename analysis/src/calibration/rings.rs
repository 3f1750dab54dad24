//! Finding the rings of a calibrant on a frame, from a geometry that is about right.

use std::f64::consts::TAU;

use hutch_model::{Geometry, Panel};

use super::RingPoint;

/// How rings are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Directions around the beam in which each ring is looked for.
    pub directions: usize,
    /// How far from its place a ring is looked for, in pixels; never farther than half way to the next.
    pub reach_px: f64,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            directions: 180,
            reach_px: 10.0,
        }
    }
}

/// Points on the rings of some lattice spacings, largest first, where a frame `[slow, fast]` is bright.
///
/// `value` gives what counts at a pixel, `None` where it is masked. In each
/// direction a ring is where the intensity above the darkest place has its centre;
/// directions where something is masked, or nothing stands out, are left out.
pub fn ring_points(
    geometry: &Geometry,
    spacings_m: &[f64],
    search: Search,
    value: impl Fn([u64; 2]) -> Option<f64>,
) -> Vec<RingPoint> {
    let Some(panel) = geometry.panels.first() else {
        return Vec::new();
    };
    let angles: Vec<f64> = spacings_m
        .iter()
        .map_while(|d| geometry.two_theta_of_d(*d))
        .collect();
    let mut points = Vec::new();
    for (ring, (angle, spacing_m)) in angles.iter().zip(spacings_m).enumerate() {
        let before = ring.checked_sub(1).and_then(|ring| angles.get(ring));
        let gaps = [before, angles.get(ring + 1)];
        let room = gaps
            .into_iter()
            .flatten()
            .map(|other| 0.5 * (other - angle).abs());
        let room = room.fold(0.5 * angle, f64::min);
        for direction in 0..search.directions {
            let azimuth = TAU * direction as f64 / search.directions.max(1) as f64;
            let found = crossing(panel, (*angle, room), azimuth, search.reach_px, &value);
            points.extend(found.map(|point_px| RingPoint {
                point_px,
                spacing_m: *spacing_m,
            }));
        }
    }
    points
}

/// Steps of a walk across a ring, to either side.
const STEPS: i32 = 20;

/// Where a walk across a ring finds its centre.
fn crossing(
    panel: &Panel,
    (angle, room): (f64, f64),
    azimuth: f64,
    reach_px: f64,
    value: &impl Fn([u64; 2]) -> Option<f64>,
) -> Option<[f64; 2]> {
    let at = |angle: f64| {
        let (sine, cosine) = angle.sin_cos();
        panel.met_by([sine * azimuth.cos(), sine * azimuth.sin(), cosine])
    };
    let here = at(angle)?;
    // Radians of a pixel in this direction.
    let little = 1e-5;
    let there = at(angle + little)?;
    let pixel = little / (there[0] - here[0]).hypot(there[1] - here[1]);
    let half = room.min(reach_px * pixel);
    let walked: Option<Vec<(f64, f64)>> = (-STEPS..=STEPS)
        .map(|step| {
            let angle = angle + half * f64::from(step) / f64::from(STEPS);
            Some((angle, between(panel, at(angle)?, value)?))
        })
        .collect();
    let walked = walked?;
    let lowest = walked
        .iter()
        .fold(f64::INFINITY, |low, (_, value)| low.min(*value));
    let highest = walked
        .iter()
        .fold(f64::NEG_INFINITY, |high, (_, value)| high.max(*value));
    // Less than this is noise.
    if highest - lowest < 3.0 * highest.abs().sqrt().max(f64::EPSILON) {
        return None;
    }
    let threshold = 0.5 * (lowest + highest);
    let above = walked
        .iter()
        .map(|(angle, value)| (angle, (value - threshold).max(0.0)));
    let (weight, sum) = above.fold((0.0, 0.0), |(weight, sum), (angle, value)| {
        (weight + value, sum + value * angle)
    });
    at(sum / weight)
}

/// The value at a place between the centres of four pixels.
fn between(
    panel: &Panel,
    point: [f64; 2],
    value: &impl Fn([u64; 2]) -> Option<f64>,
) -> Option<f64> {
    let centred = point.map(|place| place - 0.5);
    let last = panel.size.map(|size| size as f64 - 1.0);
    if (0..2)
        .any(|axis| centred[axis].is_nan() || centred[axis] < 0.0 || centred[axis] >= last[axis])
    {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies on the panel, as was looked at before"
    )]
    let first = centred.map(|place| place as u64);
    let [down, right] = [0, 1].map(|axis| centred[axis] - first[axis] as f64);
    let mut sum = 0.0;
    for (dy, of_y) in [(0, 1.0 - down), (1, down)] {
        for (dx, of_x) in [(0, 1.0 - right), (1, right)] {
            sum += of_y * of_x * value([first[0] + dy, first[1] + dx])?;
        }
    }
    Some(sum)
}
