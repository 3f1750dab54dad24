//! Numbers and words of the lines of a stream.

/// The first number in a text.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let word = text.split_ascii_whitespace().next()?;
    word.trim_end_matches(',')
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// The value behind `key = `.
pub(super) fn value<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(key.as_bytes())?.trim_ascii_start();
    Some(rest.strip_prefix(b"=")?.trim_ascii())
}

/// A whole number behind `key = `.
pub(super) fn count(line: &[u8], key: &str) -> Option<u32> {
    let text = std::str::from_utf8(value(line, key)?).ok()?;
    text.parse().ok()
}

/// The six numbers of `Cell parameters a b c nm, al be ga deg`: nm and degrees.
pub(super) fn cell(line: &[u8]) -> Option<[f32; 6]> {
    let text = std::str::from_utf8(line.strip_prefix(b"Cell parameters ")?).ok()?;
    let mut numbers = text
        .split([' ', ','])
        .filter_map(|word| word.parse::<f32>().ok())
        .filter(|number| number.is_finite());
    let mut cell = [0.0; 6];
    for place in &mut cell {
        *place = numbers.next()?;
    }
    Some(cell)
}
