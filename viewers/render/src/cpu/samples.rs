//! How the twin on the processor reads a sample, as `shaders/shared/samples_*.wgsl` do.

use half::f16;

/// What is compared and pooled of a sample.
pub(super) trait Value: Copy + Default + PartialOrd {
    /// Its bits.
    fn word(self) -> u32;
    /// As the shader computes means.
    fn number(self) -> f32;
}

impl Value for u32 {
    fn word(self) -> u32 {
        self
    }
    fn number(self) -> f32 {
        self as f32
    }
}

impl Value for i32 {
    fn word(self) -> u32 {
        self.cast_unsigned()
    }
    fn number(self) -> f32 {
        self as f32
    }
}

impl Value for f32 {
    fn word(self) -> u32 {
        self.to_bits()
    }
    fn number(self) -> f32 {
        self
    }
}

/// What the shader knows of a texel type, from `shaders/shared/samples_*.wgsl`.
pub(super) trait Shaded: Copy {
    type Value: Value;
    fn is_finite(self) -> bool;
    fn equals_word(self, word: u32) -> bool;
    fn reaches_word(self, word: u32) -> bool;
    fn value(self, component: u32) -> Self::Value;
    /// In radians; a real number has none.
    fn phase(self) -> f32 {
        0.0
    }
}

macro_rules! shaded_integer {
    ($wide:ty, $from_word:path, $($type:ty),*) => {
        $(impl Shaded for $type {
            type Value = $wide;
            fn is_finite(self) -> bool {
                true
            }
            fn equals_word(self, word: u32) -> bool {
                <$wide>::from(self) == $from_word(word)
            }
            fn reaches_word(self, word: u32) -> bool {
                <$wide>::from(self) >= $from_word(word)
            }
            fn value(self, _component: u32) -> $wide {
                <$wide>::from(self)
            }
        })*
    };
}

shaded_integer!(u32, std::convert::identity, u8, u16, u32);
shaded_integer!(i32, u32::cast_signed, i8, i16, i32);

impl Shaded for f32 {
    type Value = Self;
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
    fn value(self, _component: u32) -> Self {
        self
    }
}

impl Shaded for f16 {
    type Value = f32;
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
    fn equals_word(self, word: u32) -> bool {
        self.to_f32().equals_word(word)
    }
    fn reaches_word(self, word: u32) -> bool {
        self.to_f32().reaches_word(word)
    }
    fn value(self, _component: u32) -> f32 {
        self.to_f32()
    }
}

impl Shaded for [f32; 2] {
    type Value = f32;
    fn is_finite(self) -> bool {
        self[0].is_finite() && self[1].is_finite()
    }
    fn equals_word(self, _word: u32) -> bool {
        false
    }
    fn reaches_word(self, _word: u32) -> bool {
        false
    }
    fn value(self, component: u32) -> f32 {
        match component {
            1 => self.phase(),
            2 => self[0],
            3 => self[1],
            _ => self[0].hypot(self[1]),
        }
    }
    fn phase(self) -> f32 {
        self[1].atan2(self[0])
    }
}
