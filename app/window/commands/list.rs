//! The list of all commands.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::Shortcut;
use hutch_viewers::icons::Icon;
use hutch_viewers::masking::{Brush, MaskCommand};
use hutch_viewers::regions::{RegionCommand, Tool};

use super::{Choice, Doing, Entry, Group, Step};
use crate::settings::ThemeChoice;
use crate::window::fields::FieldKind;

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
            G::Frames,
            Icon::ChevronLeft,
            "Hit of the stream before",
            keys!(Modifiers::SHIFT, N),
            D::StepHit(false),
        ),
        entry(
            G::Frames,
            Icon::ChevronRight,
            "Next hit of the stream",
            keys!(PLAIN, N),
            D::StepHit(true),
        ),
        entry(
            G::Frames,
            Icon::ChevronLeft,
            "Scan before",
            keys!(PLAIN, OpenBracket),
            D::Scan(-1),
        ),
        entry(
            G::Frames,
            Icon::ChevronRight,
            "Next scan",
            keys!(PLAIN, CloseBracket),
            D::Scan(1),
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
            Icon::Pencil,
            "Draw a point on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Point))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a line on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Line))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a rectangle on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Rectangle))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a circle on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Circle))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw an ellipse on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Ellipse))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a polygon on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Polygon))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw an arc on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Arc))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a band on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Band))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a cross on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Cross))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a range of rows on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Horizontal))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Draw a range of columns on the frame",
            &[],
            D::View(Shortcut::Region(RegionCommand::Draw(Tool::Vertical))),
        ),
        entry(
            G::View,
            Icon::ChartLine,
            "Regions over the stack as curves, or no more",
            keys!(Modifiers::SHIFT, P),
            D::View(Shortcut::Region(RegionCommand::OverStack)),
        ),
        entry(
            G::View,
            Icon::ChartLine,
            "Profile of the selected region, or no more",
            keys!(PLAIN, P),
            D::View(Shortcut::Region(RegionCommand::Profile)),
        ),
        entry(
            G::View,
            Icon::Copy,
            "Copy the table of regions",
            &[],
            D::View(Shortcut::Region(RegionCommand::CopyTable)),
        ),
        entry(
            G::View,
            Icon::Trash,
            "Remove the selected region",
            &[],
            D::View(Shortcut::Region(RegionCommand::Remove)),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Paint the mask with a pencil",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Pencil))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Paint the mask with rectangles",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Rectangle))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Paint the mask with ellipses",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Ellipse))),
        ),
        entry(
            G::View,
            Icon::Pencil,
            "Paint the mask with polygons",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Polygon))),
        ),
        entry(
            G::View,
            Icon::Contrast,
            "Invert the painted mask",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Invert)),
        ),
        entry(
            G::View,
            Icon::Contrast,
            "Forget the painted mask",
            &[],
            D::View(Shortcut::Mask(MaskCommand::Clear)),
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
            G::View,
            Icon::ChartLine,
            "Add what is chosen in the tree to the curves",
            keys!(CTRL_SHIFT, A),
            D::AddToCurves,
        ),
        entry(
            G::Frames,
            Icon::Moon,
            "Use what is chosen in the tree as dark field",
            &[],
            D::UseAs(FieldKind::Dark),
        ),
        entry(
            G::Frames,
            Icon::Sun,
            "Use what is chosen in the tree as flat field",
            &[],
            D::UseAs(FieldKind::Flat),
        ),
        entry(
            G::Frames,
            Icon::Undo,
            "Show frames as they are stored, without dark and flat",
            &[],
            D::RemoveFields,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::words;
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
