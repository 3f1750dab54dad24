//! Putting the elements of a part into their places.

use hutch_model::{Samples, Slab};

/// One arm for each type of samples.
macro_rules! for_same_type {
    ($one:expr, $other:expr, $from:ident, $into:ident => $body:expr; $($kind:ident)*) => {
        match ($one, $other) {
            $((Samples::$kind($from), Samples::$kind($into)) => $body,)*
            _ => None,
        }
    };
}

/// Copies `from`, in row-major order, to `place` of a result of this shape;
/// `None` where the two do not fit.
pub(super) fn scatter(
    from: &Samples,
    into: &mut Samples,
    shape: &[u64],
    place: &Slab,
) -> Option<()> {
    if !place.fits(shape) {
        return None;
    }
    for_same_type!(from, into, from, into => copy(from, into, shape, place);
        U8 U16 U32 U64 I8 I16 I32 I64 F16 F32 F64 Complex64 Complex128 Text Values)
}

/// Sets all elements to one; to zero where there is none.
pub(super) fn fill(samples: &mut Samples, with: Option<&Samples>) {
    let Some(with) = with else {
        let zeroed = Samples::zeroed(&samples.element(), 1).ok();
        if let Some(zeroed) = zeroed {
            repeat(&zeroed, samples);
        }
        return;
    };
    repeat(with, samples);
}

fn repeat(with: &Samples, samples: &mut Samples) {
    let done: Option<()> = for_same_type!(with, samples, with, samples => all(with, samples);
        U8 U16 U32 U64 I8 I16 I32 I64 F16 F32 F64 Complex64 Complex128 Text Values);
    debug_assert!(done.is_some(), "the fill value has the type of the samples");
}

fn all<T: Clone>(with: &[T], samples: &mut [T]) -> Option<()> {
    samples.fill(with.first()?.clone());
    Some(())
}

fn copy<T: Clone>(from: &[T], into: &mut [T], shape: &[u64], place: &Slab) -> Option<()> {
    let count = usize::try_from(place.element_count().ok()?).ok()?;
    if from.len() != count {
        return None;
    }
    if count == 0 {
        return Some(());
    }
    let Some((&row, outer)) = place.count.split_last() else {
        into.first_mut()?.clone_from(from.first()?);
        return Some(());
    };
    let row = usize::try_from(row).ok()?;
    let step = usize::try_from(*place.step.last()?).ok()?;
    let mut index = vec![0u64; outer.len()];
    for values in from.chunks_exact(row) {
        let at = row_start(&index, shape, place)?;
        if step == 1 {
            into.get_mut(at..at.checked_add(row)?)?
                .clone_from_slice(values);
        } else {
            let places = into.get_mut(at..)?.iter_mut().step_by(step);
            for (place, value) in places.zip(values) {
                place.clone_from(value);
            }
        }
        advance(&mut index, outer);
    }
    Some(())
}

/// The place of the first element of a row.
fn row_start(index: &[u64], shape: &[u64], place: &Slab) -> Option<usize> {
    let mut at = 0u64;
    for (axis, &size) in shape.iter().enumerate() {
        let along = index.get(axis).copied().unwrap_or(0);
        let along = along.checked_mul(place.step[axis])?;
        at = at
            .checked_mul(size)?
            .checked_add(place.start[axis].checked_add(along)?)?;
    }
    usize::try_from(at).ok()
}

fn advance(index: &mut [u64], count: &[u64]) {
    for (value, &size) in index.iter_mut().zip(count).rev() {
        *value += 1;
        if *value < size {
            return;
        }
        *value = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_goes_to_its_rows_and_columns() {
        let mut into = Samples::U16(vec![0; 12]);
        let place = Slab {
            start: vec![1, 0],
            count: vec![2, 2],
            step: vec![1, 2],
        };
        scatter(&Samples::U16(vec![1, 2, 3, 4]), &mut into, &[3, 4], &place).unwrap();
        let expected = vec![0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0];
        assert_eq!(
            into,
            Samples::U16(expected),
            "rows 1 and 2, columns 0 and 2"
        );
    }

    #[test]
    fn a_part_of_another_size_is_refused() {
        let mut into = Samples::U8(vec![0; 4]);
        let place = Slab::whole(&[2, 2]);
        let few = Samples::U8(vec![1; 3]);
        assert_eq!(
            scatter(&few, &mut into, &[2, 2], &place),
            None,
            "one is missing"
        );
    }
}
