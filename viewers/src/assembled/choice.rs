//! Whether a view shows the panels of a detector where they lie, or the frame as it is stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Geometry, Value, ViewState};

use super::{Assembled, lies_as_stored};
use crate::theme::{Tokens, rich, secondary};
use crate::widgets::key_value;
use crate::{Subject, numbers};

/// How long a refusal is told.
const TOLD: Duration = Duration::from_secs(6);
/// The value of a state.
const KEY: &str = "assembled";

/// A geometry, the shape of the data, and the picture that they make.
#[derive(Debug)]
struct Kept {
    geometry: Arc<Geometry>,
    shape: Vec<u64>,
    picture: Result<Arc<Assembled>, String>,
    /// Whether it is shown where nobody says.
    is_usual: bool,
}

/// The choice of one view.
#[derive(Debug, Default)]
pub(crate) struct Assembling {
    chosen: Option<bool>,
    kept: Option<Kept>,
    refused: Option<(Instant, String)>,
}

impl Assembling {
    /// Looks at the data and the geometry of a subject; says whether something else is shown from now on.
    pub(crate) fn look(&mut self, subject: &Subject) -> bool {
        let geometry = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.geometry.as_ref());
        // One panel is shown as it is stored.
        let geometry = geometry.filter(|of| of.panels.len() > 1);
        let shape = subject.shape();
        let is_kept = match (&self.kept, geometry) {
            (None, None) => true,
            (Some(kept), Some(geometry)) => {
                Arc::ptr_eq(&kept.geometry, geometry) && kept.shape == shape
            }
            _ => false,
        };
        if is_kept {
            return false;
        }
        let was_on = self.is_on();
        self.kept = geometry.map(|geometry| Kept {
            picture: Assembled::of(geometry, shape).map(Arc::new),
            is_usual: !lies_as_stored(geometry),
            geometry: Arc::clone(geometry),
            shape: shape.to_vec(),
        });
        was_on != self.is_on()
    }

    /// The picture that can be shown.
    pub(crate) fn picture(&self) -> Option<&Arc<Assembled>> {
        self.kept.as_ref()?.picture.as_ref().ok()
    }

    /// The picture, where it is shown.
    pub(crate) fn now(&self) -> Option<&Arc<Assembled>> {
        let kept = self.kept.as_ref()?;
        let is_on = self.chosen.unwrap_or(kept.is_usual);
        kept.picture.as_ref().ok().filter(|_| is_on)
    }

    /// Whether the picture is shown.
    pub(crate) fn is_on(&self) -> bool {
        self.now().is_some()
    }

    /// Whether somebody said which of the two is shown.
    pub(crate) const fn is_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Shows the other one of the two; says whether it does.
    pub(crate) fn toggle(&mut self) -> bool {
        match self.kept.as_ref().map(|kept| &kept.picture) {
            Some(Ok(_)) => {
                self.chosen = Some(!self.is_on());
                return true;
            }
            Some(Err(why)) => {
                let why = format!("the panels cannot be assembled: {why}");
                self.refuse(why);
            }
            None => {
                let why = "no geometry of several panels is known for these frames";
                self.refuse(why.to_owned());
            }
        }
        false
    }

    /// Tells that something is not done, for some seconds.
    pub(crate) fn refuse(&mut self, why: String) {
        self.refused = Some((Instant::now(), why));
    }

    /// What is told of something that was asked for and is not done.
    pub(crate) fn refusal(&self) -> Option<(&str, Duration)> {
        let (at, why) = self.refused.as_ref()?;
        let left = TOLD.checked_sub(at.elapsed())?;
        Some((why, left))
    }

    /// The switch in the inspector; says whether it was used.
    pub(crate) fn inspector_ui(&mut self, ui: &mut egui::Ui) -> bool {
        let Some(kept) = &self.kept else {
            return false;
        };
        match &kept.picture {
            Ok(picture) => {
                let mut is_on = self.is_on();
                let switch = ui.checkbox(&mut is_on, "panels where they lie");
                let hint =
                    "Show the panels as they lie along the beam, or the frame as it is stored (A)";
                let is_used = switch.on_hover_text(hint).changed();
                if is_on {
                    let [width, height] = picture.size().map(u64::from).map(numbers::count);
                    key_value(ui, "their picture", &format!("{width} × {height} px"));
                }
                if is_used {
                    self.chosen = Some(is_on);
                }
                is_used
            }
            Err(why) => {
                let text = format!("The panels cannot be assembled: {why}.");
                ui.label(rich(text, secondary(), Tokens::of(ui).secondary));
                false
            }
        }
    }

    /// Writes the choice into a state.
    pub(crate) fn write(&self, state: &mut ViewState) {
        let known = self.kept.as_ref().is_some_and(|kept| kept.picture.is_ok());
        let is_on = if known {
            Some(self.is_on())
        } else {
            self.chosen
        };
        if let Some(is_on) = is_on {
            state.set(KEY, Value::Bool(is_on));
        }
    }

    /// Takes the choice of a state.
    pub(crate) fn read(&mut self, state: &ViewState) {
        self.chosen = match state.values.get(KEY) {
            Some(Value::Bool(is_on)) => Some(*is_on),
            _ => None,
        };
    }
}
