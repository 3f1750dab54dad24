//! Bytes of a file that the system has in its memory.
//!
//! To read those waits for nothing, so that no other thread has to be woken for
//! it; on a busy machine that takes longer than to read a small frame.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use bytes::Bytes;
use hutch_model::{ByteRange, Landing, ReadBuffer, Samples};

use super::handle::{Opened, is_same};

/// More than this is left to a thread of its own: a few milliseconds.
const MOST_BYTES: u64 = 16 << 20;
/// After something was not there, so many reads are worth telling the system
/// what comes next.
const COLD_READS: u32 = 16;

/// Reads what needs no waiting, where the file system can tell.
#[derive(Debug, Default)]
pub(super) struct Cached {
    /// The file system cannot tell.
    is_unknown: AtomicBool,
    cold_reads: AtomicU32,
}

impl Cached {
    /// Whether something was not there a few reads ago.
    pub(super) fn is_cold(&self) -> bool {
        let fewer = |left: u32| left.checked_sub(1);
        let relaxed = Ordering::Relaxed;
        self.cold_reads
            .fetch_update(relaxed, relaxed, fewer)
            .is_ok()
    }

    /// Something was not there.
    pub(super) fn note_miss(&self) {
        self.cold_reads.store(COLD_READS, Ordering::Relaxed);
    }

    /// All ranges, when the system has all of them.
    pub(super) fn read(&self, opened: &Opened, ranges: &[ByteRange]) -> Option<Vec<Bytes>> {
        let ranges: Vec<ByteRange> = ranges.iter().map(|range| opened.inside(*range)).collect();
        self.is_worth_it(ranges.iter())?;
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let mut buffer = ReadBuffer::new(usize::try_from(range.len()).ok()?).ok()?;
            self.fill(opened, buffer.as_mut_slice(), range.start)?;
            parts.push(buffer.freeze());
        }
        is_same(opened).then_some(parts)
    }

    /// Fills the places of samples; answers whether it could.
    pub(super) fn read_into(
        &self,
        opened: &Opened,
        landings: &[Landing],
        samples: &mut Samples,
    ) -> bool {
        let mut read = || {
            self.is_worth_it(landings.iter().map(|landing| &landing.range))?;
            for landing in landings {
                let place = landing.in_samples(samples).ok()?;
                self.fill(opened, place, landing.range.start)?;
            }
            is_same(opened).then_some(())
        };
        read().is_some()
    }

    fn is_worth_it<'a>(&self, ranges: impl Iterator<Item = &'a ByteRange>) -> Option<()> {
        let total = ranges.fold(0u64, |sum, range| sum.saturating_add(range.len()));
        (total <= MOST_BYTES && !self.is_unknown.load(Ordering::Relaxed)).then_some(())
    }

    #[cfg(test)]
    pub(super) fn set_unknown(&self, is_unknown: bool) {
        self.is_unknown.store(is_unknown, Ordering::Relaxed);
    }

    #[cfg(target_os = "linux")]
    fn fill(&self, opened: &Opened, mut place: &mut [u8], mut at: u64) -> Option<()> {
        use std::io::IoSliceMut;

        use rustix::io::{Errno, ReadWriteFlags, preadv2};

        while !place.is_empty() {
            let now = ReadWriteFlags::NOWAIT;
            match preadv2(&*opened.file, &mut [IoSliceMut::new(place)], at, now) {
                Ok(count) if count > 0 => {
                    place = place.get_mut(count..)?;
                    at = at.checked_add(count as u64)?;
                }
                Err(Errno::INTR) => {}
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                    self.is_unknown.store(true, Ordering::Relaxed);
                    return None;
                }
                // It is not there, or the file became shorter.
                Ok(_) | Err(_) => return None,
            }
        }
        Some(())
    }

    #[cfg(not(target_os = "linux"))]
    fn fill(&self, _opened: &Opened, _place: &mut [u8], _at: u64) -> Option<()> {
        self.is_unknown.store(true, Ordering::Relaxed);
        None
    }
}
