//! Twin of `shaders/display/volume.wgsl` on the processor, without light and box: test oracle.

use crate::colormap::ColourMap;
use crate::cpu::byte_of;
use crate::readback::RgbaPicture;
use crate::volume::{VolumeDisplay, VolumeMode, VolumeUniforms};
use crate::volume_bricks::VolumeBricks;

const OPAQUE: f32 = 0.99;

/// Marches through a volume, visiting every sample; slow. Neither light nor box are drawn.
pub fn march_volume(bricks: &VolumeBricks, display: &VolumeDisplay, size: [u32; 2]) -> RgbaPicture {
    let [depth, height, width] = bricks.shape().map(|edge| edge as f32);
    let uniforms = VolumeUniforms::new([width, height, depth], bricks.world_size, display, size);
    let march = March {
        bricks,
        uniforms,
        display,
    };
    let mut pixels = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let colour = march.pixel([x as f32 + 0.5, y as f32 + 0.5]);
            pixels.extend(colour.map(byte_of));
        }
    }
    RgbaPicture {
        width: size[0],
        height: size[1],
        pixels,
    }
}

struct March<'a> {
    bricks: &'a VolumeBricks,
    uniforms: VolumeUniforms,
    display: &'a VolumeDisplay,
}

impl March<'_> {
    fn pixel(&self, pixel: [f32; 2]) -> [f32; 4] {
        let uniforms = &self.uniforms;
        let place: [f32; 2] =
            std::array::from_fn(|axis| pixel[axis] / uniforms.target_size[axis] * 2.0 - 1.0);
        let toward: [f32; 3] = std::array::from_fn(|axis| {
            uniforms.forward[axis] + place[0] * uniforms.right[axis] - place[1] * uniforms.up[axis]
        });
        let length = toward.iter().map(|part| part * part).sum::<f32>().sqrt();
        let direction: [f32; 3] = std::array::from_fn(|axis| {
            let part = toward[axis] / length * uniforms.voxel_from_world[axis];
            if part.abs() < 1e-6 { 1e-6 } else { part }
        });
        let (mut enter, mut leave) = (0.0_f32, f32::INFINITY);
        for (axis, part) in direction.iter().enumerate() {
            let lo = (uniforms.clip_lo[axis] - uniforms.eye[axis]) / part;
            let hi = (uniforms.clip_hi[axis] - uniforms.eye[axis]) / part;
            enter = enter.max(lo.min(hi));
            leave = leave.min(lo.max(hi));
        }
        if leave <= enter {
            uniforms.background
        } else {
            over(self.along(direction, enter, leave), uniforms.background)
        }
    }

    fn along(&self, direction: [f32; 3], enter: f32, leave: f32) -> [f32; 4] {
        let uniforms = &self.uniforms;
        let mut largest = 0.0_f32;
        let mut sum = [0.0_f32; 4];
        for index in 0.. {
            let distance = enter + (index as f32 + 0.5) * uniforms.step;
            if distance >= leave || sum[3] >= OPAQUE {
                break;
            }
            let value = self.voxel_at(std::array::from_fn(|axis| {
                uniforms.eye[axis] + direction[axis] * distance
            }));
            largest = largest.max(value);
            if value > uniforms.window[0] {
                let place = self.window_place(value);
                let opacity = uniforms.opacity * place * place * (3.0 - 2.0 * place);
                let alpha = 1.0 - (1.0 - opacity).powf(uniforms.step_voxels);
                sum = over(sum, self.colour(place, alpha));
            }
        }
        match self.display.mode {
            VolumeMode::MaximumIntensity => {
                let place = self.window_place(largest);
                let fade = (place / 0.12).clamp(0.0, 1.0);
                self.colour(place, fade * fade * (3.0 - 2.0 * fade))
            }
            VolumeMode::Composite if sum[3] >= OPAQUE => sum.map(|channel| channel / sum[3]),
            VolumeMode::Composite => sum,
        }
    }

    fn window_place(&self, value: f32) -> f32 {
        let [lo, hi] = self.uniforms.window;
        ((value - lo) / (hi - lo)).clamp(0.0, 1.0)
    }

    fn colour(&self, place: f32, alpha: f32) -> [f32; 4] {
        let map: ColourMap = self.display.colour_map;
        let place = if self.display.is_inverted {
            1.0 - place
        } else {
            place
        };
        let [red, green, blue, _] = map.at(place);
        [red * alpha, green * alpha, blue * alpha, alpha]
    }

    /// Linear between the centres of eight voxels; beyond the outermost centres their value.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the volume"
    )]
    fn voxel_at(&self, point: [f32; 3]) -> f32 {
        let [depth, height, width] = self.bricks.shape();
        let mut value = 0.0;
        let edges = [width, height, depth];
        let low: [f32; 3] = std::array::from_fn(|axis| (point[axis] - 0.5).floor());
        for corner in 0..8_usize {
            let mut weight = 1.0;
            let mut place = [0_usize; 3];
            for axis in 0..3 {
                let is_high = corner >> axis & 1 == 1;
                let fraction = point[axis] - 0.5 - low[axis];
                weight *= if is_high { fraction } else { 1.0 - fraction };
                let index = low[axis] + if is_high { 1.0 } else { 0.0 };
                place[axis] = index.clamp(0.0, edges[axis] as f32 - 1.0) as usize;
            }
            value += weight
                * self
                    .bricks
                    .voxels
                    .value((place[2] * height + place[1]) * width + place[0]);
        }
        value
    }
}

/// Lays one premultiplied colour over another.
fn over(front: [f32; 4], back: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|channel| front[channel] + back[channel] * (1.0 - front[3]))
}
