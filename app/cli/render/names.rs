//! Whole numbers in a picture: indices of reflections, in small letters of our own.

use hutch_render::RgbaPicture;
use hutch_viewers::theme::{ThemeKind, Tokens};

/// Width, height and distance of letters, in pixels.
const WIDTH: usize = 5;
const HEIGHT: usize = 7;
const STEP: usize = 6;
/// Pixels of the ground around the letters.
const EDGE: usize = 2;

/// Rows of the digits from 0 to 9 and of a minus, the leftmost pixel in the highest of five bits.
const LETTERS: [[u8; HEIGHT]; 11] = [
    [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
    [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
    [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f],
    [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
    [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
    [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
    [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
    [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
    [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
    [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
    [0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00],
];

/// Draws a name on a ground of its own, to the right of a point and around its height; what lies outside is left out.
pub(super) fn draw(picture: &mut RgbaPicture, name: &str, [x, y]: [f64; 2]) {
    let count = name.chars().count();
    let (Some(left), Some(middle)) = (index(x), index(y)) else {
        return;
    };
    let top = middle.saturating_sub(HEIGHT / 2 + EDGE);
    let tokens = Tokens::new(ThemeKind::Dark);
    let ground = tokens.raised.to_array();
    for row in 0..HEIGHT + 2 * EDGE {
        for column in 0..count * STEP + 2 * EDGE {
            put(picture, [left + column, top + row], ground);
        }
    }
    let ink = tokens.text.to_array();
    for (at, letter) in name.chars().enumerate() {
        let Some(rows) = rows_of(letter) else {
            continue;
        };
        for (row, bits) in rows.iter().enumerate() {
            for column in (0..WIDTH).filter(|column| bits >> (WIDTH - 1 - column) & 1 == 1) {
                let place = [left + EDGE + at * STEP + column, top + EDGE + row];
                put(picture, place, ink);
            }
        }
    }
}

/// The rows of a letter; none of what is neither a digit nor a minus.
fn rows_of(letter: char) -> Option<&'static [u8; HEIGHT]> {
    match letter {
        '-' | '\u{2212}' => LETTERS.last(),
        _ => LETTERS.get(usize::try_from(letter.to_digit(10)?).ok()?),
    }
}

/// A pixel from a place; none left of the picture, above it, or far away.
fn index(at: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a pixel"
    )]
    (0.0..1e6).contains(&at).then(|| at.round() as usize)
}

fn put(picture: &mut RgbaPicture, [x, y]: [usize; 2], [red, green, blue, _]: [u8; 4]) {
    if x >= picture.width as usize || y >= picture.height as usize {
        return;
    }
    let at = (y * picture.width as usize + x) * 4;
    if let Some(pixel) = picture.pixels.get_mut(at..at + 4) {
        pixel.copy_from_slice(&[red, green, blue, 0xff]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_a_minus_are_written_and_the_edge_cuts_them() {
        let mut picture = RgbaPicture {
            width: 30,
            height: 12,
            pixels: vec![0; 30 * 12 * 4],
        };
        draw(&mut picture, "1 \u{2212}7", [2.0, 6.0]);
        let ink = Tokens::new(ThemeKind::Dark).text.to_array();
        let inked: Vec<[usize; 2]> = (0..360)
            .filter(|at| picture.pixels[at * 4..at * 4 + 3] == ink[..3])
            .map(|at| [at % 30, at / 30])
            .collect();
        // The stem of the 1, the minus two letters on, the head of the 7.
        assert!(inked.contains(&[6, 6]), "{inked:?}");
        assert!((16..=20).all(|x| inked.contains(&[x, 6])), "{inked:?}");
        assert!((22..=26).all(|x| inked.contains(&[x, 3])), "{inked:?}");
        assert!(inked.iter().all(|[x, _]| !(9..=15).contains(x)), "a gap");
        draw(&mut picture, "888", [25.0, 1.0]);
        draw(&mut picture, "888", [-3.0, 1.0]);
        draw(&mut picture, "888", [f64::NAN, 1.0]);
    }
}
