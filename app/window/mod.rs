//! The window: panels around tiles of views.

pub mod alone;
pub mod axes;
mod background;
pub mod bookmarks;
pub mod builder;
pub mod capture;
pub mod catalogue_pane;
pub mod commands;
pub mod compare;
pub mod device;
pub mod fields;
pub mod file_list;
pub mod file_tree;
pub mod find;
pub mod given;
pub mod growing;
pub mod history;
pub mod inspector;
pub mod key_list;
pub mod keys;
pub mod layout;
pub mod link;
pub mod linked;
pub mod live;
pub mod notices;
pub mod offscreen;
pub mod openings;
pub mod others;
pub mod palette;
pub mod panels;
pub mod pictures;
pub mod plain;
pub mod rebuild;
pub mod run;
pub mod save;
pub mod serial;
pub mod session;
pub mod sources;
pub mod start;
pub mod state;
pub mod status;
mod svg;
pub mod tiles;
pub mod timeline;
pub mod top_line;
pub mod why;

use std::time::Duration;

use hutch_render::Gpu;
use hutch_viewers::theme::{Theme, ThemeKind, bar_frame, panel_frame, size};
use hutch_viewers::{Action, Actor, fonts, layers};

use crate::settings::ThemeChoice;
use state::State;

/// One window on the state. Another may follow when the device is lost.
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Window {
    state: Option<Box<State>>,
    home: device::Home,
    gpu: Option<Gpu>,
    loss: device::Loss,
    is_shown: bool,
    /// Of the passes that are shown.
    format: Option<wgpu::TextureFormat>,
}

impl Window {
    /// A window that shows the state which waits in its home.
    pub fn new(context: &eframe::CreationContext<'_>, home: &device::Home) -> Self {
        let mut state = home.take();
        let ctx = &context.egui_ctx;
        if let Some(state) = &mut state {
            if let Some(memory) = state.memory.take() {
                ctx.memory_mut(|present| *present = memory);
            }
            *state.waker.lock() = Some(ctx.clone());
            apply_theme(ctx, state);
        }
        fonts::install(ctx);
        let loss = device::Loss::default();
        let gpu = context.wgpu_render_state.as_ref().map(|render| {
            let gpu = device::adopt(render, home.next_generation(), &loss, ctx);
            layers::install(render, &gpu);
            gpu
        });
        Self {
            state,
            home: home.clone(),
            gpu,
            loss,
            is_shown: false,
            format: context
                .wgpu_render_state
                .as_ref()
                .map(|render| render.target_format),
        }
    }

    /// Loses the device on purpose, once, when a test asks for it.
    fn rehearse_loss(&self, ctx: &egui::Context) {
        if !self.home.rehearses() {
            return;
        }
        if self.home.rehearse_now()
            && let Some(gpu) = &self.gpu
        {
            gpu.device.destroy();
        }
        ctx.request_repaint_after(Duration::from_millis(50));
    }

    /// The state, for tests.
    pub fn state(&mut self) -> Option<&mut State> {
        self.state.as_deref_mut()
    }

    /// The device, for tests and for the command that tries a loss.
    pub const fn gpu(&self) -> Option<&Gpu> {
        self.gpu.as_ref()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(mut state) = self.state.take() {
            // A device that died while it drew has not told anybody yet.
            if let Some(gpu) = &self.gpu
                && let Err(error) = gpu.device.poll(wgpu::PollType::Poll)
            {
                log::debug!("{error}");
            }
            // egui's memory knows scroll positions and widths of panels.
            if let Some(context) = state.waker.lock().take() {
                let mut memory = context.memory(Clone::clone);
                // Pictures of icons belong to the device that is going.
                memory.data.remove_by_type::<egui::TextureHandle>();
                state.memory = Some(memory);
            }
            self.home.put(state, self.loss.at());
        }
    }
}

/// Gives a context the colours and the size of the settings.
pub fn apply_theme(ctx: &egui::Context, state: &State) {
    let kind = match state.settings.theme {
        ThemeChoice::Dark => ThemeKind::Dark,
        ThemeChoice::Light => ThemeKind::Light,
        ThemeChoice::HighContrast => ThemeKind::HighContrast,
    };
    Theme {
        kind,
        scale: state.settings.scale.clamp(0.75, 3.0),
    }
    .apply(ctx);
}

impl eframe::App for Window {
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        let format = self.format.unwrap_or(wgpu::TextureFormat::Rgba8Unorm);
        let cleared = background::cleared(visuals.panel_fill, format);
        #[expect(clippy::cast_possible_truncation, reason = "a colour of eight bits")]
        let cleared = [cleared.r, cleared.g, cleared.b, cleared.a].map(|part| part as f32);
        cleared
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.rehearse_loss(ui.ctx());
        if self.loss.is_lost() || self.home.is_told_to_end() {
            // Nothing more is drawn on a lost device; the next window goes on, where there is to be one.
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        }
        if self.home.is_back() {
            // The first picture is on the display when the second is made.
            if self.is_shown {
                self.home.tell_back();
            }
            self.is_shown = true;
            ui.ctx().request_repaint();
        }
        let Some(state) = self.state.as_deref_mut() else {
            return;
        };
        let pass = self
            .gpu
            .as_ref()
            .zip(frame.wgpu_render_state())
            .map(|(gpu, state)| hutch_viewers::GpuPass { gpu, state });
        pass_ui(ui, state, pass);
    }
}

/// Takes what workers have made since the last pass.
fn take_results(state: &mut State, gpu: Option<&Gpu>) {
    state.residency.follow_device(gpu, state.settings.count_on);
    state.residency.begin_pass();
    state.poll_openings();
    state.poll_rebuilds();
    state.poll_serial();
    others::poll(state);
    live::poll(state);
    growing::poll(state);
}

/// One pass of the window.
pub fn pass_ui(ui: &mut egui::Ui, state: &mut State, gpu: Option<hutch_viewers::GpuPass<'_>>) {
    take_results(state, gpu.as_ref().map(|pass| pass.gpu));
    take_dropped_files(ui, state);
    take_dialog(state);
    timeline::play(ui, state);
    let mut actions: Vec<Action> = Vec::new();

    background::window_ui(ui, gpu.is_some());
    if !state.is_alone {
        bars_ui(ui, state, gpu, &mut actions);
    }
    egui::CentralPanel::default()
        .frame(egui::Frame::new())
        .show(ui, |ui| {
            background::data_ui(ui, state, gpu.is_some());
            if !state.is_alone {
                top_line::notices_ui(ui, state);
            }
            tiles::ui(ui, state, gpu, &mut actions);
        });

    let ctx = ui.ctx().clone();
    if let Some(doing) = palette::ui(state, &ctx) {
        keys::carry_out(&ctx, state, doing);
    }
    key_list::ui(state, &ctx);
    save::ui(state, &ctx);
    capture::take(&ctx, state);
    builder::ui(state, &ctx);
    keys::take(&ctx, state);
    for action in actions {
        state.carry_out(Actor::Person, action);
    }
    state.note_changes();
    if state.share_pointer() {
        ctx.request_repaint();
    }
    if state.residency.end_pass() {
        ctx.request_repaint_after(state::SOON);
    }
    ctx.request_repaint_after(session::keep(state));
    // A network that comes back is noticed while nobody touches the mouse.
    if let Some(wait) = state.residency.next_retry() {
        ctx.request_repaint_after(wait);
    }
    // A clock beside what is under way ticks four times a second, no more.
    if state.residency.is_loading()
        || !state.opening.is_empty()
        || state.jobs.list().iter().any(crate::jobs::Job::is_running)
    {
        ctx.request_repaint_after(Duration::from_millis(250));
    }
}

/// What stands around the views.
fn bars_ui(
    ui: &mut egui::Ui,
    state: &mut State,
    gpu: Option<hutch_viewers::GpuPass<'_>>,
    actions: &mut Vec<Action>,
) {
    egui::Panel::top("top line")
        .exact_size(size::TOP_LINE)
        .frame(bar_frame())
        .show(ui, |ui| top_line::ui(ui, state));
    egui::Panel::bottom("status line")
        .exact_size(size::STATUS)
        .frame(bar_frame())
        .show(ui, |ui| status::ui(ui, state, gpu.map(|pass| pass.gpu)));
    if timeline::is_shown(state) {
        egui::Panel::bottom("timeline")
            .exact_size(timeline::height(state))
            .frame(bar_frame())
            .show(ui, |ui| timeline::ui(ui, state));
    }
    let [sources, inspector] = state.panels.place(ui.available_width());
    if let Some(most) = sources {
        egui::Panel::left("sources")
            .resizable(true)
            .default_size(264.0)
            .size_range(most.min(180.0)..=most)
            .frame(panel_frame().inner_margin(egui::Margin::ZERO))
            .show(ui, |ui| sources::ui(ui, state));
    }
    if let Some(most) = inspector {
        egui::Panel::right("inspector")
            .resizable(true)
            .default_size(292.0)
            .size_range(most.min(240.0)..=most)
            // The bar of its list lies in the margin, not over what is read.
            .frame(panel_frame().inner_margin(egui::Margin {
                right: 0,
                ..inspector::MARGIN
            }))
            .show(ui, |ui| inspector::ui(ui, state, gpu, actions));
    }
}

/// What lies over the window: raised, with room around what it holds.
fn over(name: &str, context: &egui::Context) -> egui::Modal {
    let style = context.style_of(context.theme());
    egui::Modal::new(egui::Id::unique(name))
        .frame(egui::Frame::popup(&style).inner_margin(size::PADDING * 1.5))
}

fn take_dropped_files(ui: &egui::Ui, state: &mut State) {
    let dropped: Vec<String> = ui.input(|input| {
        input
            .raw
            .dropped_files
            .iter()
            .map(|file| file.path().display().to_string())
            .collect()
    });
    for path in dropped {
        state.open_address(&path, "");
    }
}

fn take_dialog(state: &mut State) {
    match state.dialog.as_mut().and_then(crate::ask::Ask::poll) {
        None => {}
        Some(answer) => {
            let took = state.dialog.take().map(|ask| ask.since.elapsed());
            match answer {
                Ok(Some(path)) => state.open_address(&path.display().to_string(), ""),
                // A dialog that is gone at once was never there.
                Ok(None) if took.is_some_and(|took| took.as_millis() < 300) => {
                    keys::open_file_list(state);
                }
                Ok(None) => {}
                Err(_) => keys::open_file_list(state),
            }
        }
    }
}
