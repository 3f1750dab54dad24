//! Cutting a selection into pieces that fit into memory.

use hutch_model::Slab;

/// Cuts a slab into slabs of at most `limit` elements (or one row of the
/// fastest axis), so that the samples of one after the other are the samples of
/// the whole in C order.
pub(super) fn pieces(slab: &Slab, limit: u64) -> Vec<Slab> {
    let limit = limit.max(1);
    if slab.count.contains(&0) {
        return Vec::new();
    }
    // Axes behind `cut` are whole in every piece, those before it single.
    let mut cut = slab.count.len();
    let mut inner = 1u64;
    while cut > 0 && inner.saturating_mul(slab.count[cut - 1]) <= limit {
        cut -= 1;
        inner = inner.saturating_mul(slab.count[cut]);
    }
    if cut == 0 {
        return vec![slab.clone()];
    }
    let axis = cut - 1;
    let height = (limit / inner).max(1);
    let mut all = Vec::new();
    let outer: u64 = slab.count[..axis].iter().product();
    for position in 0..outer {
        let mut base = slab.clone();
        let mut rest = position;
        for before in (0..axis).rev() {
            let size = slab.count[before];
            base.start[before] += (rest % size) * slab.step[before];
            base.count[before] = 1;
            rest /= size;
        }
        let mut done = 0;
        while done < slab.count[axis] {
            let mut piece = base.clone();
            piece.start[axis] += done * slab.step[axis];
            piece.count[axis] = height.min(slab.count[axis] - done);
            done += piece.count[axis];
            all.push(piece);
        }
    }
    all
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
                .iter()
                .inspect(|piece| assert!(piece.fits(&shape), "inside for {limit}"))
                .flat_map(|piece| elements(piece, &shape))
                .collect();
            assert_eq!(cut, elements(&slab, &shape), "the whole for {limit}");
        }
    }

    #[test]
    fn nothing_selected_needs_no_piece_and_a_scalar_one() {
        let mut slab = Slab::whole(&[3, 4]);
        slab.count[0] = 0;
        assert!(pieces(&slab, 10).is_empty(), "nothing to read");
        assert_eq!(pieces(&Slab::whole(&[]), 10).len(), 1, "one value");
    }
}
