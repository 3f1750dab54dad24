//! Peaks of the selected curve in the inspector.

use hutch_analysis::curve::{Measured, Model};

use super::entry::{Chosen, FitWish};
use super::fitted::Fitted;
use crate::icons::{Icon, icon_toggle};
use crate::numbers;
use crate::theme::{Tokens, Tone, rich, secondary, size};
use crate::tomography::number_row;
use crate::widgets::{key_value, key_value_tone, section_heading_with, segmented, text_button};

const MODELS: [(Model, &str); 3] = [
    (Model::Gauss, "Gauss"),
    (Model::Lorentz, "Lorentz"),
    (Model::PseudoVoigt, "pseudo-Voigt"),
];

/// What a person asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) is_changed: bool,
    /// Text for the clipboard.
    pub(super) copied: Option<String>,
}

/// Begins to fit one peak to all of the selected curve, or ends it.
pub(super) fn toggle(chosen: &mut Chosen) {
    chosen.fit = match chosen.fit {
        Some(_) => None,
        None => Some(FitWish {
            model: Model::Gauss,
            peaks: 1,
            range: None,
        }),
    };
}

/// Draws the choices of a fit and what it found.
pub(super) fn ui(
    ui: &mut egui::Ui,
    chosen: &mut Chosen,
    found: Option<&Result<Fitted, String>>,
) -> Asked {
    let mut asked = Asked::default();
    let tokens = Tokens::of(ui);
    ui.add_space(size::PADDING);
    let is_on = chosen.fit.is_some();
    section_heading_with(ui, "Peak fit", |ui| {
        let tip = if is_on {
            "End the fit"
        } else {
            "Fit peaks to the selected curve"
        };
        if icon_toggle(ui, Icon::Activity, tip, is_on).clicked() {
            toggle(chosen);
            asked.is_changed = true;
        }
    });
    let Some(fit) = &mut chosen.fit else {
        return asked;
    };
    asked.is_changed |= segmented(ui, "Shape of the peaks", &mut fit.model, &MODELS).changed();
    let mut peaks = fit.peaks as f64;
    let texts = ("peaks", "How many peaks there are");
    if number_row(ui, texts, &mut peaks, (1.0, 1.0..=12.0), "") {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to 12"
        )]
        let count = peaks.round() as usize;
        asked.is_changed |= fit.peaks != count;
        fit.peaks = count;
    }
    if let Some([low, high]) = fit.range {
        let ends = format!("{} to {}", numbers::float(low, 6), numbers::float(high, 6));
        key_value(ui, "range", &ends);
        if text_button(ui, "Fit the whole curve", Tone::Secondary).clicked() {
            fit.range = None;
            asked.is_changed = true;
        }
    } else {
        let hint = "Drag across the plot to fit a part of the curve.";
        ui.label(rich(hint, secondary(), tokens.faint));
    }
    match found {
        Some(Ok(found)) => {
            found_ui(ui, found);
            if text_button(ui, "Copy the table", Tone::Accent).clicked() {
                asked.copied = Some(table(found));
            }
        }
        Some(Err(why)) => {
            ui.label(rich(why, secondary(), tokens.attention));
        }
        None => {}
    }
    asked
}

fn found_ui(ui: &mut egui::Ui, found: &Fitted) {
    let fit = &found.fit;
    let text = |of: Measured| numbers::uncertainty(of.value, of.sigma);
    // Before the numbers, which nobody should read then.
    for (index, peak) in fit.peaks.iter().enumerate() {
        if let Some(why) = fit.doubt(peak) {
            let tokens = Tokens::of(ui);
            let words = format!("Peak {} {why}; its numbers mean nothing.", index + 1);
            ui.label(rich(words, secondary(), tokens.attention));
        }
    }
    for (index, peak) in fit.peaks.iter().enumerate() {
        ui.add_space(size::GRID);
        if fit.peaks.len() > 1 {
            let name = format!("peak {}", index + 1);
            ui.label(rich(name, secondary(), Tokens::of(ui).secondary));
        }
        key_value(ui, "centre", &text(peak.centre));
        key_value(ui, "FWHM of the peak", &text(peak.fwhm));
        key_value(ui, "height", &text(peak.height));
        key_value(ui, "area", &text(peak.area));
        if fit.model == Model::PseudoVoigt {
            key_value(ui, "share of Lorentz", &text(peak.eta));
        }
    }
    ui.add_space(size::GRID);
    let background = format!("at {}", numbers::float(fit.reference, 5));
    key_value(ui, "background", &text(fit.constant)).on_hover_text(background);
    key_value(ui, "its slope", &text(fit.slope));
    let reduced = fit.chi_squared / fit.freedom as f64;
    let (name, tip) = if fit.has_errors {
        (
            "reduced chi squared",
            "Uncertainties are from the errors of the curve",
        )
    } else {
        (
            "mean squared residual",
            "The curve has no errors; uncertainties are from the residuals",
        )
    };
    key_value(ui, name, &numbers::float(reduced, 4)).on_hover_text(tip);
    if fit.repaired > 0 {
        let count = numbers::count(fit.repaired as u64);
        let tip = "An error of zero weighs without end; these points count with the smallest error of the others";
        key_value_tone(ui, "points without an error", &count, Tone::Attention).on_hover_text(tip);
    }
}

/// The fit as lines of values with tabulators between them.
fn table(found: &Fitted) -> String {
    let fit = &found.fit;
    let mut lines = vec![
        format!("# {} on a straight background", fit.model.name()),
        "peak\tparameter\tvalue\tsigma".to_owned(),
    ];
    let mut line = |peak: &str, name: &str, of: Measured| {
        lines.push(format!("{peak}\t{name}\t{}\t{}", of.value, of.sigma));
    };
    for (index, peak) in fit.peaks.iter().enumerate() {
        let of = (index + 1).to_string();
        line(&of, "centre", peak.centre);
        line(&of, "fwhm", peak.fwhm);
        line(&of, "height", peak.height);
        line(&of, "area", peak.area);
        line(&of, "eta", peak.eta);
    }
    let at = format!("background at {}", fit.reference);
    line("", &at, fit.constant);
    line("", "slope", fit.slope);
    lines.join("\n")
}
