//! Slabs whose chunks lie beside each other in each row: all are decoded first,
//! then put in place.

use bytes::Bytes;
use hutch_model::{BlockState, EncodedPiece, Result};
use rayon::prelude::*;

use super::Chunks;
use crate::hdf5::decode::{to_size, worse};
use crate::hdf5::scratch::{fit, give_spare, take_spare};

/// Decoded chunks that wait for their places take up to this.
const WAITING_BYTES: usize = 256 << 20;

impl Chunks<'_> {
    /// Decodes chunks side by side, some at a time, and puts them in place
    /// after that: for slabs whose chunks lie beside each other in each row.
    pub(super) fn decode_then_place(
        &self,
        pieces: &[EncodedPiece],
        out: &mut [u8],
        threads: usize,
    ) -> Result<BlockState> {
        let together = (WAITING_BYTES / self.size.max(1)).clamp(1, threads * 2);
        let mut buffers = take_spare(together);
        let mut state = BlockState::Present;
        for group in pieces.chunks(together) {
            let states: Vec<Result<BlockState>> = group
                .par_iter()
                .zip(buffers.par_iter_mut())
                .map(|(piece, buffer)| self.decode_into_buffer(piece, buffer))
                .collect();
            let mut decoded = Vec::with_capacity(group.len());
            for ((piece, found), buffer) in group.iter().zip(states).zip(&buffers) {
                let found = found?;
                let is_here = found == BlockState::Present;
                decoded.push((piece, is_here.then_some(buffer.as_slice())));
                state = worse(state, &found);
            }
            self.place_all(&decoded, out, threads)?;
        }
        give_spare(buffers);
        Ok(state)
    }

    fn decode_into_buffer(&self, piece: &EncodedPiece, buffer: &mut Vec<u8>) -> Result<BlockState> {
        if piece.state != BlockState::Present {
            return Ok(piece.state.clone());
        }
        let start = self.start_of(piece)?;
        if self.is_raw(piece, &start) {
            buffer.clear();
            return Ok(BlockState::Present);
        }
        // Before any memory is taken for it.
        self.check_ratio(piece.bytes.len())?;
        let target = fit(buffer, self.size).ok_or_else(|| self.no_memory())?;
        match self.undo(piece, &start, target) {
            Ok(()) => {
                if self.is_kept(&start) {
                    self.keep(piece.key, Bytes::copy_from_slice(target));
                }
                Ok(BlockState::Present)
            }
            Err(error) => self.torn(error),
        }
    }

    /// Puts decoded chunks into the rows of the result, rows in parallel.
    fn place_all(
        &self,
        decoded: &[(&EncodedPiece, Option<&[u8]>)],
        out: &mut [u8],
        threads: usize,
    ) -> Result<()> {
        let axis = self.slab.count.iter().position(|&count| count > 1);
        let axis = axis.unwrap_or(0);
        let rows = to_size(self.dataset, self.slab.count[axis])?.max(1);
        let row_bytes = out.len() / rows;
        let together = rows.div_ceil(threads * 2);
        out.par_chunks_mut((together * row_bytes).max(1))
            .enumerate()
            .try_for_each(|(index, out)| {
                let first = (index * together) as u64;
                let count = (out.len() / row_bytes.max(1)) as u64;
                let slab = self.part(axis, &(first..first + count));
                for (piece, chunk) in decoded {
                    match chunk {
                        Some(chunk) if chunk.len() >= self.size => {
                            let chunk = chunk.get(..self.size).unwrap_or(chunk);
                            self.copy(chunk, piece.key, &slab, out)?;
                        }
                        Some(_) => self.copy(&piece.bytes, piece.key, &slab, out)?,
                        None => self.fill(piece.key, &slab, out)?,
                    }
                }
                Ok(())
            })
    }
}
