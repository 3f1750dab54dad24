//! The right panel: display, numbers and recipe of the view; attributes; jobs.

use hutch_model::{DatasetInfo, NodeKind};
use hutch_viewers::icons::{Icon, icon_button};
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, Tone, rich, secondary, size};
use hutch_viewers::widgets::{
    Folds, empty_state, folding_heading, key_value, key_value_tone, progress_bar,
    section_heading_with, text_button,
};
use hutch_viewers::{Action, GpuPass, Subject, ViewContext};

use super::state::State;
use crate::jobs::{Job, JobPhase};

/// The room around what the panel says; the bar of its list lies in it at the right.
pub(super) const MARGIN: egui::Margin = egui::Margin::symmetric(12, 8);

/// Jobs that are shown after their end.
const LAST_JOBS: usize = 4;

/// Draws the panel.
pub fn ui(
    ui: &mut egui::Ui,
    state: &mut State,
    gpu: Option<GpuPass<'_>>,
    actions: &mut Vec<Action>,
) {
    let folds = state.settings.folds();
    folds.clone().put(ui.ctx());
    egui::ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            let margin = egui::Margin {
                right: MARGIN.right,
                ..egui::Margin::ZERO
            };
            egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                if state.shows_jobs {
                    jobs_ui(ui, state);
                    ui.add_space(size::PADDING);
                }
                view_ui(ui, state, gpu, actions);
            });
        });
    let now = Folds::of(ui.ctx());
    if now != folds {
        state.settings.keep_folds(now);
        super::keys::keep_settings(state);
    }
}

fn view_ui(
    ui: &mut egui::Ui,
    state: &mut State,
    gpu: Option<GpuPass<'_>>,
    actions: &mut Vec<Action>,
) {
    let sites = state.sites.compute_names();
    let Some(id) = state.active else {
        let tokens = Tokens::of(ui);
        ui.label(rich(
            "Numbers, display and recipe of the chosen view appear here.",
            secondary(),
            tokens.secondary,
        ));
        return;
    };
    let part = state.comparison_of(id).map(|compare| match id {
        id if id == compare.first => "A",
        id if id == compare.second => "B",
        _ => "A and B",
    });
    let Some(slot) = state.views.get_mut(&id) else {
        return;
    };
    if let Some(part) = part {
        key_value(ui, "of the comparison", part);
    }
    let mut context = ViewContext {
        resident: &mut state.residency,
        gpu,
        tokens: Tokens::of(ui),
        is_active: true,
        compute_sites: &sites,
        actions,
    };
    slot.view.inspector_ui(ui, &mut context);
    let field = super::fields::ui(ui, slot);
    let picture = super::axes::ui(ui, slot);
    let subject = slot.view.subject();
    if let Some(signal) = &subject.signal {
        if let Some(scan) = &signal.scan {
            hutch_viewers::scans::scan_ui(ui, scan);
        }
        super::why::ui(ui, subject, signal, actions);
    }
    node_ui(ui, subject);
    if let Some((kind, address)) = field {
        state.use_field(id, kind, &address);
    }
    if let Some(picture) = picture {
        state.show_picture_of(id, picture);
    }
}

fn node_ui(ui: &mut egui::Ui, subject: &Subject) {
    let class = subject.node.nx_class().unwrap_or_default();
    let (title, right) = match &subject.node.kind {
        NodeKind::Dataset(_) => ("Dataset", "as stored"),
        NodeKind::Group => ("Group", class),
        NodeKind::NamedType => ("Type", ""),
    };
    if folding_heading(ui, title, right, true) {
        if let NodeKind::Dataset(info) = &subject.node.kind {
            dataset_ui(ui, info);
        }
        key_value(ui, "comes by", &subject.way);
        for problem in &subject.node.problems {
            key_value_tone(ui, "problem", problem, Tone::Attention);
        }
    }
    let attributes = &subject.node.attributes;
    let count = attributes.len().to_string();
    if attributes.is_empty() || !folding_heading(ui, "Attributes", &count, true) {
        return;
    }
    for attribute in attributes {
        let value = attribute.value.to_string();
        key_value(ui, &attribute.name, &value)
            .on_hover_text(format!("{}\n{value}", attribute.stored));
    }
}

fn dataset_ui(ui: &mut egui::Ui, info: &DatasetInfo) {
    let sizes =
        |shape: &[u64]| -> Vec<String> { shape.iter().map(|&size| numbers::count(size)).collect() };
    let shape = match info.shape.as_slice() {
        [] => "scalar".to_owned(),
        shape => sizes(shape).join(" × "),
    };
    key_value(ui, "shape", &shape);
    key_value(ui, "type", &info.stored);
    key_value(ui, "layout", &info.layout);
    if let Some(chunk) = &info.chunk_shape {
        key_value(ui, "chunk", &sizes(chunk).join(" × "));
    }
    if !info.filters.is_empty() {
        key_value(ui, "filters", &info.filters.join(", "));
    }
    if let Some(size) = info.size_bytes {
        key_value(ui, "size", &numbers::bytes(size));
    }
    if let Some(why) = &info.unreadable {
        key_value_tone(ui, "unreadable", why, Tone::Attention);
    }
}

fn jobs_ui(ui: &mut egui::Ui, state: &mut State) {
    let mut hide = false;
    section_heading_with(ui, "Jobs", |ui| {
        hide = icon_button(ui, Icon::X, "Hide the jobs (Ctrl J)").clicked();
    });
    if hide {
        state.shows_jobs = false;
    }
    let jobs = state.jobs.list();
    if jobs.is_empty() {
        empty_state(
            ui,
            Icon::Cpu,
            "No jobs yet. A reconstruction sent from a tomography view appears here.",
            &[],
        );
        return;
    }
    let mut open = None;
    // What is under way, and what was done last; more of it would push the view's own numbers away.
    let newest = jobs.iter().rev().enumerate();
    let shown = newest.filter(|(place, job)| job.is_running() || *place < LAST_JOBS);
    for (_, job) in shown {
        job_ui(ui, job, &mut open);
        ui.add_space(size::GRID * 2.0);
    }
    if let Some(address) = open {
        state.open_address(&address, "");
    }
}

fn job_ui(ui: &mut egui::Ui, job: &Job, open: &mut Option<String>) {
    let tokens = Tokens::of(ui);
    let (word, tone) = match &job.phase {
        JobPhase::Running => ("running".to_owned(), Tone::Accent),
        JobPhase::Done(_) => ("done".to_owned(), Tone::Good),
        JobPhase::Failed(error) => (error.kind.title().to_lowercase(), Tone::Error),
        JobPhase::Cancelled => ("cancelled".to_owned(), Tone::Secondary),
    };
    key_value_tone(ui, &job.label, &word, tone);
    let remark = match &job.phase {
        JobPhase::Failed(error) => error.to_string(),
        JobPhase::Done(text) => text.clone(),
        _ => job.remark.clone(),
    };
    let left = job
        .time_left()
        .filter(|_| job.is_running())
        .map(|left| numbers::time_left(left.as_secs_f64()));
    let text = [
        Some(job.place.clone()),
        Some(remark).filter(|text| !text.is_empty()),
        left,
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join("  ");
    ui.label(rich(text, secondary(), tokens.secondary));
    if job.is_running() {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 64.0).max(40.0);
            progress_bar(ui, &job.label, job.fraction(), width);
            if text_button(ui, "Cancel", Tone::Secondary).clicked() {
                job.cancel.cancel();
            }
        });
    } else if let Some(result) = &job.result
        && text_button(ui, "Open the result", Tone::Accent).clicked()
    {
        *open = Some(result.clone());
    }
}
