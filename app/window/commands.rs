//! Every command of the window: its words, its keys, and what it does. Keys, the palette and the
//! list of keys are all made from this.

mod drawing;
mod files;
mod frames;
mod kinds;
mod list;
mod settings;
mod use_of;
mod view;
mod window;

use egui::{Key, KeyboardShortcut};
use hutch_viewers::icons::Icon;
use hutch_viewers::{Shortcut, ViewCommand};

use super::fields::FieldKind;
use super::save::What;
use crate::settings::ThemeChoice;

pub use list::commands;
pub(super) use use_of::{Active, no_use};

/// What a key or a line of the palette does.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// Choose a file of this computer.
    OpenFile,
    /// Open what was typed as an address.
    OpenAddress(String),
    /// Open a catalogue.
    ShowSite(String),
    /// Show the palette.
    ShowPalette,
    /// Correct the frames by what is chosen in the tree.
    UseAs(FieldKind),
    /// Show the frames as they are stored.
    RemoveFields,
    /// Show the next two axes of a dataset as its picture.
    NextPictureAxes,
    /// Show or hide the list of keys.
    ShowKeys,
    /// Between dark and light.
    ToggleTheme,
    /// These colours.
    Theme(ThemeChoice),
    /// Everything larger or smaller by a factor.
    ScaleBy(f32),
    /// Everything of this size; 1 is usual, 1.5 suits a control room.
    Scale(f32),
    /// Take the last step back.
    Undo,
    /// Take it again.
    Redo,
    /// Close the view that keys go to.
    CloseView,
    /// Show the same once more, beside.
    SplitView,
    /// Make another view the one that keys go to.
    ChooseView(Choice),
    /// Show or hide the left panel.
    ToggleSources,
    /// Show or hide the right panel.
    ToggleInspector,
    /// Show or hide where a plot is put together.
    ToggleBuilder,
    /// Draw what is chosen in the tree beside the curves of a view.
    AddToCurves,
    /// Show the same of another scan of the file, so many further on.
    Scan(i64),
    /// Show the jobs.
    ShowJobs,
    /// Open the node that is shown in another kind of view.
    ViewAs(&'static str),
    /// Put two views into one place: a line between, in turn, difference, ratio.
    Compare,
    /// Let views of the same kind move together, or apart again.
    ToggleLinks,
    /// Keep the view as it is for later, or forget it.
    ToggleBookmark,
    /// Put a link that opens this very view on the clipboard.
    CopyLink,
    /// Put lines of Python that read what is shown on the clipboard.
    CopyPython,
    /// Put a picture of the view on the clipboard.
    CopyPicture,
    /// Save a picture of the view, or its values.
    Save,
    /// Save the plot beside a picture, its cake, or the curves.
    SavePlot,
    /// Save this of the view.
    SaveAs(What),
    /// Find a name in the open files.
    FindInFiles,
    /// Give a value of the state of the view that keys go to this text.
    Set(&'static str, &'static str),
    /// A key that every view knows.
    View(Shortcut),
    /// Something that one kind of view does.
    Own(ViewCommand),
    /// Go to another frame.
    Step(Step),
    /// Play the frames, or stop.
    Play,
    /// Go to the next hit of a stream, or to the one before.
    StepHit(bool),
}

/// Which view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The one with this place in the order of opening, from 0.
    Number(usize),
    /// The one behind the present one.
    Next,
    /// The one before.
    Previous,
}

/// Which frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many forward; backward where it is negative.
    By(i64),
    /// The first.
    First,
    /// The last.
    Last,
}

/// What commands are about; the list of keys shows them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Opening and keeping.
    Files,
    /// Frames of a stack.
    Frames,
    /// What one kind of view does.
    Own,
    /// The view that keys go to.
    View,
    /// The window around it.
    Window,
}

impl Group {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Files,
        Self::Frames,
        Self::Own,
        Self::View,
        Self::Window,
    ];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Files => "Files",
            Self::Frames => "Frames",
            Self::Own => "Kinds of view",
            Self::View => "View",
            Self::Window => "Window",
        }
    }
}

/// A command.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is about.
    pub group: Group,
    /// Its icon.
    pub icon: Icon,
    /// What it does, in words.
    pub text: &'static str,
    /// Other words by which people look for it; they are nowhere shown.
    pub also: &'static str,
    /// The keys that do it; the first ones are shown.
    pub keys: &'static [KeyboardShortcut],
    /// What it does.
    pub doing: Doing,
}

/// The keys of a shortcut as people read them, as in `Ctrl Shift Z`.
pub fn words(keys: &KeyboardShortcut) -> String {
    let mut words = Vec::new();
    let command = if cfg!(target_os = "macos") {
        "Cmd"
    } else {
        "Ctrl"
    };
    for (is_held, word) in [
        (keys.modifiers.command || keys.modifiers.ctrl, command),
        (keys.modifiers.alt, "Alt"),
        (
            keys.modifiers.shift && keys.logical_key != Key::Questionmark,
            "Shift",
        ),
    ] {
        if is_held {
            words.push(word.to_owned());
        }
    }
    words.push(match keys.logical_key {
        Key::ArrowLeft => "\u{2190}".to_owned(),
        Key::ArrowRight => "\u{2192}".to_owned(),
        Key::PageUp => "Page Up".to_owned(),
        Key::PageDown => "Page Down".to_owned(),
        key => key.symbol_or_name().to_owned(),
    });
    words.join(" ")
}

impl Entry {
    /// The same with other words by which people look for it.
    pub(super) const fn also(mut self, words: &'static str) -> Self {
        self.also = words;
        self
    }

    /// Its first keys in words; empty where it has none.
    pub fn keys_text(&self) -> String {
        self.keys.first().map(words).unwrap_or_default()
    }
}
