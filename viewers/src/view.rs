//! The seam between the window and what it shows.

use std::any::Any;
use std::sync::Arc;

use hutch_model::{Result, Slab, ViewState};
use hutch_render::Gpu;

use crate::curve::PlottedCurves;
use crate::icons::Icon;
use crate::integration::Cake;
use crate::masking::MaskCommand;
use crate::prepared::PreparedFrame;
use crate::regions::RegionCommand;
use crate::theme::Tokens;
use crate::{Action, Resident, Subject};

/// How well a kind of view suits a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Not at all.
    No,
    /// A person may choose it.
    Possible,
    /// It is what most people want to see first.
    Primary,
}

/// A kind of view. One file, and one line in the registry.
pub trait ViewKind: Sync {
    /// Its name in states, sessions and on the command line.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn label(&self) -> &'static str;

    /// Its icon.
    fn icon(&self) -> Icon;

    /// Whether it suits a subject, from metadata alone.
    fn fits(&self, subject: &Subject) -> Fit;

    /// Opens it on a subject.
    fn open(&self, subject: Subject) -> Box<dyn View>;
}

/// One line above a view: what it is and where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaneTitle {
    /// What it is, in strong type.
    pub name: String,
    /// What it shows at the moment.
    pub detail: String,
    /// How it came here, at the right.
    pub right: String,
}

/// The frames of a view, for the slider below.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// How many frames there are.
    pub count: u64,
    /// Which one is shown.
    pub current: u64,
    /// What the frame is called at the right, as in `rotation_angle 89.95 deg`.
    pub label: String,
    /// One value for each of some evenly spread frames, where they are known.
    pub trace: Vec<f32>,
    /// Whether the newest frame is followed; `None` where nothing grows.
    pub following: Option<bool>,
}

/// What a person did to a timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimelineAction {
    /// Go to a frame.
    Show(u64),
    /// Follow the newest, or stop following.
    Follow(bool),
    /// This frame is the newest now; a view that follows goes there.
    Newest(u64),
}

/// Keys that mean the same in every view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// Show all of it.
    Fit,
    /// Between linear and logarithmic.
    ToggleLog,
    /// Narrow the range from above.
    RangeDown,
    /// Widen the range upwards.
    RangeUp,
    /// Exchange left and right.
    FlipAcross,
    /// Exchange top and bottom.
    FlipDown,
    /// Turn by a quarter, clockwise.
    TurnRight,
    /// Turn by a quarter, anticlockwise.
    TurnLeft,
    /// Exchange the axes.
    Transpose,
    /// Panels where they lie, or the frame as it is stored.
    Assemble,
    /// Something of regions on a frame.
    Region(RegionCommand),
    /// Something of the mask that a person paints.
    Mask(MaskCommand),
}

/// What a pointer is over, so that views that move together show it in all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointed {
    /// The pixel `[x, y]` of a frame.
    Pixel([i64; 2]),
    /// A value of the horizontal axis of a plot.
    Along(f64),
}

/// What one kind of view does, or a few of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewCommand {
    /// Put what is chosen on the clipboard; of curves, all that are drawn.
    Copy,
    /// The horizontal axis of curves between linear and logarithmic.
    LogAcross,
    /// The derivative of the selected curve, or the curve again.
    Derivative,
    /// Fit peaks to the selected curve, or end it.
    FitPeaks,
    /// Show what is added to the file, or stop.
    Follow,
    /// A frame becomes a pattern, then a cake, then neither.
    Integrate,
    /// Patterns of all frames, or of the one that is shown.
    IntegrateAll,
    /// Click points on rings, or stop.
    Calibrate,
    /// Look for the rings of the calibrant and bring the detector to them.
    FindRings,
    /// Cells of a grid or discs.
    MapStyle,
    /// A map of one range of channels or of three.
    ThreeColours,
    /// The next way of writing numbers.
    NumberFormat,
    /// Lines of text as wide as the view, or as they are.
    Wrap,
    /// The place before of what is looked for.
    FindBefore,
    /// The next place of what is looked for.
    FindNext,
    /// The order that bytes of a number are taken in.
    ByteOrder,
}

/// What a view may use while it draws.
#[expect(
    missing_debug_implementations,
    reason = "borrows a trait object for one pass"
)]
pub struct ViewContext<'a> {
    /// Chunks in memory, and how to ask for more.
    pub resident: &'a mut dyn Resident,
    /// The GPU of this pass; `None` without one.
    pub gpu: Option<GpuPass<'a>>,
    /// The colours of the theme.
    pub tokens: Tokens,
    /// Whether this is the pane that keys go to.
    pub is_active: bool,
    /// Sites that can run a recipe, by the names of their profiles.
    pub compute_sites: &'a [String],
    /// What the view asks of the program.
    pub actions: &'a mut Vec<Action>,
}

/// The GPU of one pass, and where its textures meet egui.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "the renderer of egui has no Debug"
)]
pub struct GpuPass<'a> {
    /// Device and queue, with the generation that they belong to.
    pub gpu: &'a Gpu,
    /// egui's renderer, which draws registered textures.
    pub state: &'a egui_wgpu::RenderState,
}

/// A view of one subject.
///
/// Drawing never waits and never touches samples: it shows what is resident,
/// asks for what is not, and keeps work in [`crate::Task`]s.
pub trait View: Any {
    /// What it is about.
    fn subject(&self) -> &Subject;

    /// What it shows, as plain values.
    fn state(&self) -> ViewState;

    /// Shows something else; values that it does not know are left alone.
    fn set_state(&mut self, state: &ViewState);

    /// The line above it.
    fn title(&self) -> PaneTitle;

    /// Draws it.
    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>);

    /// Draws its part of the inspector.
    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>);

    /// The part of its data that it shows at the moment, where it shows one part.
    fn shown(&self) -> Option<Slab> {
        None
    }

    /// The frame that it draws, with what is masked in it, where it draws one.
    fn frame(&self) -> Option<Arc<PreparedFrame>> {
        None
    }

    /// The curves that it draws, as they are plotted, where it draws any.
    fn curves(&self) -> Option<PlottedCurves> {
        None
    }

    /// What it could not draw, in words.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// The cake that it draws below its frame, where it draws one.
    fn cake(&self) -> Option<Cake> {
        None
    }

    /// What lies under the pointer, where another view can show the same.
    fn pointed(&self) -> Option<Pointed> {
        None
    }

    /// What lies under the pointer in another view that this one moves with.
    fn show_pointed(&mut self, _pointed: Option<Pointed>) {}

    /// From and to along x and along y of what its plot shows, in the space of the plot; none where it draws no plot.
    fn extent(&self) -> Option<[[f64; 2]; 2]> {
        None
    }

    /// In the next pass its plot reaches at least as far, unless a person chose how far, so that two plots in one
    /// place have the same axes.
    fn reach(&mut self, _extent: [[f64; 2]; 2]) {}

    /// Its frames, where it has any.
    fn timeline(&self) -> Option<Timeline> {
        None
    }

    /// Whether the frame that was asked for last is still on its way.
    fn is_waiting(&self) -> bool {
        false
    }

    /// A person used the slider.
    fn on_timeline(&mut self, _action: TimelineAction) {}

    /// A person pressed a key that every view knows.
    fn on_shortcut(&mut self, _shortcut: Shortcut) {}

    /// Does what its kind knows to do; says whether it does.
    fn on_command(&mut self, _command: ViewCommand) -> bool {
        false
    }

    /// A plain key for what is selected in the view, with shift or without: arrows, Enter,
    /// Delete, Escape; says whether the view had a use for it.
    fn on_key(&mut self, _key: egui::Key, _is_shift: bool) -> bool {
        false
    }

    /// The file has a newer version; keep the view, show the new data.
    fn replace_subject(&mut self, subject: Subject);

    /// Whether it can show other data beside its own.
    fn can_add(&self) -> bool {
        false
    }

    /// Shows other data as well, by its address; says whether it does from now on.
    fn add(&mut self, _address: &str) -> bool {
        false
    }

    /// Addresses of other data that it shows as well; the window opens them, and
    /// answers each once.
    fn wanted(&self) -> Vec<String> {
        Vec::new()
    }

    /// Other data that it wanted, or why they cannot be had.
    fn take_other(&mut self, _address: &str, _found: Result<Subject>) {}

    /// For the window, which sometimes has to know the very kind.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}
