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
];
