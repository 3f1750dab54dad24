//! The places of a plot that datasets are put on.

use hutch_model::PlotChoice;

use super::list::Candidate;

/// A place of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Signal,
    /// The axis of a dimension.
    Axis(usize),
    Errors,
    Weights,
    Mask,
    /// A further signal, by its number.
    Auxiliary(usize),
}

/// Further signals that a plot is put together of at most.
const AUXILIARY_MAX: usize = 16;

impl Place {
    /// Its name for people, given the number of dimensions.
    pub(super) fn name(self, rank: usize) -> String {
        match self {
            Self::Signal => "signal".to_owned(),
            Self::Axis(dimension) if dimension + 1 == rank => "axis, fastest".to_owned(),
            Self::Axis(0) => "axis, slowest".to_owned(),
            Self::Axis(dimension) => format!("axis {dimension}"),
            Self::Errors => "errors".to_owned(),
            Self::Weights => "weights".to_owned(),
            Self::Mask => "mask".to_owned(),
            Self::Auxiliary(0) => "auxiliary signal".to_owned(),
            Self::Auxiliary(number) => format!("auxiliary signal {}", number + 1),
        }
    }
}

/// The places of a plot: those of its dimensions, and one more for a further signal than it has.
pub(super) fn places(choice: &PlotChoice) -> Vec<Place> {
    let axes = (0..choice.axes.len()).rev().map(Place::Axis);
    let further = (choice.auxiliary.len() + 1).min(AUXILIARY_MAX);
    std::iter::once(Place::Signal)
        .chain(axes)
        .chain([Place::Errors, Place::Weights, Place::Mask])
        .chain((0..further).map(Place::Auxiliary))
        .collect()
}

/// The path on a place; empty where nothing is there.
pub(super) fn path(choice: &PlotChoice, place: Place) -> &str {
    match place {
        Place::Signal => &choice.signal,
        Place::Axis(dimension) => choice.axes.get(dimension).map_or("", String::as_str),
        Place::Errors => &choice.errors,
        Place::Weights => &choice.weights,
        Place::Mask => &choice.mask,
        Place::Auxiliary(number) => choice.auxiliary.get(number).map_or("", String::as_str),
    }
}

/// Puts a further signal on its place, once only; what is taken away leaves no gap.
fn put_auxiliary(further: &mut Vec<String>, number: usize, path: &str) {
    let is_there = further.iter().any(|known| known == path);
    if number < further.len() && path.is_empty() {
        further.remove(number);
    } else if path.is_empty() || is_there {
        // Nothing to put, or it is drawn already.
    } else if let Some(known) = further.get_mut(number) {
        path.clone_into(known);
    } else if further.len() < AUXILIARY_MAX {
        further.push(path.to_owned());
    }
}

/// Puts a path on a place. Another signal takes the rest with it, unless it has
/// the same number of dimensions.
pub(super) fn put(choice: &mut PlotChoice, place: Place, path: &str, rank: usize) {
    if let Place::Auxiliary(number) = place {
        return put_auxiliary(&mut choice.auxiliary, number, path);
    }
    path.clone_into(match place {
        Place::Signal => {
            if choice.axes.len() != rank {
                *choice = PlotChoice {
                    axes: vec![String::new(); rank],
                    ..PlotChoice::default()
                };
            }
            &mut choice.signal
        }
        Place::Axis(dimension) => match choice.axes.get_mut(dimension) {
            Some(axis) => axis,
            None => return,
        },
        Place::Errors => &mut choice.errors,
        Place::Weights => &mut choice.weights,
        Place::Mask | Place::Auxiliary(_) => &mut choice.mask,
    });
}

/// Whether a dataset suits a place beside a signal of that shape.
pub(super) fn suits(candidate: &Candidate, place: Place, signal: &[u64]) -> bool {
    let shape = candidate.shape.as_slice();
    match place {
        Place::Signal => !candidate.is_text,
        Place::Axis(dimension) => {
            let Some(&size) = signal.get(dimension) else {
                return false;
            };
            let fits = |&count: &u64| count == size || size.checked_add(1) == Some(count);
            match shape {
                [count] => fits(count),
                [] => size == 1,
                // Places on a bent grid have the sizes of some dimensions in a row.
                _ => signal
                    .windows(shape.len())
                    .enumerate()
                    .any(|(start, sizes)| {
                        (start..start + shape.len()).contains(&dimension) && sizes == shape
                    }),
            }
        }
        Place::Errors | Place::Weights | Place::Auxiliary(_) => {
            !candidate.is_text && shape == signal
        }
        Place::Mask => !candidate.is_text && !shape.is_empty() && signal.ends_with(shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(shape: &[u64]) -> Candidate {
        Candidate {
            path: "/x".to_owned(),
            shape: shape.to_vec(),
            is_text: false,
        }
    }

    #[test]
    fn only_what_fits_is_offered_for_a_place() {
        let signal = [3, 7, 5];
        let suits = |shape: &[u64], place| suits(&candidate(shape), place, &signal);
        assert!(
            suits(&[5], Place::Axis(2)) && suits(&[6], Place::Axis(2)),
            "points, edges"
        );
        assert!(!suits(&[5], Place::Axis(1)), "not of another dimension");
        assert!(suits(&[7, 5], Place::Axis(1)), "places on a grid");
        assert!(
            !suits(&[7, 5], Place::Axis(0)),
            "which is not of the slowest"
        );
        assert!(
            suits(&[7, 5], Place::Mask) && !suits(&[3, 7], Place::Mask),
            "of a frame"
        );
        assert!(
            suits(&[3, 7, 5], Place::Errors) && !suits(&[5], Place::Errors),
            "of all"
        );
    }

    #[test]
    fn further_signals_stand_in_a_row_without_gaps() {
        let mut choice = PlotChoice::default();
        put(&mut choice, Place::Signal, "/a", 1);
        for (number, path) in [(0, "/b"), (1, "/c"), (2, "/b"), (9, "/d")] {
            put(&mut choice, Place::Auxiliary(number), path, 1);
        }
        assert_eq!(choice.auxiliary, ["/b", "/c", "/d"], "each once");
        put(&mut choice, Place::Auxiliary(1), "", 1);
        assert_eq!(choice.auxiliary, ["/b", "/d"], "the rest moves up");
        put(&mut choice, Place::Weights, "/w", 1);
        assert_eq!(path(&choice, Place::Weights), "/w");
        let last = places(&choice).pop();
        assert_eq!(
            last,
            Some(Place::Auxiliary(2)),
            "there is a place for one more"
        );
    }

    #[test]
    fn another_signal_of_the_same_rank_keeps_the_axes() {
        let mut choice = PlotChoice::default();
        put(&mut choice, Place::Signal, "/a", 2);
        put(&mut choice, Place::Axis(1), "/x", 2);
        put(&mut choice, Place::Axis(7), "/nowhere", 2);
        put(&mut choice, Place::Signal, "/b", 2);
        assert_eq!(choice.axes, ["", "/x"], "the axes stay");
        put(&mut choice, Place::Signal, "/c", 1);
        assert_eq!(choice.axes, [""], "of one dimension they cannot");
    }
}
