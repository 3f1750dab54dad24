//! Files as trees of named nodes, and the datasets in them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Attribute, BoxFuture, Cancel, ElementType, Error, ErrorKind, Origin, ReadAt, Result, Samples,
    SerialRun, Slab, missing_samples,
};

/// How a child hangs on its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Part of this file.
    Hard,
    /// A path in this file.
    Soft(String),
    /// A path in another file.
    External {
        /// The other file, as written.
        file: String,
        /// The path in it.
        path: String,
    },
}

/// A child of a group, as its parent knows it without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its name.
    pub name: String,
    /// How it hangs there.
    pub link: Link,
}

/// What a child turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// A group.
    Group,
    /// A dataset.
    Dataset,
    /// A link that leads nowhere at present.
    Dangling,
    /// A type without data.
    NamedType,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A group.
    Group,
    /// A dataset.
    Dataset(DatasetInfo),
    /// A type without data.
    NamedType,
}

/// A node of the tree with its attributes.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its path, from the root.
    pub path: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What could not be read of it, in words.
    pub problems: Vec<String>,
}

impl Node {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&crate::Value> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| &attribute.value)
    }

    /// The NeXus class of a group.
    pub fn nx_class(&self) -> Option<&str> {
        self.attribute("NX_class").and_then(crate::Value::as_text)
    }
}

/// Everything about a dataset but its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetInfo {
    /// Size of each axis, slowest first; empty for a scalar.
    pub shape: Vec<u64>,
    /// The type that samples have in memory.
    pub element: ElementType,
    /// The stored type in words, as in `big-endian uint16`.
    pub stored: String,
    /// The size of a chunk, where the dataset is chunked.
    pub chunk_shape: Option<Vec<u64>>,
    /// Names of the filters, in the order of writing.
    pub filters: Vec<String>,
    /// `contiguous`, `chunked (fixed array)`, `virtual` and so on.
    pub layout: String,
    /// Bytes that the samples take when decoded, where that is known.
    pub size_bytes: Option<u64>,
    /// Why its samples cannot be read, where they cannot.
    pub unreadable: Option<String>,
}

/// The layout of a dataset that is in no file.
pub const COMPUTED: &str = "computed";
/// The layout of frames that are corrected for their dark and flat field while they are decoded.
pub const CORRECTED: &str = "corrected";
/// The layout of a dataset that is repeated along axes that it does not have, as one mask for all frames.
pub const REPEATED: &str = "repeated";

impl DatasetInfo {
    /// How many images `[y, x]` it holds: 0 below two axes.
    pub fn frame_count(&self) -> u64 {
        match self.shape.len() {
            0 | 1 => 0,
            rank => self.shape[..rank - 2]
                .iter()
                .fold(1u64, |product, &size| product.saturating_mul(size)),
        }
    }

    /// Height and width of an image, in pixels.
    pub fn frame_size(&self) -> Option<(u64, u64)> {
        match self.shape.as_slice() {
            [.., height, width] => Some((*height, *width)),
            _ => None,
        }
    }
}

/// What is known of the samples of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// They are in the file.
    Present,
    /// The file has none here and says what to take instead.
    Fill,
    /// They should be somewhere but are not, and why.
    Missing(String),
    /// The file changed while they were read.
    Torn,
}

/// Encoded bytes of one piece of a slab: a chunk, or a run of a contiguous
/// dataset.
#[derive(Clone, Debug)]
pub struct EncodedPiece {
    /// Which chunk, as an index into the dataset's chunk grid, or the byte
    /// offset of a run.
    pub key: u64,
    /// Which filters were skipped for it, one bit each.
    pub filter_mask: u32,
    /// What is known of it.
    pub state: BlockState,
    /// Its bytes as stored.
    pub bytes: Bytes,
}

/// A part of a slab that another dataset holds: a virtual dataset's source, a
/// file of a stack.
#[derive(Clone, Debug)]
pub struct EncodedPart {
    /// Where it goes, in indices of the result: the first element of the slab
    /// is at 0 on each axis. It selects as many elements as the source gives,
    /// and both are taken in row-major order.
    pub place: Slab,
    /// What is known of it; `Missing` where there is no source.
    pub state: BlockState,
    /// The dataset that holds it, and what was fetched from it.
    pub source: Option<(Arc<dyn Dataset>, EncodedSlab)>,
}

/// Encoded bytes of everything that a slab touches.
#[derive(Clone, Debug)]
pub struct EncodedSlab {
    /// What was asked for.
    pub slab: Slab,
    /// The pieces, in the order of the dataset's own plan.
    pub pieces: Vec<EncodedPiece>,
    /// Parts from other datasets; empty but for assembled datasets.
    pub parts: Vec<EncodedPart>,
    /// Bytes that came over the wire or from the disk.
    pub read_bytes: u64,
}

impl EncodedSlab {
    /// A slab of the dataset's own pieces.
    pub fn of_pieces(slab: Slab, pieces: Vec<EncodedPiece>) -> Self {
        let read_bytes = pieces.iter().map(|piece| piece.bytes.len() as u64).sum();
        Self {
            slab,
            pieces,
            parts: Vec::new(),
            read_bytes,
        }
    }

    /// A slab of parts of other datasets.
    pub fn of_parts(slab: Slab, parts: Vec<EncodedPart>) -> Self {
        let sources = parts.iter().filter_map(|part| part.source.as_ref());
        let read_bytes = sources.map(|(_, encoded)| encoded.read_bytes).sum();
        Self {
            slab,
            pieces: Vec::new(),
            parts,
            read_bytes,
        }
    }
}

/// What reading a slab will cost, known before it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCost {
    /// Stored bytes that must come.
    pub stored_bytes: u64,
    /// Separate runs of bytes; neighbours that lie close together count once.
    pub requests: u64,
    /// Bytes of the result.
    pub decoded_bytes: u64,
    /// Chunks that are decoded for it.
    pub chunks: u64,
}

impl std::ops::AddAssign for ReadCost {
    fn add_assign(&mut self, rhs: Self) {
        self.stored_bytes = self.stored_bytes.saturating_add(rhs.stored_bytes);
        self.requests = self.requests.saturating_add(rhs.requests);
        self.decoded_bytes = self.decoded_bytes.saturating_add(rhs.decoded_bytes);
        self.chunks = self.chunks.saturating_add(rhs.chunks);
    }
}

/// A file that a dataset takes samples from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The file, as written.
    pub file: String,
    /// Why it cannot be read, where it cannot.
    pub missing: Option<String>,
}

/// What [`Container::refresh`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The same bytes as before: what was read stays right.
    Same,
    /// It grew or changed: datasets must be asked for again.
    Changed,
}

/// Decoded samples of a slab.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Size of each axis, as many as the dataset has, slowest first.
    pub shape: Vec<u64>,
    /// The samples, the fastest axis contiguous.
    pub samples: Samples,
    /// The worst state of its pieces.
    pub state: BlockState,
}

/// Typed samples somewhere, read slab by slab.
///
/// Fetching waits for bytes; decoding is a plain function that a pool may run.
pub trait Dataset: Send + Sync + fmt::Debug {
    /// Everything but the samples.
    fn info(&self) -> &DatasetInfo;

    /// Where it came from.
    fn origin(&self) -> &Origin;

    /// How many resolutions there are; level 0 is the full one.
    fn levels(&self) -> usize {
        1
    }

    /// Fetches the stored bytes of everything that a slab touches.
    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>>;

    /// Decodes what [`Self::fetch`] brought.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`] for damaged bytes, [`ErrorKind::Unsupported`]
    /// for an unknown filter, [`ErrorKind::Limit`] beyond the memory budget.
    fn decode(&self, encoded: &EncodedSlab) -> Result<Block>;

    /// Decodes into samples that are used again, as for one frame after
    /// another; their type and length are made to fit.
    ///
    /// # Errors
    /// Those of [`Self::decode`]; the samples are then of no use.
    fn decode_into(&self, encoded: &EncodedSlab, samples: &mut Samples) -> Result<BlockState> {
        let block = self.decode(encoded)?;
        *samples = block.samples;
        Ok(block.state)
    }

    /// The other files that its samples lie in, each looked for; empty for a
    /// dataset whose samples lie in its own file.
    fn sources<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        let _ = cancel;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The same elements as the bytes that are stored of each, filters undone: unsigned bytes with one more
    /// axis, `[.., byte]`. None where elements are not stored one by one, as in the formats of images and in
    /// datasets that are put together from others.
    ///
    /// Text and sequences of variable length lie elsewhere in their file; what is stored here refers to them.
    fn stored_bytes(&self) -> Option<Arc<dyn Dataset>> {
        None
    }

    /// The dataset whose axes it has in another order, and which of those axes each of its own is, as `numpy.transpose`
    /// takes them; `None` where the axes are as they are stored.
    ///
    /// Both have the same origin: whoever names a part of the file asks this first.
    fn transposed(&self) -> Option<(&Arc<dyn Dataset>, &[usize])> {
        None
    }

    /// Which samples of a slab are missing at their source, in the order that [`Self::decode`] gives them; `None` where
    /// that cannot be told without reading again.
    fn missing(&self, encoded: &EncodedSlab) -> Option<Vec<bool>> {
        missing_samples(encoded)
    }

    /// What reading a slab will cost; asks for a chunk table at most.
    fn cost<'a>(&'a self, slab: &'a Slab, cancel: &'a Cancel) -> BoxFuture<'a, Result<ReadCost>> {
        let _ = cancel;
        Box::pin(async move {
            let size = self.info().element.size_bytes().unwrap_or(1) as u64;
            let bytes = slab.element_count()?.saturating_mul(size);
            Ok(ReadCost {
                stored_bytes: bytes,
                requests: 1,
                decoded_bytes: bytes,
                chunks: 0,
            })
        })
    }
}

/// Fetches and decodes a slab in one go, for callers with a thread to spare.
///
/// # Errors
/// Those of [`Dataset::fetch`] and [`Dataset::decode`].
pub async fn read_slab(dataset: &dyn Dataset, slab: &Slab, cancel: &Cancel) -> Result<Block> {
    if !slab.fits(&dataset.info().shape) {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("read a part of \"{}\"", dataset.origin()),
            format!(
                "the selection does not lie inside the shape {:?}",
                dataset.info().shape
            ),
        ));
    }
    let encoded = dataset.fetch(slab, cancel).await?;
    cancel.check()?;
    dataset.decode(&encoded)
}

/// A file as a tree of named nodes.
pub trait Container: Send + Sync + fmt::Debug {
    /// The file.
    fn origin(&self) -> &Origin;

    /// The format in words, as in `HDF5 (superblock 3)`.
    fn format(&self) -> &str;

    /// The names under a group, without reading the nodes themselves.
    fn children<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>>;

    /// Nodes with their attributes; all of a call cost one round trip or few.
    /// Links are followed; a dangling one is [`ErrorKind::NotFound`].
    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>>;

    /// A dataset, ready to read.
    fn dataset<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>>;

    /// What two paths to one object have in common, as where links lead back to a group above;
    /// `None` where each path is an object of its own, or where nothing can be told.
    fn identity<'a>(&'a self, path: &'a str, cancel: &'a Cancel) -> BoxFuture<'a, Option<String>> {
        let _ = (path, cancel);
        Box::pin(async { None })
    }

    /// Asks whether the file grew or was replaced, and forgets what is no
    /// longer right. Datasets that were given out keep their old shape; ask
    /// for them again after [`Refreshed::Changed`].
    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Refreshed>> {
        let _ = cancel;
        Box::pin(async { Ok(Refreshed::Same) })
    }

    /// The same file in a newer version that begins as this one, opened with what is known of it; `None` where it has to
    /// be opened anew, as every other file.
    fn grown<'a>(
        &'a self,
        source: Arc<dyn ReadAt>,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Option<Arc<dyn Container>>>> {
        drop(source);
        let _ = cancel;
        Box::pin(async { Ok(None) })
    }

    /// The run of serial crystallography that it is, where it is one.
    fn serial(&self) -> Option<Arc<dyn SerialRun>> {
        None
    }
}
