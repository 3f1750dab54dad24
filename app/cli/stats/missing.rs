//! Which samples of a piece are missing, as far as what was fetched tells.

use hutch_model::{BlockState, EncodedPart, EncodedSlab, Slab};

/// True where a sample is missing; `None` where that cannot be told without
/// reading again, as of a chunk that lies behind the end of its file.
pub(super) fn of(encoded: &EncodedSlab) -> Option<Vec<bool>> {
    if encoded.parts.is_empty() || !encoded.pieces.is_empty() {
        return None;
    }
    let count = usize::try_from(encoded.slab.element_count().ok()?).ok()?;
    let mut missing = vec![false; count];
    // The place of a source that is absent may be a box around what it would
    // fill, so that what others fill in it is there.
    let (present, absent): (Vec<_>, Vec<_>) =
        encoded.parts.iter().partition(|part| part.source.is_some());
    for part in absent.into_iter().chain(present) {
        let gone = in_part(part)?;
        if part.place == Slab::whole(&encoded.slab.count) {
            missing = gone;
            continue;
        }
        let width = usize::try_from(part.place.count.last().copied()?).ok()?;
        let step = usize::try_from(part.place.step.last().copied()?).ok()?;
        let rows = rows(&part.place, &encoded.slab.count);
        for (row, gone) in rows.zip(gone.chunks(width.max(1))) {
            let places = missing.get_mut(usize::try_from(row).ok()?..)?;
            for (place, gone) in places.iter_mut().step_by(step.max(1)).zip(gone) {
                *place = *gone;
            }
        }
    }
    (missing.len() == count).then_some(missing)
}

fn in_part(part: &EncodedPart) -> Option<Vec<bool>> {
    let count = usize::try_from(part.place.element_count().ok()?).ok()?;
    let Some((dataset, inner)) = &part.source else {
        let is_missing = matches!(part.state, BlockState::Missing(_));
        return Some(vec![is_missing; count]);
    };
    // Bytes that came may turn out to be damaged.
    match dataset.decode(inner).ok()?.state {
        BlockState::Present | BlockState::Fill => Some(vec![false; count]),
        BlockState::Missing(_) => of(inner),
        BlockState::Torn => None,
    }
}

/// Where the rows of a slab begin in an array, in row-major order.
fn rows<'a>(slab: &'a Slab, shape: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
    let last = shape.len().saturating_sub(1);
    let count: u64 = slab.count.iter().take(last).product();
    (0..count).map(move |number| {
        let (mut rest, mut index, mut stride) = (number, 0, 1);
        for axis in (0..shape.len()).rev() {
            let along = if axis == last {
                0
            } else {
                let size = slab.count[axis].max(1);
                let along = rest % size;
                rest /= size;
                along
            };
            index += (slab.start[axis] + along * slab.step[axis]) * stride;
            stride *= shape[axis];
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slab(start: [u64; 2], count: [u64; 2], step: [u64; 2]) -> Slab {
        Slab {
            start: start.to_vec(),
            count: count.to_vec(),
            step: step.to_vec(),
        }
    }

    fn gone(place: Slab) -> EncodedPart {
        EncodedPart {
            place,
            state: BlockState::Missing("absent".to_owned()),
            source: None,
        }
    }

    #[test]
    fn parts_without_a_source_are_missing() {
        let place = slab([1, 0], [1, 2], [1, 2]);
        let encoded = EncodedSlab::of_parts(slab([5, 5], [2, 3], [1, 1]), vec![gone(place)]);
        let expected = [false, false, false, true, false, true];
        assert_eq!(of(&encoded).unwrap(), expected, "every second of a line");
        let all = gone(slab([0, 0], [2, 3], [1, 1]));
        let encoded = EncodedSlab::of_parts(slab([0, 0], [2, 3], [1, 1]), vec![all]);
        assert_eq!(of(&encoded).unwrap(), [true; 6], "all of them");
    }

    #[test]
    fn a_missing_chunk_is_not_told_by_its_place() {
        let piece = hutch_model::EncodedPiece {
            key: 0,
            filter_mask: 0,
            state: BlockState::Missing("cut".to_owned()),
            bytes: Vec::new().into(),
        };
        let encoded = EncodedSlab::of_pieces(slab([0, 0], [1, 1], [1, 1]), vec![piece]);
        assert!(of(&encoded).is_none(), "it is read again");
    }
}
