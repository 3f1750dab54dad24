//! Any sample as a real number.

use half::f16;

/// A sample whose size on the number line can be told.
pub(crate) trait RealSample: Copy {
    /// The value; the magnitude of complex numbers.
    fn to_f64(self) -> f64;

    /// The same, rounded to single precision.
    #[expect(clippy::cast_possible_truncation, reason = "for display only")]
    fn to_f32(self) -> f32 {
        self.to_f64() as f32
    }
}

macro_rules! exact_sample {
    ($($type:ty),*) => {
        $(impl RealSample for $type {
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        })*
    };
}

exact_sample!(u8, i8, u16, i16, u32, i32, f32, f64);

impl RealSample for u64 {
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl RealSample for i64 {
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl RealSample for f16 {
    fn to_f64(self) -> f64 {
        Self::to_f64(self)
    }
}

impl RealSample for [f32; 2] {
    fn to_f64(self) -> f64 {
        f64::from(self[0]).hypot(f64::from(self[1]))
    }
}
