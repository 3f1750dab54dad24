//! What integration gives: sums over the pixels of each bin, and what they mean.

/// Sums over the pixels of each bin, in which each counts with its part `c`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// `sum c (count - dark)`.
    pub signal: Vec<f64>,
    /// `sum c w` of what pixels are divided by.
    pub norm: Vec<f64>,
    /// `sum c`: how many pixels there are.
    pub count: Vec<f64>,
    /// `sum c^2 variance`, where errors are wanted.
    pub variance: Option<Vec<f64>>,
    /// `sum c^2 w^2`.
    pub norm_squared: Vec<f64>,
}

impl Sums {
    /// The mean intensity of each bin; NaN where no pixel is.
    pub fn intensity(&self) -> Vec<f64> {
        let mean = |(signal, norm): (&f64, &f64)| {
            if *norm == 0.0 {
                f64::NAN
            } else {
                signal / norm
            }
        };
        self.signal.iter().zip(&self.norm).map(mean).collect()
    }

    /// The standard error of that mean, pyFAI's `sem`, where errors were wanted.
    pub fn standard_error(&self) -> Option<Vec<f64>> {
        let error = |(variance, norm): (&f64, &f64)| {
            if *norm == 0.0 {
                f64::NAN
            } else {
                variance.sqrt() / norm
            }
        };
        let variance = self.variance.as_ref()?;
        Some(variance.iter().zip(&self.norm).map(error).collect())
    }

    /// The standard deviation of a pixel in each bin, pyFAI's `std`, where errors were wanted.
    pub fn standard_deviation(&self) -> Option<Vec<f64>> {
        let deviation = |(variance, squared): (&f64, &f64)| {
            if *squared == 0.0 {
                f64::NAN
            } else {
                (variance / squared).sqrt()
            }
        };
        let variance = self.variance.as_ref()?;
        Some(
            variance
                .iter()
                .zip(&self.norm_squared)
                .map(deviation)
                .collect(),
        )
    }
}
