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
    let fine = Fine {
        texels: &texels[fine_range],
        mask: fine_mask.as_deref(),
        level: levels.0,
        sentinels,
    };
    let is_whole = matches!(T::CLASS, SampleClass::Uint | SampleClass::Sint);
    if pooling == Pooling::Mean || T::CLASS == SampleClass::Complex {
        pool_valid(&fine, pooling, &mut coarse, &mut coarse_mask);
    } else if is_whole && fine.mask.is_none() && sentinels.is_empty() {
        pool_plain_max(fine.texels, levels.0, &mut coarse);
    } else {
        pool_valid_max(&fine, &mut coarse, &mut coarse_mask);
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

/// Two rows of a level become one: the larger of the valid texels above each other, and whether there is one.
struct Columns<T> {
    largest: Vec<T>,
    is_valid: Vec<u8>,
    /// Which texels of one row are valid.
    row: Vec<u8>,
}

impl<T: Texel> Columns<T> {
    /// Of rows so wide; a last column without any valid texel fills a pair.
    fn new(width: usize) -> Self {
        Self {
            largest: vec![T::LOWEST; width + 1],
            is_valid: vec![0; width + 1],
            row: vec![0; width],
        }
    }

    fn clear(&mut self) {
        self.largest.fill(T::LOWEST);
        self.is_valid.fill(0);
    }

    /// Takes a row. Each step is one of whole rows, without a branch, so that it becomes vector code.
    fn take(&mut self, texels: &[T], mask: Option<&[u8]>, sentinels: &[T]) {
        for (valid, texel) in self.row.iter_mut().zip(texels) {
            *valid = u8::from(texel.is_finite());
        }
        for (valid, masked) in self.row.iter_mut().zip(mask.into_iter().flatten()) {
            *valid &= u8::from(*masked == 0);
        }
        for sentinel in sentinels {
            for (valid, texel) in self.row.iter_mut().zip(texels) {
                *valid &= u8::from(texel != sentinel);
            }
        }
        let valid = self.row.iter().zip(texels);
        for ((largest, is_valid), (valid, texel)) in
            self.largest.iter_mut().zip(&mut self.is_valid).zip(valid)
        {
            let counted = if *valid == 0 { T::LOWEST } else { *texel };
            *largest = largest.larger(counted);
            *is_valid |= *valid;
        }
    }
}

/// The largest of the samples that are neither masked nor a sentinel nor NaN.
fn pool_valid_max<T: Texel>(fine: &Fine<'_, T>, coarse: &mut Vec<T>, coarse_mask: &mut Vec<u8>) {
    let width = fine.level.width as usize;
    let mut columns = Columns::new(width);
    for (pair, texels) in fine.texels.chunks(2 * width).enumerate() {
        let first = pair * 2 * width;
        let mask = fine.mask.map(|mask| &mask[first..first + texels.len()]);
        columns.clear();
        for row in (0..texels.len()).step_by(width) {
            let row = row..row + width;
            let mask = mask.map(|mask| &mask[row.clone()]);
            columns.take(&texels[row], mask, fine.sentinels);
        }
        let is_valid = columns
            .is_valid
            .chunks_exact(2)
            .map(|pair| pair[0] | pair[1]);
        let largest = columns.largest.chunks_exact(2);
        // Where none is valid the first one stays, which says why.
        let stays = texels[..width].iter().step_by(2);
        coarse.extend(
            largest
                .zip(is_valid.clone())
                .zip(stays)
                .map(|((pair, is_valid), first)| {
                    if is_valid == 0 {
                        *first
                    } else {
                        pair[0].larger(pair[1])
                    }
                }),
        );
        if let Some(mask) = mask {
            let stays = mask[..width].iter().step_by(2);
            coarse_mask.extend(is_valid.zip(stays).map(
                |(is_valid, mask)| {
                    if is_valid == 0 { *mask } else { 0 }
                },
            ));
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

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are small")]
mod tests {
    use super::*;

    /// Numbers without a pattern, the same on each run.
    fn noise(count: usize) -> impl Iterator<Item = u8> {
        let mut state = 7_u32;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(count)
    }

    fn hold<T: Texel + std::fmt::Debug>(texels: &[T], mask: Option<&[u8]>, sentinels: &[T]) {
        for (width, height) in [(12, 10), (11, 9), (1, 7), (7, 1), (1, 1), (2, 2)] {
            let fine = Fine {
                texels: &texels[..width * height],
                mask: mask.map(|mask| &mask[..width * height]),
                level: Level {
                    offset: 0,
                    width: width as u32,
                    height: height as u32,
                },
                sentinels,
            };
            let (mut fast, mut careful) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
            pool_valid_max(&fine, &mut fast.0, &mut fast.1);
            pool_valid(&fine, Pooling::Max, &mut careful.0, &mut careful.1);
            // As bytes, since NaN is no NaN.
            let [fast_bytes, careful_bytes] =
                [&fast.0, &careful.0].map(|of| bytemuck::cast_slice::<T, u8>(of));
            assert_eq!(fast_bytes, careful_bytes, "{width} x {height}");
            assert_eq!(fast.1, careful.1, "{width} x {height}");
        }
    }

    #[test]
    fn whole_rows_give_what_one_texel_after_another_gives() {
        let mask: Vec<u8> = noise(240).map(|of| of % 3 / 2 + of % 2).collect();
        // Few values, so that places without any valid one are common, the lowest among them.
        let bytes: Vec<u8> = noise(240).map(|of| of / 64).collect();
        let words: Vec<u32> = bytes
            .iter()
            .map(|&of| (u32::MAX * u32::from(of == 3)) | u32::from(of))
            .collect();
        let signed: Vec<i16> = bytes
            .iter()
            .map(|&of| i16::MIN * i16::from(of == 0) + i16::from(of))
            .collect();
        let values = [f32::NAN, -1.5, f32::NEG_INFINITY, 0.25];
        let real: Vec<f32> = bytes.iter().map(|&of| values[usize::from(of)]).collect();
        for mask in [None, Some(mask.as_slice())] {
            hold(&bytes, mask, &[0, 3]);
            hold(&words, mask, &[u32::MAX, u32::MAX - 1]);
            hold(&signed, mask, &[1]);
            hold(&real, mask, &[]);
            hold(&real, mask, &[-1.5]);
        }
    }
}
