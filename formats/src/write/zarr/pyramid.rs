//! Smaller copies of a frame.

use hutch_model::{ElementType, Error, ErrorKind, Result};

use super::{Pyramid, TRIED};
use crate::write::stack::Stack;

/// A number that can be reduced.
trait Pixel: bytemuck::Pod + PartialOrd {
    /// As binary64; whole numbers beyond 2^53 are rounded.
    fn wide(self) -> f64;
    /// The nearest to a mean.
    fn of(mean: f64) -> Self;
    /// Whether it is a number that counts.
    fn counts(self, sentinels: &[i128]) -> bool;
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl Pixel for $kind {
            fn wide(self) -> f64 {
                self as f64
            }
            #[allow(
                clippy::allow_attributes,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a mean lies between its numbers"
            )]
            fn of(mean: f64) -> Self {
                mean.round() as Self
            }
            fn counts(self, sentinels: &[i128]) -> bool {
                sentinels.is_empty() || !sentinels.contains(&i128::from(self))
            }
        }
    )*};
}
whole!(u8, u16, u32, u64, i8, i16, i32, i64);

macro_rules! real {
    ($($kind:ty, $of:expr);*) => {$(
        impl Pixel for $kind {
            fn wide(self) -> f64 {
                self.into()
            }
            fn of(mean: f64) -> Self {
                $of(mean)
            }
            fn counts(self, _: &[i128]) -> bool {
                !self.is_nan()
            }
        }
    )*};
}
#[expect(clippy::cast_possible_truncation, reason = "the nearest is asked for")]
const fn to_f32(value: f64) -> f32 {
    value as f32
}
real!(half::f16, half::f16::from_f64; f32, to_f32; f64, |mean: f64| mean);

/// A frame of half the height and width, rounded up.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for complex samples.
pub(super) fn halved(stack: &Stack, bytes: &[u8], size: [u64; 2], how: Pyramid) -> Result<Vec<u8>> {
    let [_, width] = size;
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let sentinels = &stack.sentinels;
    match stack.element {
        ElementType::U8 => reduced::<u8>(bytes, width, how, sentinels),
        ElementType::U16 => reduced::<u16>(bytes, width, how, sentinels),
        ElementType::U32 => reduced::<u32>(bytes, width, how, sentinels),
        ElementType::U64 => reduced::<u64>(bytes, width, how, sentinels),
        ElementType::I8 => reduced::<i8>(bytes, width, how, sentinels),
        ElementType::I16 => reduced::<i16>(bytes, width, how, sentinels),
        ElementType::I32 => reduced::<i32>(bytes, width, how, sentinels),
        ElementType::I64 => reduced::<i64>(bytes, width, how, sentinels),
        ElementType::F16 => reduced::<half::f16>(bytes, width, how, sentinels),
        ElementType::F32 => reduced::<f32>(bytes, width, how, sentinels),
        ElementType::F64 => reduced::<f64>(bytes, width, how, sentinels),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            TRIED,
            format!("there are no smaller copies of {}", stack.element),
        )),
    }
}

fn reduced<T: Pixel>(
    bytes: &[u8],
    width: usize,
    how: Pyramid,
    sentinels: &[i128],
) -> Result<Vec<u8>> {
    let size = size_of::<T>();
    let row_bytes = width.max(1) * size;
    let read = |row: &[u8], x: usize| -> Option<T> {
        row.get(x * size..(x + 1) * size)
            .map(bytemuck::pod_read_unaligned)
    };
    let mut out = Vec::new();
    out.try_reserve_exact(bytes.len() / 4 + row_bytes)
        .map_err(|error| {
            Error::new(ErrorKind::Limit, TRIED, "too little memory").with_source(error)
        })?;
    for rows in bytes.chunks(2 * row_bytes) {
        let (upper, lower) = rows.split_at(row_bytes.min(rows.len()));
        for x in (0..width).step_by(2) {
            let four = [
                read(upper, x),
                read(upper, x + 1),
                read(lower, x),
                read(lower, x + 1),
            ];
            let Some(first) = four[0] else { continue };
            let counting = four
                .into_iter()
                .flatten()
                .filter(|value| value.counts(sentinels));
            let value = match how {
                Pyramid::Max => counting.reduce(|a, b| if b > a { b } else { a }),
                Pyramid::Mean | Pyramid::None => {
                    let (sum, count) = counting.fold((0.0, 0.0), |(sum, count), value| {
                        (sum + value.wide(), count + 1.0)
                    });
                    (count > 0.0).then(|| T::of(sum / count))
                }
            };
            out.extend_from_slice(bytemuck::bytes_of(&value.unwrap_or(first)));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<T: Pixel>(bytes: &[u8]) -> Vec<T> {
        bytes
            .chunks(size_of::<T>())
            .map(bytemuck::pod_read_unaligned)
            .collect()
    }

    #[test]
    fn a_mean_leaves_out_what_is_no_data_and_keeps_it_alone() {
        let gap = u32::MAX;
        let frame: Vec<u32> = vec![1, 2, gap, 3, 6, gap];
        let bytes: &[u8] = bytemuck::cast_slice(&frame);
        let halved = reduced::<u32>(bytes, 3, Pyramid::Mean, &[gap.into()]).unwrap();
        let found: Vec<u32> = numbers(&halved);
        assert_eq!(found, [3, gap], "(1 + 2 + 3 + 6) / 4, and no data");
    }

    #[test]
    fn the_largest_stays_and_odd_edges_count_what_is_there() {
        let frame: Vec<f32> = vec![1.0, f32::NAN, 5.0, 2.0, 9.0, 4.0, 7.0, 8.0, -1.0];
        let bytes: &[u8] = bytemuck::cast_slice(&frame);
        let halved = reduced::<f32>(bytes, 3, Pyramid::Max, &[]).unwrap();
        let found: Vec<f32> = numbers(&halved);
        assert_eq!(found, [9.0, 5.0, 8.0, -1.0], "2 by 2, then the edges");
    }
}
