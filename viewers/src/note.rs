//! What is said of a note, in the inspector.

use egui::Ui;
use hutch_model::Note;

use crate::theme::Tone;
use crate::widgets::{key_value, key_value_tone, section_heading};

/// Draws what a note says of itself.
pub(crate) fn note_ui(ui: &mut Ui, note: &Note) {
    section_heading(ui, "Note", "NXnote");
    let said = [
        ("type", &note.media_type),
        ("about", &note.description),
        ("file name", &note.file_name),
        ("author", &note.author),
        ("date", &note.date),
    ];
    for (name, text) in said {
        if !text.is_empty() {
            key_value(ui, name, text).on_hover_text(text);
        }
    }
    for remark in &note.remarks {
        key_value_tone(ui, "problem", &remark.text, Tone::Attention).on_hover_text(&remark.path);
    }
    ui.add_space(12.0);
}
