//! How curves are told apart: by colour, by marker, and by dashes beyond the last colour.

use egui::Color32;
use egui_plot::{LineStyle, MarkerShape};

use crate::theme::Tokens;

/// Behind the accent, in an order in which neighbours differ for every kind of colour vision.
/// Source: Okabe and Ito, Color Universal Design (2008), lightened for a dark ground.
const ON_DARK: [Color32; 6] = [
    Color32::from_rgb(0xe6, 0x9f, 0x00),
    Color32::from_rgb(0x56, 0xb4, 0xe9),
    Color32::from_rgb(0xe0, 0x8a, 0xbb),
    Color32::from_rgb(0xf0, 0xe4, 0x42),
    Color32::from_rgb(0xee, 0x6f, 0x2c),
    Color32::from_rgb(0x9a, 0x9f, 0xff),
];
/// The same, darkened until they stand out from a light ground by 3 to 1.
const ON_LIGHT: [Color32; 6] = [
    Color32::from_rgb(0xb0, 0x6a, 0x00),
    Color32::from_rgb(0x00, 0x72, 0xb2),
    Color32::from_rgb(0xa8, 0x4c, 0x80),
    Color32::from_rgb(0x80, 0x74, 0x00),
    Color32::from_rgb(0xc2, 0x47, 0x00),
    Color32::from_rgb(0x50, 0x48, 0xc8),
];
const SHAPES: [MarkerShape; 7] = [
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Up,
    MarkerShape::Diamond,
    MarkerShape::Down,
    MarkerShape::Cross,
    MarkerShape::Plus,
];

/// The colour of a place in the order.
pub(super) fn colour(tokens: &Tokens, place: usize) -> Color32 {
    let is_dark = tokens.behind.r() < 128;
    let others = if is_dark { ON_DARK } else { ON_LIGHT };
    match (place % (others.len() + 1)).checked_sub(1) {
        None => tokens.accent,
        Some(other) => others[other],
    }
}

/// The marker of a place in the order.
pub(super) const fn shape(place: usize) -> MarkerShape {
    SHAPES[place % SHAPES.len()]
}

/// The line of a place: dashed where colours are used again.
pub(super) const fn line(place: usize) -> LineStyle {
    match (place / SHAPES.len()) % 3 {
        0 => LineStyle::Solid,
        1 => LineStyle::Dashed { length: 8.0 },
        _ => LineStyle::Dotted { spacing: 5.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.
    fn luminance(colour: Color32) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
    }

    #[test]
    fn every_curve_stands_out_from_its_ground() {
        for (ground, colours) in [
            (Color32::from_rgb(0x10, 0x13, 0x17), ON_DARK),
            (Color32::from_rgb(0xee, 0xf1, 0xf4), ON_LIGHT),
        ] {
            for colour in colours {
                let (one, other) = (luminance(ground) + 0.05, luminance(colour) + 0.05);
                let contrast = one.max(other) / one.min(other);
                assert!(contrast >= 3.0, "{colour:?}: {contrast:.2}");
            }
        }
    }
}
