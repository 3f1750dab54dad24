//! Sections of a panel that fold, and which of them a person folded.

use std::collections::BTreeSet;

use egui::{
    Align, Context, Id, Layout, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::paint::{between, focus_ring, layout_heading, text_at, text_before};
use super::tree::bleed;
use crate::icons::Icon;
use crate::theme::{self, Tokens, size};

/// Room above a section, in points; none where the one above is folded.
const GAP: f32 = 12.0;
/// Room for the triangle in front of a heading.
const TRIANGLE: f32 = 16.0;

/// Which sections a person opened or folded, by their headings; all others are as their view has them at first.
///
/// Whoever draws a panel puts them into the context before, and takes them after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// Those that are open, and would not be.
    pub open: BTreeSet<String>,
    /// Those that are folded, and would not be.
    pub folded: BTreeSet<String>,
}

impl Folds {
    /// Those of the pass.
    pub fn of(context: &Context) -> Self {
        let found = context.data(|data| data.get_temp(Self::place()));
        found.unwrap_or_default()
    }

    /// Makes them those of the pass.
    pub fn put(self, context: &Context) {
        context.data_mut(|data| data.insert_temp(Self::place(), self));
    }

    fn place() -> Id {
        Id::unique("folded sections")
    }

    fn is_open(&self, title: &str, opens: bool) -> bool {
        if opens {
            !self.folded.contains(title)
        } else {
            self.open.contains(title)
        }
    }

    /// Folds a section that is open, and opens one that is not; what is as its view has it needs no words. Says
    /// whether it is open then.
    fn toggle(&mut self, title: &str, opens: bool) -> bool {
        let is_open = !self.is_open(title, opens);
        self.open.remove(title);
        self.folded.remove(title);
        if is_open != opens {
            let list = if is_open {
                &mut self.open
            } else {
                &mut self.folded
            };
            list.insert(title.to_owned());
        }
        is_open
    }
}

/// The heading of a section that folds, with a triangle in front; says whether what belongs to it is shown.
///
/// `opens` is whether it is open where no person chose. A click, Enter and the space bar fold and open it.
pub fn folding_heading(ui: &mut Ui, title: &str, right: &str, opens: bool) -> bool {
    let (is_open, response) = heading(ui, title, opens);
    if !right.is_empty() && ui.is_rect_visible(response.rect) {
        let galley = layout_heading(ui, right, Tokens::of(ui).secondary);
        text_before(ui, response.rect.right(), response.rect, galley);
    }
    is_open
}

/// The same with buttons at its right, added from right to left.
pub fn folding_heading_with(
    ui: &mut Ui,
    title: &str,
    opens: bool,
    add_right: impl FnOnce(&mut Ui),
) -> bool {
    let (is_open, response) = heading(ui, title, opens);
    let rect = response.rect;
    let place = between(rect, rect.center().x, rect.right());
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    add_right(&mut right);
    is_open
}

fn heading(ui: &mut Ui, title: &str, opens: bool) -> (bool, Response) {
    gap(ui);
    let size = theme::full_width(ui, size::ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let mut folds = Folds::of(ui.ctx());
    let mut is_open = folds.is_open(title, opens);
    if response.clicked() {
        is_open = folds.toggle(title, opens);
        folds.put(ui.ctx());
    }
    let is_enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::DisclosureTriangle, is_enabled, title));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_expanded(is_open));
    if !is_open {
        ui.data_mut(|data| data.insert_temp(below(), rect.bottom()));
    }
    if ui.is_rect_visible(rect) {
        paint(ui, rect, title, is_open, &response);
    }
    let hint = if is_open {
        "Fold this section"
    } else {
        "Open this section"
    };
    (is_open, response.on_hover_text(hint))
}

/// Room above a heading, unless it is the first one or follows one that is folded: those stand close together.
fn gap(ui: &mut Ui) {
    let top = ui.cursor().top();
    let is_first = ui.min_rect().height() < 1.0;
    let folded: Option<f32> = ui.data(|data| data.get_temp(below()));
    let is_close = folded.is_some_and(|bottom| (top - bottom).abs() < 4.0);
    if !is_first && !is_close {
        ui.add_space(GAP);
    }
}

/// Where the end of the last folded section is kept.
fn below() -> Id {
    Id::unique("end of a folded section")
}

fn paint(ui: &Ui, rect: Rect, title: &str, is_open: bool, response: &Response) {
    let tokens = Tokens::of(ui);
    let back = bleed(ui, rect);
    if response.hovered() {
        ui.painter().rect_filled(back, 0.0, tokens.hover);
    }
    let mark = if is_open {
        Icon::ChevronDown
    } else {
        Icon::ChevronRight
    };
    let place = Rect::from_min_size(
        pos2(rect.left() - 2.0, rect.top()),
        vec2(TRIANGLE, rect.height()),
    );
    mark.paint(ui, place.shrink2(vec2(1.0, 5.0)), tokens.secondary);
    let galley = layout_heading(ui, title, tokens.secondary);
    text_at(ui, rect.left() + TRIANGLE, rect, galley);
    focus_ring(ui, response, back);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_the_view_has_it_needs_no_words() {
        let mut folds = Folds::default();
        assert!(folds.is_open("Display", true) && !folds.is_open("Mask", false));
        folds.toggle("Display", true);
        folds.toggle("Mask", false);
        assert!(!folds.is_open("Display", true) && folds.is_open("Mask", false));
        // A mask that is painted opens its section, and a person may fold it then.
        assert!(folds.is_open("Mask", true), "both want it open");
        folds.toggle("Mask", true);
        assert!(!folds.is_open("Mask", true));
        folds.toggle("Display", true);
        assert!(folds.is_open("Display", true));
        assert!(!folds.is_open("Mask", false), "nothing is painted any more");
        folds.toggle("Mask", true);
        assert_eq!(folds, Folds::default(), "as at first");
    }
}
