//! Memory that is used again, so that one frame after another takes none anew.
//!
//! New memory costs more than to read into it: the system finds and clears it
//! page by page. What is given back waits for the next buffer of about its
//! size; what waits is bounded in bytes, and the longest unused goes first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::{ElementType, Error, ErrorKind, Result, Samples};

/// Buffers below this are as quick to make.
const SMALLEST_BYTES: usize = 64 << 10;
/// Stored bytes of frames that wait to be used again.
const READ_BUDGET_BYTES: usize = 32 << 20;
/// Decoded frames that wait to be used again.
const SAMPLES_BUDGET_BYTES: usize = 128 << 20;

static READ: Pool<Vec<u8>> = Pool::new(READ_BUDGET_BYTES, Vec::capacity);
static SAMPLES: Pool<Samples> = Pool::new(SAMPLES_BUDGET_BYTES, Samples::capacity_bytes);

/// Bytes to read into, which become [`Bytes`]; their memory waits for the next
/// buffer once the last of those is gone.
#[derive(Debug)]
pub struct ReadBuffer {
    bytes: Vec<u8>,
    length: usize,
}

impl ReadBuffer {
    /// A buffer of `length` bytes of any value.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the memory cannot be had.
    pub fn new(length: usize) -> Result<Self> {
        let bytes = match READ.take(length, |_| true) {
            Some(bytes) => bytes,
            // Frames differ a little in size; the next one shall fit as well.
            None if length >= SMALLEST_BYTES => {
                zeroed(length.saturating_add(length / 8).max(length))?
            }
            None => zeroed(length)?,
        };
        Ok(Self { bytes, length })
    }

    /// The bytes to read into.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let length = self.length.min(self.bytes.len());
        &mut self.bytes[..length]
    }

    /// What was read, without a copy.
    pub fn freeze(mut self) -> Bytes {
        if self.length < SMALLEST_BYTES {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.truncate(self.length);
            return bytes.into();
        }
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for ReadBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length.min(self.bytes.len())]
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        READ.give(std::mem::take(&mut self.bytes));
    }
}

impl Samples {
    /// `count` samples of unspecified value, in memory that was used before
    /// where some waits; no texts.
    ///
    /// # Errors
    /// Those of [`Self::zeroed`].
    pub fn unspecified(element: &ElementType, count: usize) -> Result<Self> {
        let least = element.size_bytes().unwrap_or(0).saturating_mul(count);
        let used = SAMPLES.take(least, |samples| samples.element() == *element);
        match used {
            Some(mut samples) => {
                samples.resize_numbers(count);
                Ok(samples)
            }
            None => Self::zeroed(element, count),
        }
    }

    /// Gives the memory of samples that nobody needs any more to the next ones.
    pub fn recycle(self) {
        SAMPLES.give(self);
    }
}

/// Zeroed numbers; the system clears large ones only where they are touched.
pub(crate) fn zeroed<T: bytemuck::Zeroable>(count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count).map_err(|()| {
        let tried = format!("hold {count} elements of {} bytes", size_of::<T>());
        Error::new(ErrorKind::Limit, tried, "there is not enough memory")
    })
}

/// Buffers that wait to be used again, the longest unused first.
struct Pool<T> {
    budget_bytes: usize,
    size_bytes: fn(&T) -> usize,
    waiting: Mutex<Vec<T>>,
}

impl<T> Pool<T> {
    const fn new(budget_bytes: usize, size_bytes: fn(&T) -> usize) -> Self {
        Self {
            budget_bytes,
            size_bytes,
            waiting: Mutex::new(Vec::new()),
        }
    }

    /// The last given of those that hold `least` bytes and not very much more.
    fn take(&self, least: usize, suits: impl Fn(&T) -> bool) -> Option<T> {
        if least < SMALLEST_BYTES {
            return None;
        }
        let most = least.saturating_mul(2);
        let mut waiting = self.lock();
        let at = waiting.iter().rposition(|buffer| {
            let size = (self.size_bytes)(buffer);
            (least..=most).contains(&size) && suits(buffer)
        })?;
        Some(waiting.remove(at))
    }

    fn give(&self, buffer: T) {
        let size = (self.size_bytes)(&buffer);
        if !(SMALLEST_BYTES..=self.budget_bytes).contains(&size) {
            return;
        }
        let mut waiting = self.lock();
        waiting.push(buffer);
        let mut held: usize = waiting.iter().map(self.size_bytes).sum();
        let mut gone = 0;
        while held > self.budget_bytes
            && let Some(oldest) = waiting.get(gone)
        {
            held = held.saturating_sub((self.size_bytes)(oldest));
            gone += 1;
        }
        let gone: Vec<T> = waiting.drain(..gone).collect();
        // To give memory back to the system takes long; nobody waits for that.
        drop(waiting);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIG: usize = 100 << 10;

    fn pool(budget_bytes: usize) -> Pool<Vec<u8>> {
        Pool::new(budget_bytes, Vec::capacity)
    }

    fn sizes(pool: &Pool<Vec<u8>>) -> Vec<usize> {
        pool.lock().iter().map(Vec::capacity).collect()
    }

    #[test]
    fn what_waits_never_exceeds_the_budget_and_the_oldest_goes_first() {
        let pool = pool(3 * BIG);
        for more in 0..5 {
            pool.give(Vec::with_capacity(BIG + more));
        }
        assert_eq!(sizes(&pool), [BIG + 3, BIG + 4], "the last that fit");
        pool.give(Vec::with_capacity(4 * BIG));
        assert_eq!(sizes(&pool).len(), 2, "larger than the budget");
        pool.give(Vec::with_capacity(100));
        assert_eq!(sizes(&pool).len(), 2, "too small to be worth it");
    }

    #[test]
    fn a_buffer_serves_only_what_is_of_about_its_size() {
        let pool = pool(10 * BIG);
        pool.give(Vec::with_capacity(4 * BIG));
        assert!(pool.take(4 * BIG + 1, |_| true).is_none(), "too small");
        assert!(pool.take(BIG, |_| true).is_none(), "mostly unused");
        assert!(pool.take(3 * BIG, |_| false).is_none(), "of another kind");
        assert!(pool.take(3 * BIG, |_| true).is_some(), "near enough");
        assert!(sizes(&pool).is_empty(), "it is taken");
    }

    #[test]
    fn the_memory_of_bytes_that_were_read_is_read_into_again() {
        // A size that no other test of this process uses.
        let length = 3 * BIG + 123;
        let mut buffer = ReadBuffer::new(length).unwrap();
        buffer.as_mut_slice().fill(7);
        let place = buffer.as_ref().as_ptr();
        let bytes = buffer.freeze();
        let part = bytes.slice(10..20);
        assert_eq!((bytes.len(), &part[..]), (length, &[7; 10][..]), "as read");
        drop(bytes);
        let other = ReadBuffer::new(length).unwrap();
        assert_ne!(other.as_ref().as_ptr(), place, "a part is still in use");
        drop((part, other));
        let places = [(); 2].map(|()| ReadBuffer::new(length).unwrap());
        assert!(
            places
                .iter()
                .any(|buffer| buffer.as_ref().as_ptr() == place),
            "the same memory again"
        );
    }

    #[test]
    fn short_reads_are_plain_bytes() {
        let mut buffer = ReadBuffer::new(5).unwrap();
        buffer.as_mut_slice().copy_from_slice(b"bytes");
        assert_eq!(&buffer.freeze()[..], b"bytes", "as read");
    }

    #[test]
    fn samples_are_used_again_by_those_of_their_type() {
        let count = BIG + 77;
        let place = |samples: &Samples| samples.bytes().as_ptr();
        let samples = Samples::unspecified(&ElementType::U16, count).unwrap();
        let first = place(&samples);
        samples.recycle();
        let other = Samples::unspecified(&ElementType::I16, count).unwrap();
        assert_ne!(place(&other), first, "another type");
        let again = Samples::unspecified(&ElementType::U16, count - 5).unwrap();
        assert_eq!(place(&again), first, "the same memory");
        assert_eq!(again.len(), count - 5, "as many as asked for");
    }
}
