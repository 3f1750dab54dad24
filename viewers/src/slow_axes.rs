//! Where a frame of a stack stands along the slow axes, in words.

use hutch_model::{Axis, Signal, Slab};

use crate::{Priority, Residence, Resident, numbers};

/// Longer axes are not read for the words beside a slider.
const VALUES_MAX: u64 = 1 << 20;

/// The index along each slow axis of a frame that is counted over all of them.
///
/// `slow` are the sizes of the slow axes, slowest first.
pub(crate) fn indices(slow: &[u64], frame: u64) -> Vec<u64> {
    let mut rest = frame;
    let mut indices = vec![0; slow.len()];
    for (index, &size) in indices.iter_mut().zip(slow).rev() {
        let size = size.max(1);
        *index = rest % size;
        rest /= size;
    }
    indices
}

/// Where a frame stands along the slow axes of a signal: `theta 10.5 deg`; the
/// names of the axes alone while their values are on their way.
///
/// `frame_rank` is how many fast axes a frame has.
pub(crate) fn words(
    signal: &Signal,
    frame_rank: usize,
    frame: u64,
    resident: &mut dyn Resident,
) -> String {
    let shape = &signal.data.info().shape;
    let slow = &shape[..shape.len().saturating_sub(frame_rank)];
    let at = indices(slow, frame);
    let said = at.iter().enumerate().filter_map(|(dimension, &index)| {
        let axis = signal.axis(dimension)?;
        // An axis of one place says nothing about the frame.
        if slow[dimension] < 2 {
            return None;
        }
        Some(match value(axis, &at, index, resident) {
            Some(value) => format!("{} {value}", axis.label),
            None => format!("along {}", axis.label),
        })
    });
    said.collect::<Vec<String>>().join(", ")
}

/// The value of an axis at an index, with its unit, once it is here.
fn value(axis: &Axis, at: &[u64], index: u64, resident: &mut dyn Resident) -> Option<String> {
    let values = axis.values.as_ref()?;
    let shape = &values.info().shape;
    // Places on a bent grid vary along the slow axes too, when all of them are.
    let place: Option<Vec<u64>> = match axis.spans.as_slice() {
        [_] if shape.len() == 1 => Some(vec![index.checked_add(axis.skipped)?]),
        spans if spans.len() == shape.len() => {
            spans.iter().map(|&span| at.get(span).copied()).collect()
        }
        _ => None,
    };
    let place = place?;
    let count = shape
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))?;
    if count > VALUES_MAX {
        return None;
    }
    let whole = Slab::whole(shape);
    let Residence::Here(block) = resident.block(values, &whole, Priority::Prefetch) else {
        return None;
    };
    let flat = place
        .iter()
        .zip(shape)
        .try_fold(0u64, |flat, (&index, &size)| {
            (index < size).then_some(flat.checked_mul(size)?.checked_add(index)?)
        })?;
    let flat = usize::try_from(flat)
        .ok()
        .filter(|&flat| flat < block.samples.len())?;
    let text = if axis.is_categorical() || axis.scaling.is_identity() {
        block.samples.get_text(flat)
    } else {
        numbers::float(axis.scaling.apply(block.samples.get_f64(flat)), 6)
    };
    let text = text.trim();
    Some(if axis.unit.is_empty() {
        text.to_owned()
    } else {
        format!("{text} {}", axis.unit)
    })
}

/// The part of a dataset that lies along the last axis of the data, for a line
/// at such indices of the slow axes.
///
/// `spans` are the axes of the data that the dataset has, in its order.
pub(crate) fn line_slab(shape: &[u64], spans: &[usize], at: &[u64]) -> Option<Slab> {
    let mut slab = Slab::whole(shape);
    for (own, &span) in spans.iter().enumerate() {
        if span < at.len() {
            *slab.start.get_mut(own)? = at[span];
            *slab.count.get_mut(own)? = 1;
        }
    }
    slab.fits(shape).then_some(slab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_counted_with_the_slowest_axis_outermost() {
        assert_eq!(indices(&[2, 3], 4), [1, 1], "the second of the second");
        assert_eq!(indices(&[], 0), Vec::<u64>::new(), "no slow axes");
        assert_eq!(indices(&[0, 3], 2), [0, 2], "an empty axis has index 0");
    }

    #[test]
    fn a_line_of_a_bent_grid_is_its_row() {
        let slab = line_slab(&[4, 7], &[1, 2], &[9, 3]).expect("it fits");
        assert_eq!((slab.start, slab.count), (vec![3, 0], vec![1, 7]), "row 3");
        assert_eq!(
            line_slab(&[4, 7], &[1, 2], &[0, 4]),
            None,
            "beyond the rows"
        );
    }
}
