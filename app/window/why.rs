//! Why this plot: the rule that chose it, what was tried, and what is wrong.

use hutch_model::{Remark, Signal};
use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::folding_heading;
use hutch_viewers::{Action, Subject};

/// Draws the section; a click on a path opens the node there.
pub fn ui(ui: &mut egui::Ui, subject: &Subject, signal: &Signal, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let right = match signal.problems.len() {
        0 => String::new(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    // Of a detector's frame nobody asks, unless something is wrong.
    let opens = signal.geometry.is_none() || !signal.problems.is_empty();
    if !folding_heading(ui, "Why this plot", &right, opens) {
        return;
    }
    said(ui, &signal.rule, tokens.text);
    remarks_ui(
        ui,
        "what is wrong",
        &signal.problems,
        Tone::Attention,
        subject,
        actions,
    );
    remarks_ui(
        ui,
        "what goes with it",
        &beside(signal),
        Tone::Secondary,
        subject,
        actions,
    );
    // One step that is the rule itself says nothing new.
    if signal.tried.iter().all(|step| step.text == signal.rule) {
        return;
    }
    remarks_ui(
        ui,
        "what was tried",
        &signal.tried,
        Tone::Secondary,
        subject,
        actions,
    );
}

/// Datasets that say something of each value.
fn beside(signal: &Signal) -> Vec<Remark> {
    let said = [
        (&signal.errors, "standard deviations of the values"),
        (
            &signal.weights,
            "weights; curves divide the values by them, images and tables show the values as they are stored",
        ),
        (&signal.mask, "a mask; 0 where values are good"),
    ];
    let remarks = said.into_iter().filter_map(|(dataset, text)| {
        let origin = dataset.as_ref()?.origin();
        // What was made here can be opened nowhere.
        (origin.url == signal.data.origin().url).then(|| Remark::new(&origin.path, text))
    });
    remarks.collect()
}

fn remarks_ui(
    ui: &mut egui::Ui,
    heading: &str,
    remarks: &[Remark],
    tone: Tone,
    subject: &Subject,
    actions: &mut Vec<Action>,
) {
    if remarks.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.add_space(size::GRID);
    said(ui, heading, tokens.secondary);
    for (number, remark) in remarks.iter().enumerate() {
        // The same path may be said several things of.
        ui.push_id((heading, number), |ui| {
            let path = rich(&remark.path, secondary(), tokens.accent);
            let link = ui.add(egui::Link::new(path));
            if link.on_hover_text("Open it").clicked() {
                actions.push(Action::OpenNode {
                    origin: subject.origin.at(&remark.path),
                    kind: String::new(),
                });
            }
            said(ui, &remark.text, tokens.tone(tone));
        });
    }
}

fn said(ui: &mut egui::Ui, text: &str, colour: egui::Color32) {
    ui.add(egui::Label::new(rich(text, secondary(), colour)).wrap());
}
