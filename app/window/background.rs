//! What lies behind everything: the window's own colour, and the colour behind data.
//!
//! Both are large, and egui's shader reads a texture for each pixel of them. The window is cleared with the one, and the
//! device fills the other by itself (`hutch_render::fill`): on software drivers that is a quarter of the work for a pass.

use egui::{Color32, Ui};
use hutch_render::fill::target_colour;
use hutch_viewers::layers;
use hutch_viewers::theme::Tokens;

use super::state::State;

/// What a pass is cleared with; `format` is that of the pass.
pub(super) fn cleared(colour: Color32, format: wgpu::TextureFormat) -> wgpu::Color {
    let [r, g, b, _] = colour.to_array();
    target_colour([r, g, b], format.is_srgb())
}

/// Behind panels: only where no pass is cleared.
pub(super) fn window_ui(ui: &Ui, has_gpu: bool) {
    if !has_gpu {
        let rect = ui.ctx().content_rect();
        ui.painter().rect_filled(rect, 0.0, Tokens::of(ui).panel);
    }
}

/// Behind data. A drawing of a view asks egui what was painted, which knows nothing of what the device fills.
pub(super) fn data_ui(ui: &Ui, state: &State, has_gpu: bool) {
    let (rect, colour) = (ui.max_rect(), Tokens::of(ui).behind);
    if has_gpu && state.captures.is_empty() {
        layers::fill(ui, rect, colour);
    } else {
        ui.painter().rect_filled(rect, 0.0, colour);
    }
}
