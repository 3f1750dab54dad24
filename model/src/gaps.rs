//! Which samples of a slab are missing at their source.

use crate::{Block, BlockState, Dataset, EncodedPart, EncodedPiece, EncodedSlab, ErrorKind, Slab};

/// Samples of a block that should be somewhere and are not, so that what stands
/// in their place means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// All samples are there.
    #[default]
    None,
    /// Those are missing for which it says true, in the order of the block.
    These(Vec<bool>),
    /// Some are missing, and nobody can say which without reading again.
    Somewhere,
}

impl Gaps {
    /// The gaps of a block that a dataset decoded from these bytes. Where there are
    /// any, the parts are decoded once more.
    pub fn of(dataset: &dyn Dataset, encoded: &EncodedSlab, block: &Block) -> Self {
        match block.state {
            BlockState::Missing(_) => Self::of_missing(dataset.missing(encoded), encoded, block),
            _ => Self::None,
        }
    }

    fn of_missing(missing: Option<Vec<bool>>, encoded: &EncodedSlab, block: &Block) -> Self {
        match missing {
            Some(missing) if missing.iter().all(|missing| *missing) => Self::These(missing),
            Some(missing) if encoded.slab.count == block.shape => Self::These(missing),
            // Only the dataset knows its pieces.
            _ => Self::Somewhere,
        }
    }
}

/// True where a sample is missing, of a slab whose parts lie as they are read; [`Dataset::missing`] knows of any. `None` where that cannot be told without
/// reading again, as of a chunk that lies behind the end of its file.
pub fn missing_samples(encoded: &EncodedSlab) -> Option<Vec<bool>> {
    let count = usize::try_from(encoded.slab.element_count().ok()?).ok()?;
    // What of a piece is there only its dataset knows.
    if encoded.parts.is_empty() || !encoded.pieces.is_empty() {
        return None;
    }
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
    // Bytes that came may turn out to be damaged. Those that were read straight
    // into their samples are decoded once, and nothing can be found in them.
    let state = match dataset.decode(inner) {
        Ok(block) => block.state,
        Err(error) if error.kind == ErrorKind::Internal => {
            let is_here = |piece: &EncodedPiece| piece.state == BlockState::Present;
            let all_here = inner.parts.is_empty() && inner.pieces.iter().all(is_here);
            return all_here.then(|| vec![false; count]);
        }
        Err(_) => return None,
    };
    match state {
        BlockState::Present | BlockState::Fill => Some(vec![false; count]),
        BlockState::Missing(_) => dataset.missing(inner),
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
    use crate::Samples;

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
        assert_eq!(
            missing_samples(&encoded).unwrap(),
            expected,
            "every second of a line"
        );
        let all = gone(slab([0, 0], [2, 3], [1, 1]));
        let encoded = EncodedSlab::of_parts(slab([0, 0], [2, 3], [1, 1]), vec![all]);
        assert_eq!(missing_samples(&encoded).unwrap(), [true; 6], "all of them");
    }

    #[test]
    fn a_missing_chunk_is_not_told_by_its_place() {
        let piece = EncodedPiece {
            key: 0,
            filter_mask: 0,
            state: BlockState::Missing("cut".to_owned()),
            bytes: Vec::new().into(),
        };
        let encoded = EncodedSlab::of_pieces(slab([0, 0], [1, 1], [1, 1]), vec![piece]);
        assert!(missing_samples(&encoded).is_none(), "it is read again");
    }

    #[test]
    fn gaps_of_blocks_of_another_shape_are_somewhere() {
        let place = slab([0, 0], [1, 1], [1, 1]);
        let encoded = EncodedSlab::of_parts(slab([0, 0], [1, 2], [1, 1]), vec![gone(place)]);
        let mut block = Block {
            shape: vec![1, 2],
            samples: Samples::U8(vec![0, 0]),
            state: BlockState::Missing("absent".to_owned()),
        };
        let of = |block: &Block| Gaps::of_missing(missing_samples(&encoded), &encoded, block);
        assert_eq!(of(&block), Gaps::These(vec![true, false]));
        block.shape = vec![2, 1];
        assert_eq!(of(&block), Gaps::Somewhere);
    }

    #[test]
    fn what_is_not_written_yet_is_not_missing() {
        let mut part = gone(slab([0, 0], [1, 2], [1, 1]));
        part.state = BlockState::Fill;
        let encoded = EncodedSlab::of_parts(slab([0, 0], [1, 2], [1, 1]), vec![part]);
        assert_eq!(missing_samples(&encoded).unwrap(), [false; 2]);
    }
}
