//! A tomography scan, whatever the layout of its file.

use std::sync::Arc;

use crate::Dataset;

/// Frames of a dataset `[frame, y, x]`, by index.
#[derive(Clone, Debug)]
pub struct FrameSet {
    /// The dataset that holds them.
    pub dataset: Arc<dyn Dataset>,
    /// Which of its frames, in the order of the scan.
    pub frames: Vec<u64>,
}

/// A tomography scan: projections with their angles, flat and dark fields.
///
/// Source: NeXus NXtomo (`image_key` 0, 1, 2) and DXchange (`data`,
/// `data_white`, `data_dark`, `theta`).
#[derive(Clone, Debug)]
pub struct Scan {
    /// The layout in words: `NXtomo` or `DXchange`.
    pub layout: &'static str,
    /// The projections `[angle, y, x]`, in the order of `angles_rad`.
    pub projections: FrameSet,
    /// Flat fields; may be empty.
    pub flats: FrameSet,
    /// Dark fields; may be empty.
    pub darks: FrameSet,
    /// The angle of each projection.
    pub angles_rad: Vec<f64>,
    /// Height and width of a projection, in pixels.
    pub frame_size: (u64, u64),
    /// The size of a pixel along x, where the file says so.
    pub pixel_size_m: Option<f64>,
    /// The rotation axis, where the file says so; pixel `i` has its centre at `i`.
    pub rotation_axis_px: Option<f64>,
    /// What the file says about the scan.
    pub title: String,
    /// What was odd about the file, in words.
    pub remarks: Vec<String>,
}
