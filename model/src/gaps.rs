//! Which samples of a slab are missing at their source.

use crate::{Block, BlockState, EncodedSlab, Slab};

/// Samples of a slab that should be somewhere and are not, so that what stands
/// in their place means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// None is missing, or all missing ones lie in these places, in indices of
    /// the result: the first element of the slab is at 0 on each axis.
    Places(Vec<Slab>),
    /// Some are missing, and nobody can say which.
    Somewhere,
}

impl Default for Gaps {
    fn default() -> Self {
        Self::Places(Vec::new())
    }
}

impl Gaps {
    /// The gaps that are known before anything is decoded.
    pub fn of(encoded: &EncodedSlab) -> Self {
        let missing = |state: &BlockState| matches!(state, BlockState::Missing(_));
        let pieces = &encoded.pieces;
        if !pieces.is_empty() {
            let absent = pieces
                .iter()
                .filter(|piece| missing(&piece.state) && piece.bytes.is_empty());
            return match absent.count() {
                0 if !pieces.iter().any(|piece| missing(&piece.state)) => Self::default(),
                count if count == pieces.len() => {
                    Self::Places(vec![Slab::whole(&encoded.slab.count)])
                }
                _ => Self::Somewhere,
            };
        }
        let mut places = Vec::new();
        for part in &encoded.parts {
            let Some((_, inner)) = part.source.as_ref().filter(|_| !missing(&part.state)) else {
                if missing(&part.state) {
                    places.push(part.place.clone());
                }
                continue;
            };
            let Self::Places(within) = Self::of(inner) else {
                return Self::Somewhere;
            };
            for gap in within {
                match placed(&gap, &inner.slab.count, &part.place) {
                    Some(gap) => places.push(gap),
                    None => return Self::Somewhere,
                }
            }
        }
        Self::Places(places)
    }

    /// The gaps of a block that was decoded from these bytes.
    pub fn of_block(encoded: &EncodedSlab, block: &Block) -> Self {
        if !matches!(block.state, BlockState::Missing(_)) {
            return Self::default();
        }
        match Self::of(encoded) {
            // A part turned out to be unreadable while it was decoded.
            Self::Places(places) if places.is_empty() => Self::Somewhere,
            Self::Places(places) if places == [Slab::whole(&encoded.slab.count)] => {
                Self::Places(vec![Slab::whole(&block.shape)])
            }
            gaps if encoded.slab.count == block.shape => gaps,
            // The dataset turned its axes.
            _ => Self::Somewhere,
        }
    }

    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Places(places) if places.is_empty())
    }

    /// Sets `mark` in `marks`, which has one entry for each element of a result
    /// of this shape, wherever a sample is missing. What does not fit is left.
    pub fn mark(&self, shape: &[u64], marks: &mut [u8], mark: u8) {
        let Self::Places(places) = self else {
            return;
        };
        for place in places.iter().filter(|place| place.fits(shape)) {
            mark_place(place, shape, 0, 0, &mut |at| {
                if let Some(entry) = usize::try_from(at).ok().and_then(|at| marks.get_mut(at)) {
                    *entry = mark;
                }
            });
        }
    }
}

/// A gap of a part, in indices of the whole; `None` where the part is folded on
/// its way.
fn placed(gap: &Slab, part: &[u64], place: &Slab) -> Option<Slab> {
    if *gap == Slab::whole(part) {
        return Some(place.clone());
    }
    if part != place.count {
        return None;
    }
    let axes = 0..part.len();
    Some(Slab {
        start: axes
            .clone()
            .map(|axis| {
                let along = gap.start[axis].checked_mul(place.step[axis])?;
                place.start[axis].checked_add(along)
            })
            .collect::<Option<_>>()?,
        count: gap.count.clone(),
        step: axes
            .map(|axis| gap.step[axis].checked_mul(place.step[axis]))
            .collect::<Option<_>>()?,
    })
}

/// Visits the elements of a place, row by row; `place` fits the shape.
fn mark_place(place: &Slab, shape: &[u64], axis: usize, before: u64, set: &mut impl FnMut(u64)) {
    let Some(&size) = shape.get(axis) else {
        return set(before);
    };
    for index in 0..place.count[axis] {
        let along = place.start[axis] + index * place.step[axis];
        mark_place(place, shape, axis + 1, before * size + along, set);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{EncodedPart, EncodedPiece};

    fn slab(start: &[u64], count: &[u64], step: &[u64]) -> Slab {
        Slab {
            start: start.to_vec(),
            count: count.to_vec(),
            step: step.to_vec(),
        }
    }

    fn part(place: Slab, state: BlockState) -> EncodedPart {
        EncodedPart {
            place,
            state,
            source: None,
        }
    }

    fn missing() -> BlockState {
        BlockState::Missing("it is away".to_owned())
    }

    #[test]
    fn a_missing_part_is_a_gap_in_its_rows_and_columns() {
        let whole = Slab::whole(&[1, 2, 4]);
        let place = slab(&[0, 1, 1], &[1, 1, 2], &[1, 1, 2]);
        let encoded = EncodedSlab::of_parts(whole, vec![part(place, missing())]);
        let mut marks = [0; 8];
        Gaps::of(&encoded).mark(&[1, 2, 4], &mut marks, 2);
        assert_eq!(marks, [0, 0, 0, 0, 0, 2, 0, 2]);
    }

    #[test]
    fn what_is_not_written_yet_is_no_gap() {
        let whole = Slab::whole(&[2]);
        let parts = vec![part(Slab::whole(&[2]), BlockState::Fill)];
        assert!(Gaps::of(&EncodedSlab::of_parts(whole, parts)).is_empty());
    }

    #[test]
    fn a_gap_within_a_part_is_found_in_the_whole() {
        let inner = slab(&[1], &[2], &[1]);
        let place = slab(&[3], &[4], &[2]);
        let expected = slab(&[5], &[2], &[2]);
        assert_eq!(placed(&inner, &[4], &place).unwrap(), expected);
        assert!(placed(&inner, &[2, 2], &place).is_none(), "it is folded");
        let all = Slab::whole(&[2, 2]);
        assert_eq!(placed(&all, &[2, 2], &place).unwrap(), place);
    }

    #[test]
    fn pieces_that_are_partly_missing_leave_it_open_where() {
        let piece = |state, bytes: &'static [u8]| EncodedPiece {
            key: 0,
            filter_mask: 0,
            state,
            bytes: Bytes::from_static(bytes),
        };
        let of = |pieces| Gaps::of(&EncodedSlab::of_pieces(Slab::whole(&[4]), pieces));
        let here = || piece(BlockState::Present, b"ab");
        assert!(of(vec![here()]).is_empty());
        assert_eq!(
            of(vec![here(), piece(missing(), b"")]),
            Gaps::Somewhere,
            "which elements a piece holds only its dataset knows"
        );
        assert_eq!(
            of(vec![piece(missing(), b"")]),
            Gaps::Places(vec![Slab::whole(&[4])])
        );
        assert_eq!(of(vec![piece(missing(), b"a")]), Gaps::Somewhere);
    }
}
