//! The type faces of the window and how egui finds them.
//!
//! IBM Plex Sans (its default figures are tabular), IBM Plex Mono, and `DejaVu` Sans for what Plex
//! lacks. Sources and licences: `viewers/fonts/README.md`.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily};

/// Name of the family with weight 500: values, titles of rows, buttons.
const MEDIUM: &str = "medium";
/// Name of the family with weight 600: titles of panes, the name of the program.
const SEMIBOLD: &str = "semibold";

/// Installs the type faces. Call once, before the first pass.
///
/// Without it the families of [`medium`] and [`semibold`] do not exist and egui panics when a
/// widget uses them.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

/// The family with weight 500.
pub fn medium() -> FontFamily {
    FontFamily::Name(MEDIUM.into())
}

/// The family with weight 600.
pub fn semibold() -> FontFamily {
    FontFamily::Name(SEMIBOLD.into())
}

fn definitions() -> FontDefinitions {
    let faces: [(&str, &'static [u8]); 5] = [
        (
            "plex-sans",
            include_bytes!("../fonts/IBMPlexSans-Regular.ttf"),
        ),
        (
            "plex-sans-medium",
            include_bytes!("../fonts/IBMPlexSans-Medium.ttf"),
        ),
        (
            "plex-sans-semibold",
            include_bytes!("../fonts/IBMPlexSans-SemiBold.ttf"),
        ),
        (
            "plex-mono",
            include_bytes!("../fonts/IBMPlexMono-Regular.ttf"),
        ),
        ("dejavu-sans", include_bytes!("../fonts/DejaVuSans.ttf")),
    ];
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in faces {
        let mut data = FontData::from_static(bytes);
        if name != "plex-mono" {
            // A share of the space, which is narrow in Plex: a thousand must be seen at 12 points.
            data.tweak.thin_space_width = 0.85;
        }
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    }
    // Plex Mono has no Greek: the sans face comes before the fallback.
    let families: [(FontFamily, &[&str]); 4] = [
        (FontFamily::Proportional, &["plex-sans", "dejavu-sans"]),
        (medium(), &["plex-sans-medium", "dejavu-sans"]),
        (semibold(), &["plex-sans-semibold", "dejavu-sans"]),
        (
            FontFamily::Monospace,
            &["plex-mono", "plex-sans", "dejavu-sans"],
        ),
    ];
    for (family, names) in families {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        fonts.families.insert(family, names);
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::FontId;

    const NEEDED: &str = "\u{2009}\u{202f}≈µμ±×·→←↑↓Å²³⁻¹°σθωχδβλΩ…–−∞≤≥√′⌘⇧⌥";

    fn with_fonts(check: impl FnMut(&mut egui::Ui)) {
        let ctx = Context::default();
        install(&ctx);
        let mut check = check;
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| check(ui));
        output.textures_delta.clear();
    }

    #[test]
    fn every_family_has_the_signs_of_units_and_uncertainties() {
        with_fonts(|ui| {
            for family in [
                FontFamily::Proportional,
                FontFamily::Monospace,
                medium(),
                semibold(),
            ] {
                let font = FontId::new(13.0, family.clone());
                for sign in NEEDED.chars() {
                    assert!(
                        ui.fonts_mut(|fonts| fonts.has_glyph(&font, sign)),
                        "{family:?} draws U+{:04X}",
                        u32::from(sign)
                    );
                }
            }
        });
    }

    #[test]
    fn all_digits_are_as_wide_as_a_zero() {
        with_fonts(|ui| {
            for family in [FontFamily::Proportional, medium(), semibold()] {
                let font = FontId::new(13.0, family);
                let zero = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
                for digit in '1'..='9' {
                    let width = ui.fonts_mut(|fonts| fonts.glyph_width(&font, digit));
                    assert!(
                        (width - zero).abs() < 1e-3,
                        "figures are tabular, {digit} is {width} wide and 0 is {zero}"
                    );
                }
            }
        });
    }
}
