//! The points of a spectrum and the colours of three maps, made on the pool.

use std::sync::{Arc, Weak};

use hutch_model::Result;
use hutch_render::AutoRange;

use super::SpectraView;
use super::sweep::optical_density;
use crate::map::Rgb;
use crate::prepared::PreparedFrame;
use crate::{Priority, Resident, Task};

/// More points than this are thinned to the extremes of each column.
const DRAWN: usize = 4096;

/// What the colours of three maps were made of.
#[derive(Clone)]
pub(super) struct RgbKey {
    maps: [Weak<PreparedFrame>; 3],
    percent: [[f64; 2]; 3],
}

impl PartialEq for RgbKey {
    fn eq(&self, other: &Self) -> bool {
        let same = |index: usize| self.maps[index].ptr_eq(&other.maps[index]);
        (0..3).all(same) && self.percent == other.percent
    }
}

#[derive(Clone)]
struct SpectrumKey {
    values: Weak<Vec<f64>>,
    reference: Weak<Vec<f64>>,
    is_log: bool,
    has_energies: bool,
}

impl PartialEq for SpectrumKey {
    fn eq(&self, other: &Self) -> bool {
        self.values.ptr_eq(&other.values)
            && self.reference.ptr_eq(&other.reference)
            && self.is_log == other.is_log
            && self.has_energies == other.has_energies
    }
}

/// The points of a spectrum, ready to draw.
#[derive(Default)]
pub(super) struct DrawnSpectrum {
    /// `[energy, value]`, the logarithm of it where the axis is logarithmic; NaN where the line is broken.
    pub(super) points: Arc<Vec<[f64; 2]>>,
    of: Option<SpectrumKey>,
    task: Option<(SpectrumKey, Task<Vec<[f64; 2]>>)>,
}

impl SpectraView {
    /// Makes anew what was made of something else.
    pub(super) fn refresh_drawn(&mut self, resident: &mut dyn Resident) {
        self.refresh_spectrum(resident);
        if self.choice.is_rgb {
            self.refresh_rgb(resident);
        }
    }

    fn refresh_spectrum(&mut self, resident: &mut dyn Resident) {
        if let Some((key, mut task)) = self.drawn.task.take() {
            match task.poll() {
                Some(Ok(points)) => {
                    self.drawn.points = Arc::new(points);
                    self.drawn.of = Some(key);
                }
                Some(Err(error)) => log::debug!("draw a spectrum: {error}"),
                None => self.drawn.task = Some((key, task)),
            }
        }
        let Some(values) = self.spectrum.spectrum().cloned() else {
            return;
        };
        let reference = self
            .reference_values()
            .filter(|_| self.choice.is_density)
            .cloned();
        let key = SpectrumKey {
            values: Arc::downgrade(&values),
            reference: reference.as_ref().map_or_else(Weak::new, Arc::downgrade),
            is_log: self.choice.is_log && !self.choice.is_density,
            has_energies: self.energies.is_some(),
        };
        if self.drawn.of.as_ref() == Some(&key) || self.drawn.task.is_some() {
            return;
        }
        let scaling = self.channel_axis().map(|axis| axis.scaling);
        let energies = self.energies.clone();
        let is_log = key.is_log;
        let work = move |_: &hutch_model::Cancel| {
            let point = |channel: usize| {
                let energy = match (&energies, scaling) {
                    (Some(block), Some(scaling)) if channel < block.samples.len() => {
                        scaling.apply(block.samples.get_f64(channel))
                    }
                    _ => channel as f64,
                };
                let value = match &reference {
                    Some(reference) => {
                        let of = reference.get(channel).copied().unwrap_or(f64::NAN);
                        optical_density(values[channel], of)
                    }
                    None => values[channel],
                };
                [energy, if is_log { value.log10() } else { value }]
            };
            let points: Vec<[f64; 2]> = (0..values.len()).map(point).collect();
            Ok(thinned(&points))
        };
        let label = "draw a spectrum";
        let task = Task::start(resident, Priority::Visible, label, 0, work);
        self.drawn.task = Some((key, task));
    }

    fn refresh_rgb(&mut self, resident: &mut dyn Resident) {
        if let Some((key, mut task)) = self.rgb_task.take() {
            match task.poll() {
                Some(Ok(rgb)) => {
                    self.rgb = Some(Arc::new(rgb));
                    self.rgb_of = Some(key);
                }
                Some(Err(error)) => log::debug!("colour three maps: {error}"),
                None => self.rgb_task = Some((key, task)),
            }
        }
        let [Some(red), Some(green), Some(blue)] =
            [0, 1, 2].map(|index| self.maps[index].map().cloned())
        else {
            return;
        };
        let maps = [red, green, blue];
        let key = RgbKey {
            maps: [0, 1, 2].map(|index| Arc::downgrade(&maps[index])),
            percent: self.choice.percent,
        };
        if self.rgb_of.as_ref() == Some(&key) || self.rgb_task.is_some() {
            return;
        }
        let percent = self.choice.percent;
        let work = move |_: &hutch_model::Cancel| colours_of(maps, percent);
        let task = Task::start(resident, Priority::Visible, "colour three maps", 0, work);
        self.rgb_task = Some((key, task));
    }
}

/// Three maps as colours, each between two shares of its values.
///
/// # Errors
/// Those of a frame without pixels.
pub(super) fn colours_of(maps: [Arc<PreparedFrame>; 3], percent: [[f64; 2]; 3]) -> Result<Rgb> {
    let mut ranges = [maps[0].min_max, maps[1].min_max, maps[2].min_max];
    for (index, range) in ranges.iter_mut().enumerate() {
        let [low, high] = percent[index];
        if let Some(found) = AutoRange::Percentile(low, high).of(&maps[index].raw()?) {
            *range = found;
        }
    }
    Ok(Rgb {
        channels: maps,
        ranges,
    })
}

/// All points, or the lowest and highest of each of many columns; the value is NaN where there is none to draw, so that
/// the line is broken there and leads over no channel without counts.
fn thinned(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let column = if points.len() <= DRAWN {
        1
    } else {
        points.len().div_ceil(DRAWN / 2)
    };
    let mut drawn: Vec<[f64; 2]> = Vec::with_capacity(points.len().min(DRAWN));
    for chunk in points.chunks(column) {
        let good = || {
            chunk
                .iter()
                .filter(|point| point.iter().all(|part| part.is_finite()))
        };
        let by_value = |one: &&[f64; 2], other: &&[f64; 2]| one[1].total_cmp(&other[1]);
        let Some((low, high)) = good().min_by(by_value).zip(good().max_by(by_value)) else {
            let is_broken = drawn.last().is_none_or(|last| last[1].is_nan());
            if !is_broken {
                drawn.push([chunk[0][0], f64::NAN]);
            }
            continue;
        };
        let mut both = vec![*low, *high];
        both.sort_by(|one, other| one[0].total_cmp(&other[0]));
        both.dedup();
        drawn.extend(both);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_one_channel_stays_in_a_long_spectrum() {
        let mut points: Vec<[f64; 2]> = (0..100_000)
            .map(|channel| [f64::from(channel), 1.0])
            .collect();
        points[77_777][1] = 1e6;
        points[5][1] = f64::NAN;
        let found = thinned(&points);
        assert!(found.len() <= DRAWN, "{}", found.len());
        assert!(found.contains(&[77_777.0, 1e6]), "the line");
        assert!(
            found.iter().all(|point| point[1].is_finite()),
            "one channel of many breaks nothing"
        );
    }

    #[test]
    fn a_channel_without_counts_breaks_a_logarithmic_line() {
        let counts = [3.0_f64, 0.0, 0.0, 7.0, 2.0, 0.0];
        let points = counts.iter().zip(0..6_u8);
        let points: Vec<[f64; 2]> = points
            .map(|(count, channel)| [f64::from(channel), count.log10()])
            .collect();
        let found = thinned(&points);
        let parts: Vec<usize> = found
            .split(|point| point[1].is_nan())
            .map(<[[f64; 2]]>::len)
            .collect();
        assert_eq!(parts, [1, 2, 0], "one, two, and nothing behind");
    }
}
