//! Areas of one colour.
//!
//! The shader of an interface reads a texture for each pixel, of areas of one colour too. Where the driver is software that
//! is most of what a window costs, so that large areas are filled by a shader that reads nothing.

use crate::pipelines::Pipelines;

impl Pipelines {
    /// Fills the viewport of a pass whose format the pipelines were made for.
    ///
    /// `colour` is opaque, sRGB bytes `[red, green, blue]`.
    pub fn fill(&self, pass: &mut wgpu::RenderPass<'_>, colour: [u8; 3]) {
        pass.set_pipeline(&self.filling().pipeline);
        pass.set_blend_constant(target_colour(colour, self.turns_linear_into_srgb()));
        pass.draw(0..3, 0..1);
    }
}

/// What a pass is cleared with to show an opaque colour, sRGB bytes `[red, green, blue]`.
///
/// `is_linear` where the hardware turns linear colours into sRGB as they are written.
pub fn target_colour(colour: [u8; 3], is_linear: bool) -> wgpu::Color {
    let [r, g, b] = colour.map(|byte| {
        let value = f64::from(byte) / 255.0;
        if is_linear { linear(value) } else { value }
    });
    wgpu::Color { r, g, b, a: 1.0 }
}

/// IEC 61966-2-1.
fn linear(value: f64) -> f64 {
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_linear_only_where_the_hardware_turns_them_back() {
        let plain = target_colour([0, 51, 255], false);
        assert!((plain.g - 0.2).abs() < 1e-12, "{plain:?}");
        let linear = target_colour([0, 51, 255], true);
        assert!((linear.g - 0.033_104_766).abs() < 1e-8, "{linear:?}");
        let ends = [linear.r, 1.0 - linear.b, 1.0 - linear.a];
        assert!(ends.iter().all(|end| end.abs() < 1e-12), "{linear:?}");
    }
}
