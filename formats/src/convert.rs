//! Numbers of one type as another, as when a virtual dataset and its sources
//! differ in type.

use half::f16;
use hutch_model::{ElementType, Error, ErrorKind, Result, Samples};

/// The same numbers in another type, as HDF5 converts them: integers are
/// clipped at the ends of the type, reals are rounded to the nearest, and a
/// real that becomes an integer loses its fraction.
///
/// # Errors
/// [`ErrorKind::Unsupported`] between numbers and anything else.
pub(crate) fn convert(samples: Samples, to: &ElementType) -> Result<Samples> {
    let from = samples.element();
    if from == *to || matches!((&samples, to), (Samples::Values(_), ElementType::Values(_))) {
        return Ok(samples);
    }
    let is_possible = from.is_numeric()
        && to.is_numeric()
        && (to.is_complex() || !from.is_complex())
        && !matches!(samples, Samples::Text(_));
    if !is_possible {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "convert samples",
            format!("{from} does not become {to}"),
        ));
    }
    let count = samples.len();
    let mut converted = Samples::zeroed(to, count)?;
    fill(&samples, &mut converted);
    Ok(converted)
}

/// Whole numbers in a type that holds those of all types.
fn whole(samples: &Samples) -> Option<Vec<i128>> {
    macro_rules! widen {
        ($values:expr) => {
            Some($values.iter().map(|&value| i128::from(value)).collect())
        };
    }
    match samples {
        Samples::U8(values) => widen!(values),
        Samples::U16(values) => widen!(values),
        Samples::U32(values) => widen!(values),
        Samples::U64(values) => widen!(values),
        Samples::I8(values) => widen!(values),
        Samples::I16(values) => widen!(values),
        Samples::I32(values) => widen!(values),
        Samples::I64(values) => widen!(values),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "conversions round and clip as they say"
)]
fn fill(samples: &Samples, into: &mut Samples) {
    let whole = whole(samples);
    /// Clips whole numbers; a cast of a real number clips by itself.
    macro_rules! integers {
        ($kind:ty, $into:expr) => {
            match &whole {
                Some(numbers) => {
                    let (low, high) = (i128::from(<$kind>::MIN), i128::from(<$kind>::MAX));
                    for (place, number) in $into.iter_mut().zip(numbers) {
                        *place = (*number).clamp(low, high) as $kind;
                    }
                }
                None => {
                    for (index, place) in $into.iter_mut().enumerate() {
                        *place = samples.get_f64(index) as $kind;
                    }
                }
            }
        };
    }
    match into {
        Samples::U8(into) => integers!(u8, into),
        Samples::U16(into) => integers!(u16, into),
        Samples::U32(into) => integers!(u32, into),
        Samples::U64(into) => integers!(u64, into),
        Samples::I8(into) => integers!(i8, into),
        Samples::I16(into) => integers!(i16, into),
        Samples::I32(into) => integers!(i32, into),
        Samples::I64(into) => integers!(i64, into),
        Samples::F16(into) => each(into, |index| f16::from_f64(samples.get_f64(index))),
        Samples::F32(into) => match &whole {
            // Straight from the integer, so that it is rounded once.
            Some(numbers) => each(into, |index| numbers[index] as f32),
            None => each(into, |index| samples.get_f64(index) as f32),
        },
        Samples::F64(into) => each(into, |index| samples.get_f64(index)),
        Samples::Complex64(into) => each(into, |index| {
            complex(samples, index).map(|part| part as f32)
        }),
        Samples::Complex128(into) => each(into, |index| complex(samples, index)),
        Samples::Text(_) | Samples::Values(_) => {}
    }
}

fn each<T>(into: &mut [T], value: impl Fn(usize) -> T) {
    for (index, place) in into.iter_mut().enumerate() {
        *place = value(index);
    }
}

fn complex(samples: &Samples, index: usize) -> [f64; 2] {
    match samples {
        Samples::Complex64(values) => values[index].map(f64::from),
        Samples::Complex128(values) => values[index],
        real => [real.get_f64(index), 0.0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_clipped_at_the_ends_of_the_type() {
        let converted = convert(Samples::I32(vec![-5, 7, 70_000]), &ElementType::U16).unwrap();
        assert_eq!(
            converted,
            Samples::U16(vec![0, 7, 65_535]),
            "as libhdf5 does"
        );
    }

    #[test]
    fn every_64_bit_integer_survives() {
        let converted = convert(Samples::U64(vec![u64::MAX]), &ElementType::U64).unwrap();
        assert_eq!(converted, Samples::U64(vec![u64::MAX]), "nothing is lost");
        let narrowed = convert(Samples::I64(vec![i64::MIN]), &ElementType::U64).unwrap();
        assert_eq!(narrowed, Samples::U64(vec![0]), "a negative one is clipped");
    }

    #[test]
    fn text_does_not_become_a_number() {
        let text = Samples::Text(vec!["1".to_owned()]);
        let error = convert(text, &ElementType::F64).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported, "it is refused");
    }
}
