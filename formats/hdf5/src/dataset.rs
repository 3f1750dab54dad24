//! Datasets: shape, type, and how their elements are laid out in the file.

use std::sync::Arc;

use bytes::Bytes;
use hutch_codecs::FilterSpec;

use crate::blocks::Blocks;
use crate::cursor::Cursor;
use crate::dataspace::{self, Dataspace};
use crate::datatype::{self, Datatype};
use crate::error::Error;
use crate::external::{self, ExternalFile};
use crate::file::File;
use crate::filters;
use crate::header::{self, Header, kind};
use crate::step::{Needs, Parse};
use crate::virtual_layout::{self, VirtualLayout};

const LAYOUT: &str = "data layout";

/// What is known of a dataset without reading its elements.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetInfo {
    /// Its shape.
    pub dataspace: Dataspace,
    /// The type of its elements.
    pub datatype: Datatype,
    /// Where its elements lie.
    pub layout: Layout,
    /// The bytes of one element where none was written; empty for zeros.
    pub fill_value: Bytes,
    /// The filters of its chunks, in the order that they were applied in.
    pub filters: Vec<FilterSpec>,
}

/// Where the elements of a dataset lie.
#[derive(Debug, Clone, PartialEq)]
pub enum Layout {
    /// In the object header: these bytes.
    Compact(Bytes),
    /// In one piece.
    Contiguous {
        /// Its offset in the file; none where nothing was written.
        address: Option<u64>,
        /// Its size in bytes.
        size: u64,
    },
    /// In chunks.
    Chunked(ChunkLayout),
    /// In other datasets.
    Virtual(Arc<VirtualLayout>),
    /// In raw files beside this one, one after another.
    External(Vec<ExternalFile>),
}

/// How a dataset is cut into chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkLayout {
    /// Elements of a chunk along each axis; never zero.
    pub chunk_shape: Vec<u64>,
    /// Bytes of a decoded chunk, bounded by the limits of the file.
    pub chunk_bytes: u64,
    /// How chunks are found.
    pub index: ChunkIndex,
    /// Where the index lies; none where no chunk was written.
    pub address: Option<u64>,
    /// Chunks that reach over the edge of the dataset are stored without filters.
    pub edge_is_unfiltered: bool,
}

/// The ways to find chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkIndex {
    /// A B-tree of version 1.
    BTree1,
    /// The one chunk is at the address of the index; its stored size and filter mask where filtered.
    Single {
        /// Stored size and filter mask.
        filtered: Option<(u64, u32)>,
    },
    /// All chunks one after another, without an index.
    Implicit,
    /// A fixed array.
    FixedArray,
    /// An extensible array.
    ExtensibleArray,
    /// A B-tree of version 2.
    BTree2,
}

impl DatasetInfo {
    /// Elements along each axis, slowest first; empty for a scalar.
    pub fn shape(&self) -> &[u64] {
        self.dataspace.shape()
    }

    /// Bytes of all elements, if they fit in 64 bits.
    pub fn size_bytes(&self) -> Option<u64> {
        self.dataspace
            .element_count()?
            .checked_mul(u64::from(self.datatype.size))
    }

    /// The chunks, if it has any.
    pub fn chunks(&self) -> Option<&ChunkLayout> {
        match &self.layout {
            Layout::Chunked(chunks) => Some(chunks),
            _ => None,
        }
    }

    /// The filters that were applied to the chunk whose first element is at `start`: none for a
    /// chunk over the edge where such chunks are stored without.
    pub fn filters_of_chunk(&self, start: &[u64]) -> &[FilterSpec] {
        let is_over_edge = |chunks: &ChunkLayout| {
            start
                .iter()
                .zip(&chunks.chunk_shape)
                .zip(self.shape())
                .any(|((start, chunk), size)| start.saturating_add(*chunk) > *size)
        };
        match self.chunks() {
            Some(chunks) if chunks.edge_is_unfiltered && is_over_edge(chunks) => &[],
            _ => &self.filters,
        }
    }
}

/// Reads what a dataset's header says.
pub(crate) fn read(file: &File, blocks: &Blocks, header: &Header) -> Parse<DatasetInfo> {
    let mut needs = Needs::default();
    let dataspace = needs.gather(read_dataspace(file, blocks, header))?;
    let datatype = needs.gather(read_datatype(file, blocks, header))?;
    let fill_value = needs.gather(read_fill_value(file, blocks, header))?;
    let filters = needs.gather(read_filters(file, blocks, header))?;
    needs.finish()?;
    let (Some(dataspace), Some(datatype)) = (dataspace, datatype) else {
        return Err(Error::damaged("dataset: lacks a shape or a type", header.address).into());
    };
    let mut info = DatasetInfo {
        dataspace,
        datatype,
        layout: Layout::Compact(Bytes::new()),
        fill_value: fill_value.unwrap_or_default(),
        filters: filters.unwrap_or_default(),
    };
    if info.size_bytes().is_none() {
        return Err(
            Error::damaged("dataset: has more bytes than 64 bits count", header.address).into(),
        );
    }
    if info.fill_value.len() != info.datatype.size as usize {
        info.fill_value = Bytes::new();
    }
    info.layout = read_layout(file, blocks, header, &info)?;
    Ok(info)
}

fn required(header: &Header, kind: u16, what: &str) -> Result<header::Message, Error> {
    let damaged = || Error::damaged(format!("dataset: lacks its {what}"), header.address);
    header.find(kind).cloned().ok_or_else(damaged)
}

fn read_dataspace(file: &File, blocks: &Blocks, header: &Header) -> Parse<Dataspace> {
    let message = header::body_of(
        file,
        blocks,
        &required(header, kind::DATASPACE, "dataspace")?,
    )?;
    Ok(dataspace::parse(Cursor::new(
        file.format,
        &message.body,
        "dataspace",
        message.address,
    ))?)
}

fn read_datatype(file: &File, blocks: &Blocks, header: &Header) -> Parse<Datatype> {
    let message = header::body_of(file, blocks, &required(header, kind::DATATYPE, "datatype")?)?;
    let mut cursor = Cursor::new(file.format, &message.body, "datatype", message.address);
    Ok(datatype::parse(&mut cursor, &file.limits)?)
}

fn read_fill_value(file: &File, blocks: &Blocks, header: &Header) -> Parse<Bytes> {
    let (message, is_old) = match (
        header.find(kind::FILL_VALUE),
        header.find(kind::OLD_FILL_VALUE),
    ) {
        (Some(message), _) => (message, false),
        (None, Some(message)) => (message, true),
        (None, None) => return Ok(Bytes::new()),
    };
    let message = header::body_of(file, blocks, message)?;
    let mut cursor = Cursor::new(file.format, &message.body, "fill value", message.address);
    let is_defined = match (is_old, if is_old { 0 } else { cursor.u8()? }) {
        (true, _) => true,
        (false, version @ (1 | 2)) => {
            cursor.skip(2)?;
            let is_defined = cursor.u8()? != 0;
            version == 1 || is_defined
        }
        (false, 3) => cursor.u8()? & 0x20 != 0,
        (false, version) => return Err(cursor.unsupported(&format!("version {version}")).into()),
    };
    if !is_defined || cursor.remaining() < 4 {
        return Ok(Bytes::new());
    }
    // A size of -1 marks an undefined value in version 1.
    let length = cursor.u32()?;
    let from = cursor.position();
    if length == u32::MAX {
        return Ok(Bytes::new());
    }
    cursor.skip(length as usize)?;
    Ok(message.body.slice(from..from + length as usize))
}

fn read_filters(file: &File, blocks: &Blocks, header: &Header) -> Parse<Vec<FilterSpec>> {
    let Some(message) = header.find(kind::FILTERS) else {
        return Ok(Vec::new());
    };
    let message = header::body_of(file, blocks, message)?;
    let mut cursor = Cursor::new(
        file.format,
        &message.body,
        "filter pipeline",
        message.address,
    );
    Ok(filters::parse(&mut cursor)?)
}

fn read_layout(file: &File, blocks: &Blocks, header: &Header, info: &DatasetInfo) -> Parse<Layout> {
    if let Some(message) = header.find(kind::EXTERNAL_FILES) {
        return Ok(Layout::External(external::read(file, blocks, message)?));
    }
    let message = required(header, kind::LAYOUT, "layout")?;
    let mut cursor = Cursor::new(file.format, &message.body, LAYOUT, message.address);
    let version = cursor.u8()?;
    if matches!(version, 1 | 2) {
        return Ok(layout_v1(file, &mut cursor, &message.body, info)?);
    }
    if !matches!(version, 3..=5) {
        return Err(cursor.unsupported(&format!("version {version}")).into());
    }
    match cursor.u8()? {
        0 => {
            let length = usize::from(cursor.u16()?);
            Ok(compact(&mut cursor, &message.body, length)?)
        }
        1 => {
            let address = cursor.address()?;
            Ok(Layout::Contiguous {
                address,
                size: contiguous_size(&cursor, cursor.clone().length()?, info)?,
            })
        }
        2 if version == 3 => {
            let rank = usize::from(cursor.u8()?);
            let address = cursor.address()?;
            let sizes = (0..rank)
                .map(|_| cursor.u32().map(u64::from))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Layout::Chunked(chunk_layout(
                file,
                &cursor,
                sizes,
                info,
                ChunkIndex::BTree1,
                address,
            )?))
        }
        2 => Ok(Layout::Chunked(chunked_v4(file, &mut cursor, info)?)),
        3 => {
            let address = cursor.address()?;
            let index = cursor.u32()?;
            let rank = info.shape().len();
            let layout = virtual_layout::read(file, blocks, address, index, rank)?;
            Ok(Layout::Virtual(Arc::new(layout)))
        }
        class => Err(cursor.unsupported(&format!("class {class}")).into()),
    }
}

fn layout_v1(
    file: &File,
    cursor: &mut Cursor<'_>,
    body: &Bytes,
    info: &DatasetInfo,
) -> Result<Layout, Error> {
    let rank = usize::from(cursor.u8()?);
    let class = cursor.u8()?;
    cursor.skip(5)?;
    let address = if class == 0 { None } else { cursor.address()? };
    let sizes = (0..rank)
        .map(|_| cursor.u32().map(u64::from))
        .collect::<Result<Vec<_>, _>>()?;
    match class {
        0 => {
            let length = cursor.u32()? as usize;
            compact(cursor, body, length)
        }
        1 => Ok(Layout::Contiguous {
            address,
            size: info.size_bytes().unwrap_or(0),
        }),
        2 => Ok(Layout::Chunked(chunk_layout(
            file,
            cursor,
            sizes,
            info,
            ChunkIndex::BTree1,
            address,
        )?)),
        class => Err(cursor.unsupported(&format!("class {class}"))),
    }
}

fn compact(cursor: &mut Cursor<'_>, body: &Bytes, length: usize) -> Result<Layout, Error> {
    let from = cursor.position();
    cursor.skip(length)?;
    Ok(Layout::Compact(body.slice(from..from + length)))
}

/// The stored size must hold all elements.
fn contiguous_size(cursor: &Cursor<'_>, stored: u64, info: &DatasetInfo) -> Result<u64, Error> {
    let size = info.size_bytes().unwrap_or(0);
    if stored < size {
        Err(cursor.damaged("the stored size is less than that of all elements"))
    } else {
        Ok(size)
    }
}

/// Checks the sizes of a chunk; the last of `sizes` is that of an element.
fn chunk_layout(
    file: &File,
    cursor: &Cursor<'_>,
    mut sizes: Vec<u64>,
    info: &DatasetInfo,
    index: ChunkIndex,
    address: Option<u64>,
) -> Result<ChunkLayout, Error> {
    let element = sizes.pop();
    if sizes.len() != info.shape().len() || sizes.is_empty() || sizes.contains(&0) {
        return Err(cursor.damaged("the shape of its chunks does not fit that of the dataset"));
    }
    if element != Some(u64::from(info.datatype.size)) {
        return Err(cursor.damaged("the size of its elements does not fit their type"));
    }
    let chunk_bytes = sizes
        .iter()
        .try_fold(u64::from(info.datatype.size), |size, axis| {
            size.checked_mul(*axis)
        });
    match chunk_bytes.filter(|bytes| *bytes <= file.limits.chunk_bytes) {
        Some(chunk_bytes) => Ok(ChunkLayout {
            chunk_shape: sizes,
            chunk_bytes,
            index,
            address,
            edge_is_unfiltered: false,
        }),
        None => Err(cursor.limit_error("a chunk of the dataset", file.limits.chunk_bytes)),
    }
}

fn chunked_v4(
    file: &File,
    cursor: &mut Cursor<'_>,
    info: &DatasetInfo,
) -> Result<ChunkLayout, Error> {
    let flags = cursor.u8()?;
    let rank = usize::from(cursor.u8()?);
    let size_bytes = usize::from(cursor.u8()?);
    let sizes = (0..rank)
        .map(|_| cursor.uint(size_bytes))
        .collect::<Result<Vec<_>, _>>()?;
    let index = match cursor.u8()? {
        1 if flags & 2 != 0 => ChunkIndex::Single {
            filtered: Some((cursor.length()?, cursor.u32()?)),
        },
        1 => ChunkIndex::Single { filtered: None },
        2 => ChunkIndex::Implicit,
        3 => {
            cursor.skip(1)?;
            ChunkIndex::FixedArray
        }
        4 => {
            cursor.skip(5)?;
            ChunkIndex::ExtensibleArray
        }
        5 => {
            cursor.skip(6)?;
            ChunkIndex::BTree2
        }
        index => return Err(cursor.unsupported(&format!("chunk index {index}"))),
    };
    let address = cursor.address()?;
    let mut layout = chunk_layout(file, cursor, sizes, info, index, address)?;
    layout.edge_is_unfiltered = flags & 1 != 0;
    Ok(layout)
}
