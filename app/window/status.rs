//! The status line: what is under way, the link, the GPU and memory.

use hutch_render::Gpu;
use hutch_viewers::numbers;
use hutch_viewers::theme::{Tokens, Tone, rich, secondary};
use hutch_viewers::widgets::{progress, text_button};

use super::linked::Links;
use super::state::State;

/// Draws the line.
pub fn ui(ui: &mut egui::Ui, state: &mut State, gpu: Option<&Gpu>) {
    let tokens = Tokens::of(ui);
    let word = |text: String| rich(text, secondary(), tokens.secondary);
    ui.horizontal_centered(|ui| {
        under_way_ui(ui, state);
        if state.links == Links::Together {
            let word = text_button(ui, "views linked", Tone::Accent);
            if word
                .on_hover_text("Let them move apart again (Ctrl L)")
                .clicked()
            {
                state.links = Links::Apart;
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let (used, budget) = state.residency.memory();
            ui.label(word(numbers::bytes_of(used as u64, budget as u64)))
                .on_hover_text("Frames in memory, and how much they may take");
            match gpu {
                Some(gpu) => {
                    let software = if gpu.is_software() {
                        " · software"
                    } else {
                        ""
                    };
                    ui.label(word(format!(
                        "{}{software}",
                        short_adapter(&gpu.adapter_info.name)
                    )))
                    .on_hover_text(format!(
                        "{:?}\n{}",
                        gpu.adapter_info.backend, gpu.adapter_info.driver_info
                    ));
                }
                None => {
                    ui.label(rich("no GPU", secondary(), tokens.attention));
                }
            }
            let link = state.sites.meter();
            if link.bytes > 0 {
                ui.label(word(format!("{} read", numbers::bytes(link.bytes))))
                    .on_hover_text(format!("{} requests", numbers::count(link.requests)));
            }
            if link.rate_bytes_per_sec > 0.0 {
                ui.label(word(numbers::rate(link.rate_bytes_per_sec)));
            }
            if let Some(latency) = link.latency_secs {
                ui.label(word(numbers::duration(latency)))
                    .on_hover_text("Time until the first byte of a request");
            }
        });
    });
}

fn under_way_ui(ui: &mut egui::Ui, state: &State) {
    if let Some(opening) = state.opening.first() {
        let name = opening
            .address
            .rsplit('/')
            .next()
            .unwrap_or(&opening.address);
        let after = numbers::duration(opening.since.elapsed().as_secs_f64());
        progress(ui, &format!("opening {name}"), None, &after);
        return;
    }
    let jobs = state.jobs.list();
    if let Some(job) = jobs.iter().rev().find(|job| job.is_running()) {
        let after = job.time_left().map_or_else(
            || job.remark.clone(),
            |left| numbers::time_left(left.as_secs_f64()),
        );
        progress(
            ui,
            &format!("{} · {}", job.label, job.place),
            job.fraction(),
            &after,
        );
    } else if state.residency.is_loading() {
        progress(ui, "reading", None, "");
    } else {
        let tokens = Tokens::of(ui);
        ui.label(rich("ready", secondary(), tokens.faint));
    }
}

fn short_adapter(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name)
}
