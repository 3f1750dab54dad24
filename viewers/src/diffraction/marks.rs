//! What was found in a frame as marks with places, shapes and colours, for pictures that are drawn without a screen.

use egui::Color32;
use hutch_model::{Chunk, Geometry, Reflection};

use super::found::{Mark, Placed, colour_of};
use crate::assembled::Assembled;
use crate::numbers;
use crate::theme::Tokens;

/// Half the width of the box of a peak, in pixels of the frame.
const BOX_PX: f64 = 3.0;
/// Half the width of a mark on the screen, at least.
const MARK_POINTS: f64 = 4.0;
/// Marks that are drawn of one frame.
pub(super) const DRAWN: usize = 20_000;
/// Names that are drawn.
pub(super) const NAMES: usize = 250;

/// How a mark looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkShape {
    /// A peak.
    Box,
    /// A reflection.
    Circle,
}

/// A peak or a reflection in a picture of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMark {
    /// `[x, y]` in the frame, or in the picture of its panels; pixel `i` has its centre at `i`.
    pub at: [f64; 2],
    /// How it looks.
    pub shape: MarkShape,
    /// Its colour.
    pub colour: Color32,
    /// The indices of a reflection, where it is one of those that are named; empty for a peak.
    pub name: String,
}

/// Half the width of a mark on a screen that shows a pixel of the frame `zoom` points wide.
pub fn half_width(shape: MarkShape, zoom: f64) -> f64 {
    let half_px = match shape {
        MarkShape::Box => BOX_PX,
        MarkShape::Circle => BOX_PX - 0.5,
    };
    (half_px * zoom).max(MARK_POINTS)
}

/// The indices of a reflection, as in `1 −2 3`.
pub(super) fn name_of(of: &Reflection) -> String {
    let [h, k, l] = of.hkl.map(|index| numbers::integer(index.into()));
    format!("{h} {k} {l}")
}

/// The peaks that a file keeps of a frame, `[x, y]` in its pixels.
pub fn marks_of_peaks(
    peaks: &[[f64; 2]],
    assembled: Option<&Assembled>,
    tokens: Tokens,
) -> Vec<FoundMark> {
    let place = |point: &[f64; 2]| match assembled {
        Some(assembled) => assembled.place_of(*point),
        None => Some(*point),
    };
    peaks
        .iter()
        .filter_map(place)
        .map(|at| FoundMark {
            at,
            shape: MarkShape::Box,
            colour: tokens.attention,
            name: String::new(),
        })
        .collect()
}

/// What a run found in a frame: its peaks, and the reflections of each crystal that lie on a plane of the detector.
pub fn marks_of_run(
    chunk: Chunk,
    (geometry, plane): (Option<&Geometry>, &[u64]),
    assembled: Option<&Assembled>,
    tokens: Tokens,
) -> Vec<FoundMark> {
    let placed = Placed::new(chunk, geometry);
    let place = |mark: &Mark| mark.place((geometry, plane), assembled);
    let peaks = placed.peaks.iter().take(DRAWN).filter_map(place);
    let mut marks: Vec<FoundMark> = peaks
        .map(|at| FoundMark {
            at,
            shape: MarkShape::Box,
            colour: tokens.attention,
            name: String::new(),
        })
        .collect();
    let mut names = 0;
    let crystals = placed.chunk.crystals.iter().zip(&placed.reflections);
    for (number, (crystal, of_crystal)) in crystals.enumerate() {
        for (reflection, mark) in crystal.reflections.iter().zip(of_crystal).take(DRAWN) {
            let Some(at) = place(mark) else { continue };
            let is_named = names < NAMES;
            names += usize::from(is_named);
            marks.push(FoundMark {
                at,
                shape: MarkShape::Circle,
                colour: colour_of(tokens, number),
                name: if is_named {
                    name_of(reflection)
                } else {
                    String::new()
                },
            });
        }
    }
    marks
}
