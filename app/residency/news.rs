//! Whether views were given something new in a pass.
//!
//! What stands beside a view is drawn before it, from what it knew: after such a pass there must be one more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What arrived and what was finished, pass by pass.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Pieces of work that were begun, ever.
    begun: usize,
    /// Pieces of work that are done, ever.
    finished: Arc<AtomicUsize>,
    /// How many were done when this pass began.
    at_begin: usize,
    /// How many of them views could ask for in passes before this one.
    known: usize,
    has_arrived: bool,
}

impl News {
    /// A piece of work is begun; it counts itself as it is finished.
    pub(super) fn begun(&mut self) -> Arc<AtomicUsize> {
        self.begun += 1;
        Arc::clone(&self.finished)
    }

    /// Whether some of it is not finished yet.
    pub(super) fn is_computing(&self) -> bool {
        self.finished.load(Ordering::Acquire) < self.begun
    }

    /// Something that is looked at is here.
    pub(super) fn arrived(&mut self) {
        self.has_arrived = true;
    }

    pub(super) fn begin_pass(&mut self) {
        self.at_begin = self.finished.load(Ordering::Acquire);
    }

    /// Whether this pass may have drawn something for the first time. What was finished in its midst counts for the next
    /// one as well, as its view may have been drawn before.
    pub(super) fn end_pass(&mut self) -> bool {
        let is_new = self.finished.load(Ordering::Acquire) != self.known;
        self.known = self.at_begin;
        std::mem::take(&mut self.has_arrived) || is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finished_before_a_pass_asks_for_one_more_and_in_its_midst_for_two() {
        let mut news = News::default();
        let finished = news.begun();
        let mut pass = |during: usize| {
            news.begin_pass();
            finished.fetch_add(during, Ordering::Release);
            news.end_pass()
        };
        assert!(!pass(0), "nothing happened");
        finished.fetch_add(1, Ordering::Release);
        assert!(pass(0), "a view took it");
        assert!(!pass(0), "and that was told");
        assert!(pass(1), "perhaps a view took it");
        assert!(pass(0), "or takes it now");
        assert!(!pass(0), "it is old");
        news.arrived();
        assert!(news.end_pass(), "a frame");
        assert!(!news.end_pass());
    }
}
