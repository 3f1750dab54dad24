//! Units as files write them.

/// Metres for one of a unit of length; `None` where the unit is not known.
pub(crate) fn metres(unit: &str) -> Option<f64> {
    Some(match unit.trim().to_lowercase().as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" => 1.0,
        "cm" => 1e-2,
        "mm" | "millimetre" | "millimetres" | "millimeter" | "millimeters" => 1e-3,
        "um" | "\u{b5}m" | "\u{3bc}m" | "micron" | "microns" | "micrometre" | "micrometer" => 1e-6,
        "nm" | "nanometre" | "nanometer" => 1e-9,
        _ => return None,
    })
}

/// Radians for one of a unit of angle; `None` where the unit is not known.
pub(crate) fn radians(unit: &str) -> Option<f64> {
    Some(match unit.trim().to_lowercase().as_str() {
        "deg" | "degree" | "degrees" | "\u{b0}" => 1f64.to_radians(),
        "rad" | "radian" | "radians" => 1.0,
        "mrad" => 1e-3,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_letters_for_micro_are_known() {
        assert_eq!(metres("\u{b5}m"), Some(1e-6), "the micro sign");
        assert_eq!(metres("\u{3bc}m"), Some(1e-6), "the Greek letter");
        assert_eq!(metres("counts"), None, "no length");
    }
}
