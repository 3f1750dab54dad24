//! Which of the two side panels are there: both where there is room, else the one that was asked for last.

use hutch_viewers::icons::{Icon, icon_toggle};

use super::state::State;

/// Room for a view between the panels, in points.
const VIEW: f32 = 280.0;
/// The room that each panel takes at first.
const WIDTHS: [f32; 2] = [264.0, 292.0];
/// A panel takes no more than this share of a narrow window.
const SHARE: f32 = 0.55;

/// A panel at a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sources and files, at the left.
    Sources,
    /// The inspector, at the right.
    Inspector,
}

impl Side {
    const fn index(self) -> usize {
        match self {
            Self::Sources => 0,
            Self::Inspector => 1,
        }
    }
}

/// What is wanted of the panels, and what there was room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panels {
    wanted: [bool; 2],
    shown: [bool; 2],
    last: Side,
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            wanted: [true; 2],
            shown: [true; 2],
            // What is open is chosen in the sources.
            last: Side::Sources,
        }
    }
}

impl Panels {
    /// Shows a panel, and makes room for it.
    pub fn show(&mut self, side: Side) {
        self.wanted[side.index()] = true;
        self.last = side;
        // Its switch is drawn before the panel is placed.
        self.shown[side.index()] = true;
    }

    /// Shows a panel that is not seen, and hides one that is.
    pub fn toggle(&mut self, side: Side) {
        if self.shown[side.index()] {
            self.wanted[side.index()] = false;
            self.shown[side.index()] = false;
        } else {
            self.show(side);
        }
    }

    /// Whether a panel was seen in the last pass.
    pub const fn is_shown(&self, side: Side) -> bool {
        self.shown[side.index()]
    }

    /// Decides for a window of some width; the greatest widths of both, none for a panel that has no room.
    pub(super) fn place(&mut self, width: f32) -> [Option<f32>; 2] {
        let needed = WIDTHS[0] + WIDTHS[1] + VIEW;
        self.shown = self.wanted;
        if self.wanted == [true; 2] && width < needed {
            self.shown[1 - self.last.index()] = false;
        }
        let most = (width * SHARE).min(480.0);
        self.shown.map(|is_shown| is_shown.then_some(most))
    }
}

/// Draws a switch for each panel, in a line from the right to the left.
pub(super) fn switches_ui(ui: &mut egui::Ui, state: &mut State) {
    for (side, icon, what) in [
        (Side::Inspector, Icon::PanelRight, "Inspector (Ctrl I)"),
        (Side::Sources, Icon::PanelLeft, "Sources and files (Ctrl B)"),
    ] {
        let is_on = state.panels.is_shown(side);
        if icon_toggle(ui, icon, what, is_on).clicked() {
            state.panels.toggle(side);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(panels: &mut Panels, width: f32) -> [bool; 2] {
        panels.place(width).map(|most| most.is_some())
    }

    #[test]
    fn a_narrow_window_shows_the_panel_that_was_asked_for_last() {
        let mut panels = Panels::default();
        assert_eq!(shown(&mut panels, 1400.0), [true; 2], "room for both");
        assert_eq!(shown(&mut panels, 800.0), [true, false], "room for one");
        panels.toggle(Side::Inspector);
        assert_eq!(shown(&mut panels, 800.0), [false, true], "asked for");
        panels.toggle(Side::Inspector);
        assert_eq!(shown(&mut panels, 800.0), [true, false], "and hidden");
        panels.toggle(Side::Sources);
        assert_eq!(shown(&mut panels, 800.0), [false; 2], "the view alone");
        panels.toggle(Side::Inspector);
        assert_eq!(shown(&mut panels, 300.0), [false, true], "however narrow");
        let [_, most] = panels.place(300.0);
        assert!(most.is_some_and(|most| most < 200.0), "{most:?} of 300");
    }
}
