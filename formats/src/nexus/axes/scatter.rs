//! Two axes or more for the one dimension of a line: its values lie in a plane.
//!
//! Source: silx `NXdata` (`is_scatter`): each axis has as many values as the
//! signal, and the last two that are named are x and y.

use hutch_model::{Axis, DatasetInfo, NodeKind, Remark};

use super::super::walk::Named;
use super::{Found, Wanted};

/// Whether all of the named axes have one number for each value of a line.
pub(super) fn are_places(named: &[Named], info: &DatasetInfo) -> bool {
    let fits = |named: &Named| {
        let node = named.found();
        node.is_some_and(|node| {
            matches!(&node.kind, NodeKind::Dataset(values)
                if values.shape == info.shape && values.element.is_numeric())
        })
    };
    info.shape.len() == 1 && named.len() > 1 && named.iter().all(fits)
}

/// Makes all of them axes of the one dimension; that there are more axes than
/// dimensions is no fault then.
pub(super) fn settle(wanted: &mut [Wanted], problems: &mut Vec<Remark>) {
    for axis in wanted {
        axis.dimension = 0;
        axis.spans.clear();
    }
    problems.retain(|problem| !problem.text.ends_with(super::TOO_MANY));
}

/// The last two of the named axes, `[x, y]`.
pub(super) fn of(named: &[Named], found: &Found) -> Option<Box<[Axis; 2]>> {
    let axis = |from_end: usize| {
        let name = &named.get(named.len().checked_sub(from_end)?)?.name;
        let axes = found.axes.iter().chain(&found.alternatives);
        axes.into_iter().find(|axis| axis.name == *name).cloned()
    };
    Some(Box::new([axis(2)?, axis(1)?]))
}
