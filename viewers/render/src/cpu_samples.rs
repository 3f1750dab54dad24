//! How the twin on the processor reads a sample, as `shaders/shared/samples_*.wgsl` do.

use crate::uniforms::ImageUniforms;
use half::f16;

/// What the shader knows of a texel type, from `shaders/shared/samples_*.wgsl`.
pub(crate) trait Shaded: Copy {
    fn is_finite(self) -> bool;
    fn equals_word(self, word: u32) -> bool;
    fn reaches_word(self, word: u32) -> bool;
    fn above_lo(self, uniforms: &ImageUniforms) -> f32;
    fn lo_value(uniforms: &ImageUniforms) -> f32;
    /// In radians; a real number has none.
    fn phase(self) -> f32 {
        0.0
    }
}

macro_rules! shaded_integer {
    ($wide:ty, $from_word:path, $($type:ty),*) => {
        $(impl Shaded for $type {
            fn is_finite(self) -> bool {
                true
            }
            fn equals_word(self, word: u32) -> bool {
                <$wide>::from(self) == $from_word(word)
            }
            fn reaches_word(self, word: u32) -> bool {
                <$wide>::from(self) >= $from_word(word)
            }
            fn above_lo(self, uniforms: &ImageUniforms) -> f32 {
                let (sample, lo) = (<$wide>::from(self), $from_word(uniforms.lo_word));
                let distance = sample.abs_diff(lo) as f32;
                if sample >= lo { distance - uniforms.lo_rest } else { -distance - uniforms.lo_rest }
            }
            fn lo_value(uniforms: &ImageUniforms) -> f32 {
                $from_word(uniforms.lo_word) as f32 + uniforms.lo_rest
            }
        })*
    };
}

shaded_integer!(u32, std::convert::identity, u8, u16, u32);
shaded_integer!(i32, u32::cast_signed, i8, i16, i32);

impl Shaded for f32 {
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
    #[expect(clippy::float_cmp, reason = "a sentinel is compared exactly")]
    fn equals_word(self, word: u32) -> bool {
        self == Self::from_bits(word)
    }
    fn reaches_word(self, word: u32) -> bool {
        self >= Self::from_bits(word)
    }
    fn above_lo(self, uniforms: &ImageUniforms) -> f32 {
        (self - Self::from_bits(uniforms.lo_word)) - uniforms.lo_rest
    }
    fn lo_value(uniforms: &ImageUniforms) -> f32 {
        Self::from_bits(uniforms.lo_word)
    }
}

impl Shaded for f16 {
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
    fn equals_word(self, word: u32) -> bool {
        self.to_f32().equals_word(word)
    }
    fn reaches_word(self, word: u32) -> bool {
        self.to_f32().reaches_word(word)
    }
    fn above_lo(self, uniforms: &ImageUniforms) -> f32 {
        self.to_f32().above_lo(uniforms)
    }
    fn lo_value(uniforms: &ImageUniforms) -> f32 {
        f32::lo_value(uniforms)
    }
}

impl Shaded for [f32; 2] {
    fn is_finite(self) -> bool {
        self[0].is_finite() && self[1].is_finite()
    }
    fn equals_word(self, _word: u32) -> bool {
        false
    }
    fn reaches_word(self, _word: u32) -> bool {
        false
    }
    fn above_lo(self, uniforms: &ImageUniforms) -> f32 {
        let value = match uniforms.component {
            1 => self.phase(),
            2 => self[0],
            3 => self[1],
            _ => self[0].hypot(self[1]),
        };
        value.above_lo(uniforms)
    }
    fn lo_value(uniforms: &ImageUniforms) -> f32 {
        f32::lo_value(uniforms)
    }
    fn phase(self) -> f32 {
        self[1].atan2(self[0])
    }
}
