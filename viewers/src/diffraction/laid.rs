//! Where points of a stored frame are on the screen: the frame as it is, or its panels where they lie.

use egui::Pos2;

use crate::assembled::Assembled;
use crate::canvas::ScreenMap;

/// How a frame lies on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Laid<'a> {
    /// Where points of the picture are on the screen.
    pub map: &'a ScreenMap,
    /// The picture of its panels, where it is shown instead of the frame.
    pub assembled: Option<&'a Assembled>,
}

impl Laid<'_> {
    /// The place of a point `[x, y]` of the frame that is drawn; `None` where no panel has it.
    pub(super) fn point(&self, point: [f64; 2]) -> Option<Pos2> {
        let point = match self.assembled {
            Some(assembled) => assembled.place_of(point)?,
            None => point,
        };
        Some(self.map.ui_from_image(point))
    }

    /// A line of points on one panel.
    pub(crate) fn line(&self, line: &[[f64; 2]]) -> Vec<Pos2> {
        let place = |point: &[f64; 2]| self.map.ui_from_image(*point);
        match self.assembled {
            Some(assembled) => {
                let line = assembled.line(line).unwrap_or_default();
                line.iter().map(place).collect()
            }
            None => line.iter().map(place).collect(),
        }
    }
}
