//! What formats give to views and analysis: a signal with its axes.

use std::sync::Arc;

use crate::{Dataset, ElementType, FoundFrames, Geometry, ScanTable};

/// How many fast axes of a signal belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpretation {
    /// Each value alone.
    Scalar,
    /// The last axis is a spectrum.
    Spectrum,
    /// The last two axes are an image.
    Image,
    /// The last axis is red, green, blue and maybe opacity, the two before it an image.
    RgbImage,
    /// The last axis is hue, saturation, lightness and maybe opacity, the two
    /// before it an image.
    HslImage,
    /// The last axis is cyan, magenta, yellow, black, the two before it an image.
    CmykImage,
}

impl Interpretation {
    /// How many fast axes belong together.
    pub const fn rank(self) -> usize {
        match self {
            Self::Scalar => 0,
            Self::Spectrum => 1,
            Self::Image => 2,
            Self::RgbImage | Self::HslImage | Self::CmykImage => 3,
        }
    }
}

/// How a file wants values to be spread along a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleKind {
    /// Evenly.
    Linear,
    /// By their logarithm.
    Log,
}

/// A remark about a place in a file: what was tried there, or what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Remark {
    /// The path that it is about.
    pub path: String,
    /// In words.
    pub text: String,
}

impl Remark {
    /// A remark about a path.
    pub fn new(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            text: text.into(),
        }
    }
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
    /// All axes of the signal that its values vary along, in the order of the
    /// axes of the values: more than one for places that lie on a bent grid.
    pub spans: Vec<usize>,
    /// Whether it holds points or edges.
    pub kind: AxisKind,
    /// Its values; the index where there are none.
    pub values: Option<Arc<dyn Dataset>>,
    /// Their standard deviations, scaled as the values are.
    pub errors: Option<Arc<dyn Dataset>>,
    /// How its stored values become places.
    pub scaling: Scaling,
    /// How many stored values come before that of index 0.
    pub skipped: u64,
    /// The first and the last index that are worth showing.
    pub good: Option<[u64; 2]>,
    /// How the file wants it to be drawn.
    pub scale: Option<ScaleKind>,
}

impl Axis {
    /// Whether it holds words, as of samples, instead of numbers.
    pub fn is_categorical(&self) -> bool {
        self.values
            .as_ref()
            .is_some_and(|values| values.info().element == ElementType::Text)
    }

    /// Its values, where they are numbers along one axis of the signal.
    pub fn line(&self) -> Option<&Arc<dyn Dataset>> {
        self.values.as_ref().filter(|values| {
            let info = values.info();
            info.element.is_numeric() && info.shape.len() == 1 && self.spans.len() == 1
        })
    }

    /// What to write beside it: its name and, where it has one, its unit.
    pub fn words(&self) -> String {
        with_unit(&self.label, &self.unit)
    }
}

/// A name with its unit in brackets, where the name does not say it already.
pub fn with_unit(label: &str, unit: &str) -> String {
    let says_it = [format!("({unit})"), format!("[{unit}]")]
        .iter()
        .any(|written| label.contains(written));
    if unit.is_empty() || says_it {
        label.to_owned()
    } else {
        format!("{label} ({unit})")
    }
}

/// A further signal of the same group, drawn beside the main one.
#[derive(Clone, Debug)]
pub struct Auxiliary {
    /// Its name in the file.
    pub name: String,
    /// What to write beside it.
    pub label: String,
    /// The unit of its values.
    pub unit: String,
    /// Its values, of the shape of the main signal.
    pub data: Arc<dyn Dataset>,
    /// Their standard deviations, scaled as the values are.
    pub errors: Option<Arc<dyn Dataset>>,
    /// How to plot the stored values.
    pub scaling: Scaling,
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

    /// The value to plot for a stored one.
    pub fn apply(self, stored: f64) -> f64 {
        (stored + self.offset) * self.factor
    }

    /// Whether it leaves values as they are.
    #[expect(clippy::float_cmp, reason = "only the exact identity changes nothing")]
    pub fn is_identity(self) -> bool {
        self.offset == 0.0 && self.factor == 1.0
    }
}

/// Peaks of each frame of a stack `[frame, y, x]`.
#[derive(Clone, Debug)]
pub struct FramePeaks {
    /// How many there are in each frame, `[frame]`.
    pub counts: Arc<dyn Dataset>,
    /// Where they are along the fast axis, `[frame, peak]`, in pixels of the stored frame; pixel `i` has its centre at `i`.
    pub x: Arc<dyn Dataset>,
    /// The same along the slow axis.
    pub y: Arc<dyn Dataset>,
}

/// A signal whose axes are shown in another order than that of the file.
#[derive(Clone, Debug)]
pub struct AsStored {
    /// The same with its axes as they are stored.
    pub signal: Arc<Signal>,
    /// Which of those axes each axis is, as `numpy.transpose` takes them.
    pub order: Box<[usize]>,
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
    /// Axes that a person may choose instead.
    pub alternatives: Vec<Axis>,
    /// Where each value of a line lies in a plane, `[x, y]`, where the file names
    /// two axes for the one dimension; both are among the axes and alternatives as well.
    pub scatter: Option<Box<[Axis; 2]>>,
    /// Further signals of the same shape.
    pub auxiliary: Vec<Auxiliary>,
    /// For each dimension the index that the file wants to be shown first;
    /// `None` where the whole dimension is shown. Empty where the file says nothing.
    pub default_slice: Vec<Option<u64>>,
    /// How the file wants the values to be drawn.
    pub scale: Option<ScaleKind>,
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
    /// Peaks that the file keeps beside its frames.
    pub peaks: Option<FramePeaks>,
    /// What a run of serial crystallography found in its frames.
    pub found: Option<FoundFrames>,
    /// The scan that it is of, point by point, where it is of one.
    pub scan: Option<Arc<ScanTable>>,
    /// The path of the group that names it; empty for a bare dataset.
    pub group: String,
    /// The rule that chose it, in words.
    pub rule: String,
    /// What led to it, step by step.
    pub tried: Vec<Remark>,
    /// What is wrong with it; what is wrong is left out of the signal.
    pub problems: Vec<Remark>,
    /// What it is as it is stored, where its axes lie in another order here.
    pub as_stored: Option<AsStored>,
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
            alternatives: Vec::new(),
            scatter: None,
            auxiliary: Vec::new(),
            default_slice: Vec::new(),
            scale: None,
            scaling: Scaling::IDENTITY,
            title: path.clone(),
            label: path.rsplit('/').next().unwrap_or_default().to_owned(),
            unit: String::new(),
            interpretation: None,
            geometry: None,
            exposure_s: None,
            peaks: None,
            found: None,
            scan: None,
            group: String::new(),
            rule: rule.to_owned(),
            tried: Vec::new(),
            problems: Vec::new(),
            as_stored: None,
            data,
        }
    }

    /// The same with its axes as they are stored.
    pub fn stored(&self) -> &Self {
        self.as_stored
            .as_ref()
            .map_or(self, |stored| &stored.signal)
    }

    /// Which axis of the stored data each axis is, as `numpy.transpose` takes them.
    pub fn order(&self) -> Vec<usize> {
        match &self.as_stored {
            Some(stored) => stored.order.to_vec(),
            None => (0..self.data.info().shape.len()).collect(),
        }
    }

    /// The axis of a dimension, where it has one.
    pub fn axis(&self, dimension: usize) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.dimension == dimension)
    }

    /// Every axis that a dimension may have: its own first, then its alternatives.
    pub fn choices(&self, dimension: usize) -> impl Iterator<Item = &Axis> {
        let others = self.alternatives.iter();
        self.axes
            .iter()
            .chain(others)
            .filter(move |axis| axis.dimension == dimension)
    }

    /// Which of so many frames the file wants to be shown first, counted over
    /// all axes but the last `frame_rank`; 0 where it says nothing.
    pub fn first_frame(&self, frame_rank: usize) -> u64 {
        let shape = &self.data.info().shape;
        let slow = shape.len().saturating_sub(frame_rank);
        (0..slow).fold(0u64, |frame, dimension| {
            let index = self.default_slice.get(dimension).copied().flatten();
            frame
                .saturating_mul(shape[dimension])
                .saturating_add(index.unwrap_or(0))
        })
    }
}
