//! Flat-field and dark-field correction, and the minus logarithm, in one pass.

use hutch_model::{Cancel, Error, ErrorKind, Result, Samples};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::array::{Array, require_shape};
use crate::kernel::{
    AxisNeed, GpuBuffer, GpuPass, GpuPlan, Kernel, Need, Parameter, Tolerance, exactly,
};
use crate::numeric::{to_f32, to_u32};

const TRIED: &str = "correct projections";
/// Samples that a task takes: about a millisecond of work.
const PORTION: usize = 1 << 16;

/// What comes out of the correction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// `(projection - dark) / (flat - dark)`, dimensionless.
    Transmission,
    /// `-ln(transmission)`, dimensionless: the line integral of attenuation.
    #[default]
    Absorbance,
}

/// Turns detector counts into transmission or absorbance.
///
/// Inputs: projections `[angle, y, x]`, flat field and dark field `[y, x]`, all
/// in counts. Output: `[angle, y, x]`, dimensionless; NaN where the flat does
/// not exceed the dark, or a count is NaN. A transmission that is not above
/// `min_transmission` becomes `min_transmission`; without one it stays as it
/// is, and its absorbance is NaN where it is 0 or below (noise in an opaque
/// place has no absorbance, and reconstruction bridges it).
/// Source: NeXus `NXtomo`, frames with `image_key` 0 (projection), 1 (flat
/// field), 2 (dark field); Beer-Lambert law.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlatField {
    /// What comes out.
    pub stage: Stage,
    /// The least transmission that is believed; above 0 when it is given.
    pub min_transmission: Option<f64>,
}

/// A type that detectors count in.
pub trait Count: Copy + Send + Sync {
    /// The count as binary32; exact up to 2^24.
    fn count(self) -> f32;
}

impl Count for u8 {
    fn count(self) -> f32 {
        f32::from(self)
    }
}

impl Count for u16 {
    fn count(self) -> f32 {
        f32::from(self)
    }
}

impl Count for i16 {
    fn count(self) -> f32 {
        f32::from(self)
    }
}

impl Count for u32 {
    fn count(self) -> f32 {
        self as f32
    }
}

impl Count for i32 {
    fn count(self) -> f32 {
        self as f32
    }
}

impl Count for f32 {
    fn count(self) -> f32 {
        self
    }
}

/// A correction with its flat and dark field, ready for many projections.
#[derive(Clone, Debug)]
pub struct Correction {
    dark: Vec<f32>,
    /// `1 / (flat - dark)`; NaN where the flat does not exceed the dark.
    scale: Vec<f32>,
    stage: Stage,
    floor: f32,
}

impl FlatField {
    /// Prepares the correction for a flat and a dark field of any shape; what
    /// is corrected then consists of frames (or rows of frames) of that shape.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when they differ in length, [`ErrorKind::Usage`]
    /// when the least transmission is not above 0.
    pub fn prepare(&self, flat: &[f32], dark: &[f32]) -> Result<Correction> {
        require_shape(flat.len() == dark.len(), TRIED, || {
            format!("flat of {} and dark of {} samples", flat.len(), dark.len())
        })?;
        let scale = flat
            .iter()
            .zip(dark)
            .map(|(flat, dark)| {
                let range = flat - dark;
                if range > 0.0 { 1.0 / range } else { f32::NAN }
            })
            .collect();
        Ok(Correction {
            dark: dark.to_vec(),
            scale,
            stage: self.stage,
            floor: to_f32(self.floor()?),
        })
    }

    /// The least transmission; minus infinity where everything is believed.
    fn floor(&self) -> Result<f64> {
        match self.min_transmission {
            None => Ok(f64::NEG_INFINITY),
            Some(least) if least > 0.0 => Ok(least),
            Some(least) => Err(Error::new(
                ErrorKind::Usage,
                TRIED,
                format!("the least transmission is {least}, not above 0"),
            )),
        }
    }

    fn lengths(inputs: &[&[usize]]) -> Result<[usize; 3]> {
        let [projections, flat, dark] = exactly(inputs, "projections, flat, dark")?;
        let fits = projections.len() == 3 && projections[1..] == *flat && flat == dark;
        require_shape(fits, TRIED, || {
            format!("projections {projections:?}, flat {flat:?}, dark {dark:?}")
        })?;
        Ok([projections[0], projections[1], projections[2]])
    }
}

impl Correction {
    /// Samples in one frame.
    pub const fn frame_size(&self) -> usize {
        self.dark.len()
    }

    /// Corrects whole frames, one after the other, into `output` of the same length.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when these are not whole frames,
    /// [`ErrorKind::Cancelled`].
    pub fn apply<T: Count>(&self, counts: &[T], output: &mut [f32], cancel: &Cancel) -> Result<()> {
        self.require_frames(counts.len(), output.len())?;
        if counts.is_empty() {
            return Ok(());
        }
        // Portions never cross a frame, so that each finds its flat and dark.
        let size = self.frame_size();
        output
            .par_chunks_mut(size)
            .zip(counts.par_chunks(size))
            .try_for_each(|(output, counts)| {
                output
                    .par_chunks_mut(PORTION)
                    .zip(counts.par_chunks(PORTION))
                    .enumerate()
                    .try_for_each(|(index, (output, counts))| {
                        cancel.check()?;
                        self.portion(counts, output, index * PORTION);
                        Ok(())
                    })
            })
    }

    /// The same for samples of any numeric type.
    ///
    /// # Errors
    /// As [`Self::apply`]; [`ErrorKind::Unsupported`] for complex samples and text.
    pub fn apply_samples(
        &self,
        counts: &Samples,
        output: &mut [f32],
        cancel: &Cancel,
    ) -> Result<()> {
        match counts {
            Samples::U8(counts) => self.apply(counts, output, cancel),
            Samples::U16(counts) => self.apply(counts, output, cancel),
            Samples::I16(counts) => self.apply(counts, output, cancel),
            Samples::U32(counts) => self.apply(counts, output, cancel),
            Samples::I32(counts) => self.apply(counts, output, cancel),
            Samples::F32(counts) => self.apply(counts, output, cancel),
            other if other.element().is_numeric() && !other.element().is_complex() => {
                self.apply(&other.to_f32(), output, cancel)
            }
            other => Err(Error::new(
                ErrorKind::Unsupported,
                TRIED,
                format!("samples are {}", other.element()),
            )),
        }
    }

    /// Corrects part of one frame, which starts at `first` in it; the lengths
    /// of `counts` and `output` are the same.
    pub(crate) fn portion<T: Count>(&self, counts: &[T], output: &mut [f32], first: usize) {
        let floor = self.floor;
        let fields = self.dark[first..].iter().zip(&self.scale[first..]);
        for ((sample, count), (dark, scale)) in output.iter_mut().zip(counts).zip(fields) {
            let transmission = (count.count() - dark) * scale;
            // A comparison with NaN is false: NaN stays NaN.
            *sample = if transmission < floor {
                floor
            } else {
                transmission
            };
        }
        if self.stage == Stage::Absorbance {
            for sample in output {
                *sample = -ln(*sample);
            }
        }
    }

    fn require_frames(&self, count: usize, room: usize) -> Result<()> {
        let size = self.frame_size();
        let fits = count == room && (count == 0 || (size > 0 && count.is_multiple_of(size)));
        require_shape(fits, TRIED, || {
            format!("{count} counts and room for {room} are not frames of {size}")
        })
    }
}

/// The mean over frames `[frame, ...]` of `frame_size` samples: the flat or
/// dark field of a scan. Samples that are NaN do not count; NaN where all are.
///
/// # Errors
/// [`ErrorKind::Shape`] when these are not whole frames, or none at all.
pub fn mean_frame<T: Count>(frames: &[T], frame_size: usize) -> Result<Vec<f32>> {
    let fits = frame_size > 0 && !frames.is_empty() && frames.len().is_multiple_of(frame_size);
    require_shape(fits, "average frames", || {
        format!("{} samples are not frames of {frame_size}", frames.len())
    })?;
    Ok((0..frame_size)
        .into_par_iter()
        .with_min_len(4096)
        .map(|index| {
            let (mut sum, mut count) = (0.0, 0u32);
            for frame in frames.chunks_exact(frame_size) {
                let value = f64::from(frame[index].count());
                if !value.is_nan() {
                    sum += value;
                    count += 1;
                }
            }
            to_f32(sum / f64::from(count))
        })
        .collect())
}

/// A flat field between one taken before and one taken after a scan; `fraction`
/// is 0 before and 1 after.
///
/// # Errors
/// [`ErrorKind::Shape`] when the two differ in length.
pub fn flat_between(before: &[f32], after: &[f32], fraction: f64) -> Result<Vec<f32>> {
    require_shape(
        before.len() == after.len(),
        "interpolate flat fields",
        || format!("{} and {} samples", before.len(), after.len()),
    )?;
    let fraction = to_f32(fraction.clamp(0.0, 1.0));
    Ok(before
        .iter()
        .zip(after)
        .map(|(before, after)| before + fraction * (after - before))
        .collect())
}

/// The natural logarithm without a branch, so that loops over it vectorise;
/// NaN for 0 and below, within 2 units in the last place elsewhere.
///
/// Source: Moshier, Cephes, `logf.c`.
#[inline]
fn ln(value: f32) -> f32 {
    const LN_SMALLEST: f32 = -87.336_55;
    const POLYNOMIAL: [f32; 9] = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        0.333_333_3,
    ];
    // The bits of sqrt(1/2): the mantissa then lies around 1.
    let bits = value.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (bits.cast_signed() >> 23) as f32;
    let x = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3)) - 1.0;
    let square = x * x;
    let mut sum = POLYNOMIAL[0];
    for coefficient in &POLYNOMIAL[1..] {
        sum = sum * x + coefficient;
    }
    let mut result = sum * x * square;
    result += exponent * -2.121_944_4e-4;
    result += -0.5 * square;
    result = x + result + exponent * 0.693_359_4;
    // Selections, not branches. A subnormal is less than any transmission that
    // is measured, and counts as the smallest normal number.
    let result = if value < f32::MIN_POSITIVE {
        LN_SMALLEST
    } else {
        result
    };
    let result = if value > 0.0 { result } else { f32::NAN };
    if value == f32::INFINITY {
        value
    } else {
        result
    }
}

impl Kernel for FlatField {
    fn name(&self) -> &'static str {
        "flat_field"
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter {
                name: "stage",
                value: format!("{:?}", self.stage).to_lowercase(),
                meaning: "what comes out",
            },
            Parameter {
                name: "min_transmission",
                value: self
                    .min_transmission
                    .map_or_else(|| "none".to_owned(), |least| least.to_string()),
                meaning: "the least transmission that is believed",
            },
        ]
    }

    fn axes(&self) -> &'static [AxisNeed] {
        &[
            AxisNeed {
                axis: "angle",
                need: Need::Halo(0),
            },
            AxisNeed {
                axis: "y",
                need: Need::Halo(0),
            },
            AxisNeed {
                axis: "x",
                need: Need::Halo(0),
            },
        ]
    }

    fn tolerance(&self) -> Tolerance {
        Tolerance {
            cpu: 1e-6,
            gpu: 2e-6,
        }
    }

    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>> {
        Ok(Self::lengths(inputs)?.to_vec())
    }

    fn memory_bytes(&self, inputs: &[&[usize]]) -> u64 {
        Self::lengths(inputs).map_or(0, |[angles, rows, columns]| {
            ((angles + 2) * rows * columns * 4) as u64
        })
    }

    fn reference(&self, inputs: &[&Array]) -> Result<Vec<f64>> {
        let [projections, flat, dark] = exactly(inputs, "projections, flat, dark")?;
        Self::lengths(&[projections.shape(), flat.shape(), dark.shape()])?;
        let floor = self.floor()?;
        let size = flat.samples().len().max(1);
        let sample_of = |(index, &count): (usize, &f32)| {
            let dark = f64::from(dark.samples()[index % size]);
            let range = f64::from(flat.samples()[index % size]) - dark;
            let transmission = (f64::from(count) - dark) / range;
            if transmission.is_nan() || range.is_nan() || range <= 0.0 {
                return f64::NAN;
            }
            let transmission = transmission.max(floor);
            match self.stage {
                Stage::Transmission => transmission,
                Stage::Absorbance if transmission > 0.0 => -transmission.ln(),
                Stage::Absorbance => f64::NAN,
            }
        };
        Ok(projections
            .samples()
            .iter()
            .enumerate()
            .map(sample_of)
            .collect())
    }

    fn cpu(&self, inputs: &[&Array], cancel: &Cancel) -> Result<Array> {
        let [projections, flat, dark] = exactly(inputs, "projections, flat, dark")?;
        Self::lengths(&[projections.shape(), flat.shape(), dark.shape()])?;
        let mut output = Array::zeroed(projections.shape());
        self.prepare(flat.samples(), dark.samples())?.apply(
            projections.samples(),
            output.samples_mut(),
            cancel,
        )?;
        Ok(output)
    }

    fn gpu<'a>(&self, inputs: &[&'a Array], step_limit: u64) -> Result<GpuPlan<'a>> {
        let [projections, flat, dark] = exactly(inputs, "projections, flat, dark")?;
        Self::lengths(&[projections.shape(), flat.shape(), dark.shape()])?;
        let count = projections.samples().len();
        // At most 65535 workgroups of 256 along x.
        let per_pass = usize::try_from(step_limit)
            .unwrap_or(usize::MAX)
            .clamp(256, 65_535 * 256);
        let floor = to_f32(self.floor()?.max(f64::from(f32::MIN)));
        let is_absorbance = u32::from(self.stage == Stage::Absorbance);
        let passes = (0..count)
            .step_by(per_pass)
            .map(|first| {
                let end = count.min(first + per_pass);
                GpuPass {
                    name: "flat_field",
                    wgsl: include_str!("../../shaders/compute/flat_field.wgsl"),
                    uniforms: vec![
                        to_u32(first),
                        to_u32(end),
                        to_u32(flat.samples().len()),
                        is_absorbance,
                        floor.to_bits(),
                        f32::NAN.to_bits(),
                        0,
                        0,
                    ],
                    buffers: vec![0, 1, 2, 3],
                    workgroups: [to_u32((end - first).div_ceil(256)), 1, 1],
                    step_count: (end - first) as u64,
                }
            })
            .collect();
        Ok(GpuPlan {
            buffers: vec![
                GpuBuffer::Input(projections.samples().into()),
                GpuBuffer::Input(flat.samples().into()),
                GpuBuffer::Input(dark.samples().into()),
                GpuBuffer::Zeros(count),
            ],
            passes,
            output: 3,
            shape: projections.shape().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_field_of_the_flat_is_one_and_of_the_dark_is_zero() {
        let (flat, dark) = ([1000.0, 50_000.0, 3.0], [100.0, 7.0, 1.0]);
        let transmission = FlatField {
            stage: Stage::Transmission,
            min_transmission: None,
        };
        let correction = transmission.prepare(&flat, &dark).unwrap();
        let mut found = [9.0; 6];
        correction
            .apply(&[1000u16, 50_000, 3, 100, 7, 1], &mut found, &Cancel::new())
            .unwrap();
        for sample in &found[..3] {
            assert!((sample - 1.0).abs() < 1e-6, "one expected, not {sample}");
        }
        assert_eq!(found[3..], [0.0; 3], "the dark transmits nothing");
    }

    #[test]
    fn a_flat_that_does_not_exceed_the_dark_gives_nan() {
        let correction = FlatField::default()
            .prepare(&[5.0, 4.0, 6.0], &[5.0, 5.0, 5.0])
            .unwrap();
        let mut found = [0.0; 3];
        correction
            .apply(&[9.0f32, 9.0, 5.0], &mut found, &Cancel::new())
            .unwrap();
        assert!(
            found.iter().all(|sample| sample.is_nan()),
            "NaN expected in {found:?}"
        );
        let clamped = FlatField {
            min_transmission: Some(0.5),
            ..FlatField::default()
        };
        let correction = clamped.prepare(&[5.0, 4.0, 6.0], &[5.0, 5.0, 5.0]).unwrap();
        correction
            .apply(&[9.0f32, 9.0, 5.0], &mut found, &Cancel::new())
            .unwrap();
        assert!(
            found[0].is_nan() && (found[2] - std::f32::consts::LN_2).abs() < 1e-6,
            "the least transmission holds where the flat is good: {found:?}"
        );
    }

    #[test]
    fn the_fast_logarithm_is_the_logarithm() {
        let mut value = 1e-30f32;
        while value < 1e30 {
            let (found, wanted) = (f64::from(ln(value)), f64::from(value).ln());
            assert!(
                (found - wanted).abs() < 2e-7 * wanted.abs().max(1.0),
                "ln({value}): {found}, not {wanted}"
            );
            value *= 1.01;
        }
    }

    #[test]
    fn the_mean_frame_leaves_nan_out() {
        let frames = [1.0f32, 2.0, 3.0, f32::NAN];
        assert_eq!(
            mean_frame(&frames, 2).unwrap(),
            [2.0, 2.0],
            "means of what counts"
        );
    }
}
