//! Dense arrays that kernels take and give.

use hutch_model::{Error, ErrorKind, Result};

/// A dense array of binary32 samples, slowest axis first.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    samples: Vec<f32>,
}

impl Array {
    /// An array of this shape over these samples.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the shape asks for another number of samples.
    pub fn new(shape: impl Into<Vec<usize>>, samples: Vec<f32>) -> Result<Self> {
        let shape = shape.into();
        let wanted = shape
            .iter()
            .try_fold(1usize, |product, &length| product.checked_mul(length));
        if wanted != Some(samples.len()) {
            return Err(Error::new(
                ErrorKind::Shape,
                "make an array",
                format!("shape {shape:?} does not hold {} samples", samples.len()),
            ));
        }
        Ok(Self { shape, samples })
    }

    /// An array of zeros.
    pub fn zeroed(shape: impl Into<Vec<usize>>) -> Self {
        let shape = shape.into();
        let samples = vec![0.0; shape.iter().product()];
        Self { shape, samples }
    }

    /// Its shape, slowest axis first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its samples, last axis contiguous.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Its samples, to change.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        &mut self.samples
    }

    /// Its samples, without the shape.
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }
}

/// Refuses arrays that do not fit, in the words of the one who asked.
///
/// # Errors
/// [`ErrorKind::Shape`] with `tried` and `why` when `fits` is false.
pub fn require_shape(fits: bool, tried: &str, why: impl FnOnce() -> String) -> Result<()> {
    if fits {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::Shape, tried, why()))
    }
}
