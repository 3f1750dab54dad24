//! Tomography: projection, sinogram, slice and volume of a scan, linked.

mod axis;
mod image_pane;
mod inspector;
mod panes;
mod projection;
mod reading;
mod rows;
mod settings;
mod sinogram;
mod slice;
mod stack;

use std::any::Any;
use std::sync::Arc;

use egui::Key;
use hutch_analysis::recipe::{
    Correction, Device, Estimate, Recipe, Reconstruction, RotationAxis, ScanShape, Slices, Source,
    estimate,
};
use hutch_model::{Scan, ViewState};

use self::axis::AxisWork;
use self::image_pane::ImagePane;
use self::projection::ProjectionWork;
pub(crate) use self::rows::number_row;
use self::settings::{Pane, Settings, part_of, write_part};
use self::sinogram::SinogramWork;
use self::slice::SliceWork;
use self::stack::StackWork;
use crate::canvas::Place;
use crate::icons::Icon;
use crate::theme::Tone;
use crate::volume::VolumePane;
use crate::waiting::nothing_ui;
use crate::widgets::notice;
use crate::{
    Fit, PaneTitle, Shortcut, Subject, Timeline, TimelineAction, View, ViewContext, ViewKind,
};

/// The kind.
pub static KIND: TomographyKind = TomographyKind;

/// How far one press of a key moves the axis.
const NUDGE_PX: f64 = 0.25;
/// Cores of one node of a site, until the site says it.
const SITE_CORES: usize = 32;
/// Names of the pictures in a state, in the order of [`TomographyView::panes`].
const PARTS: [&str; 3] = ["projection view", "slice view", "sinogram view"];

/// Tomography scans, whatever the layout of their file.
#[derive(Debug)]
pub struct TomographyKind;

impl ViewKind for TomographyKind {
    fn name(&self) -> &'static str {
        "tomography"
    }

    fn label(&self) -> &'static str {
        "Tomography"
    }

    fn icon(&self) -> Icon {
        Icon::Sinogram
    }

    fn fits(&self, subject: &Subject) -> Fit {
        if subject.scan.is_some() {
            Fit::Primary
        } else {
            Fit::No
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        match subject.scan.clone() {
            Some(scan) => Box::new(TomographyView::new(subject, scan)),
            None => crate::attributes::KIND.open(subject),
        }
    }
}

/// A view of one scan.
struct TomographyView {
    subject: Subject,
    scan: Arc<Scan>,
    settings: Settings,
    /// What the program began with, to say what was edited.
    begun: Settings,
    /// Projection, slice and sinogram.
    panes: [ImagePane; 3],
    volume: VolumePane,
    projection: ProjectionWork,
    sinogram: SinogramWork,
    slice: SliceWork,
    axis: AxisWork,
    stack: StackWork,
    /// Whether a line is held at the moment.
    is_dragging: bool,
    /// Somebody asked to look for the axis.
    wants_axis: bool,
    hides_remarks: bool,
}

impl TomographyView {
    fn new(subject: Subject, scan: Arc<Scan>) -> Self {
        let settings = Settings::new(&scan);
        Self {
            subject,
            settings,
            begun: settings,
            panes: <[ImagePane; 3]>::default(),
            volume: VolumePane::default(),
            projection: ProjectionWork::default(),
            sinogram: SinogramWork::default(),
            slice: SliceWork::default(),
            axis: AxisWork::default(),
            stack: StackWork::new(&scan),
            scan,
            is_dragging: false,
            wants_axis: false,
            hides_remarks: false,
        }
    }

    fn angle_count(&self) -> u64 {
        self.scan
            .projections
            .frames
            .len()
            .min(self.scan.angles_rad.len()) as u64
    }

    fn angle_deg(&self) -> Option<f64> {
        let index = usize::try_from(self.settings.angle).ok()?;
        self.scan
            .angles_rad
            .get(index)
            .map(|angle| angle.to_degrees())
    }

    /// Everything that decides what is worked on; another pass follows a change.
    const fn asked(&self) -> (Settings, [bool; 3], usize) {
        let flags = [self.is_dragging, self.wants_axis, self.stack.is_allowed];
        (self.settings, flags, self.sinogram.angle_step())
    }

    /// A person says where the axis is.
    fn set_axis(&mut self, axis_px: f64) {
        self.axis.cancel();
        self.settings.axis_px = Some(axis_px);
        self.settings.clamp(&self.scan);
    }

    /// Takes what came from the pool and asks for what is wanted.
    fn refresh(&mut self, context: &mut ViewContext<'_>) {
        let resident = &mut *context.resident;
        let projection = (self.settings.angle, self.settings.stage);
        self.projection.refresh(resident, &self.scan, projection);
        self.sinogram
            .refresh(resident, &self.scan, self.settings.row);
        if let Some(found) = self.axis.poll() {
            if self.settings.axis_px == self.begun.axis_px {
                self.begun.axis_px = Some(found);
            }
            self.settings.axis_px = Some(found);
        }
        let Some(sinogram) = self.sinogram.shown.clone() else {
            return;
        };
        let is_unknown = self.settings.axis_px.is_none() && !self.axis.was_asked;
        if is_unknown || std::mem::take(&mut self.wants_axis) {
            self.axis.start(resident, &sinogram);
        }
        if self.axis.failed.is_some() && self.settings.axis_px.is_none() {
            // Something has to be shown, and the middle is the best guess.
            self.settings.axis_px = Some((sinogram.width as f64 - 1.0) / 2.0);
            self.begun.axis_px = self.settings.axis_px;
        }
        self.slice
            .refresh(resident, &sinogram, &self.settings, self.is_dragging);
        // The volume waits for the slice that somebody looks at.
        if self.slice.is_full() && !self.is_dragging {
            let newest = self.stack.refresh(resident, &self.scan, &self.settings);
            if let Some(data) = newest {
                self.volume.show(data);
            }
        }
    }

    fn handle_keys(&mut self, ui: &egui::Ui, context: &ViewContext<'_>) {
        let is_free = ui.memory(|memory| memory.focused().is_none());
        if !context.is_active || !is_free {
            return;
        }
        let presses = |key: Key| ui.input(|input| input.num_presses(key));
        let step = if ui.input(|input| input.modifiers.shift) {
            10
        } else {
            1
        };
        let down = presses(Key::ArrowDown) as u64 * step;
        let up = presses(Key::ArrowUp) as u64 * step;
        self.settings.row = self.settings.row.saturating_add(down).saturating_sub(up);
        let nudge = presses(Key::CloseBracket) as f64 - presses(Key::OpenBracket) as f64;
        if nudge.abs() > 0.0
            && let Some(axis) = self.settings.axis_px
        {
            self.set_axis(axis + NUDGE_PX * nudge);
        }
        self.settings.clamp(&self.scan);
    }

    /// The recipe of what is shown.
    fn recipe(&self) -> Recipe {
        let origin = self.scan.projections.dataset.origin();
        Recipe {
            source: Source {
                url: origin.url.clone(),
                path: origin.path.clone(),
                layout: self.scan.layout.to_lowercase(),
            },
            rotation_axis: self
                .settings
                .axis_px
                .map_or_else(RotationAxis::default, RotationAxis::Px),
            correction: Correction {
                flat_field: !self.scan.flats.frames.is_empty(),
                ..Correction::default()
            },
            reconstruction: Reconstruction {
                filter: self.settings.filter,
                padding: self.settings.padding,
                circle: self.settings.is_circle,
                ..Reconstruction::default()
            },
            slices: self
                .settings
                .slices
                .map_or(Slices::All, |[first, end]| Slices::Range(first, end)),
            ..Recipe::default()
        }
    }

    /// What the recipe costs here, or on a node of a site.
    fn estimate(&self, site: Option<&str>) -> Estimate {
        let edge = |edge: u64| usize::try_from(edge).unwrap_or(usize::MAX);
        let element = &self.scan.projections.dataset.info().element;
        let shape = ScanShape {
            angle_count: edge(self.angle_count()),
            height: edge(self.scan.frame_size.0),
            width: edge(self.scan.frame_size.1),
            sample_bytes: element.size_bytes().unwrap_or(2),
        };
        let (cores, measured) = if site.is_some() {
            (SITE_CORES, None)
        } else {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (cores, self.slice.updates_per_sec)
        };
        estimate(&self.recipe(), shape, Device::Cpu { cores }, measured)
    }

    fn remarks_ui(&mut self, ui: &mut egui::Ui) {
        if self.hides_remarks || self.scan.remarks.is_empty() {
            return;
        }
        let text = self.scan.remarks.join("; ");
        egui::Frame::new()
            .inner_margin(egui::Margin::symmetric(8, 4))
            .show(ui, |ui| {
                self.hides_remarks |= notice(ui, Tone::Attention, &text, "").dismissed;
            });
    }
}

impl View for TomographyView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("tomography", 1);
        state.origin = Some(self.subject.origin.clone());
        self.settings.write(&mut state);
        for (part, pane) in PARTS.into_iter().zip(&self.panes) {
            write_part(&mut state, part, |own| pane.write(own));
        }
        write_part(&mut state, "volume view", |own| self.volume.look.write(own));
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let before = self.settings.axis_px;
        self.settings.read(state);
        self.settings.clamp(&self.scan);
        if self.settings.axis_px != before {
            self.axis.cancel();
        }
        for (part, pane) in PARTS.into_iter().zip(&mut self.panes) {
            pane.read(&part_of(state, part));
        }
        self.volume.look.read(&part_of(state, "volume view"));
    }

    fn title(&self) -> PaneTitle {
        let title = self.scan.title.trim();
        PaneTitle {
            name: if title.is_empty() {
                "Tomography".to_owned()
            } else {
                title.to_owned()
            },
            detail: self.scan.layout.to_owned(),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let (height, width) = self.scan.frame_size;
        if self.angle_count() == 0 || height == 0 || width == 0 {
            nothing_ui(ui, "This scan has no projections yet.", "");
            return;
        }
        let before = self.asked();
        self.handle_keys(ui, context);
        self.refresh(context);
        if context.gpu.is_none() {
            nothing_ui(
                ui,
                "No graphics device; install a Vulkan or OpenGL driver.",
                "",
            );
            return;
        }
        self.remarks_ui(ui);
        self.panes_ui(ui, context);
        if self.asked() != before {
            ui.ctx().request_repaint();
        }
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let before = self.asked();
        self.inspect(ui, context);
        if self.asked() != before {
            ui.ctx().request_repaint();
        }
    }

    fn timeline(&self) -> Option<Timeline> {
        let count = self.angle_count();
        let label = self
            .angle_deg()
            .map_or_else(String::new, |angle| format!("rotation_angle {angle:.2}°"));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a trace of some hundred points"
        )]
        let trace = if self.projection.trace.len() as u64 * 2 > count {
            let seen = &self.projection.trace;
            let points = count.min(512);
            (0..points)
                .filter_map(|point| {
                    let angle = point * count / points;
                    let near = seen.range(..=angle).next_back();
                    near.or_else(|| seen.first_key_value())
                        .map(|(_, mean)| *mean as f32)
                })
                .collect()
        } else {
            Vec::new()
        };
        (count > 1).then_some(Timeline {
            count,
            current: self.settings.angle,
            label,
            trace,
            following: None,
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        if let TimelineAction::Show(angle) = action {
            self.settings.angle = angle;
            self.settings.clamp(&self.scan);
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        let pane = match self.settings.active {
            Pane::Projection => &mut self.panes[0],
            Pane::Slice => &mut self.panes[1],
            Pane::Sinogram => &mut self.panes[2],
            Pane::Volume => {
                if shortcut == Shortcut::Fit {
                    self.volume.look.camera = hutch_render::OrbitCamera::default();
                }
                return;
            }
        };
        if !pane.display.on_shortcut(shortcut) && shortcut == Shortcut::Fit {
            pane.canvas.place = Place::Fit;
        }
    }

    fn replace_subject(&mut self, subject: Subject) {
        if let Some(scan) = subject.scan.clone() {
            let was_allowed = self.stack.is_allowed;
            self.stack = StackWork::new(&scan);
            self.stack.is_allowed |= was_allowed && scan.frame_size.0 > 1;
            self.scan = scan;
            self.projection.reset();
            self.sinogram.reset();
            self.slice.reset();
            self.settings.clamp(&self.scan);
        }
        self.subject = subject;
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
