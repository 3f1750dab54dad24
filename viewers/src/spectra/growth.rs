//! Spectra that are added while they are looked at.
//!
//! What is under way is shown before newer data are begun with, so that a scan that grows ten times a second is seen
//! to grow; and what was computed stays on the screen until it is computed of all of the newer data.

use std::sync::Arc;

use super::SpectraView;
use super::order_of;
use super::slot::Slot;
use crate::Subject;
use crate::map::{Ground, Rgb};
use crate::prepared::PreparedFrame;

/// What belongs together on the screen: points, their values, and their colours.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) ground: Arc<Ground>,
    pub(super) values: Arc<PreparedFrame>,
    pub(super) rgb: Option<Arc<Rgb>>,
}

impl Seen {
    /// Whether there is a value for each point.
    fn is_whole(&self) -> bool {
        let count = self.ground.len();
        let colours = self.rgb.iter().flat_map(|rgb| &rgb.channels);
        let mut all = colours.chain([&self.values]);
        all.all(|values| values.samples.len() == count)
    }
}

/// Following data that grow.
#[derive(Default)]
pub(super) struct Growth {
    pub(super) follows: bool,
    /// Data that are taken once what is under way is done.
    newer: Option<Box<Subject>>,
    seen: Option<Seen>,
}

impl Growth {
    /// Whether there are newer data than those that are gone through.
    pub(super) const fn has_newer(&self) -> bool {
        self.newer.is_some()
    }
}

impl SpectraView {
    /// The file has a newer version.
    pub(super) fn grow(&mut self, subject: Subject) {
        if self.growth.follows && self.is_working() {
            self.growth.newer = Some(Box::new(subject));
        } else {
            self.adopt(subject);
        }
    }

    /// Goes on with newer data once what is under way is done.
    pub(super) fn adopt_newer(&mut self) {
        if self.is_working() {
            return;
        }
        if let Some(newer) = self.growth.newer.take() {
            self.failed = None;
            self.adopt(*newer);
        }
    }

    fn is_working(&self) -> bool {
        let slots = [&self.spectrum, &self.reference];
        self.ground_task.is_some() || slots.into_iter().chain(&self.maps).any(Slot::is_working)
    }

    fn adopt(&mut self, subject: Subject) {
        let order = subject.signal.as_ref().and_then(order_of);
        // A writer makes the data longer before their axes; what is no stack at the moment is one soon.
        if self.growth.follows && self.stack.is_some() && order.is_none() {
            return;
        }
        self.growth.newer = None;
        self.subject = subject;
        self.channels_first = order.unwrap_or(self.channels_first);
        self.has_old_energies = true;
        self.choice.frame = self.choice.frame.min(self.frame_count().saturating_sub(1));
        self.settle();
        let slots = [&mut self.spectrum, &mut self.reference];
        slots.into_iter().chain(&mut self.maps).for_each(Slot::hold);
    }

    /// Shows a channel of images over energies, or a map of several.
    pub(super) fn show(&mut self, wanted: u64) {
        if self.channels_first && self.frame_count() == 1 {
            let last = self.channel_count().saturating_sub(1);
            let channel = usize::try_from(wanted).unwrap_or(last).min(last);
            self.choice.bands[self.choice.active] = [channel; 2];
        } else {
            let frame = wanted.min(self.frame_count().saturating_sub(1));
            if frame != self.choice.frame {
                self.choice.frame = frame;
                self.settle();
            }
        }
    }

    /// The newest frame is there, counted over all axes but the last two.
    pub(super) fn show_newest(&mut self, newest: u64) {
        if !self.growth.follows {
            return;
        }
        let shape = self.subject.shape();
        let per_map = match shape.len().checked_sub(3) {
            Some(axis) => shape[axis].max(1),
            None => return,
        };
        if self.frame_count() > 1 {
            self.show(newest / per_map);
        } else if self.channels_first {
            self.show(newest);
        }
    }

    /// What is drawn: the newest points with a value for each of them.
    pub(super) fn seen(&mut self) -> Option<Seen> {
        let ground = self.ground.as_ref();
        let now = ground.zip(self.maps[0].map()).map(|(ground, values)| Seen {
            ground: Arc::clone(ground),
            values: Arc::clone(values),
            rgb: self.rgb.clone().filter(|_| self.choice.is_rgb),
        });
        if let Some(now) = now.filter(Seen::is_whole) {
            self.growth.seen = Some(now);
        }
        self.growth.seen.clone()
    }
}
