//! Writing new files: the metadata first, then data at known places.
//!
//! A [`Writer`] is told of all groups, attributes and datasets; its [`Plan`] holds the bytes of the
//! metadata and where each dataset lies. The caller makes a file of [`Plan::file_size`] (sparse), writes
//! [`Plan::parts`], and then writes slabs at [`DatasetLocation::offset`] in any order and from as many
//! tasks as it likes: the file is valid from the first moment, and what is not written yet is zero.
//!
//! Files have a superblock of version 2, and are read by libhdf5 1.10 and newer.

mod bytes_out;
mod message;

use std::collections::BTreeMap;

use bytes_out::Out;
use hutch_codecs::{CodecError, FilterSpec};

use crate::datatype::ScalarKind;

/// Bytes of the superblock.
const SUPERBLOCK_BYTES: u64 = 48;
/// Data begin at multiples of this, as file systems like it.
const ALIGNMENT: u64 = 4096;
/// Strings in one collection of the global heap, whose indices have 16 bits.
const COLLECTION_MAX: usize = 60_000;

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The path exists already, or a part of it is no group.
    #[error("the path cannot be made: \"{0}\"")]
    Path(String),
    /// The path does not exist.
    #[error("the path does not exist: \"{0}\"")]
    NotFound(String),
    /// Shape, chunks, type and data do not fit each other.
    #[error("{what}: \"{path}\"")]
    Shape {
        /// What does not fit.
        what: &'static str,
        /// The dataset.
        path: String,
    },
    /// An attribute or name of more than 64 KiB.
    #[error("the attribute or name is larger than 64 KiB: \"{0}\"")]
    TooLarge(String),
    /// A chunk could not be compressed.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// The value of an attribute that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// A string.
    Text(String),
    /// Strings, `[n]`.
    Texts(Vec<String>),
    /// An integer.
    Int(i64),
    /// Integers, `[n]`.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// Numbers, `[n]`.
    Floats(Vec<f64>),
}

/// A dataset that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetSpec {
    /// Elements along each axis, slowest first; empty for a scalar.
    pub shape: Vec<u64>,
    /// The type of its elements, little-endian.
    pub kind: ScalarKind,
    /// How its elements are stored.
    pub storage: Storage,
}

/// How the elements of a new dataset are stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Storage {
    /// In one piece that is written later.
    Contiguous,
    /// In one piece with these little-endian bytes.
    Data(Vec<u8>),
    /// In chunks of this shape that are written later, each at its own place.
    Chunked(Vec<u64>),
    /// In chunks that are compressed now, from these little-endian bytes.
    Deflated {
        /// Elements of a chunk along each axis.
        chunk_shape: Vec<u64>,
        /// 1 to 9.
        level: u32,
        /// All elements.
        data: Vec<u8>,
    },
}

/// Where a dataset lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetLocation {
    /// Its path.
    pub path: String,
    /// Its first byte in the file.
    pub offset: u64,
    /// Its bytes. In chunks, chunk `i` lies at `offset + i * chunk_bytes`, edges in full.
    pub size: u64,
    /// Bytes of a chunk, if it is in chunks.
    pub chunk_bytes: Option<u64>,
}

/// The bytes of a new file, and where data go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The size of the file; make it so long before anything else.
    pub file_size: u64,
    /// Offsets and bytes of the metadata and of all data that were given; the first is the metadata.
    pub parts: Vec<(u64, Vec<u8>)>,
    /// The datasets that are to be written by the caller.
    pub datasets: Vec<DatasetLocation>,
}

impl Plan {
    /// The whole file in memory, with zeros for what is not written yet; none if it does not fit.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.file_size).ok()?];
        for (offset, part) in &self.parts {
            let from = usize::try_from(*offset).ok()?;
            bytes
                .get_mut(from..from + part.len())?
                .copy_from_slice(part);
        }
        Some(bytes)
    }
}

#[derive(Debug, Default)]
struct Node {
    path: String,
    links: BTreeMap<String, NewLink>,
    attributes: BTreeMap<String, AttributeValue>,
    /// None for a group.
    dataset: Option<Dataset>,
    link_count: u32,
}

#[derive(Debug)]
enum NewLink {
    Hard(usize),
    Soft(String),
    External { file: String, path: String },
}

#[derive(Debug)]
struct Dataset {
    shape: Vec<u64>,
    kind: ScalarKind,
    stored: Stored,
}

#[derive(Debug)]
enum Stored {
    Contiguous {
        data: Option<Vec<u8>>,
        size: u64,
    },
    Chunked {
        chunk_shape: Vec<u64>,
        chunk_bytes: u64,
        size: u64,
    },
    Deflated {
        chunk_shape: Vec<u64>,
        chunk_bytes: u64,
        level: u32,
        chunks: Vec<Vec<u8>>,
    },
}

impl Stored {
    /// Bytes in the file, after filters.
    fn size(&self) -> u64 {
        match self {
            Self::Contiguous { size, .. } | Self::Chunked { size, .. } => *size,
            Self::Deflated { chunks, .. } => chunks.iter().map(|chunk| chunk.len() as u64).sum(),
        }
    }
}

/// What a new file shall hold.
#[derive(Debug)]
pub struct Writer {
    /// The first is the root group.
    nodes: Vec<Node>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// An empty file.
    pub fn new() -> Self {
        Self {
            nodes: vec![Node {
                path: "/".to_owned(),
                link_count: 1,
                ..Node::default()
            }],
        }
    }

    /// Makes a group, with all groups above it; one that exists already is kept.
    ///
    /// # Errors
    /// [`WriteError::Path`] when a part of the path is a dataset or a soft link.
    pub fn group(&mut self, path: &str) -> Result<(), WriteError> {
        self.group_node(&names(path), path).map(|_| ())
    }

    /// Makes a dataset, with all groups above it.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::Shape`] when the parts of `spec` do not
    /// fit each other.
    pub fn dataset(&mut self, path: &str, spec: DatasetSpec) -> Result<(), WriteError> {
        let dataset = checked(path, spec)?;
        let node = Node {
            path: full(path),
            dataset: Some(dataset),
            link_count: 1,
            ..Node::default()
        };
        let names = names(path);
        // The groups above come first, so that the index of the dataset is known.
        self.group_node(&names[..names.len().saturating_sub(1)], path)?;
        let index = self.nodes.len();
        self.link(path, NewLink::Hard(index))?;
        self.nodes.push(node);
        Ok(())
    }

    /// Sets an attribute of a group or dataset that exists.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], and [`WriteError::TooLarge`] when it has more than about 60 KiB.
    pub fn attribute(
        &mut self,
        path: &str,
        name: &str,
        value: AttributeValue,
    ) -> Result<(), WriteError> {
        let count = match &value {
            AttributeValue::Texts(texts) => texts.len() * 16,
            AttributeValue::Ints(values) => values.len() * 8,
            AttributeValue::Floats(values) => values.len() * 8,
            _ => 16,
        };
        if count + name.len() > 60_000 {
            return Err(WriteError::TooLarge(name.to_owned()));
        }
        let index = self.find(path)?;
        self.nodes[index].attributes.insert(name.to_owned(), value);
        Ok(())
    }

    /// Makes a soft link at `path` to `target`.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::TooLarge`].
    pub fn soft_link(&mut self, path: &str, target: &str) -> Result<(), WriteError> {
        self.link(path, NewLink::Soft(target.to_owned()))
    }

    /// Makes a link at `path` to `target_path` in another file.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::TooLarge`].
    pub fn external_link(
        &mut self,
        path: &str,
        file: &str,
        target_path: &str,
    ) -> Result<(), WriteError> {
        self.link(
            path,
            NewLink::External {
                file: file.to_owned(),
                path: target_path.to_owned(),
            },
        )
    }

    /// Makes a second name at `path` for the object at `target`.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::NotFound`] when the target does not.
    pub fn hard_link(&mut self, path: &str, target: &str) -> Result<(), WriteError> {
        let index = self.find(target)?;
        self.link(path, NewLink::Hard(index))?;
        self.nodes[index].link_count += 1;
        Ok(())
    }

    /// Lays out the file.
    ///
    /// # Errors
    /// [`WriteError::TooLarge`] when a name, or the header of an object, is too large.
    pub fn plan(self) -> Result<Plan, WriteError> {
        let heap = Heap::new(&self.nodes);
        let mut at = SUPERBLOCK_BYTES + heap.size();
        let mut places = Vec::new();
        for node in &self.nodes {
            // Addresses do not change the size of a header, so a first pass measures it.
            let header = at;
            at += message::header(
                node,
                &vec![Place::default(); self.nodes.len()],
                Place::default(),
                &heap,
            )?
            .len() as u64;
            let index = at;
            at += message::index(node, Place::default()).len() as u64;
            places.push(Place {
                header,
                index,
                data: 0,
            });
        }
        let metadata_end = at;
        for (node, place) in self.nodes.iter().zip(&mut places) {
            if let Some(dataset) = &node.dataset {
                at = at.next_multiple_of(ALIGNMENT);
                place.data = at;
                at = at.saturating_add(dataset.stored.size());
            }
        }
        let file_size = at;
        let mut metadata = message::superblock(file_size, places[0].header);
        metadata.extend(heap.bytes());
        for (node, place) in self.nodes.iter().zip(&places) {
            metadata.extend(message::header(node, &places, *place, &heap)?);
            metadata.extend(message::index(node, *place));
        }
        debug_assert_eq!(metadata.len() as u64, metadata_end, "the two passes agree");
        Ok(self.into_plan(file_size, metadata, &places))
    }

    fn into_plan(self, file_size: u64, metadata: Vec<u8>, places: &[Place]) -> Plan {
        let mut plan = Plan {
            file_size,
            parts: vec![(0, metadata)],
            datasets: Vec::new(),
        };
        for (node, place) in self.nodes.into_iter().zip(places) {
            let (path, offset) = (node.path, place.data);
            match node.dataset.map(|dataset| dataset.stored) {
                Some(Stored::Contiguous {
                    data: Some(data), ..
                }) => plan.parts.push((offset, data)),
                Some(Stored::Contiguous { data: None, size }) => {
                    plan.datasets.push(DatasetLocation {
                        path,
                        offset,
                        size,
                        chunk_bytes: None,
                    });
                }
                Some(Stored::Chunked {
                    chunk_bytes, size, ..
                }) => {
                    plan.datasets.push(DatasetLocation {
                        path,
                        offset,
                        size,
                        chunk_bytes: Some(chunk_bytes),
                    });
                }
                Some(Stored::Deflated { chunks, .. }) => plan.parts.push((offset, chunks.concat())),
                None => {}
            }
        }
        plan
    }

    fn group_node(&mut self, names: &[&str], path: &str) -> Result<usize, WriteError> {
        let mut at = 0;
        for name in names {
            let new = self.nodes.len();
            let here = self.nodes[at].path.clone();
            match self.nodes[at].links.get(*name) {
                Some(NewLink::Hard(index)) if self.nodes[*index].dataset.is_none() => at = *index,
                Some(_) => return Err(WriteError::Path(path.to_owned())),
                None => {
                    check_name(name)?;
                    self.nodes[at]
                        .links
                        .insert((*name).to_owned(), NewLink::Hard(new));
                    let path = format!("{}/{name}", here.trim_end_matches('/'));
                    self.nodes.push(Node {
                        path,
                        link_count: 1,
                        ..Node::default()
                    });
                    at = new;
                }
            }
        }
        Ok(at)
    }

    fn link(&mut self, path: &str, link: NewLink) -> Result<(), WriteError> {
        let names = names(path);
        let Some((name, parents)) = names.split_last() else {
            return Err(WriteError::Path(path.to_owned()));
        };
        check_name(name)?;
        if let NewLink::External { file, path } = &link {
            check_name(&format!("{file}{path}"))?;
        }
        if let NewLink::Soft(target) | NewLink::External { path: target, .. } = &link {
            check_name(target)?;
        }
        let parent = self.group_node(parents, path)?;
        if self.nodes[parent].links.contains_key(*name) {
            return Err(WriteError::Path(path.to_owned()));
        }
        self.nodes[parent].links.insert((*name).to_owned(), link);
        Ok(())
    }

    fn find(&self, path: &str) -> Result<usize, WriteError> {
        names(path)
            .into_iter()
            .try_fold(0, |at, name| match self.nodes[at].links.get(name) {
                Some(NewLink::Hard(index)) => Ok(*index),
                _ => Err(WriteError::NotFound(path.to_owned())),
            })
    }
}

/// Where the parts of one object lie.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    header: u64,
    index: u64,
    data: u64,
}

/// The global heap: all strings of all attributes.
struct Heap {
    texts: Vec<String>,
}

impl Heap {
    fn new(nodes: &[Node]) -> Self {
        let mut texts = Vec::new();
        for value in nodes.iter().flat_map(|node| node.attributes.values()) {
            match value {
                AttributeValue::Text(text) => texts.push(text.clone()),
                AttributeValue::Texts(all) => texts.extend(all.iter().cloned()),
                _ => {}
            }
        }
        texts.sort_unstable();
        texts.dedup();
        texts.retain(|text| !text.is_empty());
        Self { texts }
    }

    /// Collection and index of a text; none for an empty one.
    fn place_of(&self, text: &str) -> Option<(u64, u32)> {
        let at = self
            .texts
            .binary_search_by(|known| known.as_str().cmp(text))
            .ok()?;
        let before = self
            .texts
            .chunks(COLLECTION_MAX)
            .take(at / COLLECTION_MAX)
            .map(collection_size)
            .sum::<u64>();
        Some((
            SUPERBLOCK_BYTES + before,
            u32::try_from(at % COLLECTION_MAX).ok()? + 1,
        ))
    }

    fn size(&self) -> u64 {
        self.texts.chunks(COLLECTION_MAX).map(collection_size).sum()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Out::default();
        for texts in self.texts.chunks(COLLECTION_MAX) {
            let (start, size) = (out.len(), collection_size(texts));
            out.bytes(b"GCOL").u8(1).zeros(3).u64(size);
            for (index, text) in texts.iter().enumerate() {
                out.u16(u16::try_from(index + 1).unwrap_or(0))
                    .u16(1)
                    .zeros(4)
                    .u64(text.len() as u64);
                out.bytes(text.as_bytes())
                    .zeros(text.len().wrapping_neg() & 7);
            }
            // What is left is one free object.
            let left = size - (out.len() - start) as u64;
            out.u16(0)
                .u16(0)
                .zeros(4)
                .u64(left)
                .zeros(usize::try_from(left - 16).unwrap_or(0));
        }
        out.into_bytes()
    }
}

/// Bytes of a collection: at least 4096, with room for the free object.
fn collection_size(texts: &[String]) -> u64 {
    let used: u64 = texts
        .iter()
        .map(|text| 16 + text.len().next_multiple_of(8) as u64)
        .sum();
    (16 + used + 16).max(4096)
}

fn names(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

fn full(path: &str) -> String {
    format!("/{}", names(path).join("/"))
}

fn check_name(name: &str) -> Result<(), WriteError> {
    if name.len() > 60_000 {
        Err(WriteError::TooLarge(name.chars().take(40).collect()))
    } else {
        Ok(())
    }
}

fn checked(path: &str, spec: DatasetSpec) -> Result<Dataset, WriteError> {
    let error = |what| WriteError::Shape {
        what,
        path: path.to_owned(),
    };
    let element = spec.kind.size() as u64;
    let bytes_of = |shape: &[u64]| {
        shape
            .iter()
            .try_fold(element, |size, axis| size.checked_mul(*axis))
    };
    let size = bytes_of(&spec.shape).ok_or_else(|| error("the dataset is too large"))?;
    let chunk_bytes_of = |chunk_shape: &[u64]| {
        let fits = chunk_shape.len() == spec.shape.len()
            && !chunk_shape.is_empty()
            && !chunk_shape.contains(&0);
        let bytes = bytes_of(chunk_shape).filter(|bytes| *bytes < 1 << 32);
        bytes
            .filter(|_| fits)
            .ok_or_else(|| error("the shape of the chunks does not fit the dataset"))
    };
    if spec.shape.len() > 32 {
        return Err(error("the dataset has more than 32 axes"));
    }
    let stored = match spec.storage {
        Storage::Contiguous => Stored::Contiguous { data: None, size },
        Storage::Data(data) if data.len() as u64 == size => Stored::Contiguous {
            data: Some(data),
            size,
        },
        Storage::Data(_) => return Err(error("the data do not have the size of the dataset")),
        Storage::Chunked(chunk_shape) => {
            let chunk_bytes = chunk_bytes_of(&chunk_shape)?;
            let counts = spec
                .shape
                .iter()
                .zip(&chunk_shape)
                .map(|(size, chunk)| size.div_ceil(*chunk));
            let size = counts.into_iter().try_fold(chunk_bytes, u64::checked_mul);
            Stored::Chunked {
                chunk_shape,
                chunk_bytes,
                size: size.ok_or_else(|| error("the dataset is too large"))?,
            }
        }
        Storage::Deflated {
            chunk_shape,
            level,
            data,
        } => {
            let chunk_bytes = chunk_bytes_of(&chunk_shape)?;
            if data.len() as u64 != size {
                return Err(error("the data do not have the size of the dataset"));
            }
            let chunks = deflated(&spec.shape, &chunk_shape, spec.kind, level, &data)?;
            Stored::Deflated {
                chunk_shape,
                chunk_bytes,
                level,
                chunks,
            }
        }
    };
    Ok(Dataset {
        shape: spec.shape,
        kind: spec.kind,
        stored,
    })
}

/// The filters of compressed chunks.
fn filters(kind: ScalarKind, level: u32) -> Vec<FilterSpec> {
    let size = u32::try_from(kind.size()).unwrap_or(1);
    vec![FilterSpec::shuffle(size), FilterSpec::deflate(level)]
}

fn deflated(
    shape: &[u64],
    chunk_shape: &[u64],
    kind: ScalarKind,
    level: u32,
    data: &[u8],
) -> Result<Vec<Vec<u8>>, WriteError> {
    let grid = crate::slab::ChunkGrid::new(shape, chunk_shape);
    let size = kind.size();
    let one = crate::slab::ChunkGrid::new(shape, shape);
    let mut chunks = Vec::new();
    for index in 0..grid.chunk_count() {
        let start = grid.start_of(index).unwrap_or_default();
        let count: Vec<u64> = start
            .iter()
            .zip(chunk_shape)
            .zip(shape)
            .map(|((at, chunk), size)| (*chunk).min(size - at))
            .collect();
        let slab = crate::slab::Slab {
            start,
            count: count.clone(),
            step: vec![1; shape.len()],
        };
        let length = slab.check(shape, size).unwrap_or(0);
        let mut part = vec![0; length];
        let copied = crate::slab::copy_chunk_into_slab(data, &one, 0, &slab, size, &mut part);
        // The part of an edge chunk inside of the dataset goes to its corner.
        let inner = crate::slab::ChunkGrid::new(&count, &count);
        let length = chunk_shape
            .iter()
            .fold(size as u64, |size, axis| size * axis);
        let mut whole = vec![0; usize::try_from(length).unwrap_or(0)];
        let corner = crate::slab::Slab {
            start: vec![0; shape.len()],
            count: chunk_shape.to_vec(),
            step: vec![1; shape.len()],
        };
        let placed = crate::slab::copy_chunk_into_slab(&part, &inner, 0, &corner, size, &mut whole);
        if copied.and(placed).is_err() {
            return Err(WriteError::Shape {
                what: "the data do not fit the chunks",
                path: String::new(),
            });
        }
        chunks.push(hutch_codecs::encode(&filters(kind, level), &whole, size)?);
    }
    Ok(chunks)
}
