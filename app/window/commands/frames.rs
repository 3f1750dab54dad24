//! Frames and scans: playing and stepping.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::icons::Icon;

use super::list::{PLAIN, entry, keys};
use super::{Doing as D, Entry, Group as G, Step};
use crate::window::fields::FieldKind;

pub(super) static FRAMES: &[Entry] = &[
    entry(
        G::Frames,
        Icon::Play,
        "Play, or stop",
        keys!(PLAIN, Space),
        D::Play,
    )
    .also("movie animate film"),
    entry(
        G::Frames,
        Icon::ChevronLeft,
        "Frame before",
        keys!(PLAIN, ArrowLeft),
        D::Step(Step::By(-1)),
    )
    .also("previous image"),
    entry(
        G::Frames,
        Icon::ChevronRight,
        "Next frame",
        keys!(PLAIN, ArrowRight),
        D::Step(Step::By(1)),
    )
    .also("image"),
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
    )
    .also("previous"),
    entry(
        G::Frames,
        Icon::ChevronRight,
        "Next scan",
        keys!(PLAIN, CloseBracket),
        D::Scan(1),
    ),
    entry(
        G::Frames,
        Icon::Moon,
        "Use what is chosen in the tree as dark field",
        &[],
        D::UseAs(FieldKind::Dark),
    )
    .also("subtract background correct"),
    entry(
        G::Frames,
        Icon::Sun,
        "Use what is chosen in the tree as flat field",
        &[],
        D::UseAs(FieldKind::Flat),
    )
    .also("divide normalise correct gain"),
    entry(
        G::Frames,
        Icon::Undo,
        "Show frames as they are stored, without dark and flat",
        &[],
        D::RemoveFields,
    )
    .also("uncorrected raw remove"),
    entry(
        G::Frames,
        Icon::Layers,
        "Show the next two axes as the picture",
        &[],
        D::NextPictureAxes,
    )
    .also("slice dimension"),
];
