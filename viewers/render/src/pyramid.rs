//! A frame and its coarser levels in one run of texels, built on a worker.
//!
//! Level 0 is the frame as stored; each next level halves both edges. A level texel is the largest
//! (or the mean) of the valid samples under it, so a single hot pixel survives any zoom, and the
//! gaps of a detector do not grow: a texel is invalid only when all samples under it are.

use crate::error::{RenderError, Result};
use crate::samples::{MAX_SENTINEL_COUNT, RawFrame, SampleSlice};
use crate::texel::{SampleClass, Texel};
use crate::uniforms::{FARTHEST, single};
use half::f16;

/// How the samples under a texel of a coarser level become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// The largest: keeps single hot pixels and Bragg spots.
    #[default]
    Max,
    /// The mean: keeps the brightness of noisy radiographs and slices.
    Mean,
}

/// One level of a pyramid within the run of texels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Index of its first texel.
    pub offset: u32,
    /// Texels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

/// Samples `[level][y, x]` in the type that the texture has.
#[derive(Debug, Clone)]
pub(crate) enum Texels {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F16(Vec<f16>),
    F32(Vec<f32>),
    Complex(Vec<[f32; 2]>),
}

/// Everything that the GPU needs of one frame, ready for one copy.
#[derive(Debug, Clone)]
pub struct FramePyramid {
    pub(crate) levels: Vec<Level>,
    pub(crate) texels: Texels,
    pub(crate) mask: Option<Vec<u8>>,
    pub(crate) sentinels: [u32; MAX_SENTINEL_COUNT],
    pub(crate) sentinel_count: u32,
    pub(crate) pooling: Pooling,
}

impl FramePyramid {
    /// Copies a frame and pools its coarser levels; some milliseconds for each million pixels.
    ///
    /// 64 bit types are reduced to f32, after their sentinels were tested exactly; finite numbers stay finite.
    ///
    /// # Errors
    /// [`RenderError::TooLarge`] when the frame has no pixel or more than 2^31.
    pub fn build(frame: &RawFrame<'_>, pooling: Pooling) -> Result<Self> {
        let levels = plan_levels(frame.width(), frame.height())?;
        Ok(match frame.samples() {
            SampleSlice::U8(samples) => pool(frame, samples, levels, pooling, Texels::U8),
            SampleSlice::I8(samples) => pool(frame, samples, levels, pooling, Texels::I8),
            SampleSlice::U16(samples) => pool(frame, samples, levels, pooling, Texels::U16),
            SampleSlice::I16(samples) => pool(frame, samples, levels, pooling, Texels::I16),
            SampleSlice::U32(samples) => pool(frame, samples, levels, pooling, Texels::U32),
            SampleSlice::I32(samples) => pool(frame, samples, levels, pooling, Texels::I32),
            SampleSlice::F16(samples) => pool(frame, samples, levels, pooling, Texels::F16),
            SampleSlice::F32(samples) => pool(frame, samples, levels, pooling, Texels::F32),
            SampleSlice::Complex64(samples) => {
                pool(frame, samples, levels, pooling, Texels::Complex)
            }
            SampleSlice::U64(samples) => reduce(frame, samples, levels, pooling, |sample| {
                (sample as f32, i128::from(sample))
            }),
            SampleSlice::I64(samples) => reduce(frame, samples, levels, pooling, |sample| {
                (sample as f32, i128::from(sample))
            }),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "only a float that is an integer can be a sentinel"
            )]
            SampleSlice::F64(samples) => reduce(frame, samples, levels, pooling, |sample| {
                let integer = if sample.fract() == 0.0 {
                    sample as i128
                } else {
                    i128::MIN
                };
                (within_reach(sample), integer)
            }),
        })
    }

    /// Pixels in a row of the frame.
    pub fn width(&self) -> u32 {
        self.levels.first().map_or(0, |level| level.width)
    }

    /// Number of rows of the frame.
    pub fn height(&self) -> u32 {
        self.levels.first().map_or(0, |level| level.height)
    }

    /// Which of the shaders draws it.
    pub fn class(&self) -> SampleClass {
        self.texels.class()
    }

    /// Bytes that it takes in memory, about the same on the GPU.
    pub fn size_bytes(&self) -> usize {
        self.texels.bytes().len() + self.mask.as_ref().map_or(0, Vec::len)
    }
}

/// Evaluates `$body` with `$texels` bound to the typed vector.
macro_rules! for_each_texel_type {
    ($value:expr, $texels:ident => $body:expr) => {
        match $value {
            $crate::pyramid::Texels::U8($texels) => $body,
            $crate::pyramid::Texels::I8($texels) => $body,
            $crate::pyramid::Texels::U16($texels) => $body,
            $crate::pyramid::Texels::I16($texels) => $body,
            $crate::pyramid::Texels::U32($texels) => $body,
            $crate::pyramid::Texels::I32($texels) => $body,
            $crate::pyramid::Texels::F16($texels) => $body,
            $crate::pyramid::Texels::F32($texels) => $body,
            $crate::pyramid::Texels::Complex($texels) => $body,
        }
    };
}

impl Texels {
    /// All texels as bytes, in the layout of the texture.
    pub(crate) fn bytes(&self) -> &[u8] {
        for_each_texel_type!(self, texels => bytemuck::cast_slice(texels))
    }

    /// The format of the texture.
    pub(crate) fn format(&self) -> wgpu::TextureFormat {
        fn of<T: Texel>(_: &[T]) -> wgpu::TextureFormat {
            T::FORMAT
        }
        for_each_texel_type!(self, texels => of(texels))
    }

    /// Which shader reads them.
    pub(crate) fn class(&self) -> SampleClass {
        fn of<T: Texel>(_: &[T]) -> SampleClass {
            T::CLASS
        }
        for_each_texel_type!(self, texels => of(texels))
    }
}

/// A real number as a texel. What lies beyond the range of texels is at its end, so that only what is no finite number
/// in the file is none on the screen.
fn within_reach(sample: f64) -> f32 {
    if sample.is_finite() {
        single(sample.clamp(-FARTHEST, FARTHEST))
    } else {
        single(sample)
    }
}

/// The sizes of all levels, down to a single texel.
fn plan_levels(width: usize, height: usize) -> Result<Vec<Level>> {
    let too_large = || RenderError::TooLarge {
        what: "frame in pixels",
        needed: (width as u64).saturating_mul(height as u64),
        limit: 1 << 31,
    };
    let (Ok(mut level_width), Ok(mut level_height)) = (u32::try_from(width), u32::try_from(height))
    else {
        return Err(too_large());
    };
    if width == 0 || height == 0 || u64::from(level_width) * u64::from(level_height) > 1 << 31 {
        return Err(too_large());
    }
    let mut levels = Vec::new();
    let mut offset = 0;
    loop {
        levels.push(Level {
            offset,
            width: level_width,
            height: level_height,
        });
        if level_width == 1 && level_height == 1 {
            return Ok(levels);
        }
        offset += level_width * level_height;
        level_width = level_width.div_ceil(2);
        level_height = level_height.div_ceil(2);
    }
}

fn texel_count(levels: &[Level]) -> usize {
    levels
        .iter()
        .map(|level| level.width as usize * level.height as usize)
        .sum()
}

/// Builds the levels of samples that stay in their type.
fn pool<T: Texel>(
    frame: &RawFrame<'_>,
    samples: &[T],
    levels: Vec<Level>,
    pooling: Pooling,
    wrap: fn(Vec<T>) -> Texels,
) -> FramePyramid {
    let sentinels: Vec<T> = frame.sentinels().filter_map(T::from_sentinel).collect();
    let mut texels = Vec::with_capacity(texel_count(&levels));
    texels.extend_from_slice(samples);
    let mask = frame.mask().map(<[u8]>::to_vec);
    finish(texels, mask, &sentinels, levels, pooling, wrap)
}

/// Builds the levels of 64 bit samples: f32, and a mask where a sentinel stood.
fn reduce<S: Copy>(
    frame: &RawFrame<'_>,
    samples: &[S],
    levels: Vec<Level>,
    pooling: Pooling,
    split: impl Fn(S) -> (f32, i128),
) -> FramePyramid {
    let sentinels: Vec<i128> = frame.sentinels().collect();
    let mut texels = Vec::with_capacity(texel_count(&levels));
    let mut mask = frame.mask().map(<[u8]>::to_vec);
    if sentinels.is_empty() {
        texels.extend(samples.iter().map(|sample| split(*sample).0));
    } else {
        let mask = mask.get_or_insert_with(|| vec![0; samples.len()]);
        for (sample, masked) in samples.iter().zip(mask) {
            let (value, exact) = split(*sample);
            texels.push(value);
            *masked |= u8::from(sentinels.contains(&exact));
        }
    }
    finish(texels, mask, &[], levels, pooling, Texels::F32)
}

fn finish<T: Texel>(
    mut texels: Vec<T>,
    mut mask: Option<Vec<u8>>,
    sentinels: &[T],
    levels: Vec<Level>,
    pooling: Pooling,
    wrap: fn(Vec<T>) -> Texels,
) -> FramePyramid {
    if let Some(mask) = &mut mask {
        mask.reserve_exact(texel_count(&levels) - mask.len());
    }
    for pair in levels.windows(2) {
        if let [fine, coarse] = pair {
            crate::pooling::append_level(
                &mut texels,
                mask.as_mut(),
                (*fine, *coarse),
                sentinels,
                pooling,
            );
        }
    }
    let mut words = [0; MAX_SENTINEL_COUNT];
    for (word, sentinel) in words.iter_mut().zip(sentinels) {
        *word = crate::pooling::shader_word(*sentinel);
    }
    FramePyramid {
        levels,
        texels: wrap(texels),
        mask,
        sentinels: words,
        sentinel_count: sentinels.len().try_into().unwrap_or(0),
        pooling,
    }
}

pub(crate) use for_each_texel_type;
