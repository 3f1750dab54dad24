//! Rotation angles in radians.

use std::f64::consts::{PI, TAU};

use super::units;

/// Angles in radians from values with a unit. Without one they are taken as
/// degrees unless they span what half or a whole turn in radians spans; what
/// was assumed is remarked.
pub(super) fn in_radians(values: &[f64], unit: &str, remarks: &mut Vec<String>) -> Vec<f64> {
    let factor = units::radians(unit).unwrap_or_else(|| {
        let (factor, assumed) = assumed(values);
        let said = if unit.is_empty() {
            "have no unit".to_owned()
        } else {
            format!("have the unit \"{unit}\", which is no angle")
        };
        remarks.push(format!("the rotation angles {said}; taken as {assumed}"));
        factor
    });
    values.iter().map(|value| value * factor).collect()
}

fn assumed(values: &[f64]) -> (f64, &'static str) {
    let (least, most) = values.iter().filter(|value| value.is_finite()).fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(least, most), &value| (least.min(value), most.max(value)),
    );
    let span = most - least;
    let is_turn = |turn: f64| (span - turn).abs() < 0.05 * turn;
    if values.len() > 8 && (is_turn(PI) || is_turn(TAU)) {
        (1.0, "radians")
    } else {
        (1f64.to_radians(), "degrees")
    }
}

/// `count` angles from 0 to half a turn, both included.
pub(super) fn half_turn(count: usize) -> Vec<f64> {
    let steps = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|index| PI * index as f64 / steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_without_a_unit_are_degrees_unless_they_span_pi() {
        let mut remarks = Vec::new();
        let degrees: Vec<f64> = (0..=180).map(f64::from).collect();
        let last = in_radians(&degrees, "", &mut remarks)[180];
        assert!((last - PI).abs() < 1e-12, "180 degrees are pi, got {last}");
        let last = in_radians(&half_turn(181), "", &mut remarks)[180];
        assert!((last - PI).abs() < 1e-12, "pi stays pi, got {last}");
        assert_eq!(remarks.len(), 2, "both guesses are remarked");
    }
}
