//! An overview of a large image that keeps its single bright pixels: the largest of all pixels that each of its samples
//! stands for, read piece by piece while what is there is shown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_analysis::reduce::{Frame, Options, largest_of_cells};
use hutch_model::{Block, BlockState, Cancel, Dataset, Error, Result, Samples};

use crate::canvas::Window;
use crate::pixels::FramePixels;
use crate::prepared::{PreparedFrame, prepare_frame};
use crate::{Pixels, Priority, Residence, Resident, Task};

/// Pixels that are read at once.
const AT_ONCE: u64 = 1 << 22;
/// Pieces that are asked for at once.
const PIECES: u64 = 3;
/// How often a picture of what is done so far is made.
const PICTURE_EVERY: Duration = Duration::from_millis(500);

/// A part of the overview, in its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// The first sample `[x, y]`.
    first: [u64; 2],
    /// How many.
    count: [u64; 2],
}

/// How an overview is cut into pieces, row after row of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    /// The overview.
    window: Window,
    /// Pixels of the image `[x, y]`.
    size: [u64; 2],
    /// Samples of a piece `[x, y]`.
    piece: [u64; 2],
}

impl Cut {
    /// `None` where one sample stands for more pixels than are read at once.
    fn new(window: Window, size: [u64; 2]) -> Option<Self> {
        let [across, down] = window.step;
        let cell = across.checked_mul(down)?;
        if cell > AT_ONCE || window.count.contains(&0) {
            return None;
        }
        let columns = (AT_ONCE / cell).clamp(1, window.count[0]);
        let rows = (AT_ONCE / cell / columns).clamp(1, window.count[1]);
        Some(Self {
            window,
            size,
            piece: [columns, rows],
        })
    }

    fn per_row(&self) -> u64 {
        self.window.count[0].div_ceil(self.piece[0])
    }

    fn count(&self) -> u64 {
        self.per_row() * self.window.count[1].div_ceil(self.piece[1])
    }

    fn piece(&self, index: u64) -> Piece {
        let place = [index % self.per_row(), index / self.per_row()];
        let first = [0, 1].map(|axis| place[axis] * self.piece[axis]);
        let count = [0, 1].map(|axis| self.piece[axis].min(self.window.count[axis] - first[axis]));
        Piece { first, count }
    }

    /// All pixels that the samples of a piece stand for.
    fn pixels(&self, piece: Piece) -> Window {
        let start = [0, 1].map(|axis| piece.first[axis] * self.window.step[axis]);
        let count = [0, 1].map(|axis| {
            let whole = piece.count[axis] * self.window.step[axis];
            whole.min(self.size[axis].saturating_sub(start[axis]))
        });
        Window {
            start,
            count,
            step: [1; 2],
        }
    }
}

/// The samples so far, and a picture where one was due.
type Answer = (Vec<f64>, Option<PreparedFrame>);

/// An overview on its way.
pub(super) struct Bright {
    cut: Cut,
    frame: u64,
    next: u64,
    /// The overview of single pixels that it begins with.
    plain: Arc<PreparedFrame>,
    /// Empty before the first piece.
    samples: Option<Vec<f64>>,
    task: Option<Task<Answer>>,
    picture: Option<Arc<PreparedFrame>>,
    pictured_at: Option<Instant>,
    began: Instant,
    failed: Option<Arc<Error>>,
}

impl Bright {
    /// Begins with an overview of single pixels; `None` where the image is too large for it.
    pub(super) fn new(
        (window, size): (Window, [u64; 2]),
        frame: u64,
        plain: &Arc<PreparedFrame>,
    ) -> Option<Self> {
        let cut = Cut::new(window, size).filter(|_| plain.size == window.frame_size())?;
        Some(Self {
            cut,
            frame,
            next: 0,
            plain: Arc::clone(plain),
            samples: Some(Vec::new()),
            task: None,
            picture: None,
            pictured_at: None,
            began: Instant::now(),
            failed: None,
        })
    }

    /// Which frame it is of.
    pub(super) const fn frame(&self) -> u64 {
        self.frame
    }

    /// What there is so far.
    pub(super) const fn picture(&self) -> Option<&Arc<PreparedFrame>> {
        self.picture.as_ref()
    }

    /// Why it ended early.
    pub(super) const fn failed(&self) -> Option<&Arc<Error>> {
        self.failed.as_ref()
    }

    /// The share that is done, and the seconds that are left at this pace; `None` once all is done.
    pub(super) fn progress(&self) -> Option<(f32, Option<f64>)> {
        let all = self.cut.count();
        let is_done = self.failed.is_some() || (self.next >= all && self.task.is_none());
        let pace = self.began.elapsed().as_secs_f64() / self.next.max(1) as f64;
        let left = (self.next > 0).then(|| pace * (all - self.next.min(all)) as f64);
        #[expect(clippy::cast_possible_truncation, reason = "a share on the screen")]
        let share = (self.next as f64 / all as f64) as f32;
        (!is_done).then_some((share, left))
    }

    /// Takes what is ready and goes on.
    pub(super) fn step(
        &mut self,
        resident: &mut dyn Resident,
        (data, pixels): (&Arc<dyn Dataset>, &Pixels),
    ) {
        match self.task.as_mut().and_then(Task::poll) {
            Some(Ok((samples, picture))) => {
                self.task = None;
                self.samples = Some(samples);
                if let Some(picture) = picture {
                    self.picture = Some(Arc::new(picture));
                    self.pictured_at = Some(Instant::now());
                }
            }
            Some(Err(error)) => {
                self.task = None;
                self.failed = Some(Arc::new(error));
            }
            None => {}
        }
        let ready = self.ready(resident, (data, pixels));
        if ready.is_empty() {
            return;
        }
        let Some(samples) = self.samples.take() else {
            return;
        };
        self.next += ready.len() as u64;
        let is_last = self.next >= self.cut.count();
        let is_due = self
            .pictured_at
            .is_none_or(|at| at.elapsed() >= PICTURE_EVERY);
        let (cut, plain) = (self.cut, Arc::clone(&self.plain));
        self.task = Some(Task::start(
            resident,
            Priority::Background,
            "an overview with its bright pixels",
            self.next,
            move |cancel| add((samples, &plain), cut, &ready, (is_last || is_due, cancel)),
        ));
    }

    /// The next pieces that are here, asking for those behind them; none while others are worked on.
    fn ready(
        &mut self,
        resident: &mut dyn Resident,
        (data, pixels): (&Arc<dyn Dataset>, &Pixels),
    ) -> Vec<(Piece, Arc<PreparedFrame>)> {
        let mut here = Vec::new();
        let mut is_unbroken = self.task.is_none() && self.failed.is_none();
        for index in self.next..(self.next + PIECES).min(self.cut.count()) {
            let piece = self.cut.piece(index);
            let slab = self.cut.pixels(piece).slab(&data.info().shape, self.frame);
            match resident.frame(data, pixels, &slab, Priority::Background) {
                Residence::Here(frame) if is_unbroken => here.push((piece, frame)),
                Residence::Failed(error) if is_unbroken => {
                    self.failed = Some(error);
                    break;
                }
                _ => is_unbroken = false,
            }
        }
        here
    }
}

fn add(
    (mut samples, plain): (Vec<f64>, &PreparedFrame),
    cut: Cut,
    ready: &[(Piece, Arc<PreparedFrame>)],
    (has_picture, cancel): (bool, &Cancel),
) -> Result<Answer> {
    if samples.is_empty() {
        samples = largest(plain, [1; 2]);
    }
    let width = usize::try_from(cut.window.count[0]).unwrap_or(usize::MAX);
    for (piece, frame) in ready {
        cancel.check()?;
        let found = largest(frame, cut.window.step);
        let columns = usize::try_from(piece.count[0]).unwrap_or(usize::MAX).max(1);
        let [x, y] = piece
            .first
            .map(|first| usize::try_from(first).unwrap_or(usize::MAX));
        for (row, line) in found.chunks(columns).enumerate() {
            let start = (y + row).saturating_mul(width).saturating_add(x);
            if let Some(place) = samples.get_mut(start..start.saturating_add(line.len())) {
                place.copy_from_slice(line);
            }
        }
    }
    if !has_picture {
        return Ok((samples, None));
    }
    let mask: Vec<bool> = samples.iter().map(|value| value.is_nan()).collect();
    let block = Block {
        shape: vec![cut.window.count[1], cut.window.count[0]],
        samples: Samples::F64(samples.clone()),
        state: BlockState::Present,
    };
    let pixels = FramePixels {
        mask: mask.contains(&true).then(|| mask.into()),
        ..FramePixels::default()
    };
    let picture = prepare_frame(block, &pixels)?;
    Ok((samples, Some(picture)))
}

/// The largest value under each sample `[y, x]` of a piece, NaN where no pixel has one.
fn largest(frame: &PreparedFrame, step: [u64; 2]) -> Vec<f64> {
    let mask = frame.bad();
    let options = Options {
        mask: mask.as_deref(),
        sentinels: frame.samples.sentinels(),
        saturation: None,
    };
    let step = step.map(|step| usize::try_from(step).unwrap_or(usize::MAX));
    let samples = Frame::whole(&frame.samples, options);
    largest_of_cells(&samples, frame.size[0] as usize, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut() -> Cut {
        let window = Window {
            start: [0; 2],
            count: [3000, 1365],
            step: [1, 733],
        };
        Cut::new(window, [3000, 1_000_000]).unwrap()
    }

    #[test]
    fn pieces_cover_every_pixel_once() {
        let cut = cut();
        let mut rows = 0;
        let mut columns = 0;
        for index in 0..cut.count() {
            let pixels = cut.pixels(cut.piece(index));
            assert!(pixels.count[0] * pixels.count[1] <= AT_ONCE, "{pixels:?}");
            if pixels.start[0] == 0 {
                assert_eq!(pixels.start[1], rows, "no row is left out");
                rows += pixels.count[1];
            }
            if pixels.start[1] == 0 {
                assert_eq!(pixels.start[0], columns, "no column is left out");
                columns += pixels.count[0];
            }
        }
        assert_eq!([columns, rows], [3000, 1_000_000], "all pixels");
    }

    #[test]
    fn an_image_whose_samples_stand_for_too_much_is_left_alone() {
        let window = Window {
            start: [0; 2],
            count: [4096, 4],
            step: [1 << 30, 1],
        };
        assert!(Cut::new(window, [1 << 42, 4]).is_none());
    }
}
