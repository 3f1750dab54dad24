//! What to do first.

use hutch_viewers::icons::Icon;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, body, rich};
use hutch_viewers::widgets::{empty_state, progress_bar};

use super::state::State;

/// Draws the pane; says which site a person wants to see.
pub fn ui(ui: &mut egui::Ui, state: &mut State) -> Option<String> {
    let height = ui.available_height();
    ui.add_space((height * 0.3).max(16.0));
    if let Some(opening) = state.opening.first() {
        let tokens = Tokens::of(ui);
        ui.vertical_centered(|ui| {
            let name = opening
                .address
                .rsplit('/')
                .next()
                .unwrap_or(&opening.address);
            ui.label(rich(format!("Opening {name}"), body(), tokens.text));
            ui.add_space(8.0);
            progress_bar(ui, "opening", None, 200.0);
            let elapsed = opening.since.elapsed().as_secs_f64();
            ui.label(rich(numbers::duration(elapsed), body(), tokens.secondary));
        });
        return None;
    }
    let demo = state.sites.names().iter().any(|name| name == "demo");
    let sentence = "Open a file, sign in to a facility, or drop a file here.";
    let mut actions = vec![("Open a file", "Ctrl O"), ("Commands", "Ctrl K")];
    if demo {
        actions.push(("Try the demo facility", ""));
    }
    match empty_state(ui, Icon::Detector, sentence, &actions) {
        Some(0) => super::keys::open_dialog(state),
        Some(1) => state.palette.open(),
        Some(_) => return Some("demo".to_owned()),
        None => {}
    }
    None
}
