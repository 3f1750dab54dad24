//! Masks that people paint: a list of steps, each a line of text, that become a pixel mask.
//!
//! A mask is what its steps make of an empty frame, one after the other, so that it can be
//! undone, sent as text and made again. Thresholds name the frame that they were taken of.

mod boxes;
mod step;

pub use boxes::boxes_of;
pub use step::{Ink, Side, Step};

use std::collections::BTreeMap;

use hutch_model::{Cancel, Result, Samples};

use crate::region::{Run, Shape};

/// The frames whose values thresholds are about, by their numbers.
pub fn frames_of(steps: &[Step]) -> Vec<u64> {
    let mut frames: Vec<u64> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Paint(Ink::Threshold(_, _, frame), _) => Some(*frame),
            _ => None,
        })
        .collect();
    frames.sort_unstable();
    frames.dedup();
    frames
}

/// The mask `[height, width]` that steps make: true where a pixel is masked.
///
/// A threshold whose frame is not among `frames` or of another size masks nothing.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`] where nobody wants it any more.
pub fn painted(
    steps: &[Step],
    [height, width]: [usize; 2],
    frames: &BTreeMap<u64, &Samples>,
    cancel: &Cancel,
) -> Result<Vec<bool>> {
    let empty = vec![false; height.saturating_mul(width)];
    painted_on(empty, steps, ([height, width], frames), cancel)
}

/// The same on a mask that is there already.
///
/// # Errors
/// Those of [`painted`].
pub fn painted_on(
    mut mask: Vec<bool>,
    steps: &[Step],
    ([height, width], frames): ([usize; 2], &BTreeMap<u64, &Samples>),
    cancel: &Cancel,
) -> Result<Vec<bool>> {
    for step in steps {
        cancel.check()?;
        let (ink, adds) = match step {
            Step::Invert => {
                for pixel in &mut mask {
                    *pixel = !*pixel;
                }
                continue;
            }
            Step::Paint(ink, adds) => (ink, *adds),
        };
        match ink {
            Ink::Shape(shape) => fill(
                &mut mask,
                width,
                &shape.runs(shape.rows(height), width),
                adds,
            ),
            Ink::Stroke(radius, points) => {
                for part in stroke(*radius, points) {
                    fill(&mut mask, width, &part.runs(part.rows(height), width), adds);
                }
            }
            Ink::Boxes(boxes) => {
                for [x0, y0, x1, y1] in boxes {
                    let index = |edge: &u32| usize::try_from(*edge).unwrap_or(usize::MAX);
                    let columns = index(x0).min(width)..index(x1).saturating_add(1).min(width);
                    for row in index(y0)..index(y1).saturating_add(1).min(height) {
                        let run = Run {
                            row,
                            first: columns.start,
                            end: columns.end.max(columns.start),
                        };
                        fill(&mut mask, width, &[run], adds);
                    }
                }
            }
            Ink::Threshold(side, limit, frame) => {
                let Some(samples) = frames.get(frame).filter(|of| of.len() == mask.len()) else {
                    continue;
                };
                for (index, pixel) in mask.iter_mut().enumerate() {
                    if side.is_beyond(samples.get_f64(index), *limit) {
                        *pixel = adds;
                    }
                }
            }
        }
    }
    Ok(mask)
}

fn fill(mask: &mut [bool], width: usize, runs: &[Run], adds: bool) {
    for run in runs {
        let first = run.row.saturating_mul(width);
        if let Some(pixels) = mask.get_mut(first + run.first..first + run.end) {
            pixels.fill(adds);
        }
    }
}

/// A stroke of a round pencil: a circle at each point, and what lies between two of them.
fn stroke(radius: f64, points: &[[f64; 2]]) -> Vec<Shape> {
    let circles = points.iter().map(|[x, y]| Shape::Circle([*x, *y, radius]));
    let lines = points.windows(2).map(|pair| {
        let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
        Shape::Line([x0, y0, x1, y1], 2.0 * radius)
    });
    circles.chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(steps: &[&str]) -> Vec<bool> {
        let steps: Vec<Step> = steps
            .iter()
            .map(|text| text.parse().expect("a step"))
            .collect();
        let frame = Samples::U16((0..12).collect());
        let frames = BTreeMap::from([(7, &frame)]);
        painted(&steps, [3, 4], &frames, &Cancel::new()).expect("not cancelled")
    }

    fn masked(steps: &[&str]) -> Vec<usize> {
        let mask = made(steps).into_iter().enumerate();
        mask.filter(|(_, masked)| *masked)
            .map(|(index, _)| index)
            .collect()
    }

    #[test]
    fn what_is_painted_can_be_taken_away_again() {
        assert_eq!(masked(&["add rectangle 0 0 2 1"]), [0, 1, 2, 4, 5, 6]);
        assert_eq!(
            masked(&["add rectangle 0 0 2 1", "take point 1 1"]),
            [0, 1, 2, 4, 6]
        );
        assert_eq!(masked(&["add rectangle 0 0 3 1", "invert"]), [8, 9, 10, 11]);
        assert_eq!(masked(&["add boxes 1 0 2 1"]), [1, 2, 5, 6]);
        assert_eq!(
            masked(&["add boxes 3 2 90 90"]),
            [11],
            "as far as the frame goes"
        );
    }

    #[test]
    fn a_stroke_masks_all_that_the_pencil_went_over() {
        assert_eq!(masked(&["add stroke 0.5 0 1 3 1"]), [4, 5, 6, 7]);
        assert_eq!(masked(&["add stroke 1 1 1"]), [1, 4, 5, 6, 9], "one press");
    }

    #[test]
    fn a_threshold_is_of_the_frame_that_it_names() {
        assert_eq!(masked(&["add above 9 of 7"]), [10, 11]);
        assert_eq!(masked(&["add below 2 of 7"]), [0, 1]);
        assert_eq!(
            masked(&["add above 9 of 8"]),
            Vec::<usize>::new(),
            "not here"
        );
        let steps: Vec<Step> = ["add above 9 of 7".parse(), "add below 1 of 3".parse()]
            .map(|step| step.expect("a step"))
            .to_vec();
        assert_eq!(frames_of(&steps), [3, 7]);
    }

    #[test]
    fn boxes_make_the_very_mask_that_they_are_of() {
        let mut random = 7_u64;
        let mask: Vec<bool> = (0..40 * 30)
            .map(|_| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                random >> 62 == 0
            })
            .collect();
        let boxes = boxes_of(&mask, 40, 10_000).expect("they are few");
        let steps = [Step::Paint(Ink::Boxes(boxes), true)];
        let again = painted(&steps, [30, 40], &BTreeMap::new(), &Cancel::new());
        assert_eq!(again.expect("not cancelled"), mask);
        assert_eq!(boxes_of(&mask, 40, 3), None, "more than that");
        let gap: Vec<bool> = (0..40 * 30).map(|index| index % 40 < 3).collect();
        assert_eq!(boxes_of(&gap, 40, 3), Some(vec![[0, 0, 2, 29]]), "one gap");
    }
}
