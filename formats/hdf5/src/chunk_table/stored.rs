//! Chunk tables on disk, so that a file far away is opened again without its index.

use super::columns::{Columns, Numbers};
use super::{Chunk, ChunkTable, Implicit, Order};
use crate::checksum::lookup3;
use crate::error::Error;
use crate::limits::Limits;
use crate::slab::ChunkGrid;

const SIGNATURE: &[u8; 8] = b"HutchCT\x01";
/// The most axes that HDF5 allows.
const RANK_MAX: u64 = 32;

impl ChunkTable {
    /// The table as bytes that [`from_bytes`](Self::from_bytes) reads: a version, the shape and the
    /// columns, little-endian, with a checksum behind them.
    ///
    /// # Errors
    /// [`Error::Limit`] when there is not memory enough.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        let size = 1024 + self.columns.size_bytes() + 4 * self.columns.len();
        if out.try_reserve(size).is_err() {
            let what = "the memory for a chunk table";
            return Err(Error::limit(what, size as u64, 0));
        }
        out.extend_from_slice(SIGNATURE);
        put_all(&mut out, self.grid.shape());
        put_all(&mut out, self.grid.chunk_shape());
        match &self.implicit {
            None => put(&mut out, 0),
            Some(implicit) => {
                put(&mut out, 1);
                put(&mut out, implicit.address);
                put(&mut out, implicit.chunk_bytes);
                put_all(&mut out, &implicit.order.counts);
                put(&mut out, implicit.order.front as u64);
            }
        }
        put_all(&mut out, &self.columns.addresses);
        put_numbers(&mut out, &self.columns.indices);
        put_numbers(&mut out, &self.columns.sizes);
        put(&mut out, self.columns.masks.len() as u64);
        for mask in &self.columns.masks {
            out.extend_from_slice(&mask.to_le_bytes());
        }
        let sum = lookup3(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        Ok(out)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; bytes from elsewhere do no harm.
    ///
    /// # Errors
    /// When the bytes are damaged, of another version, or beyond `limits`. The table is then read
    /// from the file again.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let split = bytes.len().checked_sub(4).ok_or_else(damaged)?;
        let (body, sum) = bytes.split_at(split);
        let mut rest = body
            .strip_prefix(SIGNATURE)
            .ok_or_else(|| Error::unsupported("a stored chunk table of another version", 0))?;
        if lookup3(body).to_le_bytes() != *sum {
            let what = "stored chunk table".to_owned();
            return Err(Error::Checksum { what, address: 0 });
        }
        let rest = &mut rest;
        let shape = take_all(rest, RANK_MAX)?;
        let chunk_shape = take_all(rest, RANK_MAX)?;
        let is_shape = shape.len() == chunk_shape.len() && !chunk_shape.contains(&0);
        let implicit = match take(rest)? {
            0 => None,
            1 => Some(Implicit {
                address: take(rest)?,
                chunk_bytes: take(rest)?,
                order: Order {
                    counts: take_all(rest, RANK_MAX)?,
                    front: usize::try_from(take(rest)?).unwrap_or(usize::MAX),
                },
            }),
            _ => return Err(damaged()),
        };
        let is_order = implicit.as_ref().is_none_or(|implicit| {
            implicit.order.counts.len() == shape.len() && implicit.order.front < shape.len().max(1)
        });
        if !is_shape || !is_order {
            return Err(damaged());
        }
        let grid = ChunkGrid::new(&shape, &chunk_shape);
        let columns = take_columns(rest, &grid, limits)?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        Ok(Self {
            grid,
            columns,
            implicit,
        })
    }
}

fn damaged() -> Error {
    Error::damaged("stored chunk table: contradicts itself", 0)
}

fn put(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_all(out: &mut Vec<u8>, numbers: &[u64]) {
    put(out, numbers.len() as u64);
    for number in numbers {
        put(out, *number);
    }
}

fn put_numbers(out: &mut Vec<u8>, numbers: &Numbers) {
    match numbers {
        Numbers::Even { first, step } => {
            put(out, 0);
            put(out, *first);
            put(out, *step);
        }
        Numbers::Short(numbers) => {
            put(out, 4);
            for number in numbers {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        Numbers::Long(numbers) => {
            put(out, 8);
            for number in numbers {
                put(out, *number);
            }
        }
    }
}

fn take_bytes<'a>(rest: &mut &'a [u8], count: u64) -> Result<&'a [u8], Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let (taken, behind) = rest.split_at_checked(count).ok_or_else(damaged)?;
    *rest = behind;
    Ok(taken)
}

fn take(rest: &mut &[u8]) -> Result<u64, Error> {
    take_bytes(rest, 8).map(long)
}

fn long(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn short(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// A list of at most `max` numbers, whose bytes are there before memory is taken for them.
fn take_all(rest: &mut &[u8], max: u64) -> Result<Vec<u64>, Error> {
    let count = take(rest)?;
    if count > max {
        return Err(Error::limit("a stored chunk table", max, 0));
    }
    let bytes = take_bytes(rest, count.saturating_mul(8))?;
    Ok(bytes.chunks_exact(8).map(long).collect())
}

fn take_numbers(rest: &mut &[u8], count: u64) -> Result<Numbers, Error> {
    match take(rest)? {
        0 => {
            let (first, step) = (take(rest)?, take(rest)?);
            // The last number has 64 bits too.
            let last = count
                .checked_mul(step)
                .and_then(|span| span.checked_add(first));
            last.map(|_| Numbers::Even { first, step })
                .ok_or_else(damaged)
        }
        4 => {
            let bytes = take_bytes(rest, count.saturating_mul(4))?;
            Ok(Numbers::Short(bytes.chunks_exact(4).map(short).collect()))
        }
        8 => {
            let bytes = take_bytes(rest, count.saturating_mul(8))?;
            Ok(Numbers::Long(bytes.chunks_exact(8).map(long).collect()))
        }
        _ => Err(damaged()),
    }
}

fn take_columns(rest: &mut &[u8], grid: &ChunkGrid, limits: &Limits) -> Result<Columns, Error> {
    let mut columns = Columns::new(0);
    columns.addresses = take_all(rest, limits.chunk_count)?;
    let count = columns.addresses.len() as u64;
    columns.indices = take_numbers(rest, count)?;
    columns.sizes = take_numbers(rest, count)?;
    let mask_count = take(rest)?;
    if mask_count != 0 && mask_count != count {
        return Err(damaged());
    }
    let masks = take_bytes(rest, mask_count.saturating_mul(4))?;
    columns.masks = masks.chunks_exact(4).map(short).collect();
    let is_sorted = match &columns.indices {
        Numbers::Even { step, .. } => *step == 1,
        Numbers::Short(indices) => indices.is_sorted_by(|one, next| one < next),
        Numbers::Long(indices) => indices.is_sorted_by(|one, next| one < next),
    };
    let last = columns
        .len()
        .checked_sub(1)
        .and_then(|last| columns.indices.get(last));
    let is_inside = last.is_none_or(|last| last < grid.chunk_count());
    let is_bounded = |chunk: Chunk| chunk.size <= limits.chunk_bytes.saturating_mul(2);
    let all_bounded = (0..columns.len()).all(|at| columns.chunk(at).is_some_and(is_bounded));
    if is_sorted && is_inside && all_bounded {
        Ok(columns)
    } else {
        Err(damaged())
    }
}
