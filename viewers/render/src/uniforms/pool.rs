//! The uniform of the pooling shader: where a picture lies over a frame, and which samples count.

use super::colour::WordKind;
use super::single;
use crate::display::{Component, ImageDisplay, ImageFromTarget};
use crate::pyramid::{FramePyramid, Level, Pooling};
use crate::samples::MAX_SENTINEL_COUNT;
use crate::texel::SampleClass;

pub(crate) const FLAG_MASK: u32 = 1;
pub(crate) const FLAG_MEAN: u32 = 2;
pub(crate) const FLAG_NEAREST: u32 = 4;

/// Same fields in the same order as `PoolUniforms` in `shaders/shared/pooling.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct PoolUniforms {
    pub texel_from_target: [f32; 4],
    pub origin: [f32; 2],
    pub footprint: [f32; 2],
    pub level: [u32; 4],
    pub sentinels: [u32; MAX_SENTINEL_COUNT],
    pub sentinel_count: u32,
    pub saturation: u32,
    pub flags: u32,
    pub component: u32,
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
    /// Of which type pooled values are.
    pub(crate) fn word_kind(&self) -> WordKind {
        WordKind::of(self.class, self.pooling == Pooling::Mean)
    }

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

impl PoolUniforms {
    pub(crate) fn new(facts: &FrameFacts, display: &ImageDisplay) -> Self {
        let view = texel_view(&facts.levels, &display.image_from_target);
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
            sentinels: facts.sentinels,
            sentinel_count: facts.sentinel_count,
            saturation: saturation_word(display.saturation, facts.class),
            flags: flags(facts),
            component: match display.component {
                Component::Magnitude | Component::PhaseColour => 0,
                Component::Phase => 1,
                Component::Real => 2,
                Component::Imaginary => 3,
            },
        }
    }
}

fn flags(facts: &FrameFacts) -> u32 {
    let mask = if facts.has_mask { FLAG_MASK } else { 0 };
    let mean = if facts.pooling == Pooling::Mean {
        FLAG_MEAN
    } else {
        0
    };
    mask | mean
}

/// A level of a pyramid, and where a picture lies over it.
pub(super) struct TexelView {
    pub(super) matrix: [f32; 4],
    pub(super) origin: [f32; 2],
    pub(super) footprint: [f32; 2],
    pub(super) level: Level,
    /// A texel has 2 to the power of this pixels along each axis.
    pub(super) shift: u32,
}

/// Most texels of a level that a target pixel spans along an axis.
const MAX_FOOTPRINT: f64 = 8.0;

/// Chooses the level for a zoom, and the map from target pixels to the edges of its texels.
///
/// A target pixel spans one to two texels of the level (up to eight along the axis that is
/// squeezed more), all of which the shader visits, so none is lost between two pixels.
pub(super) fn texel_view(levels: &[Level], map: &ImageFromTarget) -> TexelView {
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
        shift: u32::try_from(index).unwrap_or(0),
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
