//! A part of a dataset as h5py and numpy read it, with its axes in the order that is shown.

use std::sync::Arc;

use hutch_formats::transposed::{stored_part, words};
use hutch_model::{Dataset, REPEATED, Slab};

use super::{index_of, quoted};

/// What reads a part of a dataset of the open `file`: `file["/entry/data"][3]`.
///
/// The part is of the dataset as it is shown, or of the whole stack that a mask of one frame belongs to.
pub(super) fn of_file(dataset: &Arc<dyn Dataset>, shown: &Slab) -> String {
    let path = quoted(&dataset.origin().path);
    let stored = dataset.transposed().map_or(dataset, |(stored, _)| stored);
    let info = stored.info();
    // One mask for all frames is cut like them once it is as many.
    let read = if info.layout == REPEATED {
        let shape: Vec<String> = info.shape.iter().map(u64::to_string).collect();
        format!("np.broadcast_to(file[{path}][()], ({}))", shape.join(", "))
    } else {
        format!("file[{path}]")
    };
    format!("{read}{}", of_array(dataset.as_ref(), shown))
}

/// What takes a part of an array, as it is stored, and turns its axes: `[3].transpose(1, 0)`.
pub(super) fn of_array(dataset: &dyn Dataset, shown: &Slab) -> String {
    let Some((stored, order)) = dataset.transposed() else {
        return index_of(shown, &dataset.info().shape);
    };
    let shape = &stored.info().shape;
    let part = stored_part(shown, order);
    // An axis of one index disappears before the others are turned.
    let left: Vec<usize> = (0..shape.len())
        .filter(|&axis| part.count[axis] != 1 || shape[axis] == 1)
        .collect();
    let turned: Vec<usize> = order
        .iter()
        .filter_map(|axis| left.iter().position(|left| left == axis))
        .collect();
    let index = index_of(&part, shape);
    if turned.is_sorted() {
        index
    } else {
        format!("{index}.transpose({})", words(&turned))
    }
}

/// The part of a dataset that is shown, in words: the index of the stored dataset, and how its axes lie.
pub(crate) fn part_words(dataset: &dyn Dataset, shown: &Slab) -> String {
    match dataset.transposed() {
        None => index_of(shown, &dataset.info().shape),
        Some((stored, order)) => {
            let index = index_of(&stored_part(shown, order), &stored.info().shape);
            format!("{index}, axes {}", words(order))
        }
    }
}
