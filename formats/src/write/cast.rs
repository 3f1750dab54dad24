//! Samples in another type, where it holds them.

use half::f16;
use hutch_model::{ElementType, Error, ErrorKind, Result, Samples};

/// Whether samples of a type may be asked for in another one.
pub fn can_cast(from: &ElementType, to: &ElementType) -> bool {
    from.is_numeric() && to.is_numeric() && (to.is_complex() || !from.is_complex())
}

/// The same numbers in another type.
///
/// Whole numbers stay what they are; a real number becomes the nearest one that the type holds, a
/// whole one the nearest whole number (halves away from zero). Nothing is clipped.
///
/// # Errors
/// [`ErrorKind::Usage`] for a sample beyond the type, NaN in whole numbers, and types that do not
/// become each other.
pub fn cast(samples: Samples, to: &ElementType) -> Result<Samples> {
    let from = samples.element();
    if from == *to {
        return Ok(samples);
    }
    if !can_cast(&from, to) {
        return Err(refused(&from, to, "one is no number of the other kind"));
    }
    if to.is_integer() {
        return to_whole(&samples, to);
    }
    let mut cast = Samples::zeroed(to, samples.len())?;
    #[expect(clippy::cast_possible_truncation, reason = "the nearest is asked for")]
    let is_beyond = match &mut cast {
        Samples::F16(values) => fill(values, &samples, f16::from_f64, f16::is_infinite),
        Samples::F32(values) => fill(values, &samples, |value| value as f32, f32::is_infinite),
        Samples::F64(values) => fill(values, &samples, |value| value, f64::is_infinite),
        Samples::Complex64(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                let [real, imaginary] = parts(&samples, index);
                *value = [real as f32, imaginary as f32];
            }
            false
        }
        Samples::Complex128(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                *value = parts(&samples, index);
            }
            false
        }
        _ => return Err(refused(&from, to, "the type is not known")),
    };
    if is_beyond {
        return Err(refused(&from, to, "a sample lies beyond what it holds"));
    }
    Ok(cast)
}

/// Fills values; whether a finite sample became infinite.
fn fill<T: Copy>(
    values: &mut [T],
    samples: &Samples,
    of: impl Fn(f64) -> T,
    is_infinite: impl Fn(T) -> bool,
) -> bool {
    let mut is_beyond = false;
    for (index, value) in values.iter_mut().enumerate() {
        let sample = samples.get_f64(index);
        *value = of(sample);
        is_beyond |= is_infinite(*value) && sample.is_finite();
    }
    is_beyond
}

fn parts(samples: &Samples, index: usize) -> [f64; 2] {
    match samples {
        Samples::Complex64(values) => values
            .get(index)
            .map_or([f64::NAN; 2], |value| value.map(f64::from)),
        Samples::Complex128(values) => values.get(index).copied().unwrap_or([f64::NAN; 2]),
        real => [real.get_f64(index), 0.0],
    }
}

/// A sample as a whole number; none for NaN and infinities.
fn whole(samples: &Samples, index: usize) -> Option<i128> {
    match samples {
        Samples::U64(values) => values.get(index).map(|&value| value.into()),
        Samples::I64(values) => values.get(index).map(|&value| value.into()),
        // Every other whole number is exact in binary64.
        other => {
            let value = other.get_f64(index);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "finite, and clipped far beyond 64 bits"
            )]
            let whole = value.round() as i128;
            value.is_finite().then_some(whole)
        }
    }
}

fn to_whole(samples: &Samples, to: &ElementType) -> Result<Samples> {
    let mut cast = Samples::zeroed(to, samples.len())?;
    macro_rules! fill {
        ($values:expr) => {
            for (index, value) in $values.iter_mut().enumerate() {
                *value = whole(samples, index)
                    .and_then(|whole| whole.try_into().ok())
                    .ok_or_else(|| {
                        let why = format!("it does not hold {}", samples.get_text(index));
                        refused(&samples.element(), to, &why)
                    })?;
            }
        };
    }
    match &mut cast {
        Samples::U8(values) => fill!(values),
        Samples::U16(values) => fill!(values),
        Samples::U32(values) => fill!(values),
        Samples::U64(values) => fill!(values),
        Samples::I8(values) => fill!(values),
        Samples::I16(values) => fill!(values),
        Samples::I32(values) => fill!(values),
        Samples::I64(values) => fill!(values),
        _ => return Err(refused(&samples.element(), to, "the type is not known")),
    }
    Ok(cast)
}

fn refused(from: &ElementType, to: &ElementType, why: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("write {from} as {to}"), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_type_does_not_hold_is_refused_and_never_clipped() {
        let error = cast(Samples::U32(vec![7, 70_000]), &ElementType::U16).unwrap_err();
        assert!(error.why.contains("70000"), "{error}");
        let error = cast(Samples::F32(vec![f32::NAN]), &ElementType::I32).unwrap_err();
        assert!(error.why.contains("NaN"), "{error}");
        assert!(
            cast(Samples::I16(vec![-1]), &ElementType::U64).is_err(),
            "no sign"
        );
        assert!(
            cast(Samples::F64(vec![1e300]), &ElementType::F32).is_err(),
            "too large"
        );
        assert!(
            cast(Samples::Complex64(vec![[1.0, 0.0]]), &ElementType::F32).is_err(),
            "no part is dropped"
        );
    }

    #[test]
    fn numbers_stay_themselves_in_a_wider_type() {
        let largest = cast(Samples::U64(vec![u64::MAX - 1]), &ElementType::U64).unwrap();
        assert_eq!(largest, Samples::U64(vec![u64::MAX - 1]), "every bit");
        let signed = cast(Samples::U32(vec![u32::MAX]), &ElementType::I64).unwrap();
        assert_eq!(signed, Samples::I64(vec![4_294_967_295]), "wider");
        let rounded = cast(Samples::F64(vec![1.5, -2.4]), &ElementType::I8).unwrap();
        assert_eq!(rounded, Samples::I8(vec![2, -2]), "the nearest");
        let real = cast(
            Samples::F64(vec![f64::INFINITY, f64::NAN]),
            &ElementType::F32,
        )
        .unwrap();
        assert_eq!(real.get_text(0), "inf", "infinities stay");
    }
}
