//! A view as a drawing: its lines, marks and texts stay lines, marks and texts, and only the frame itself is pixels.
//!
//! What a pass painted is read from egui, so that a drawing shows what the window does, whatever the view. What egui
//! cannot say in lines (pictures of the device, textures) is cut from a picture of the screen without everything else.

mod shapes;

use base64::Engine as _;
use egui::epaint::ClippedShape;
use egui::layers::ShapeIdx;
use egui::{LayerId, Rect, Shape};
use hutch_model::Result;

use self::shapes::Writer;
use crate::picture::{Provenance, Rgba8, png_bytes};

/// What a view painted in one pass, in points of the screen.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    place: Rect,
    shapes: Vec<ClippedShape>,
}

impl Drawing {
    /// What the pass so far painted in a place of the window, panels over it left out.
    pub(super) fn of_pass(ctx: &egui::Context, place: Rect) -> Self {
        let shapes = ctx.graphics(|layers| {
            let Some(painted) = layers.get(LayerId::background()) else {
                return Vec::new();
            };
            let is_here = |shape: &&ClippedShape| {
                shape.clip_rect.intersects(place)
                    && shape.shape.visual_bounding_rect().intersects(place)
            };
            painted.all_entries().filter(is_here).cloned().collect()
        });
        Self { place, shapes }
    }

    /// Takes everything that is drawn as lines and texts out of the pass, so that a picture of the screen shows the rest.
    pub(super) fn leave_pixels_alone(&self, ctx: &egui::Context) {
        ctx.graphics_mut(|layers| {
            let Some(painted) = layers.get_mut(LayerId::background()) else {
                return;
            };
            for index in 0..painted.next_idx().0 {
                painted.mutate_shape(ShapeIdx(index), |painted| {
                    if self
                        .place
                        .contains_rect(painted.shape.visual_bounding_rect())
                    {
                        clear_lines(&mut painted.shape);
                    }
                });
            }
        });
    }

    /// The drawing as SVG 1.1. `cut` gives the pixels of a place of the screen.
    ///
    /// # Errors
    /// Those of cutting and of packing pixels.
    pub(super) fn to_svg(
        &self,
        provenance: &Provenance,
        mut cut: impl FnMut(Rect) -> Result<egui::ColorImage>,
    ) -> Result<String> {
        let mut writer = Writer::new(self.place);
        for painted in &self.shapes {
            let clip = painted.clip_rect.intersect(self.place);
            writer.begin_clip(clip);
            for shape in flat(&painted.shape) {
                if is_pixels(shape) {
                    let seen = shape.visual_bounding_rect().intersect(clip);
                    if seen.is_positive() {
                        writer.pixels(seen, &embedded(&cut(seen)?)?);
                    }
                } else {
                    writer.shape(shape);
                }
            }
        }
        Ok(writer.finish(&head(self.place, provenance)))
    }
}

/// A shape, or the shapes that it is made of.
fn flat(shape: &Shape) -> Vec<&Shape> {
    match shape {
        Shape::Vec(parts) => parts.iter().flat_map(flat).collect(),
        one => vec![one],
    }
}

fn is_pixels(shape: &Shape) -> bool {
    match shape {
        Shape::Callback(_) | Shape::Mesh(_) => true,
        // A rectangle that is filled by a picture.
        Shape::Rect(rect) => rect.brush.is_some(),
        _ => false,
    }
}

fn clear_lines(shape: &mut Shape) {
    match shape {
        Shape::Vec(parts) => parts.iter_mut().for_each(clear_lines),
        one if is_pixels(one) => {}
        one => *one = Shape::Noop,
    }
}

/// A picture as an address that holds it.
fn embedded(picture: &egui::ColorImage) -> Result<String> {
    let size = picture.size.map(|edge| u32::try_from(edge).unwrap_or(0));
    let bytes: Vec<u8> = picture
        .pixels
        .iter()
        .flat_map(egui::Color32::to_srgba_unmultiplied)
        .collect();
    let picture = Rgba8 {
        size,
        bytes: &bytes,
    };
    let packed = png_bytes(&picture, &Provenance::default())?;
    let text = base64::engine::general_purpose::STANDARD.encode(packed);
    Ok(format!("data:image/png;base64,{text}"))
}

/// The start of the file, which says what it shows.
fn head(place: Rect, provenance: &Provenance) -> String {
    let (width, height) = (place.width(), place.height());
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    let software = format!("Hutch {}", env!("CARGO_PKG_VERSION"));
    let said = [&provenance.source, &provenance.link, &software];
    let said: Vec<String> = said
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| escaped(text))
        .collect();
    let title = escaped(&provenance.title);
    format!(
        "{head}<title>{title}</title>\n<desc>{}</desc>\n",
        said.join("\n")
    )
}

/// A text as XML takes it; characters that XML has no way to write are left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push(letter),
            control if control.is_control() => {}
            '\u{fffe}' | '\u{ffff}' => {}
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::epaint::{BandPoint, BandShape};
    use egui::{Align2, Color32, FontId, Stroke, pos2, vec2};

    const PLACE: Rect = Rect {
        min: pos2(100.0, 50.0),
        max: pos2(300.0, 150.0),
    };

    fn drawn(paint: impl Fn(&egui::Painter)) -> (egui::Context, Drawing) {
        let ctx = egui::Context::default();
        let mut drawing = None;
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0))),
            ..Default::default()
        };
        let mut output = ctx.run_ui(input, |ui| {
            let painter = egui::Painter::new(
                ui.ctx().clone(),
                LayerId::background(),
                ui.ctx().content_rect(),
            );
            paint(&painter);
            drawing = Some(Drawing::of_pass(ui.ctx(), PLACE));
        });
        output.textures_delta.clear();
        (ctx, drawing.unwrap())
    }

    fn svg(drawing: &Drawing) -> String {
        let provenance = Provenance {
            title: "a < b & \"c\"".to_owned(),
            source: "/data/a.h5::/entry/data[3]".to_owned(),
            link: String::new(),
        };
        let grey = |_: Rect| Ok(egui::ColorImage::filled([3, 2], Color32::GRAY));
        drawing.to_svg(&provenance, grey).unwrap()
    }

    #[test]
    fn lines_and_words_stay_lines_and_words() {
        let (_, drawing) = drawn(|painter| {
            let stroke = Stroke::new(2.0, Color32::from_rgb(255, 0, 128));
            painter.line_segment([pos2(110.0, 60.0), pos2(210.0, 70.0)], stroke);
            painter.circle_filled(pos2(150.0, 100.0), 5.0, Color32::WHITE);
            let font = FontId::proportional(12.0);
            painter.text(
                pos2(120.0, 80.0),
                Align2::LEFT_TOP,
                "2θ < 5°",
                font,
                Color32::BLACK,
            );
        });
        let svg = svg(&drawing);
        assert!(
            svg.contains("x1=\"10\" y1=\"10\" x2=\"110\" y2=\"20\""),
            "{svg}"
        );
        assert!(svg.contains("stroke=\"#ff0080\""), "{svg}");
        assert!(svg.contains("<circle cx=\"50\" cy=\"50\" r=\"5\""), "{svg}");
        assert!(svg.contains("2θ &lt; 5°"), "{svg}");
        assert!(
            svg.contains("<title>a &lt; b &amp; &quot;c&quot;</title>"),
            "{svg}"
        );
        assert!(svg.contains("/data/a.h5::/entry/data[3]"), "{svg}");
        assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    }

    #[test]
    fn a_line_of_many_points_is_the_outline_of_its_band() {
        let (_, drawing) = drawn(|painter| {
            let points = vec![
                BandPoint::new(110.0, 60.0..=61.0),
                BandPoint::new(111.0, 55.0..=80.0),
            ];
            painter.add(BandShape::filled(points, Color32::RED));
            painter.circle_filled(pos2(150.0, 100.0), 0.01, Color32::WHITE);
        });
        let svg = svg(&drawing);
        assert!(svg.contains("M10 10L11 5L11 30L10 11Z"), "{svg}");
        assert!(!svg.contains("<image"), "no pixels: {svg}");
    }

    #[test]
    fn what_lies_beside_the_view_is_not_in_it() {
        let (_, drawing) = drawn(|painter| {
            painter.circle_filled(pos2(20.0, 20.0), 5.0, Color32::WHITE);
        });
        assert!(!svg(&drawing).contains("<circle"));
    }

    #[test]
    fn pixels_stay_pixels_and_are_all_that_a_bare_screen_shows() {
        let (ctx, _) = drawn(|_| {});
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let painter =
                egui::Painter::new(ui.ctx().clone(), LayerId::background(), Rect::EVERYTHING);
            let mut mesh = egui::Mesh::default();
            mesh.add_colored_rect(PLACE.shrink(40.0), Color32::RED);
            painter.add(Shape::mesh(mesh));
            painter.circle_filled(pos2(150.0, 100.0), 5.0, Color32::WHITE);
            let drawing = Drawing::of_pass(ui.ctx(), PLACE);
            drawing.leave_pixels_alone(ui.ctx());
            let bare = Drawing::of_pass(ui.ctx(), PLACE);
            let svg = svg(&drawing);
            assert!(svg.contains("data:image/png;base64,iVBOR"), "{svg}");
            assert!(svg.contains("<circle"), "{svg}");
            assert!(
                bare.shapes.iter().all(|painted| is_pixels(&painted.shape)),
                "only the mesh is left"
            );
        });
        output.textures_delta.clear();
    }
}
