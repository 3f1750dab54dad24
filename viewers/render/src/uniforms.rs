//! The uniform of the image shader, and how a display becomes one.

use crate::display::{Component, ImageDisplay, ImageFromTarget, Norm, Rgba};
use crate::pyramid::{FramePyramid, Level, Pooling};
use crate::samples::MAX_SENTINEL_COUNT;
use crate::texel::SampleClass;

pub(crate) const FLAG_INVERTED: u32 = 1;
pub(crate) const FLAG_MASK: u32 = 2;
pub(crate) const FLAG_SATURATION: u32 = 4;
pub(crate) const FLAG_BELOW: u32 = 8;
pub(crate) const FLAG_ABOVE: u32 = 16;
pub(crate) const FLAG_MEAN: u32 = 32;

/// Same fields in the same order as `ImageUniforms` in `shaders/display/image.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct ImageUniforms {
    pub texel_from_target: [f32; 4],
    pub origin: [f32; 2],
    pub footprint: [f32; 2],
    pub level: [u32; 4],
    pub flags: u32,
    pub norm: u32,
    pub component: u32,
    pub colour_map: u32,
    pub sentinels: [u32; MAX_SENTINEL_COUNT],
    pub sentinel_count: u32,
    pub saturation: u32,
    pub lo_word: u32,
    pub lo_rest: f32,
    pub inverse_span: f32,
    pub norm_lo: f32,
    pub norm_scale: f32,
    pub norm_parameter: f32,
    pub masked: [f32; 4],
    pub missing: [f32; 4],
    pub not_finite: [f32; 4],
    pub below: [f32; 4],
    pub above: [f32; 4],
    pub saturated: [f32; 4],
    pub outside: [f32; 4],
}

/// What of a frame the uniform depends on; kept beside the texture.
#[derive(Debug, Clone)]
pub(crate) struct FrameFacts {
    pub levels: Vec<Level>,
    pub class: SampleClass,
    pub sentinels: [u32; MAX_SENTINEL_COUNT],
    pub sentinel_count: u32,
    pub has_mask: bool,
    pub pooling: Pooling,
    /// Texels in a layer are 2 to the power of this.
    pub layer_shift: u32,
}

impl FrameFacts {
    pub(crate) fn of(pyramid: &FramePyramid, layer_shift: u32) -> Self {
        Self {
            levels: pyramid.levels.clone(),
            class: pyramid.class(),
            sentinels: pyramid.sentinels,
            sentinel_count: pyramid.sentinel_count,
            has_mask: pyramid.mask.is_some(),
            pooling: pyramid.pooling,
            layer_shift,
        }
    }
}

impl ImageUniforms {
    pub(crate) fn new(facts: &FrameFacts, display: &ImageDisplay) -> Self {
        let view = texel_view(&facts.levels, &display.image_from_target);
        let range = if display.norm == Norm::Log {
            display.range.for_log()
        } else {
            display.range
        };
        let (lo_word, lo_rest) = split_lo(range.lo, facts.class);
        let span = (range.hi - range.lo).max(1e-30);
        let (norm, norm_parameter, norm_lo, norm_hi) =
            norm_numbers(display.norm, range.lo, range.hi);
        let marks = &display.marks;
        Self {
            texel_from_target: view.matrix,
            origin: view.origin,
            footprint: view.footprint,
            level: [
                view.level.offset,
                view.level.width,
                view.level.height,
                facts.layer_shift,
            ],
            flags: flags(facts, display),
            norm,
            component: match display.component {
                Component::Magnitude => 0,
                Component::Phase => 1,
                Component::Real => 2,
                Component::Imaginary => 3,
                Component::PhaseColour => 4,
            },
            colour_map: display.colour_map.row(),
            sentinels: facts.sentinels,
            sentinel_count: facts.sentinel_count,
            saturation: saturation_word(display.saturation, facts.class),
            lo_word,
            lo_rest,
            inverse_span: single(1.0 / span),
            norm_lo: single(norm_lo),
            norm_scale: single(1.0 / (norm_hi - norm_lo).max(1e-30)),
            norm_parameter,
            masked: premultiplied(marks.masked),
            missing: premultiplied(marks.missing),
            not_finite: premultiplied(marks.not_finite),
            below: premultiplied(marks.below.unwrap_or_default()),
            above: premultiplied(marks.above.unwrap_or_default()),
            saturated: premultiplied(marks.saturated.unwrap_or_default()),
            outside: premultiplied(marks.outside),
        }
    }
}

fn flags(facts: &FrameFacts, display: &ImageDisplay) -> u32 {
    let is_saturation_shown = display.saturation.is_some() && display.marks.saturated.is_some();
    [
        (display.is_inverted, FLAG_INVERTED),
        (facts.has_mask, FLAG_MASK),
        (
            is_saturation_shown && facts.class != SampleClass::Complex,
            FLAG_SATURATION,
        ),
        (display.marks.below.is_some(), FLAG_BELOW),
        (display.marks.above.is_some(), FLAG_ABOVE),
        (facts.pooling == Pooling::Mean, FLAG_MEAN),
    ]
    .iter()
    .fold(
        0,
        |flags, (is_set, flag)| if *is_set { flags | flag } else { flags },
    )
}

struct TexelView {
    matrix: [f32; 4],
    origin: [f32; 2],
    footprint: [f32; 2],
    level: Level,
}

/// Most texels of a level that a target pixel spans along an axis.
const MAX_FOOTPRINT: f64 = 8.0;

/// Chooses the level for a zoom, and the map from target pixels to the edges of its texels.
///
/// A target pixel spans one to two texels of the level (up to eight along the axis that is
/// squeezed more), all of which the shader visits, so none is lost between two pixels.
fn texel_view(levels: &[Level], map: &ImageFromTarget) -> TexelView {
    let span = [
        map.x[0].abs() + map.x[1].abs(),
        map.y[0].abs() + map.y[1].abs(),
    ];
    // A hair more than a power of two still belongs to it, whatever the division rounded to.
    let wanted = (span[0].min(span[1]) * (1.0 + 1e-9)).log2().floor();
    let needed = (span[0].max(span[1]) / MAX_FOOTPRINT).log2().ceil();
    let last = levels.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the levels; NaN becomes 0"
    )]
    let index = wanted.max(needed).clamp(0.0, last as f64) as usize;
    let level = levels.get(index).copied().unwrap_or(Level {
        offset: 0,
        width: 0,
        height: 0,
    });
    let scale = 0.5_f64.powi(i32::try_from(index).unwrap_or(0));
    TexelView {
        matrix: [map.x[0], map.x[1], map.y[0], map.y[1]].map(|entry| single(entry * scale)),
        // Pixel i has its centre at i, so its left edge is at i - 0.5.
        origin: map.origin.map(|point| single((point + 0.5) * scale)),
        footprint: span.map(|span| single((span * scale).min(MAX_FOOTPRINT))),
        level,
    }
}

/// The lower end as a word of the sample's type, and what is left: `lo = word + rest`.
///
/// Integers are subtracted as integers, since f32 cannot hold 2^32 - 2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before, NaN becomes 0"
)]
fn split_lo(lo: f64, class: SampleClass) -> (u32, f32) {
    match class {
        SampleClass::Uint => {
            let whole = lo.floor().clamp(0.0, f64::from(u32::MAX)) as u32;
            (whole, single(lo - f64::from(whole)))
        }
        SampleClass::Sint => {
            let whole = lo.floor().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32;
            (whole.cast_unsigned(), single(lo - f64::from(whole)))
        }
        SampleClass::Float | SampleClass::Complex => {
            let whole = single(lo);
            (whole.to_bits(), single(lo - f64::from(whole)))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before, NaN becomes 0"
)]
fn saturation_word(saturation: Option<f64>, class: SampleClass) -> u32 {
    let Some(saturation) = saturation else {
        return 0;
    };
    match class {
        SampleClass::Uint => saturation.ceil().clamp(0.0, f64::from(u32::MAX)) as u32,
        SampleClass::Sint => (saturation
            .ceil()
            .clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32)
            .cast_unsigned(),
        SampleClass::Float | SampleClass::Complex => single(saturation).to_bits(),
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

/// A theme colour as the shader writes it: channels in 0..=1, multiplied by alpha.
pub(crate) fn premultiplied(colour: Rgba) -> [f32; 4] {
    let [red, green, blue, alpha] = colour.map(|channel| f32::from(channel) / 255.0);
    [red * alpha, green * alpha, blue * alpha, alpha]
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the shader computes in f32"
)]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}
