//! Shapes as runs of pixels.

use std::ops::Range;

use super::shape::Shape;
use crate::numeric::floor_to_index;

/// Pixels `first..end` of a row of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The row.
    pub row: usize,
    /// The first pixel of it.
    pub first: usize,
    /// The pixel behind the last one.
    pub end: usize,
}

/// The pixels `first..end` of an axis of `length` whose centres lie between two places.
fn within(low: f64, high: f64, length: usize) -> Range<usize> {
    // What is below zero, or no number, becomes zero.
    let first = floor_to_index(low.ceil()).min(length);
    let end = if high < 0.0 {
        0
    } else {
        floor_to_index(high).saturating_add(1).min(length)
    };
    first..end.max(first)
}

impl Shape {
    /// The rows of a frame of this height that it may cover.
    pub fn rows(&self, height: usize) -> Range<usize> {
        let [_, low, _, high] = self.bounds();
        within(low, high, height)
    }

    /// Its pixels in some rows of a frame of this width, row by row.
    pub fn runs(&self, rows: Range<usize>, width: usize) -> Vec<Run> {
        let [low, _, high, _] = self.bounds();
        let columns = within(low, high, width);
        let mut runs = Vec::new();
        for row in rows {
            let mut first = None;
            for column in columns.clone() {
                let is_inside = self.contains(column as f64, row as f64);
                match first {
                    None if is_inside => first = Some(column),
                    Some(start) if !is_inside => {
                        runs.push(Run {
                            row,
                            first: start,
                            end: column,
                        });
                        first = None;
                    }
                    _ => {}
                }
            }
            if let Some(start) = first {
                runs.push(Run {
                    row,
                    first: start,
                    end: columns.end,
                });
            }
        }
        runs
    }

    /// True for its pixels in a frame `[height, width]`.
    pub fn mask(&self, [height, width]: [usize; 2]) -> Vec<bool> {
        let mut mask = vec![false; height.saturating_mul(width)];
        for run in self.runs(self.rows(height), width) {
            mask[run.row * width + run.first..run.row * width + run.end].fill(true);
        }
        mask
    }
}
