//! The system's memory, large pieces of it at the beginning of a line.
//!
//! Frames are stored past the caches line by line, which takes a quarter longer
//! where they begin inside of a line; most systems put large memory 16 bytes
//! behind the beginning of one.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe by its nature; this one moves the beginning of what the system gives"
)]

use std::alloc::{GlobalAlloc, Layout, System};

/// A line of the cache.
const LINE: usize = 64;
/// Memory from this size on begins at a line; Miri looks at each byte of the
/// tests and takes its time.
const LARGE_BYTES: usize = if cfg!(miri) { 1 << 10 } else { 256 << 10 };
/// What the system aligns to, at least enough for the distance that is noted.
const ALIGN: usize = 16;

/// The allocator of the program: the system's, but large memory begins at a
/// multiple of 64 bytes.
///
/// Large memory is taken 64 bytes longer, and begins 16 to 64 bytes behind the
/// system's; how many is noted in the 8 bytes before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineAllocator;

/// The layout that the system is asked for; none for what it is asked for as it is.
fn longer(layout: Layout) -> Option<Layout> {
    if layout.size() < LARGE_BYTES || layout.align() > LINE {
        return None;
    }
    Layout::from_size_align(layout.size().checked_add(LINE)?, ALIGN).ok()
}

/// Moves the beginning of memory to the next line and notes how far.
///
/// # Safety
/// `memory` is null, or aligned to `ALIGN` and valid for writing `LINE` bytes.
unsafe fn moved(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        return memory;
    }
    let distance = LINE - memory.addr() % LINE;
    // SAFETY: the distance is a multiple of `ALIGN`, from 16 to 64, so the 8 bytes before the new
    // beginning are inside of the memory, and aligned.
    unsafe {
        let beginning = memory.add(distance);
        #[expect(
            clippy::cast_ptr_alignment,
            reason = "16 bytes are a multiple of its alignment"
        )]
        beginning.sub(8).cast::<u64>().write(distance as u64);
        beginning
    }
}

/// How far the beginning was moved.
///
/// # Safety
/// `beginning` comes from [`moved`] and is not null.
unsafe fn distance_of(beginning: *mut u8) -> usize {
    #[expect(clippy::cast_ptr_alignment, reason = "it was written there")]
    #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
    // SAFETY: the distance was written there, and nobody else owns those bytes.
    unsafe {
        beginning.sub(8).cast::<u64>().read() as usize
    }
}

// SAFETY: memory comes from the system's allocator and goes back there with the pointer and the
// layout that it was asked for with: `longer` gives the same answer for the same layout. A moved
// beginning has `layout.size()` bytes behind it, since the memory is `LINE` bytes longer and the
// distance at most that, and is a multiple of `LINE`, which is no less than `layout.align()`.
unsafe impl GlobalAlloc for LineAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises; sizes are not zero.
        unsafe {
            match longer(layout) {
                Some(longer) => moved(System.alloc(longer)),
                None => System.alloc(layout),
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; the distance is written before what must be zero.
        unsafe {
            match longer(layout) {
                Some(longer) => moved(System.alloc_zeroed(longer)),
                None => System.alloc_zeroed(layout),
            }
        }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the pointer and the layout are those of `alloc`.
        unsafe {
            match longer(layout) {
                Some(longer) => System.dealloc(ptr.sub(distance_of(ptr)), longer),
                None => System.dealloc(ptr, layout),
            }
        }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid for this alignment; each branch uses
        // the system's memory as it was asked for.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(new_size, layout.align());
            match (longer(layout), longer(wanted)) {
                (Some(before), Some(after)) => {
                    let distance = distance_of(ptr);
                    let old = ptr.sub(distance);
                    let new = System.realloc(old, before, after.size());
                    if new.is_null() {
                        return new;
                    }
                    let now = LINE - new.addr() % LINE;
                    if now != distance {
                        let kept = layout.size().min(new_size);
                        new.add(distance).copy_to(new.add(now), kept);
                    }
                    moved(new)
                }
                (None, None) => System.realloc(ptr, layout, new_size),
                _ => {
                    let new = self.alloc(wanted);
                    if !new.is_null() {
                        let kept = layout.size().min(new_size);
                        ptr.copy_to_nonoverlapping(new, kept);
                        self.dealloc(ptr, layout);
                    }
                    new
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIG: usize = LARGE_BYTES + 1000;
    /// Mapped by itself.
    const HUGE: usize = if cfg!(miri) { 4 * BIG } else { 20 << 20 };

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn large_memory_begins_at_a_line_and_is_all_there() {
        for align in [1, 4, 16, 64, 4096] {
            for size in [LARGE_BYTES, BIG, HUGE] {
                let layout = layout(size, align);
                // SAFETY: the size is not zero; all accesses lie inside; it is freed once.
                unsafe {
                    let memory = LineAllocator.alloc_zeroed(layout);
                    assert_eq!(
                        memory.addr() % align.max(LINE),
                        0,
                        "{size} bytes by {align}"
                    );
                    let bytes = std::slice::from_raw_parts_mut(memory, size);
                    assert!(bytes.iter().all(|byte| *byte == 0), "zeroed");
                    bytes.fill(0xff);
                    LineAllocator.dealloc(memory, layout);
                }
            }
        }
    }

    #[test]
    fn what_is_kept_survives_growing_and_shrinking_across_the_limit() {
        let sizes = [100, BIG, 8 * BIG, 5 * HUGE, 3 * BIG, BIG + 16, 1000, BIG];
        // SAFETY: all accesses lie inside of the smallest size; it is freed once, as it is.
        unsafe {
            let mut size = 100;
            let mut memory = LineAllocator.alloc(layout(size, 4));
            std::slice::from_raw_parts_mut(memory, 100).copy_from_slice(&[7; 100]);
            for next in sizes {
                memory = LineAllocator.realloc(memory, layout(size, 4), next);
                size = next;
                let kept = std::slice::from_raw_parts(memory, 100);
                assert_eq!(kept, [7; 100], "after {next} bytes");
                let is_at_line = memory.addr().is_multiple_of(LINE);
                assert!(
                    is_at_line || next < LARGE_BYTES,
                    "{next} bytes begin at a line"
                );
            }
            LineAllocator.dealloc(memory, layout(size, 4));
        }
    }
}
