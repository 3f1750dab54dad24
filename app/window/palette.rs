//! The palette: every command and every open thing, found by typing.

mod lines;
mod search;

use hutch_viewers::icons::Icon;
use hutch_viewers::theme::{Tokens, body, rich, secondary, size};

use self::lines::{Line, lines};
use super::commands::Doing;
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
    let mut found = found(lines, &palette.text);
    let typed = Line {
        icon: Icon::ExternalLink,
        text: format!("Open \"{}\"", palette.text),
        hint: "Enter".to_owned(),
        doing: Doing::OpenAddress(palette.text.clone()),
        ..Line::default()
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
    let ink = if line.is_of_use {
        tokens.text
    } else {
        tokens.faint
    };
    line.icon.paint(
        ui,
        icon,
        match (is_at, line.is_of_use) {
            (true, _) => tokens.accent,
            (false, true) => tokens.secondary,
            (false, false) => tokens.faint,
        },
    );
    let hint_width = text_ui(
        ui,
        (&line.hint, secondary(), tokens.secondary),
        rect.shrink2(egui::vec2(8.0, 0.0)),
        egui::Align::Max,
    );
    let room = egui::Rect::from_min_max(
        rect.min + egui::vec2(32.0, 0.0),
        rect.max - egui::vec2(16.0 + hint_width, 0.0),
    );
    text_ui(ui, (&line.text, body(), ink), room, egui::Align::Min);
    response
}

/// Writes a line of text into a rectangle, cut with an ellipsis where it has no room; says its width.
fn text_ui(
    ui: &egui::Ui,
    (text, font, color): (&str, egui::FontId, egui::Color32),
    rect: egui::Rect,
    align: egui::Align,
) -> f32 {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width().max(0.0));
    let galley = ui.painter().layout_job(job);
    let size = galley.size();
    let left = match align {
        egui::Align::Max => rect.right() - size.x,
        _ => rect.left(),
    };
    let place = egui::pos2(left, rect.center().y - size.y / 2.0);
    ui.painter().galley(place, galley, color);
    size.x
}

/// The lines that have what was typed: those of use to the shown view first, then those whose own words say it.
fn found<'a>(lines: &'a [Line], typed: &str) -> Vec<&'a Line> {
    let wanted = search::words(typed);
    let ranked = |forgives: bool| {
        let mut found: Vec<((bool, u32), &Line)> = lines
            .iter()
            .filter_map(|line| {
                let rank = search::rank(&wanted, &line.text, line.also, forgives)?;
                Some(((!line.is_of_use, rank), line))
            })
            .collect();
        // The sort keeps the order of the commands among equals.
        found.sort_by_key(|(rank, _)| *rank);
        found
    };
    let mut best = ranked(false);
    if best.is_empty() {
        best = ranked(true);
    }
    best.into_iter().map(|(_, line)| line).collect()
}
