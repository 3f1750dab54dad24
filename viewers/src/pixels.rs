//! What a file says of the pixels of every frame of a dataset.

use std::sync::Arc;

use hutch_model::{Dataset, Gaps, Signal};

/// What a file says of the pixels of every frame of a dataset.
#[derive(Clone, Debug, Default)]
pub struct Pixels {
    /// 0 where they are good: `[y, x]`, or of the shape of the dataset.
    pub mask: Option<Arc<dyn Dataset>>,
    /// The count from which on they do not count right.
    pub saturation: Option<f64>,
}

impl Pixels {
    /// What is known of the pixels of a signal.
    pub fn of(signal: &Signal) -> Self {
        Self {
            mask: signal.mask.clone(),
            saturation: signal.saturation,
        }
    }
}

/// What is known of the pixels of one frame.
#[derive(Clone, Debug, Default)]
pub struct FramePixels {
    /// Whether a pixel is masked, row by row, of the frame or of one of the images
    /// in it; of any other length it says nothing.
    pub mask: Option<Arc<[bool]>>,
    /// Where samples are missing at their source.
    pub gaps: Gaps,
    /// The count from which on they do not count right.
    pub saturation: Option<f64>,
}

/// Why a pixel has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoValue {
    /// The detector masks it.
    Masked = 1,
    /// Its sample is missing at its source.
    Missing = 2,
}

impl NoValue {
    /// What a mark of a pixel means; 0 is a pixel with a value.
    pub const fn from_mark(mark: u8) -> Option<Self> {
        match mark {
            0 => None,
            1 => Some(Self::Masked),
            _ => Some(Self::Missing),
        }
    }

    /// In words, beside the stored number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Missing => "missing",
        }
    }
}

/// A mark for each of so many pixels of a frame; `None` where all have a value.
pub(crate) fn marks(pixels: &FramePixels, count: usize) -> Option<Vec<u8>> {
    // A mask of one image is that of every module.
    let is_for = |mask: &&Arc<[bool]>| !mask.is_empty() && count.is_multiple_of(mask.len());
    let mask = pixels.mask.as_ref().filter(is_for);
    let missing = match &pixels.gaps {
        Gaps::These(missing) if missing.len() == count => Some(missing),
        _ => None,
    };
    if mask.is_none() && missing.is_none() {
        return None;
    }
    let mut marks: Vec<u8> = match mask {
        Some(mask) => mask
            .iter()
            .cycle()
            .take(count)
            .map(|&masked| if masked { NoValue::Masked as u8 } else { 0 })
            .collect(),
        None => vec![0; count],
    };
    for (mark, _) in marks
        .iter_mut()
        .zip(missing.into_iter().flatten())
        .filter(|(_, missing)| **missing)
    {
        *mark = NoValue::Missing as u8;
    }
    Some(marks)
}
