//! A row of a tree.

use egui::{EventFilter, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint::{between, focus_ring, layout, text_at, text_before};
use crate::icons::Icon;
use crate::numbers;
use crate::theme::{self, Tokens, Tone, size};

/// Whether a row has children, and whether they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Branch {
    /// No children.
    #[default]
    Leaf,
    /// The children are shown.
    Open,
    /// The children are hidden.
    Closed,
}

/// What a person did to a row.
#[derive(Clone, Debug)]
pub struct TreeRowResponse {
    /// The row itself: clicked, double-clicked, context menu.
    pub response: Response,
    /// The chevron was pressed, or the arrow key that opens or closes.
    pub toggled: bool,
}

/// A row of a tree, 24 points high.
///
/// Its background reaches up to 12 points beyond the ui on both sides where nothing clips it, so
/// that a selected row fills a padded panel.
#[derive(Clone, Copy, Debug)]
#[must_use = "a row is drawn by `show`"]
pub struct TreeRow<'a> {
    name: &'a str,
    depth: usize,
    branch: Branch,
    icon: Option<Icon>,
    icon_tone: Tone,
    right: &'a str,
    right_tone: Tone,
    selected: bool,
    tooltip: &'a str,
}

impl<'a> TreeRow<'a> {
    /// A leaf at depth 0 with a name.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            depth: 0,
            branch: Branch::Leaf,
            icon: None,
            icon_tone: Tone::Secondary,
            right: "",
            right_tone: Tone::Secondary,
            selected: false,
            tooltip: "",
        }
    }

    /// How far from the root; 16 points each.
    pub fn depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// Whether there are children.
    pub fn branch(self, branch: Branch) -> Self {
        Self { branch, ..self }
    }

    /// The icon; a leaf shows it where a branch has its chevron.
    pub fn icon(self, icon: Icon) -> Self {
        Self {
            icon: Some(icon),
            ..self
        }
    }

    /// The colour of the icon.
    pub fn icon_tone(self, icon_tone: Tone) -> Self {
        Self { icon_tone, ..self }
    }

    /// What stands at the right: a size, a shape, "on tape".
    pub fn right(self, right: &'a str) -> Self {
        Self { right, ..self }
    }

    /// The colour of what stands at the right.
    pub fn right_tone(self, right_tone: Tone) -> Self {
        Self { right_tone, ..self }
    }

    /// Whether this is the selected row.
    pub fn selected(self, selected: bool) -> Self {
        Self { selected, ..self }
    }

    /// What the tooltip says; without it the name, when that was cut.
    pub fn tooltip(self, tooltip: &'a str) -> Self {
        Self { tooltip, ..self }
    }

    /// Draws the row.
    pub fn show(self, ui: &mut Ui) -> TreeRowResponse {
        let (rect, place) =
            ui.allocate_exact_size(theme::full_width(ui, size::ROW), Sense::hover());
        let back = bleed(ui, rect);
        let response = ui.interact(back, place.id.with("row"), Sense::click());
        let is_enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo {
            current_text_value: (!self.right.is_empty()).then(|| self.right.to_owned()),
            ..WidgetInfo::selected(Role::TreeItem, is_enabled, self.selected, self.name)
        });
        self.describe(ui, &response);

        let left = rect.left() + self.depth as f32 * 16.0;
        let chevron = Rect::from_min_size(pos2(left, rect.top()), vec2(16.0, rect.height()));
        let mut toggled = false;
        if self.branch != Branch::Leaf {
            // The row is below: a press on the chevron is not a press on the row.
            let hit = ui.interact(
                chevron.expand2(vec2(4.0, 0.0)),
                place.id.with("chevron"),
                Sense::CLICK,
            );
            toggled = hit.clicked() || self.is_toggled_by_key(ui, &response);
        }
        let mut is_cut = false;
        if ui.is_rect_visible(rect) {
            is_cut = self.paint(ui, rect, back, chevron, &response);
        }
        let response = if !self.tooltip.is_empty() {
            response.on_hover_text(self.tooltip)
        } else if is_cut {
            response.on_hover_text(self.name)
        } else {
            response
        };
        TreeRowResponse { response, toggled }
    }

    fn describe(self, ui: &Ui, response: &Response) {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_level(self.depth + 1);
            node.set_selected(self.selected);
            match self.branch {
                Branch::Leaf => {}
                Branch::Open => node.set_expanded(true),
                Branch::Closed => node.set_expanded(false),
            }
        });
    }

    fn is_toggled_by_key(self, ui: &Ui, response: &Response) -> bool {
        if !response.has_focus() {
            return false;
        }
        ui.memory_mut(|memory| {
            let filter = EventFilter {
                horizontal_arrows: true,
                ..EventFilter::default()
            };
            memory.set_focus_lock_filter(response.id, filter);
        });
        let key = match self.branch {
            Branch::Leaf => return false,
            Branch::Open => Key::ArrowLeft,
            Branch::Closed => Key::ArrowRight,
        };
        ui.input(|input| input.key_pressed(key))
    }

    /// Draws the row; whether the name was cut.
    fn paint(self, ui: &Ui, rect: Rect, back: Rect, chevron: Rect, response: &Response) -> bool {
        let tokens = Tokens::of(ui);
        if self.selected {
            ui.painter().rect_filled(back, 0.0, tokens.accent_behind);
            let bar = between(back, back.left(), back.left() + 2.0);
            ui.painter().rect_filled(bar, 0.0, tokens.accent);
        } else if response.hovered() {
            ui.painter().rect_filled(back, 0.0, tokens.hover);
        }
        let mut x = chevron.right() + 6.0;
        let icon_color = tokens.tone(self.icon_tone);
        match (self.branch, self.icon) {
            (Branch::Leaf, Some(icon)) => icon.paint(ui, chevron, icon_color),
            (Branch::Leaf, None) => {}
            (branch, icon) => {
                let mark = if branch == Branch::Open {
                    Icon::ChevronDown
                } else {
                    Icon::ChevronRight
                };
                mark.paint(ui, chevron.shrink2(vec2(1.0, 5.0)), tokens.secondary);
                if let Some(icon) = icon {
                    icon.paint(ui, between(rect, x - 2.0, x + 14.0), icon_color);
                    x += 20.0;
                }
            }
        }
        let mut right = rect.right();
        if !self.right.is_empty() {
            // On the selected row grey would be too faint.
            let color = match (self.selected, self.right_tone) {
                (true, Tone::Secondary | Tone::Faint) => tokens.text,
                (_, tone) => tokens.tone(tone),
            };
            let galley = layout(ui, self.right, theme::secondary(), color);
            right = text_before(ui, right, rect, galley) - 8.0;
        }
        let name = numbers::elide_middle(self.name, (right - x).max(0.0), theme::body(), ui);
        let is_cut = name != self.name;
        text_at(ui, x, rect, layout(ui, &name, theme::body(), tokens.text));
        focus_ring(ui, response, back);
        is_cut
    }
}

/// The row with the padding of the panel around it, as far as it is not clipped.
pub(super) fn bleed(ui: &Ui, rect: Rect) -> Rect {
    let clip = ui.clip_rect();
    let left = (rect.left() - size::PADDING)
        .max(clip.left())
        .min(rect.left());
    let right = (rect.right() + size::PADDING)
        .min(clip.right())
        .max(rect.right());
    between(rect, left, right)
}
