//! Samples of a CBF section in the type that its header names.

use super::header::{Compression, Format};
use super::{byte_offset, packed};
use crate::beamline::fault::{Fault, Parsed};
use hutch_model::ElementType;

/// The name of a compression, as filters are named.
pub(super) fn filters(compression: Compression) -> Vec<String> {
    let name = match compression {
        Compression::None => return Vec::new(),
        Compression::ByteOffset => "x-CBF_BYTE_OFFSET",
        Compression::Packed => "x-CBF_PACKED",
        Compression::PackedV2 => "x-CBF_PACKED_V2",
    };
    vec![name.to_owned()]
}

/// Decodes a section into samples in the byte order of this machine.
///
/// # Errors
/// When the bytes end too early, or make no sense.
pub(super) fn decode(format: &Format, stored: &[u8], out: &mut [u8]) -> Parsed<()> {
    let element = &format.sample.element;
    match (format.compression, element) {
        (Compression::None, _) => {
            let samples = stored.get(..out.len()).ok_or_else(|| {
                Fault::unreadable(format!("{} bytes of {} are there", stored.len(), out.len()))
            })?;
            out.copy_from_slice(samples);
            format.sample.to_native(out);
            Ok(())
        }
        (_, ElementType::F32 | ElementType::F64) => Err(Fault::unsupported(
            "compressed real numbers of CBF are not decoded",
        )),
        (Compression::ByteOffset, ElementType::I64 | ElementType::U64) => {
            with::<i64>(out, |out| byte_offset::decode_i64(stored, out))
        }
        (_, ElementType::I64 | ElementType::U64) => Err(Fault::unsupported(
            "packed 64-bit samples of CBF are not decoded",
        )),
        (_, ElementType::I32 | ElementType::U32) => {
            with::<i32>(out, |out| words(format, stored, out))
        }
        (_, ElementType::I16 | ElementType::U16) => narrow(
            format,
            stored,
            out,
            |word, place| {
                let [low, high, ..] = word.to_le_bytes();
                place.copy_from_slice(&u16::from_le_bytes([low, high]).to_ne_bytes());
            },
            2,
        ),
        _ => narrow(
            format,
            stored,
            out,
            |word, place| place.copy_from_slice(&word.to_le_bytes()[..1]),
            1,
        ),
    }
}

/// Decodes into words of 32 bits.
fn words(format: &Format, stored: &[u8], out: &mut [i32]) -> Parsed<()> {
    let columns = format.shape.last().copied().unwrap_or(1);
    let columns = usize::try_from(columns).unwrap_or(usize::MAX);
    let is_packed = matches!(
        format.compression,
        Compression::Packed | Compression::PackedV2
    );
    if is_packed && (format.shape.len() > 2 || format.sample.element != ElementType::I32) {
        let why = "packed CBF is decoded for images of signed 32-bit samples only";
        return Err(Fault::unsupported(why));
    }
    match format.compression {
        Compression::Packed => packed::decode(packed::Version::One, stored, columns, out),
        Compression::PackedV2 => packed::decode(packed::Version::Two, stored, columns, out),
        Compression::ByteOffset | Compression::None => byte_offset::decode(stored, out),
    }
}

/// Runs a decoder for words over bytes, which may not be aligned for them.
fn with<T: bytemuck::Pod>(
    out: &mut [u8],
    decode: impl FnOnce(&mut [T]) -> Parsed<()>,
) -> Parsed<()> {
    if let Ok(words) = bytemuck::try_cast_slice_mut(out) {
        return decode(words);
    }
    let mut words = zeroed::<T>(out.len() / size_of::<T>())?;
    decode(&mut words)?;
    let bytes: &[u8] = bytemuck::cast_slice(&words);
    if bytes.len() == out.len() {
        out.copy_from_slice(bytes);
    }
    Ok(())
}

/// Decodes words and keeps the low bytes of each.
fn narrow(
    format: &Format,
    stored: &[u8],
    out: &mut [u8],
    keep: impl Fn(i32, &mut [u8]),
    width: usize,
) -> Parsed<()> {
    let mut decoded = zeroed::<i32>(out.len() / width)?;
    words(format, stored, &mut decoded)?;
    for (place, word) in out.chunks_exact_mut(width).zip(decoded) {
        keep(word, place);
    }
    Ok(())
}

fn zeroed<T: bytemuck::Pod>(count: usize) -> Parsed<Vec<T>> {
    let mut words = Vec::new();
    words
        .try_reserve_exact(count)
        .map_err(|error| Fault::limit(format!("no memory to decode it: {error}")))?;
    words.resize(count, T::zeroed());
    Ok(words)
}
