//! The instances of the shader that draws panels: one for each panel that lies in the picture.

use super::pool::{FLAG_NEAREST, FrameFacts, PoolUniforms, TexelView, texel_view};
use super::single;
use crate::display::{ImageDisplay, ImageFromTarget};
use crate::panels::PanelPlace;
use crate::pyramid::Level;

/// Pixels of the picture around a panel that are drawn as well; the shader leaves out what lies beside it.
const SLACK: f64 = 1.0;
/// Rounding must not make a panel that is as large as it is one that is smaller.
const NEAREST_SLACK: f32 = 1e-4;

/// Same fields in the same order as `PanelInstance` in `shaders/display/panels.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct PanelInstance {
    pub texel_from_target: [f32; 4],
    pub origin: [f32; 2],
    pub footprint: [f32; 2],
    pub level: [u32; 4],
    pub limits: [u32; 4],
    pub bounds: [f32; 4],
}

impl PanelInstance {
    const ATTRIBUTES: [wgpu::VertexAttribute; 5] = wgpu::vertex_attr_array![
        0 => Float32x4, 1 => Float32x4, 2 => Uint32x4, 3 => Uint32x4, 4 => Float32x4
    ];

    /// How an instance lies in the buffer.
    pub(crate) const fn layout() -> wgpu::VertexBufferLayout<'static> {
        wgpu::VertexBufferLayout {
            array_stride: size_of::<Self>() as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &Self::ATTRIBUTES,
        }
    }
}

/// Panels as they are drawn into a picture of one size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PanelsDrawn {
    /// Those that lie in the picture, in the order of the geometry.
    pub instances: Vec<PanelInstance>,
    /// The boxes of the picture that they lie in, `[left, top, right, bottom]` in pixels, the last two beyond it.
    pub boxes: Vec<[u32; 4]>,
    /// What they share.
    pub uniforms: PoolUniforms,
}

impl PanelsDrawn {
    /// Places panels in a picture of `size` pixels.
    pub(crate) fn new(
        facts: &FrameFacts,
        display: &ImageDisplay,
        (panels, size): (&[PanelPlace], [u32; 2]),
    ) -> Self {
        let mut drawn = Self {
            instances: Vec::with_capacity(panels.len()),
            boxes: Vec::with_capacity(panels.len()),
            uniforms: PoolUniforms::new(facts, display),
        };
        let whole = facts.levels.first().copied().unwrap_or(Level {
            offset: 0,
            width: 0,
            height: 0,
        });
        let shift = facts.layer_shift;
        drawn.uniforms.level = [whole.offset, whole.width, whole.height, shift];
        // The place of the picture is in the instances.
        drawn.uniforms.texel_from_target = [0.0; 4];
        drawn.uniforms.origin = [0.0; 2];
        drawn.uniforms.footprint = [0.0; 2];
        let mut is_nearest = true;
        for panel in panels {
            let map = panel.stored_from_picture.after(&display.image_from_target);
            let view = texel_view(&facts.levels, &map);
            is_nearest &= view
                .footprint
                .iter()
                .all(|span| *span <= 1.0 + NEAREST_SLACK);
            let limits = limits(panel, whole);
            if let Some(place) = box_of(&map, limits, size) {
                drawn.instances.push(instance(&view, limits, place, size));
                drawn.boxes.push(place);
            }
        }
        if is_nearest {
            drawn.uniforms.flags |= FLAG_NEAREST;
        }
        drawn
    }
}

/// First x and y, and end x and y, of the pixels of a panel that the frame has.
fn limits(panel: &PanelPlace, whole: Level) -> [u32; 4] {
    let [x, y] = panel.first;
    let [width, height] = panel.size;
    let end_x = x.saturating_add(width).min(whole.width);
    let end_y = y.saturating_add(height).min(whole.height);
    [x, y, end_x, end_y]
}

/// The box of the picture that a panel lies in, with the pixels that its edges touch; `None` beside the picture.
fn box_of(
    stored_from_target: &ImageFromTarget,
    [x, y, end_x, end_y]: [u32; 4],
    size: [u32; 2],
) -> Option<[u32; 4]> {
    if x >= end_x || y >= end_y {
        return None;
    }
    let target_from_stored = stored_from_target.inverse()?;
    let mut ends = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    // A pixel counts where its neighbourhood along the axes of the panel touches it.
    let reach = |row: [f64; 2]| 0.5 * (row[0].abs() + row[1].abs());
    let (around_x, around_y) = (
        0.5 + reach(stored_from_target.x),
        0.5 + reach(stored_from_target.y),
    );
    let [left, right] = [f64::from(x) - around_x, f64::from(end_x) - 1.0 + around_x];
    let [top, bottom] = [f64::from(y) - around_y, f64::from(end_y) - 1.0 + around_y];
    for corner in [[left, top], [left, bottom], [right, top], [right, bottom]] {
        for (end, place) in ends.iter_mut().zip(target_from_stored.apply(corner)) {
            *end = [end[0].min(place), end[1].max(place)];
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the picture; NaN becomes 0"
    )]
    let edge = |place: f64, axis: usize| place.clamp(0.0, f64::from(size[axis])) as u32;
    let [across, down] = ends;
    let place = [
        edge((across[0] - SLACK).floor(), 0),
        edge((down[0] - SLACK).floor(), 1),
        edge((across[1] + SLACK).ceil(), 0),
        edge((down[1] + SLACK).ceil(), 1),
    ];
    (place[0] < place[2] && place[1] < place[3]).then_some(place)
}

fn instance(
    view: &TexelView,
    limits: [u32; 4],
    [left, top, right, bottom]: [u32; 4],
    size: [u32; 2],
) -> PanelInstance {
    // Clip space goes from -1 to 1, upwards.
    let across = |place: u32| single(2.0 * f64::from(place) / f64::from(size[0].max(1)) - 1.0);
    let down = |place: u32| single(1.0 - 2.0 * f64::from(place) / f64::from(size[1].max(1)));
    let Level {
        offset,
        width,
        height,
    } = view.level;
    PanelInstance {
        texel_from_target: view.matrix,
        origin: view.origin,
        footprint: view.footprint,
        level: [offset, width, height, view.shift],
        limits,
        bounds: [across(left), down(top), across(right), down(bottom)],
    }
}
