//! The numbers of regions, frame after frame, made on the pool.

use std::ops::Range;
use std::sync::Arc;

use hutch_analysis::reduce::Options;
use hutch_analysis::region::{Region, RegionStatistics, Run, Shape, region_statistics};
use hutch_model::{Block, BlockState, Cancel, Result};

use crate::plot_strip::{StripCurve, StripPlot};
use crate::prepared::sentinels;
use crate::regions::colour_of;
use crate::regions::ground::Ground;

/// Which number of a region makes the curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::regions) enum Reduce {
    #[default]
    Mean,
    Sum,
    Max,
    Min,
    Sigma,
}

impl Reduce {
    pub(in crate::regions) const ALL: [(Self, &'static str); 5] = [
        (Self::Mean, "mean"),
        (Self::Sum, "sum"),
        (Self::Max, "max"),
        (Self::Min, "min"),
        (Self::Sigma, "\u{3c3}"),
    ];

    pub(in crate::regions) const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sigma => "sigma",
        }
    }

    pub(in crate::regions) fn named(name: &str) -> Option<Self> {
        let all = Self::ALL.into_iter().map(|(reduce, _)| reduce);
        all.into_iter().find(|reduce| reduce.name() == name)
    }

    /// The number; NaN where nothing counts.
    fn of(self, found: Option<&RegionStatistics>) -> f64 {
        let Some(values) = found.map(|found| &found.values).filter(|of| of.count > 0) else {
            return f64::NAN;
        };
        match self {
            Self::Mean => values.mean,
            Self::Sum => values.sum.to_f64(),
            Self::Max => values.max.to_f64(),
            Self::Min => values.min.to_f64(),
            Self::Sigma => values.sigma,
        }
    }
}

/// Which pixels are whose, and which do not count; the same for all frames.
pub(super) struct Plan {
    /// Runs of each shape, in rows of a frame.
    runs: Vec<Vec<Run>>,
    /// True where a pixel of the rows does not count; empty where all do.
    bad: Vec<bool>,
}

/// The statistics of each shape in each frame; none for a frame that is missing.
#[derive(Default)]
pub(super) struct Series {
    frames: Vec<Option<Vec<RegionStatistics>>>,
}

/// What a piece of work needs.
pub(super) struct Wish {
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) shapes: Vec<Shape>,
    pub(super) rows: Range<u64>,
    /// Pixels in a row of what is read.
    pub(super) width: u64,
    /// The pixels of the regions in a frame that knows the mask, where there is no plan yet.
    pub(super) like: Option<Ground>,
    /// Which plot is made of it.
    pub(super) plot: Option<Curves>,
}

/// What a plot shows.
pub(super) struct Curves {
    pub(super) reduce: Reduce,
    pub(super) regions: Vec<Region>,
    /// The unit of the values, or what they are.
    pub(super) values: String,
    /// Where the stack is.
    pub(super) source: String,
}

/// What a piece of work gives.
pub(super) struct Part {
    pub(super) series: Series,
    pub(super) plan: Arc<Plan>,
    pub(super) plot: Option<StripPlot>,
}

/// Adds the frames in `blocks`, each of which holds the rows of one frame.
pub(super) fn add(
    mut series: Series,
    wish: Wish,
    blocks: &[Arc<Block>],
    cancel: &Cancel,
) -> Result<Part> {
    let index = |row: u64| usize::try_from(row).unwrap_or(usize::MAX);
    let width = index(wish.width);
    let rows = index(wish.rows.start)..index(wish.rows.end);
    let plan = wish.plan.unwrap_or_else(|| {
        let like = wish.like.as_ref();
        let within = |shape: &Shape| like.map_or_else(|| shape.clone(), |like| like.shape(shape));
        let runs = wish
            .shapes
            .iter()
            .map(|shape| within(shape).runs(rows.clone(), width));
        let bad = like.and_then(|like| like.frame.bad());
        let bad = bad.map_or_else(Vec::new, |bad| {
            let pixels = rows.start * width..(rows.end * width).min(bad.len());
            bad.get(pixels).unwrap_or_default().to_vec()
        });
        Arc::new(Plan {
            runs: runs.collect(),
            bad,
        })
    });
    for block in blocks {
        cancel.check()?;
        let is_missing = matches!(block.state, BlockState::Missing(_));
        if is_missing || block.samples.len() != rows.len() * width {
            series.frames.push(None);
            continue;
        }
        let options = Options {
            mask: Some(&plan.bad),
            sentinels: sentinels(&block.samples),
            saturation: None,
        };
        let found: Result<Vec<RegionStatistics>> = plan
            .runs
            .iter()
            .map(|runs| region_statistics(&block.samples, width, rows.start, runs, &options))
            .collect();
        series.frames.push(Some(found?));
    }
    let plot = wish.plot.map(|curves| series.plot(&curves));
    Ok(Part { series, plan, plot })
}

impl Series {
    fn plot(&self, of: &Curves) -> StripPlot {
        let Curves {
            reduce,
            values,
            source,
            ..
        } = of;
        let x: Arc<[f64]> = (1..=self.frames.len()).map(|frame| frame as f64).collect();
        let last = self.frames.len();
        let curves = of.regions.iter().enumerate().map(|(index, region)| {
            let y = self.frames.iter().map(|found| {
                let found = found.as_ref().and_then(|found| found.get(index));
                reduce.of(found)
            });
            let y: Vec<f64> = y.collect();
            let mut curve = StripCurve::new(&region.name, Arc::clone(&x), y);
            curve.colour = Some(colour_of(index));
            let value = reduce.name();
            curve.way =
                format!("{value} of {region} in frames 1 to {last} of {source}, counted from 1");
            curve
        });
        StripPlot {
            x_label: "frame".to_owned(),
            y_label: format!("{} ({values})", reduce.name()),
            curves: curves.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::Samples;

    use super::*;
    use crate::{FramePixels, prepare_frame};

    fn block(rows: u64, values: Vec<u16>) -> Block {
        Block {
            shape: vec![rows, 4],
            samples: Samples::U16(values),
            state: BlockState::Present,
        }
    }

    #[test]
    fn a_region_over_a_stack_counts_its_rows_without_the_mask() {
        let mask: Vec<bool> = (0..12).map(|pixel| pixel == 6).collect();
        let pixels = FramePixels {
            mask: Some(mask.into()),
            ..FramePixels::default()
        };
        let like = prepare_frame(block(3, (0..12).collect()), &pixels).expect("a frame");
        let wish = Wish {
            plan: None,
            shapes: vec!["rectangle 1 1 2 2".parse().expect("a shape")],
            rows: 1..3,
            width: 4,
            like: Some(Ground {
                frame: Arc::new(like),
                first: [0; 2],
            }),
            plot: Some(Curves {
                reduce: Reduce::Sum,
                regions: vec!["a: rectangle 1 1 2 2".parse().expect("a region")],
                values: "counts".to_owned(),
                source: "/x.h5::/data".to_owned(),
            }),
        };
        let mut gone = block(2, vec![0; 8]);
        gone.state = BlockState::Missing("no file".to_owned());
        let blocks = [block(2, (4..12).collect()), gone].map(Arc::new);
        let part = add(Series::default(), wish, &blocks, &Cancel::new()).expect("sums");
        let plot = part.plot.expect("it is wished");
        assert_eq!(&*plot.curves[0].x, [1.0, 2.0]);
        let way = "sum of a: rectangle 1 1 2 2 in frames 1 to 2 of /x.h5::/data, counted from 1";
        assert_eq!(plot.curves[0].way, way);
        // Pixels 5, 9 and 10 of the frame; 6 is masked.
        assert_eq!(plot.curves[0].y[0].to_bits(), 24_f64.to_bits());
        assert!(plot.curves[0].y[1].is_nan(), "a missing frame is a gap");
    }
}
