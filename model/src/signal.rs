//! What formats give to views and analysis: a signal with its axes.

use std::sync::Arc;

use crate::{Dataset, Geometry};

/// How many fast axes of a signal belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpretation {
    /// Each value alone.
    Scalar,
    /// The last axis is a spectrum.
    Spectrum,
    /// The last two axes are an image.
    Image,
    /// The last axis is a colour, the two before it an image.
    RgbImage,
}

/// Whether an axis names points or the edges between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKind {
    /// One value for each index.
    Points,
    /// One value more than indices: the edges of bins.
    Edges,
}

/// An axis of a signal.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Its name in the file.
    pub name: String,
    /// What to write beside it.
    pub label: String,
    /// Its unit as the file writes it; empty where there is none.
    pub unit: String,
    /// Which axis of the signal it belongs to.
    pub dimension: usize,
    /// Whether it holds points or edges.
    pub kind: AxisKind,
    /// Its values; the index where there are none.
    pub values: Option<Arc<dyn Dataset>>,
    /// Their standard deviations.
    pub errors: Option<Arc<dyn Dataset>>,
}

/// `plotted = (stored + offset) * factor`, as NXdata defines it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// Added first.
    pub offset: f64,
    /// Multiplied then.
    pub factor: f64,
}

impl Scaling {
    /// Leaves values as they are stored.
    pub const IDENTITY: Self = Self {
        offset: 0.0,
        factor: 1.0,
    };
}

/// Data that can be plotted: what formats give to views and analysis.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The data.
    pub data: Arc<dyn Dataset>,
    /// Standard deviations, of the shape of the data.
    pub errors: Option<Arc<dyn Dataset>>,
    /// 0 where the data are good.
    pub mask: Option<Arc<dyn Dataset>>,
    /// The count from which on the detector does not count right, where the
    /// file says it.
    pub saturation: Option<f64>,
    /// What the data are to be divided by.
    pub weights: Option<Arc<dyn Dataset>>,
    /// The axes that have names, at most one for each dimension.
    pub axes: Vec<Axis>,
    /// How to plot the stored values.
    pub scaling: Scaling,
    /// What to write above it.
    pub title: String,
    /// What to write beside the values.
    pub label: String,
    /// The unit of the values.
    pub unit: String,
    /// Which axes belong together, where the file says so.
    pub interpretation: Option<Interpretation>,
    /// Where its pixels are, where the file or a file beside it says so.
    pub geometry: Option<Arc<Geometry>>,
    /// How long one frame was exposed, in seconds.
    pub exposure_s: Option<f64>,
    /// The path of the group that names it; empty for a bare dataset.
    pub group: String,
    /// The rule that chose it, in words.
    pub rule: String,
}

impl Signal {
    /// A signal of a bare dataset.
    pub fn bare(data: Arc<dyn Dataset>, rule: &str) -> Self {
        let path = data.origin().path.clone();
        Self {
            errors: None,
            mask: None,
            saturation: None,
            weights: None,
            axes: Vec::new(),
            scaling: Scaling::IDENTITY,
            title: path.clone(),
            label: path.rsplit('/').next().unwrap_or_default().to_owned(),
            unit: String::new(),
            interpretation: None,
            geometry: None,
            exposure_s: None,
            group: String::new(),
            rule: rule.to_owned(),
            data,
        }
    }

    /// The axis of a dimension, where it has one.
    pub fn axis(&self, dimension: usize) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.dimension == dimension)
    }
}
