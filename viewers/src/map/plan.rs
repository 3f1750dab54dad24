//! What a map is made of: which parts of which datasets, and what becomes of them.

use std::sync::Arc;

use hutch_model::{
    Axis, AxisKind, Block, BlockState, Dataset, Error, ErrorKind, Interpretation, Result, Samples,
    Scaling, Signal, Slab,
};

use super::ground::Ground;
use crate::pixels::FramePixels;
use crate::prepared::{PreparedFrame, prepare_frame};
use crate::slow_axes::{indices, line_slab};

/// Maps of more points are not drawn.
const MOST_POINTS: u64 = 1 << 24;

/// What a person chose to see; empty names mean what the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which map, counted over all slower axes.
    pub frame: u64,
    /// The axis across, of values in a line.
    pub x: String,
    /// The axis upwards, of values in a line.
    pub y: String,
    /// The name of a further signal.
    pub value: String,
}

/// Where coordinates come from.
#[derive(Clone, Debug)]
enum Source {
    /// The index along a side of a grid.
    Index,
    Stored {
        dataset: Arc<dyn Dataset>,
        slab: Slab,
        scaling: Scaling,
        kind: AxisKind,
        /// Whether it has a value for each point, or for each line of a grid.
        is_full: bool,
    },
}

/// Where the places of a map come from.
#[derive(Clone, Debug)]
pub(crate) struct Sides {
    /// Across and upwards.
    sources: [Source; 2],
    /// Width and height of a grid.
    size: Option<[usize; 2]>,
    /// What to write beside the axes.
    pub(crate) labels: [String; 2],
    /// Whether a step along both axes is the same length.
    pub(crate) is_equal: bool,
}

/// Which parts of which datasets a map is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    values: (Arc<dyn Dataset>, Slab, Scaling),
    mask: Option<(Arc<dyn Dataset>, Slab)>,
    pub(super) sides: Sides,
}

/// How the values of a signal lie in a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// In a line, with at least two axes for it.
    Line,
    /// On a grid with places that vary along both sides.
    Bent,
    /// On a grid with values along each side.
    Grid,
}

/// How a signal can be a map; `None` where it cannot.
pub(super) fn shape_of(signal: &Signal) -> Option<Shape> {
    let info = signal.data.info();
    if !info.element.is_numeric() || signal.interpretation == Some(Interpretation::Spectrum) {
        return None;
    }
    match *info.shape.as_slice() {
        [count] if (2..=MOST_POINTS).contains(&count) => {
            (candidates(signal).count() > 1).then_some(Shape::Line)
        }
        [.., height, width] if (1..=MOST_POINTS).contains(&height.checked_mul(width)?) => {
            let rank = info.shape.len();
            let axes = [rank - 1, rank - 2].map(|dimension| signal.axis(dimension));
            let spans = axes.map(|axis| axis.map_or(0, |axis| usable_spans(axis, rank)));
            match spans {
                [2, 2] => Some(Shape::Bent),
                [0, _] | [_, 0] => None,
                _ => Some(Shape::Grid),
            }
        }
        _ => None,
    }
}

/// Axes that have a number for each value of a line.
pub(super) fn candidates(signal: &Signal) -> impl Iterator<Item = &Axis> {
    let shape = &signal.data.info().shape;
    signal.choices(0).filter(move |axis| {
        let values = axis.line();
        axis.kind == AxisKind::Points && values.is_some_and(|values| values.info().shape == *shape)
    })
}

/// How many sides of a grid the numbers of an axis vary along: 0 where it cannot be used.
fn usable_spans(axis: &Axis, rank: usize) -> usize {
    let Some(values) = &axis.values else {
        return 0;
    };
    if !values.info().element.is_numeric() || axis.skipped > 0 {
        return 0;
    }
    match axis.spans.as_slice() {
        [_] if values.info().shape.len() == 1 => 1,
        [first, second]
            if *first + 2 == rank && *second + 1 == rank && axis.kind == AxisKind::Points =>
        {
            2
        }
        _ => 0,
    }
}

impl Plan {
    /// What a signal needs to be a map; `None` where it cannot be one.
    pub fn of(signal: &Signal, wish: &Wish) -> Option<Self> {
        let (data, scaling) = signal
            .auxiliary
            .iter()
            .find(|further| !wish.value.is_empty() && further.name == wish.value)
            .map_or((&signal.data, signal.scaling), |further| {
                (&further.data, further.scaling)
            });
        let shape = data.info().shape.clone();
        let values = (Arc::clone(data), Slab::frame(&shape, wish.frame), scaling);
        let mask = signal.mask.as_ref().and_then(|mask| {
            let own = &mask.info().shape;
            let is_own = *own == shape;
            let is_frame = own.len() == 2 && shape.ends_with(own);
            let slab = if is_own {
                values.1.clone()
            } else {
                Slab::whole(own)
            };
            (is_own || is_frame).then(|| (Arc::clone(mask), slab))
        });
        let sides = match shape_of(signal)? {
            Shape::Line => Sides::of_axes(line_axes(signal, wish)?, None, &[])?,
            Shape::Bent | Shape::Grid => {
                let rank = shape.len();
                let at = indices(&shape[..rank - 2], wish.frame);
                let side = |of: usize| usize::try_from(shape[rank - of]).ok();
                let axes = [signal.axis(rank - 1)?, signal.axis(rank - 2)?];
                Sides::of_axes(axes, Some([side(1)?, side(2)?]), &at)?
            }
        };
        Some(Self {
            values,
            mask,
            sides,
        })
    }

    /// Whether a step along both axes is the same length, as their units say.
    pub const fn is_equal(&self) -> bool {
        self.sides.is_equal
    }

    /// Everything that has to be read, in the order in which [`Plan::build`] takes it.
    pub fn slabs(&self) -> Vec<(Arc<dyn Dataset>, Slab)> {
        let (data, slab, _) = &self.values;
        let mut slabs = vec![(Arc::clone(data), slab.clone())];
        slabs.extend(self.mask.clone());
        slabs.extend(self.sides.slabs());
        slabs
    }

    /// The map: where its points lie, and their values.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where the blocks are not those that were asked for; those of
    /// [`prepare_frame`].
    pub fn build(&self, blocks: &[Arc<Block>]) -> Result<(Ground, PreparedFrame)> {
        let (values, rest) = blocks.split_first().ok_or_else(differ)?;
        let (mask, rest) = match (&self.mask, rest.split_first()) {
            (None, _) => (None, rest),
            (Some(_), Some((mask, rest))) => (Some(&mask.samples), rest),
            (Some(_), None) => return Err(differ()),
        };
        let ground = self.sides.ground(rest, values.samples.len())?;
        Ok((ground, frame_of(values, self.values.2, mask)?))
    }
}

impl Sides {
    /// The places of two axes `[x, y]`, of a grid of a size or of values in a line;
    /// `at` are the indices along slower axes.
    fn of_axes(axes: [&Axis; 2], size: Option<[usize; 2]>, at: &[u64]) -> Option<Self> {
        let [x, y] = axes.map(|axis| source(axis, at, size.is_none()));
        Some(Self {
            sources: [x?, y?],
            size,
            labels: axes.map(Axis::words),
            is_equal: axes[0].unit == axes[1].unit,
        })
    }

    /// The places of a stack of spectra, whose axes are rows and columns; the index
    /// stands for an axis without numbers.
    pub(crate) fn of_stack(
        signal: &Signal,
        row: Option<usize>,
        column: usize,
        at: &[u64],
    ) -> Option<Self> {
        let shape = &signal.data.info().shape;
        let side = |axis: usize| usize::try_from(*shape.get(axis)?).ok();
        let Some(row) = row else {
            let scatter = signal.choices(column).filter(|axis| {
                let values = axis.line();
                values.is_some_and(|values| values.info().shape == shape[column..=column])
            });
            if let [x, y] = *scatter.take(2).collect::<Vec<&Axis>>() {
                return Self::of_axes([x, y], None, at);
            }
            return Some(Self::of_sides(
                signal,
                [Some(column), None],
                [side(column)?, 1],
                at,
            ));
        };
        let size = [side(column)?, side(row)?];
        Some(Self::of_sides(signal, [Some(column), Some(row)], size, at))
    }

    /// The places along the sides of a grid, each by its own axis where that has numbers.
    fn of_sides(
        signal: &Signal,
        dimensions: [Option<usize>; 2],
        size: [usize; 2],
        at: &[u64],
    ) -> Self {
        let grid: Vec<usize> = dimensions.iter().rev().copied().flatten().collect();
        let axes = dimensions.map(|dimension| {
            signal.axis(dimension?).filter(|axis| {
                let is_line = axis.line().is_some();
                axis.skipped == 0
                    && (is_line || (axis.spans == grid && axis.kind == AxisKind::Points))
            })
        });
        let sources = axes.map(|axis| {
            axis.and_then(|axis| source(axis, at, false))
                .unwrap_or(Source::Index)
        });
        let units = axes.map(|axis| axis.map_or("", |axis| axis.unit.as_str()));
        Self {
            sources,
            size: Some(size),
            labels: axes.map(|axis| axis.map_or_else(|| "index".to_owned(), Axis::words)),
            is_equal: units[0] == units[1],
        }
    }

    /// What has to be read for them, in the order in which [`Sides::ground`] takes it.
    pub(crate) fn slabs(&self) -> Vec<(Arc<dyn Dataset>, Slab)> {
        let stored = self.sources.iter().filter_map(|source| match source {
            Source::Stored { dataset, slab, .. } => Some((Arc::clone(dataset), slab.clone())),
            Source::Index => None,
        });
        stored.collect()
    }

    /// Where so many points lie.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where the blocks are not those that were asked for.
    pub(crate) fn ground(&self, blocks: &[Arc<Block>], count: usize) -> Result<Ground> {
        let mut blocks = blocks.iter();
        let mut coordinate = |axis: usize| {
            let block = match &self.sources[axis] {
                Source::Index => None,
                Source::Stored { .. } => Some(blocks.next().ok_or_else(differ)?),
            };
            Ok::<_, Error>(self.coordinate(axis, block.map(|block| &block.samples), count))
        };
        let (x, y) = (coordinate(0)?, coordinate(1)?);
        if x.len() != count || y.len() != count {
            return Err(differ());
        }
        Ok(match self.size {
            Some(size) => Ground::of_grid(x, y, size),
            None => Ground::of_scan(x, y),
        })
    }

    /// One coordinate of each point.
    fn coordinate(&self, axis: usize, stored: Option<&Samples>, count: usize) -> Vec<f64> {
        let width = self.size.map_or(count, |size| size[0]).max(1);
        let along = |index: usize| {
            if axis == 0 {
                index % width
            } else {
                index / width
            }
        };
        let (
            Source::Stored {
                scaling,
                kind,
                is_full,
                ..
            },
            Some(stored),
        ) = (&self.sources[axis], stored)
        else {
            return (0..count).map(|index| along(index) as f64).collect();
        };
        let at = |index: usize| scaling.apply(stored.get_f64(index));
        if *is_full {
            return (0..stored.len()).map(at).collect();
        }
        (0..count)
            .map(|index| match kind {
                AxisKind::Points => at(along(index)),
                AxisKind::Edges => f64::midpoint(at(along(index)), at(along(index) + 1)),
            })
            .collect()
    }
}

fn differ() -> Error {
    let why = "the places are not as many as the values";
    Error::new(ErrorKind::Shape, "draw a map", why)
}

/// The two axes of the values of a line, as a person or the file wants them.
fn line_axes<'a>(signal: &'a Signal, wish: &Wish) -> Option<[&'a Axis; 2]> {
    let named = |name: &str| candidates(signal).find(|axis| !name.is_empty() && axis.name == name);
    let said = |axis: usize| {
        let scatter = signal.scatter.as_ref()?;
        named(&scatter[axis].name)
    };
    let usual = |axis: usize| said(axis).or_else(|| candidates(signal).nth(axis));
    Some([
        named(&wish.x).or_else(|| usual(0))?,
        named(&wish.y).or_else(|| usual(1))?,
    ])
}

fn source(axis: &Axis, at: &[u64], is_line: bool) -> Option<Source> {
    let Some(dataset) = &axis.values else {
        return Some(Source::Index);
    };
    let shape = &dataset.info().shape;
    let is_full = shape.len() == 2 || is_line;
    let slab = line_slab(shape, &axis.spans, at)?;
    Some(Source::Stored {
        dataset: Arc::clone(dataset),
        slab,
        scaling: axis.scaling,
        kind: axis.kind,
        is_full,
    })
}

/// Values of a map as a frame of one row: their ranges, statistics and readout.
fn frame_of(values: &Block, scaling: Scaling, mask: Option<&Samples>) -> Result<PreparedFrame> {
    let samples = if scaling.is_identity() {
        values.samples.clone()
    } else {
        let stored = values.samples.to_f64().into_iter();
        Samples::F64(stored.map(|value| scaling.apply(value)).collect())
    };
    let mask = mask.map(|mask| {
        (0..mask.len())
            .map(|index| mask.get_f64(index) != 0.0)
            .collect()
    });
    let pixels = FramePixels {
        mask,
        ..FramePixels::default()
    };
    row_frame(samples, values.state.clone(), &pixels)
}

/// A frame of one row.
///
/// # Errors
/// Those of [`prepare_frame`].
pub(crate) fn row_frame(
    samples: Samples,
    state: BlockState,
    pixels: &FramePixels,
) -> Result<PreparedFrame> {
    let block = Block {
        shape: vec![1, samples.len() as u64],
        samples,
        state,
    };
    prepare_frame(block, pixels)
}
