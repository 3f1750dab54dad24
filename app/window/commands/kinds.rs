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
        G::Own,
        Icon::Copy,
        "Copy what is chosen, the curves, or the plot beside a frame",
        keys!(SHIFT, C),
        D::Own(V::Copy),
    ),
    entry(
        G::Own,
        Icon::Contrast,
        "Curve: x logarithmic, or linear",
        keys!(SHIFT, L),
        D::Own(V::LogAcross),
    ),
    entry(
        G::Frames,
        Icon::Play,
        "Follow a file that grows, or no more",
        keys!(SHIFT, F),
        D::Own(V::Follow),
    )
    .also("live watch update refresh"),
    entry(
        G::Own,
        Icon::Layers,
        "Frame: patterns of all frames",
        keys!(SHIFT, I),
        D::Own(V::IntegrateAll),
    )
    .also("integrate azimuthal stack"),
    entry(
        G::Own,
        Icon::Image,
        "Spectra: map in three colours",
        keys!(SHIFT, M),
        D::Own(V::ThreeColours),
    )
    .also("rgb"),
    entry(
        G::Own,
        Icon::Text,
        "Text: wrap lines, or not",
        keys!(SHIFT, W),
        D::Own(V::Wrap),
    ),
    entry(
        G::Own,
        Icon::Search,
        "Text: place before",
        keys!(SHIFT, G),
        D::Own(V::FindBefore),
    ),
    entry(
        G::Own,
        Icon::ChartLine,
        "Curve: derivative, or no more",
        keys!(PLAIN, D),
        D::Own(V::Derivative),
    )
    .also("differentiate gradient"),
    entry(
        G::Own,
        Icon::Activity,
        "Curve: fit peaks, or no more",
        keys!(PLAIN, G),
        D::Own(V::FitPeaks),
    )
    .also("gauss lorentz voigt"),
    entry(
        G::Own,
        Icon::ChartLine,
        "Frame: pattern, cake, or neither",
        keys!(PLAIN, I),
        D::Own(V::Integrate),
    )
    .also("integrate azimuthal integration radial powder"),
    entry(
        G::Own,
        Icon::Crosshair,
        "Frame: click rings to calibrate",
        keys!(PLAIN, C),
        D::Own(V::Calibrate),
    )
    .also("calibration geometry poni beam centre distance"),
    entry(
        G::Own,
        Icon::Crosshair,
        "Frame: find rings of the calibrant and fit",
        &[],
        D::Own(V::FindRings),
    )
    .also("calibrate geometry poni beam centre distance"),
    entry(
        G::Own,
        Icon::Image,
        "Map: cells or points",
        keys!(PLAIN, M),
        D::Own(V::MapStyle),
    ),
    entry(
        G::Own,
        Icon::Table,
        "Table: next way of writing numbers",
        keys!(PLAIN, W),
        D::Own(V::NumberFormat),
    )
    .also("format digits scientific"),
    entry(
        G::Own,
        Icon::Search,
        "Text: next place",
        &[],
        D::Own(V::FindNext),
    ),
    entry(
        G::Own,
        Icon::Hash,
        "Bytes: little-endian or big-endian",
        keys!(PLAIN, B),
        D::Own(V::ByteOrder),
    )
    .also("order"),
];
