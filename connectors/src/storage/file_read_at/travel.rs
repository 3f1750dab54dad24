//! Which way somebody goes through a file.

use std::fs::File;

use hutch_model::ByteRange;

/// Reads from this length on are frames, which are read ahead.
const AHEAD_BYTES: u64 = 256 * 1024;

/// Reads that follow each other at the same distance, forwards or backwards.
#[derive(Debug, Default)]
pub(super) struct Travel {
    last: Option<ByteRange>,
    step: Option<i128>,
}

impl Travel {
    /// What will be wanted next, after two equal steps.
    pub(super) fn next(&mut self, range: ByteRange) -> Option<ByteRange> {
        let last = self.last.replace(range)?;
        let step = i128::from(range.start) - i128::from(last.start);
        let before = self.step.replace(step);
        let is_large = range.len() >= AHEAD_BYTES;
        if step == 0 || before != Some(step) || !is_large {
            return None;
        }
        let start = u64::try_from(i128::from(range.start) + step).ok()?;
        Some(ByteRange::new(start, start.checked_add(range.len())?))
    }
}

/// Tells the system to read something soon; it may not care.
pub(super) fn will_need(file: &File, range: ByteRange) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use std::num::NonZeroU64;
        let advice = rustix::fs::Advice::WillNeed;
        let told = rustix::fs::fadvise(file, range.start, NonZeroU64::new(range.len()), advice);
        if let Err(error) = told {
            log::trace!("no reading ahead: {error}");
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _unused = (file, range);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_is_foreseen_in_both_directions() {
        let frame = |index: u64| ByteRange::new(index << 20, (index + 1) << 20);
        let mut travel = Travel::default();
        assert_eq!(travel.next(frame(3)), None, "one read says nothing");
        assert_eq!(travel.next(frame(4)), None, "two may be chance");
        assert_eq!(travel.next(frame(5)), Some(frame(6)), "forwards");
        assert_eq!(travel.next(frame(4)), None, "turned");
        assert_eq!(travel.next(frame(3)), Some(frame(2)), "backwards");
        assert_eq!(travel.next(frame(2)), Some(frame(1)), "on");
        travel.next(frame(1));
        assert_eq!(travel.next(frame(0)), None, "nothing lies before the file");
    }
}
