//! The length of a scale bar.

/// A round length of about 80 points: its name, and how long it is on the screen.
pub(crate) fn scale_of(pixel_size_m: f64, zoom: f64) -> Option<(String, f32)> {
    let per_point = pixel_size_m / zoom;
    if !(per_point.is_finite() && per_point > 0.0) {
        return None;
    }
    let wanted = 60.0 * per_point;
    let power = 10f64.powf(wanted.log10().floor());
    let length = [5.0, 2.0, 1.0]
        .into_iter()
        .map(|step| step * power)
        .find(|length| *length <= wanted)
        .unwrap_or(power);
    let units = [(1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm")];
    let (unit, name) = units
        .into_iter()
        .find(|(unit, _)| length >= unit * 0.0999)
        .unwrap_or((1e-9, "nm"));
    #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
    let points = (length / per_point) as f32;
    Some((
        format!("{} {name}", crate::numbers::float(length / unit, 1)),
        points,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_bar_is_a_round_length() {
        let (name, points) = scale_of(1e-6, 0.1).unwrap();
        assert_eq!(name, "0.5 mm", "ten micrometres a point");
        assert!((points - 50.0).abs() < 0.1, "{points} points");
        assert!(scale_of(0.0, 1.0).is_none(), "no pixel size, no bar");
    }
}
