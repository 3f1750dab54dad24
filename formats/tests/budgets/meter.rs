//! What an operation takes: bytes of memory at its height, and seconds of the processor.

#![expect(unsafe_code, reason = "an allocator that counts is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Bytes that are held, and the most that were.
static HELD: AtomicUsize = AtomicUsize::new(0);
static HEIGHT: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the system, counted.
struct Counting;

fn take(size: usize) {
    let held = HELD.fetch_add(size, Ordering::Relaxed) + size;
    HEIGHT.fetch_max(held, Ordering::Relaxed);
}

fn give(size: usize) {
    HELD.fetch_sub(size, Ordering::Relaxed);
}

// SAFETY: every call goes on to the system's allocator as it came; counting touches no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Large blocks grow in place or by moving their pages.
        give(layout.size());
        take(new_size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        give(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What one operation took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// Bytes above those that were held before.
    pub(crate) bytes: usize,
    /// Seconds of all threads of the process, where the system tells; else of the clock.
    pub(crate) seconds: f64,
}

/// Measures one operation; others wait.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = HELD.load(Ordering::Relaxed);
    HEIGHT.store(before, Ordering::Relaxed);
    let (clock, start) = (Instant::now(), processor_seconds());
    let result = work();
    let seconds = match (start, processor_seconds()) {
        (Some(start), Some(end)) => end - start,
        _ => clock.elapsed().as_secs_f64(),
    };
    let bytes = HEIGHT.load(Ordering::Relaxed).saturating_sub(before);
    drop(alone);
    (result, Taken { bytes, seconds })
}

/// User and system time of the process in `/proc/self/stat`, in hundredths.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Some(f64::from(ticks) / 100.0)
}
