//! `BloscLZ`, Blosc's own codec, in safe Rust.

use crate::window::copy_match;

/// Distances from here on take two more bytes.
const FAR: usize = 8191;

/// Decodes one stream; returns the bytes written, nothing when the stream is damaged.
///
/// Source: c-blosc2, `blosclz.c`.
pub(super) fn decode(stream: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut at, mut to) = (1, 0_usize);
    let mut control = usize::from(*stream.first()? & 31);
    loop {
        if control < 32 {
            let count = control + 1;
            out.get_mut(to..to + count)?
                .copy_from_slice(stream.get(at..at + count)?);
            at += count;
            to += count;
        } else {
            let (distance, length) = found(stream, &mut at, control)?;
            if distance > to || length > out.len() - to {
                return None;
            }
            // A stream that ends behind a match leaves it out.
            if at >= stream.len() {
                return Some(to);
            }
            copy_match(out, to, distance, length)?;
            to += length;
        }
        match stream.get(at) {
            Some(next) => control = usize::from(*next),
            None => return Some(to),
        }
        at += 1;
    }
}

fn found(stream: &[u8], at: &mut usize, control: usize) -> Option<(usize, usize)> {
    let mut next = || {
        let byte = stream.get(*at).map(|byte| usize::from(*byte));
        *at += 1;
        byte
    };
    let mut length = (control >> 5) - 1;
    if length == 6 {
        loop {
            let more = next()?;
            length = length.checked_add(more)?;
            if more != 255 {
                break;
            }
        }
    }
    let high = control & 31;
    let low = next()?;
    let distance = if low == 255 && high == 31 {
        (next()? << 8) + next()? + FAR
    } else {
        (high << 8) + low
    };
    Some((distance + 1, length + 3))
}
