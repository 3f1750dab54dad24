//! The zfp filter, in safe Rust: the C library reads behind the end of a stream that is cut off.
//!
//! Source: P. Lindstrom, "Fixed-Rate Compressed Floating-Point Arrays", IEEE TVCG 20 (2014);
//! zfp 1.0, `zfp.c` and `template/decode*.c`; H5Z-ZFP, `H5Zzfp.c`.

mod block;
mod header;
mod order;
mod stream;
mod words;

use crate::error::CodecError;
use block::Block;
use header::{Element, Field};
use stream::Stream;
use words::{Double, Single, Word};

const NAME: &str = "zfp";

/// Decodes a chunk as `parameters`, which hold a header of zfp behind a version, describe it;
/// returns the bytes written, at most `out.len()`.
///
/// # Errors
/// [`CodecError`] when the parameters hold no header, or the chunk is cut off.
pub fn decode_zfp(chunk: &[u8], parameters: &[u32], out: &mut [u8]) -> Result<usize, CodecError> {
    let field = Field::read(parameters.get(1..).unwrap_or(&[]))?;
    let (found, expected) = (field.size_bytes(), out.len());
    let out = out
        .get_mut(..found)
        .ok_or(CodecError::Size { found, expected })?;
    match field.element {
        Element::I32 | Element::F32 => blocks::<Single>(chunk, &field, out)?,
        Element::I64 | Element::F64 => blocks::<Double>(chunk, &field, out)?,
    }
    if field.is_swapped {
        out.chunks_exact_mut(field.element.size())
            .for_each(<[u8]>::reverse);
    }
    Ok(found)
}

/// Decodes blocks of four elements along each axis, fastest axis first.
fn blocks<W: Word>(chunk: &[u8], field: &Field, out: &mut [u8]) -> Result<(), CodecError> {
    let mut stream = Stream::new(chunk);
    let mut block = Block::<W>::new(field.rank);
    let [nx, ny, nz, nw] = field.shape;
    for w in (0..nw).step_by(4) {
        for z in (0..nz).step_by(4) {
            for y in (0..ny).step_by(4) {
                for x in (0..nx).step_by(4) {
                    if field.element.is_float() {
                        block.decode_floats(&mut stream, &field.mode);
                    } else {
                        block.decode_integers(&mut stream, &field.mode);
                    }
                    if stream.is_overrun() {
                        return Err(CodecError::damaged(NAME, "the chunk is cut off"));
                    }
                    place(&block, field, [x, y, z, w], out);
                }
            }
        }
    }
    Ok(())
}

/// Copies the part of `block` that lies in the array to its place.
fn place<W: Word>(block: &Block<W>, field: &Field, start: [usize; 4], out: &mut [u8]) {
    let [nx, ny, nz, _] = field.shape;
    let size = field.element.size();
    let counts: [usize; 4] = std::array::from_fn(|axis| (field.shape[axis] - start[axis]).min(4));
    for w in 0..counts[3] {
        for z in 0..counts[2] {
            for y in 0..counts[1] {
                let row = ((start[3] + w) * nz + start[2] + z) * ny + start[1] + y;
                let at = (row * nx + start[0]) * size;
                let values = &block.values()[y * 4 + z * 16 + w * 64..];
                let Some(places) = out.get_mut(at..at + counts[0] * size) else {
                    return;
                };
                for (place, value) in places.chunks_exact_mut(size).zip(values) {
                    place.copy_from_slice(&value.to_le_bytes()[..size]);
                }
            }
        }
    }
}
