//! A stream as a file: its index as columns, its chunks on demand.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Child, Chunk, Container, Dataset, FoundRow as Row, Neighbours,
    Node, Origin, ReadAt, Result, Samples, SerialRun,
};

use super::chunk::read_chunk;
use super::index::Indexer;
use super::rows::Index;
use super::run::{FileBytes, StreamRun};
use super::text_column::TextColumn;
use crate::geometry::GeometryFile;
use crate::images::container::{ImageContainer, attribute};
use crate::images::file::ImageFile;
use crate::memory::MemoryDataset;

/// Bytes that are read at once while a file is passed over.
const BLOCK_BYTES: u64 = 8 << 20;
/// Bytes of a place by which a file that grew is recognised.
const COMPARED_BYTES: u64 = 64 << 10;
/// Bytes by which a file is recognised.
const HEAD_BYTES: u64 = 64;

/// A stream whose chunks are known.
#[derive(Clone, Debug)]
pub struct StreamFile {
    file: ImageFile,
    index: Arc<Index>,
    /// See [`begin_of`]; `None` where no whole chunk is known.
    begins_as: Option<u64>,
}

impl StreamFile {
    /// Passes over a stream once.
    ///
    /// # Errors
    /// [`hutch_model::ErrorKind::Unreadable`] where it does not begin as a stream; those of reading.
    pub async fn open(source: Arc<dyn ReadAt>, cancel: &Cancel) -> Result<Self> {
        let file = ImageFile::of(source).await?;
        let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
        if !super::is_stream(&head, "") {
            return Err(file.unreadable("it does not begin as a stream of CrystFEL"));
        }
        Self::pass_over(file, Indexer::default(), cancel).await
    }

    /// The same file where it grew: what is known of it stays, and only what is behind its last whole chunk is read.
    /// `None` where it is another file, or held no whole chunk yet.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn grown(&self, source: Arc<dyn ReadAt>, cancel: &Cancel) -> Result<Option<Self>> {
        let file = ImageFile::of(source).await?;
        let is_longer = file.size_bytes() >= self.index.resume.at;
        if !is_longer || self.begins_as != Some(begin_of(&file, &self.index, cancel).await?) {
            return Ok(None);
        }
        let indexer = Indexer::resume(Index::clone(&self.index));
        Self::pass_over(file, indexer, cancel).await.map(Some)
    }

    async fn pass_over(file: ImageFile, mut indexer: Indexer, cancel: &Cancel) -> Result<Self> {
        let mut at = indexer.position();
        while at < file.size_bytes() {
            cancel.check()?;
            let range = ByteRange::new(at, at.saturating_add(BLOCK_BYTES));
            let block: Bytes = file.read_one(range, cancel).await?;
            indexer.feed(&block);
            at = at.saturating_add(BLOCK_BYTES);
        }
        let index = Arc::new(indexer.finish());
        let begins_as = if index.rows.is_empty() {
            None
        } else {
            Some(begin_of(&file, &index, cancel).await?)
        };
        Ok(Self {
            file,
            index,
            begins_as,
        })
    }

    /// What one pass over it found.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Reads the chunk of a row: its peaks, crystals and reflections.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn chunk(&self, row: &Row, cancel: &Cancel) -> Result<Chunk> {
        let range = ByteRange::new(row.start, row.start.saturating_add(u64::from(row.length)));
        Ok(read_chunk(&self.file.read_one(range, cancel).await?))
    }

    /// The geometry that is written in it; `None` where there is none.
    ///
    /// # Errors
    /// Those of reading, and of [`GeometryFile::read`].
    pub async fn geometry(&self, cancel: &Cancel) -> Result<Option<GeometryFile>> {
        let Some(range) = &self.index.geometry else {
            return Ok(None);
        };
        let end = range.end.min(
            range
                .start
                .saturating_add(crate::geometry::FILE_LIMIT_BYTES),
        );
        let range = ByteRange::new(range.start, end);
        let text = self.file.read_one(range, cancel).await?;
        GeometryFile::read("stream.geom", &text).map(Some)
    }
}

/// A number that tells files of other contents apart, as far as their heads and the last whole chunk of one tell.
async fn begin_of(file: &ImageFile, index: &Index, cancel: &Cancel) -> Result<u64> {
    let last = index.rows.last().map_or(0, |row| row.start);
    let mut hasher = DefaultHasher::new();
    for (start, end) in [(0, index.resume.at), (last, index.resume.at)] {
        let end = end.min(start.saturating_add(COMPARED_BYTES));
        let bytes = file.read_one(ByteRange::new(start, end), cancel).await?;
        bytes.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The index of a stream that is held in memory.
pub fn read_index(bytes: &[u8]) -> Index {
    let mut indexer = Indexer::default();
    indexer.feed(bytes);
    indexer.finish()
}

/// Opens a stream as a container: `/crystals` holds one column for each thing that is known of all of them.
///
/// # Errors
/// Those of [`StreamFile::open`].
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let stream = StreamFile::open(source, cancel).await?;
    Ok(Arc::new(StreamContainer::new(stream)))
}

/// A stream as a tree, which can be opened again where it grew.
#[derive(Debug)]
struct StreamContainer {
    tree: ImageContainer,
    stream: StreamFile,
}

impl StreamContainer {
    fn new(stream: StreamFile) -> Self {
        let tree = container(&stream);
        Self { tree, stream }
    }
}

impl Container for StreamContainer {
    fn origin(&self) -> &Origin {
        self.tree.origin()
    }

    fn format(&self) -> &str {
        self.tree.format()
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        self.tree.children(path, cancel)
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        self.tree.nodes(paths, cancel)
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        self.tree.dataset(path, cancel)
    }

    fn serial(&self) -> Option<Arc<dyn SerialRun>> {
        self.tree.serial()
    }

    fn grown<'a>(
        &'a self,
        source: Arc<dyn ReadAt>,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Option<Arc<dyn Container>>>> {
        Box::pin(async move {
            let grown = self.stream.grown(source, cancel).await?;
            Ok(grown.map(|stream| Arc::new(Self::new(stream)) as Arc<dyn Container>))
        })
    }
}

fn container(stream: &StreamFile) -> ImageContainer {
    let (file, index) = (&stream.file, &stream.index);
    let mut container = ImageContainer::new(file, "CrystFEL stream");
    let counts = [
        ("chunk_count", index.chunk_count),
        ("hit_count", index.hit_count),
        ("indexed_count", index.indexed_count),
        ("crystal_count", index.crystal_count),
    ];
    let counts = counts.map(|(name, count)| attribute(name, count));
    container.add_attributes("/", counts);
    container.add_attributes("/", [attribute("header", index.header.join("\n"))]);
    for problem in index.all_problems() {
        container.add_problem("/", problem.to_string());
    }
    let class = [
        attribute("NX_class", "NXdata"),
        attribute("signal", "peak_count"),
    ];
    container.add_attributes("/crystals", class);
    for (name, number) in TEXTS {
        let path = format!("/crystals/{name}");
        let column = TextColumn::new(file.origin(&path), Arc::clone(index), *number);
        container.add_dataset(&path, Arc::new(column));
    }
    for (name, unit, samples) in columns(&index.rows) {
        let path = format!("/crystals/{name}");
        let column: Arc<dyn Dataset> =
            Arc::new(MemoryDataset::of_samples(file.origin(&path), samples));
        container.add_dataset(&path, column);
        if !unit.is_empty() {
            container.add_attributes(&path, [attribute("units", unit)]);
        }
    }
    let bytes = Arc::new(FileBytes::new(file.clone()));
    let run = StreamRun::new(Arc::clone(index), bytes);
    container.set_serial(Arc::new(run));
    container.set_default("/crystals");
    container
}

/// Which text of a row a column shows.
type TextOf = fn(&Row) -> u32;

/// Columns of texts.
const TEXTS: &[(&str, TextOf)] = &[
    ("filename", |row| row.filename),
    ("event", |row| row.event),
    ("indexed_by", |row| row.indexed_by),
    ("lattice", |row| row.lattice),
];

/// Columns of numbers, with their units.
fn columns(rows: &[Row]) -> Vec<(&'static str, &'static str, Samples)> {
    let whole = |of: fn(&Row) -> u32| Samples::U32(rows.iter().map(of).collect());
    let real = |of: fn(&Row) -> f32| Samples::F32(rows.iter().map(of).collect());
    vec![
        (
            "is_hit",
            "",
            Samples::U8(rows.iter().map(|row| u8::from(row.is_hit)).collect()),
        ),
        ("peak_count", "", whole(|row| row.peak_count)),
        ("peak_resolution", "1/nm", real(|row| row.peak_resolution)),
        (
            "crystal",
            "",
            Samples::I32(
                rows.iter()
                    .map(|row| i32::try_from(row.crystal).unwrap_or(-1))
                    .collect(),
            ),
        ),
        ("a", "nm", real(|row| row.cell[0])),
        ("b", "nm", real(|row| row.cell[1])),
        ("c", "nm", real(|row| row.cell[2])),
        ("alpha", "deg", real(|row| row.cell[3])),
        ("beta", "deg", real(|row| row.cell[4])),
        ("gamma", "deg", real(|row| row.cell[5])),
        ("resolution_limit", "1/nm", real(|row| row.resolution_limit)),
        ("profile_radius", "1/nm", real(|row| row.profile_radius)),
        ("reflection_count", "", whole(|row| row.reflection_count)),
        (
            "chunk_start",
            "",
            Samples::U64(rows.iter().map(|row| row.start).collect()),
        ),
        ("chunk_length", "", whole(|row| row.length)),
    ]
}
