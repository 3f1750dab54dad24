//! The top line: where you are, search, transfers, jobs, who you are.

use hutch_viewers::theme::{Tokens, Tone, rich, size};
use hutch_viewers::widgets::{breadcrumbs, notice, search_button, text_button};

use super::state::State;
use crate::window::panels::Side;

/// Lines that tell something are so wide at most, in points.
const WIDEST: f32 = 760.0;

/// Draws the line.
pub fn ui(ui: &mut egui::Ui, state: &mut State) {
    let tokens = Tokens::of(ui);
    ui.horizontal_centered(|ui| {
        ui.label(rich("hutch", egui::FontId::proportional(15.0), tokens.accent).strong());
        ui.add_space(size::GRID);
        let search_width = (ui.available_width() * 0.28).clamp(120.0, 380.0);
        let right_width = 190.0;
        let path_width = (ui.available_width() - search_width - right_width).max(80.0);
        ui.scope(|ui| {
            ui.set_width(path_width);
            path_ui(ui, state);
        });
        if search_button(ui, "Search data, run a command", "Ctrl K", search_width).clicked() {
            state.palette.open();
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            right_ui(ui, state);
        });
    });
}

fn path_ui(ui: &mut egui::Ui, state: &mut State) {
    let Some(slot) = state.active.and_then(|id| state.views.get(&id)) else {
        return;
    };
    let subject = slot.view.subject();
    let origin = subject.origin.clone();
    let file = origin.file_name().to_owned();
    let inner: Vec<String> = origin
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let mut parts: Vec<&str> = vec![&file];
    parts.extend(inner.iter().map(String::as_str));
    if let Some(part) = breadcrumbs(ui, &parts) {
        let path = format!("/{}", inner.get(..part).unwrap_or_default().join("/"));
        let open = state
            .files
            .iter_mut()
            .find(|open| open.file.origin().url == origin.url);
        if let Some(open) = open {
            open.tree.reveal(&path, &state.pools, &state.wake);
            let file = std::sync::Arc::clone(&open.file);
            state.show_node(&file, Some(path), "");
        }
    }
}

fn right_ui(ui: &mut egui::Ui, state: &mut State) {
    super::panels::switches_ui(ui, state);
    let who = state.catalogues.values().find_map(|pane| {
        pane.who
            .here()
            .map(|who| format!("{} @ {}", short(&who.user), pane.site))
    });
    let text = who.unwrap_or_else(|| "not signed in".to_owned());
    if text_button(ui, &text, Tone::Secondary)
        .on_hover_text("Who is signed in, and where")
        .clicked()
        && let Some(site) = state.sites.names().first().cloned()
    {
        state.show_site(&site);
    }
    let running = state
        .jobs
        .list()
        .iter()
        .filter(|job| job.is_running())
        .count();
    let text = match running {
        0 => "jobs".to_owned(),
        1 => "1 job".to_owned(),
        more => format!("{more} jobs"),
    };
    let tone = if running > 0 {
        Tone::Accent
    } else {
        Tone::Secondary
    };
    if text_button(ui, &text, tone)
        .on_hover_text("Show jobs (Ctrl J)")
        .clicked()
    {
        state.shows_jobs = !state.shows_jobs;
        state.panels.show(Side::Inspector);
    }
}

/// The user without the way of signing in: `db/alice` is `alice`.
fn short(user: &str) -> &str {
    user.rsplit('/').next().unwrap_or(user)
}

/// Lines that tell what happened.
///
/// They lie over the views, below the titles, so that nothing under the pointer moves when one comes or goes; they are
/// in no picture of a view.
pub fn notices_ui(ui: &egui::Ui, state: &mut State) {
    if state.notices.is_empty() || !state.captures.is_empty() {
        return;
    }
    let place = ui.max_rect();
    let corner = place.left_top() + egui::vec2(size::PADDING, size::PANE_TITLE + size::GRID);
    let width = (place.width() - 2.0 * size::PADDING).clamp(40.0, WIDEST);
    egui::Area::new(egui::Id::unique("notices"))
        .order(egui::Order::Middle)
        .fixed_pos(corner)
        .movable(false)
        .show(ui.ctx(), |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = size::GRID;
            lines_ui(ui, state);
        });
}

fn lines_ui(ui: &mut egui::Ui, state: &mut State) {
    let mut remove = None;
    let mut retry = None;
    for (index, line) in state.notices.iter_mut().enumerate() {
        let tone = if line.error.is_some() {
            Tone::Error
        } else if line.is_good {
            Tone::Good
        } else {
            Tone::Attention
        };
        match line.left() {
            Some(left) if left.is_zero() => remove = Some(index),
            Some(left) => ui.ctx().request_repaint_after(left),
            None => {}
        }
        let action = if line.address.is_some() {
            "Try again"
        } else {
            ""
        };
        let answer = notice(ui, tone, &line.text, action);
        if answer.action {
            retry.clone_from(&line.address);
            remove = Some(index);
        } else if answer.dismissed {
            remove = Some(index);
        }
    }
    if let Some(index) = remove {
        state.notices.remove(index);
    }
    if let Some(address) = retry {
        state.open_address(&address, "");
    }
}
