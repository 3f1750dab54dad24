//! Files: opening, keeping, copying, saving.

use egui::{Key, KeyboardShortcut};
use hutch_viewers::icons::Icon;

use super::list::{CTRL, CTRL_SHIFT, entry, keys};
use super::{Doing as D, Entry, Group as G};
use crate::window::save::What;

pub(super) static FILES: &[Entry] = &[
    entry(
        G::Files,
        Icon::FolderOpen,
        "Open a file",
        keys!(CTRL, O),
        D::OpenFile,
    )
    .also("load browse"),
    entry(
        G::Files,
        Icon::Search,
        "Find a name in the open files",
        keys!(CTRL, F),
        D::FindInFiles,
    )
    .also("search dataset path"),
    entry(
        G::Files,
        Icon::Pin,
        "Bookmark this view, or forget it",
        keys!(CTRL, D),
        D::ToggleBookmark,
    )
    .also("favourite star keep"),
    entry(
        G::Files,
        Icon::Link,
        "Copy a link to this view",
        keys!(CTRL_SHIFT, L),
        D::CopyLink,
    )
    .also("share url address"),
    entry(
        G::Files,
        Icon::Code,
        "Copy as Python",
        keys!(CTRL_SHIFT, Y),
        D::CopyPython,
    )
    .also("h5py numpy script code"),
    entry(
        G::Files,
        Icon::Image,
        "Copy a picture of this view",
        keys!(CTRL_SHIFT, S),
        D::CopyPicture,
    )
    .also("screenshot clipboard image"),
    entry(
        G::Files,
        Icon::Download,
        "Save this view or its values",
        keys!(CTRL, S),
        D::Save,
    )
    .also("export write download"),
    entry(
        G::Files,
        Icon::ChartLine,
        "Save the plot beside a frame, its cake, or the curves",
        keys!(CTRL, E),
        D::SavePlot,
    )
    .also("export csv pattern profile columns"),
    entry(
        G::Files,
        Icon::Image,
        "Save a picture of this view",
        &[],
        D::SaveAs(What::Picture),
    )
    .also("export as png svg image"),
    entry(
        G::Files,
        Icon::Play,
        "Save all frames as a movie",
        &[],
        D::SaveAs(What::Movie),
    )
    .also("export gif film"),
    entry(
        G::Files,
        Icon::Download,
        "Save the values that are shown",
        &[],
        D::SaveAs(What::Shown),
    )
    .also("export as csv tiff npy h5 hdf5 numbers"),
    entry(
        G::Files,
        Icon::Download,
        "Save the values of the whole dataset",
        &[],
        D::SaveAs(What::Whole),
    )
    .also("export as csv tiff npy h5 hdf5 zarr numbers"),
    entry(
        G::Files,
        Icon::Contrast,
        "Save the mask",
        &[],
        D::SaveAs(What::Mask),
    )
    .also("export nxs edf npy bad pixels"),
    entry(
        G::Files,
        Icon::Pencil,
        "Save the regions",
        &[],
        D::SaveAs(What::Regions),
    )
    .also("export json roi"),
];
