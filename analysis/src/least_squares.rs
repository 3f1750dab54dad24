//! Least squares of a few parameters.
//!
//! Source: Marquardt, SIAM J. Appl. Math. 11 (1963) 431, with the damping of the
//! diagonal, and central differences for the derivatives.

/// Passes at most; from a fair start ten are enough.
const PASSES: usize = 60;
/// An improvement by less than this share is none.
const LEAST_SHARE: f64 = 1e-14;
/// The damping that says that no step helps any more.
const MOST_DAMPING: f64 = 1e12;

/// The parameters with the least sum of squared residuals, from a start that has finite ones.
///
/// `steps` are changes of each parameter that matter but little.
pub(crate) fn minimise(
    start: &[f64],
    steps: &[f64],
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let sum = |of: &[f64]| of.iter().map(|residual| residual * residual).sum::<f64>();
    let mut values = start.to_vec();
    let mut now = residuals(&values);
    let mut damping = 1e-3;
    for _ in 0..PASSES {
        let derivatives = derivatives(&values, steps, &residuals);
        let mut has_improved = false;
        while damping < MOST_DAMPING {
            let Some(change) = change(&derivatives, &now, damping) else {
                damping *= 10.0;
                continue;
            };
            let moved = values.iter().zip(change).zip(steps);
            let next: Vec<f64> = moved
                .map(|((value, change), step)| value - change * step)
                .collect();
            let then = residuals(&next);
            let (before, after) = (sum(&now), sum(&then));
            if after < before {
                has_improved = before - after > LEAST_SHARE * before;
                (values, now) = (next, then);
                damping = (damping / 10.0).max(1e-12);
                break;
            }
            damping *= 10.0;
        }
        if !has_improved {
            break;
        }
    }
    values
}

/// The covariance of parameters at their best, where every residual has the
/// standard deviation 1: `(J^T J)^-1`; `None` where they cannot be told apart.
///
/// Source: Press et al., Numerical Recipes, section 15.6.
pub(crate) fn covariance(
    values: &[f64],
    steps: &[f64],
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> Option<Vec<Vec<f64>>> {
    let derivatives = derivatives(values, steps, &residuals);
    let mut columns = Vec::with_capacity(values.len());
    for index in 0..values.len() {
        let mut rows: Vec<Vec<f64>> = derivatives
            .iter()
            .enumerate()
            .map(|(row, own)| {
                let products = derivatives.iter().map(|other| dot(own, other));
                let right = if row == index { 1.0 } else { 0.0 };
                products.chain(std::iter::once(right)).collect()
            })
            .collect();
        // Derivatives are by steps, and so is what is solved for.
        let solved = solve(&mut rows)?;
        let column: Vec<f64> = solved
            .iter()
            .zip(steps)
            .map(|(cell, step)| cell * step * steps.get(index).copied().unwrap_or(1.0))
            .collect();
        if column.iter().any(|cell| !cell.is_finite()) || column[index] < 0.0 {
            return None;
        }
        columns.push(column);
    }
    Some(columns)
}

/// Of each parameter, in steps: how residuals change.
fn derivatives(
    values: &[f64],
    steps: &[f64],
    residuals: &impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<Vec<f64>> {
    let along = |(index, step): (usize, &f64)| {
        let moved = |by: f64| {
            let mut values = values.to_vec();
            if let Some(value) = values.get_mut(index) {
                *value += by * step;
            }
            residuals(&values)
        };
        let (above, below) = (moved(1.0), moved(-1.0));
        above
            .iter()
            .zip(below)
            .map(|(above, below)| 0.5 * (above - below))
            .collect()
    };
    steps.iter().enumerate().map(along).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// Solves the damped normal equations; `None` where they have no answer.
fn change(derivatives: &[Vec<f64>], residuals: &[f64], damping: f64) -> Option<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = derivatives
        .iter()
        .enumerate()
        .map(|(index, own)| {
            let mut row: Vec<f64> = derivatives.iter().map(|other| dot(own, other)).collect();
            row[index] *= 1.0 + damping;
            // Nothing depends on it: it stays.
            if row[index] == 0.0 {
                row[index] = 1.0;
            }
            row.push(dot(own, residuals));
            row
        })
        .collect();
    solve(&mut rows)
}

/// Gauss's elimination with the largest pivot; rows hold the right side as well.
pub(crate) fn solve(rows: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let count = rows.len();
    for column in 0..count {
        let largest = (column..count).max_by(|one, other| {
            rows[*one][column]
                .abs()
                .total_cmp(&rows[*other][column].abs())
        })?;
        rows.swap(column, largest);
        let pivot = rows[column].clone();
        if pivot[column] == 0.0 || !pivot[column].is_finite() {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let share = row[column] / pivot[column];
                for (cell, of_pivot) in row.iter_mut().zip(&pivot) {
                    *cell -= share * of_pivot;
                }
            }
        }
    }
    Some(
        (0..count)
            .map(|index| rows[index][count] / rows[index][index])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_walked_to_its_end() {
        let found = minimise(&[-1.2, 1.0], &[1e-4, 1e-4], |at| {
            vec![10.0 * (at[1] - at[0] * at[0]), 1.0 - at[0]]
        });
        assert!(
            (found[0] - 1.0).abs() < 1e-8 && (found[1] - 1.0).abs() < 1e-8,
            "{found:?}"
        );
    }

    #[test]
    fn the_mean_of_four_is_known_twice_as_well_as_one() {
        let values = [1.0, 2.0, 3.0, 4.0];
        let residuals = |at: &[f64]| values.iter().map(|value| value - at[0]).collect();
        let of = covariance(&[2.5], &[1e-3], residuals).expect("one parameter");
        assert!((of[0][0] - 0.25).abs() < 1e-9, "{of:?}");
        let blind = |_: &[f64]| vec![1.0, 2.0];
        assert_eq!(
            covariance(&[2.5], &[1e-3], blind),
            None,
            "nothing depends on it"
        );
    }

    #[test]
    fn a_parameter_that_nothing_depends_on_stays() {
        let found = minimise(&[3.0, 7.0], &[1e-3, 1e-3], |at| {
            vec![at[0] - 1.0, 2.0 * at[0] - 2.0]
        });
        assert!(
            (found[0] - 1.0).abs() < 1e-9 && found[1].to_bits() == 7f64.to_bits(),
            "{found:?}"
        );
    }
}
