//! What a view shows where its data will appear.

use hutch_model::{Error, ErrorKind};

use crate::theme::{body, rich, secondary};
use crate::widgets::{CardAction, ErrorCard, button};
use crate::{Action, Subject, ViewContext, Wait, numbers};

/// Says what is waited for, in the place where it will appear.
pub(crate) fn waiting_ui(ui: &mut egui::Ui, wait: Wait) {
    let tokens = crate::theme::Tokens::of(ui);
    let text = match wait {
        Wait::Queued => "waiting for its turn".to_owned(),
        Wait::Loading { since_secs } if since_secs < 0.3 => String::new(),
        Wait::Loading { since_secs } => format!("loading, {}", numbers::duration(since_secs)),
        Wait::Tape => "on tape; it opens when it is staged".to_owned(),
        Wait::SignIn => "sign in again; what waits goes on by itself".to_owned(),
        Wait::Network { retry_secs } => {
            format!(
                "no connection; trying again in {}",
                numbers::duration(retry_secs)
            )
        }
    };
    let tone = if matches!(wait, Wait::Loading { .. } | Wait::Queued) {
        tokens.secondary
    } else {
        tokens.attention
    };
    ui.centered_and_justified(|ui| {
        ui.label(rich(text, body(), tone));
    });
}

/// Says what went wrong, in the place where the data should have been.
pub(crate) fn failed_ui(
    ui: &mut egui::Ui,
    error: &Error,
    subject: &Subject,
    context: &mut ViewContext<'_>,
) {
    let happened = error.to_string();
    let details = format!("{}\n{error:?}", subject.origin);
    let width = 420.0_f32.min(ui.available_width() - 24.0);
    ui.add_space((ui.available_height() * 0.2).max(12.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(width);
        let answer = ErrorCard {
            title: error.kind.title(),
            happened: &happened,
            next: "The rest of the file stays open.",
            advice: error.kind.advice(),
            details: &details,
            retry: true,
            sign_in: error.kind == ErrorKind::SignIn,
        }
        .show(ui);
        match answer {
            Some(CardAction::Retry) => {
                context.actions.push(Action::Retry(subject.origin.clone()));
            }
            Some(CardAction::SignIn) => {
                context
                    .actions
                    .push(Action::SignIn(subject.origin.url.clone()));
            }
            None => {}
        }
    });
}

/// Says that there is nothing to show, and why.
pub(crate) fn nothing_ui(ui: &mut egui::Ui, text: &str, action: &str) -> bool {
    let tokens = crate::theme::Tokens::of(ui);
    ui.add_space((ui.available_height() * 0.3).max(12.0));
    ui.vertical_centered(|ui| {
        ui.label(rich(text, secondary(), tokens.secondary));
        !action.is_empty() && button(ui, action).clicked()
    })
    .inner
}
