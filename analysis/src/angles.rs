//! The weight of each projection angle in a back-projection.

use std::f64::consts::PI;

/// The angle that each projection stands for, in radians: half the way to its
/// neighbours on either side, among all angles modulo pi (trapezoid rule).
///
/// The weights of a complete scan sum to pi, whether it covers 180 or 360
/// degrees, evenly or not, with or without both ends. A gap of more than four
/// times the median one is a missing wedge: it counts as one median step, so
/// that its two ends do not outweigh the rest. Empty for no angles.
pub fn weights(angles_rad: &[f64]) -> Vec<f64> {
    let count = angles_rad.len();
    if count <= 1 {
        return vec![PI; count];
    }
    let mut order: Vec<(f64, usize)> = angles_rad
        .iter()
        .enumerate()
        .map(|(index, angle)| (angle.rem_euclid(PI), index))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps: Vec<f64> = order.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    gaps.push(order[0].0 + PI - order[count - 1].0);
    let median = median_gap(&gaps);
    for gap in &mut gaps {
        if *gap > 4.0 * median {
            *gap = median;
        }
    }
    let mut weights = vec![0.0; count];
    for (place, &(_, index)) in order.iter().enumerate() {
        let before = gaps[(place + count - 1) % count];
        weights[index] = 0.5 * (before + gaps[place]);
    }
    weights
}

/// The median of the gaps between different angles.
fn median_gap(gaps: &[f64]) -> f64 {
    let mut different: Vec<f64> = gaps.iter().copied().filter(|&gap| gap > 1e-9).collect();
    different.sort_by(f64::total_cmp);
    different.get(different.len() / 2).copied().unwrap_or(PI)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, wanted: f64, what: &str) {
        assert!(
            (found - wanted).abs() < 1e-9,
            "{what}: {found}, not {wanted}"
        );
    }

    #[test]
    fn weights_of_a_complete_scan_sum_to_pi() {
        for (count, span) in [(7, PI), (8, 2.0 * PI), (9, 2.0 * PI)] {
            let angles: Vec<f64> = (0..count)
                .map(|index| 0.3 + span * f64::from(index) / f64::from(count))
                .collect();
            assert_near(weights(&angles).iter().sum(), PI, "sum of the weights");
        }
    }

    #[test]
    fn both_ends_of_a_scan_share_one_weight() {
        let angles: Vec<f64> = (0..=10).map(|index| PI * f64::from(index) / 10.0).collect();
        let found = weights(&angles);
        assert_near(found[0], PI / 20.0, "first projection");
        assert_near(found[10], PI / 20.0, "last projection");
        assert_near(found[5], PI / 10.0, "a projection in the middle");
    }

    #[test]
    fn a_missing_wedge_gives_its_ends_no_more_than_a_step() {
        let angles: Vec<f64> = (0..100)
            .map(|index| PI * f64::from(index) / 200.0)
            .collect();
        for weight in weights(&angles) {
            assert_near(weight, PI / 200.0, "weight beside a missing wedge");
        }
    }
}
