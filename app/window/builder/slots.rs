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
    Mask,
}

impl Place {
    /// Its name for people, given the number of dimensions.
    pub(super) fn name(self, rank: usize) -> String {
        match self {
            Self::Signal => "signal".to_owned(),
            Self::Axis(dimension) if dimension + 1 == rank => "axis, fastest".to_owned(),
            Self::Axis(0) => "axis, slowest".to_owned(),
            Self::Axis(dimension) => format!("axis {dimension}"),
            Self::Errors => "errors".to_owned(),
            Self::Mask => "mask".to_owned(),
        }
    }
}

/// The places of a plot of so many dimensions.
pub(super) fn places(rank: usize) -> Vec<Place> {
    let axes = (0..rank).rev().map(Place::Axis);
    std::iter::once(Place::Signal)
        .chain(axes)
        .chain([Place::Errors, Place::Mask])
        .collect()
}

/// The path on a place; empty where nothing is there.
pub(super) fn path(choice: &PlotChoice, place: Place) -> &str {
    match place {
        Place::Signal => &choice.signal,
        Place::Axis(dimension) => choice.axes.get(dimension).map_or("", String::as_str),
        Place::Errors => &choice.errors,
        Place::Mask => &choice.mask,
    }
}

/// Puts a path on a place. Another signal takes the rest with it, unless it has
/// the same number of dimensions.
pub(super) fn put(choice: &mut PlotChoice, place: Place, path: &str, rank: usize) {
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
        Place::Mask => &mut choice.mask,
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
        Place::Errors => !candidate.is_text && shape == signal,
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
