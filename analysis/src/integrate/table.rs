//! The sparse matrix from pixels to bins.

use std::ops::Range;

use hutch_model::{Cancel, Error, ErrorKind, Geometry, Result};
use rayon::prelude::*;

use super::bands::{Band, bands};
use super::choice::{Choice, Split};
use super::places::{Pixel, Polar, Rows};
use super::split::{Bins, Grid, Scratch, split_box, split_full};
use crate::numeric::{to_f32, to_u32};

const TRIED: &str = "make a table of pixels and bins";
/// Larger frames have no detector.
const PIXELS_MAX: usize = 1 << 28;

/// Which pixel counts in which bins, and with which part of it.
///
/// Stored by pixel. The order of bins is `[azimuth, radius]`, radius fastest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The shape of a frame, slowest axis first.
    pub frame_shape: Vec<u64>,
    /// Centres of the radial bins, in the unit that was chosen.
    pub radius: Vec<f64>,
    /// Centres of the bins of the azimuth in radians; empty for a pattern.
    pub azimuth: Vec<f64>,
    /// Where the bins of each pixel begin in the next two; one more than pixels.
    pub offsets: Vec<u32>,
    /// Bins.
    pub bins: Vec<u32>,
    /// The part of the pixel in each; all of a pixel is 1.
    pub parts: Vec<f64>,
}

impl Table {
    /// Places every pixel that is not masked.
    ///
    /// `frame_shape` is `[y, x]`, or `[module, y, x]` where the panels of the
    /// geometry name planes. `mask` is true where a pixel is bad, for a whole
    /// frame. Corners are those of flat panels.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a choice that cannot be computed,
    /// [`ErrorKind::Shape`] where geometry, mask and frame do not fit,
    /// [`ErrorKind::Limit`], [`ErrorKind::Cancelled`].
    pub fn new(
        geometry: &Geometry,
        frame_shape: &[u64],
        mask: Option<&[bool]>,
        choice: &Choice,
        cancel: &Cancel,
    ) -> Result<Self> {
        choice.check(geometry.wavelength_m)?;
        let pixel_count = pixel_count(frame_shape)?;
        if let Some(mask) = mask
            && mask.len() != pixel_count
        {
            let why = format!("a mask of {} pixels for {pixel_count}", mask.len());
            return Err(Error::new(ErrorKind::Shape, TRIED, why));
        }
        let bands = bands(geometry, frame_shape)?;
        let is_cut_at_zero = is_cut_at_zero(choice)?;
        let work = Work {
            polar: Polar::new(choice.unit, geometry, is_cut_at_zero),
            split: choice.split,
            mask,
            cancel,
        };
        let grid = work.grid(&bands, choice)?;
        let filled = bands
            .par_iter()
            .map(|band| work.fill(band, &grid))
            .collect::<Result<Vec<Filled>>>()?;
        let (offsets, bins, parts) = joined(&bands, &filled, pixel_count)?;
        let scale = choice.unit.scale();
        let centres = grid.radial.centres();
        Ok(Self {
            frame_shape: frame_shape.to_vec(),
            radius: centres.iter().map(|centre| centre * scale).collect(),
            azimuth: grid.azimuthal.map_or_else(Vec::new, |bins| bins.centres()),
            offsets,
            bins,
            parts,
        })
    }

    /// How many pixels a frame has.
    pub const fn pixel_count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// How many bins there are.
    pub fn bin_count(&self) -> usize {
        self.radius.len() * self.azimuth.len().max(1)
    }

    /// The shape of an integrated frame: `[radius]` or `[azimuth, radius]`.
    pub fn shape(&self) -> Vec<usize> {
        if self.azimuth.is_empty() {
            vec![self.radius.len()]
        } else {
            vec![self.azimuth.len(), self.radius.len()]
        }
    }

    /// The bins of a pixel and its part in each.
    pub fn of_pixel(&self, pixel: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.range(pixel);
        let bins = self.bins.get(range.clone()).unwrap_or_default();
        let parts = self.parts.get(range).unwrap_or_default();
        bins.iter()
            .map(|bin| *bin as usize)
            .zip(parts.iter().copied())
    }

    pub(super) fn range(&self, pixel: usize) -> Range<usize> {
        match self.offsets.get(pixel..pixel + 2) {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// Takes away the bins of some pixels.
    pub(super) fn remove(&mut self, bad: &[bool]) {
        let mut kept = 0;
        let mut end = 0;
        for (pixel, is_bad) in bad.iter().enumerate().take(self.pixel_count()) {
            let range = end..self.offsets[pixel + 1] as usize;
            end = range.end;
            if !is_bad {
                self.bins.copy_within(range.clone(), kept);
                self.parts.copy_within(range.clone(), kept);
                kept += range.len();
            }
            self.offsets[pixel + 1] = to_u32(kept);
        }
        self.bins.truncate(kept);
        self.parts.truncate(kept);
    }

    /// Memory that it takes, in bytes.
    pub const fn memory_bytes(&self) -> u64 {
        (self.offsets.len() * 4 + self.bins.len() * 12) as u64
    }
}

fn pixel_count(frame_shape: &[u64]) -> Result<usize> {
    let count = frame_shape
        .iter()
        .try_fold(1u64, |count, axis| count.checked_mul(*axis))
        .and_then(|count| usize::try_from(count).ok())
        .filter(|count| *count <= PIXELS_MAX && frame_shape.len() >= 2);
    count.ok_or_else(|| {
        let why = format!("{frame_shape:?} is no frame, or larger than any detector");
        Error::new(ErrorKind::Limit, TRIED, why)
    })
}

/// A range over the half turn needs the azimuth to jump at zero.
fn is_cut_at_zero(choice: &Choice) -> Result<bool> {
    use std::f64::consts::{PI, TAU};
    let Some([low, high]) = choice.azimuth_range else {
        return Ok(false);
    };
    let slack = 1e-6;
    if low >= -PI - slack && high <= PI + slack {
        return Ok(false);
    }
    if low >= -slack && high <= TAU + slack {
        return Ok(true);
    }
    Err(Error::new(
        ErrorKind::Usage,
        TRIED,
        "an azimuth range lies between -180 and 180, or between 0 and 360 degrees",
    ))
}

/// What all tasks share.
struct Work<'a> {
    polar: Polar,
    split: Split,
    mask: Option<&'a [bool]>,
    cancel: &'a Cancel,
}

/// The bins of the pixels of a band, row by row.
#[derive(Debug, Default)]
struct Filled {
    counts: Vec<u32>,
    bins: Vec<u32>,
    parts: Vec<f64>,
}

impl Work<'_> {
    fn is_masked(&self, pixel: usize) -> bool {
        self.mask
            .is_some_and(|mask| mask.get(pixel).copied().unwrap_or(true))
    }

    /// Calls `each` with the pixels of a band in their order, `None` for masked ones.
    fn pixels(&self, band: &Band<'_>, mut each: impl FnMut(Option<&Pixel>)) -> Result<()> {
        let wants_corners = self.split != Split::No;
        let mut rows = Rows::new(self.polar, band.panel, band.width, wants_corners);
        for row in band.rows.clone() {
            self.cancel.check()?;
            let first = band.pixel(row);
            rows.row(row, |column, pixel| {
                each((!self.is_masked(first + column)).then_some(pixel));
            });
        }
        Ok(())
    }

    fn grid(&self, bands: &[Band<'_>], choice: &Choice) -> Result<Grid> {
        let scale = choice.unit.scale();
        let radial = choice
            .radial_range
            .map(|range| range.map(|end| end / scale));
        let known =
            radial.is_some() && (choice.azimuth_range.is_some() || choice.azimuth_points.is_none());
        let found = if known {
            EMPTY
        } else {
            bands
                .par_iter()
                .map(|band| self.extent(band))
                .try_reduce(|| EMPTY, |one, other| Ok(wider(one, other)))?
        };
        let radial = radial.unwrap_or(found[0].map(|end| end.max(0.0)));
        let ends = self.polar.ends();
        let around = choice
            .azimuth_range
            .unwrap_or([found[1][0].max(ends[0]), found[1][1].min(ends[1])]);
        if radial[0] >= radial[1] || !radial[1].is_finite() {
            let why = "there are no pixels: all are masked, or none has a place";
            return Err(Error::new(ErrorKind::Usage, TRIED, why));
        }
        Ok(Grid {
            radial: Bins::new(radial, choice.points),
            azimuthal: choice.azimuth_points.map(|count| Bins::new(around, count)),
            azimuth_range: choice.azimuth_range,
        })
    }

    /// The radius and azimuth that the pixels of a band reach.
    fn extent(&self, band: &Band<'_>) -> Result<[[f64; 2]; 2]> {
        let mut found = EMPTY;
        self.pixels(band, |pixel| {
            let Some(mut pixel) = pixel.copied() else {
                return;
            };
            // Corners of pyFAI have 32 bits; its axes begin and end at them.
            for corner in &mut pixel.corners {
                *corner = corner.map(|place| f64::from(to_f32(place)));
            }
            match self.split {
                Split::No => found = wider(found, pixel.centre.map(|place| [place; 2])),
                Split::BBox => {
                    let half = pixel.half_box();
                    let reach = |axis: usize| {
                        let (centre, half) = (pixel.centre[axis], half[axis]);
                        [centre - half, centre + half]
                    };
                    found = wider(found, [reach(0), reach(1)]);
                }
                Split::Full => {
                    for corner in pixel.corners {
                        found = wider(found, corner.map(|place| [place; 2]));
                    }
                }
            }
        })?;
        Ok(found)
    }

    fn fill(&self, band: &Band<'_>, grid: &Grid) -> Result<Filled> {
        let mut filled = Filled::default();
        let mut scratch = Scratch::default();
        self.pixels(band, |pixel| {
            let before = filled.bins.len();
            let mut put = |bin: usize, part: f64| {
                filled.bins.push(to_u32(bin));
                filled.parts.push(part);
            };
            if let Some(pixel) = pixel {
                match self.split {
                    Split::No => split_box(grid, pixel.centre, [0.0; 2], &mut scratch, &mut put),
                    Split::BBox => {
                        split_box(grid, pixel.centre, pixel.half_box(), &mut scratch, &mut put);
                    }
                    Split::Full => split_full(grid, self.polar, *pixel, &mut scratch, &mut put),
                }
            }
            filled.counts.push(to_u32(filled.bins.len() - before));
        })?;
        Ok(filled)
    }
}

const EMPTY: [[f64; 2]; 2] = [[f64::INFINITY, f64::NEG_INFINITY]; 2];

fn wider(one: [[f64; 2]; 2], other: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    [0, 1].map(|axis| {
        [
            one[axis][0].min(other[axis][0]),
            one[axis][1].max(other[axis][1]),
        ]
    })
}

/// Offsets, bins and parts in the order of pixels.
type Joined = (Vec<u32>, Vec<u32>, Vec<f64>);

fn joined(bands: &[Band<'_>], filled: &[Filled], pixel_count: usize) -> Result<Joined> {
    /// A run of pixels of a row: where it is in the frame, and whose it is.
    struct Run<'a> {
        first: usize,
        counts: &'a [u32],
        bins: &'a [u32],
        parts: &'a [f64],
    }
    let total: usize = filled.iter().map(|filled| filled.bins.len()).sum();
    if u32::try_from(total).is_err() {
        return Err(Error::new(
            ErrorKind::Limit,
            TRIED,
            "too many shares of pixels",
        ));
    }
    let mut runs = Vec::new();
    for (band, filled) in bands.iter().zip(filled) {
        let (mut bins, mut parts) = (filled.bins.as_slice(), filled.parts.as_slice());
        for (row, counts) in band
            .rows
            .clone()
            .zip(filled.counts.chunks(band.width.max(1)))
        {
            let count = counts.iter().map(|count| *count as usize).sum();
            let (these_bins, other_bins) = bins.split_at(count);
            let (these_parts, other_parts) = parts.split_at(count);
            runs.push(Run {
                first: band.pixel(row),
                counts,
                bins: these_bins,
                parts: these_parts,
            });
            (bins, parts) = (other_bins, other_parts);
        }
    }
    runs.sort_by_key(|run| run.first);
    let mut offsets = Vec::with_capacity(pixel_count + 1);
    let (mut bins, mut parts) = (Vec::with_capacity(total), Vec::with_capacity(total));
    let mut end = 0u32;
    offsets.push(end);
    for run in runs {
        if run.first + 1 < offsets.len() {
            return Err(Error::new(
                ErrorKind::Shape,
                TRIED,
                "panels lie over each other",
            ));
        }
        offsets.resize(run.first + 1, end);
        for count in run.counts {
            end += count;
            offsets.push(end);
        }
        bins.extend_from_slice(run.bins);
        parts.extend_from_slice(run.parts);
    }
    offsets.resize(pixel_count + 1, end);
    Ok((offsets, bins, parts))
}
