//! The window: panels, colours, sizes.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_viewers::icons::Icon;

use super::list::{CTRL, CTRL_SHIFT, PLAIN, entry, keys};
use super::{Choice, Doing as D, Entry, Group as G};
use crate::settings::ThemeChoice;

pub(super) static WINDOW: &[Entry] = &[
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
    )
    .also("shortcuts keyboard help"),
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
    )
    .also("sidebar left panel tree"),
    entry(
        G::Window,
        Icon::PanelRight,
        "Show or hide the inspector",
        keys!(CTRL, I),
        D::ToggleInspector,
    )
    .also("sidebar right panel"),
    entry(
        G::Window,
        Icon::ChartLine,
        "Build a plot from datasets",
        keys!(Modifiers::NONE, F6),
        D::ToggleBuilder,
    )
    .also("x y axis axes"),
    entry(
        G::Window,
        Icon::Cpu,
        "Show jobs",
        keys!(CTRL, J),
        D::ShowJobs,
    )
    .also("tasks progress"),
    entry(
        G::Window,
        Icon::Sun,
        "Dark or light",
        keys!(CTRL, T),
        D::ToggleTheme,
    )
    .also("theme mode"),
    entry(
        G::Window,
        Icon::Sun,
        "Dark colours",
        &[],
        D::Theme(ThemeChoice::Dark),
    )
    .also("theme mode night"),
    entry(
        G::Window,
        Icon::Sun,
        "Light colours",
        &[],
        D::Theme(ThemeChoice::Light),
    )
    .also("theme mode day"),
    entry(
        G::Window,
        Icon::Contrast,
        "High contrast",
        &[],
        D::Theme(ThemeChoice::HighContrast),
    )
    .also("theme accessibility"),
    entry(
        G::Window,
        Icon::ZoomIn,
        "Everything larger",
        keys!(CTRL, Plus; CTRL, Equals),
        D::ScaleBy(1.1),
    )
    .also("zoom font text bigger"),
    entry(
        G::Window,
        Icon::ZoomOut,
        "Everything smaller",
        keys!(CTRL, Minus),
        D::ScaleBy(1.0 / 1.1),
    )
    .also("zoom font text"),
    entry(
        G::Window,
        Icon::Home,
        "Usual size",
        keys!(CTRL, Num0),
        D::Scale(1.0),
    )
    .also("zoom font text reset"),
    entry(
        G::Window,
        Icon::ZoomIn,
        "Control-room size",
        &[],
        D::Scale(1.5),
    )
    .also("zoom font text scale"),
];
