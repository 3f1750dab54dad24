//! One level of a pyramid from the level below it.

use crate::pyramid::{Level, Pooling};
use crate::texel::{SampleClass, Texel};

/// Appends the texels (and mask) of `levels.1`, pooled from those of `levels.0`.
pub(crate) fn append_level<T: Texel>(
    texels: &mut Vec<T>,
    mask: Option<&mut Vec<u8>>,
    levels: (Level, Level),
    sentinels: &[T],
    pooling: Pooling,
) {
    let fine_range = range_of(levels.0);
    let fine_mask = mask.as_ref().map(|mask| mask[fine_range.clone()].to_vec());
    let mut coarse = Vec::with_capacity(range_of(levels.1).len());
    let mut coarse_mask = Vec::new();
    let is_plain = fine_mask.is_none() && sentinels.is_empty() && pooling == Pooling::Max;
    if is_plain && matches!(T::CLASS, SampleClass::Uint | SampleClass::Sint) {
        pool_plain_max(&texels[fine_range], levels.0, &mut coarse);
    } else {
        let fine = Fine {
            texels: &texels[fine_range],
            mask: fine_mask.as_deref(),
            level: levels.0,
            sentinels,
        };
        pool_valid(&fine, pooling, &mut coarse, &mut coarse_mask);
    }
    texels.append(&mut coarse);
    if let Some(mask) = mask {
        mask.append(&mut coarse_mask);
    }
}

/// A sentinel as the 32 bit word that the shader compares with.
pub(crate) fn shader_word<T: Texel>(sentinel: T) -> u32 {
    let bytes = bytemuck::bytes_of(&sentinel);
    match (T::CLASS, bytes) {
        (SampleClass::Sint, &[byte]) => i32::from(i8::from_ne_bytes([byte])).cast_unsigned(),
        (SampleClass::Sint, &[first, second]) => {
            i32::from(i16::from_ne_bytes([first, second])).cast_unsigned()
        }
        (SampleClass::Float, &[first, second]) => {
            half::f16::from_ne_bytes([first, second]).to_f32().to_bits()
        }
        (_, &[byte]) => u32::from(byte),
        (_, &[first, second]) => u32::from(u16::from_ne_bytes([first, second])),
        (_, &[first, second, third, fourth]) => u32::from_ne_bytes([first, second, third, fourth]),
        _ => 0,
    }
}

struct Fine<'a, T> {
    texels: &'a [T],
    mask: Option<&'a [u8]>,
    level: Level,
    sentinels: &'a [T],
}

fn range_of(level: Level) -> std::ops::Range<usize> {
    let start = level.offset as usize;
    start..start + level.width as usize * level.height as usize
}

/// The two source rows of each coarse row; the last one twice where the height is odd.
fn row_pairs<T>(texels: &[T], level: Level) -> impl Iterator<Item = (&[T], &[T])> {
    texels.chunks(2 * level.width as usize).map(move |rows| {
        let (upper, lower) = rows.split_at(level.width as usize);
        (upper, if lower.is_empty() { upper } else { lower })
    })
}

/// The fast path: integers, nothing invalid.
fn pool_plain_max<T: Texel>(texels: &[T], level: Level, coarse: &mut Vec<T>) {
    for (upper, lower) in row_pairs(texels, level) {
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        coarse.extend(pairs.map(|(up, low)| up[0].larger(up[1]).larger(low[0].larger(low[1]))));
        if level.width % 2 == 1
            && let (Some(up), Some(low)) = (upper.last(), lower.last())
        {
            coarse.push(up.larger(*low));
        }
    }
}

/// The careful path: only samples that are neither masked nor a sentinel nor NaN count.
fn pool_valid<T: Texel>(
    fine: &Fine<'_, T>,
    pooling: Pooling,
    coarse: &mut Vec<T>,
    coarse_mask: &mut Vec<u8>,
) {
    let (width, height) = (fine.level.width as usize, fine.level.height as usize);
    for y in (0..height).step_by(2) {
        for x in (0..width).step_by(2) {
            let mut valid = [T::zeroed(); 4];
            let mut valid_count = 0;
            for (row, column) in [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)] {
                if row >= height || column >= width {
                    continue;
                }
                let index = row * width + column;
                let texel = fine.texels[index];
                let is_masked = fine.mask.is_some_and(|mask| mask[index] != 0);
                if !is_masked && texel.is_finite() && !fine.sentinels.contains(&texel) {
                    valid[valid_count] = texel;
                    valid_count += 1;
                }
            }
            let first = y * width + x;
            let first_mask = fine.mask.map(|mask| mask[first]);
            coarse.push(match (&valid[..valid_count], pooling) {
                ([], _) => fine.texels[first],
                (values, Pooling::Mean) => T::mean(values),
                (values, Pooling::Max) => values[1..]
                    .iter()
                    .fold(values[0], |best, value| best.larger(*value)),
            });
            coarse_mask.extend(first_mask.map(|masked| if valid_count == 0 { masked } else { 0 }));
        }
    }
}
