//! Cutting a selection into pieces that fit into memory.

use hutch_model::Slab;

/// Cuts a slab into slabs of at most `limit` elements (or one row of the
/// fastest axis), so that the samples of one after the other are the samples of
/// the whole in C order. They are made one by one: a file may claim any shape.
pub(super) fn pieces(slab: &Slab, limit: u64) -> impl Iterator<Item = Slab> {
    let limit = limit.max(1);
    // Axes behind `cut` are whole in every piece, those before it single.
    let mut cut = slab.count.len();
    let mut inner = 1u64;
    while cut > 0 && inner.saturating_mul(slab.count[cut - 1]) <= limit {
        cut -= 1;
        inner = inner.saturating_mul(slab.count[cut]);
    }
    let height = (limit / inner.max(1)).max(1);
    let count = if slab.count.contains(&0) {
        0
    } else {
        let outer = slab.count[..cut.saturating_sub(1)].iter();
        let outer = outer.fold(1u64, |outer, &count| outer.saturating_mul(count));
        let along = cut.checked_sub(1).map_or(1, |axis| slab.count[axis]);
        outer.saturating_mul(along.div_ceil(height))
    };
    let slab = slab.clone();
    (0..count).map(move |number| match cut.checked_sub(1) {
        Some(axis) => piece(&slab, axis, height, number),
        None => slab.clone(),
    })
}

/// The piece of this number, of `height` indices along an axis.
fn piece(slab: &Slab, axis: usize, height: u64, number: u64) -> Slab {
    let mut piece = slab.clone();
    let along = slab.count[axis].div_ceil(height).max(1);
    let (mut rest, done) = (number / along, number % along * height);
    for before in (0..axis).rev() {
        let size = slab.count[before].max(1);
        piece.start[before] += (rest % size) * slab.step[before];
        piece.count[before] = 1;
        rest /= size;
    }
    piece.start[axis] += done * slab.step[axis];
    piece.count[axis] = height.min(slab.count[axis] - done);
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flat indices of the elements of a slab, in C order.
    fn elements(slab: &Slab, shape: &[u64]) -> Vec<u64> {
        let mut all = vec![0];
        for (axis, size) in shape.iter().enumerate() {
            all = all
                .iter()
                .flat_map(|&flat| {
                    (0..slab.count[axis])
                        .map(move |index| flat * size + slab.start[axis] + index * slab.step[axis])
                })
                .collect();
        }
        all
    }

    #[test]
    fn pieces_one_after_the_other_are_the_whole() {
        let shape = [5, 6, 7];
        let slab = Slab {
            start: vec![1, 0, 2],
            count: vec![2, 3, 5],
            step: vec![2, 2, 1],
        };
        for limit in [1, 4, 5, 7, 11, 15, 16, 30, 1000] {
            let cut: Vec<u64> = pieces(&slab, limit)
                .inspect(|piece| assert!(piece.fits(&shape), "inside for {limit}"))
                .flat_map(|piece| elements(&piece, &shape))
                .collect();
            assert_eq!(cut, elements(&slab, &shape), "the whole for {limit}");
        }
    }

    #[test]
    fn nothing_selected_needs_no_piece_and_a_scalar_one() {
        let mut slab = Slab::whole(&[3, 4]);
        slab.count[0] = 0;
        assert_eq!(pieces(&slab, 10).count(), 0, "nothing to read");
        assert_eq!(pieces(&Slab::whole(&[]), 10).count(), 1, "one value");
    }

    #[test]
    fn a_shape_beyond_all_memory_is_cut_as_it_is_read() {
        let slab = Slab::whole(&[4, 1 << 48, 8]);
        let mut some = pieces(&slab, 1000).skip(1);
        let second = some.next().unwrap();
        assert_eq!(
            (second.start, second.count),
            (vec![0, 125, 0], vec![1, 125, 8])
        );
        let endless = Slab::whole(&[u64::MAX, u64::MAX]);
        assert!(pieces(&endless, 10).next().is_some(), "no overflow");
    }
}
