//! Stacks of spectra: a map and a spectrum that follow each other.
//!
//! A range that is dragged in the spectrum makes the map; a point or a rectangle in
//! the map makes its spectrum. Only what is needed is read, piece by piece. For
//! fluorescence (`[y, x, energy]`) and for images over energies (`[energy, y, x]`),
//! which can be shown as optical density.

mod channels;
mod drawn;
mod growth;
mod line_names;
mod map_side;
mod panel;
mod plot;
mod slot;
mod state;
mod sweep;
mod whole;
mod work;

use std::any::Any;
use std::sync::Arc;

use hutch_analysis::maps::Stack;
use hutch_model::{Axis, Block, Error, Interpretation, Signal, Value, ViewState};

use self::channels::Channels;
use self::drawn::DrawnSpectrum;
use self::growth::Growth;
use self::slot::{Region, Slot};
use crate::display::Display;
use crate::icons::Icon;
use crate::image::asked::Passes;
use crate::map::{Ground, MapPane, Rgb, Sides};
use crate::plot_limits::Limits;
use crate::waiting::{failed_ui, nothing_ui};
use crate::{
    Fit, PaneTitle, Shortcut, Subject, Task, Timeline, TimelineAction, View, ViewCommand,
    ViewContext, ViewKind, Wait, numbers, slow_axes,
};

pub use self::whole::{Band, Bands, Read, StackMaps, StackWish, three_colours};

/// The kind.
pub static KIND: SpectraKind = SpectraKind;

/// Maps of more places are not drawn.
const MOST_PLACES: u64 = 1 << 24;
/// Spectra of more channels are not drawn.
const MOST_CHANNELS: u64 = 1 << 20;

/// Stacks of spectra.
#[derive(Debug)]
pub struct SpectraKind;

impl ViewKind for SpectraKind {
    fn name(&self) -> &'static str {
        "spectra"
    }

    fn label(&self) -> &'static str {
        "Map and spectrum"
    }

    fn icon(&self) -> Icon {
        Icon::Activity
    }

    fn fits(&self, subject: &Subject) -> Fit {
        let Some(signal) = &subject.signal else {
            return Fit::No;
        };
        match order_of(signal) {
            Some(_) if signal.data.info().shape.len() > 2 => Fit::Primary,
            Some(_) => Fit::Possible,
            None => Fit::No,
        }
    }

    fn open(&self, subject: Subject) -> Box<dyn View> {
        Box::new(SpectraView::new(subject))
    }
}

/// Whether the channels of a signal stand before its image; `None` for a signal
/// that is no stack of spectra.
fn order_of(signal: &Signal) -> Option<bool> {
    let info = signal.data.info();
    let rank = info.shape.len();
    if !info.element.is_numeric() || info.shape.contains(&0) || rank < 2 {
        return None;
    }
    let is_energy = |dimension: usize| signal.axis(dimension).is_some_and(is_energy);
    let is_spectrum = signal.interpretation == Some(Interpretation::Spectrum);
    let channels_first = if is_spectrum || is_energy(rank - 1) {
        false
    } else if rank > 2 && is_energy(rank - 3) {
        true
    } else {
        return None;
    };
    let stack = Stack::new(&info.shape, channels_first, &vec![0; rank])?;
    let fits = stack.place_count() <= MOST_PLACES
        && (2..=MOST_CHANNELS).contains(&stack.whole().channels.end);
    fits.then_some(channels_first)
}

fn is_energy(axis: &Axis) -> bool {
    ev_per_unit(&axis.unit).is_some() || axis.name.eq_ignore_ascii_case("energy")
}

/// Electronvolts in the unit of an axis.
fn ev_per_unit(unit: &str) -> Option<f64> {
    match unit.trim() {
        "eV" => Some(1.0),
        "keV" => Some(1e3),
        _ => None,
    }
}

/// What a person chose to see; all of it is in the state.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of a person, each by itself"
)]
struct Choice {
    /// The index along axes that are neither channel nor place.
    frame: u64,
    /// First and last channel of the map, or of its red, green and blue.
    bands: [[usize; 2]; 3],
    /// Between which shares of the places each colour goes from dark to bright.
    percent: [[f64; 2]; 3],
    /// Which of the three a range in the spectrum sets.
    active: usize,
    is_rgb: bool,
    is_net: bool,
    is_density: bool,
    is_mean: bool,
    is_log: bool,
    region: Region,
    /// Places without a sample, for optical densities.
    reference: Option<Region>,
    /// Symbols of elements whose lines are drawn.
    elements: String,
}

/// All channels of a spectrum, or the middle one of images over energies.
fn usual_band(count: usize, channels_first: bool) -> [usize; 2] {
    let last = count.saturating_sub(1);
    if channels_first {
        [last / 2; 2]
    } else {
        [0, last]
    }
}

struct SpectraView {
    subject: Subject,
    choice: Choice,
    channels_first: bool,
    stack: Option<Arc<Stack>>,
    sides: Option<Sides>,
    ground: Option<Arc<Ground>>,
    ground_task: Option<Task<Ground>>,
    /// Places of the channels along their axis, in its unit.
    energies: Option<Arc<Block>>,
    /// Whether the data have other places of the channels than those.
    has_old_energies: bool,
    growth: Growth,
    display: Display,
    pane: MapPane,
    passes: Passes,
    maps: [Slot; 3],
    spectrum: Slot,
    reference: Slot,
    drawn: DrawnSpectrum,
    /// How far the axes of the spectrum reach, where a person chose it.
    limits: Limits,
    rgb: Option<Arc<Rgb>>,
    rgb_of: Option<drawn::RgbKey>,
    rgb_task: Option<(drawn::RgbKey, Task<Rgb>)>,
    /// Where a rectangle was begun in the map, and a range in the spectrum.
    corner: Option<[f64; 2]>,
    band_start: Option<f64>,
    waits: Option<Wait>,
    failed: Option<Arc<Error>>,
    place: String,
}

impl SpectraView {
    fn new(subject: Subject) -> Self {
        let signal = subject.signal.as_ref();
        let channels_first = signal.and_then(order_of).unwrap_or(false);
        let shape = subject.shape();
        let channel = if channels_first {
            shape.len().checked_sub(3)
        } else {
            shape.len().checked_sub(1)
        };
        let count = channel
            .and_then(|axis| shape.get(axis))
            .copied()
            .unwrap_or(1);
        let count = usize::try_from(count).unwrap_or(1);
        let band = usual_band(count, channels_first);
        let mut view = Self {
            choice: Choice::usual(band, channels_first),
            channels_first,
            stack: None,
            sides: None,
            ground: None,
            ground_task: None,
            energies: None,
            has_old_energies: false,
            growth: Growth::default(),
            display: Display::of_frames(),
            pane: MapPane::default(),
            passes: Passes::default(),
            maps: Default::default(),
            spectrum: Slot::default(),
            reference: Slot::default(),
            drawn: DrawnSpectrum::default(),
            limits: Limits::default(),
            rgb: None,
            rgb_of: None,
            rgb_task: None,
            corner: None,
            band_start: None,
            waits: None,
            failed: None,
            place: String::new(),
            subject,
        };
        view.settle();
        if let Some(sides) = &view.sides {
            view.pane.is_equal = sides.is_equal;
        }
        view
    }

    fn signal(&self) -> Option<&Signal> {
        self.subject.signal.as_ref()
    }

    /// How many maps there are along axes that are neither channel nor place.
    fn frame_count(&self) -> u64 {
        let shape = self.subject.shape();
        let slow = &shape[..shape.len().saturating_sub(3)];
        slow.iter()
            .fold(1, |product, &size| product.saturating_mul(size))
    }

    fn channel_count(&self) -> usize {
        let count = self
            .stack
            .as_ref()
            .map_or(1, |stack| stack.whole().channels.end);
        usize::try_from(count).unwrap_or(1)
    }

    /// Which parts of the data belong together, after the frame or the data changed.
    fn settle(&mut self) {
        let Some(signal) = &self.subject.signal else {
            return;
        };
        let (stack, sides) = whole::laid(signal, self.channels_first, self.choice.frame);
        self.stack = stack.map(Arc::new);
        self.sides = sides;
        self.ground = None;
        self.ground_task = None;
        self.forget();
    }

    /// Everything is computed again.
    fn forget(&mut self) {
        self.maps.iter_mut().for_each(Slot::forget);
        self.spectrum.forget();
        self.reference.forget();
    }

    /// The axis of the channels.
    fn channel_axis(&self) -> Option<&Axis> {
        self.signal()?.axis(self.stack.as_ref()?.channel_axis())
    }

    /// Where the channels lie along their axis.
    fn channels(&self) -> Channels<'_> {
        let scaling = self.channel_axis().map(|axis| axis.scaling);
        Channels {
            count: self.channel_count(),
            stored: self.energies.as_deref().zip(scaling),
        }
    }

    /// The energy or number of a channel, in the unit of its axis.
    fn energy(&self, channel: usize) -> f64 {
        self.channels().energy(channel)
    }

    /// The channel nearest to a place along the axis.
    fn channel_at(&self, energy: f64) -> usize {
        self.channels().at(energy)
    }
}

impl View for SpectraView {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> ViewState {
        let mut state = ViewState::new("spectra", 1);
        state.origin = Some(self.subject.origin.clone());
        self.choice.write(&mut state);
        self.display.write(&mut state);
        self.pane.write(&mut state);
        self.limits.write(&mut state);
        if self.growth.follows {
            state.set("follow", Value::Bool(true));
        }
        state
    }

    fn set_state(&mut self, state: &ViewState) {
        let frame = self.choice.frame;
        let channels = self.channel_count();
        self.choice.read(state, self.frame_count(), channels);
        self.display.read(state);
        self.pane.read(state);
        self.limits = Limits::read(state);
        self.growth.follows = state.flag("follow", false);
        if frame != self.choice.frame {
            self.settle();
        }
    }

    fn title(&self) -> PaneTitle {
        let name = self
            .signal()
            .map_or_else(String::new, |signal| signal.label.clone());
        let places = self.stack.as_ref().map_or(0, |stack| stack.place_count());
        PaneTitle {
            name,
            detail: format!(
                "{} spectra of {} channels",
                numbers::count(places),
                numbers::count(self.channel_count() as u64)
            ),
            right: self.subject.way.clone(),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.adopt_newer();
        self.lay_out(context.resident);
        self.compute(context.resident);
        self.settle_range(context.resident);
        self.refresh_drawn(context.resident);
        if let Some(signal) = &self.subject.signal {
            let rank = 3.min(signal.data.info().shape.len());
            self.place = slow_axes::words(signal, rank, self.choice.frame, context.resident);
        }
        let slots = [&self.spectrum, &self.maps[0], &self.reference];
        let failed = self
            .failed
            .clone()
            .or_else(|| slots.iter().find_map(|slot| slot.failed.clone()));
        if let Some(error) = failed.filter(|_| !self.growth.has_newer()) {
            let subject = self.subject.clone();
            self.failed = None;
            self.forget();
            return failed_ui(ui, &error, &subject, context);
        }
        if context.gpu.is_none() {
            let text = "No graphics device; install a Vulkan or OpenGL driver.";
            nothing_ui(ui, text, "");
            return;
        }
        if self.sides.is_none() {
            nothing_ui(ui, "The places of these spectra cannot be read.", "");
            return;
        }
        let whole = ui.available_rect_before_wrap();
        let (left, right) = split(whole);
        let mut map = ui.new_child(egui::UiBuilder::new().max_rect(left).id_salt("map"));
        self.map_ui(&mut map, context);
        // The last number of the axis stands around its end.
        let right = right.with_max_x(right.right() - 20.0);
        let mut spectrum = ui.new_child(egui::UiBuilder::new().max_rect(right).id_salt("spectrum"));
        self.plot_ui(&mut spectrum, context);
        ui.advance_cursor_after_rect(whole);
    }

    fn inspector_ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.panel_ui(ui, context);
    }

    fn timeline(&self) -> Option<Timeline> {
        let (count, current, label) = if self.channels_first && self.frame_count() == 1 {
            let [first, last] = self.choice.bands[0];
            let unit = self.channel_axis().map_or("", |axis| axis.unit.as_str());
            let energy = numbers::float(self.energy(usize::midpoint(first, last)), 6);
            let current = usize::midpoint(first, last) as u64;
            (
                self.channel_count() as u64,
                current,
                format!("{energy} {unit}"),
            )
        } else {
            (self.frame_count(), self.choice.frame, self.place.clone())
        };
        // A scan grows by spectra of this very map.
        let label = if count > 1 {
            label
        } else {
            let places = self.stack.as_ref().map_or(0, |stack| stack.place_count());
            format!("{} spectra", numbers::count(places))
        };
        Some(Timeline {
            count,
            current,
            label,
            trace: Vec::new(),
            following: Some(self.growth.follows),
        })
    }

    fn on_timeline(&mut self, action: TimelineAction) {
        match action {
            TimelineAction::Show(wanted) => {
                // Stepping by hand pauses following and keeps its place.
                self.growth.follows = false;
                self.show(wanted);
            }
            TimelineAction::Follow(follows) => self.growth.follows = follows,
            TimelineAction::Newest(newest) => self.show_newest(newest),
        }
    }

    fn on_shortcut(&mut self, shortcut: Shortcut) {
        if shortcut == Shortcut::Fit {
            self.pane.fit();
            self.limits = Limits::default();
        } else {
            self.display.on_shortcut(shortcut);
        }
    }

    fn on_command(&mut self, command: ViewCommand) -> bool {
        let does = command == ViewCommand::ThreeColours;
        if does {
            self.choice.is_rgb = !self.choice.is_rgb;
            self.begin_colours();
        }
        does
    }

    fn replace_subject(&mut self, subject: Subject) {
        self.grow(subject);
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The map beside the spectrum where there is room, above it otherwise.
fn split(whole: egui::Rect) -> (egui::Rect, egui::Rect) {
    const GAP: f32 = 12.0;
    if whole.width() > 1.2 * whole.height() {
        let middle = whole.left() + 0.48 * whole.width();
        (whole.with_max_x(middle - GAP), whole.with_min_x(middle))
    } else {
        let middle = whole.top() + 0.6 * whole.height();
        (whole.with_max_y(middle - GAP), whole.with_min_y(middle))
    }
}
