//! From the stored bytes of a strip or tile to samples.
//!
//! Source: TIFF 6.0, sections 9 (`PackBits`), 13 (LZW), 14 (predictor); TIFF
//! Technical Note 3 (floating-point predictor).

use hutch_codecs::{FilterSpec, Scratch, id};
use libdeflater::Decompressor;

use super::page::{Packing, Page, SampleBits};
use crate::images::sample::SampleType;

const NONE: u16 = 1;
const LZW: u16 = 5;
const DEFLATE: u16 = 8;
const OLD_DEFLATE: u16 = 32946;
const PACK_BITS: u16 = 32773;
const ZSTD: u16 = 50000;

/// The name of a compression.
pub(super) const fn name(compression: u16) -> Option<&'static str> {
    Some(match compression {
        2 => "CCITT RLE",
        3 => "CCITT group 3",
        4 => "CCITT group 4",
        LZW => "LZW",
        6 => "old JPEG",
        7 => "JPEG",
        DEFLATE | OLD_DEFLATE => "deflate",
        PACK_BITS => "PackBits",
        33003 | 33004 | 33005 | 34712 => "JPEG 2000",
        34887 => "LERC",
        34925 => "LZMA",
        ZSTD => "zstd",
        50001 => "WebP",
        _ => return None,
    })
}

/// Whether the samples lie in the file as they are, row by row.
pub(super) const fn is_plain(packing: Packing) -> bool {
    packing.compression == NONE
}

/// Why the pieces of a page cannot be unpacked, if they cannot.
pub(super) fn unreadable(page: &Page) -> Option<String> {
    let Packing {
        compression,
        predictor,
        ..
    } = page.packing;
    if !matches!(
        compression,
        NONE | LZW | DEFLATE | OLD_DEFLATE | PACK_BITS | ZSTD
    ) {
        return Some(match name(compression) {
            Some(name) => format!("its compression, {name}, cannot be undone yet"),
            None => format!("its compression {compression} is not known"),
        });
    }
    if is_plain(page.packing) {
        return None;
    }
    let sample = page.shape.sample;
    let is_real = sample.format == 3;
    match predictor {
        1 => None,
        2 if sample.is_whole() && sample.bits <= 64 => None,
        3 if is_real => None,
        other => {
            let bits = sample.bits;
            Some(format!(
                "predictor {other} for samples of {bits} bits is not known"
            ))
        }
    }
}

/// Rows of samples that one piece holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// How many rows the piece must have.
    pub(super) count: usize,
    /// Samples of a row: columns times the channels that lie together.
    pub(super) samples: usize,
    /// Channels that lie together.
    pub(super) channels: usize,
}

impl Rows {
    /// Bytes of a stored row; rows begin at whole bytes.
    pub(super) fn stored_bytes(self, sample: SampleBits) -> usize {
        self.samples
            .saturating_mul(usize::from(sample.bits))
            .div_ceil(8)
    }
}

/// Unpacks one piece into samples of this machine; `out` may be longer.
///
/// # Errors
/// Why the bytes are damaged.
pub(super) fn unpack(
    packing: Packing,
    sample: SampleBits,
    is_big_endian: bool,
    rows: Rows,
    stored: &[u8],
    out: &mut [u8],
) -> Result<(), String> {
    let row_bytes = rows.stored_bytes(sample);
    let needed = row_bytes.saturating_mul(rows.count);
    let reversed: Vec<u8>;
    let stored = if packing.is_reversed {
        reversed = stored.iter().map(|byte| byte.reverse_bits()).collect();
        &reversed
    } else {
        stored
    };
    if !sample.is_whole() {
        let mut packed = Vec::new();
        let reserved = packed.try_reserve_exact(needed);
        reserved.map_err(|error| error.to_string())?;
        packed.resize(needed, 0);
        decompress(packing.compression, stored, needed, &mut packed)?;
        return take_bits(sample, rows, &packed, out);
    }
    decompress(packing.compression, stored, needed, out)?;
    let out = out.get_mut(..needed).ok_or("the buffer is too small")?;
    let element = sample.element().ok_or("samples of an unknown type")?;
    let sample_type = SampleType {
        element,
        is_big_endian,
    };
    if packing.predictor == 3 && !is_plain(packing) {
        let size = sample_type.size_bytes();
        for row in out.chunks_exact_mut(row_bytes.max(1)) {
            undo_float_prediction(row, size, rows.channels);
        }
        return Ok(());
    }
    sample_type.to_native(out);
    if packing.predictor == 2 && !is_plain(packing) {
        for row in out.chunks_exact_mut(row_bytes.max(1)) {
            match sample_type.size_bytes() {
                1 => undo_difference::<1>(row, rows.channels),
                2 => undo_difference::<2>(row, rows.channels),
                4 => undo_difference::<4>(row, rows.channels),
                _ => undo_difference::<8>(row, rows.channels),
            }
        }
    }
    Ok(())
}

/// Undoes the compression into `out`, of which at least `needed` bytes come.
fn decompress(
    compression: u16,
    stored: &[u8],
    needed: usize,
    out: &mut [u8],
) -> Result<(), String> {
    let found = match compression {
        NONE => {
            let length = stored.len().min(out.len());
            let (place, bytes) = (out.get_mut(..length), stored.get(..length));
            if let (Some(place), Some(bytes)) = (place, bytes) {
                place.copy_from_slice(bytes);
            }
            length
        }
        LZW => lzw(stored, out)?,
        DEFLATE | OLD_DEFLATE => Decompressor::new()
            .zlib_decompress(stored, out)
            .map_err(|error| format!("damaged deflate data: {error}"))?,
        PACK_BITS => pack_bits(stored, out),
        ZSTD => zstd(stored, needed, out)?,
        other => return Err(format!("compression {other} cannot be undone")),
    };
    if found < needed {
        let name = name(compression).unwrap_or("stored");
        return Err(format!(
            "a piece has {found} bytes of {name} data, {needed} are needed"
        ));
    }
    Ok(())
}

fn lzw(stored: &[u8], out: &mut [u8]) -> Result<usize, String> {
    use weezl::{BitOrder, LzwStatus, decode::Configuration};
    let mut decoder = Configuration::with_tiff_size_switch(BitOrder::Msb, 8).build();
    let (mut from, mut to) = (0, 0);
    loop {
        let (input, place) = (stored.get(from..), out.get_mut(to..));
        let (Some(input), Some(place)) = (input, place) else {
            return Ok(to);
        };
        if place.is_empty() {
            return Ok(to);
        }
        let result = decoder.decode_bytes(input, place);
        from += result.consumed_in;
        to += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            // Some writers leave out the end code: what came counts.
            Ok(_) => return Ok(to),
            Err(error) => return Err(format!("damaged LZW data: {error}")),
        }
    }
}

fn zstd(stored: &[u8], needed: usize, out: &mut [u8]) -> Result<usize, String> {
    let place = out.get_mut(..needed).ok_or("the buffer is too small")?;
    let filter = FilterSpec {
        id: id::ZSTD,
        name: String::new(),
        optional: false,
        client_data: Vec::new(),
    };
    let mut scratch = Scratch::default();
    hutch_codecs::decode_into(&[filter], 0, stored, 1, place, &mut scratch)
        .map_err(|error| error.to_string())?;
    Ok(needed)
}

/// Runs of equal bytes, and runs of others; returns how many bytes came.
fn pack_bits(mut stored: &[u8], out: &mut [u8]) -> usize {
    let mut to = 0;
    while let [code, rest @ ..] = stored {
        let code = code.cast_signed();
        let length = usize::from(code.unsigned_abs()) + 1;
        let end = (to + length).min(out.len());
        let Some(place) = out.get_mut(to..end) else {
            break;
        };
        match (code, rest) {
            (i8::MIN, _) => stored = rest,
            (0.., _) => {
                let have = place.len().min(rest.len());
                place[..have].copy_from_slice(&rest[..have]);
                to += have;
                stored = rest.get(length..).unwrap_or_default();
            }
            (_, [byte, rest @ ..]) => {
                place.fill(*byte);
                to = end;
                stored = rest;
            }
            (_, []) => break,
        }
        if to == out.len() {
            break;
        }
    }
    to
}

/// Adds to each sample the one before it of the same channel.
fn undo_difference<const SIZE: usize>(row: &mut [u8], channels: usize) {
    let samples = row.as_chunks_mut::<SIZE>().0;
    for at in channels..samples.len() {
        let before = samples[at - channels];
        let sample = &mut samples[at];
        *sample = match SIZE {
            1 => sum::<SIZE>(*sample, before, u64::from(u8::MAX)),
            2 => sum::<SIZE>(*sample, before, u64::from(u16::MAX)),
            4 => sum::<SIZE>(*sample, before, u64::from(u32::MAX)),
            _ => sum::<SIZE>(*sample, before, u64::MAX),
        };
    }
}

/// The sum of two numbers in the byte order of this machine, without carry.
fn sum<const SIZE: usize>(one: [u8; SIZE], other: [u8; SIZE], mask: u64) -> [u8; SIZE] {
    let widen = |bytes: [u8; SIZE]| {
        let mut wide = [0; 8];
        let from = if cfg!(target_endian = "big") {
            8 - SIZE
        } else {
            0
        };
        wide[from..from + SIZE].copy_from_slice(&bytes);
        u64::from_ne_bytes(wide)
    };
    let wide = (widen(one).wrapping_add(widen(other)) & mask).to_ne_bytes();
    let from = if cfg!(target_endian = "big") {
        8 - SIZE
    } else {
        0
    };
    let mut narrow = [0; SIZE];
    narrow.copy_from_slice(&wide[from..from + SIZE]);
    narrow
}

/// Bytes of a row were sorted by their weight, then differences taken.
fn undo_float_prediction(row: &mut [u8], size: usize, channels: usize) {
    for at in channels..row.len() {
        row[at] = row[at].wrapping_add(row[at - channels]);
    }
    let sorted = row.to_vec();
    let count = row.len() / size.max(1);
    for (index, sample) in row.chunks_exact_mut(size.max(1)).enumerate() {
        for (weight, byte) in sample.iter_mut().enumerate() {
            // The most significant bytes come first.
            let from = if cfg!(target_endian = "big") {
                weight
            } else {
                size - 1 - weight
            };
            *byte = sorted[from * count + index];
        }
    }
}

/// Samples of any number of bits, the most significant first.
fn take_bits(sample: SampleBits, rows: Rows, packed: &[u8], out: &mut [u8]) -> Result<(), String> {
    let bits = u32::from(sample.bits);
    let size = sample
        .element()
        .and_then(|element| element.size_bytes())
        .ok_or("samples of an unknown type")?;
    let stored = packed.chunks_exact(rows.stored_bytes(sample).max(1));
    let places = out.chunks_exact_mut(rows.samples.saturating_mul(size).max(1));
    for (row, place) in stored.zip(places) {
        let (mut pool, mut have) = (0u64, 0u32);
        let mut bytes = row.iter();
        for place in place.chunks_exact_mut(size) {
            while have < bits {
                pool = pool << 8 | u64::from(bytes.next().copied().unwrap_or(0));
                have += 8;
            }
            have -= bits;
            let value = pool >> have & ((1 << bits) - 1);
            let wide = value.to_le_bytes();
            place.copy_from_slice(&wide[..size]);
            if cfg!(target_endian = "big") {
                place.reverse();
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_reads_as_the_standard_shows_it() {
        // The example of Apple Technical Note TN1023.
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let mut out = [0; 24];
        assert_eq!(pack_bits(&packed, &mut out), 24, "24 bytes");
        assert_eq!(
            out[..7],
            [0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0xaa],
            "the first"
        );
        assert_eq!(out[13..16], [0x22, 0xaa, 0xaa], "the last run");
        let mut short = [0; 5];
        assert_eq!(pack_bits(&packed, &mut short), 5, "never more than fits");
    }

    #[test]
    fn differences_add_up_without_carry() {
        let mut row = [250, 1, 10, 2];
        undo_difference::<1>(&mut row, 2);
        assert_eq!(row, [250, 1, 4, 3], "channel by channel");
    }

    #[test]
    fn samples_of_twelve_bits_are_taken_apart() {
        let sample = SampleBits {
            bits: 12,
            format: 1,
        };
        let rows = Rows {
            count: 1,
            samples: 2,
            channels: 1,
        };
        let mut out = [0; 4];
        take_bits(sample, rows, &[0xab, 0xcd, 0xef], &mut out).unwrap();
        let values: Vec<u16> = out
            .chunks(2)
            .map(|two| u16::from_ne_bytes([two[0], two[1]]))
            .collect();
        assert_eq!(values, [0xabc, 0xdef], "two samples in three bytes");
    }
}
