//! Which frames become one: the choice, how far it is, and the jump to a frame.

use std::sync::Arc;

use hutch_analysis::reduce::Reduction;
use hutch_model::{COMPUTED, CORRECTED, Value, ViewState};

use super::stack::{Choice, Stack};
use super::{ImageView, many};
use crate::display::number_row;
use crate::prepared::PreparedFrame;
use crate::theme::{Tokens, Tone, rich, secondary};
use crate::widgets::{folding_heading, key_value, progress_bar, segmented, text_button};
use crate::{Resident, numbers};

/// What is drawn: one frame, or what many become.
const CHOICES: [(Option<Reduction>, &str); 7] = [
    (None, "one"),
    (Some(Reduction::Sum), "sum"),
    (Some(Reduction::Mean), "mean"),
    (Some(Reduction::Max), "max"),
    (Some(Reduction::Min), "min"),
    (Some(Reduction::Sigma), "σ"),
    (Some(Reduction::Median), "med"),
];

impl ImageView {
    /// The frame that is drawn, or what many have become so far.
    pub(super) fn seen_frame(&self) -> Option<Arc<PreparedFrame>> {
        self.made_picture()
            .or(self.shown.as_ref().map(|(_, frame)| frame))
            .cloned()
    }

    /// What was made of more than is read for one picture.
    pub(super) fn made_picture(&self) -> Option<&Arc<PreparedFrame>> {
        let many = self.stack.as_ref().and_then(Stack::picture);
        many.or_else(|| self.bright_picture())
    }

    /// What its numbers are.
    pub(super) fn stage(&self) -> String {
        match self
            .stack
            .as_ref()
            .filter(|stack| stack.picture().is_some())
        {
            Some(stack) => format!("{} of frames", stack.choice().kind.name()),
            None => self.counts_words().to_owned(),
        }
    }

    /// Which frames the picture is made of, where it is made of many.
    pub(super) fn many_words(&self) -> Option<String> {
        let stack = self.stack.as_ref()?;
        stack.picture()?;
        let Choice {
            kind,
            first,
            last,
            step,
        } = stack.choice();
        let name = kind.name();
        let [first, last] = [first, last].map(|frame| numbers::count(frame + 1));
        let every = match step {
            1 => String::new(),
            step => format!(", one in {}", numbers::count(step)),
        };
        Some(format!("{name} of frames {first} to {last}{every}"))
    }

    /// Which frame that is: its file and its path, with the index of the frame or the frames that became one.
    pub(super) fn source_words(&self, number: u64) -> String {
        let Some(data) = self.subject.data() else {
            return String::new();
        };
        let (origin, shape) = (data.origin(), &data.info().shape);
        let stack = self.stack.as_ref().filter(|of| of.picture().is_some());
        if let Some(Choice {
            kind,
            first,
            last,
            step,
        }) = stack.map(Stack::choice)
        {
            let each = match step {
                1 => String::new(),
                step => format!(", one in {step}"),
            };
            return format!(
                "{origin}, {} of frames {first} to {last}{each}",
                kind.name()
            );
        }
        let slab = self.slab_of(shape, number);
        let axes = slab.start.iter().zip(&slab.count).zip(shape);
        let index: Vec<String> = axes
            .take_while(|((_, count), size)| **count == 1 && **size > 1)
            .map(|((start, _), _)| start.to_string())
            .collect();
        if index.is_empty() {
            return origin.to_string();
        }
        format!("{origin}[{}]", index.join(", "))
    }

    fn counts_words(&self) -> &'static str {
        if self.bright_picture().is_some() {
            return "largest of pixels";
        }
        match self.subject.data().map(|data| data.info().layout.as_str()) {
            Some(COMPUTED) => "computed",
            Some(CORRECTED) => "corrected",
            _ => "raw counts",
        }
    }

    /// Goes on with frames that become one.
    pub(super) fn step_stack(&mut self, resident: &mut dyn Resident) {
        if let (Some(stack), Some(data), Some((_, like))) =
            (&mut self.stack, self.subject.data(), &self.shown)
        {
            stack.step(resident, data, like);
        }
    }

    fn choose(&mut self, choice: Option<Choice>) {
        let now = self.stack.as_ref().map(Stack::choice);
        if now != choice {
            self.stack = choice.map(Stack::new);
        }
    }

    /// The number of the frame, which can be typed.
    pub(super) fn jump_ui(&mut self, ui: &mut egui::Ui) {
        let images = self.images_of_picture();
        let count = self.picture_count().max(1);
        if count < 2 {
            return;
        }
        let mut frame = (self.frame / images + 1) as f64;
        let suffix = format!(" of {}", numbers::count(count));
        if number_row(ui, "frame", &mut frame, 1.0..=count as f64, &suffix) {
            self.follows = false;
            self.stack = None;
            self.show(index_of(frame).saturating_mul(images));
        }
    }

    /// The choice in the inspector.
    pub(super) fn stack_ui(&mut self, ui: &mut egui::Ui) {
        let count = self.frame_count();
        if count < 2 || self.large.is_some() || self.images_of_picture() > 1 {
            return;
        }
        let now = self.stack.as_ref().map(Stack::choice);
        if !folding_heading(ui, "Frames as one", "", now.is_some()) {
            return;
        }
        let mut kind = now.map(|choice| choice.kind);
        segmented(ui, "Frames as one", &mut kind, &CHOICES);
        let Some(kind) = kind else {
            self.choose(None);
            return;
        };
        let (mut first, mut last) = now.map_or((0, count - 1), |now| (now.first, now.last));
        let mut shown = [(first + 1) as f64, (last + 1) as f64];
        let [low, high] = shown;
        if number_row(ui, "from frame", &mut shown[0], 1.0..=high, "") {
            first = index_of(shown[0]);
        }
        if number_row(ui, "to frame", &mut shown[1], low..=count as f64, "") {
            last = index_of(shown[1]);
        }
        let step = now.map_or(1, |now| now.step);
        self.choose(Some(Choice {
            kind,
            first,
            last,
            step,
        }));
        if step > 1 {
            key_value(ui, "of them", &format!("one in {}", numbers::count(step)));
        }
        self.progress_ui(ui);
    }

    fn progress_ui(&mut self, ui: &mut egui::Ui) {
        let Some(stack) = &self.stack else {
            return;
        };
        let (done, all) = stack.progress();
        if stack.left_out() > 0 {
            let text = format!("{} frames", numbers::count(stack.left_out()));
            key_value(ui, "missing, left out", &text);
        }
        if let Some(error) = stack.failed() {
            let tokens = Tokens::of(ui);
            ui.label(rich(error.to_string(), secondary(), tokens.error));
            return;
        }
        if stack.is_done() {
            return;
        }
        let left = stack
            .secs_left()
            .map(numbers::time_left)
            .unwrap_or_default();
        let mut text = format!("{} of {}", numbers::count(done), numbers::count(all));
        if let Some([pass, passes]) = stack.passes() {
            text = format!("pass {pass} of {passes} or fewer");
        }
        key_value(ui, &text, &left);
        let mut is_stopped = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 64.0).max(40.0);
            #[expect(clippy::cast_possible_truncation, reason = "a share on the screen")]
            let share = (done as f64 / all.max(1) as f64) as f32;
            progress_bar(ui, "Frames as one", Some(share), width);
            is_stopped = text_button(ui, "Cancel", Tone::Secondary).clicked();
        });
        if is_stopped {
            self.stack = None;
        }
    }

    pub(super) fn write_stack(&self, state: &mut ViewState) {
        if let Some(choice) = self.stack.as_ref().map(Stack::choice) {
            many::write(state, choice.kind, [choice.first, choice.last, choice.step]);
        }
    }

    pub(super) fn read_stack(&mut self, state: &ViewState) {
        let whole = |name: &str| {
            let value = state.values.get(name).and_then(Value::as_integer)?;
            u64::try_from(value).ok()
        };
        let last = self.frame_count().saturating_sub(1);
        let choice = Reduction::named(state.text("reduce", "")).and_then(|kind| {
            let (first, last) = (whole("reduce first")?, whole("reduce last")?.min(last));
            let is_image = self.large.is_none() && self.images_of_picture() == 1;
            let step = whole("reduce step").unwrap_or(1).max(1);
            (first <= last && is_image).then_some(Choice {
                kind,
                first,
                last,
                step,
            })
        });
        self.choose(choice);
    }
}

/// The frame of a number that counts from 1.
fn index_of(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 1, and clamped to the stack by the field"
    )]
    let index = number.round().max(1.0) as u64;
    index - 1
}
