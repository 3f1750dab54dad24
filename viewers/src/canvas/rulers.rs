//! Physical axes along the edges of a frame.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Galley, Rect, Stroke, Ui, pos2, vec2};
use hutch_model::{Axis, AxisKind, Block, Samples, Slab};

use super::ScreenMap;
use crate::numbers;
use crate::theme::{Tokens, secondary};
use crate::{Priority, Resident};

/// Room for the axis at the left, in points.
pub(crate) const LEFT: f32 = 64.0;
/// Room for the axis below, in points.
pub(crate) const BELOW: f32 = 40.0;
/// Points between two ticks, at least.
const PITCH: [f64; 2] = [84.0, 40.0];
/// The same between two names.
const NAME_PITCH: [f64; 2] = [64.0, 16.0];
/// Names that are drawn at most.
const MOST_NAMES: u32 = 256;
/// An axis of more values is not read for its ticks.
const MOST_VALUES: u64 = 1 << 22;

/// The values along one axis of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Ruler {
    label: String,
    values: Arc<Block>,
    kind: AxisKind,
}

/// Whether an axis is short enough to be read for its ticks.
pub(crate) fn is_short(axis: &Axis) -> bool {
    let shape = axis
        .values
        .as_ref()
        .map(|values| values.info().shape.as_slice());
    matches!(shape, Some([count]) if (1..=MOST_VALUES).contains(count))
}

/// A text that is cut where it is wider than there is room for.
fn cut_text(ui: &Ui, text: String, widest: f32, colour: Color32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text, secondary(), colour);
    job.wrap = TextWrapping::truncate_at_width(widest);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

impl Ruler {
    /// The ruler of an axis with `size` pixels, once its values are here; `None`
    /// for one that cannot be drawn along an edge.
    pub(crate) fn of(axis: &Axis, size: u32, resident: &mut dyn Resident) -> Option<Self> {
        let values = axis.values.as_ref()?;
        let [count] = *values.info().shape.as_slice() else {
            return None;
        };
        let wanted = match axis.kind {
            AxisKind::Points => u64::from(size),
            AxisKind::Edges => u64::from(size) + 1,
        };
        if count != wanted || !is_short(axis) {
            return None;
        }
        // Names stand at pixels; one place has no line to another.
        let is_name = axis.is_categorical() && axis.kind == AxisKind::Points;
        let is_number = values.info().element.is_numeric() && count > 1;
        // Stored values that are not the places would be wrong numbers.
        if !(is_name || is_number && axis.scaling.is_identity()) {
            return None;
        }
        let slab = Slab::whole(&values.info().shape);
        let block = resident.block(values, &slab, Priority::Visible);
        let label = if axis.unit.is_empty() {
            axis.label.clone()
        } else {
            format!("{} ({})", axis.label, axis.unit)
        };
        Some(Self {
            label,
            values: Arc::clone(block.here()?),
            kind: axis.kind,
        })
    }

    fn count(&self) -> usize {
        self.values.samples.len()
    }

    /// Whether it has names instead of numbers.
    fn has_names(&self) -> bool {
        matches!(self.values.samples, Samples::Text(_))
    }

    /// What stands at a place in pixels: the number there, or the name of the pixel.
    pub(crate) fn words_at(&self, place_px: f64) -> String {
        if self.has_names() {
            self.name_at(place_px).trim().to_owned()
        } else {
            numbers::float(self.value_at(place_px), 5)
        }
    }

    fn name_at(&self, place_px: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place on the axis; below it is the first"
        )]
        let index = place_px.round().max(0.0) as usize;
        self.values.samples.get_text(index)
    }

    /// The value at a place in pixels, on the line between two values of the axis.
    pub(crate) fn value_at(&self, place_px: f64) -> f64 {
        let place = match self.kind {
            AxisKind::Points => place_px,
            AxisKind::Edges => place_px + 0.5,
        };
        let last = self.count().saturating_sub(2);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the axis"
        )]
        let index = place.floor().clamp(0.0, last as f64) as usize;
        let (low, high) = (self.get(index), self.get(index + 1));
        low + (high - low) * (place - index as f64)
    }

    fn get(&self, index: usize) -> f64 {
        self.values.samples.get_f64(index)
    }

    /// Where a value lies between two places, in pixels, by halving; for an axis
    /// that only rises or only falls between them.
    fn place_of(&self, value: f64, [mut low, mut high]: [f64; 2]) -> f64 {
        let rises = self.value_at(high) > self.value_at(low);
        for _ in 0..48 {
            let middle = 0.5 * (low + high);
            if (self.value_at(middle) < value) == rises {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// Draws it below (`across`) or at the left of the canvas.
    pub(crate) fn paint(&self, ui: &Ui, map: &ScreenMap, size: [u32; 2], across: bool) {
        let canvas = edges(map, size);
        let is_x = across != map.orientation().is_transposed;
        let axis = usize::from(!is_x);
        let tokens = Tokens::of(ui);
        let ends = Self::seen_ends(map, f64::from(size[axis]), (axis, across));
        let room = if across {
            canvas.width()
        } else {
            canvas.height()
        };
        let pixel = f64::from(if across {
            map.pixel_size().x
        } else {
            map.pixel_size().y
        });
        let length = ((ends[1] - ends[0]) * pixel).min(f64::from(room));
        let most = (length / PITCH[usize::from(!across)]).max(1.0);
        let stroke = Stroke::new(1.0, tokens.control_line);
        let painter = ui.painter();
        let (marks, widest) = if self.has_names() {
            self.names(ends, pixel, across)
        } else {
            (self.numbers(ends, most), f32::INFINITY)
        };
        for (place_px, text) in marks {
            let mut point = [0.0; 2];
            point[axis] = place_px;
            let place = map.ui_from_image(point);
            let text = cut_text(ui, text, widest, tokens.secondary);
            if across {
                let top = pos2(place.x, canvas.bottom());
                painter.line_segment([top, top + vec2(0.0, 4.0)], stroke);
                let at = top + vec2(-0.5 * text.size().x, 5.0);
                painter.galley(at, text, tokens.secondary);
            } else {
                let right = pos2(canvas.left(), place.y);
                painter.line_segment([right - vec2(4.0, 0.0), right], stroke);
                let at = right - vec2(6.0 + text.size().x, 0.5 * text.size().y);
                painter.galley(at, text, tokens.secondary);
            }
        }
        self.label_ui(ui, canvas, across);
    }

    /// Round numbers between two ends, and where they stand, in pixels.
    fn numbers(&self, ends: [f64; 2], most: f64) -> Vec<(f64, String)> {
        let (values, decimals) = ticks([self.value_at(ends[0]), self.value_at(ends[1])], most);
        let marks = values
            .into_iter()
            .map(|value| (self.place_of(value, ends), tick_text(value, decimals)));
        marks.collect()
    }

    /// Names of the pixels between two ends, as many as have room, and how wide one may be in points.
    fn names(&self, [low, high]: [f64; 2], pixel: f64, across: bool) -> (Vec<(f64, String)>, f32) {
        let pitch = if across { NAME_PITCH[0] } else { NAME_PITCH[1] };
        let step = (pitch / pixel.max(1e-6)).ceil().max(1.0);
        let first = ((low / step).ceil() * step).max(0.0);
        let last = high.min(self.count() as f64 - 1.0);
        let places = (0..MOST_NAMES)
            .map(|index| first + f64::from(index) * step)
            .take_while(|place| *place <= last);
        let marks = places.map(|place| (place, self.words_at(place)));
        #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
        let widest = if across {
            (step * pixel) as f32 - 8.0
        } else {
            LEFT - 26.0
        };
        (marks.collect(), widest)
    }

    fn label_ui(&self, ui: &Ui, canvas: Rect, across: bool) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter();
        if across {
            let at = pos2(canvas.center().x, canvas.bottom() + BELOW - 2.0);
            painter.text(
                at,
                Align2::CENTER_BOTTOM,
                &self.label,
                secondary(),
                tokens.text,
            );
            return;
        }
        let galley = painter.layout_no_wrap(self.label.clone(), secondary(), tokens.text);
        let at = pos2(
            canvas.left() - LEFT + 2.0,
            canvas.center().y + galley.size().x / 2.0,
        );
        let turned = egui::epaint::TextShape::new(at, galley, tokens.text)
            .with_angle(-std::f32::consts::FRAC_PI_2);
        painter.add(turned);
    }

    /// The part of the axis that is seen, in pixels, from low to high.
    fn seen_ends(map: &ScreenMap, size: f64, (axis, across): (usize, bool)) -> [f64; 2] {
        let canvas = map.rect();
        let corners = if across {
            [canvas.left_center(), canvas.right_center()]
        } else {
            [canvas.center_top(), canvas.center_bottom()]
        };
        let [one, other] = corners.map(|corner| map.image_from_ui(corner)[axis]);
        [
            one.min(other).clamp(-0.5, size - 0.5),
            one.max(other).clamp(-0.5, size - 0.5),
        ]
    }
}

/// The part of the canvas that the frame covers.
fn edges(map: &ScreenMap, size: [u32; 2]) -> Rect {
    let ends = size.map(|edge| f64::from(edge) - 0.5);
    let frame = Rect::from_two_pos(map.ui_from_image([-0.5, -0.5]), map.ui_from_image(ends));
    let seen = frame.intersect(map.rect());
    if seen.is_positive() { seen } else { map.rect() }
}

/// A tick with as many decimals as its neighbours need, or with a power of ten.
pub(crate) fn tick_text(value: f64, decimals: i32) -> String {
    match usize::try_from(decimals) {
        Ok(decimals) if decimals <= 5 && value.abs() < 1e6 => {
            let text = format!("{value:.decimals$}");
            // Rounding may leave a zero with a sign.
            let is_zero = text.chars().all(|digit| matches!(digit, '-' | '0' | '.'));
            let text = if is_zero { text.replace('-', "") } else { text };
            text.replace('-', "\u{2212}")
        }
        _ => numbers::float(value, 3),
    }
}

/// Round values between two ends, at most about so many, and how many decimals they need.
pub(crate) fn ticks([one, other]: [f64; 2], most: f64) -> (Vec<f64>, i32) {
    let (low, high) = (one.min(other), one.max(other));
    let rough = (high - low) / most;
    if !(rough.is_finite() && rough > 0.0) {
        return (Vec::new(), 0);
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let first = (low / step - 1e-9).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a power of ten of binary64"
    )]
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).max(0.0) as i32;
    let values = (0..64)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|value| *value <= high + 1e-9 * step)
        .collect();
    (values, decimals)
}

#[cfg(test)]
mod tests {
    use hutch_model::{BlockState, Samples};

    use super::*;

    fn ruler(values: Vec<f64>, kind: AxisKind) -> Ruler {
        Ruler {
            label: String::new(),
            values: Arc::new(Block {
                shape: vec![values.len() as u64],
                samples: Samples::F64(values),
                state: BlockState::Present,
            }),
            kind,
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let (found, decimals) = ticks([0.13, -0.2], 4.0);
        let expected = [-0.2, -0.1, 0.0, 0.1];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        }
        let texts: Vec<String> = found
            .iter()
            .map(|value| tick_text(*value, decimals))
            .collect();
        assert_eq!(texts, ["\u{2212}0.2", "\u{2212}0.1", "0.0", "0.1"]);
        assert!(ticks([1.0, 1.0], 5.0).0.is_empty(), "no width, no ticks");
    }

    #[test]
    fn names_stand_at_their_pixels_as_many_as_have_room() {
        let names = ["air", "water", "kapton", "gold"].map(str::to_owned);
        let ruler = Ruler {
            label: String::new(),
            values: Arc::new(Block {
                shape: vec![4],
                samples: Samples::Text(names.to_vec()),
                state: BlockState::Present,
            }),
            kind: AxisKind::Points,
        };
        assert_eq!(ruler.words_at(1.4), "water", "all over its pixel");
        let of = |pixel: f64| ruler.names([-0.5, 3.5], pixel, false).0;
        let all: Vec<String> = of(20.0).into_iter().map(|(_, name)| name).collect();
        assert_eq!(all, names, "all of them");
        let places: Vec<f64> = of(9.0).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [0.0, 2.0], "every second where they would touch");
    }

    #[test]
    fn a_value_of_an_uneven_axis_is_found_again() {
        for (values, kind) in [
            (vec![1.0, 2.0, 4.0, 8.0], AxisKind::Points),
            (vec![8.0, 4.0, 2.0, 1.0, 0.5], AxisKind::Edges),
        ] {
            let ruler = ruler(values, kind);
            let place = ruler.place_of(3.0, [-0.5, 3.5]);
            assert!((ruler.value_at(place) - 3.0).abs() < 1e-9, "{kind:?}");
        }
    }
}
