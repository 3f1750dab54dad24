//! What needs another pass over the samples, made on the pool, one at a time.

use std::sync::{Arc, Weak};

use hutch_model::Result;
use hutch_render::{AutoRange, BinScale, Histogram, Range};

use crate::display::{Display, RangeMode};
use crate::prepared::PreparedFrame;
use crate::{Priority, Resident, Task};

/// The answer to the newest question that was answered.
///
/// While one question is worked on, others wait: a person who drags a handle asks
/// at every pass, and only the last question matters.
struct Asked<W, T> {
    under_way: Option<(W, Task<T>)>,
    known: Option<(W, Option<T>)>,
    generation: u64,
}

impl<W, T> Default for Asked<W, T> {
    fn default() -> Self {
        Self {
            under_way: None,
            known: None,
            generation: 0,
        }
    }
}

impl<W: PartialEq + Clone, T: Copy + Send + 'static> Asked<W, T> {
    /// The answer to a question, where it is here; otherwise it is on its way.
    fn ask(
        &mut self,
        resident: &mut dyn Resident,
        wish: &W,
        label: &str,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Option<T> {
        if let Some((asked, mut task)) = self.under_way.take() {
            match task.poll() {
                // A failure is an answer too; asking again would fail again.
                Some(answer) => self.known = Some((asked, answer.ok())),
                None => self.under_way = Some((asked, task)),
            }
        }
        if let Some((_, answer)) = self.known.as_ref().filter(|(known, _)| known == wish) {
            return *answer;
        }
        if self.under_way.is_none() {
            self.generation += 1;
            let task = Task::start(
                resident,
                Priority::Visible,
                label,
                self.generation,
                move |_| work(),
            );
            self.under_way = Some((wish.clone(), task));
        }
        None
    }
}

/// A frame, told from others without keeping it in memory.
#[derive(Clone)]
struct Which(Weak<PreparedFrame>);

impl PartialEq for Which {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

/// Pixels of a frame, as boxes `[x, y, width, height]`.
pub(crate) type Part = Vec<[u32; 4]>;

type RangeWish = (Which, [f64; 2], Option<Part>);
type CountWish = (Which, [u64; 2]);

/// Ranges and counts of the frame that is shown.
#[derive(Default)]
pub(crate) struct Passes {
    range: Asked<RangeWish, Range>,
    outside: Asked<CountWish, [u64; 2]>,
}

impl Passes {
    /// The range that a display wants of a frame; `None` while it is found out.
    pub(crate) fn range(
        &mut self,
        resident: &mut dyn Resident,
        frame: &Arc<PreparedFrame>,
        display: &Display,
        part: Option<Part>,
    ) -> Option<Range> {
        let part = part.filter(|_| display.mode == RangeMode::Visible);
        let percent = display.percent;
        let wish = (Which(Arc::downgrade(frame)), percent, part.clone());
        let frame = Arc::clone(frame);
        self.range
            .ask(resident, &wish, "range of a frame", move || {
                range_of(&frame, percent, part.as_ref())
            })
    }

    /// How many samples lie below and above the range; `None` while they are counted.
    pub(crate) fn outside(
        &mut self,
        resident: &mut dyn Resident,
        frame: &Arc<PreparedFrame>,
        range: Range,
    ) -> Option<[u64; 2]> {
        let ends = [range.lo.to_bits(), range.hi.to_bits()];
        let wish = (Which(Arc::downgrade(frame)), ends);
        let frame = Arc::clone(frame);
        self.outside
            .ask(resident, &wish, "pixels out of range", move || {
                let found = Histogram::of(&frame.raw()?, 1, range, BinScale::Linear);
                Ok([found.below_count, found.above_count])
            })
    }
}

fn range_of(frame: &PreparedFrame, [low, high]: [f64; 2], part: Option<&Part>) -> Result<Range> {
    let rule = AutoRange::Percentile(low, high);
    let found = match part {
        None => rule.of(&frame.raw()?),
        Some(parts) => {
            let marks = frame.marks_outside(parts);
            rule.of(&frame.raw_with(&marks)?)
        }
    };
    Ok(found.unwrap_or(frame.percentile))
}
