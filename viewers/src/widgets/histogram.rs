//! The histogram of what is shown, with a handle for each end of the range.

use egui::epaint::Mesh;
use egui::{
    Color32, CursorIcon, Id, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::colour_map::paint_colours;
use super::paint::{Steps, describe_handle, handle_steps};
use crate::numbers;
use crate::theme::{self, Tokens, size};

/// Height of the colours below the plot.
const BAR: f32 = 12.0;
/// Space between the plot and the colours.
const GAP: f32 = 8.0;
/// Points from one bar to the next: two of ink, one of air.
const PITCH: f32 = 3.0;
/// How far from a handle a press still holds it.
const GRIP: f32 = 6.0;

/// A histogram over the colours that its range is shown in.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// Counts, from the start of the domain to its end, in bins of the same width.
    pub bins: &'a [u64],
    /// The value at the start of the first bin and at the end of the last.
    pub domain: (f64, f64),
    /// The colour map, from low to high.
    pub colours: &'a [Color32],
    /// Height of the plot.
    pub height: f32,
}

#[derive(Clone, Copy)]
enum End {
    Low,
    High,
}

impl<'a> Histogram<'a> {
    /// A histogram 64 points high.
    pub fn new(bins: &'a [u64], domain: (f64, f64), colours: &'a [Color32]) -> Self {
        Self {
            bins,
            domain,
            colours,
            height: 64.0,
        }
    }

    /// Draws it and moves the ends of the range.
    ///
    /// Counts are drawn on a log scale. Drag a handle or what is between them; arrows step the
    /// focused handle by a hundredth of the domain, with shift by a tenth; a double click shows all.
    /// The response is changed when the range is.
    pub fn show(self, ui: &mut Ui, range: &mut (f64, f64)) -> Response {
        let wanted = theme::full_width(ui, self.height + GAP + BAR);
        let (rect, mut response) = ui.allocate_exact_size(wanted, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Histogram"));
        let plot = Rect::from_min_size(rect.min, vec2(rect.width(), self.height));
        let bar = Rect::from_min_max(pos2(rect.left(), rect.bottom() - BAR), rect.max);
        let before = *range;
        self.drag_both(ui, &response, plot, range);
        let low = self.handle(ui, response.id.with("low"), plot, range, End::Low);
        let high = self.handle(ui, response.id.with("high"), plot, range, End::High);
        if response.double_clicked() {
            *range = self.domain;
        }
        if ui.is_rect_visible(rect) {
            self.paint_bins(ui, plot, *range);
            paint_colours(ui, bar, self.colours);
            self.paint_handle(ui, plot, range.0, &low);
            self.paint_handle(ui, plot, range.1, &high);
        }
        if *range != before {
            response.mark_changed();
        }
        response
    }

    fn width(self) -> f64 {
        let width = self.domain.1 - self.domain.0;
        if width.is_finite() && width > 0.0 {
            width
        } else {
            1.0
        }
    }

    fn x_of(self, plot: Rect, value: f64) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
        let share = ((value - self.domain.0) / self.width()).clamp(0.0, 1.0) as f32;
        plot.left() + share * plot.width()
    }

    /// Values that one point on the screen covers.
    fn values_per_point(self, plot: Rect) -> f64 {
        self.width() / f64::from(plot.width().max(1.0))
    }

    fn drag_both(self, ui: &Ui, response: &Response, plot: Rect, range: &mut (f64, f64)) {
        if !response.dragged() {
            return;
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let wanted = f64::from(response.drag_delta().x) * self.values_per_point(plot);
        let least = (self.domain.0 - range.0).min(0.0);
        let most = (self.domain.1 - range.1).max(0.0);
        let shift = wanted.clamp(least, most);
        *range = (range.0 + shift, range.1 + shift);
    }

    fn handle(self, ui: &Ui, id: Id, plot: Rect, range: &mut (f64, f64), end: End) -> Response {
        let (name, value) = match end {
            End::Low => ("Lower limit", range.0),
            End::High => ("Upper limit", range.1),
        };
        let x = self.x_of(plot, value);
        let hit = Rect::from_x_y_ranges(x - GRIP..=x + GRIP, plot.y_range());
        let response = ui.interact(hit, id, Sense::click_and_drag());
        let text = numbers::float(value, 4);
        response.widget_info(|| WidgetInfo::slider(true, value, name));
        describe_handle(ui, id, self.domain, &text);
        let mut wanted = value;
        if response.dragged()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let points = f64::from(pointer.x - plot.left());
            wanted = self.domain.0 + points * self.values_per_point(plot);
        }
        match handle_steps(ui, id) {
            Some(Steps::By(steps)) => wanted += steps * self.width() / 100.0,
            Some(Steps::Start) => wanted = self.domain.0,
            Some(Steps::End) => wanted = self.domain.1,
            None => {}
        }
        if wanted.total_cmp(&value).is_ne() {
            // The ends never meet: a range of no width has no colours.
            let least_width = self.width() / 1000.0;
            match end {
                End::Low => {
                    let most = (range.1 - least_width).max(self.domain.0);
                    range.0 = wanted.clamp(self.domain.0, most);
                }
                End::High => {
                    let least = (range.0 + least_width).min(self.domain.1);
                    range.1 = wanted.clamp(least, self.domain.1);
                }
            }
        }
        response
            .on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal)
            .on_hover_text(format!("{name} {text}\nDrag, or use the arrow keys"))
    }

    /// One bar for each three points, as high as the largest bin in them.
    fn paint_bins(self, ui: &Ui, plot: Rect, range: (f64, f64)) {
        let tokens = Tokens::of(ui);
        ui.painter().hline(
            plot.x_range(),
            plot.bottom() - 0.5,
            Stroke::new(1.0, tokens.line),
        );
        let largest = self.bins.iter().copied().max().unwrap_or(0);
        if largest == 0 {
            return;
        }
        let top = (largest as f32).ln_1p();
        let (low, high) = (self.x_of(plot, range.0), self.x_of(plot, range.1));
        let mut mesh = Mesh::default();
        for column in 0..Self::column_count(plot) {
            let left = plot.left().round() + PITCH * column as f32;
            let count = self.largest_between(plot, left, left + PITCH);
            if count == 0 {
                continue;
            }
            let height = ((count as f32).ln_1p() / top * (plot.height() - 4.0)).max(1.0);
            let is_inside = left + PITCH > low && left < high;
            let color = if is_inside {
                tokens.secondary
            } else {
                tokens.control_line
            };
            mesh.add_colored_rect(
                Rect::from_min_max(
                    pos2(left, (plot.bottom() - height).round()),
                    pos2((left + PITCH - 1.0).min(plot.right()), plot.bottom()),
                ),
                color,
            );
        }
        ui.painter().add(Shape::mesh(mesh));
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width on the screen"
    )]
    fn column_count(plot: Rect) -> usize {
        (plot.width() / PITCH).ceil().clamp(0.0, 4096.0) as usize
    }

    /// The largest count between two places on the screen.
    fn largest_between(self, plot: Rect, left: f32, right: f32) -> u64 {
        let bin_count = self.bins.len();
        let bin_at = |x: f32| {
            let share = f64::from((x - plot.left()) / plot.width().max(1.0));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the bins"
            )]
            let bin = (share * bin_count as f64).clamp(0.0, bin_count as f64) as usize;
            bin
        };
        let first = bin_at(left).min(bin_count.saturating_sub(1));
        let last = bin_at(right).max(first + 1).min(bin_count);
        let bins = self.bins.get(first..last).unwrap_or_default();
        bins.iter().copied().max().unwrap_or(0)
    }

    fn paint_handle(self, ui: &Ui, plot: Rect, value: f64, response: &Response) {
        let tokens = Tokens::of(ui);
        let x = self.x_of(plot, value).round();
        let is_held = response.hovered() || response.dragged() || response.has_focus();
        let width = if is_held { 3.0 } else { 2.0 };
        ui.painter()
            .vline(x, plot.y_range(), Stroke::new(width, tokens.accent));
        let grip = Rect::from_center_size(pos2(x, plot.center().y), vec2(8.0, 20.0));
        ui.painter()
            .rect_filled(grip, size::RADIUS_SMALL, tokens.accent);
        ui.painter().vline(
            x,
            grip.shrink(6.0).y_range(),
            Stroke::new(1.0, tokens.on_accent),
        );
        if response.has_focus() {
            ui.painter().rect_stroke(
                grip.expand(2.0),
                size::RADIUS,
                Stroke::new(2.0, tokens.text),
                egui::StrokeKind::Outside,
            );
        }
    }
}
