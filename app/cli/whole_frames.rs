//! Whole frames of a stack, or the same rows of each, one piece after the other,
//! with what of them does not count.

use std::sync::Arc;

use hutch_model::{BlockState, Dataset, Error, ErrorKind, Progress, Result, Samples, Signal, Slab};
use hutch_viewers::prepared::sentinels;
use parking_lot::Mutex;

use super::context::{Context, OpenAddress};
use super::cut::{Cut, Piece};
use super::reconstruct::ProgressLine;
use super::stats::mask::Mask;
use super::stream::{Decoded, Stream};

/// Samples of a piece, in bytes; more where a frame or a chunk is larger.
const PIECE_BYTES: u64 = 16 << 20;

/// Frames that are worked on.
pub(super) struct Frames<'a> {
    context: &'a Context,
    dataset: Arc<dyn Dataset>,
    mask: Mask,
    cut: Cut,
    progress: Progress,
    /// How often something was missing, and why.
    missing: Mutex<Option<String>>,
}

/// The frames of a piece, one after the other, and what does not count.
pub(super) struct Batch<'a> {
    pub(super) samples: &'a Samples,
    pub(super) frame_count: usize,
    /// True where a sample does not count; for one frame, or for all; empty where all count.
    pub(super) bad: Arc<[bool]>,
}

impl Batch<'_> {
    /// What does not count, with more pixels of each frame; `more` is empty where there are none.
    pub(super) fn bad_with(&self, more: &[bool]) -> Arc<[bool]> {
        if more.is_empty() {
            return Arc::clone(&self.bad);
        }
        if self.bad.is_empty() {
            return more.into();
        }
        let both = self.bad.iter().zip(more.iter().cycle());
        both.map(|(bad, more)| *bad || *more).collect()
    }
}

/// The format of a file that tells what was found in frames, and holds none.
const STREAM: &str = "CrystFEL stream";

/// Refuses a stream where frames are wanted; what is in it is asked for by its path.
///
/// # Errors
/// [`ErrorKind::Usage`] with what to give instead.
pub(super) fn no_stream(open: &OpenAddress) -> Result<()> {
    if open.address.path.is_some() || open.container.format() != STREAM {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        format!("take the frames of \"{}\"", open.container.origin()),
        "a stream holds what was found in frames, and no frames; give the file of the frames, which \
         `hutch peaks` names, with --geom where it has no geometry",
    ))
}

impl<'a> Frames<'a> {
    /// Frames of the part of a signal; `rows` of them, where not all are needed.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the part is no image.
    pub(super) fn new(
        context: &'a Context,
        signal: &Signal,
        (part, dropped): &(Slab, Vec<bool>),
        rows: Option<std::ops::Range<u64>>,
    ) -> Result<Self> {
        let dataset = Arc::clone(&signal.data);
        let info = dataset.info();
        let refuse = |why: &str| {
            let tried = format!("take the frames of \"{}\"", dataset.origin());
            Err(Error::new(ErrorKind::Usage, tried, why))
        };
        let kept = dropped.iter().filter(|dropped| !**dropped).count();
        if kept < 2 || !info.element.is_numeric() || info.element.is_complex() {
            return refuse("it has no frames [.., y, x] of real numbers");
        }
        let mut slab = part.clone();
        if let Some(rows) = rows {
            let y = (0..dropped.len())
                .filter(|axis| !dropped[*axis])
                .nth_back(1)
                .unwrap_or(0);
            slab.start[y] += rows.start * slab.step[y];
            slab.count[y] = rows.end - rows.start;
        }
        let size = info.element.size_bytes().unwrap_or(1) as u64;
        let chunk = info.chunk_shape.as_deref();
        let cut = Cut::new(&slab, dropped, chunk, PIECE_BYTES / size).in_frames();
        Ok(Self {
            context,
            mask: Mask::of(signal),
            dataset: Arc::clone(&dataset),
            cut,
            progress: Progress::new(),
            missing: Mutex::default(),
        })
    }

    /// The same, counted by the progress of somebody else.
    pub(super) fn counted_by(mut self, progress: &Progress) -> Self {
        self.progress = progress.clone();
        self
    }

    /// The same, with all images along the axis before the image at once, as the modules of a detector.
    pub(super) fn in_runs(mut self) -> Self {
        self.cut = self.cut.in_runs();
        self
    }

    /// The mask of the first frame of so many fast axes, which usually is that of all.
    ///
    /// # Errors
    /// Those of reading it.
    pub(super) fn first_mask(&self, axes: usize) -> Result<Arc<[bool]>> {
        let mut first = self.cut.piece(0);
        let slow = first.slab.count.len().saturating_sub(axes);
        first.slab.count[..slow].fill(1);
        Ok(self
            .mask
            .part(self.context, &first.slab)?
            .unwrap_or_default())
    }

    /// Sizes of the axes, slowest first; the last two are those of a frame.
    pub(super) fn shape(&self) -> Vec<u64> {
        self.cut.shape()
    }

    /// Calls `work` with frames on all cores and `take` with what it made of them, in order.
    ///
    /// # Errors
    /// Those of reading and of both.
    pub(super) fn run<T: Send>(
        &self,
        what: &str,
        work: impl Fn(Batch<'_>) -> Result<T> + Sync,
        mut take: impl FnMut(u64, T) -> Result<()>,
    ) -> Result<()> {
        let progress = &self.progress;
        let stream = Stream {
            context: self.context,
            dataset: &self.dataset,
            cut: &self.cut,
            progress,
        };
        let line = ProgressLine::new();
        line.while_shown(progress, || {
            line.tell(what);
            stream.run(
                |piece, decoded| work(self.batch(piece, &decoded)?),
                |piece, made| take(piece.first_frame, made),
            )
        })
    }

    fn batch<'d>(&self, piece: &Piece, decoded: &'d Decoded<'_>) -> Result<Batch<'d>> {
        let mut bad = self
            .mask
            .part(self.context, &piece.slab)?
            .unwrap_or_default();
        if let BlockState::Missing(why) = &decoded.state {
            self.missing.lock().get_or_insert_with(|| why.clone());
            let gone = self.dataset.missing(decoded.encoded);
            let gone = gone.ok_or_else(|| self.partly(why))?;
            let masked = bad.iter().copied().chain(bad.is_empty().then_some(false));
            let masked: Vec<bool> = masked.collect();
            let both = gone.iter().zip(masked.iter().cycle());
            bad = both.map(|(gone, masked)| *gone || *masked).collect();
        }
        Ok(Batch {
            samples: decoded.samples,
            frame_count: usize::try_from(piece.frame_count)
                .unwrap_or(usize::MAX)
                .max(1),
            bad,
        })
    }

    /// Says at the end what was missing.
    ///
    /// # Errors
    /// [`ErrorKind::Partial`] where something was.
    pub(super) fn finish(&self) -> Result<()> {
        self.missing
            .lock()
            .take()
            .map_or(Ok(()), |why| Err(self.partly(&why)))
    }

    fn partly(&self, why: &str) -> Error {
        Error::new(
            ErrorKind::Partial,
            format!("read \"{}\"", self.dataset.origin()),
            format!("some samples are missing at their source and do not count: {why}"),
        )
    }
}

/// Stored values that mean "no data" in samples of this type.
pub(super) fn no_data(samples: &Samples) -> &'static [i128] {
    sentinels(samples)
}
