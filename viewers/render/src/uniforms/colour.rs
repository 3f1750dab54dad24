//! The uniform of the colouring shader: range, norm, colour map and the colours of pixels without a value.

use super::pool::FrameFacts;
use super::{FARTHEST, premultiplied, single};
use crate::display::{Component, ImageDisplay, Norm, Range};
use crate::texel::SampleClass;

pub(crate) const FLAG_INVERTED: u32 = 1;
pub(crate) const FLAG_SATURATION: u32 = 2;
pub(crate) const FLAG_BELOW: u32 = 4;
pub(crate) const FLAG_ABOVE: u32 = 8;
pub(crate) const FLAG_PHASE_COLOUR: u32 = 16;

/// Of which type the words of a pooled picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    Uint,
    Sint,
    Real,
}

impl WordKind {
    /// Those of samples of a class; means are real numbers whatever they are made of.
    pub(crate) const fn of(class: SampleClass, is_mean: bool) -> Self {
        match class {
            SampleClass::Uint if !is_mean => Self::Uint,
            SampleClass::Sint if !is_mean => Self::Sint,
            _ => Self::Real,
        }
    }
}

/// Same fields in the same order as `ColourUniforms` in `shaders/display/colour.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct ColourUniforms {
    pub kind: u32,
    pub flags: u32,
    pub norm: u32,
    pub colour_map: u32,
    pub lo_word: u32,
    pub lo_rest: f32,
    pub inverse_span: f32,
    pub norm_lo: f32,
    pub norm_scale: f32,
    pub norm_parameter: f32,
    pub padding: [u32; 2],
    pub masked: [f32; 4],
    pub missing: [f32; 4],
    pub not_finite: [f32; 4],
    pub below: [f32; 4],
    pub above: [f32; 4],
    pub saturated: [f32; 4],
    pub outside: [f32; 4],
}

impl ColourUniforms {
    pub(crate) fn new(facts: &FrameFacts, display: &ImageDisplay) -> Self {
        let range = if display.norm == Norm::Log {
            display.range.for_log()
        } else {
            display.range
        };
        let [lo, hi] = [range.lo, range.hi].map(|end| end.clamp(-FARTHEST, FARTHEST));
        let range = Range { lo, hi };
        let kind = facts.word_kind();
        let (lo_word, lo_rest) = split_lo(range.lo, kind);
        let span = (range.hi - range.lo).max(1e-30);
        let (norm, norm_parameter, norm_lo, norm_hi) =
            norm_numbers(display.norm, range.lo, range.hi);
        let marks = &display.marks;
        Self {
            kind: match kind {
                WordKind::Uint => 0,
                WordKind::Sint => 1,
                WordKind::Real => 2,
            },
            flags: flags(facts, display),
            norm,
            colour_map: display.colour_map.row(),
            lo_word,
            lo_rest,
            inverse_span: single(1.0 / span),
            norm_lo: single(norm_lo),
            norm_scale: single(1.0 / (norm_hi - norm_lo).max(1e-30)),
            norm_parameter,
            padding: [0; 2],
            masked: premultiplied(marks.masked),
            missing: premultiplied(marks.missing),
            not_finite: premultiplied(marks.not_finite),
            below: premultiplied(marks.below.unwrap_or_default()),
            above: premultiplied(marks.above.unwrap_or_default()),
            saturated: premultiplied(marks.saturated.unwrap_or_default()),
            outside: premultiplied(marks.outside),
        }
    }

    pub(crate) const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

fn flags(facts: &FrameFacts, display: &ImageDisplay) -> u32 {
    let is_saturation_shown = display.saturation.is_some() && display.marks.saturated.is_some();
    let is_complex = facts.class == SampleClass::Complex;
    [
        (display.is_inverted, FLAG_INVERTED),
        (is_saturation_shown && !is_complex, FLAG_SATURATION),
        (display.marks.below.is_some(), FLAG_BELOW),
        (display.marks.above.is_some(), FLAG_ABOVE),
        (
            is_complex && display.component == Component::PhaseColour,
            FLAG_PHASE_COLOUR,
        ),
    ]
    .iter()
    .fold(
        0,
        |flags, (is_set, flag)| if *is_set { flags | flag } else { flags },
    )
}

/// The lower end as a word of the sample's type, and what is left: `lo = word + rest`.
///
/// Integers are subtracted as integers, since f32 cannot hold 2^32 - 2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before, NaN becomes 0"
)]
fn split_lo(lo: f64, kind: WordKind) -> (u32, f32) {
    match kind {
        WordKind::Uint => {
            let whole = lo.floor().clamp(0.0, f64::from(u32::MAX)) as u32;
            (whole, single(lo - f64::from(whole)))
        }
        WordKind::Sint => {
            let whole = lo.floor().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32;
            (whole.cast_unsigned(), single(lo - f64::from(whole)))
        }
        WordKind::Real => {
            let whole = single(lo);
            (whole.to_bits(), single(lo - f64::from(whole)))
        }
    }
}

/// Number of the norm in the shader, its parameter, and its values at both ends where it needs them.
fn norm_numbers(norm: Norm, lo: f64, hi: f64) -> (u32, f32, f64, f64) {
    match norm {
        Norm::Linear => (0, 0.0, 0.0, 1.0),
        Norm::Log => (1, 0.0, lo.ln(), hi.ln()),
        Norm::Sqrt => (2, 0.0, 0.0, 1.0),
        Norm::Asinh { stretch } => {
            let stretch = stretch.max(1e-3);
            (3, stretch, 0.0, f64::from(stretch).asinh())
        }
        Norm::Symlog { threshold } => {
            let threshold = threshold.max(1e-30);
            let symlog = |value: f64| value.signum() * (value.abs() / f64::from(threshold)).ln_1p();
            (4, threshold, symlog(lo), symlog(hi))
        }
        Norm::Gamma { exponent } => (5, exponent.max(1e-3), 0.0, 1.0),
    }
}
