//! Columns and rows of a catalogue's table.

use hutch_model::{Entry, EntryKind, Locality};
use hutch_viewers::numbers;
use hutch_viewers::theme::Tone;
use hutch_viewers::widgets::{Column, ColumnWidth, table_row};

pub(super) fn columns(parent: Option<EntryKind>, width: f32) -> Vec<Column<'static>> {
    let column = |title, width, align| Column {
        title,
        width,
        align,
        sortable: true,
    };
    let points = ColumnWidth::Points;
    if parent == Some(EntryKind::Dataset) {
        return vec![
            column("File", ColumnWidth::Rest, egui::Align::Min),
            column("Size", points(90.0), egui::Align::Max),
            column("Date", points(110.0), egui::Align::Min),
            column("State", points(90.0), egui::Align::Min),
        ];
    }
    let first = if parent.is_none() { "Proposal" } else { "Name" };
    let narrow = width < 620.0;
    vec![
        column(
            first,
            points(if narrow { 90.0 } else { 120.0 }),
            egui::Align::Min,
        ),
        column("Title", ColumnWidth::Rest, egui::Align::Min),
        column(
            "Instrument",
            points(if narrow { 60.0 } else { 100.0 }),
            egui::Align::Min,
        ),
        column("Date", points(100.0), egui::Align::Min),
        column("Size", points(80.0), egui::Align::Max),
        column(
            "State",
            points(if narrow { 60.0 } else { 90.0 }),
            egui::Align::Min,
        ),
    ]
}

pub(super) fn entry_row(
    ui: &mut egui::Ui,
    columns: &[Column<'_>],
    parent: Option<EntryKind>,
    entry: &Entry,
    is_selected: bool,
) -> egui::Response {
    let size = entry.size_bytes.map(numbers::bytes).unwrap_or_default();
    let date = entry.start.get(..10).unwrap_or_default();
    let (state, tone) = match entry.locality {
        Some(Locality::Disk) => ("disk", Tone::Text),
        Some(Locality::Tape) => ("tape", Tone::Attention),
        Some(Locality::Restoring) => ("restoring", Tone::Accent),
        None => ("", Tone::Faint),
    };
    let response = if parent == Some(EntryKind::Dataset) {
        table_row(
            ui,
            columns,
            &[
                (&entry.name, Tone::Text),
                (&size, Tone::Text),
                (date, Tone::Secondary),
                (state, tone),
            ],
            is_selected,
        )
    } else {
        table_row(
            ui,
            columns,
            &[
                (&entry.name, Tone::Secondary),
                (&entry.title, Tone::Text),
                (&entry.instrument, Tone::Secondary),
                (date, Tone::Secondary),
                (&size, Tone::Text),
                (state, tone),
            ],
            is_selected,
        )
    };
    response.on_hover_text(hover_text(entry))
}

fn hover_text(entry: &Entry) -> String {
    let mut text = format!("{}  {}", entry.name, entry.title);
    for (name, value) in &entry.details {
        text.extend(["\n", name, ": ", value]);
    }
    if let Some(location) = &entry.location {
        text.extend(["\n", location]);
    }
    text
}
