//! Byte shuffle: byte `k` of all elements together.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;

/// Undoes the shuffle of elements of `element_size` bytes; `out` is as long as `bytes`.
///
/// Bytes behind the last whole element are copied, as libhdf5 does.
pub fn unshuffle(bytes: &[u8], element_size: usize, out: &mut [u8]) {
    let length = bytes.len().min(out.len());
    let count = length.checked_div(element_size).unwrap_or(0);
    if element_size <= 1 || count <= 1 {
        out[..length].copy_from_slice(&bytes[..length]);
        return;
    }
    let (planes, tail) = bytes[..length].split_at(count * element_size);
    let (elements, rest) = out[..length].split_at_mut(count * element_size);
    rest.copy_from_slice(tail);
    match element_size {
        2 => interleave::<2>(planes, 0, elements),
        4 => interleave::<4>(planes, 0, elements),
        #[cfg(target_arch = "x86_64")]
        8 => interleave::<8>(planes, avx2::unshuffle8(planes, elements), elements),
        #[cfg(target_arch = "aarch64")]
        8 => interleave::<8>(planes, neon::unshuffle8(planes, elements), elements),
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        8 => interleave::<8>(planes, 0, elements),
        _ => {
            for (byte, plane) in planes.chunks_exact(count).enumerate() {
                for (element, value) in elements.chunks_exact_mut(element_size).zip(plane) {
                    element[byte] = *value;
                }
            }
        }
    }
}

/// Puts together elements of `N` bytes from the one at `start` on, in pieces that stay in the first
/// cache.
fn interleave<const N: usize>(planes: &[u8], start: usize, elements: &mut [u8]) {
    const PIECE: usize = 1024;
    let (elements, _) = elements.as_chunks_mut::<N>();
    let count = elements.len();
    for (piece, out) in elements[start..].chunks_mut(PIECE).enumerate() {
        let from = start + piece * PIECE;
        let rows: [&[u8]; N] = std::array::from_fn(|byte| {
            &planes[byte * count + from..byte * count + from + out.len()]
        });
        for (index, element) in out.iter_mut().enumerate() {
            *element = std::array::from_fn(|byte| rows[byte][index]);
        }
    }
}

/// Shuffles elements of `element_size` bytes; `out` is as long as `bytes`.
pub fn shuffle(bytes: &[u8], element_size: usize, out: &mut [u8]) {
    let length = bytes.len().min(out.len());
    let count = length.checked_div(element_size).unwrap_or(0);
    if element_size <= 1 || count <= 1 {
        out[..length].copy_from_slice(&bytes[..length]);
        return;
    }
    let (elements, tail) = bytes[..length].split_at(count * element_size);
    let (planes, rest) = out[..length].split_at_mut(count * element_size);
    rest.copy_from_slice(tail);
    for (byte, plane) in planes.chunks_exact_mut(count).enumerate() {
        for (value, element) in plane.iter_mut().zip(elements.chunks_exact(element_size)) {
            *value = element[byte];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_for_each_size_and_length() {
        for element_size in [1, 2, 3, 4, 8, 16] {
            for count in [0, 1, 2, 31, 32, 33, 64, 1000, 1024, 1057, 3000] {
                for rest in [0, 1, element_size - 1] {
                    let length = count * element_size + rest;
                    let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
                    let (mut planes, mut out) = (vec![0; length], vec![0xcc; length]);
                    shuffle(&bytes, element_size, &mut planes);
                    unshuffle(&planes, element_size, &mut out);
                    assert!(
                        out == bytes,
                        "{count} elements of {element_size} bytes, and {rest}"
                    );
                }
            }
        }
    }
}
