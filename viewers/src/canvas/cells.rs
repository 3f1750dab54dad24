//! Values in the pixels, once they are large enough to be read.

use egui::{Align2, Color32, FontFamily, FontId, Ui};
use hutch_model::Samples;
use hutch_render::{ImageFromTarget, PanelPlace, cpu};

use super::panels::{picture_from_stored, seen_of};
use super::{ScreenMap, Shown};
use crate::display::Display;
use crate::numbers;
use crate::prepared::PreparedFrame;
use crate::theme::Tokens;

/// Smallest width and height of a pixel that has its value in it, in points.
const LEAST: egui::Vec2 = egui::vec2(30.0, 16.0);
/// Most values at once.
const MOST: u32 = 4096;
/// Type smaller than this is not read.
const LEAST_TYPE: f32 = 7.0;

/// Writes the stored values into the pixels that are seen, where they have room.
pub(super) fn paint(ui: &Ui, shown: Shown<'_>, display: &Display, map: &ScreenMap) {
    if !shown.window.is_dense() {
        return;
    }
    let cell = map.pixel_size();
    if cell.x < LEAST.x || cell.y < LEAST.y {
        return;
    }
    let parts = match shown.panels {
        None => seen_samples(shown, map)
            .map(|samples| (samples, None))
            .into_iter()
            .collect(),
        Some(panels) => seen_on_panels(panels, map),
    };
    let pixels = |(_, [width, height]): Samples2| width.saturating_mul(height);
    let count = parts.iter().fold(0_u32, |count, (part, _)| {
        count.saturating_add(pixels(*part))
    });
    if count > MOST {
        return;
    }
    for (part, place) in parts {
        paint_part(ui, shown, display, (map, part, place));
    }
}

/// The first sample `[x, y]` of a part, and how many there are along x and y.
type Samples2 = ([u32; 2], [u32; 2]);

/// The samples that panels have on the screen, and where they lie in the picture.
fn seen_on_panels(
    panels: &[PanelPlace],
    map: &ScreenMap,
) -> Vec<(Samples2, Option<ImageFromTarget>)> {
    let seen = panels.iter().filter_map(|panel| {
        let [x, y, width, height] = seen_of(panel, map)?;
        let place = picture_from_stored(panel)?;
        Some((([x, y], [width, height]), Some(place)))
    });
    seen.collect()
}

/// Writes the values of a part, whose samples lie in the picture where `place` says.
fn paint_part(
    ui: &Ui,
    shown: Shown<'_>,
    display: &Display,
    (map, ([x0, y0], [width, height]), place): (&ScreenMap, Samples2, Option<ImageFromTarget>),
) {
    let (frame, cell) = (shown.frame, map.pixel_size());
    let texts: Vec<String> = (y0..y0 + height)
        .flat_map(|y| (x0..x0 + width).map(move |x| [x, y]))
        .map(|[x, y]| text_of(frame, x, y))
        .collect();
    let longest = texts.iter().map(|text| text.chars().count()).max();
    let longest = longest.unwrap_or(1).max(3) as f32;
    // A digit is about six tenths as wide as it is high.
    let points = ((cell.x - 6.0) / (0.6 * longest))
        .min(cell.y - 4.0)
        .min(13.0);
    if points < LEAST_TYPE {
        return;
    }
    let font = FontId::new(points, FontFamily::Monospace);
    let painter = ui.painter_at(map.rect());
    let inks = inks(ui, frame, display, [x0, y0, width, height]);
    for ((text, ink), index) in texts.into_iter().zip(inks).zip(0_u32..) {
        let sample = [x0 + index % width, y0 + index / width].map(i64::from);
        #[expect(clippy::cast_precision_loss, reason = "pixels of an image")]
        let pixel = shown.window.pixel_of(sample).map(|part| part as f64);
        let pixel = place.as_ref().map_or(pixel, |place| place.apply(pixel));
        let place = map.ui_from_image(pixel);
        painter.text(place, Align2::CENTER_CENTER, text, font.clone(), ink);
    }
}

/// The samples of a dense window that are seen: the first, and how many.
fn seen_samples(shown: Shown<'_>, map: &ScreenMap) -> Option<([u32; 2], [u32; 2])> {
    let [x, y, width, height] = map.visible_part(shown.image_size)?;
    let along = |axis: usize, start: u32, count: u32| {
        let first = u64::from(start).max(shown.window.start[axis]);
        let end = (u64::from(start) + u64::from(count))
            .min(shown.window.start[axis] + shown.window.count[axis]);
        let length = end.checked_sub(first).filter(|length| *length > 0)?;
        let first = u32::try_from(first - shown.window.start[axis]).ok()?;
        Some([first, u32::try_from(length).ok()?])
    };
    let ([x, width], [y, height]) = (along(0, x, width)?, along(1, y, height)?);
    Some(([x, y], [width, height]))
}

/// The value of a pixel in a few characters; a dash where it has none.
fn text_of(frame: &PreparedFrame, x: u32, y: u32) -> String {
    let Some(index) = frame.sample_index(i64::from(x), i64::from(y)) else {
        return String::new();
    };
    if frame.has_no_value(index) {
        return "\u{2013}".to_owned();
    }
    match &frame.samples {
        Samples::F16(_) | Samples::F32(_) | Samples::F64(_) => {
            numbers::float(frame.samples.get_f64(index), 4)
        }
        other => other.get_text(index),
    }
}

/// Black or white, whichever is read better on each pixel of a part.
fn inks(
    ui: &Ui,
    frame: &PreparedFrame,
    display: &Display,
    [x0, y0, width, height]: [u32; 4],
) -> Vec<Color32> {
    let place = ImageFromTarget {
        x: [1.0, 0.0],
        y: [0.0, 1.0],
        origin: [f64::from(x0) - 0.5, f64::from(y0) - 0.5],
    };
    let image = display.image(place, &Tokens::of(ui), frame);
    let picture = cpu::shade_image(&frame.pyramid, &image, [width, height]);
    let (pixels, _) = picture.pixels.as_chunks::<4>();
    pixels
        .iter()
        .map(|[red, green, blue, _]| ink_on([*red, *green, *blue]))
        .collect()
}

/// Black or white, by the contrast ratio of WCAG 2.1.
fn ink_on(rgb: [u8; 3]) -> Color32 {
    let [red, green, blue] = rgb.map(|channel| (f32::from(channel) / 255.0).powf(2.2));
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    // White has the better ratio below the square root of 0.05 * 1.05, less 0.05.
    if luminance < 0.179 {
        Color32::WHITE
    } else {
        Color32::BLACK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_read_on_both_ends_of_a_map() {
        assert_eq!(ink_on([68, 1, 84]), Color32::WHITE, "on violet");
        assert_eq!(ink_on([253, 231, 36]), Color32::BLACK, "on yellow");
    }
}
