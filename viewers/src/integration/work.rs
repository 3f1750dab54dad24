//! Integrating a frame on the pool, with the matrix that is kept.

use std::sync::Arc;

use hutch_analysis::integrate::{Errors, Integrator, Rules, Sums};
use hutch_model::{Cancel, Geometry, Result, Samples};

use super::choice::Chosen;
use crate::pixels::NoValue;
use crate::prepared::{PreparedFrame, sentinels};

/// What is integrated beside the frame.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) geometry: Arc<Geometry>,
    /// The indices in front of the frame that name its panels.
    pub(super) plane: Vec<u64>,
    pub(super) chosen: Chosen,
}

impl PartialEq for Wish {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.geometry, &other.geometry)
            && self.plane == other.plane
            && self.chosen == other.chosen
    }
}

impl Wish {
    /// The panels of the plane, as a detector of its own.
    fn detector(&self) -> Geometry {
        let mut geometry = Geometry::clone(&self.geometry);
        geometry.panels.retain(|panel| panel.plane == self.plane);
        for panel in &mut geometry.panels {
            panel.plane.clear();
        }
        geometry
    }
}

/// The matrix of a wish and a mask.
#[derive(Debug)]
pub(super) struct Matrix {
    wish: Wish,
    /// `[height, width]`.
    shape: [u64; 2],
    mask: Vec<bool>,
    pub(super) integrator: Integrator,
}

impl Matrix {
    /// The matrix for a frame: the one that is kept, where it is of the same geometry, choice and mask.
    ///
    /// # Errors
    /// Those of [`Integrator::new`].
    pub(super) fn of(
        wish: &Wish,
        kept: Option<Arc<Self>>,
        frame: &PreparedFrame,
        cancel: &Cancel,
    ) -> Result<Arc<Self>> {
        let [width, height] = frame.size.map(u64::from);
        let shape = [height, width];
        let is_masked = |index| frame.no_value(index) == Some(NoValue::Masked);
        let mask: Vec<bool> = (0..frame.samples.len()).map(is_masked).collect();
        cancel.check()?;
        if let Some(kept) = kept
            && kept.wish == *wish
            && kept.shape == shape
            && kept.mask == mask
        {
            return Ok(kept);
        }
        let chosen = &wish.chosen;
        let integrator = Integrator::new(
            &wish.detector(),
            &shape,
            mask.contains(&true).then_some(&mask[..]),
            &chosen.choice(),
            chosen.corrections(),
            cancel,
        )?;
        Ok(Arc::new(Self {
            wish: wish.clone(),
            shape,
            mask,
            integrator,
        }))
    }

    /// Sums of a frame; samples that are missing at their source do not count.
    ///
    /// # Errors
    /// Those of [`Integrator::frames`].
    pub(super) fn frame(&self, frame: &PreparedFrame, cancel: &Cancel) -> Result<Sums> {
        let is_missing = |index| frame.no_value(index) == Some(NoValue::Missing);
        if !(0..frame.samples.len()).any(is_missing) {
            return self.samples(&frame.samples, cancel);
        }
        let mut values = frame.samples.to_f64();
        for (index, value) in values.iter_mut().enumerate() {
            if is_missing(index) || crate::prepared::is_sentinel(&frame.samples, index) {
                *value = f64::NAN;
            }
        }
        self.samples(&Samples::F64(values), cancel)
    }

    /// Sums of the samples of a frame.
    ///
    /// # Errors
    /// As [`Self::frame`].
    pub(super) fn samples(&self, samples: &Samples, cancel: &Cancel) -> Result<Sums> {
        let rules = Rules {
            sentinels: sentinels(samples),
            errors: Errors::Poisson,
        };
        let mut sums = self.integrator.frames(samples, &rules, cancel)?;
        Ok(sums.pop().unwrap_or_default())
    }

    /// Samples of a frame.
    pub(super) fn pixel_count(&self) -> usize {
        self.mask.len()
    }
}

/// What a frame became.
#[derive(Debug)]
pub(super) struct Done {
    /// Which frame it is of, in words.
    pub(super) source: String,
    pub(super) matrix: Arc<Matrix>,
    pub(super) intensity: Arc<[f64]>,
    pub(super) errors: Arc<[f64]>,
    pub(super) radius: Arc<[f64]>,
    pub(super) azimuth_deg: Arc<[f64]>,
    /// What the intensity and its errors are made of.
    pub(super) sums: Arc<Sums>,
}

/// Integrates one frame.
///
/// # Errors
/// Those of [`Matrix::of`] and [`Matrix::frame`].
pub(super) fn integrate(
    wish: &Wish,
    kept: Option<Arc<Matrix>>,
    frame: &PreparedFrame,
    cancel: &Cancel,
) -> Result<Done> {
    let matrix = Matrix::of(wish, kept, frame, cancel)?;
    let sums = matrix.frame(frame, cancel)?;
    let table = matrix.integrator.table();
    let azimuth = table.azimuth.iter().map(|angle| angle.to_degrees());
    Ok(Done {
        source: String::new(),
        intensity: sums.intensity().into(),
        errors: sums.standard_error().unwrap_or_default().into(),
        radius: table.radius.clone().into(),
        azimuth_deg: azimuth.collect(),
        sums: Arc::new(sums),
        matrix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::Kind;
    use crate::pixels::FramePixels;
    use crate::prepare_frame;
    use hutch_model::{Block, BlockState, Panel};

    fn geometry() -> Geometry {
        Geometry {
            panels: vec![Panel {
                name: String::new(),
                plane: vec![1],
                first: [0, 0],
                size: [40, 30],
                corner_m: [3e-3, 4e-3, 0.1],
                slow_m: [0.0, -2e-4, 0.0],
                fast_m: [-2e-4, 0.0, 0.0],
            }],
            wavelength_m: Some(1e-10),
            source: String::new(),
        }
    }

    fn frame(mask: Option<Vec<bool>>) -> PreparedFrame {
        let block = Block {
            shape: vec![40, 30],
            samples: Samples::U16((0..1200).map(|index| 100 + index % 7).collect()),
            state: BlockState::Present,
        };
        let pixels = FramePixels {
            mask: mask.map(Into::into),
            ..FramePixels::default()
        };
        prepare_frame(block, &pixels).expect("a frame")
    }

    #[test]
    fn the_matrix_stays_while_geometry_mask_and_choice_do() {
        let mut wish = Wish {
            geometry: Arc::new(geometry()),
            plane: vec![1],
            chosen: Chosen {
                kind: Kind::Pattern,
                points: 30,
                corrects_solid_angle: false,
                ..Chosen::default()
            },
        };
        let cancel = Cancel::new();
        let all = frame(None);
        let first = integrate(&wish, None, &all, &cancel).expect("a pattern");
        let kept = Some(Arc::clone(&first.matrix));
        let again = integrate(&wish, kept.clone(), &all, &cancel).expect("a pattern");
        assert!(Arc::ptr_eq(&again.matrix, &first.matrix), "nothing changed");
        assert!(
            first
                .intensity
                .iter()
                .filter(|value| value.is_finite())
                .all(|value| (100.0..=106.0).contains(value))
        );
        let mut mask = vec![false; 1200];
        mask[..600].fill(true);
        let masked = integrate(&wish, kept.clone(), &frame(Some(mask)), &cancel).expect("half");
        assert!(!Arc::ptr_eq(&masked.matrix, &first.matrix), "another mask");
        wish.chosen.points = 31;
        let other = integrate(&wish, kept, &all, &cancel).expect("a pattern");
        assert_eq!(other.radius.len(), 31, "another choice");
    }
}
