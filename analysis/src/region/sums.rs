//! Statistics of the pixels of a region.

use hutch_model::{Result, Samples};

use super::runs::Run;
use crate::array::require_shape;
use crate::reduce::{Number, Options, Statistics, frame_statistics};

/// What is known of the pixels of a region in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionStatistics {
    /// Count, sum, mean and the like; exact where samples are whole numbers.
    pub values: Statistics,
    /// The centre of mass `[x, y]` of what counts; NaN where the sum is 0.
    pub centre: [f64; 2],
    /// The first pixel `[x, y]` with the smallest value; none where nothing counts.
    pub min_at: Option<[usize; 2]>,
    /// The first pixel `[x, y]` with the largest value.
    pub max_at: Option<[usize; 2]>,
}

/// Statistics of the pixels in `runs` of rows `[y, x]` that begin with row `first_row`.
///
/// `options.mask` is that of these rows. Masked pixels, sentinels and NaN are left out.
///
/// # Errors
/// [`hutch_model::ErrorKind::Shape`] where runs lie outside of the samples,
/// [`hutch_model::ErrorKind::Unsupported`] for text.
pub fn region_statistics(
    samples: &Samples,
    width: usize,
    first_row: usize,
    runs: &[Run],
    options: &Options<'_>,
) -> Result<RegionStatistics> {
    let place = |run: &Run| {
        let row = run.row.checked_sub(first_row)?;
        let start = row.checked_mul(width)?;
        let range = start.checked_add(run.first)?..start.checked_add(run.end)?;
        (range.end <= samples.len() && run.end <= width).then_some(range)
    };
    let ranges: Option<Vec<_>> = runs.iter().map(place).collect();
    require_shape(ranges.is_some(), "reduce a region", || {
        format!(
            "it lies outside of {} samples in rows of {width}",
            samples.len()
        )
    })?;
    let ranges = ranges.unwrap_or_default();
    let picked = picked(samples, &ranges);
    let mask = options.mask.filter(|mask| !mask.is_empty()).map(|mask| {
        let pixels = ranges.iter().cloned().flatten();
        pixels
            .map(|pixel| mask[pixel % mask.len()])
            .collect::<Vec<bool>>()
    });
    let own = Options {
        mask: mask.as_deref(),
        ..*options
    };
    let values = frame_statistics(&picked, &own)?;
    let mut centre = Centre::default();
    let (mut min_at, mut max_at) = (None, None);
    let pixels = runs
        .iter()
        .flat_map(|run| (run.first..run.end).map(|x| (x, run.row)));
    for (index, (x, y)) in pixels.enumerate() {
        let value = number_of(&picked, index);
        if own.counts(index, value) {
            centre.add(value.to_f64(), x as f64, y as f64);
            if min_at.is_none() && value == values.min {
                min_at = Some([x, y]);
            }
            if max_at.is_none() && value == values.max {
                max_at = Some([x, y]);
            }
        }
    }
    Ok(RegionStatistics {
        values,
        centre: centre.place(),
        min_at,
        max_at,
    })
}

#[derive(Default)]
struct Centre {
    mass: f64,
    x: f64,
    y: f64,
}

impl Centre {
    fn add(&mut self, mass: f64, x: f64, y: f64) {
        self.mass += mass;
        self.x += mass * x;
        self.y += mass * y;
    }

    fn place(&self) -> [f64; 2] {
        if self.mass == 0.0 {
            return [f64::NAN; 2];
        }
        [self.x / self.mass, self.y / self.mass]
    }
}

fn number_of(samples: &Samples, index: usize) -> Number {
    match samples {
        Samples::U8(values) => Number::Int(values[index].into()),
        Samples::U16(values) => Number::Int(values[index].into()),
        Samples::U32(values) => Number::Int(values[index].into()),
        Samples::U64(values) => Number::Int(values[index].into()),
        Samples::I8(values) => Number::Int(values[index].into()),
        Samples::I16(values) => Number::Int(values[index].into()),
        Samples::I32(values) => Number::Int(values[index].into()),
        Samples::I64(values) => Number::Int(values[index].into()),
        other => Number::Real(other.get_f64(index)),
    }
}

/// Some samples, one range after the other, in their type.
fn picked(samples: &Samples, ranges: &[std::ops::Range<usize>]) -> Samples {
    fn of<T: Copy>(values: &[T], ranges: &[std::ops::Range<usize>]) -> Vec<T> {
        let pieces = ranges.iter().filter_map(|range| values.get(range.clone()));
        pieces.flatten().copied().collect()
    }
    match samples {
        Samples::U8(values) => Samples::U8(of(values, ranges)),
        Samples::U16(values) => Samples::U16(of(values, ranges)),
        Samples::U32(values) => Samples::U32(of(values, ranges)),
        Samples::U64(values) => Samples::U64(of(values, ranges)),
        Samples::I8(values) => Samples::I8(of(values, ranges)),
        Samples::I16(values) => Samples::I16(of(values, ranges)),
        Samples::I32(values) => Samples::I32(of(values, ranges)),
        Samples::I64(values) => Samples::I64(of(values, ranges)),
        Samples::F32(values) => Samples::F32(of(values, ranges)),
        Samples::F64(values) => Samples::F64(of(values, ranges)),
        Samples::F16(values) => Samples::F16(of(values, ranges)),
        Samples::Complex64(values) => Samples::Complex64(of(values, ranges)),
        Samples::Complex128(values) => Samples::Complex128(of(values, ranges)),
        Samples::Text(_) | Samples::Values(_) => Samples::Text(Vec::new()),
    }
}
