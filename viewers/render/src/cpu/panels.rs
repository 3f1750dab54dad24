//! Twin of `shaders/display/panels.wgsl`.

use super::pool::{FACT_MISSING, FACT_NAN, FACT_VALUE, Pooled, Pooling};
use super::samples::Shaded;
use super::under::{EDGE_SLACK, Under, overlap};
use crate::uniforms::panels::PanelInstance;
use crate::uniforms::pool::FLAG_NEAREST;

/// As in the shader.
const RANK_STEP: f32 = 1.0 / 16_777_216.0;
const RANK_MASKED: f32 = 1.0;
const RANK_MISSING: f32 = 2.0;
const RANK_NAN: f32 = 3.0;

/// What was found under the pixels of a picture, and the rank of the panel that it is of.
pub(super) struct Ranked {
    pub(super) pooled: Vec<Pooled>,
    ranks: Vec<f32>,
    width: usize,
}

impl Ranked {
    /// A picture that no panel covers yet.
    pub(super) fn new([width, height]: [u32; 2]) -> Self {
        let count = width as usize * height as usize;
        Self {
            pooled: vec![Pooled::default(); count],
            ranks: vec![0.0; count],
            width: width as usize,
        }
    }

    /// Draws a panel into its box of the picture.
    pub(super) fn draw<T: Shaded>(
        &mut self,
        texels: &[T],
        pooling: &Pooling<'_>,
        (panel, place): (&PanelInstance, [u32; 4]),
    ) {
        let [left, top, right, bottom] = place;
        for y in top..bottom {
            for x in left..right {
                let target = [x as f32 + 0.5, y as f32 + 0.5];
                let Some((pooled, rank)) = found(texels, pooling, panel, target) else {
                    continue;
                };
                let at = y as usize * self.width + x as usize;
                if let (Some(kept), Some(highest)) =
                    (self.pooled.get_mut(at), self.ranks.get_mut(at))
                    && rank > *highest
                {
                    (*kept, *highest) = (pooled, rank);
                }
            }
        }
    }
}

/// What a panel has under a pixel, and its rank; `None` beside it.
fn found<T: Shaded>(
    texels: &[T],
    pooling: &Pooling<'_>,
    panel: &PanelInstance,
    [x, y]: [f32; 2],
) -> Option<(Pooled, f32)> {
    let [a, b, c, d] = panel.texel_from_target;
    let centre = [
        a * x + b * y + panel.origin[0],
        c * x + d * y + panel.origin[1],
    ];
    let is_nearest = pooling.has(FLAG_NEAREST);
    let [_, _, _, shift] = panel.level;
    let pixels_in_texel = (1_u32 << shift) as f32;
    let [first_x, first_y, end_x, end_y] = panel.limits;
    for (axis, (first, end)) in [(first_x, end_x), (first_y, end_y)].into_iter().enumerate() {
        let margin = if is_nearest {
            0.0
        } else {
            (0.5 * panel.footprint[axis] - 1.0 / pixels_in_texel + 2.0 * EDGE_SLACK).max(0.0)
        };
        let (first, end) = (first as f32 / pixels_in_texel, end as f32 / pixels_in_texel);
        if centre[axis] < first - margin || centre[axis] >= end + margin {
            return None;
        }
    }
    let under = |axis: usize, first: u32, end: u32| {
        let ends = [first >> shift, end.saturating_sub(1) >> shift];
        Under::within(centre[axis], panel.footprint[axis], ends)
    };
    let (columns, rows) = (under(0, first_x, end_x), under(1, first_y, end_y));
    let mut pool = pooling.empty::<T>();
    for row in rows.first..=rows.last {
        let row_weight = overlap(row, rows.centre, panel.footprint[1]);
        for column in columns.first..=columns.last {
            let weight = row_weight * overlap(column, columns.centre, panel.footprint[0]);
            pool.visit_within(texels, panel, [column, row], weight);
        }
    }
    let pooled = pool.finish();
    let rank = if is_nearest {
        0.5
    } else {
        rank_of(pooled, pool.number())
    };
    Some((pooled, rank))
}

/// Larger for what is shown rather; the bits of a finite number in the order of numbers.
fn rank_of(pooled: Pooled, number: f32) -> f32 {
    if !pooled.is(FACT_VALUE) {
        return RANK_STEP
            * if pooled.is(FACT_NAN) {
                RANK_NAN
            } else if pooled.is(FACT_MISSING) {
                RANK_MISSING
            } else {
                RANK_MASKED
            };
    }
    let bits = number.to_bits();
    let is_negative = bits & 0x8000_0000 != 0;
    let ordered = if is_negative {
        !bits
    } else {
        bits | 0x8000_0000
    };
    RANK_STEP * (ordered >> 8) as f32
}
