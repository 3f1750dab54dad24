//! Files: opening, keeping, copying, saving.

use egui::{Key, KeyboardShortcut};
use hutch_viewers::icons::Icon;

use super::list::{CTRL, CTRL_SHIFT, entry, keys};
use super::{Doing as D, Entry, Group as G};

pub(super) static FILES: &[Entry] = &[
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
        G::Files,
        Icon::ChartLine,
        "Save the plot beside a frame, its cake, or the curves",
        keys!(CTRL, E),
        D::SavePlot,
    ),
];
