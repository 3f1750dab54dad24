//! Bytes: what is stored of any dataset, sixteen in a row, read as they come into sight.

pub(crate) mod bytes;
mod copy;
mod meaning;
mod rows;

use std::any::Any;
use std::sync::Arc;

use hutch_model::{DatasetInfo, Error, Value, ViewState};

use self::bytes::{Bytes, Kind};
use self::copy::{Copying, Form};
use self::meaning::Order;
use self::rows::Rows;
use crate::icons::Icon;
use crate::theme::{Tone, rich, secondary};
use crate::waiting::{failed_ui, nothing_ui};
use crate::widgets::{key_value, section_heading, segmented, text_button, text_field};
use crate::{
    Action, Fit, PaneTitle, Priority, Residence, Resident, Subject, View, ViewCommand, ViewContext,
    ViewKind, numbers,
};

/// The kind.
pub static KIND: HexKind = HexKind;

/// Bytes that are read in one piece.
const PIECE: u64 = 1 << 16;

/// Whether elements are bytes without a meaning to their file.
pub(crate) fn is_opaque(info: &DatasetInfo) -> bool {
    info.stored.starts_with("opaque")
}

/// Bytes in rows: offset, digits, characters.
#[derive(Debug)]
pub struct HexKind;

impl ViewKind for HexKind {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn label(&self) -> &'static str {
        "Bytes"
    }

    fn icon(&self) -> Icon {
        Icon::Hash
    }

    fn fits(&self, subject: &Subject) -> Fit {
        if Bytes::of(subject).is_none() {
            return Fit::No;
        }
        let opaque = subject
            .dataset
            .as_ref()
            .is_some_and(|data| is_opaque(data.info()));
        let note = subject.note.as_ref().filter(|note| !note.is_text());
        if opaque || note.is_some() && subject.signal.is_none() {
            Fit::Primary
        } else {
            Fit::Possible
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(HexView {
            bytes: Bytes::of(&subject),
            subject,
            rows: Rows::default(),
            order: Order::default(),
            wanted: String::new(),
            copying: None,
            failed: None,
            cursor: Vec::new(),
        })
    }
}

struct HexView {
    subject: Subject,
    bytes: Option<Bytes>,
    rows: Rows,
    order: Order,
    /// The offset that somebody types.
    wanted: String,
    copying: Option<Copying>,
    failed: Option<Arc<Error>>,
    /// The bytes from the cursor on, as far as they are here; eight at most.
    cursor: Vec<u8>,
}

/// Bytes of a pass: the piece that was looked at last is kept at hand.
struct Sight<'a> {
    bytes: &'a Bytes,
    resident: &'a mut dyn Resident,
    piece: Option<(bytes::Piece, Option<Arc<hutch_model::Block>>)>,
    failed: Option<Arc<Error>>,
}

impl Sight<'_> {
    fn byte(&mut self, at: u64) -> Option<u8> {
        let is_here = |piece: &bytes::Piece| at >= piece.start && at - piece.start < piece.length;
        if !self.piece.as_ref().is_some_and(|(piece, _)| is_here(piece)) {
            let piece = self.bytes.piece(at, PIECE)?;
            let block =
                match self
                    .resident
                    .block(&self.bytes.dataset, &piece.slab, Priority::Visible)
                {
                    Residence::Here(block) => Some(block),
                    Residence::Failed(error) => {
                        self.failed = Some(error);
                        None
                    }
                    Residence::Waiting(_) => None,
                };
            self.piece = Some((piece, block));
        }
        let (piece, block) = self.piece.as_ref()?;
        let inside = usize::try_from(at - piece.start).ok()?;
        block.as_ref()?.samples.bytes().get(inside).copied()
    }
}

impl HexView {
    fn total(&self) -> u64 {
        self.bytes.as_ref().map_or(0, |bytes| bytes.total)
    }

    fn copy(&mut self, form: Form) {
        if let Some(range) = self.rows.range() {
            self.copying = Some(Copying::new(range, form));
        }
    }

    fn step_copying(&mut self, context: &mut ViewContext<'_>) {
        let (Some(copying), Some(bytes)) = (&mut self.copying, &self.bytes) else {
            return;
        };
        match copying.poll(bytes, context.resident) {
            Some(Ok(text)) => context.actions.push(Action::CopyText(text)),
            Some(Err(error)) => self.failed = Some(Arc::new(error)),
            None => return,
        }
        self.copying = None;
    }

    /// A field for an offset; Enter goes there.
    fn go_to_ui(&mut self, ui: &mut egui::Ui) {
        let total = self.total();
        let field = text_field(ui, "Go to offset", "4096 or 0x1000", &mut self.wanted);
        let is_done = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if let Some(offset) = meaning::offset(&self.wanted).filter(|_| is_done) {
            self.rows.go(offset.min(total.saturating_sub(1)), false);
        }
    }

    fn cursor_ui(&mut self, ui: &mut egui::Ui, context: &ViewContext<'_>) {
        section_heading(ui, "At the cursor", "as stored");
        let (Some([_, at]), Some(bytes)) = (self.rows.chosen, &self.bytes) else {
            let text = "Click a byte to see what it means; drag or hold shift for more.";
            ui.label(rich(text, secondary(), context.tokens.secondary));
            return;
        };
        key_value(ui, "offset", &format!("{} = 0x{at:x}", numbers::count(at)));
        let index: Vec<String> = bytes.index(at).iter().map(u64::to_string).collect();
        key_value(ui, "element", &format!("[{}]", index.join(", ")));
        if bytes.element > 1 {
            key_value(ui, "byte of it", &(at % bytes.element).to_string());
        }
        segmented(ui, "Order of bytes", &mut self.order, &Order::ALL);
        for (name, value) in meaning::meanings(&self.cursor, self.order) {
            key_value(ui, name, &value);
        }
        if let Some(range) = self.rows.range() {
            key_value(ui, "chosen", &numbers::bytes(range.end - range.start));
        }
        if self.copying.is_some() {
            key_value(ui, "copying", "reading what is not here yet");
            return;
        }
        let mut form = None;
        ui.horizontal(|ui| {
            if text_button(ui, "Copy digits", Tone::Accent).clicked() {
                form = Some(Form::Hex);
            }
            if text_button(ui, "Copy rows", Tone::Accent).clicked() {
                form = Some(Form::Dump);
            }
        });
        if let Some(form) = form {
            self.copy(form);
        }
    }
}

impl View for HexView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("hex", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("row", Value::Integer(i128::from(self.rows.first)));
        if let Some([from, to]) = self.rows.chosen {
            state.set("chosen", Value::Text(format!("{from} {to}")));
        }
        if self.order == Order::Big {
            state.set("order", "big".into());
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let row = state.values.get("row").and_then(Value::as_integer);
        if let Some(row) = row.and_then(|row| u64::try_from(row).ok()) {
            self.rows.first = row;
        }
        let total = self.total();
        let chosen = state.text("chosen", "").split_once(' ');
        self.rows.chosen = chosen.and_then(|(from, to)| {
            let (from, to) = (from.parse().ok()?, to.parse().ok()?);
            (from < total && to < total).then_some([from, to])
        });
        self.order = if state.text("order", "") == "big" {
            Order::Big
        } else {
            Order::Little
        };
    }

    fn title(&self) -> PaneTitle {
        PaneTitle {
            name: "Bytes".to_owned(),
            detail: numbers::bytes(self.total()),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        if let Some(error) = self.failed.take() {
            self.copying = None;
            let subject = self.subject.clone();
            failed_ui(ui, &error, &subject, context);
            // Somebody may retry: the bytes in sight tell whether it went well.
            if let Some(bytes) = &self.bytes {
                let at = self.rows.first.saturating_mul(rows::ROW_BYTES);
                let mut sight = Sight {
                    bytes,
                    resident: context.resident,
                    piece: None,
                    failed: None,
                };
                sight.byte(at);
                self.failed = sight.failed;
            }
            return;
        }
        let Some(bytes) = self.bytes.as_ref().filter(|bytes| bytes.total > 0) else {
            nothing_ui(ui, "This dataset has no bytes.", "");
            return;
        };
        let copies = context.is_active
            && !ui.ctx().egui_wants_keyboard_input()
            && ui.input(|input| {
                input
                    .events
                    .iter()
                    .any(|event| matches!(event, egui::Event::Copy))
            });
        let mut sight = Sight {
            bytes,
            resident: context.resident,
            piece: None,
            failed: None,
        };
        self.rows.ui(ui, bytes.total, |at| sight.byte(at));
        let cursor = self
            .rows
            .chosen
            .map(|[_, at]| at..at.saturating_add(8).min(bytes.total));
        self.cursor = cursor.map_or_else(Vec::new, |range| {
            range.map_while(|at| sight.byte(at)).collect()
        });
        self.failed = sight.failed;
        if copies {
            self.copy(Form::Hex);
        }
        self.step_copying(context);
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        if let Some(note) = &self.subject.note {
            crate::note::note_ui(ui, note);
        }
        let Some(bytes) = &self.bytes else {
            return;
        };
        let (kind, said) = match bytes.kind {
            Kind::Stored => ("as stored", "as stored, filters undone"),
            Kind::Samples => ("as read", "as read, in the order of this computer"),
        };
        section_heading(ui, "Bytes", kind);
        key_value(ui, "all", &numbers::bytes(bytes.total));
        key_value(ui, "an element", &numbers::bytes(bytes.element));
        key_value(ui, "they are", said);
        ui.add_space(4.0);
        self.go_to_ui(ui);
        ui.add_space(12.0);
        self.cursor_ui(ui, context);
    }

    fn on_key(&mut self, key: egui::Key, is_shift: bool) -> bool {
        let total = self.total();
        self.rows.on_key(key, is_shift, total)
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        match command {
            ViewCommand::Copy => self.copy(Form::Hex),
            ViewCommand::ByteOrder => {
                self.order = match self.order {
                    Order::Little => Order::Big,
                    Order::Big => Order::Little,
                };
            }
            _ => return false,
        }
        true
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.bytes = Bytes::of(&subject);
        self.subject = subject;
        self.copying = None;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
