//! Images: one frame of a stack at a time, raw samples under the pointer.

pub(crate) mod asked;
mod assembled;
mod axis_check;
mod beside;
mod bright;
mod bright_part;
mod frames;
mod integrate;
mod large;
pub mod many;
mod notes;
mod numbers_panel;
mod place;
mod region_part;
mod stack;
mod stack_panel;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use hutch_model::{Error, Interpretation, ScaleKind, Slab, Value, ViewState};
use hutch_render::Norm;

use self::asked::Passes;
use self::axis_check::{AxisChecks, tell_bent_axes};
use self::bright::Bright;
use self::large::Large;
pub use self::large::{MOST_PIXELS, overviews};
use self::stack::Stack;
use crate::assembled::{Assembling, PanelPixel};
use crate::calibration::Calibration;
use crate::canvas::{Aspect, Canvas, Window};
use crate::curve::PlottedCurves;
use crate::diffraction::{Diffraction, Laid};
use crate::display::Display;
use crate::icons::Icon;
use crate::integration::{Cake, Integration};
use crate::masking::Masking;
use crate::plot_strip::{PlotStrip, StripEvent};
use crate::prepared::PreparedFrame;
use crate::regions::Regions;
use crate::waiting::{failed_ui, nothing_ui, waiting_ui};
use crate::{
    Fit, PaneTitle, Pointed, Shortcut, Subject, Timeline, TimelineAction, View, ViewCommand,
    ViewContext, ViewKind, Wait, numbers, slow_axes,
};

/// The kind.
pub static KIND: ImageKind = ImageKind;

/// Frames read ahead in the direction of travel.
const AHEAD: u64 = 4;

/// Images: the two fastest axes of a dataset.
#[derive(Debug)]
pub struct ImageKind;

impl ViewKind for ImageKind {
    fn name(&self) -> &'static str {
        "image"
    }

    fn label(&self) -> &'static str {
        "Image"
    }

    fn icon(&self) -> Icon {
        Icon::Image
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(data) = subject.data() else {
            return Fit::No;
        };
        let info = data.info();
        let is_line = subject
            .signal
            .as_ref()
            .and_then(|signal| signal.interpretation)
            == Some(Interpretation::Spectrum);
        match info.shape.as_slice() {
            [.., height, width] if info.element.is_numeric() && *height > 0 && *width > 0 => {
                // A table of two or three columns is no picture.
                if is_line || *height < 3 || *width < 4 {
                    Fit::Possible
                } else {
                    Fit::Primary
                }
            }
            _ => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(ImageView::new(subject))
    }
}

/// What the drawn frame is to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// It is of the version that the file has.
    Current,
    /// It is of a version that the file no longer has.
    Old,
    /// The same, and it stays since the newest frame is not whole yet.
    Held,
}

/// A view of one frame of a stack.
struct ImageView {
    subject: Subject,
    frame: u64,
    /// Which way the last step went, for reading ahead.
    is_forward: bool,
    follows: bool,
    changed_at: Option<Instant>,
    display: Display,
    canvas: Canvas,
    diffraction: Diffraction,
    /// The frame that is drawn, and its number; an older one while the next
    /// one is on its way.
    shown: Option<(u64, Arc<PreparedFrame>)>,
    age: Age,
    waits: Option<Wait>,
    failed: Option<Arc<Error>>,
    /// Means of the frames seen so far, for the trace over the slider.
    means: BTreeMap<u64, f64>,
    /// The pixel under the pointer, in the frame that is drawn.
    pixel: Option<[i64; 2]>,
    /// The panel that it is of, where panels are shown as they lie.
    under: Option<PanelPixel>,
    assembling: Assembling,
    /// The pixel under the pointer in another view that this one moves with.
    pointed_at: Option<[i64; 2]>,
    /// Where the frame stands along the slow axes, for the slider's label.
    place: String,
    /// Where that pixel is along the axes of the signal `[x, y]`, in words.
    values_of_axes: Option<[Option<String>; 2]>,
    /// Whether these axes can be drawn.
    axis_checks: AxisChecks,
    /// The standard deviation and the weight of that pixel; empty where it has none.
    beside: [String; 2],
    /// The frame that is drawn next, once the range that it is shown in is known.
    next: Option<(u64, Arc<PreparedFrame>)>,
    passes: Passes,
    /// Set where the image is too large to be read whole.
    large: Option<Large>,
    /// Whether the overview of a large image keeps its single bright pixels, and that overview.
    keeps_bright: bool,
    bright: Option<Bright>,
    /// Frames that become one, which is drawn in the place of any of them.
    stack: Option<Stack>,
    regions: Regions,
    masking: Masking,
    integration: Integration,
    calibration: Calibration,
    /// Curves under the frame.
    strip: PlotStrip,
    /// What a person did there in this pass.
    strip_events: Vec<StripEvent>,
    /// What the last pass drew, and which pixels that are.
    drawn: Option<(Window, Arc<PreparedFrame>)>,
}

impl ImageView {
    fn new(subject: Subject) -> Self {
        let signal = subject.signal.as_ref();
        let frame = signal.map_or(0, |signal| signal.first_frame(2));
        let mut display = Display::of_frames();
        if signal.is_some_and(|signal| signal.scale == Some(ScaleKind::Log)) {
            display.norm = Norm::Log;
        }
        let shape = subject.shape();
        let large = Large::of(shape);
        let mut canvas = Canvas::default();
        if let [.., height, width] = *shape
            && large::is_long([width, height])
        {
            canvas.aspect = Aspect::Fill;
        }
        let mut view = Self {
            large,
            regions: Regions::default(),
            masking: Masking::default(),
            integration: Integration::default(),
            calibration: Calibration::default(),
            strip: PlotStrip::default(),
            strip_events: Vec::new(),
            drawn: None,
            stack: None,
            keeps_bright: false,
            bright: None,
            subject,
            frame,
            is_forward: true,
            follows: false,
            changed_at: None,
            display,
            canvas,
            diffraction: Diffraction::default(),
            shown: None,
            age: Age::Current,
            waits: None,
            failed: None,
            means: BTreeMap::new(),
            pixel: None,
            pointed_at: None,
            place: String::new(),
            values_of_axes: None,
            axis_checks: AxisChecks::default(),
            beside: [String::new(), String::new()],
            next: None,
            passes: Passes::default(),
            under: None,
            assembling: Assembling::default(),
        };
        view.look_at_panels();
        view.look_at_axes();
        view
    }

    /// Says what an image cannot show of the axes.
    fn look_at_axes(&mut self) {
        if let Some(signal) = &mut self.subject.signal {
            self.axis_checks.renew(signal);
            tell_bent_axes(signal);
        }
    }

    fn frame_count(&self) -> u64 {
        self.subject
            .data()
            .map_or(0, |data| data.info().frame_count())
    }

    /// Images that can be gone to, one for each picture.
    fn picture_count(&self) -> u64 {
        self.frame_count() / self.images_of_picture()
    }

    /// Width and height of the image as it is stored.
    fn image_size(&self, frame: &PreparedFrame) -> [u32; 2] {
        match (self.large.as_ref(), self.subject.shape()) {
            (Some(_), [.., height, width]) => {
                [*width, *height].map(|edge| u32::try_from(edge).unwrap_or(u32::MAX))
            }
            _ => frame.size,
        }
    }

    fn show(&mut self, frame: u64) {
        let frame = frame.min(self.frame_count().saturating_sub(1));
        let frame = frame - frame % self.images_of_picture();
        if frame != self.frame {
            self.is_forward = frame > self.frame;
            self.frame = frame;
        }
    }
}

impl View for ImageView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("image", 1);
        state.origin = Some(self.subject.origin.clone());
        state.set("frame", Value::Integer(i128::from(self.frame)));
        state.set("follow", Value::Bool(self.follows));
        self.write_stack(&mut state);
        if self.large.is_some() {
            state.set("bright pixels", Value::Bool(self.keeps_bright));
        }
        self.display.write(&mut state);
        self.canvas.write(&mut state);
        self.assembling.write(&mut state);
        self.diffraction.write(&mut state);
        self.regions.write(&mut state);
        self.masking.write(&mut state);
        self.integration.write(&mut state);
        self.calibration.write(&mut state);
        self.strip.write(&mut state);
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let was_assembled = self.assembling.is_on();
        self.assembling.read(state);
        if self.assembling.is_on() != was_assembled {
            self.show_other();
        }
        let frame = state.values.get("frame").and_then(Value::as_integer);
        if let Some(frame) = frame.and_then(|frame| u64::try_from(frame).ok()) {
            self.show(frame);
        }
        self.follows = state.flag("follow", self.follows);
        self.read_stack(state);
        self.keeps_bright = state.flag("bright pixels", self.keeps_bright);
        self.display.read(state);
        self.canvas.read(state);
        self.diffraction.read(state);
        self.regions.read(state);
        self.masking.read(state);
        self.integration.read(state);
        self.calibration.read(state);
        self.strip.read(state);
        if let Some((_, frame)) = &self.shown {
            self.display.follow(frame);
        }
    }

    fn title(&self) -> PaneTitle {
        let name = self
            .subject
            .signal
            .as_ref()
            .map(|signal| signal.label.clone())
            .filter(|label| !label.is_empty())
            .unwrap_or_else(|| "Image".to_owned());
        let count = self.picture_count();
        let detail = if let Some(words) = self.many_words() {
            words
        } else if count > 1 {
            format!(
                "frame {} / {}",
                numbers::count(self.frame / self.images_of_picture() + 1),
                numbers::count(count)
            )
        } else {
            String::new()
        };
        PaneTitle {
            name,
            detail,
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.calibration.apply(&mut self.subject);
        self.look_at_panels();
        self.refresh(context.resident);
        self.step_stack(context.resident);
        self.step_bright(context.resident);
        self.settle(context.resident);
        if let Some(signal) = &self.subject.signal {
            self.place = slow_axes::words(signal, 2, self.frame, context.resident);
        }
        if context.gpu.is_none() {
            nothing_ui(
                ui,
                "No graphics device; install a Vulkan or OpenGL driver.",
                "",
            );
            return;
        }
        let Some((number, frame)) = self.shown.clone() else {
            match (&self.failed, self.waits) {
                (Some(error), _) => {
                    let (error, subject) = (Arc::clone(error), self.subject.clone());
                    failed_ui(ui, &error, &subject, context);
                }
                (None, Some(wait)) => waiting_ui(ui, wait),
                (None, None) => {
                    nothing_ui(ui, "This dataset holds no frames yet.", "");
                }
            }
            return;
        };
        if let (Some(error), true) = (
            &self.failed,
            number != self.frame || self.age != Age::Current,
        ) {
            let (error, subject) = (Arc::clone(error), self.subject.clone());
            return failed_ui(ui, &error, &subject, context);
        }
        let frame = self.seen_frame().unwrap_or(frame);
        self.strip_events = self.strip.ui(ui, context);
        self.integration_ui(ui, context, &frame);
        let answer = self.canvas_ui(ui, context, &frame);
        let map = answer.map;
        // Points on rings lie below the names of the rings.
        self.integration_overlay_ui(ui, &map, &frame);
        let pixel = self.pixel_read();
        let assembled = self.assembled();
        let signal = self.subject.signal.as_ref();
        let laid = Laid {
            map: &map,
            assembled: assembled.as_deref(),
        };
        self.diffraction.ui(ui, laid, (signal, number), pixel);
        self.diffraction
            .refresh_peaks(signal, number, context.resident);
        self.diffraction.peaks_ui(ui, laid, signal, number);
        self.regions_ui(ui, context, &answer, (number, &frame));
        self.pointed_ui(ui, &map);
        self.read_beside(context.resident);
        self.readout_ui(ui, map.rect());
        self.state_ui(ui, map.rect());
        self.refusal_ui(ui, map.rect());
        self.scale_ui(ui, &map);
        if self.strip.wants_pass() {
            ui.ctx().request_repaint();
        }
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let frame = self.seen_frame();
        let stage = self.stage();
        self.display.frame_ui(ui, frame.as_deref(), &stage);
        self.numbers_ui(ui, &stage);
        let signal = self.subject.signal.as_ref();
        let assembling = &mut self.assembling;
        if self.diffraction.inspector_ui(ui, signal, assembling) {
            self.show_other();
        }
        self.integration_inspector_ui(ui, context);
        self.stack_ui(ui);
        self.regions_inspector_ui(ui, &stage);
        self.place_ui(ui);
        if let Some(frame) = frame {
            let range = self.display.shown_range();
            let outside = self.passes.outside(context.resident, &frame, range);
            self.display.legend_ui(ui, &frame, outside);
        }
    }

    fn shown(&self) -> Option<Slab> {
        let shape = &self.subject.data()?.info().shape;
        Some(self.slab_of(shape, self.frame))
    }

    fn frame(&self) -> Option<Arc<PreparedFrame>> {
        self.seen_frame()
    }

    fn curves(&self) -> Option<PlottedCurves> {
        self.strip.plotted()
    }

    fn cake(&self) -> Option<Cake> {
        self.integration.cake()
    }

    fn pointed(&self) -> Option<Pointed> {
        self.shared_pixel(self.pixel?).map(Pointed::Pixel)
    }

    fn show_pointed(&mut self, pointed: Option<Pointed>) {
        let pixel = match pointed {
            Some(Pointed::Pixel(pixel)) => Some(pixel),
            _ => None,
        };
        self.pointed_at = pixel.and_then(|pixel| self.pixel_of_shared(pixel));
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.picture_count();
        let label = self.place.clone();
        // A trace of a few frames would be a line through things never seen, so
        // it appears when most of them were; gaps are drawn at the mean before.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a trace of some hundred points"
        )]
        let trace = if self.means.len() as u64 * 2 > count {
            let points = count.min(512);
            (0..points)
                .filter_map(|point| {
                    let frame = point * count / points;
                    self.means
                        .range(..=frame)
                        .next_back()
                        .or_else(|| self.means.first_key_value())
                        .map(|(_, mean)| *mean as f32)
                })
                .collect()
        } else {
            Vec::new()
        };
        // A stack of one frame may be one that begins to grow.
        let is_stack = self
            .subject
            .data()
            .is_some_and(|data| data.info().shape.len() > 2);
        (is_stack && count > 0).then_some(Timeline {
            count,
            current: self.frame / self.images_of_picture(),
            label,
            trace,
            following: Some(self.follows),
        })
    }

    fn is_waiting(&self) -> bool {
        self.waits.is_some() || self.next.is_some()
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        match action {
            TimelineAction::Show(frame) => {
                // Stepping by hand pauses following and keeps its place.
                self.follows = false;
                self.stack = None;
                self.show(frame.saturating_mul(self.images_of_picture()));
            }
            TimelineAction::Follow(follows) => {
                self.follows = follows;
                if follows {
                    self.show(u64::MAX);
                }
            }
            TimelineAction::Newest(frame) => {
                if self.follows {
                    self.show(frame);
                }
            }
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        if shortcut == Shortcut::Assemble {
            self.toggle_assembled();
        } else if !self.drawing_shortcut(shortcut) && !self.display.on_shortcut(shortcut) {
            self.canvas.on_shortcut(shortcut);
        }
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        match command {
            ViewCommand::Copy => self.strip.copy() || self.integration.copy(),
            _ => self.geometry_command(command),
        }
    }

    fn on_key(&mut self, key: egui::Key, is_shift: bool) -> bool {
        self.region_key(key, is_shift)
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.large = Large::of(subject.shape());
        self.stack = None;
        self.bright = None;
        self.subject = subject;
        self.age = Age::Old;
        self.changed_at = Some(Instant::now());
        self.means.clear();
        let last = self.frame_count().saturating_sub(1);
        if self.follows || self.frame > last {
            self.frame = last;
        }
        self.look_at_panels();
        self.look_at_axes();
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
