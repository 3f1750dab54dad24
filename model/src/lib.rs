//! The shared words of Hutch and the traits at its seams.
//!
//! Every room speaks these words; none of them does IO, starts a thread,
//! touches the GPU or knows how a value is serialised.

mod buffers;
mod cancel;
mod catalogue;
mod compute;
mod container;
mod credentials;
mod element;
mod error;
mod gaps;
mod geometry;
mod live;
mod note;
mod origin;
mod plot_choice;
mod read_at;
mod samples;
mod scan_table;
mod serial;
mod signal;
mod slab;
mod storage;
mod tomography;
mod value;
mod view_state;

pub use buffers::ReadBuffer;
pub use cancel::{BoxFuture, Cancel, Progress};
pub use catalogue::{
    Catalogue, Entry, EntryId, EntryKind, Field, LoginMethod, Page, PageRequest, PageToken, WhoAmI,
};
pub use compute::{ComputeBackend, Cost, JobId, JobSpec, JobState, JobStatus, PathMap, Resources};
pub use container::{
    Block, BlockState, COMPUTED, CORRECTED, Child, ChildKind, Container, Dataset, DatasetInfo,
    EncodedPart, EncodedPiece, EncodedSlab, Link, Node, NodeKind, REPEATED, ReadCost, Refreshed,
    SourceFile, read_slab,
};
pub use credentials::{Credential, Credentials, Secret, SecretPlace};
pub use element::ElementType;
pub use error::{Error, ErrorKind, Result, Retry};
pub use gaps::{Gaps, missing_samples};
pub use geometry::{Geometry, Panel, Ring, azimuth, two_theta};
pub use live::{EncodedFrame, LiveEvent, LiveSource};
pub use note::Note;
pub use origin::{Origin, Validator};
pub use plot_choice::PlotChoice;
pub use read_at::{ByteRange, CostHint, Identity, Landing, Neighbour, Neighbours, ReadAt, Seen};
pub use samples::Samples;
pub use scan_table::{ScanColumn, ScanPosition, ScanTable};
pub use serial::{Chunk, Crystal, FoundCounts, FoundFrames, FoundRow, Peak, Reflection, SerialRun};
pub use signal::{
    AsStored, Auxiliary, Axis, AxisKind, FramePeaks, Interpretation, Remark, ScaleKind, Scaling,
    Signal, with_unit,
};
pub use slab::{AxisSlice, Slab, Slice};
pub use storage::{
    Capabilities, Locality, Operation, Permission, Storage, StorageEntry, StorageEntryKind,
};
pub use tomography::{FrameSet, Scan};
pub use value::{Attribute, Value};
pub use view_state::ViewState;
