//! The palette: every command and every open thing, found by typing.

use hutch_viewers::icons::Icon;
use hutch_viewers::theme::{Tokens, body, rich, secondary, size};

use super::commands::{Doing, commands};
use super::state::State;

/// Lines in sight at once.
const SHOWN: f32 = 12.0;

/// The palette.
#[derive(Debug, Default)]
pub struct Palette {
    /// Whether it is shown.
    pub is_open: bool,
    text: String,
    at: usize,
    is_fresh: bool,
}

struct Line {
    icon: Icon,
    text: String,
    hint: String,
    doing: Doing,
}

impl Palette {
    /// Shows it, empty.
    pub fn open(&mut self) {
        self.is_open = true;
        self.text.clear();
        self.at = 0;
        self.is_fresh = true;
    }
}

/// Draws the palette over the window.
pub fn ui(state: &mut State, context: &egui::Context) -> Option<Doing> {
    if !state.palette.is_open {
        return None;
    }
    let lines = lines(state);
    let screen = context.content_rect();
    let width = 560.0_f32.min(screen.width() - 2.0 * size::PADDING);
    let mut done = None;
    let area = egui::Area::new(egui::Id::unique("palette"))
        .order(egui::Order::Foreground)
        .fixed_pos(egui::pos2(
            screen.center().x - width / 2.0,
            screen.top() + 56.0,
        ))
        .show(context, |ui| {
            let tokens = Tokens::of(ui);
            egui::Frame::new()
                .fill(tokens.raised)
                .stroke(egui::Stroke::new(1.0, tokens.line))
                .corner_radius(size::RADIUS)
                .inner_margin(size::GRID * 2.0)
                .shadow(ui.style().visuals.popup_shadow)
                .show(ui, |ui| {
                    ui.set_width(width);
                    done = palette_ui(&mut state.palette, ui, &lines, &tokens);
                });
        });
    let is_outside = context.input(|input| {
        input.pointer.any_pressed()
            && input
                .pointer
                .interact_pos()
                .is_some_and(|point| !area.response.rect.contains(point))
    });
    if done.is_some() || is_outside || context.input(|input| input.key_pressed(egui::Key::Escape)) {
        state.palette.is_open = false;
    }
    done
}

fn palette_ui(
    palette: &mut Palette,
    ui: &mut egui::Ui,
    lines: &[Line],
    tokens: &Tokens,
) -> Option<Doing> {
    let label = ui.label(rich(
        "Search data, run a command",
        secondary(),
        tokens.secondary,
    ));
    let field = ui
        .add(
            egui::TextEdit::singleline(&mut palette.text)
                .hint_text("a command, a path, an address, or SITE:PATH")
                .desired_width(f32::INFINITY),
        )
        .labelled_by(label.id);
    if palette.is_fresh {
        field.request_focus();
        palette.is_fresh = false;
    }
    let wanted = palette.text.to_lowercase();
    let mut found: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            wanted
                .split_whitespace()
                .all(|word| line.text.to_lowercase().contains(word))
        })
        .collect();
    let typed = Line {
        icon: Icon::ExternalLink,
        text: format!("Open \"{}\"", palette.text),
        hint: "Enter".to_owned(),
        doing: Doing::OpenAddress(palette.text.clone()),
    };
    let looks_like_address = palette.text.contains('/') || palette.text.contains(':');
    if looks_like_address {
        found.insert(0, &typed);
    }
    let (down, up, enter) = ui.input(|input| {
        (
            input.key_pressed(egui::Key::ArrowDown),
            input.key_pressed(egui::Key::ArrowUp),
            input.key_pressed(egui::Key::Enter),
        )
    });
    if field.changed() {
        palette.at = 0;
    }
    if down {
        palette.at = (palette.at + 1).min(found.len().saturating_sub(1));
    }
    if up {
        palette.at = palette.at.saturating_sub(1);
    }
    let mut done = None;
    ui.add_space(size::GRID);
    let moved = down || up || field.changed();
    egui::ScrollArea::vertical()
        .max_height(SHOWN * (size::ROW + 4.0))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (index, line) in found.iter().enumerate() {
                let is_at = index == palette.at;
                let row = line_ui(ui, line, is_at, tokens);
                if is_at && moved {
                    row.scroll_to_me(None);
                }
                if row.clicked() || (enter && is_at) {
                    done = Some(line.doing.clone());
                }
            }
        });
    if found.is_empty() {
        ui.label(rich(
            "No command has these words. Type a path or an address to open it.",
            body(),
            tokens.secondary,
        ));
    }
    done
}

fn line_ui(ui: &mut egui::Ui, line: &Line, is_at: bool, tokens: &Tokens) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(
        egui::vec2(ui.available_width(), size::ROW + 4.0),
        egui::Sense::click(),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &line.text));
    if is_at || response.hovered() {
        let fill = if is_at {
            tokens.accent_behind
        } else {
            tokens.hover
        };
        ui.painter().rect_filled(rect, size::RADIUS_SMALL, fill);
    }
    let icon = egui::Rect::from_min_size(rect.left_top(), egui::vec2(28.0, rect.height()));
    line.icon.paint(
        ui,
        icon,
        if is_at {
            tokens.accent
        } else {
            tokens.secondary
        },
    );
    ui.painter().text(
        egui::pos2(rect.left() + 32.0, rect.center().y),
        egui::Align2::LEFT_CENTER,
        &line.text,
        body(),
        tokens.text,
    );
    ui.painter().text(
        egui::pos2(rect.right() - 8.0, rect.center().y),
        egui::Align2::RIGHT_CENTER,
        &line.hint,
        secondary(),
        tokens.secondary,
    );
    response
}

fn lines(state: &State) -> Vec<Line> {
    let line = |icon, text: &str, hint: &str, doing| Line {
        icon,
        text: text.to_owned(),
        hint: hint.to_owned(),
        doing,
    };
    let mut lines: Vec<Line> = commands()
        .filter(|entry| entry.doing != Doing::ShowPalette)
        .map(|entry| {
            line(
                entry.icon,
                entry.text,
                &entry.keys_text(),
                entry.doing.clone(),
            )
        })
        .collect();
    for site in state.sites.names() {
        lines.push(line(
            Icon::Database,
            &format!("Catalogue of {site}"),
            "",
            Doing::ShowSite(site.clone()),
        ));
    }
    if let Some(slot) = state.active.and_then(|id| state.views.get(&id)) {
        for kind in hutch_viewers::registry::fitting(slot.view.subject()) {
            lines.push(line(
                kind.icon(),
                &format!("View as {}", kind.label()),
                "",
                Doing::ViewAs(kind.name()),
            ));
        }
    }
    for bookmark in &state.bookmarks {
        lines.push(line(
            Icon::Pin,
            &format!("Open {}", bookmark.name),
            "bookmark",
            Doing::OpenAddress(bookmark.link.clone()),
        ));
    }
    for recent in &state.recent {
        lines.push(line(
            Icon::Clock,
            &format!("Open {recent}"),
            "recent",
            Doing::OpenAddress(recent.clone()),
        ));
    }
    lines
}
