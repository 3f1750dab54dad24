//! `.stream` files of `CrystFEL`: what was found in each frame of an experiment, and how its crystals were indexed.
//!
//! Source: `CrystFEL` stream format 2.3 (`libcrystfel/src/stream.c`, the manual). A file is passed over once for where
//! its chunks lie and one row of numbers for each crystal; peaks and reflections are read when a chunk is asked for.

mod chunk;
mod fields;
mod file;
mod index;
mod rows;
mod run;
mod text_column;

pub use chunk::read_chunk;
pub use file::{StreamFile, read_index};
pub use hutch_model::{Chunk, Crystal, FoundRow as Row, Peak, Reflection};
pub use index::Indexer;
pub use rows::Index;

pub(crate) use file::open;

/// Whether a file begins as a stream.
pub(crate) fn is_stream(head: &[u8], _name: &str) -> bool {
    head.starts_with(b"CrystFEL stream format 2.")
}
