//! A sans-IO HDF5 reader, and a small crash-safe writer.
//!
//! Nothing here reads a file or a socket. Each operation is a pure function of [`Blocks`], the bytes
//! that were read so far, and answers either the result or the byte ranges that it lacks, all of them
//! at once ([`Step`]). The caller reads those ranges, inserts them and calls again, so that
//! one level of any tree in the file costs one round trip however many siblings it has.
//!
//! Lengths and addresses in a file are not trusted: every read is checked against the size of the
//! file, every loop against [`Limits`], and damaged parts give an [`Error`] on the one object they
//! belong to.
//!
//! Source: HDF5 File Format Specification, version 4.0 (superblocks 0 to 3).

mod attribute;
mod blocks;
mod btree_v1;
mod btree_v2;
mod checksum;
mod chunk_table;
mod contiguous;
mod cursor;
mod dataset;
mod dataspace;
mod datatype;
mod error;
mod external;
mod file;
mod filters;
mod fractal_heap;
mod global_heap;
mod group;
mod header;
mod limits;
mod link;
mod local_heap;
mod numbers;
mod object;
mod place;
mod resolve;
mod selection;
mod shared;
mod slab;
mod step;
mod superblock;
mod text;
mod values;
mod virtual_layout;
pub mod write;

pub use attribute::Attribute;
pub use blocks::Blocks;
pub use chunk_table::{Chunk, ChunkTable};
pub use contiguous::{Piece, contiguous_pieces};
pub use dataset::{ChunkIndex, ChunkLayout, DatasetInfo, Layout};
pub use dataspace::Dataspace;
pub use datatype::{
    Class, Datatype, EnumMember, FloatFields, FloatFormat, Member, Normalisation, Order, Scalar,
    ScalarKind,
};
pub use error::Error;
pub use external::{ExternalFile, ExternalPiece, external_pieces};
pub use file::{EachLinks, File, WriterState};
pub use hutch_codecs::{CodecError, FilterSpec, Scratch};
pub use limits::Limits;
pub use link::{ExternalLink, Link, LinkTarget};
pub use numbers::{to_f64, to_native};
pub use object::{Object, ObjectKind};
pub use place::place_slab;
pub use resolve::Resolved;
pub use selection::{AxisSelection, Selection};
pub use slab::{ChunkGrid, Slab, copy_chunk_into_slab, fill_chunk_into_slab, fill_slab};
pub use step::{Step, drive};
pub use values::{Reference, Value};
pub use virtual_layout::{Extent, KnownShapes, Mapping, Part, Source, VirtualLayout};
