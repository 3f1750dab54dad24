//! Volumes: reconstructions and other cubes of numbers, drawn in 3D.

mod data;
mod look;
mod pane;
mod reader;

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Value, ViewState};

use self::reader::Reader;
use crate::icons::Icon;
use crate::waiting::{failed_ui, nothing_ui, waiting_ui};
use crate::widgets::{Corner, chip, key_value, key_value_tone, section_heading};
use crate::{Fit, PaneTitle, Shortcut, Subject, View, ViewContext, ViewKind, Wait, numbers, theme};

pub use self::data::VolumeData;
pub use self::look::Look;
pub use self::pane::VolumePane;

/// The kind.
pub static KIND: VolumeKind = VolumeKind;

/// Edges shorter than this make no volume.
const LEAST_EDGE: u64 = 8;

/// Volumes: the three fastest axes of a dataset.
#[derive(Debug)]
pub struct VolumeKind;

impl ViewKind for VolumeKind {
    fn name(&self) -> &'static str {
        "volume"
    }

    fn label(&self) -> &'static str {
        "Volume"
    }

    fn icon(&self) -> Icon {
        Icon::Volume
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(data) = subject.data() else {
            return Fit::No;
        };
        let info = data.info();
        let [.., z, y, x] = *info.shape.as_slice() else {
            return Fit::No;
        };
        let is_volume = info.element.is_numeric()
            && !info.element.is_complex()
            && [z, y, x].iter().all(|edge| *edge >= LEAST_EDGE);
        // The frames of a scan are angles, and angles are no third dimension.
        let is_scan = subject
            .scan
            .as_ref()
            .is_some_and(|scan| scan.projections.dataset.origin() == data.origin());
        if !is_volume || is_scan {
            Fit::No
        } else if info.shape.len() == 3 && looks_reconstructed(subject, [z, y, x]) {
            Fit::Primary
        } else {
            Fit::Possible
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(VolumeView::new(subject))
    }
}

/// Whether names or numbers say that this is a reconstructed volume.
fn looks_reconstructed(subject: &Subject, [z, y, x]: [u64; 3]) -> bool {
    let group = subject
        .signal
        .as_ref()
        .map_or("", |signal| signal.group.as_str());
    let names = [
        subject.node.path.as_str(),
        subject.origin.path.as_str(),
        group,
    ];
    let is_named = names.iter().any(|name| {
        let name = name.to_lowercase();
        name.contains("reconstruct") || name.contains("tomoproc")
    });
    let definition = subject
        .node
        .attribute("definition")
        .and_then(Value::as_text);
    let is_float = subject.data().is_some_and(|data| {
        let element = &data.info().element;
        !element.is_integer() && element.is_numeric()
    });
    let has_interpretation = subject
        .signal
        .as_ref()
        .is_some_and(|signal| signal.interpretation.is_some());
    let is_cubic = 2 * y.min(x) > y.max(x) && 4 * z.min(y) > z.max(y);
    is_named || definition == Some("NXtomoproc") || (is_float && is_cubic && !has_interpretation)
}

/// A view of one volume.
struct VolumeView {
    subject: Subject,
    pane: VolumePane,
    reader: Option<Reader>,
}

impl VolumeView {
    fn new(subject: Subject) -> Self {
        Self {
            reader: subject.data().cloned().and_then(Reader::new),
            subject,
            pane: VolumePane::default(),
        }
    }

    fn sample_bytes(&self) -> u64 {
        let size = self
            .subject
            .data()
            .and_then(|data| data.info().element.size_bytes());
        size.unwrap_or(1) as u64
    }

    fn chips_ui(&self, ui: &egui::Ui, rect: egui::Rect, reader: &Reader) {
        if let Some(data) = self.pane.data() {
            let bytes = numbers::bytes(data.bricks.size_bytes() as u64);
            chip(ui, rect, Corner::BottomRight, &format!("{bytes} of bricks"));
        }
        let text = match reader.waits {
            Some(Wait::Network { .. }) => "no connection; trying again".to_owned(),
            Some(Wait::Tape) => "the next slices are on tape".to_owned(),
            Some(Wait::SignIn) => "sign in again to go on".to_owned(),
            _ if reader.is_busy() => {
                format!("refining… {}", numbers::percent(f64::from(reader.done())))
            }
            _ => return,
        };
        chip(ui, rect, Corner::TopRight, &text);
    }
}

impl View for VolumeView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("volume", 1);
        state.origin = Some(self.subject.origin.clone());
        self.pane.look.write(&mut state);
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        self.pane.look.read(state);
    }

    fn title(&self) -> PaneTitle {
        let level = self.pane.data().map_or("", |data| data.level.as_str());
        PaneTitle {
            name: "Volume".to_owned(),
            detail: format!("{}   {level}", self.pane.look.mode_name()),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let Some(reader) = &mut self.reader else {
            nothing_ui(ui, "This dataset is no volume of numbers.", "");
            return;
        };
        if let Some(data) = reader.poll(context.resident) {
            self.pane.show(data);
        }
        if context.gpu.is_none() {
            nothing_ui(
                ui,
                "No graphics device; install a Vulkan or OpenGL driver.",
                "",
            );
            return;
        }
        if self.pane.data().is_none() {
            match (&reader.failed, reader.waits) {
                (Some(error), _) if !reader.is_busy() => {
                    let (error, subject) = (Arc::clone(error), self.subject.clone());
                    failed_ui(ui, &error, &subject, context);
                }
                (_, wait) => waiting_ui(ui, wait.unwrap_or(Wait::Queued)),
            }
            return;
        }
        let response = self.pane.ui(ui, context);
        if let Some(reader) = &self.reader {
            self.chips_ui(ui, response.rect, reader);
        }
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, _context: &mut ViewContext<'_>) {
        let data = self.pane.data().cloned();
        self.pane.look.ui(ui, data.as_deref());
        ui.add_space(12.0);
        section_heading(
            ui,
            "Volume",
            data.as_ref().map_or("", |data| data.level.as_str()),
        );
        let Some(reader) = &self.reader else {
            return;
        };
        let edges = |shape: [u64; 3]| shape.map(numbers::count).join(" × ");
        key_value(ui, "stored", &edges(reader.plan.shape));
        if let Some(data) = &data {
            key_value(
                ui,
                "shown",
                &edges(data.bricks.shape().map(|edge| edge as u64)),
            );
            key_value(ui, "smallest", &numbers::float(data.range.lo, 4));
            key_value(ui, "largest", &numbers::float(data.range.hi, 4));
        }
        let bytes = reader.plan.read_bytes(self.sample_bytes());
        key_value(ui, "to read", &numbers::bytes(bytes));
        if reader.missing > 0 {
            let text = numbers::count(reader.missing as u64);
            key_value_tone(ui, "slices not read", &text, theme::Tone::Attention);
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        let [lo, hi] = self.pane.look.window;
        match shortcut {
            Shortcut::Fit => self.pane.look.camera = hutch_render::OrbitCamera::default(),
            Shortcut::RangeDown => self.pane.look.window[1] = (hi - 0.05).max(lo + 0.01),
            Shortcut::RangeUp => self.pane.look.window[1] = (hi + 0.05).min(1.0),
            _ => {}
        }
    }

    fn replace_subject(&mut self, subject: Subject) {
        // The older volume stays on the screen until the newer one is here.
        self.reader = subject.data().cloned().and_then(Reader::new);
        self.subject = subject;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
