//! The view that keys go to: its look, undo, comparing.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::Shortcut;
use hutch_viewers::icons::Icon;

use super::list::{CTRL, CTRL_SHIFT, PLAIN, entry, keys};
use super::{Doing as D, Entry, Group as G};

pub(super) static VIEW: &[Entry] = &[
    entry(
        G::View,
        Icon::Fit,
        "Show all of it",
        keys!(PLAIN, F),
        D::View(Shortcut::Fit),
    )
    .also("fit zoom reset whole"),
    entry(
        G::View,
        Icon::Contrast,
        "Linear or logarithmic",
        keys!(PLAIN, L),
        D::View(Shortcut::ToggleLog),
    )
    .also("scale norm"),
    entry(
        G::View,
        Icon::Sliders,
        "Narrow the range from above",
        keys!(PLAIN, Comma),
        D::View(Shortcut::RangeDown),
    )
    .also("contrast brightness levels"),
    entry(
        G::View,
        Icon::Sliders,
        "Widen the range upwards",
        keys!(PLAIN, Period),
        D::View(Shortcut::RangeUp),
    )
    .also("contrast brightness levels"),
    entry(
        G::View,
        Icon::Detector,
        "Panels where they lie, or the frame as stored",
        keys!(PLAIN, A),
        D::View(Shortcut::Assemble),
    )
    .also("assemble geometry modules"),
    entry(
        G::View,
        Icon::SortBoth,
        "Exchange left and right",
        keys!(PLAIN, H),
        D::View(Shortcut::FlipAcross),
    )
    .also("flip mirror"),
    entry(
        G::View,
        Icon::SortBoth,
        "Exchange top and bottom",
        keys!(PLAIN, V),
        D::View(Shortcut::FlipDown),
    )
    .also("flip mirror upside down"),
    entry(
        G::View,
        Icon::Rotate,
        "Turn left by a quarter",
        keys!(Modifiers::SHIFT, R),
        D::View(Shortcut::TurnLeft),
    )
    .also("rotate anticlockwise"),
    entry(
        G::View,
        Icon::Rotate,
        "Turn right by a quarter",
        keys!(PLAIN, R),
        D::View(Shortcut::TurnRight),
    )
    .also("rotate clockwise"),
    entry(
        G::View,
        Icon::Rotate,
        "Exchange the axes",
        keys!(PLAIN, T),
        D::View(Shortcut::Transpose),
    )
    .also("transpose swap"),
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
    )
    .also("split duplicate"),
    entry(
        G::View,
        Icon::Contrast,
        "Compare with the other view, or end it",
        keys!(CTRL_SHIFT, B),
        D::Compare,
    )
    .also("difference ratio swipe blink subtract divide"),
    entry(
        G::View,
        Icon::Layers,
        "Link views: zoom, frame and range together",
        keys!(CTRL, L),
        D::ToggleLinks,
    )
    .also("synchronise"),
    entry(
        G::View,
        Icon::X,
        "Close this view",
        keys!(CTRL, W),
        D::CloseView,
    ),
    entry(
        G::View,
        Icon::ChartLine,
        "Add what is chosen in the tree to the curves",
        keys!(CTRL_SHIFT, A),
        D::AddToCurves,
    )
    .also("overlay plot"),
];
