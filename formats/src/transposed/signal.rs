//! A signal with its axes in another order: errors, mask, weights and axes go with the data.

use std::sync::Arc;

use hutch_model::{AsStored, Auxiliary, Axis, Dataset, Interpretation, Remark, Result, Signal};

use super::repeated::Repeated;
use super::{Transposed, is_as_stored, words};

/// A signal whose axes lie as its `default_slice` wants them to be looked at: those that it keeps come last. A signal
/// whose slice fixes the slowest axes, or says nothing, stays as it is.
pub fn as_the_file_says(mut signal: Signal) -> Signal {
    let Some(order) = order_of_file(&signal) else {
        return signal;
    };
    match in_order(&signal, &order) {
        Ok(mut turned) => {
            turned.interpretation = kept_together(&turned);
            let text = format!(
                "its default_slice fixes axes that are not the slowest; they are shown in the order {}",
                words(&order)
            );
            turned.tried.push(Remark::new(&signal.group, text));
            turned
        }
        Err(error) => {
            signal
                .problems
                .push(Remark::new(&signal.group, error.to_string()));
            signal
        }
    }
}

/// The order of the axes as they are stored that the file wants; `None` where that is the stored one.
pub fn order_of_file(signal: &Signal) -> Option<Vec<usize>> {
    order_of(&signal.stored().default_slice)
}

/// The order in which a `default_slice` has the axes that it fixes first; `None` where they are first already, or
/// where it keeps none.
fn order_of(slice: &[Option<u64>]) -> Option<Vec<usize>> {
    let is_fixed = |axis: &usize| slice[*axis].is_some();
    let (mut order, kept): (Vec<usize>, Vec<usize>) = (0..slice.len()).partition(is_fixed);
    if kept.is_empty() {
        return None;
    }
    order.extend(kept);
    (!is_as_stored(&order)).then_some(order)
}

/// The order of so many axes that has two of them last, as `[y, x]` of a picture; `None` where there are no such two.
pub fn picture_order(rank: usize, [y, x]: [usize; 2]) -> Option<Vec<usize>> {
    if y == x || y >= rank || x >= rank {
        return None;
    }
    let mut order: Vec<usize> = (0..rank).filter(|axis| ![y, x].contains(axis)).collect();
    order.extend([y, x]);
    Some(order)
}

/// A signal with its axes in another order, which says for each of them which axis of the stored data it is.
///
/// Where pixels are, and what was found in frames, is known of frames as they are stored, and left out of others.
///
/// # Errors
/// [`ErrorKind::Usage`](hutch_model::ErrorKind::Usage) where the order does not name each axis once.
pub fn in_order(signal: &Signal, order: &[usize]) -> Result<Signal> {
    let stored = signal.stored();
    let data = Transposed::of(Arc::clone(&stored.data), order)?;
    if is_as_stored(order) {
        return Ok(stored.clone());
    }
    let shape = &stored.data.info().shape;
    let mut turned = stored.clone();
    turned.data = data;
    let other = |dataset: &Arc<dyn Dataset>| Transposed::of(Arc::clone(dataset), order).ok();
    turned.errors = stored.errors.as_ref().and_then(other);
    turned.weights = stored.weights.as_ref().and_then(other);
    turned.mask = stored.mask.as_ref().and_then(|mask| {
        let whole = if mask.info().shape.len() == shape.len() {
            Some(Arc::clone(mask))
        } else {
            Repeated::of(Arc::clone(mask), shape)
        };
        other(&whole?)
    });
    turned.auxiliary = stored
        .auxiliary
        .iter()
        .filter_map(|further| {
            Some(Auxiliary {
                data: other(&further.data)?,
                errors: further.errors.as_ref().and_then(other),
                ..further.clone()
            })
        })
        .collect();
    turned.axes = turned_axes(&stored.axes, order);
    turned.alternatives = turned_axes(&stored.alternatives, order);
    let fixed = |&axis: &usize| stored.default_slice.get(axis).copied().flatten();
    if !stored.default_slice.is_empty() {
        turned.default_slice = order.iter().map(fixed).collect();
    }
    turned.interpretation = colours(stored, order).or(Some(Interpretation::Image));
    if !keeps_frames(stored, order) {
        turned.geometry = None;
    }
    // They are counted by images as they are stored.
    turned.peaks = None;
    turned.found = None;
    turned.as_stored = Some(AsStored {
        signal: Arc::new(stored.clone()),
        order: order.into(),
    });
    Ok(turned)
}

/// Whether an order leaves frames as they are stored, with the modules that they are made of.
fn keeps_frames(stored: &Signal, order: &[usize]) -> bool {
    let panels = stored.geometry.iter().flat_map(|geometry| &geometry.panels);
    let planes = panels.map(|panel| panel.plane.len()).max().unwrap_or(0);
    let kept = order.len().checked_sub(2 + planes);
    kept.is_some_and(|first| order[first..].iter().copied().eq(first..order.len()))
}

/// Whether the frames of a signal are those that its file means, so that a field or a geometry may be of them.
pub fn has_frames_of_file(signal: &Signal) -> bool {
    let shown = signal.order();
    let rank = shown.len();
    let of_file = order_of_file(signal).unwrap_or_else(|| (0..rank).collect());
    let picture = rank.saturating_sub(2);
    shown.get(picture..) == of_file.get(picture..)
}

/// Whether the frames of a signal are as they are stored, which a geometry is of.
pub fn has_stored_frames(signal: &Signal) -> bool {
    keeps_frames(signal.stored(), &signal.order())
}

fn turned_axes(axes: &[Axis], order: &[usize]) -> Vec<Axis> {
    let turned = axes.iter().filter_map(|axis| turned_axis(axis, order));
    turned.collect()
}

/// An axis of data whose axes lie in another order.
fn turned_axis(axis: &Axis, order: &[usize]) -> Option<Axis> {
    let place = |dimension: usize| order.iter().position(|&from| from == dimension);
    let spans: Option<Vec<usize>> = axis.spans.iter().map(|&span| place(span)).collect();
    let spans = spans?;
    // Values of a bent grid have their axes in the order of the data.
    let mut own: Vec<usize> = (0..spans.len()).collect();
    own.sort_by_key(|&index| spans[index]);
    let turn = |values: &Arc<dyn Dataset>| {
        if values.info().shape.len() == own.len() {
            Transposed::of(Arc::clone(values), &own).ok()
        } else {
            Some(Arc::clone(values))
        }
    };
    Some(Axis {
        dimension: place(axis.dimension)?,
        spans: own.iter().map(|&index| spans[index]).collect(),
        values: axis.values.as_ref().and_then(turn),
        errors: axis.errors.as_ref().and_then(turn),
        ..axis.clone()
    })
}

/// The colours of a picture, where they and its two axes are the last ones as before.
fn colours(stored: &Signal, order: &[usize]) -> Option<Interpretation> {
    let had = stored.interpretation.filter(|had| had.rank() == 3)?;
    let first = order.len().checked_sub(had.rank())?;
    order[first..]
        .iter()
        .copied()
        .eq(first..order.len())
        .then_some(had)
}

/// Which of the axes that a slice keeps belong together.
fn kept_together(turned: &Signal) -> Option<Interpretation> {
    let slice = turned.default_slice.iter();
    match slice.filter(|index| index.is_none()).count() {
        1 => Some(Interpretation::Spectrum),
        2 => Some(Interpretation::Image),
        _ if turned.interpretation.is_some_and(|of| of.rank() == 3) => turned.interpretation,
        _ => turned.stored().interpretation.filter(|of| of.rank() < 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_that_a_slice_keeps_come_last() {
        assert_eq!(
            order_of(&[None, Some(3), None]),
            Some(vec![1, 0, 2]),
            "the middle one"
        );
        assert_eq!(
            order_of(&[None, None, Some(0)]),
            Some(vec![2, 0, 1]),
            "the last one"
        );
        assert_eq!(order_of(&[None, Some(0)]), Some(vec![1, 0]), "a column");
        for same in [
            &[][..],
            &[Some(1), None, None],
            &[Some(1), Some(2)],
            &[None],
        ] {
            assert_eq!(order_of(same), None, "{same:?}");
        }
    }

    #[test]
    fn a_picture_has_its_two_axes_last() {
        assert_eq!(picture_order(4, [3, 0]), Some(vec![1, 2, 3, 0]));
        assert_eq!(picture_order(2, [0, 1]), Some(vec![0, 1]));
        assert_eq!(picture_order(3, [1, 1]), None, "one axis twice");
        assert_eq!(picture_order(2, [2, 0]), None, "no such axis");
    }
}
