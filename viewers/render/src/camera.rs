//! An orbiting camera.
//!
//! World: the longest edge of the volume is 1, its centre the origin; x to the right, y away, z up.

use std::f32::consts::{FRAC_PI_2, TAU};

/// A camera that looks at a point near the volume from a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrbitCamera {
    /// Turn about the vertical; 0 looks along +y.
    pub yaw_rad: f32,
    /// Height; positive looks down on the volume.
    pub pitch_rad: f32,
    /// Distance of the eye from the target, in longest edges of the volume.
    pub distance: f32,
    /// Angle between the lower and the upper edge of the picture.
    pub field_of_view_rad: f32,
    /// What it looks at, in world.
    pub target: [f32; 3],
}

impl Default for OrbitCamera {
    fn default() -> Self {
        Self {
            yaw_rad: 0.6,
            pitch_rad: 0.4,
            distance: 2.7,
            field_of_view_rad: 0.66,
            target: [0.0; 3],
        }
    }
}

/// Directions of a camera in world, unit length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraAxes {
    /// To the right of the picture.
    pub right: [f32; 3],
    /// To its top.
    pub up: [f32; 3],
    /// Into it.
    pub forward: [f32; 3],
}

impl OrbitCamera {
    /// Its directions.
    pub fn axes(&self) -> CameraAxes {
        let (sin_yaw, cos_yaw) = self.yaw_rad.sin_cos();
        let (sin_pitch, cos_pitch) = self.pitch_rad.sin_cos();
        CameraAxes {
            right: [cos_yaw, -sin_yaw, 0.0],
            up: [sin_yaw * sin_pitch, cos_yaw * sin_pitch, cos_pitch],
            forward: [sin_yaw * cos_pitch, cos_yaw * cos_pitch, -sin_pitch],
        }
    }

    /// Where the eye is, in world.
    pub fn eye(&self) -> [f32; 3] {
        let forward = self.axes().forward;
        std::array::from_fn(|axis| self.target[axis] - forward[axis] * self.distance)
    }

    /// Turns it as if the volume was dragged by a part of the picture's height; down and right are positive.
    pub fn orbit(&mut self, drag: [f32; 2]) {
        self.yaw_rad = (self.yaw_rad + drag[0] * 3.0).rem_euclid(TAU);
        self.pitch_rad = (self.pitch_rad + drag[1] * 3.0).clamp(-FRAC_PI_2, FRAC_PI_2);
    }

    /// Moves it as if the volume was dragged by a part of the picture's height; down and right are positive.
    pub fn pan(&mut self, drag: [f32; 2]) {
        let axes = self.axes();
        let height = 2.0 * self.distance * (0.5 * self.field_of_view_rad).tan();
        for axis in 0..3 {
            self.target[axis] += height * (drag[1] * axes.up[axis] - drag[0] * axes.right[axis]);
        }
    }

    /// Divides the distance by a factor; above 1 comes closer.
    pub fn zoom(&mut self, factor: f32) {
        self.distance = (self.distance / factor).clamp(0.05, 20.0);
    }

    /// Where a point of the world is in the picture: `[x, y]` from 0 at the left and top to 1; `None` behind the eye.
    pub fn project(&self, point: [f32; 3], aspect: f32) -> Option<[f32; 2]> {
        let axes = self.axes();
        let eye = self.eye();
        let along = |direction: [f32; 3]| -> f32 {
            (0..3)
                .map(|axis| (point[axis] - eye[axis]) * direction[axis])
                .sum()
        };
        let depth = along(axes.forward);
        if depth <= 0.0 {
            return None;
        }
        let half_height = depth * (0.5 * self.field_of_view_rad).tan();
        Some([
            0.5 + 0.5 * along(axes.right) / (half_height * aspect),
            0.5 - 0.5 * along(axes.up) / half_height,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_in_the_middle_of_the_picture() {
        let camera = OrbitCamera {
            target: [0.1, -0.2, 0.3],
            ..OrbitCamera::default()
        };
        let [x, y] = camera
            .project(camera.target, 1.5)
            .expect("in front of the eye");
        assert!(
            (x - 0.5).abs() < 1e-5 && (y - 0.5).abs() < 1e-5,
            "target at {x}, {y}"
        );
    }

    #[test]
    fn from_the_front_x_is_right_and_z_is_up() {
        let camera = OrbitCamera {
            yaw_rad: 0.0,
            pitch_rad: 0.0,
            ..OrbitCamera::default()
        };
        let right = camera.project([0.1, 0.0, 0.0], 1.0).expect("in front");
        let top = camera.project([0.0, 0.0, 0.1], 1.0).expect("in front");
        assert!(
            right[0] > 0.5 && top[1] < 0.5,
            "x at {right:?}, z at {top:?}"
        );
        assert!(
            camera.project([0.0, -10.0, 0.0], 1.0).is_none(),
            "a point behind the eye is not in the picture"
        );
    }

    #[test]
    fn a_pan_moves_the_target_with_the_hand() {
        let mut camera = OrbitCamera::default();
        camera.pan([0.25, 0.0]);
        let [x, y] = camera.project([0.0; 3], 1.0).expect("in front");
        assert!(
            (x - 0.75).abs() < 1e-4 && (y - 0.5).abs() < 1e-4,
            "the centre followed to {x}, {y}"
        );
    }
}
