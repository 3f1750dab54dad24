//! Frames of a stack made one: pixel by pixel their sum, mean, largest, smallest, deviation or median.

mod keys;
mod median;
mod sums;

use hutch_model::{Error, ErrorKind, Result, Samples};

pub(super) use self::keys::{Sample, Visit, visit};
use self::median::Medians;
use self::sums::Sums;
use super::Options;

/// What becomes of the samples of one pixel in many frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Their sum, in binary64.
    Sum,
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their standard deviation about the mean, over `n` (not `n - 1`).
    Sigma,
    /// The median; of an even number of samples the mean of the two in the middle.
    Median,
}

impl Reduction {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Sum,
        Self::Mean,
        Self::Max,
        Self::Min,
        Self::Sigma,
        Self::Median,
    ];

    /// Its name in states and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sigma => "sigma",
            Self::Median => "median",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One frame among samples.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The samples of this frame, and maybe of others.
    pub samples: &'a Samples,
    /// Where the frame begins.
    pub start: usize,
    /// Pixels of it.
    pub len: usize,
    /// What counts; a mask is that of this frame.
    pub options: Options<'a>,
}

impl<'a> Frame<'a> {
    /// All samples are one frame.
    pub fn whole(samples: &'a Samples, options: Options<'a>) -> Self {
        Self {
            samples,
            start: 0,
            len: samples.len(),
            options,
        }
    }
}

/// Frames of one shape that become one, a few at a time, in memory that does not grow with their number.
///
/// All but the median see each frame once. The median is exact and sees them several times: add all frames,
/// ask [`FrameReducer::end_pass`], and begin again while it says so.
#[derive(Debug)]
pub struct FrameReducer {
    work: Work,
}

#[derive(Debug)]
enum Work {
    Sums(Sums),
    Medians(Medians),
}

impl FrameReducer {
    /// Nothing added yet.
    pub fn new(kind: Reduction) -> Self {
        let work = match kind {
            Reduction::Median => Work::Medians(Medians::default()),
            other => Work::Sums(Sums::new(other)),
        };
        Self { work }
    }

    /// Adds frames; pixels that do not count are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] for a frame that is not as long as the others, [`ErrorKind::Unsupported`] for
    /// samples that are no real numbers, [`ErrorKind::Limit`] where the memory cannot be had.
    pub fn add(&mut self, frames: &[Frame<'_>]) -> Result<()> {
        let Some(first) = frames.first() else {
            return Ok(());
        };
        let len = self.frame_len().unwrap_or(first.len);
        for frame in frames {
            check(frame, len)?;
        }
        match &mut self.work {
            Work::Sums(sums) => sums.add(len, frames),
            Work::Medians(medians) => medians.add(len, frames),
        }
    }

    /// Ends a pass over all frames; true where they must be added once more.
    pub fn end_pass(&mut self) -> bool {
        match &mut self.work {
            Work::Sums(_) => false,
            Work::Medians(medians) => medians.end_pass(),
        }
    }

    /// How many passes over the frames are behind, and how many there are at most, as far as one can say.
    pub fn passes(&self) -> [u32; 2] {
        match &self.work {
            Work::Sums(_) => [0, 1],
            Work::Medians(medians) => medians.passes(),
        }
    }

    /// One value for each pixel, NaN where no frame has one; of a median that is not ready, what is known.
    pub fn values(&self) -> Vec<f64> {
        match &self.work {
            Work::Sums(sums) => sums.values(),
            Work::Medians(medians) => medians.values(),
        }
    }

    /// Pixels of a frame; `None` before the first one.
    pub fn frame_len(&self) -> Option<usize> {
        match &self.work {
            Work::Sums(sums) => sums.len(),
            Work::Medians(medians) => medians.len(),
        }
    }
}

fn check(frame: &Frame<'_>, len: usize) -> Result<()> {
    let tried = "make one frame of many";
    let element = frame.samples.element();
    if element.is_complex() || !element.is_numeric() {
        let why = format!("{element} is no real number");
        return Err(Error::new(ErrorKind::Unsupported, tried, why));
    }
    let masked = frame.options.mask.map_or(len, <[bool]>::len);
    let end = frame.start.checked_add(frame.len);
    if frame.len != len || masked != len || end.is_none_or(|end| end > frame.samples.len()) {
        let why = format!(
            "a frame of {} pixels with a mask of {masked} is none of a stack of {len}",
            frame.len
        );
        return Err(Error::new(ErrorKind::Shape, tried, why));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
