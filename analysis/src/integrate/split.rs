//! Sharing pixels between bins.
//!
//! The definitions are those of pyFAI 2026.9, so that its users find their
//! numbers: Kieffer and Karkoulis, J. Phys.: Conf. Ser. 425 (2013) 202012, and
//! Kieffer et al., J. Appl. Cryst. 58 (2025) 138.

use super::places::{Pixel, Place, Polar};

/// Bins from `first` on, each `width` wide, along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bins {
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) count: usize,
    pub(super) width: f64,
}

impl Bins {
    /// So many bins between the first and the last value; the last one lies
    /// inside because the end is a little behind it, by an epsilon of 32 bits.
    pub(super) fn new([first, last]: [f64; 2], count: usize) -> Self {
        let epsilon = 1.0 + f64::from(f32::EPSILON);
        let end = if last > 0.0 {
            last * epsilon
        } else {
            last / epsilon
        };
        Self {
            first,
            last,
            count,
            width: (end - first) / count as f64,
        }
    }

    /// The place of a value in widths of bins.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value - self.first) / self.width
    }

    /// The centres of the bins.
    pub(super) fn centres(&self) -> Vec<f64> {
        (0..self.count)
            .map(|bin| self.first + (bin as f64 + 0.5) * self.width)
            .collect()
    }

    /// The bins that an interval lies over, and the part of it in each.
    ///
    /// What reaches over the ends counts in the first and the last bin.
    fn shares(&self, low: f64, high: f64, mut put: impl FnMut(usize, f64)) {
        let (low, high) = (self.place(low), self.place(high));
        // Towards zero, so that less than a bin in front is in the first bin.
        let (first, last) = (low.trunc(), high.trunc());
        let count = self.count as f64;
        let is_beside = last < 0.0 || first >= count || low.is_nan() || high.is_nan();
        if is_beside {
            return;
        }
        let first = index(first.max(0.0));
        let last = index(last.min(count - 1.0));
        if first == last {
            return put(first, 1.0);
        }
        let part = 1.0 / (high - low);
        put(first, part * ((first + 1) as f64 - low));
        for between in first + 1..last {
            put(between, part);
        }
        put(last, part * (high - last as f64));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers clip to the range of bins first"
)]
fn index(place: f64) -> usize {
    place as usize
}

/// Bins and ranges of both axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) radial: Bins,
    /// Bins of the azimuth, in pictures only.
    pub(super) azimuthal: Option<Bins>,
    /// Pixels beside it are left out of patterns.
    pub(super) azimuth_range: Option<[f64; 2]>,
}

/// Room that is used again for each pixel.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    radial: Vec<(usize, f64)>,
    areas: Vec<f64>,
}

/// Calls `put` with every bin of a pixel and its part there, both of the box around it.
///
/// `half` is half of the box; nothing where pixels are not split.
pub(super) fn split_box(
    grid: &Grid,
    centre: Place,
    half: Place,
    scratch: &mut Scratch,
    mut put: impl FnMut(usize, f64),
) {
    let radial = (centre[0] - half[0], centre[0] + half[0]);
    let around = (centre[1] - half[1], centre[1] + half[1]);
    if let Some(azimuthal) = &grid.azimuthal {
        scratch.radial.clear();
        let pairs = &mut scratch.radial;
        grid.radial
            .shares(radial.0, radial.1, |bin, part| pairs.push((bin, part)));
        if pairs.is_empty() {
            return;
        }
        azimuthal.shares(around.0, around.1, |row, part_around| {
            for (bin, part) in &*pairs {
                put(row * grid.radial.count + bin, part * part_around);
            }
        });
    } else {
        if let Some([low, high]) = grid.azimuth_range
            && (around.1 < low || around.0 > high)
        {
            return;
        }
        grid.radial.shares(radial.0, radial.1, put);
    }
}

/// The same by the area of the quadrilateral of its corners.
pub(super) fn split_full(
    grid: &Grid,
    polar: Polar,
    mut pixel: Pixel,
    scratch: &mut Scratch,
    put: impl FnMut(usize, f64),
) {
    polar.joined(&mut pixel);
    match &grid.azimuthal {
        Some(azimuthal) => picture(&grid.radial, azimuthal, &pixel.corners, scratch, put),
        None => pattern(grid, &pixel.corners, scratch, put),
    }
}

/// The smallest and the largest of the corners along an axis.
fn extent(corners: &[Place; 4], axis: usize) -> [f64; 2] {
    let ends = [f64::INFINITY, f64::NEG_INFINITY];
    corners.iter().fold(ends, |[low, high], corner| {
        [low.min(corner[axis]), high.max(corner[axis])]
    })
}

/// The four sides of a quadrilateral.
fn sides([a, b, c, d]: [Place; 4]) -> [[Place; 2]; 4] {
    [[a, b], [b, c], [c, d], [d, a]]
}

fn pattern(
    grid: &Grid,
    corners: &[Place; 4],
    scratch: &mut Scratch,
    mut put: impl FnMut(usize, f64),
) {
    let bins = &grid.radial;
    let placed = corners.map(|corner| [bins.place(corner[0]), corner[1]]);
    let [low, high] = extent(&placed, 0);
    let around = extent(&placed, 1);
    let count = bins.count as f64;
    let is_beside = high < 0.0 || low >= count || low.is_nan() || high.is_nan();
    let is_aside = grid
        .azimuth_range
        .is_some_and(|range| around[1] < range[0] || around[0] > range[1]);
    if is_beside || is_aside {
        return;
    }
    // The bins that it begins and ends in are the same, and there is such a bin.
    if low >= 0.0 && index(low) == index(high) {
        return put(index(low), 1.0);
    }
    let first = index(low.floor().max(0.0));
    let end = index((high.floor() + 1.0).min(count));
    let areas = &mut scratch.areas;
    areas.clear();
    areas.resize(end - first, 0.0);
    for [start, stop] in sides(placed) {
        cut(
            start,
            stop,
            [first as f64, end as f64],
            |column, _, area| {
                if let Some(sum) = areas.get_mut(column - first) {
                    *sum += area;
                }
            },
        );
    }
    let sum: f64 = areas.iter().sum();
    if sum == 0.0 {
        return;
    }
    for (bin, area) in (first..).zip(areas) {
        if *area != 0.0 {
            put(bin, *area / sum);
        }
    }
}

fn picture(
    radial: &Bins,
    azimuthal: &Bins,
    corners: &[Place; 4],
    scratch: &mut Scratch,
    mut put: impl FnMut(usize, f64),
) {
    let is_beside = [(0, radial), (1, azimuthal)].iter().any(|(axis, bins)| {
        let [low, high] = extent(corners, *axis);
        high < bins.first || low > bins.last || low.is_nan() || high.is_nan()
    });
    if is_beside {
        return;
    }
    let placed = corners.map(|corner| {
        [
            radial.place(corner[0].clamp(radial.first, radial.last)),
            azimuthal.place(corner[1].clamp(azimuthal.first, azimuthal.last)),
        ]
    });
    let (ends, around) = (extent(&placed, 0), extent(&placed, 1));
    let offset = [ends[0].floor(), around[0].floor()];
    let columns = index(ends[1].ceil() - offset[0]);
    let rows = index(around[1].ceil() - offset[1]);
    let areas = &mut scratch.areas;
    areas.clear();
    areas.resize(columns * rows, 0.0);
    let placed = placed.map(|[along, around]| [along - offset[0], around - offset[1]]);
    for [start, stop] in sides(placed) {
        cut(start, stop, [0.0, columns as f64], |column, width, area| {
            fill(areas, [column, rows], width, area);
        });
    }
    let sum: f64 = areas.iter().sum();
    if sum == 0.0 {
        return;
    }
    let (first, first_row) = (index(offset[0]), index(offset[1]));
    for (at, area) in areas.iter().enumerate().filter(|(_, area)| **area != 0.0) {
        let (bin, row) = (first + at / rows, first_row + at % rows);
        put(row * radial.count + bin, *area / sum);
    }
}

/// Shares the area below a side within a column between its rows, the lowest
/// first, as water fills a glass.
fn fill(areas: &mut [f64], [column, rows]: [usize; 2], width: f64, area: f64) {
    let mut rest = area.abs();
    for sum in areas.iter_mut().skip(column * rows).take(rows) {
        if rest <= 0.0 {
            return;
        }
        let part = rest.min(width);
        *sum += part.copysign(area);
        rest -= part;
    }
}

/// Cuts a side at whole numbers of the first axis, within `ends`, and calls
/// `put` with the column, the width and the signed area below of each piece.
fn cut(start: Place, stop: Place, ends: [f64; 2], mut put: impl FnMut(usize, f64, f64)) {
    let run = stop[0] - start[0];
    if run == 0.0 {
        return;
    }
    let slope = (stop[1] - start[1]) / run;
    let low = start[0].min(stop[0]).max(ends[0]);
    let high = start[0].max(stop[0]).min(ends[1]);
    let mut from = low;
    while from < high {
        let column = from.floor();
        let to = (column + 1.0).min(high);
        let width = to - from;
        let middle = start[1] + slope * (0.5 * (from + to) - start[0]);
        let area = width * middle;
        put(index(column), width, if run < 0.0 { -area } else { area });
        from = to;
    }
}
