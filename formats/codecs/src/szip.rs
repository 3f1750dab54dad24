//! The szip filter: the adaptive entropy coding of CCSDS 121.0-B, as libaec writes it for HDF5.

use crate::bits::Bits;
use crate::error::CodecError;

const NAME: &str = "szip";
/// Options: samples are big-endian; samples are differences from their predecessor.
const MSB_FIRST: u32 = 16;
const PREDICTED: u32 = 32;
/// A run of zero blocks that goes on to the end of its segment of 64 blocks.
const REST_OF_SEGMENT: u32 = 5;

/// How samples are laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Bits of a sample: 8 where samples of 32 and 64 bits are stored byte by byte.
    bits: u32,
    /// Bytes of a sample in the output.
    bytes: usize,
    /// Samples of a block, an even number.
    block: usize,
    /// Samples of a line that count: the blocks of a line may hold more.
    line: usize,
    /// Blocks of a line, which starts with a sample of its own.
    blocks: usize,
    is_big_endian: bool,
    is_predicted: bool,
    /// Byte planes that are stored one behind the other.
    planes: usize,
}

/// Decodes a chunk as `parameters` describe it; returns the bytes written, at most `out.len()`.
///
/// The parameters are the options, samples of a block, bits of a sample, samples of a line.
/// `samples` is a buffer to be reused.
/// Source: CCSDS 121.0-B-3; libaec, `decode.c` and `sz_compat.c`; libhdf5, `H5Zszip.c`.
///
/// # Errors
/// [`CodecError`] when the parameters are not valid, or the chunk is damaged.
pub fn decode_szip(
    chunk: &[u8],
    parameters: &[u32],
    out: &mut [u8],
    samples: &mut Vec<u32>,
) -> Result<usize, CodecError> {
    let layout = layout(parameters)?;
    let (size, coded) = chunk.split_first_chunk::<4>().ok_or_else(cut)?;
    let (found, expected) = (u32::from_le_bytes(*size) as usize, out.len());
    let out = out
        .get_mut(..found)
        .ok_or(CodecError::Size { found, expected })?;
    let count = found / layout.bytes;
    samples.clear();
    samples
        .try_reserve(layout.blocks * layout.block)
        .map_err(CodecError::memory)?;
    let mut bits = Bits::new(coded);
    let mut done = 0;
    while done < count {
        let wanted = layout.line.min(count - done);
        samples.clear();
        line(&mut bits, layout, wanted, samples)?;
        if layout.is_predicted {
            undo_prediction(samples, layout.bits);
        }
        let line = samples.get(..wanted).ok_or_else(cut)?;
        store(line, done, count, layout, out);
        done += wanted;
    }
    Ok(found)
}

fn cut() -> CodecError {
    CodecError::damaged(NAME, "the chunk is cut off")
}

fn layout(parameters: &[u32]) -> Result<Layout, CodecError> {
    let wrong = Err(CodecError::damaged(NAME, "the parameters are not valid"));
    let &[options, block, bits, line, ..] = parameters else {
        return wrong;
    };
    let is_block = matches!(block, 2..=64) && block % 2 == 0;
    let is_sample = matches!(bits, 1..=24 | 32 | 64);
    if !is_block || !is_sample || line == 0 || line > 1 << 16 {
        return wrong;
    }
    let planes = if bits > 24 { bits as usize / 8 } else { 1 };
    let bits = if bits > 24 { 8 } else { bits };
    Ok(Layout {
        bits,
        bytes: match bits {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4,
        },
        block: block as usize,
        line: line as usize,
        blocks: line.div_ceil(block) as usize,
        is_big_endian: options & MSB_FIRST != 0,
        is_predicted: options & PREDICTED != 0,
        planes,
    })
}

/// At least `wanted` samples of one line, as they are coded.
fn line(
    bits: &mut Bits<'_>,
    layout: Layout,
    wanted: usize,
    samples: &mut Vec<u32>,
) -> Result<(), CodecError> {
    let id_bits = match layout.bits {
        0..=8 => 3,
        9..=16 => 4,
        _ => 5,
    };
    while samples.len() < wanted {
        let has_reference = layout.is_predicted && samples.is_empty();
        let id = bits.take(id_bits).ok_or_else(cut)?;
        let end = samples.len() + layout.block;
        if id == (1 << id_bits) - 1 {
            for _ in 0..layout.block {
                samples.push(sample(bits, layout.bits)?);
            }
            continue;
        }
        let is_second_extension = id == 0 && bits.take(1).ok_or_else(cut)? == 1;
        if has_reference {
            samples.push(sample(bits, layout.bits)?);
        }
        match id {
            0 if is_second_extension => second_extension(bits, end, samples)?,
            0 => zero_blocks(bits, layout, end, samples)?,
            _ => split_samples(bits, u32::try_from(id - 1).unwrap_or(0), end, samples)?,
        }
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a sample has 24 bits")]
fn sample(bits: &mut Bits<'_>, count: u32) -> Result<u32, CodecError> {
    Ok(bits.take(count).ok_or_else(cut)? as u32)
}

/// The upper parts as runs of zeros, then the `low_count` lower bits of each.
fn split_samples(
    bits: &mut Bits<'_>,
    low_count: u32,
    end: usize,
    samples: &mut Vec<u32>,
) -> Result<(), CodecError> {
    let start = samples.len();
    while samples.len() < end {
        let high = bits.zeros().ok_or_else(cut)?;
        samples.push(high << low_count);
    }
    if low_count > 0 {
        for value in samples.iter_mut().skip(start) {
            *value = value.wrapping_add(sample(bits, low_count)?);
        }
    }
    Ok(())
}

/// Pairs of samples as the number of their pair, in order of their sum.
fn second_extension(
    bits: &mut Bits<'_>,
    end: usize,
    samples: &mut Vec<u32>,
) -> Result<(), CodecError> {
    while samples.len() < end {
        let number = bits.zeros().ok_or_else(cut)?;
        if number > 90 {
            return Err(CodecError::damaged(NAME, "a pair of samples is too large"));
        }
        let mut sum = 0;
        let mut first = 0;
        while number > first + sum {
            first += sum + 1;
            sum += 1;
        }
        let second = number - first;
        // A line's own first sample takes the place of the first of its pair.
        if (end - samples.len()).is_multiple_of(2) {
            samples.push(sum - second);
        }
        samples.push(second);
    }
    Ok(())
}

/// A run of blocks of zeros, within the line.
fn zero_blocks(
    bits: &mut Bits<'_>,
    layout: Layout,
    end: usize,
    samples: &mut Vec<u32>,
) -> Result<(), CodecError> {
    let run = bits.zeros().ok_or_else(cut)?.saturating_add(1);
    let done = end / layout.block - 1;
    let count = match run {
        REST_OF_SEGMENT => (layout.blocks - done).min(64 - done % 64),
        _ if run > REST_OF_SEGMENT => run as usize - 1,
        _ => run as usize,
    };
    if count > layout.blocks - done {
        return Err(CodecError::damaged(NAME, "a run is longer than its line"));
    }
    samples.resize((done + count) * layout.block, 0);
    Ok(())
}

/// Turns mapped differences into samples, which lie between 0 and the largest of `bits`.
fn undo_prediction(samples: &mut [u32], bits: u32) {
    let Some((first, rest)) = samples.split_first_mut() else {
        return;
    };
    let maximum = u32::MAX >> (32 - bits);
    let mut previous = *first;
    for value in rest {
        let difference = *value;
        let half = (difference >> 1) + (difference & 1);
        // The nearer end of the range: differences up to there go both ways.
        let end = if previous > maximum / 2 { maximum } else { 0 };
        previous = if half <= end ^ previous {
            let sign = (difference & 1).wrapping_neg();
            previous.wrapping_add((difference >> 1) ^ sign)
        } else {
            end ^ difference
        };
        *value = previous;
    }
}

/// Writes samples `from..` of `count`; planes of bytes go to their elements.
fn store(line: &[u32], from: usize, count: usize, layout: Layout, out: &mut [u8]) {
    if layout.planes > 1 {
        let elements = count / layout.planes;
        for (index, value) in line.iter().enumerate() {
            let index = from + index;
            let Some(plane) = index.checked_div(elements) else {
                return;
            };
            let place = index % elements * layout.planes + plane;
            if plane < layout.planes
                && let Some(byte) = out.get_mut(place)
            {
                *byte = value.to_le_bytes()[0];
            }
        }
        return;
    }
    let places = out.chunks_exact_mut(layout.bytes).skip(from);
    for (place, value) in places.zip(line) {
        place.copy_from_slice(&value.to_le_bytes()[..layout.bytes]);
        if layout.is_big_endian {
            place.reverse();
        }
    }
}
