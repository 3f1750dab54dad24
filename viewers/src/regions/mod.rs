//! Regions on a frame: drawn with the mouse, with their numbers, profiles and curves.

mod draw;
mod drawing;
mod ground;
mod handles;
mod latest;
mod list;
mod measured;
mod outline;
mod pointer;
mod profiles;
mod stack;
mod tool;
mod tool_bar;
mod view;

use hutch_analysis::region::{Region, Shape};
use hutch_model::{Value, ViewState};

pub(crate) use self::drawing::Drawing;
pub use self::ground::Place;
pub(crate) use self::latest::{Latest, Same};
use self::list::Typed;
pub(crate) use self::measured::FrameId;
use self::measured::Measured;
pub use self::outline::outline;
use self::pointer::Grab;
pub use self::pointer::Scene;
pub use self::profiles::Units;
use self::profiles::{Profiles, What};
use self::stack::StackCurves;
pub use self::tool::Tool;
pub use self::view::Measure;

/// Colours of regions, one after the other: told apart by colour-blind people as well.
///
/// Source: Okabe and Ito, "Color Universal Design", 2008; without black and the dark blue,
/// which are not seen on dark frames.
pub const COLOURS: [egui::Color32; 6] = [
    egui::Color32::from_rgb(0xe6, 0x9f, 0x00),
    egui::Color32::from_rgb(0x56, 0xb4, 0xe9),
    egui::Color32::from_rgb(0x00, 0xc0, 0x8b),
    egui::Color32::from_rgb(0xf0, 0xe4, 0x42),
    egui::Color32::from_rgb(0xcc, 0x79, 0xa7),
    egui::Color32::from_rgb(0xd5, 0x5e, 0x00),
];

/// The colour of the region at a place of the list.
pub fn colour_of(index: usize) -> egui::Color32 {
    COLOURS[index % COLOURS.len()]
}

/// What keys and commands ask of the regions of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionCommand {
    /// Draw one with the mouse.
    Draw(Tool),
    /// Remove the one that is selected.
    Remove,
    /// Show the profile of the one that is selected, or no more.
    Profile,
    /// Follow all of them through the stack, or no more.
    OverStack,
    /// Put the table of their numbers on the clipboard.
    CopyTable,
}

/// The regions of an image view.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "tasks of the pool have none")]
pub struct Regions {
    list: Vec<Region>,
    selected: Option<usize>,
    tool: Option<Tool>,
    /// What is drawn at the moment.
    drawing: Drawing,
    /// What is held at the moment.
    grab: Option<Grab>,
    /// Whether the pointer is over something that can be held.
    is_over: bool,
    measured: Measured,
    /// Of each region why it has no numbers, where it has none.
    problems: Vec<Option<String>>,
    profiles: Profiles,
    stack: StackCurves,
    wants_copy: bool,
    typed: Typed,
}

impl Regions {
    /// The regions, in the order of drawing.
    pub fn list(&self) -> &[Region] {
        &self.list
    }

    /// Whether a press of the mouse on the canvas is for a region and moves no picture.
    pub const fn takes_pointer(&self) -> bool {
        self.tool.is_some() || self.grab.is_some() || self.is_over
    }

    fn selected(&self) -> Option<(usize, &Region)> {
        let index = self.selected?;
        Some((index, self.list.get(index)?))
    }

    fn add(&mut self, shape: Shape) {
        let kind = shape.name();
        let number = (1..=self.list.len() + 1).find(|number| {
            let name = format!("{kind} {number}");
            self.list.iter().all(|region| region.name != name)
        });
        let name = format!("{kind} {}", number.unwrap_or(1));
        self.list.push(Region { name, shape });
        self.selected = Some(self.list.len() - 1);
    }

    fn remove(&mut self, index: usize) {
        if index < self.list.len() {
            self.list.remove(index);
        }
        self.selected = None;
        self.grab = None;
    }

    /// Does what a key or the palette asks.
    pub fn command(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::Draw(tool) => self.choose(Some(tool)),
            RegionCommand::Remove => {
                if let Some(index) = self.selected {
                    self.remove(index);
                }
            }
            RegionCommand::Profile => {
                self.profiles.what = match self.profiles.what {
                    What::Nothing => What::Along,
                    _ => What::Nothing,
                };
            }
            RegionCommand::OverStack => self.stack.is_on = !self.stack.is_on,
            RegionCommand::CopyTable => self.wants_copy = true,
        }
    }

    fn choose(&mut self, tool: Option<Tool>) {
        self.tool = if self.tool == tool { None } else { tool };
        self.drawing.clear();
        self.grab = None;
    }

    /// A plain key; says whether it was for a region. Arrows move the one that is selected by a
    /// pixel along `step` on the screen, with shift by ten.
    pub fn on_key(
        &mut self,
        key: egui::Key,
        is_shift: bool,
        to_image: impl Fn([f64; 2]) -> [f64; 2],
    ) -> bool {
        use egui::Key;
        let by = if is_shift { 10.0 } else { 1.0 };
        let step = match key {
            Key::Escape => return self.escape(),
            Key::Enter => return self.close_polygon(),
            Key::Delete | Key::Backspace => {
                let Some(index) = self.selected else {
                    return false;
                };
                self.remove(index);
                return true;
            }
            Key::ArrowLeft => [-by, 0.0],
            Key::ArrowRight => [by, 0.0],
            Key::ArrowUp => [0.0, -by],
            Key::ArrowDown => [0.0, by],
            _ => return false,
        };
        let Some(region) = self.selected.and_then(|index| self.list.get_mut(index)) else {
            return false;
        };
        region.shape = handles::moved(&region.shape, to_image(step));
        true
    }

    /// Ends the innermost of what is under way.
    fn escape(&mut self) -> bool {
        if self.drawing.clear() || self.tool.take().is_some() {
            return true;
        }
        self.grab = None;
        self.selected.take().is_some()
    }

    /// Writes the regions into a state.
    pub fn write(&self, state: &mut ViewState) {
        if !self.list.is_empty() {
            let texts = self
                .list
                .iter()
                .map(|region| Value::Text(region.to_string()));
            state.set("regions", Value::List(texts.collect()));
        }
        if let Some(selected) = self.selected.and_then(|index| i128::try_from(index).ok()) {
            state.set("selected region", Value::Integer(selected));
        }
        self.profiles.write(state);
        self.stack.write(state);
    }

    /// Takes the regions of a state; what is no region is left out.
    pub fn read(&mut self, state: &ViewState) {
        let list = match state.values.get("regions") {
            Some(Value::List(texts)) => texts
                .iter()
                .filter_map(|text| text.as_text()?.parse().ok())
                .collect(),
            Some(Value::Text(text)) => text.parse().into_iter().collect(),
            _ => Vec::new(),
        };
        if list != self.list {
            self.list = list;
            self.grab = None;
        }
        let selected = state
            .values
            .get("selected region")
            .and_then(Value::as_integer);
        self.selected = selected
            .and_then(|index| usize::try_from(index).ok())
            .filter(|index| *index < self.list.len());
        self.profiles.read(state);
        self.stack.read(state);
    }
}

#[cfg(test)]
mod tests;
