//! Which frame is drawn, and what is read beside it.

use std::sync::Arc;

use hutch_model::{BlockState, Dataset, Retry};

use super::asked::Part;
use super::{AHEAD, Age, ImageView};
use crate::canvas::seen_of_panels;
use crate::prepared::PreparedFrame;
use crate::{Priority, Residence, Resident, Wait};

impl ImageView {
    /// Takes the frame that is wanted, and asks for its neighbours.
    pub(super) fn refresh(&mut self, resident: &mut dyn Resident) {
        let Some(data) = self.subject.data().cloned() else {
            return;
        };
        let shape = data.info().shape.clone();
        if shape.contains(&0) {
            // Nothing can be read of it; it may grow.
            (self.waits, self.failed) = (None, None);
            return;
        }
        let pixels = self.subject.pixels();
        let wanted = if let Some(large) = &self.large {
            large.overview(resident, (&data, &pixels, self.frame))
        } else {
            let slab = self.slab_of(&shape, self.frame);
            resident.frame(&data, &pixels, &slab, Priority::Visible)
        };
        self.waits = None;
        self.failed = None;
        if self.age == Age::Held {
            self.age = Age::Old;
        }
        let may_hold = self.follows && self.shown.is_some();
        match wanted {
            // What is half written never replaces a whole frame.
            Residence::Here(frame) if may_hold && frame.state != BlockState::Present => {
                self.age = Age::Held;
            }
            Residence::Here(frame) => self.take(frame, &data, resident),
            Residence::Waiting(wait) => self.waits = Some(wait),
            // A file that changed while it was read is looked at again soon.
            Residence::Failed(error) if may_hold && error.retry == Retry::Later => {
                self.age = Age::Held;
            }
            Residence::Failed(error) => self.failed = Some(error),
        }
        if self.large.is_none() {
            self.read_ahead(resident, &data, &shape);
        }
    }

    /// Asks for the frames that come next. It starts once the frame that is looked at is here; what is under way goes on
    /// while that one is waited for, or a film from far away would begin each frame anew.
    fn read_ahead(&self, resident: &mut dyn Resident, data: &Arc<dyn Dataset>, shape: &[u64]) {
        let priority = if self.waits.is_none() {
            Priority::Prefetch
        } else {
            Priority::Kept
        };
        let last = self.frame_count().saturating_sub(1);
        let pixels = self.subject.pixels();
        let images = self.images_of_picture();
        for step in (1..=AHEAD).map(|step| step * images) {
            let next = if self.is_forward {
                self.frame.checked_add(step).filter(|&frame| frame <= last)
            } else {
                self.frame.checked_sub(step)
            };
            if let Some(next) = next {
                let slab = self.slab_of(shape, next);
                resident.frame(data, &pixels, &slab, priority);
            }
        }
    }

    fn take(
        &mut self,
        frame: Arc<PreparedFrame>,
        data: &Arc<dyn Dataset>,
        resident: &mut dyn Resident,
    ) {
        let masked = if self.large.is_none() {
            // What is painted is the same on all modules.
            let rows = self.assembling.now().map(|of| of.rows());
            let rows = rows.and_then(|rows| u32::try_from(rows).ok());
            let image = [frame.size[0], rows.unwrap_or(frame.size[1])];
            self.masking.masked(resident, data, (&frame, image))
        } else {
            Some(frame)
        };
        // The frame before stays until this one has its mask.
        let Some(frame) = masked else {
            self.waits = Some(Wait::Queued);
            return;
        };
        let is_new = self
            .shown
            .as_ref()
            .is_none_or(|(number, shown)| *number != self.frame || !Arc::ptr_eq(shown, &frame));
        self.next = is_new.then_some((self.frame, frame));
        self.age = Age::Current;
    }

    /// The pixels of the frame that the last pass showed.
    fn seen_part(&self, frame: &PreparedFrame) -> Option<Part> {
        match self.assembling.now() {
            Some(assembled) => {
                let map = self.canvas.map_of_last_pass()?;
                Some(seen_of_panels(&assembled.places, &map))
            }
            None => self.canvas.visible_part(frame.size).map(|part| vec![part]),
        }
    }

    /// Draws the newest frame from now on when its range is known: a new frame in
    /// the range of an old one would flicker.
    pub(super) fn settle(&mut self, resident: &mut dyn Resident) {
        let picture = self.made_picture();
        let newest = self.next.as_ref().or(self.shown.as_ref());
        let Some(frame) = picture.or(newest.map(|(_, frame)| frame)).cloned() else {
            return;
        };
        let mut is_settled = self.display.follow(&frame);
        if !is_settled {
            let is_whole = self.large.is_none();
            let part = if is_whole {
                self.seen_part(&frame)
            } else {
                None
            };
            match self.passes.range(resident, &frame, &self.display, part) {
                Some(range) => {
                    self.display.take_percentiles(range);
                    is_settled = true;
                }
                None if self.shown.is_none() => {
                    self.display.take_percentiles(frame.percentile);
                    is_settled = true;
                }
                None => {}
            }
        }
        if is_settled && let Some((number, frame)) = self.next.take() {
            if let Some(statistics) = frame.statistics.as_ref().filter(|of| of.count > 0) {
                let number = number / self.images_of_picture();
                self.means.insert(number, statistics.mean);
            }
            self.shown = Some((number, frame));
        }
    }
}
