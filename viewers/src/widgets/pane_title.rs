//! The title of a pane: what it is and where it came from, in one line.

use egui::{Align, Layout, Response, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};

use super::paint::{between, layout, layout_cut, text_at, text_before};
use crate::theme::{self, Tokens, size};

/// The title bar of a pane, 30 points high.
#[derive(Clone, Copy, Debug)]
#[must_use = "a title is drawn by `show`"]
pub struct PaneTitle<'a> {
    title: &'a str,
    secondary: &'a str,
    right: &'a str,
    active: bool,
}

impl<'a> PaneTitle<'a> {
    /// A title: "Projection".
    pub fn new(title: &'a str) -> Self {
        Self {
            title,
            secondary: "",
            right: "",
            active: false,
        }
    }

    /// What is shown: "frame 920 / 1 841   89.95°".
    pub fn secondary(self, secondary: &'a str) -> Self {
        Self { secondary, ..self }
    }

    /// Where it came from or how it is: "streamed 9.8 MB of 18.2 GB", "refining".
    pub fn right(self, right: &'a str) -> Self {
        Self { right, ..self }
    }

    /// Whether the keyboard acts on this pane.
    pub fn active(self, active: bool) -> Self {
        Self { active, ..self }
    }

    /// Draws the title; the response can be dragged, clicked, and double-clicked.
    pub fn show(self, ui: &mut Ui) -> Response {
        self.show_with(ui, |_| {})
    }

    /// Draws the title with buttons at its right end, added from right to left.
    pub fn show_with(self, ui: &mut Ui, add_buttons: impl FnOnce(&mut Ui)) -> Response {
        let wanted = vec2(ui.available_width(), size::PANE_TITLE);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(format!("{} {}", self.secondary, self.right)),
            ..WidgetInfo::labeled(Role::TitleBar, true, self.title)
        });
        let tokens = Tokens::of(ui);
        ui.painter().rect_filled(rect, 0.0, tokens.panel);
        ui.painter().hline(
            rect.x_range(),
            rect.bottom() - 0.5,
            Stroke::new(1.0, tokens.line),
        );
        if self.active {
            let mark = between(rect, rect.left(), rect.left() + 2.0).shrink2(vec2(0.0, 8.0));
            ui.painter().rect_filled(mark, 1.0, tokens.accent);
        }

        let inside = rect.shrink2(vec2(10.0, 0.0));
        let mut buttons = ui.new_child(
            UiBuilder::new()
                .max_rect(between(rect, inside.left(), rect.right() - 3.0))
                .layout(Layout::right_to_left(Align::Center)),
        );
        buttons.spacing_mut().item_spacing.x = 0.0;
        let start = buttons.cursor().right();
        add_buttons(&mut buttons);
        let used = buttons.min_rect();
        let mut right = if used.width() > 0.0 {
            used.left().min(start) - 4.0
        } else {
            inside.right()
        };

        let title = layout(ui, self.title, theme::title(), tokens.text);
        let title_end = inside.left() + title.size().x;
        let room = (right - title_end - 12.0).max(0.0);
        let origin = layout_cut(ui, self.right, theme::secondary(), tokens.secondary, room);
        if origin.size().x <= room {
            right = text_before(ui, right, rect, origin) - 12.0;
        }
        let x = text_at(ui, inside.left(), rect, title) + 10.0;
        if right - x > 16.0 {
            let what = layout_cut(
                ui,
                self.secondary,
                theme::body(),
                tokens.secondary,
                right - x,
            );
            text_at(ui, x, rect, what);
        }
        let full = [self.title, self.secondary, self.right].join("   ");
        response.on_hover_text(full)
    }
}
