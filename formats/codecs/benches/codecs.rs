//! CPU time of one frame of an Eiger 4M through bitshuffle-LZ4, beside the copy of a frame.
//!
//! Run: `cargo bench -p hutch-codecs`. The frames are made here from a seed: rings over a falling
//! background, peaks, gaps full of the largest number, as in a diffraction pattern.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark"
)]

#[path = "codecs/eiger.rs"]
mod eiger;
#[path = "codecs/encode.rs"]
mod encode;

use std::hint::black_box;

use hutch_codecs::{
    FilterSpec, Scratch, decode_into, decode_lz4_block, encode as encode_chunk, id, shuffle,
    unshuffle, unshuffle_bits,
};

const FRAMES: usize = 60;
const BLOCK: usize = 8192;

fn main() {
    println!("CPU ms of one frame of 2162 x 2068, median of {FRAMES}; times the copy behind it");
    for element_size in [4, 2] {
        let frame = eiger::frame(element_size);
        let shuffled: Vec<u8> = blocks(&frame, element_size)
            .flat_map(|block| encode::shuffled_bits(block, element_size))
            .collect();
        let packed: Vec<Vec<u8>> = shuffled.chunks(BLOCK).map(encode::lz4_block).collect();
        let chunk = encode::bitshuffle_chunk(&frame, &packed, element_size, BLOCK);
        let ratio = frame.len() as f64 / chunk.len() as f64;
        println!("u{} frame, ratio {ratio:.1}", 8 * element_size);
        let mut out = vec![0; frame.len()];
        let floor = median(|| out.copy_from_slice(black_box(&frame)));
        show("copy of the frame", floor, floor);
        let mut block = [0; BLOCK];
        let lz4 = median(|| {
            for (packed, bits) in packed.iter().zip(shuffled.chunks(BLOCK)) {
                decode_lz4_block(packed, &mut block[..bits.len()]).unwrap();
            }
        });
        show("LZ4 alone, into one block", lz4, floor);
        let block = &shuffled[shuffled.len() / 2 / BLOCK * BLOCK..][..BLOCK];
        let unshuffled = median(|| {
            for place in out.chunks_exact_mut(BLOCK) {
                unshuffle_bits(black_box(block), element_size, place);
            }
        });
        show("bit unshuffle of one block", unshuffled, floor);
        whole(
            "bitshuffle-LZ4",
            &[bitshuffle(element_size)],
            &chunk,
            &frame,
            floor,
        );
        let filters = [
            FilterSpec::shuffle(element_size as u32),
            FilterSpec::deflate(1),
        ];
        let chunk = encode_chunk(&filters, &frame, element_size).unwrap();
        whole("shuffle and deflate", &filters, &chunk, &frame, floor);
    }
    bytes();
}

/// A frame in blocks, but for the bytes of the last elements that make no group of eight.
fn blocks(frame: &[u8], element_size: usize) -> impl Iterator<Item = &[u8]> {
    frame[..frame.len() - frame.len() % (8 * element_size)].chunks(BLOCK)
}

fn bitshuffle(element_size: usize) -> FilterSpec {
    FilterSpec {
        id: id::BITSHUFFLE,
        name: String::new(),
        optional: true,
        client_data: vec![0, 4, element_size as u32, 0, 2],
    }
}

fn whole(name: &str, filters: &[FilterSpec], chunk: &[u8], frame: &[u8], floor: f64) {
    let mut scratch = Scratch::default();
    let mut memory = vec![0; frame.len() + 128];
    let line = memory.as_ptr().align_offset(64);
    // Where a line of the cache begins, and where most allocators put large buffers.
    for (start, place) in [(line, "at a line"), (line + 16, "behind it")] {
        let out = &mut memory[start..start + frame.len()];
        let spent = median(|| decode_into(filters, 0, chunk, 1, out, &mut scratch).unwrap());
        assert!(out == frame, "{name}: the frame comes back");
        show(&format!("{name}, {place}"), spent, floor);
    }
}

/// The byte shuffle of 16 MiB for elements of each size.
fn bytes() {
    let bytes: Vec<u8> = (0..1_u32 << 24).map(|index| (index / 7) as u8).collect();
    let (mut planes, mut out) = (vec![0; bytes.len()], vec![0; bytes.len()]);
    let floor = median(|| out.copy_from_slice(black_box(&bytes)));
    println!("byte unshuffle of 16 MiB");
    show("copy", floor, floor);
    for element_size in [2, 4, 8] {
        shuffle(&bytes, element_size, &mut planes);
        let spent = median(|| unshuffle(&planes, element_size, &mut out));
        assert!(out == bytes, "the elements come back");
        show(&format!("elements of {element_size}"), spent, floor);
    }
}

fn show(name: &str, spent: f64, floor: f64) {
    println!("  {name:30} {spent:7.2}   x {:.2}", spent / floor);
}

fn median(mut work: impl FnMut()) -> f64 {
    work();
    let mut spent: Vec<f64> = (0..FRAMES)
        .map(|_| {
            let start = cpu_ms();
            work();
            cpu_ms() - start
        })
        .collect();
    spent.sort_by(f64::total_cmp);
    spent[FRAMES / 2]
}

/// CPU time of this thread.
#[cfg(unix)]
fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 * 1e-6
}

/// Wall time, where there is no such clock.
#[cfg(not(unix))]
fn cpu_ms() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START
        .get_or_init(std::time::Instant::now)
        .elapsed()
        .as_secs_f64()
        * 1e3
}
