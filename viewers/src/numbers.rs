//! How numbers are written: thin spaces between thousands, units beside them, significant digits.

use egui::{FontId, Ui};

/// Between thousands, and between a number and its unit where the line may not break.
pub const THIN_SPACE: char = '\u{2009}';
/// A true minus is as wide as a plus.
const MINUS: char = '−';
/// What stands where a number is missing.
pub const NO_VALUE: &str = "no value";

/// A count with thin spaces between thousands: `1 284`.
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// A whole number with its sign: `−3`, `41 207`.
pub fn integer(value: i64) -> String {
    let digits = count(value.unsigned_abs());
    if value < 0 {
        format!("{MINUS}{digits}")
    } else {
        digits
    }
}

/// The text that a click copies: thin spaces between digits go, the minus becomes ASCII.
pub fn copy_text(shown: &str) -> String {
    let chars: Vec<char> = shown.chars().collect();
    let is_digit = |index: Option<usize>| {
        index
            .and_then(|index| chars.get(index))
            .is_some_and(char::is_ascii_digit)
    };
    let mut plain = String::with_capacity(shown.len());
    for (index, &character) in chars.iter().enumerate() {
        match character {
            THIN_SPACE | '\u{202f}'
                if is_digit(index.checked_sub(1)) && is_digit(Some(index + 1)) => {}
            THIN_SPACE | '\u{202f}' => plain.push(' '),
            MINUS => plain.push('-'),
            other => plain.push(other),
        }
    }
    plain
}

/// A size in decimal units: `9.8 MB`, `18.2 GB`, `412 GB`.
pub fn bytes(size_bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if size_bytes < 1000 {
        return format!("{size_bytes} B");
    }
    let mut value = size_bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // 999.5 would be written as 1000.
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{} {unit}", short(value))
}

/// How much of a size is here: `9.8 MB of 18.2 GB`.
pub fn bytes_of(done_bytes: u64, total_bytes: u64) -> String {
    format!("{} of {}", bytes(done_bytes), bytes(total_bytes))
}

/// A time span: `8 ms`, `0.19 s`, `2 min`, `1 h 20 min`, `3 d 4 h`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return NO_VALUE.to_owned();
    }
    if secs < 0.000_999_5 {
        format!("{} µs", short(secs * 1e6))
    } else if secs < 0.0995 {
        format!("{} ms", short(secs * 1e3))
    } else if secs < 0.995 {
        format!("{secs:.2} s")
    } else if secs < 59.5 {
        format!("{} s", short(secs))
    } else if secs < 59.5 * 60.0 {
        format!("{:.0} min", secs / 60.0)
    } else if secs < 86_400.0 {
        let minutes = (secs / 60.0).round();
        pair((minutes / 60.0).floor(), "h", minutes % 60.0, "min")
    } else {
        let hours = (secs / 3600.0).round();
        pair((hours / 24.0).floor(), "d", hours % 24.0, "h")
    }
}

/// The time until something is done or ends: `2 h left`.
pub fn time_left(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return NO_VALUE.to_owned();
    }
    // Nobody plans with the minutes of an hour that is still to come.
    let rounded = if secs >= 7200.0 {
        (secs / 3600.0).floor() * 3600.0
    } else if secs >= 1.0 {
        secs.round()
    } else {
        return "a moment left".to_owned();
    };
    format!("{} left", duration(rounded))
}

/// A rate of transfer: `86 MB/s`.
pub fn rate(bytes_per_sec: f64) -> String {
    if !bytes_per_sec.is_finite() || bytes_per_sec < 0.0 {
        return NO_VALUE.to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above; a float cast saturates"
    )]
    let whole = bytes_per_sec.round() as u64;
    format!("{}/s", bytes(whole))
}

/// A share: `1.2 %`, `100 %`; small shares keep two digits, `0.004 %` becomes `< 0.01 %`.
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    if !value.is_finite() {
        NO_VALUE.to_owned()
    } else if value != 0.0 && value.abs() < 0.01 {
        "< 0.01 %".to_owned()
    } else if value.abs() < 0.995 && value != 0.0 {
        format!("{} %", trim(&format!("{value:.2}")))
    } else if value.abs() < 9.95 {
        format!("{} %", trim(&format!("{value:.1}")))
    } else {
        format!("{value:.0} %")
    }
}

/// A number with so many significant digits: `1.58`, `1 224.5`, `1.2e−9`; NaN is "no value".
///
/// Trailing zeros are kept, because they are significant. Whole digits are never rounded away
/// below a million: `float(41207.3, 3)` is `41 207`.
pub fn float(value: f64, significant: usize) -> String {
    if value.is_nan() {
        return NO_VALUE.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let significant = significant.clamp(1, 17);
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = exponent_after_rounding(value, significant);
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(decimals_for(exponent, significant)).unwrap_or(0);
        signed(&group(&format!("{:.decimals$}", value.abs())), value)
    } else {
        let text = format!("{:.*e}", significant - 1, value.abs());
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        signed(
            &format!("{mantissa}e{}", power.replace('-', &MINUS.to_string())),
            value,
        )
    }
}

/// A count with what it counts, of which there may be one: `1 point`, `21 points`.
pub fn counted(value: u64, name: &str) -> String {
    let end = if value == 1 { "" } else { "s" };
    format!("{} {name}{end}", count(value))
}

/// So many significant digits tell numbers up to `far` from others that lie `step` beside them; six at least.
pub fn digits(far: f64, step: f64) -> usize {
    // One more than the step's first digit: steps of 2.5 have two.
    let digits = (far / step).abs().log10().ceil() + 2.0;
    if digits.is_finite() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the digits of binary64"
        )]
        let digits = digits.clamp(6.0, 16.0) as usize;
        digits
    } else {
        6
    }
}

/// A number that is told from others `step` beside it, of which the farthest from zero is `far`.
pub fn precise(value: f64, far: f64, step: f64) -> String {
    let digits = digits(far, step);
    let is_long = digits > 6 && (1e6..1e15).contains(&value.abs());
    if !is_long {
        return float(value, digits);
    }
    let decimals = usize::try_from(decimals_for(exponent_after_rounding(value, digits), digits));
    let decimals = decimals.unwrap_or(0);
    signed(&group(&format!("{:.decimals$}", value.abs())), value)
}

/// A value and its standard uncertainty, both to the place of the uncertainty's second digit:
/// `1.42 ± 0.87`, `41 207 ± 203`.
pub fn uncertainty(value: f64, sigma: f64) -> String {
    if value.is_nan() {
        return NO_VALUE.to_owned();
    }
    if !sigma.is_finite() || sigma <= 0.0 || !value.is_finite() {
        return float(value, 4);
    }
    let largest = value.abs().max(sigma);
    // More digits than anybody reads say no more than the power of ten of the uncertainty.
    if sigma < 1e-6 * largest {
        return format!("{} ± {}", float(value, 7), float(sigma, 2));
    }
    if !(1e-4..1e6).contains(&largest) {
        return format!("{} ± {}", float(value, 3), float(sigma, 2));
    }
    let decimals = decimals_for(exponent_after_rounding(sigma, 2), 2).min(9);
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let value_text = signed(&group(&format!("{:.decimals$}", value.abs())), value);
    format!("{value_text} ± {}", group(&format!("{sigma:.decimals$}")))
}

/// A mean, and how far the values of which it is one lie around it: `9.2717 ± 27.05`. That says nothing of how well the
/// mean is known, so that its digits are kept.
pub fn spread(mean: f64, sigma: f64) -> String {
    format!("{} ± {}", float(mean, 5), float(sigma, 4))
}

/// The text, cut in the middle so that it fits into `width` points.
///
/// The end is kept a little longer than the start: the numbers of files are there. A width that
/// holds nothing gives `…`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a font is made where it is used"
)]
pub fn elide_middle(text: &str, width: f32, font: FontId, ui: &Ui) -> String {
    let measure = |text: String| {
        ui.painter()
            .layout_no_wrap(text, font.clone(), egui::Color32::WHITE)
            .size()
            .x
    };
    if measure(text.to_owned()) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let end = kept.div_ceil(2).min(chars.len());
        let start = kept - end;
        let head: String = chars[..start].iter().collect();
        let tail: String = chars[chars.len() - end..].iter().collect();
        format!("{}…{}", head.trim_end(), tail.trim_start())
    };
    // The longest that fits, by halves: a name of 200 characters costs 8 layouts, all cached.
    let (mut fits, mut too_long) = (0, chars.len());
    while too_long - fits > 1 {
        let kept = fits.midpoint(too_long);
        if measure(cut(kept)) <= width {
            fits = kept;
        } else {
            too_long = kept;
        }
    }
    cut(fits)
}

/// Thin spaces between the thousands of the whole part.
fn group(number: &str) -> String {
    let (whole, rest) = number
        .find('.')
        .map_or((number, ""), |at| number.split_at(at));
    let mut grouped = String::with_capacity(number.len() + number.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(THIN_SPACE);
        }
        grouped.push(digit);
    }
    grouped.push_str(rest);
    grouped
}

/// At most three digits, without a trailing `.0`.
fn short(value: f64) -> String {
    if value < 99.95 {
        trim(&format!("{value:.1}")).to_owned()
    } else {
        format!("{value:.0}")
    }
}

fn trim(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

fn signed(magnitude: &str, value: f64) -> String {
    let is_zero = !magnitude.chars().any(|c| ('1'..='9').contains(&c));
    if value < 0.0 && !is_zero {
        format!("{MINUS}{magnitude}")
    } else {
        magnitude.to_owned()
    }
}

fn pair(large: f64, large_unit: &str, small: f64, small_unit: &str) -> String {
    if small < 0.5 {
        format!("{large:.0} {large_unit}")
    } else {
        format!("{large:.0} {large_unit} {small:.0} {small_unit}")
    }
}

/// The power of ten of the first digit, after rounding to so many digits.
fn exponent_after_rounding(value: f64, significant: usize) -> i32 {
    format!("{:.*e}", significant - 1, value.abs())
        .split_once('e')
        .and_then(|(_, power)| power.parse().ok())
        .unwrap_or(0)
}

fn decimals_for(exponent: i32, significant: usize) -> i32 {
    (i32::try_from(significant).unwrap_or(17) - 1 - exponent).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thin_spaces_between_thousands() {
        assert_eq!(count(0), "0", "a zero");
        assert_eq!(count(999), "999", "no space below a thousand");
        assert_eq!(count(1284), "1\u{2009}284", "one space");
        assert_eq!(
            count(1_234_567),
            "1\u{2009}234\u{2009}567",
            "a space for each thousand"
        );
        assert_eq!(integer(-3), "−3", "a true minus");
        assert_eq!(integer(i64::MIN).chars().count(), 26, "the least number");
    }

    #[test]
    fn a_copied_number_is_plain() {
        assert_eq!(copy_text(&count(1_234_567)), "1234567", "digits only");
        assert_eq!(copy_text(&integer(-1500)), "-1500", "an ASCII minus");
        assert_eq!(
            copy_text("1\u{2009}224.5\u{2009}px"),
            "1224.5 px",
            "the unit stays apart"
        );
    }

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(bytes(512), "512 B", "bytes");
        assert_eq!(bytes(9_800_000), "9.8 MB", "as in the window");
        assert_eq!(bytes(18_200_000_000), "18.2 GB", "as in the window");
        assert_eq!(bytes(412_000_000_000), "412 GB", "three digits");
        assert_eq!(bytes(999_999), "1 MB", "never 1000 kB");
        assert_eq!(bytes(4_000_000_000), "4 GB", "no trailing zero");
        assert_eq!(
            bytes_of(9_800_000, 18_200_000_000),
            "9.8 MB of 18.2 GB",
            "a part"
        );
        assert_eq!(rate(86.2e6), "86.2 MB/s", "a rate");
        assert_eq!(rate(f64::NAN), NO_VALUE, "no rate");
    }

    #[test]
    fn spans_of_time_use_the_unit_that_is_read() {
        assert_eq!(duration(0.008), "8 ms", "an exposure");
        assert_eq!(duration(0.19), "0.19 s", "a slice");
        assert_eq!(duration(12.0), "12 s", "seconds");
        assert_eq!(duration(120.0), "2 min", "minutes");
        assert_eq!(duration(4800.0), "1 h 20 min", "hours");
        assert_eq!(duration(7200.0), "2 h", "no zero minutes");
        assert_eq!(duration(100.0 * 3600.0), "4 d 4 h", "days");
        assert_eq!(duration(-1.0), NO_VALUE, "no negative spans");
        assert_eq!(time_left(2.4 * 3600.0), "2 h left", "a token");
    }

    #[test]
    fn floats_keep_their_significant_digits() {
        assert_eq!(float(1.5799, 3), "1.58", "three digits");
        assert_eq!(float(1224.5, 5), "1\u{2009}224.5", "an axis");
        assert_eq!(float(41207.3, 3), "41\u{2009}207", "whole digits stay");
        assert_eq!(float(1.2e-9, 2), "1.2e−9", "small");
        assert_eq!(float(9.999, 3), "10.0", "rounding up keeps three digits");
        assert_eq!(float(999_999.9, 3), "1.00e6", "rounding up to a million");
        assert_eq!(float(-0.25, 2), "−0.25", "negative");
        assert_eq!(float(f64::NAN, 3), NO_VALUE, "NaN");
        assert_eq!(float(f64::NEG_INFINITY, 3), "−∞", "infinite");
    }

    #[test]
    fn a_mean_keeps_its_digits_however_far_values_lie_around_it() {
        assert_eq!(spread(9.271_7, 27.05), "9.2717 ± 27.05");
        assert_eq!(
            spread(f64::NAN, f64::NAN),
            format!("{NO_VALUE} ± {NO_VALUE}")
        );
    }

    #[test]
    fn value_ends_where_its_uncertainty_ends() {
        assert_eq!(
            uncertainty(1.4234, 0.871),
            "1.42 ± 0.87",
            "as in the window"
        );
        assert_eq!(
            uncertainty(41207.0, 203.0),
            "41\u{2009}207 ± 203",
            "whole counts are kept"
        );
        assert_eq!(uncertainty(9.84, 14.13), "10 ± 14", "two digits");
        let exact = uncertainty(2.5, 3e-13);
        assert_eq!(exact, "2.500000 ± 3.0e−13", "not thirteen decimals");
        assert_eq!(uncertainty(f64::NAN, 1.0), NO_VALUE, "NaN");
        assert_eq!(uncertainty(2.0, f64::NAN), "2.000", "no uncertainty");
    }

    #[test]
    fn shares_are_written_as_read() {
        assert_eq!(percent(0.012), "1.2 %", "a share");
        assert_eq!(percent(1.0), "100 %", "all");
        assert_eq!(percent(0.0), "0 %", "none");
        assert_eq!(percent(0.000_01), "< 0.01 %", "almost none");
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let ctx = egui::Context::default();
        crate::fonts::install(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let font = FontId::proportional(13.0);
            let name = "lysozyme_at_room_temperature_run_0012_master.h5";
            let cut = elide_middle(name, 150.0, font.clone(), ui);
            assert!(cut.contains('…'), "the cut shows: {cut}");
            assert!(
                cut.starts_with("lys") && cut.ends_with("master.h5"),
                "both ends stay: {cut}"
            );
            let width = ui
                .painter()
                .layout_no_wrap(cut, font.clone(), egui::Color32::WHITE)
                .size()
                .x;
            assert!(width <= 150.0, "it fits: {width}");
            assert_eq!(
                elide_middle("short", 150.0, font.clone(), ui),
                "short",
                "what fits is not cut"
            );
            assert_eq!(elide_middle(name, 1.0, font, ui), "…", "nothing fits");
        });
        output.textures_delta.clear();
    }
}
