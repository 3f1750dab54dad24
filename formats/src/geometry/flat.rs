//! One flat detector, told by where the beam meets it.

use hutch_model::Panel;

use super::affine::{Affine, checked};

/// What most files say: how far away the detector stands, how large its pixels are, where the beam hits it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flat {
    /// From the sample to the detector along its normal.
    pub(crate) distance_m: f64,
    /// `[slow, fast]`.
    pub(crate) pixel_m: [f64; 2],
    /// Where the normal from the sample meets it, `[slow, fast]` from the corner of the first pixel.
    pub(crate) centre_px: [f64; 2],
    /// `[slow, fast]`.
    pub(crate) frame: [u64; 2],
}

impl Flat {
    /// Its one panel, with rows going down and columns to the right for somebody who looks along the beam,
    /// turned about the sample where it stands on an arm.
    ///
    /// Source: the orientation of frames of `NXmx` and of DECTRIS detectors: seen from the sample, the first
    /// pixel is the upper left one.
    ///
    /// `None` where a number makes no sense.
    pub(crate) fn panel(&self, arm: &Affine) -> Option<Panel> {
        let is_length = |length: &f64| length.is_finite() && *length > 0.0;
        let are_lengths = is_length(&self.distance_m) && self.pixel_m.iter().all(is_length);
        if !are_lengths || self.frame.contains(&0) {
            return None;
        }
        // +x of the laboratory is to the left of somebody who looks along the beam.
        let corner = [
            self.centre_px[1] * self.pixel_m[1],
            self.centre_px[0] * self.pixel_m[0],
            self.distance_m,
        ];
        checked(Panel {
            name: String::new(),
            plane: Vec::new(),
            first: [0, 0],
            size: self.frame,
            corner_m: arm.point(corner),
            slow_m: arm.direction([0.0, -self.pixel_m[0], 0.0]),
            fast_m: arm.direction([-self.pixel_m[1], 0.0, 0.0]),
        })
    }
}

/// The map of a detector on an arm, from its angle to the beam and around it, in radians.
///
/// Source: NeXus `NXdetector`, `polar_angle` and `azimuthal_angle`.
pub(crate) fn arm(polar: f64, azimuthal: f64) -> Affine {
    let (sine, cosine) = azimuthal.sin_cos();
    Affine::turn([-sine, cosine, 0.0], polar).unwrap_or(Affine::IDENTITY)
}
