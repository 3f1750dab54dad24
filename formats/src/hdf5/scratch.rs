//! Buffers that are kept from chunk to chunk, so that no frame allocates.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hutch_hdf5::Scratch;

/// A thread keeps a buffer up to this; longer ones are given back.
const KEPT_BYTES: usize = 64 << 20;
/// All threads together keep spare buffers up to this.
const SPARE_BYTES: usize = 128 << 20;

/// What one thread needs to decode chunks.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// What the filters need.
    pub(super) scratch: Scratch,
    /// One decoded chunk that goes to its place afterwards.
    pub(super) chunk: Vec<u8>,
}

thread_local! {
    static BUFFERS: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

/// Runs `work` with the buffers of this thread.
///
/// They are taken, not borrowed: a pool may run other work of the same kind on
/// this thread before `work` ends, which then makes its own.
pub(super) fn with_buffers<T>(work: impl FnOnce(&mut Buffers) -> T) -> T {
    let mut buffers = BUFFERS.take().unwrap_or_default();
    let result = work(&mut buffers);
    if buffers.chunk.capacity() <= KEPT_BYTES {
        BUFFERS.set(Some(buffers));
    }
    result
}

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn spare() -> MutexGuard<'static, Vec<Vec<u8>>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buffers for chunks that are decoded side by side, used before or new.
pub(super) fn take_spare(count: usize) -> Vec<Vec<u8>> {
    let mut spare = spare();
    let kept = spare.len().saturating_sub(count);
    let mut taken = spare.split_off(kept);
    taken.resize_with(count, Vec::new);
    taken
}

/// Gives buffers back for the next slab.
pub(super) fn give_spare(buffers: Vec<Vec<u8>>) {
    let mut spare = spare();
    let mut held: usize = spare.iter().map(Vec::capacity).sum();
    for buffer in buffers {
        held = held.saturating_add(buffer.capacity());
        if held > SPARE_BYTES {
            break;
        }
        spare.push(buffer);
    }
}

/// Makes a buffer `size` bytes long; `None` where there is no memory.
pub(super) fn fit(buffer: &mut Vec<u8>, size: usize) -> Option<&mut [u8]> {
    if size > buffer.len() {
        buffer.try_reserve_exact(size - buffer.len()).ok()?;
        buffer.resize(size, 0);
    }
    buffer.get_mut(..size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_buffer() {
        let place = |size| {
            with_buffers(|buffers| {
                fit(&mut buffers.chunk, size).map(|chunk| chunk.as_ptr() as usize)
            })
        };
        let first = place(1000);
        assert_eq!(place(500), first, "the same memory serves a smaller chunk");
        let nested = with_buffers(|_| place(1000));
        assert_ne!(nested, first, "work inside of work has its own");
    }
}
