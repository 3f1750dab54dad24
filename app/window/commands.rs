//! Every command of the window: its words, its keys, and what it does. Keys, the palette and the
//! list of keys are all made from this.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::Shortcut;
use hutch_viewers::icons::Icon;

use crate::settings::ThemeChoice;

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
    /// Find a name in the open files.
    FindInFiles,
    /// A key that every view knows.
    View(Shortcut),
    /// Go to another frame.
    Step(Step),
    /// Play the frames, or stop.
    Play,
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
    /// The view that keys go to.
    View,
    /// The window around it.
    Window,
}

impl Group {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Files, Self::Frames, Self::View, Self::Window];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Files => "Files",
            Self::Frames => "Frames",
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
    /// The keys that do it; the first ones are shown.
    pub keys: &'static [KeyboardShortcut],
    /// What it does.
    pub doing: Doing,
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

macro_rules! keys {
    ($($modifiers:expr, $key:ident);*) => {
        &[$(KeyboardShortcut::new($modifiers, Key::$key)),*]
    };
}

const fn entry(
    group: Group,
    icon: Icon,
    text: &'static str,
    keys: &'static [KeyboardShortcut],
    doing: Doing,
) -> Entry {
    Entry {
        group,
        icon,
        text,
        keys,
        doing,
    }
}

/// Every command that does not depend on what is open.
///
/// Where two share a key, the one with more modifiers stands first: egui takes Ctrl Shift Z for Ctrl Z otherwise.
pub static COMMANDS: &[Entry] = {
    use Doing as D;
    use Group as G;
    const PLAIN: Modifiers = Modifiers::NONE;
    &[
        entry(
            G::Files,
            Icon::FolderOpen,
            "Open a file",
            keys!(CTRL, O),
            D::OpenFile,
        ),
        entry(
            G::Files,
            Icon::Search,
            "Find a name in the open files",
            keys!(CTRL, F),
            D::FindInFiles,
        ),
        entry(
            G::Files,
            Icon::Pin,
            "Bookmark this view, or forget it",
            keys!(CTRL, D),
            D::ToggleBookmark,
        ),
        entry(
            G::Files,
            Icon::Link,
            "Copy a link to this view",
            keys!(CTRL_SHIFT, L),
            D::CopyLink,
        ),
        entry(
            G::Files,
            Icon::Code,
            "Copy as Python",
            keys!(CTRL_SHIFT, Y),
            D::CopyPython,
        ),
        entry(
            G::Files,
            Icon::Image,
            "Copy a picture of this view",
            keys!(CTRL_SHIFT, S),
            D::CopyPicture,
        ),
        entry(
            G::Files,
            Icon::Download,
            "Save this view or its values",
            keys!(CTRL, S),
            D::Save,
        ),
        entry(
            G::Frames,
            Icon::Play,
            "Play, or stop",
            keys!(PLAIN, Space),
            D::Play,
        ),
        entry(
            G::Frames,
            Icon::ChevronLeft,
            "Frame before",
            keys!(PLAIN, ArrowLeft),
            D::Step(Step::By(-1)),
        ),
        entry(
            G::Frames,
            Icon::ChevronRight,
            "Next frame",
            keys!(PLAIN, ArrowRight),
            D::Step(Step::By(1)),
        ),
        entry(
            G::Frames,
            Icon::ChevronLeft,
            "Ten frames back",
            keys!(PLAIN, PageUp),
            D::Step(Step::By(-10)),
        ),
        entry(
            G::Frames,
            Icon::ChevronRight,
            "Ten frames on",
            keys!(PLAIN, PageDown),
            D::Step(Step::By(10)),
        ),
        entry(
            G::Frames,
            Icon::ChevronLeft,
            "First frame",
            keys!(PLAIN, Home),
            D::Step(Step::First),
        ),
        entry(
            G::Frames,
            Icon::ChevronRight,
            "Last frame",
            keys!(PLAIN, End),
            D::Step(Step::Last),
        ),
        entry(
            G::View,
            Icon::Fit,
            "Show all of it",
            keys!(PLAIN, F),
            D::View(Shortcut::Fit),
        ),
        entry(
            G::View,
            Icon::Contrast,
            "Linear or logarithmic",
            keys!(PLAIN, L),
            D::View(Shortcut::ToggleLog),
        ),
        entry(
            G::View,
            Icon::Sliders,
            "Narrow the range from above",
            keys!(PLAIN, Comma),
            D::View(Shortcut::RangeDown),
        ),
        entry(
            G::View,
            Icon::Sliders,
            "Widen the range upwards",
            keys!(PLAIN, Period),
            D::View(Shortcut::RangeUp),
        ),
        entry(
            G::View,
            Icon::SortBoth,
            "Exchange left and right",
            keys!(PLAIN, H),
            D::View(Shortcut::FlipAcross),
        ),
        entry(
            G::View,
            Icon::SortBoth,
            "Exchange top and bottom",
            keys!(PLAIN, V),
            D::View(Shortcut::FlipDown),
        ),
        entry(
            G::View,
            Icon::Rotate,
            "Turn left by a quarter",
            keys!(Modifiers::SHIFT, R),
            D::View(Shortcut::TurnLeft),
        ),
        entry(
            G::View,
            Icon::Rotate,
            "Turn right by a quarter",
            keys!(PLAIN, R),
            D::View(Shortcut::TurnRight),
        ),
        entry(
            G::View,
            Icon::Rotate,
            "Exchange the axes",
            keys!(PLAIN, T),
            D::View(Shortcut::Transpose),
        ),
        entry(
            G::View,
            Icon::Redo,
            "Redo",
            keys!(CTRL_SHIFT, Z; CTRL, Y),
            D::Redo,
        ),
        entry(G::View, Icon::Undo, "Undo", keys!(CTRL, Z), D::Undo),
        entry(
            G::View,
            Icon::Split,
            "Show it once more, beside",
            keys!(CTRL, Backslash),
            D::SplitView,
        ),
        entry(
            G::View,
            Icon::Contrast,
            "Compare with the other view, or end it",
            keys!(CTRL_SHIFT, B),
            D::Compare,
        ),
        entry(
            G::View,
            Icon::Layers,
            "Link views: zoom, frame and range together",
            keys!(CTRL, L),
            D::ToggleLinks,
        ),
        entry(
            G::View,
            Icon::X,
            "Close this view",
            keys!(CTRL, W),
            D::CloseView,
        ),
        entry(
            G::Window,
            Icon::Command,
            "Search and commands",
            keys!(CTRL, K; CTRL_SHIFT, P),
            D::ShowPalette,
        ),
        entry(
            G::Window,
            Icon::Help,
            "List of keys",
            keys!(PLAIN, F1; Modifiers::SHIFT, Questionmark),
            D::ShowKeys,
        ),
        entry(
            G::Window,
            Icon::ChevronLeft,
            "View before",
            keys!(CTRL_SHIFT, Tab),
            D::ChooseView(Choice::Previous),
        ),
        entry(
            G::Window,
            Icon::ChevronRight,
            "Next view",
            keys!(CTRL, Tab),
            D::ChooseView(Choice::Next),
        ),
        entry(
            G::Window,
            Icon::PanelLeft,
            "Show or hide sources",
            keys!(CTRL, B),
            D::ToggleSources,
        ),
        entry(
            G::Window,
            Icon::PanelRight,
            "Show or hide the inspector",
            keys!(CTRL, I),
            D::ToggleInspector,
        ),
        entry(
            G::Window,
            Icon::ChartLine,
            "Build a plot from datasets",
            keys!(Modifiers::NONE, F6),
            D::ToggleBuilder,
        ),
        entry(
            G::Window,
            Icon::Cpu,
            "Show jobs",
            keys!(CTRL, J),
            D::ShowJobs,
        ),
        entry(
            G::Window,
            Icon::Sun,
            "Dark or light",
            keys!(CTRL, T),
            D::ToggleTheme,
        ),
        entry(
            G::Window,
            Icon::Sun,
            "Dark colours",
            &[],
            D::Theme(ThemeChoice::Dark),
        ),
        entry(
            G::Window,
            Icon::Sun,
            "Light colours",
            &[],
            D::Theme(ThemeChoice::Light),
        ),
        entry(
            G::Window,
            Icon::Contrast,
            "High contrast",
            &[],
            D::Theme(ThemeChoice::HighContrast),
        ),
        entry(
            G::Window,
            Icon::ZoomIn,
            "Everything larger",
            keys!(CTRL, Plus; CTRL, Equals),
            D::ScaleBy(1.1),
        ),
        entry(
            G::Window,
            Icon::ZoomOut,
            "Everything smaller",
            keys!(CTRL, Minus),
            D::ScaleBy(1.0 / 1.1),
        ),
        entry(
            G::Window,
            Icon::Home,
            "Usual size",
            keys!(CTRL, Num0),
            D::Scale(1.0),
        ),
        entry(
            G::Window,
            Icon::ZoomIn,
            "Control-room size",
            &[],
            D::Scale(1.5),
        ),
    ]
};

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
    /// Its first keys in words; empty where it has none.
    pub fn keys_text(&self) -> String {
        self.keys.first().map(words).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_commands_share_their_keys_or_their_words() {
        let mut keys = BTreeSet::new();
        let mut texts = BTreeSet::new();
        for entry in COMMANDS {
            assert!(
                texts.insert(entry.text),
                "\"{}\" is there twice",
                entry.text
            );
            for shortcut in entry.keys {
                let text = words(shortcut);
                assert!(keys.insert(text.clone()), "{text} does two things");
            }
        }
    }

    #[test]
    fn keys_with_more_modifiers_stand_before_those_with_fewer() {
        let flat: Vec<&KeyboardShortcut> = COMMANDS.iter().flat_map(|entry| entry.keys).collect();
        for (at, shortcut) in flat.iter().enumerate() {
            let hidden = flat[at + 1..].iter().find(|later| {
                later.logical_key == shortcut.logical_key
                    && later.modifiers.shift
                    && !shortcut.modifiers.shift
                    && later.modifiers.command == shortcut.modifiers.command
            });
            assert!(hidden.is_none(), "{} takes {hidden:?}", words(shortcut));
        }
    }

    #[test]
    fn keys_are_written_as_people_read_them() {
        let redo = KeyboardShortcut::new(CTRL_SHIFT, Key::Z);
        let command = if cfg!(target_os = "macos") {
            "Cmd"
        } else {
            "Ctrl"
        };
        assert_eq!(words(&redo), format!("{command} Shift Z"));
    }
}
