//! Files whose compressed chunks come one by one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chunks::filters;
use super::layout::metadata;
use super::message;
use super::node::{Node, PlacedChunk, Stored};
use super::spec::{Plan, WriteError};

/// A file whose compressed chunks come one by one, in any order and from many tasks of one program.
///
/// 1. The caller writes [`Growing::plan`]: a valid file whose compressed datasets have no chunk and
///    read as zeros.
/// 2. For each chunk: [`Growing::encode`], [`Growing::place`] it, and write it there. Nothing that
///    the file says of itself changes by that; places are given by one atomic addition, not by a lock.
/// 3. [`Growing::finish`] gives new metadata for the end of the file, with every chunk in its index,
///    and a superblock that names them. The caller writes the first, waits until it is on the disk,
///    and writes the second.
///
/// The superblock has 48 bytes at the beginning of the file, which disks write as one piece. So a file
/// whose writer was killed is either the one of step 1 or the one of step 3. The metadata of step 1,
/// some kB, stay in the file without a name.
#[derive(Debug)]
pub struct Growing {
    nodes: Vec<Node>,
    plan: Plan,
    /// Where the data of each node lie.
    data: Vec<u64>,
    datasets: Vec<Grown>,
    /// Behind the last chunk.
    end: AtomicU64,
}

#[derive(Debug)]
struct Grown {
    node: usize,
    element_size: u64,
    chunk_bytes: u64,
    level: u32,
    chunks: Vec<OnceLock<PlacedChunk>>,
}

impl Growing {
    pub(super) fn new(nodes: Vec<Node>, plan: Plan, data: Vec<u64>) -> Self {
        let datasets = nodes
            .iter()
            .enumerate()
            .filter_map(|(node, known)| {
                let dataset = known.dataset.as_ref()?;
                let Stored::Compressed {
                    chunk_bytes,
                    level,
                    chunks,
                    ..
                } = &dataset.stored
                else {
                    return None;
                };
                Some(Grown {
                    node,
                    element_size: dataset.kind.size(),
                    chunk_bytes: *chunk_bytes,
                    level: *level,
                    chunks: chunks.iter().map(|_| OnceLock::new()).collect(),
                })
            })
            .collect();
        let end = AtomicU64::new(plan.file_size);
        Self {
            nodes,
            plan,
            data,
            datasets,
            end,
        }
    }

    /// What is written before any chunk.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Compresses a chunk of a dataset; `raw` has the bytes of a whole chunk, little-endian, edges in
    /// full. A plain function, for as many threads as there are.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], [`WriteError::Shape`] where it has another size, [`WriteError::Codec`].
    pub fn encode(&self, path: &str, raw: &[u8]) -> Result<Vec<u8>, WriteError> {
        let grown = self.grown(path)?;
        if raw.len() as u64 != grown.chunk_bytes {
            return Err(WriteError::Shape {
                what: "the data do not have the size of a chunk",
                path: path.to_owned(),
            });
        }
        let filters = filters(grown.element_size, grown.level);
        let element_size = usize::try_from(grown.element_size).unwrap_or(1);
        Ok(hutch_codecs::encode(&filters, raw, element_size)?)
    }

    /// Gives an encoded chunk of `size` bytes its place in the file, once. `index` counts chunks in
    /// row-major order.
    ///
    /// # Errors
    /// [`WriteError::NotFound`]; [`WriteError::Chunk`] for one that the dataset does not have, or has
    /// already.
    pub fn place(&self, path: &str, index: u64, size: u64) -> Result<u64, WriteError> {
        let grown = self.grown(path)?;
        let error = |why| WriteError::Chunk {
            why,
            index,
            path: path.to_owned(),
        };
        let slot = usize::try_from(index)
            .ok()
            .and_then(|index| grown.chunks.get(index))
            .ok_or_else(|| error("there is no such chunk"))?;
        let address = self.end.fetch_add(size, Ordering::Relaxed);
        slot.set(PlacedChunk { address, size })
            .map_err(|_placed| error("the chunk was written before"))?;
        Ok(address)
    }

    /// Where the metadata go that name every chunk, and the superblock that names the metadata. The
    /// first must be on the disk before the second is written.
    ///
    /// # Errors
    /// [`WriteError::TooLarge`].
    pub fn finish(mut self) -> Result<[(u64, Vec<u8>); 2], WriteError> {
        for grown in &mut self.datasets {
            let stored = self
                .nodes
                .get_mut(grown.node)
                .and_then(|node| node.dataset.as_mut())
                .map(|dataset| &mut dataset.stored);
            if let Some(Stored::Compressed { chunks, .. }) = stored {
                *chunks = grown
                    .chunks
                    .iter()
                    .map(|chunk| chunk.get().copied())
                    .collect();
            }
        }
        let base = self.end.into_inner().next_multiple_of(8);
        let laid_out = metadata(&self.nodes, base, Some(&self.data))?;
        let superblock = message::superblock(laid_out.end, laid_out.root);
        Ok([(base, laid_out.bytes), (0, superblock)])
    }

    fn grown(&self, path: &str) -> Result<&Grown, WriteError> {
        let is_it = |grown: &&Grown| {
            self.nodes
                .get(grown.node)
                .is_some_and(|node| node.path == path)
        };
        let found = self.datasets.iter().find(is_it);
        found.ok_or_else(|| WriteError::NotFound(path.to_owned()))
    }
}
