//! Which texels lie under a pixel of a picture.

/// Rounding must not add a texel to a footprint that ends at an edge.
pub(super) const EDGE_SLACK: f32 = 1e-3;

/// The texels of one axis that lie under a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Under {
    pub(super) first: u32,
    pub(super) last: u32,
    /// Where the middle of the pixel lies, in texels.
    pub(super) centre: f32,
    pub(super) is_inside: bool,
}

impl Under {
    /// Those of a level of so many texels.
    pub(super) fn of(centre: f32, footprint: f32, edge: u32) -> Self {
        Self {
            is_inside: (0.0..edge as f32).contains(&centre),
            ..Self::within(centre, footprint, [0, edge.saturating_sub(1)])
        }
    }

    /// Those of the texels from the lowest to the highest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the level"
    )]
    pub(super) fn within(centre: f32, footprint: f32, [lowest, highest]: [u32; 2]) -> Self {
        // Behind `max(0.0)` a cast is `floor`, without its call.
        let (first, last) = if footprint > 1.0 {
            let half = 0.5 * footprint;
            let end = (centre + half - EDGE_SLACK).max(0.0);
            let whole = end as u32;
            let is_whole = whole as f32 >= end;
            (
                (centre - half + EDGE_SLACK).max(0.0) as u32,
                whole.saturating_sub(u32::from(is_whole)),
            )
        } else {
            let place = centre.max(0.0) as u32;
            (place, place)
        };
        Self {
            first: first.min(highest).max(lowest),
            last: last.min(highest).max(lowest),
            centre,
            is_inside: true,
        }
    }
}

/// Length of a texel that lies under the footprint; 1 when zoomed in.
pub(super) fn overlap(texel: u32, centre: f32, footprint: f32) -> f32 {
    if footprint <= 1.0 {
        return 1.0;
    }
    let first = (texel as f32).max(centre - 0.5 * footprint);
    let last = (texel as f32 + 1.0).min(centre + 0.5 * footprint);
    (last - first).max(EDGE_SLACK)
}
