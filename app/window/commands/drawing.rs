//! Drawing on a frame: regions and masks.

use egui::{Key, KeyboardShortcut, Modifiers};
use hutch_analysis::mask::Side;
use hutch_viewers::Shortcut;
use hutch_viewers::icons::Icon;
use hutch_viewers::masking::{Brush, MaskCommand};
use hutch_viewers::regions::{RegionCommand, Tool};

use super::list::{PLAIN, entry, keys};
use super::{Doing as D, Entry, Group as G};

pub(super) static DRAWING: &[Entry] = &[
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
    )
    .also("roi counts sum mean"),
    entry(
        G::View,
        Icon::ChartLine,
        "Profile of the selected region, or no more",
        keys!(PLAIN, P),
        D::View(Shortcut::Region(RegionCommand::Profile)),
    )
    .also("roi line cut section"),
    entry(
        G::View,
        Icon::Copy,
        "Copy the table of regions",
        &[],
        D::View(Shortcut::Region(RegionCommand::CopyTable)),
    )
    .also("roi statistics"),
    entry(
        G::View,
        Icon::Trash,
        "Remove the selected region",
        &[],
        D::View(Shortcut::Region(RegionCommand::Remove)),
    )
    .also("roi delete"),
    entry(
        G::View,
        Icon::Pencil,
        "Paint the mask with a pencil",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Pencil))),
    )
    .also("brush bad pixels"),
    entry(
        G::View,
        Icon::Pencil,
        "Paint the mask with rectangles",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Rectangle))),
    )
    .also("bad pixels"),
    entry(
        G::View,
        Icon::Pencil,
        "Paint the mask with ellipses",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Ellipse))),
    )
    .also("bad pixels circle"),
    entry(
        G::View,
        Icon::Pencil,
        "Paint the mask with polygons",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Paint(Brush::Polygon))),
    )
    .also("bad pixels"),
    entry(
        G::View,
        Icon::Contrast,
        "Mask by threshold: pixels above the range of the colours",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Beyond(Side::Above))),
    )
    .also("bad hot dead saturated pixels limit"),
    entry(
        G::View,
        Icon::Contrast,
        "Mask by threshold: pixels below the range of the colours",
        &[],
        D::View(Shortcut::Mask(MaskCommand::Beyond(Side::Below))),
    )
    .also("bad hot dead saturated pixels limit"),
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
    )
    .also("clear remove delete"),
];
