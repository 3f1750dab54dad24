//! What single kinds of view do: curves, maps, frames with a geometry, tables, text, bytes.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::ViewCommand as V;
use hutch_viewers::icons::Icon;

use super::list::{PLAIN, entry, keys};
use super::{Doing as D, Entry, Group as G};

const SHIFT: Modifiers = Modifiers::SHIFT;

/// With Shift before without.
pub(super) static KINDS: &[Entry] = &[
    entry(
        G::View,
        Icon::Copy,
        "Copy what is chosen, or the curves",
        keys!(SHIFT, C),
        D::Own(V::Copy),
    ),
    entry(
        G::View,
        Icon::Contrast,
        "Curve: horizontal axis linear or logarithmic",
        keys!(SHIFT, L),
        D::Own(V::LogAcross),
    ),
    entry(
        G::Frames,
        Icon::Play,
        "Follow a file that grows, or no more",
        keys!(SHIFT, F),
        D::Own(V::Follow),
    ),
    entry(
        G::View,
        Icon::Layers,
        "Frame: patterns of all frames, or no more",
        keys!(SHIFT, I),
        D::Own(V::IntegrateAll),
    ),
    entry(
        G::View,
        Icon::Image,
        "Spectra: map in three colours, or in one",
        keys!(SHIFT, M),
        D::Own(V::ThreeColours),
    ),
    entry(
        G::View,
        Icon::Text,
        "Text: wrap lines, or not",
        keys!(SHIFT, W),
        D::Own(V::Wrap),
    ),
    entry(
        G::View,
        Icon::Search,
        "Text: place before",
        keys!(SHIFT, G),
        D::Own(V::FindBefore),
    ),
    entry(
        G::View,
        Icon::ChartLine,
        "Curve: its derivative, or no more",
        keys!(PLAIN, D),
        D::Own(V::Derivative),
    ),
    entry(
        G::View,
        Icon::Activity,
        "Curve: fit peaks, or no more",
        keys!(PLAIN, G),
        D::Own(V::FitPeaks),
    ),
    entry(
        G::View,
        Icon::ChartLine,
        "Frame: integrate into a pattern, a cake, or no more",
        keys!(PLAIN, I),
        D::Own(V::Integrate),
    ),
    entry(
        G::View,
        Icon::Crosshair,
        "Frame: click points on rings to calibrate, or no more",
        keys!(PLAIN, C),
        D::Own(V::Calibrate),
    ),
    entry(
        G::View,
        Icon::Image,
        "Map: cells or points",
        keys!(PLAIN, M),
        D::Own(V::MapStyle),
    ),
    entry(
        G::View,
        Icon::Table,
        "Table: next way of writing numbers",
        keys!(PLAIN, W),
        D::Own(V::NumberFormat),
    ),
    entry(
        G::View,
        Icon::Search,
        "Text: next place",
        &[],
        D::Own(V::FindNext),
    ),
    entry(
        G::View,
        Icon::Hash,
        "Bytes: little-endian or big-endian",
        keys!(PLAIN, B),
        D::Own(V::ByteOrder),
    ),
];
