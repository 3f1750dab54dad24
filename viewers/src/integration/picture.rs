//! Pictures of numbers in a panel below the frame: a cake, or the patterns of a stack.

use std::sync::Arc;

use egui::{Align2, Color32, ColorImage, Rect, TextureHandle, TextureOptions, pos2, vec2};
use hutch_model::{Cancel, Result};
use hutch_render::ColourMap;

use crate::theme::{Tokens, secondary};
use crate::{Priority, Resident, Task, numbers};

/// A texture has so many pixels along an edge at most; more are thinned to the largest of each.
const EDGE: usize = 1024;
/// Shares of the values, in per cent, that are darkest and brightest.
const PERCENT: [f64; 2] = [1.0, 99.8];
/// Room for the numbers at the left and below.
const MARGIN: egui::Vec2 = vec2(58.0, 34.0);

/// A picture `[rows, columns]` of numbers, with what its axes are.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    /// Row by row.
    pub(super) values: Arc<[f64]>,
    pub(super) columns: usize,
    /// From the edge of the first column and row to that of the last, `[x, y]`.
    pub(super) ends: [[f64; 2]; 2],
    /// Whether rows are counted, so that no number lies between two of them.
    pub(super) counts_rows: bool,
    pub(super) labels: [String; 2],
}

/// A picture as it is drawn.
#[derive(Default)]
pub(super) struct Picture {
    numbers: Option<Numbers>,
    look: Option<(Arc<[f64]>, ColourMap, bool)>,
    task: Option<Task<ColorImage>>,
    texture: Option<TextureHandle>,
    generation: u64,
}

impl Picture {
    /// Shows numbers; until their picture is made the one before stays.
    pub(super) fn put(&mut self, numbers: Numbers) {
        self.numbers = Some(numbers);
    }

    /// Takes what the pool made, and asks for what changed.
    pub(super) fn step(
        &mut self,
        context: &egui::Context,
        resident: &mut dyn Resident,
        (map, is_log): (ColourMap, bool),
    ) {
        if let Some(Ok(image)) = self.task.as_mut().and_then(Task::poll) {
            self.task = None;
            let options = TextureOptions::NEAREST;
            match &mut self.texture {
                Some(texture) => texture.set(image, options),
                None => self.texture = Some(context.load_texture("integration", image, options)),
            }
        }
        let Some(numbers) = &self.numbers else { return };
        let is_current = self.look.as_ref().is_some_and(|(values, of_map, of_log)| {
            Arc::ptr_eq(values, &numbers.values) && *of_map == map && *of_log == is_log
        });
        // One at a time, so that a picture that grows is seen while it grows.
        if is_current || self.task.is_some() {
            return;
        }
        self.look = Some((Arc::clone(&numbers.values), map, is_log));
        self.generation += 1;
        let numbers = numbers.clone();
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "picture of patterns",
            self.generation,
            move |cancel| coloured(&numbers, map, is_log, cancel),
        ));
    }

    /// Draws it; answers with the place `[x, y]` on its axes under the pointer, and whether it was clicked.
    pub(super) fn ui(
        &self,
        ui: &mut egui::Ui,
        name: &str,
        mark: Option<f64>,
    ) -> Option<([f64; 2], bool)> {
        let tokens = Tokens::of(ui);
        let room = ui.available_rect_before_wrap();
        let rect = Rect::from_min_max(
            room.min + vec2(MARGIN.x, 2.0),
            room.max - vec2(4.0, MARGIN.y),
        );
        let response = ui.allocate_rect(room, egui::Sense::click());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name.to_owned()));
        let (Some(numbers), Some(texture)) = (&self.numbers, &self.texture) else {
            ui.painter().text(
                room.center(),
                Align2::CENTER_CENTER,
                "computing",
                secondary(),
                tokens.secondary,
            );
            return None;
        };
        if !rect.is_positive() {
            return None;
        }
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), rect, whole, Color32::WHITE);
        numbers.axes_ui(ui, rect, tokens);
        if let Some(x) = mark {
            let share = share_of(numbers.ends[0], x);
            if (0.0..=1.0).contains(&share) {
                #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
                let at = rect.left() + rect.width() * share as f32;
                let stroke = egui::Stroke::new(1.0, tokens.text);
                ui.painter().vline(at, rect.y_range(), stroke);
            }
        }
        let place = response.hover_pos().filter(|place| rect.contains(*place))?;
        let along = f64::from((place.x - rect.left()) / rect.width());
        let down = f64::from((place.y - rect.top()) / rect.height());
        let at = |[first, last]: [f64; 2], share: f64| first + share * (last - first);
        // The last row is at the top, as along any axis.
        let found = [at(numbers.ends[0], along), at(numbers.ends[1], 1.0 - down)];
        Some((found, response.clicked()))
    }
}

fn share_of([first, last]: [f64; 2], value: f64) -> f64 {
    (value - first) / (last - first)
}

impl Numbers {
    fn axes_ui(&self, ui: &egui::Ui, rect: Rect, tokens: Tokens) {
        let painter = ui.painter();
        let font = secondary();
        for (axis, ends) in self.ends.iter().enumerate() {
            let length = if axis == 0 {
                rect.width()
            } else {
                rect.height()
            };
            for value in marks(
                *ends,
                if axis == 0 {
                    length / 90.0
                } else {
                    length / 36.0
                },
            ) {
                if axis == 1 && self.counts_rows && value.fract() != 0.0 {
                    continue;
                }
                #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
                let share = share_of(*ends, value) as f32;
                let text = numbers::float(value, 5);
                let text = text.trim_end_matches('0').trim_end_matches('.');
                let (place, anchor) = if axis == 0 {
                    let x = rect.left() + share * rect.width();
                    (pos2(x, rect.bottom() + 2.0), Align2::CENTER_TOP)
                } else {
                    let y = rect.bottom() - share * rect.height();
                    (pos2(rect.left() - 4.0, y), Align2::RIGHT_CENTER)
                };
                let text = if text.is_empty() { "0" } else { text };
                painter.text(place, anchor, text, font.clone(), tokens.secondary);
            }
        }
        let below = pos2(rect.center().x, rect.bottom() + 17.0);
        painter.text(
            below,
            Align2::CENTER_TOP,
            &self.labels[0],
            font.clone(),
            tokens.text,
        );
        let galley = painter.layout_no_wrap(self.labels[1].clone(), font, tokens.text);
        let at = pos2(
            rect.left() - MARGIN.x + 2.0,
            rect.center().y + 0.5 * galley.size().x,
        );
        let shape = egui::epaint::TextShape::new(at, galley, tokens.text);
        painter.add(shape.with_angle(-std::f32::consts::FRAC_PI_2));
    }
}

/// Round values inside of an axis, about so many.
fn marks([first, last]: [f64; 2], wanted: f32) -> Vec<f64> {
    let span = (last - first).abs();
    if !span.is_finite() || span <= 0.0 {
        return vec![first];
    }
    let rough = span / f64::from(wanted.max(1.0));
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * decade)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let (low, high) = (first.min(last), first.max(last));
    let begin = (low / step).ceil();
    (0..64)
        .map(|index| (begin + f64::from(index)) * step)
        .take_while(|value| *value <= high + 1e-9 * span)
        // A zero that rounding left is a zero.
        .map(|value| {
            if value.abs() < 1e-9 * span {
                0.0
            } else {
                value
            }
        })
        .collect()
}

/// The colours of numbers, thinned to what a texture holds; places without a value are clear.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`] where nobody wants them any more.
fn coloured(
    numbers: &Numbers,
    map: ColourMap,
    is_log: bool,
    cancel: &Cancel,
) -> Result<ColorImage> {
    let columns = numbers.columns.max(1);
    let rows = numbers.values.len() / columns;
    let (width, height) = (columns.min(EDGE), rows.clamp(1, EDGE));
    let scaled = |value: f64| {
        if is_log {
            value.max(f64::MIN_POSITIVE).log10()
        } else {
            value
        }
    };
    let mut thinned = vec![f64::NAN; width * height];
    for row in 0..rows {
        cancel.check()?;
        let into = row * height / rows.max(1);
        for column in 0..columns {
            let value = numbers.values[row * columns + column];
            let kept = &mut thinned[into * width + column * width / columns];
            // The larger of both; what is no number gives way to any.
            if value.is_finite() && (!is_log || value > 0.0) {
                *kept = kept.max(scaled(value));
            }
        }
    }
    let mut sorted: Vec<f64> = thinned
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    cancel.check()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the number of values"
    )]
    let at = |percent: f64| {
        let last = sorted.len().saturating_sub(1);
        let index = (0.01 * percent * last as f64).round() as usize;
        sorted.get(index).copied().unwrap_or(0.0)
    };
    let [low, high] = PERCENT.map(at);
    let span = if high > low { high - low } else { 1.0 };
    let mut pixels = Vec::with_capacity(width * height);
    // The first row is the lowest.
    for row in thinned.chunks(width).rev() {
        pixels.extend(row.iter().map(|value| {
            if value.is_nan() {
                return Color32::TRANSPARENT;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the colours of the map"
            )]
            let index = (255.0 * ((value - low) / span).clamp(0.0, 1.0)) as usize;
            let [red, green, blue, _] = map.colour(index);
            Color32::from_rgb(red, green, blue)
        }));
    }
    Ok(ColorImage::new([width, height], pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: Vec<f64>, columns: usize) -> Numbers {
        Numbers {
            values: values.into(),
            columns,
            ends: [[0.0, 1.0]; 2],
            counts_rows: false,
            labels: [String::new(), String::new()],
        }
    }

    #[test]
    fn the_first_row_is_the_lowest_and_what_has_no_value_is_clear() {
        let all = numbers(vec![0.0, f64::NAN, 10.0, 5.0], 2);
        let image = coloured(&all, ColourMap::GRAY, false, &Cancel::new()).expect("colours");
        assert_eq!(image.size, [2, 2]);
        let [red, ..] = ColourMap::GRAY.colour(255);
        assert_eq!(
            image.pixels[0].r(),
            red,
            "10 is the brightest, in the upper row"
        );
        assert_eq!(image.pixels[3], Color32::TRANSPARENT);
    }

    #[test]
    fn a_long_stack_keeps_its_single_bright_pattern() {
        let mut values = vec![1.0; 5000 * 3];
        values[3 * 4321 + 1] = 100.0;
        let image =
            coloured(&numbers(values, 3), ColourMap::GRAY, true, &Cancel::new()).expect("colours");
        assert_eq!(image.size, [3, EDGE]);
        let dark = ColourMap::GRAY.colour(0)[0];
        assert_eq!(
            image.pixels.iter().filter(|pixel| pixel.r() > dark).count(),
            1
        );
    }

    #[test]
    fn marks_are_round_and_inside() {
        assert_eq!(marks([-180.0, 180.0], 4.0), [-100.0, 0.0, 100.0]);
        assert_eq!(marks([0.3, 2.2], 4.0), [0.5, 1.0, 1.5, 2.0]);
        assert_eq!(marks([3.0, 3.0], 4.0), [3.0]);
    }
}
