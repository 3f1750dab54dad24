//! Whether the values of an axis can stand along the edge of a frame: looked at on the pool, once.

use std::sync::Arc;

use hutch_model::{Axis, Remark, Samples, Signal, Slab};

use crate::canvas::is_short;
use crate::{Priority, Resident, Task};

/// What is known of the two fastest axes of a signal, `[x, y]`.
#[derive(Default)]
pub(super) struct AxisChecks {
    checks: [Check; 2],
    names: [String; 2],
}

#[derive(Default)]
enum Check {
    #[default]
    Unknown,
    UnderWay(Task<u64>),
    /// How many of its values are no finite numbers.
    Known(u64),
}

impl AxisChecks {
    /// Looks again at what is another axis now, or was none to draw; one that could be drawn and grows stays drawn.
    pub(super) fn renew(&mut self, signal: &Signal) {
        let rank = signal.data.info().shape.len();
        for (axis, (check, name)) in self.checks.iter_mut().zip(&mut self.names).enumerate() {
            let of = rank.checked_sub(axis + 1).and_then(|at| signal.axis(at));
            let now = of.map_or("", |of| of.name.as_str());
            if name != now || !matches!(check, Check::Known(0)) {
                *check = Check::Unknown;
                now.clone_into(name);
            }
        }
    }

    /// Whether an axis can be drawn; what cannot is told among the problems of the signal, once it is known.
    pub(super) fn allows(
        &mut self,
        signal: &mut Signal,
        axis: usize,
        resident: &mut dyn Resident,
    ) -> bool {
        let Some(dimension) = signal.data.info().shape.len().checked_sub(axis + 1) else {
            return false;
        };
        let Some(of) = signal.axis(dimension) else {
            return false;
        };
        if of.is_categorical() {
            return true;
        }
        if !matches!(self.checks[axis], Check::Known(_)) {
            let found = self.checks[axis].step(of, resident);
            if let Some(count) = found.filter(|&count| count > 0)
                && let Some(remark) = remark(of, count)
                && !signal.problems.contains(&remark)
            {
                signal.problems.push(remark);
            }
        }
        matches!(self.checks[axis], Check::Known(0))
    }
}

impl Check {
    /// Goes on with the check; the answer where it is new.
    fn step(&mut self, axis: &Axis, resident: &mut dyn Resident) -> Option<u64> {
        if let Self::UnderWay(task) = self {
            // Work that failed says nothing against the axis.
            let found = task.poll()?.unwrap_or(0);
            *self = Self::Known(found);
            return Some(found);
        }
        let values = axis.values.as_ref().filter(|_| is_short(axis))?;
        let slab = Slab::whole(&values.info().shape);
        let block = resident.block(values, &slab, Priority::Visible);
        let block = Arc::clone(block.here()?);
        let label = format!("values of {}", axis.name);
        let count = move |_: &hutch_model::Cancel| Ok(not_finite(&block.samples));
        *self = Self::UnderWay(Task::start(resident, Priority::Visible, &label, 0, count));
        None
    }
}

fn not_finite(samples: &Samples) -> u64 {
    let all = (0..samples.len()).filter(|&index| !samples.get_f64(index).is_finite());
    all.count() as u64
}

fn remark(axis: &Axis, count: u64) -> Option<Remark> {
    let values = axis.values.as_ref()?;
    let whole = values.info().shape.iter().product::<u64>();
    let how_many = if count == whole {
        "none of its values is a finite number".to_owned()
    } else {
        format!("{count} of its {whole} values are no finite numbers")
    };
    let text = format!("{how_many}; images show the numbers of pixels instead");
    Some(Remark::new(&values.origin().path, text))
}

/// What an image does not show of the axes of a signal: values that vary along two sides.
pub(super) fn tell_bent_axes(signal: &mut Signal) {
    let rank = signal.data.info().shape.len();
    let bent = signal
        .axes
        .iter()
        .filter(|axis| axis.dimension + 2 >= rank && axis.spans.len() > 1);
    let remarks: Vec<Remark> = bent
        .filter_map(|axis| {
            let values = axis.values.as_ref()?;
            let text = format!(
                "it has values along {} axes; an image shows the numbers of pixels instead, a map shows where they lie",
                axis.spans.len()
            );
            Some(Remark::new(&values.origin().path, text))
        })
        .collect();
    for remark in remarks {
        if !signal.tried.contains(&remark) {
            signal.tried.push(remark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_numbers_are_counted() {
        let values = Samples::F64(vec![1.0, f64::NAN, f64::INFINITY, -2.0]);
        assert_eq!(not_finite(&values), 2, "NaN and infinity");
        assert_eq!(not_finite(&Samples::U8(vec![0, 255])), 0, "integers are");
    }
}
