//! Shapes of egui as elements of SVG.

use egui::emath::Rot2;
use egui::epaint::text::{Glyph, PlacedRow};
use egui::epaint::{
    BandShape, CircleShape, ColorMode, CubicBezierShape, EllipseShape, PathShape, PathStroke,
    QuadraticBezierShape, RectShape, StrokeKind, TextShape,
};
use egui::text::LayoutJob;
use egui::{Color32, FontFamily, Pos2, Rect, Shape, Stroke, Vec2, vec2};

use super::escaped;

/// What is smaller than this, in points, cannot be seen.
const SMALLEST: f32 = 0.05;

/// Writes elements one after the other, each inside of the place where it may be seen.
pub(super) struct Writer {
    origin: Pos2,
    body: String,
    clips: Vec<Rect>,
    /// The clip of the group that is open.
    open: Option<usize>,
}

impl Writer {
    /// A drawing of a place of the screen.
    pub(super) const fn new(place: Rect) -> Self {
        Self {
            origin: place.min,
            body: String::new(),
            clips: Vec::new(),
            open: None,
        }
    }

    /// What follows is seen inside of a rectangle alone.
    pub(super) fn begin_clip(&mut self, clip: Rect) {
        let known = self.clips.iter().position(|known| *known == clip);
        let index = known.unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        });
        if self.open != Some(index) {
            self.end_clip();
            self.line(&format!("<g clip-path=\"url(#clip{index})\">"));
            self.open = Some(index);
        }
    }

    fn end_clip(&mut self) {
        if self.open.take().is_some() {
            self.body.push_str("</g>\n");
        }
    }

    /// The whole file.
    pub(super) fn finish(mut self, head: &str) -> String {
        self.end_clip();
        let mut file = format!("{head}<defs>\n");
        for (index, clip) in self.clips.iter().enumerate() {
            let rect = self.rect_words(*clip);
            let clip = format!("<clipPath id=\"clip{index}\"><rect {rect}/></clipPath>\n");
            file.push_str(&clip);
        }
        file.push_str("</defs>\n");
        file.push_str(&self.body);
        file.push_str("</svg>\n");
        file
    }

    /// A picture, given by an address.
    pub(super) fn pixels(&mut self, place: Rect, address: &str) {
        let rect = self.rect_words(place);
        self.line(&format!(
            "<image {rect} preserveAspectRatio=\"none\" image-rendering=\"pixelated\" \
             xlink:href=\"{address}\"/>"
        ));
    }

    fn line(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// A shape that is no pixels.
    pub(super) fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Circle(circle) => self.circle(circle),
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::LineSegment { points, stroke } => self.segment(*points, *stroke),
            Shape::Path(path) => self.path(path),
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => self.text(text),
            Shape::QuadraticBezier(curve) => self.quadratic(curve),
            Shape::CubicBezier(curve) => self.cubic(curve),
            // Pixels, and shapes made of others, are the caller's.
            Shape::Band(band) => self.band(band),
            Shape::Noop | Shape::Vec(_) | Shape::Mesh(_) | Shape::Callback(_) => {}
        }
    }

    fn circle(&mut self, circle: &CircleShape) {
        let paint = paint(circle.fill, circle.stroke);
        let (x, y) = self.place(circle.center);
        self.line(&format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\"{paint}/>",
            number(circle.radius)
        ));
    }

    fn ellipse(&mut self, ellipse: &EllipseShape) {
        let paint = paint(ellipse.fill, ellipse.stroke);
        let (x, y) = self.place(ellipse.center);
        let (rx, ry) = (number(ellipse.radius.x), number(ellipse.radius.y));
        let turn = turned(ellipse.angle, &x, &y);
        self.line(&format!(
            "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\"{turn}{paint}/>"
        ));
    }

    fn segment(&mut self, [from, to]: [Pos2; 2], stroke: Stroke) {
        let ((x1, y1), (x2, y2)) = (self.place(from), self.place(to));
        let paint = paint(Color32::TRANSPARENT, stroke);
        self.line(&format!(
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{paint}/>"
        ));
    }

    fn path(&mut self, path: &PathShape) {
        if path.points.iter().any(|point| !point.is_finite()) || path.points.len() < 2 {
            return;
        }
        // Points that are there for the pointer alone are nothing to look at.
        let is_bare = path.stroke.width <= 0.0;
        if is_bare && Rect::from_points(&path.points).size().max_elem() < SMALLEST {
            return;
        }
        let mut words = String::new();
        for (index, point) in path.points.iter().enumerate() {
            let (x, y) = self.place(*point);
            words.push(if index == 0 { 'M' } else { 'L' });
            words.push_str(&[x, y].join(" "));
        }
        if path.closed {
            words.push('Z');
        }
        self.curve(&words, path.fill, &path.stroke);
    }

    /// A line of many points, as wide at each place as the values there: its upper edge, and its lower one back.
    fn band(&mut self, band: &BandShape) {
        let turned = |x: f32, y: f32| Rot2::from_angle(band.angle) * vec2(x, y);
        let upper = band.points.iter().map(|point| turned(point.x, point.y.min));
        let lower = band.points.iter().map(|point| turned(point.x, point.y.max));
        let edge = upper.chain(lower.rev()).map(Vec2::to_pos2).collect();
        self.path(&PathShape {
            points: edge,
            closed: true,
            fill: band.fill,
            stroke: PathStroke::new(band.stroke.width, band.stroke.color),
        });
    }

    fn quadratic(&mut self, curve: &QuadraticBezierShape) {
        let [from, over, to] = curve.points.map(|point| self.place(point));
        let words = format!(
            "M{} {}Q{} {} {} {}{}",
            from.0,
            from.1,
            over.0,
            over.1,
            to.0,
            to.1,
            if curve.closed { "Z" } else { "" }
        );
        self.curve(&words, curve.fill, &curve.stroke);
    }

    fn cubic(&mut self, curve: &CubicBezierShape) {
        let [from, one, two, to] = curve.points.map(|point| self.place(point));
        let words = format!(
            "M{} {}C{} {} {} {} {} {}{}",
            from.0,
            from.1,
            one.0,
            one.1,
            two.0,
            two.1,
            to.0,
            to.1,
            if curve.closed { "Z" } else { "" }
        );
        self.curve(&words, curve.fill, &curve.stroke);
    }

    fn curve(&mut self, words: &str, fill: Color32, stroke: &PathStroke) {
        let colour = match stroke.color {
            ColorMode::Solid(colour) => colour,
            // A colour that changes along the line; no view draws one.
            ColorMode::UV(_) => Color32::GRAY,
        };
        let paint = paint(fill, Stroke::new(stroke.width, colour));
        self.line(&format!(
            "<path d=\"{words}\" stroke-linejoin=\"round\"{paint}/>"
        ));
    }

    fn rect(&mut self, shape: &RectShape) {
        let half = 0.5 * shape.stroke.width;
        let rect = match shape.stroke_kind {
            StrokeKind::Inside => shape.rect.shrink(half),
            StrokeKind::Middle => shape.rect,
            StrokeKind::Outside => shape.rect.expand(half),
        };
        let words = self.rect_words(rect);
        let paint = paint(shape.fill, shape.stroke);
        let radius = shape.corner_radius.nw;
        let (x, y) = self.place(rect.center());
        let turn = turned(shape.angle, &x, &y);
        self.line(&format!("<rect {words} rx=\"{radius}\"{turn}{paint}/>"));
    }

    fn text(&mut self, text: &TextShape) {
        let (x, y) = self.place(text.pos);
        let turn = turned(text.angle, &x, &y);
        self.line(&format!("<g{turn}>"));
        let mut at = 0;
        for row in &text.galley.rows {
            self.row(text, row, &mut at);
        }
        self.body.push_str("</g>\n");
    }

    /// One row of a text, in runs of one format each; `at` is where it begins in the text, in bytes.
    fn row(&mut self, text: &TextShape, row: &PlacedRow, at: &mut usize) {
        let mut run: Vec<&Glyph> = Vec::new();
        let mut section = 0;
        for glyph in &row.glyphs {
            let found = section_of(&text.galley.job, *at);
            if found != section {
                self.run(text, row, &run, section);
                run.clear();
                section = found;
            }
            run.push(glyph);
            *at += glyph.chr.len_utf8();
        }
        self.run(text, row, &run, section);
        *at += usize::from(row.ends_with_newline);
    }

    fn run(&mut self, text: &TextShape, row: &PlacedRow, run: &[&Glyph], section: usize) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return;
        };
        let words: String = run.iter().map(|glyph| glyph.chr).collect();
        if words.trim().is_empty() {
            return;
        }
        let Some(format) = text.galley.job.sections.get(section).map(|of| &of.format) else {
            return;
        };
        let own = if format.color == Color32::PLACEHOLDER {
            text.fallback_color
        } else {
            format.color
        };
        let colour = text.override_text_color.unwrap_or(own);
        let (family, weight) = face(&format.font_id.family);
        let (x, y) = self.place(text.pos + row.pos.to_vec2() + first.pos.to_vec2());
        // Another font is fitted to the room that the words had on the screen.
        let length = number(last.pos.x + last.advance_width - first.pos.x);
        self.line(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-family=\"{family}\" font-weight=\"{weight}\" \
             font-size=\"{}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" \
             xml:space=\"preserve\"{}>{}</text>",
            number(format.font_id.size),
            colour_words("fill", colour.gamma_multiply(text.opacity_factor)),
            escaped(&words)
        ));
    }

    fn rect_words(&self, rect: Rect) -> String {
        let (x, y) = self.place(rect.min);
        let (width, height) = (
            number(rect.width().max(0.0)),
            number(rect.height().max(0.0)),
        );
        format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
    }

    fn place(&self, point: Pos2) -> (String, String) {
        let place = point - self.origin;
        (number(place.x), number(place.y))
    }
}

/// Which section of a text a byte belongs to.
fn section_of(job: &LayoutJob, at: usize) -> usize {
    let found = job
        .sections
        .iter()
        .position(|section| section.byte_range.start.0 <= at && at < section.byte_range.end.0);
    found.unwrap_or_default()
}

/// The family and the weight of a type face.
fn face(family: &FontFamily) -> (&'static str, u16) {
    const SANS: &str = "IBM Plex Sans, Helvetica, Arial, sans-serif";
    match family {
        FontFamily::Monospace => ("IBM Plex Mono, monospace", 400),
        FontFamily::Proportional => (SANS, 400),
        FontFamily::Name(name) if &**name == "semibold" => (SANS, 600),
        FontFamily::Name(_) => (SANS, 500),
    }
}

fn turned(angle: f32, x: &str, y: &str) -> String {
    if angle == 0.0 {
        String::new()
    } else {
        format!(
            " transform=\"rotate({} {x} {y})\"",
            number(angle.to_degrees())
        )
    }
}

fn paint(fill: Color32, stroke: Stroke) -> String {
    let mut words = if fill == Color32::TRANSPARENT {
        " fill=\"none\"".to_owned()
    } else {
        colour_words("fill", fill)
    };
    if stroke.width > 0.0 && stroke.color != Color32::TRANSPARENT {
        words.push_str(&colour_words("stroke", stroke.color));
        let width = format!(" stroke-width=\"{}\"", number(stroke.width));
        words.push_str(&width);
    }
    words
}

fn colour_words(name: &str, colour: Color32) -> String {
    let [red, green, blue, alpha] = colour.to_srgba_unmultiplied();
    let mut words = format!(" {name}=\"#{red:02x}{green:02x}{blue:02x}\"");
    if alpha < 255 {
        let share = number(f32::from(alpha) / 255.0);
        let opacity = format!(" {name}-opacity=\"{share}\"");
        words.push_str(&opacity);
    }
    words
}

/// A number with at most three decimals; what is no number is far away.
fn number(value: f32) -> String {
    let value = if value.is_finite() { value } else { -1e6 };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}
