//! Panels in pieces, and where they lie in a frame.

use std::ops::Range;

use hutch_model::{Error, ErrorKind, Geometry, Panel, Result};

const TRIED: &str = "find the panels of a frame";
/// Rows that a task takes.
const BAND: usize = 32;

/// Some rows of a panel, and where they are in the frame.
#[derive(Debug)]
pub(super) struct Band<'a> {
    pub(super) panel: &'a Panel,
    pub(super) rows: Range<usize>,
    pub(super) width: usize,
    /// The first pixel of row `rows.start` in the frame.
    first_pixel: usize,
    /// From one row to the next.
    pitch: usize,
}

impl Band<'_> {
    /// The first pixel of a row in the frame.
    pub(super) fn pixel(&self, row: usize) -> usize {
        self.first_pixel + (row - self.rows.start) * self.pitch
    }
}

/// All panels, in pieces that tasks take.
///
/// # Errors
/// [`ErrorKind::Shape`] where a panel does not lie in the frame.
pub(super) fn bands<'a>(geometry: &'a Geometry, frame_shape: &[u64]) -> Result<Vec<Band<'a>>> {
    let wrong = |panel: &Panel| {
        let why = format!(
            "panel \"{}\" of {:?} pixels at {:?} of {:?} does not lie in frames of {frame_shape:?}",
            panel.name, panel.size, panel.first, panel.plane
        );
        Error::new(ErrorKind::Shape, TRIED, why)
    };
    let mut bands = Vec::new();
    for panel in &geometry.panels {
        bands.extend(bands_of(panel, frame_shape).ok_or_else(|| wrong(panel))?);
    }
    Ok(bands)
}

fn bands_of<'a>(panel: &'a Panel, frame_shape: &[u64]) -> Option<Vec<Band<'a>>> {
    let (outer, [height, width]) = frame_shape.split_last_chunk::<2>()?;
    if panel.plane.len() != outer.len() {
        return None;
    }
    let mut plane = 0u64;
    for (index, length) in panel.plane.iter().zip(outer) {
        if index >= length {
            return None;
        }
        plane = plane * length + index;
    }
    let end = |axis: usize| panel.first[axis].checked_add(panel.size[axis]);
    if end(0)? > *height || end(1)? > *width {
        return None;
    }
    let size = |value: u64| usize::try_from(value).ok();
    let first = size((plane * height + panel.first[0]) * width + panel.first[1])?;
    let (rows, columns, pitch) = (size(panel.size[0])?, size(panel.size[1])?, size(*width)?);
    let band = |start: usize| Band {
        panel,
        rows: start..rows.min(start + BAND),
        width: columns,
        first_pixel: first + start * pitch,
        pitch,
    };
    Some((0..rows).step_by(BAND).map(band).collect())
}
