//! How a volume is shown, and the uniform of its shader.

use crate::camera::OrbitCamera;
use crate::colormap::ColourMap;
use crate::display::Rgba;
use crate::uniforms::premultiplied;

/// How a ray becomes a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VolumeMode {
    /// The largest voxel along the ray.
    MaximumIntensity,
    /// Front to back, faint at the lower end of the window and dense at the upper.
    #[default]
    Composite,
}

/// Everything about showing a volume but the volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeDisplay {
    /// From where.
    pub camera: OrbitCamera,
    /// How.
    pub mode: VolumeMode,
    /// Voxels (0..1 within the range they were built with) in the first and in the last colour.
    pub window: [f32; 2],
    /// Opacity of one voxel at the upper end of the window, 0..1.
    pub opacity: f32,
    /// 0 flat to 1 lit; only composite. Costs six samples more where something is.
    pub shading: f32,
    /// Which colours.
    pub colour_map: ColourMap,
    /// Runs the colour map backwards.
    pub is_inverted: bool,
    /// Shown part `[x, y, z]`, 0..1 along each axis.
    pub clip_lo: [f32; 3],
    /// See `clip_lo`.
    pub clip_hi: [f32; 3],
    /// Distance between samples in voxels; 1 is good, 2 is twice as fast.
    pub step_voxels: f32,
    /// Pixels of the picture for each pixel of the screen; 0.5 while dragging is four times as fast.
    pub resolution: f32,
    /// Behind the volume, from the theme.
    pub background: Rgba,
    /// Edges of the box, from the theme; no box where it is `None`.
    pub box_colour: Option<Rgba>,
    /// Leaves out empty bricks; false only to test that the picture is the same.
    pub skips_empty_space: bool,
}

impl Default for VolumeDisplay {
    fn default() -> Self {
        Self {
            camera: OrbitCamera::default(),
            mode: VolumeMode::Composite,
            window: [0.1, 0.9],
            opacity: 0.35,
            shading: 0.8,
            colour_map: ColourMap::INFERNO,
            is_inverted: false,
            clip_lo: [0.0; 3],
            clip_hi: [1.0; 3],
            step_voxels: 1.0,
            resolution: 1.0,
            background: [16, 19, 23, 255],
            box_colour: Some([74, 86, 99, 255]),
            skips_empty_space: true,
        }
    }
}

const FLAG_SKIP: u32 = 1;
const FLAG_BOX: u32 = 2;
const FLAG_INVERTED: u32 = 4;

/// Same fields in the same order as `VolumeUniforms` in `shaders/display/volume.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct VolumeUniforms {
    pub eye: [f32; 4],
    pub right: [f32; 4],
    pub up: [f32; 4],
    pub forward: [f32; 4],
    pub voxel_from_world: [f32; 4],
    pub clip_lo: [f32; 4],
    pub clip_hi: [f32; 4],
    pub target_size: [f32; 2],
    pub step: f32,
    pub step_voxels: f32,
    pub window: [f32; 2],
    pub opacity: f32,
    pub shading: f32,
    pub mode: u32,
    pub colour_map: u32,
    pub flags: u32,
    pub line_width: f32,
    pub background: [f32; 4],
    pub line: [f32; 4],
}

impl VolumeUniforms {
    /// `edges` are voxels along `[x, y, z]`, `world_size` the edges of the volume in world.
    pub(crate) fn new(
        edges: [f32; 3],
        world_size: [f32; 3],
        display: &VolumeDisplay,
        size: [u32; 2],
    ) -> Self {
        let axes = display.camera.axes();
        let eye = display.camera.eye();
        let half_height = (0.5 * display.camera.field_of_view_rad).tan();
        let target_size = size.map(|edge| edge as f32);
        let scaled = |direction: [f32; 3], scale: f32| pad(direction.map(|part| part * scale));
        let voxel_from_world: [f32; 3] = std::array::from_fn(|axis| edges[axis] / world_size[axis]);
        let smallest_voxel = voxel_from_world
            .iter()
            .map(|scale| 1.0 / scale)
            .fold(f32::INFINITY, f32::min);
        // A step so small that a ray takes more than 16 thousand would hang a slow device.
        let step_voxels = display.step_voxels.clamp(0.1, 16.0);
        let clip = |part: [f32; 3]| {
            pad(std::array::from_fn(|axis| {
                part[axis].clamp(0.0, 1.0) * edges[axis]
            }))
        };
        let lo = display.window[0].clamp(0.0, 1.0);
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        Self {
            eye: pad(std::array::from_fn(|axis| {
                (eye[axis] + 0.5 * world_size[axis]) * voxel_from_world[axis]
            })),
            right: scaled(
                axes.right,
                half_height * target_size[0] / target_size[1].max(1.0),
            ),
            up: scaled(axes.up, half_height),
            forward: pad(axes.forward),
            voxel_from_world: pad(voxel_from_world),
            clip_lo: clip(display.clip_lo),
            clip_hi: clip(display.clip_hi),
            target_size,
            step: step_voxels * smallest_voxel,
            step_voxels,
            window: [lo, display.window[1].max(lo + 1e-4)],
            opacity: display.opacity.clamp(0.0, 0.999),
            shading: display.shading.clamp(0.0, 1.0),
            mode: u32::from(display.mode == VolumeMode::Composite),
            colour_map: display.colour_map.row(),
            flags: flag(display.skips_empty_space, FLAG_SKIP)
                | flag(display.box_colour.is_some(), FLAG_BOX)
                | flag(display.is_inverted, FLAG_INVERTED),
            // As wide on the screen whatever the resolution, as far as a pixel allows.
            line_width: display.resolution.clamp(0.05, 1.0),
            background: premultiplied(display.background),
            line: premultiplied(display.box_colour.unwrap_or_default()),
        }
    }
}

fn pad(vector: [f32; 3]) -> [f32; 4] {
    [vector[0], vector[1], vector[2], 0.0]
}
