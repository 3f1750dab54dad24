//! Integrating frames with a table that was made once.

use hutch_model::{Cancel, Error, ErrorKind, Geometry, Result, Samples};
use rayon::prelude::*;

use super::choice::Choice;
use super::corrections::Corrections;
use super::pass::{Accumulated, Pass, Stored};
use super::sums::Sums;
use super::table::Table;
use crate::array::require_shape;

const TRIED: &str = "integrate frames";

/// Where the variance of a pixel comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Errors<'a> {
    /// Nobody asks for errors.
    #[default]
    None,
    /// The variance is the count, 1 at least; the dark field has none of its own.
    Poisson,
    /// The variance of each sample, of the shape of the samples.
    Variance(&'a [f32]),
}

/// What counts as a sample, beside the mask: not NaN, not infinite, and none of these.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// Stored values that mean "no data", two at most.
    pub sentinels: &'a [i128],
    /// Where errors come from.
    pub errors: Errors<'a>,
}

/// Integrates frames of one geometry, one mask and one choice of bins.
#[derive(Clone, Debug, Default)]
pub struct Integrator {
    table: Table,
    weights: Vec<f64>,
    dark: Option<Vec<f32>>,
    pass: Pass,
    /// The sums of a frame where every pixel counts; its signal is minus the dark field.
    whole: Sums,
}

impl Integrator {
    /// Makes the table, and all sums that do not depend on the frame.
    ///
    /// # Errors
    /// Those of [`Table::new`] and of [`Corrections::weights`].
    pub fn new(
        geometry: &Geometry,
        frame_shape: &[u64],
        mask: Option<&[bool]>,
        choice: &Choice,
        corrections: Corrections,
        cancel: &Cancel,
    ) -> Result<Self> {
        let weights = corrections.weights(geometry, frame_shape)?;
        // What has no weight is masked, so that it is in no sum.
        let pixel_is_bad = |(pixel, weight): (usize, &f64)| {
            let is_dark_bad = corrections
                .dark
                .as_ref()
                .is_some_and(|dark| !dark[pixel].is_finite());
            let is_masked = mask.is_some_and(|mask| mask.get(pixel).copied().unwrap_or(true));
            *weight == 0.0 || is_dark_bad || is_masked
        };
        let bad: Vec<bool> = weights.iter().enumerate().map(pixel_is_bad).collect();
        // The range of the axes is that of the mask alone.
        let mut table = Table::new(geometry, frame_shape, mask, choice, cancel)?;
        table.remove(&bad);
        Ok(Self::of_table(table, weights, corrections.dark))
    }

    fn of_table(table: Table, weights: Vec<f64>, dark: Option<Vec<f32>>) -> Self {
        let bins = table.bin_count();
        let zeros = || vec![0.0; bins];
        let mut whole = Sums {
            signal: zeros(),
            norm: zeros(),
            count: zeros(),
            variance: None,
            norm_squared: zeros(),
        };
        let pass = Pass::new(&table);
        for (pixel, weight) in weights.iter().enumerate() {
            let of_dark = dark.as_ref().map_or(0.0, |dark| f64::from(dark[pixel]));
            pass.of_pixel(&table, pixel, |bin, part| {
                whole.signal[bin] -= part * of_dark;
                whole.norm[bin] += part * weight;
                whole.count[bin] += part;
                whole.norm_squared[bin] += (part * weight).powi(2);
            });
        }
        Self {
            table,
            weights,
            dark,
            pass,
            whole,
        }
    }

    /// The matrix.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// What each pixel is divided by.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What is taken from the count of a pixel.
    pub(super) fn dark(&self, pixel: usize) -> f64 {
        let dark = self.dark.as_ref().and_then(|dark| dark.get(pixel));
        dark.map_or(0.0, |dark| f64::from(*dark))
    }

    /// Memory that it takes, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.table.memory_bytes() + self.pass.memory_bytes() + self.weights.len() as u64 * 8
    }

    /// Integrates frames `[frame, ..frame shape]` that lie one after the other.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when these are not whole frames,
    /// [`ErrorKind::Unsupported`] for complex samples and text,
    /// [`ErrorKind::Cancelled`].
    pub fn frames(
        &self,
        samples: &Samples,
        rules: &Rules<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Sums>> {
        let size = self.table.pixel_count();
        require_shape(
            size > 0 && samples.len().is_multiple_of(size),
            TRIED,
            || format!("{} samples in frames of {size}", samples.len()),
        )?;
        if let Errors::Variance(variance) = rules.errors {
            require_shape(variance.len() == samples.len(), TRIED, || {
                format!("{} variances of {} samples", variance.len(), samples.len())
            })?;
        }
        match samples {
            Samples::U8(values) => self.run(values, rules, cancel),
            Samples::U16(values) => self.run(values, rules, cancel),
            Samples::U32(values) => self.run(values, rules, cancel),
            Samples::U64(values) => self.run(values, rules, cancel),
            Samples::I8(values) => self.run(values, rules, cancel),
            Samples::I16(values) => self.run(values, rules, cancel),
            Samples::I32(values) => self.run(values, rules, cancel),
            Samples::I64(values) => self.run(values, rules, cancel),
            Samples::F32(values) => self.run(values, rules, cancel),
            Samples::F64(values) => self.run(values, rules, cancel),
            Samples::F16(_) => self.run(&samples.to_f32(), rules, cancel),
            other => Err(Error::new(
                ErrorKind::Unsupported,
                TRIED,
                format!("samples are {}", other.element()),
            )),
        }
    }

    /// The same for samples of one type.
    fn run<T: Stored>(
        &self,
        samples: &[T],
        rules: &Rules<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Sums>> {
        let size = self.table.pixel_count();
        let sentinels = T::sentinels(rules.sentinels);
        let portions = self.pass.portions();
        let frames: Vec<&[T]> = samples.chunks(size).collect();
        // Portions of a frame do not depend on the number of threads, and their
        // sums are added in order: the same frame always gives the same numbers.
        let jobs: Vec<(usize, usize)> = (0..frames.len())
            .flat_map(|frame| (0..portions).map(move |portion| (frame, portion)))
            .collect();
        let done = jobs
            .par_iter()
            .map(|&(frame, portion)| {
                let variance = match rules.errors {
                    Errors::Variance(all) => all.get(frame * size..(frame + 1) * size),
                    _ => None,
                };
                self.pass
                    .portion(portion, frames[frame], sentinels, cancel)
                    .and_then(|mut sums| {
                        if rules.errors != Errors::None {
                            self.add_variance(portion, frames[frame], variance, &mut sums, cancel)?;
                        }
                        Ok(sums)
                    })
            })
            .collect::<Result<Vec<Accumulated>>>()?;
        Ok(done
            .chunks(portions.max(1))
            .map(|parts| self.finish(parts, rules.errors != Errors::None))
            .collect())
    }

    fn add_variance<T: Stored>(
        &self,
        portion: usize,
        frame: &[T],
        variance: Option<&[f32]>,
        sums: &mut Accumulated,
        cancel: &Cancel,
    ) -> Result<()> {
        let mut found = vec![0.0; self.table.bin_count()];
        let mut bad = sums.bad.iter().copied().peekable();
        for pixel in self.pass.pixels(portion) {
            if pixel % (1 << 16) == 0 {
                cancel.check()?;
            }
            if bad.next_if_eq(&pixel).is_some() {
                continue;
            }
            let of_pixel = match variance {
                Some(variance) => f64::from(variance[pixel]),
                None => frame[pixel].real().max(1.0),
            };
            for (bin, part) in self.table.of_pixel(pixel) {
                found[bin] += part * part * of_pixel;
            }
        }
        sums.variance = found;
        Ok(())
    }

    /// Adds portions, and takes away what does not count in this frame.
    fn finish(&self, parts: &[Accumulated], wants_errors: bool) -> Sums {
        let mut sums = self.whole.clone();
        if wants_errors {
            sums.variance = Some(vec![0.0; self.table.bin_count()]);
        }
        for part in parts {
            for (sum, more) in sums.signal.iter_mut().zip(&part.signal) {
                *sum += more;
            }
            if let Some(variance) = &mut sums.variance {
                for (sum, more) in variance.iter_mut().zip(&part.variance) {
                    *sum += more;
                }
            }
        }
        for pixel in parts.iter().flat_map(|part| &part.bad) {
            self.take_away(*pixel, &mut sums);
        }
        sums
    }

    fn take_away(&self, pixel: usize, sums: &mut Sums) {
        let of_dark = self.dark(pixel);
        let weight = self.weights[pixel];
        self.pass.of_pixel(&self.table, pixel, |bin, part| {
            sums.signal[bin] += part * of_dark;
            sums.norm[bin] -= part * weight;
            sums.count[bin] -= part;
            sums.norm_squared[bin] -= (part * weight).powi(2);
            // What rounding leaves of the last pixel is no pixel.
            if sums.count[bin] < LEAST_COUNT {
                (sums.signal[bin], sums.norm[bin], sums.count[bin]) = (0.0, 0.0, 0.0);
                sums.norm_squared[bin] = 0.0;
            }
        });
    }
}

/// Less of a pixel than this is rounding where pixels were taken away.
const LEAST_COUNT: f64 = 1e-7;
