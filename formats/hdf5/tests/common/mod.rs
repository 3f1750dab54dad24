//! What the tests of the reader share: files served in pieces, whole reads, CRC-32.
#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    unreachable_pub,
    reason = "each test file uses a part"
)]

use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use hutch_hdf5::{
    Blocks, ChunkTable, DatasetInfo, Error, File, KnownShapes, Layout, Limits, Scratch, Slab, Step,
    VirtualLayout, contiguous_pieces, copy_chunk_into_slab, drive, fill_chunk_into_slab, fill_slab,
};

/// The folder of sample files.
pub fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data")
        .join(name)
}

/// A file in memory that is read as over a network: only what is asked for.
pub struct Served {
    pub bytes: Bytes,
    pub blocks: Blocks,
    pub round_trips: usize,
    /// Reads are widened to multiples of this.
    pub page: u64,
}

impl Served {
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            blocks: Blocks::new(bytes.len() as u64),
            bytes,
            round_trips: 0,
            page: 1,
        }
    }

    pub fn open(path: &std::path::Path) -> Self {
        Self::new(std::fs::read(path).expect("the sample file exists"))
    }

    pub fn read(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let (from, to) = (usize::try_from(range.start), usize::try_from(range.end));
        match (from, to) {
            (Ok(from), Ok(to)) if from <= to && to <= self.bytes.len() => {
                Ok(self.bytes.slice(from..to))
            }
            _ => Err(Error::Read(format!(
                "range {range:?} lies outside of the file"
            ))),
        }
    }

    pub fn run<T>(
        &mut self,
        operation: impl Fn(&Blocks) -> Result<Step<T>, Error>,
    ) -> Result<T, Error> {
        loop {
            match operation(&self.blocks)? {
                Step::Done(value) => return Ok(value),
                Step::Need(ranges) => {
                    assert!(!ranges.is_empty(), "a need names bytes");
                    self.round_trips += 1;
                    for range in ranges {
                        let end = (range.end.div_ceil(self.page) * self.page)
                            .min(self.bytes.len() as u64);
                        let range = range.start / self.page * self.page..end;
                        let bytes = self.read(range.clone())?;
                        self.blocks.insert(range.start, bytes);
                    }
                }
            }
        }
    }

    pub fn file(&mut self) -> Result<File, Error> {
        self.run(|blocks| File::open(blocks, Limits::default()))
    }

    /// The elements of a slab as stored.
    pub fn slab(&mut self, file: &File, info: &DatasetInfo, slab: &Slab) -> Result<Vec<u8>, Error> {
        let size = info.datatype.size as usize;
        let length = slab.check(info.shape(), size)?;
        if length > 1 << 26 {
            return Err(Error::Selection("larger than a test reads".to_owned()));
        }
        let mut out = vec![0xcc; length];
        match &info.layout {
            Layout::Compact(bytes) => {
                for piece in contiguous_pieces(0, info.shape(), slab, size)? {
                    let (from, to) = (piece.range.start as usize, piece.range.end as usize);
                    let bytes = bytes
                        .get(from..to)
                        .ok_or_else(|| Error::Read("compact data are cut off".to_owned()))?;
                    piece.copy_into(bytes, size, &mut out)?;
                }
            }
            Layout::Contiguous { address: None, .. } => fill_slab(&info.fill_value, &mut out),
            Layout::Contiguous {
                address: Some(address),
                ..
            } => {
                for piece in contiguous_pieces(*address, info.shape(), slab, size)? {
                    piece.copy_into(&self.read(piece.range.clone())?, size, &mut out)?;
                }
            }
            Layout::Chunked(_) => {
                let table = self.run(|blocks| file.chunk_table(blocks, info))?;
                self.chunks(info, &table, slab, &mut out)?;
            }
            Layout::Virtual(_) | Layout::External(_) => {
                return Err(Error::Unsupported {
                    what: "virtual".to_owned(),
                    address: 0,
                });
            }
        }
        Ok(out)
    }

    fn chunks(
        &self,
        info: &DatasetInfo,
        table: &ChunkTable,
        slab: &Slab,
        out: &mut [u8],
    ) -> Result<(), Error> {
        let size = info.datatype.size as usize;
        let grid = table.grid();
        let mut scratch = Scratch::default();
        let nominal = info.chunks().map_or(0, |chunks| chunks.chunk_bytes);
        if nominal > 1 << 28 {
            return Err(Error::Selection(
                "a chunk larger than a test reads".to_owned(),
            ));
        }
        let mut decoded = vec![0; nominal as usize];
        for index in grid.chunks_in(slab) {
            let Some(chunk) = table.chunk_at(index) else {
                fill_chunk_into_slab(&info.fill_value, grid, index, slab, size, out)?;
                continue;
            };
            let encoded = self.read(chunk.address..chunk.address.saturating_add(chunk.size))?;
            let start = grid.start_of(index).unwrap_or_default();
            let filters = info.filters_of_chunk(&start);
            hutch_codecs::decode_into(
                filters,
                chunk.filter_mask,
                &encoded,
                size,
                &mut decoded,
                &mut scratch,
            )?;
            copy_chunk_into_slab(&decoded, grid, index, slab, size, out)?;
        }
        Ok(())
    }
}

/// Reads a file whole with [`drive`], as a local caller does.
pub fn open_whole(bytes: Vec<u8>) -> Result<(Blocks, File), Error> {
    let mut blocks = Blocks::whole(bytes);
    let file = drive(
        &mut blocks,
        |_| Err(Error::Read("all bytes are there".to_owned())),
        |blocks| File::open(blocks, Limits::default()),
    )?;
    Ok((blocks, file))
}

/// CRC-32 as zlib counts it.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 0 {
                crc >> 1
            } else {
                crc >> 1 ^ 0xedb8_8320
            }
        })
    })
}

/// What a whole walk found.
#[derive(Debug, Default)]
pub struct Walked {
    pub object_count: usize,
    pub error_count: usize,
    pub bytes_read: usize,
}

/// Visits all that can be reached from the root, and reads the first elements of every dataset.
pub fn walk_all(bytes: impl Into<Bytes>) -> Walked {
    let mut served = Served::new(bytes);
    served.page = 4096;
    let mut walked = Walked::default();
    let Ok(file) = served.file() else {
        walked.error_count += 1;
        return walked;
    };
    let mut seen = std::collections::HashSet::from([file.root()]);
    let mut open = vec![file.root()];
    while let Some(address) = open.pop() {
        walked.object_count += 1;
        let Ok(object) = served.run(|blocks| file.object(blocks, address)) else {
            walked.error_count += 1;
            continue;
        };
        walked.error_count += object.problems.len();
        if let Some(info) = object.dataset() {
            match read_some(&mut served, &file, info) {
                Ok(count) => walked.bytes_read += count,
                Err(_) => walked.error_count += 1,
            }
        }
        let Ok(links) = served.run(|blocks| file.children(blocks, address)) else {
            continue;
        };
        for link in links.iter().take(8) {
            let _ = served.run(|blocks| file.resolve(blocks, address, &link.name));
        }
        for link in links {
            if let hutch_hdf5::LinkTarget::Hard(address) = link.target
                && seen.insert(address)
            {
                open.push(address);
            }
        }
    }
    walked
}

/// Up to a few elements along each axis, and their strings.
fn read_some(served: &mut Served, file: &File, info: &DatasetInfo) -> Result<usize, Error> {
    let shape = info.shape();
    let count = shape.iter().map(|size| (*size).min(20)).collect();
    let slab = Slab {
        start: vec![0; shape.len()],
        count,
        step: vec![1; shape.len()],
    };
    if let Layout::Virtual(layout) = &info.layout {
        return virtual_parts(layout, info, &slab);
    }
    served.run(|blocks| file.chunks_for(blocks, info, &slab))?;
    let elements = served.slab(file, info, &slab)?;
    served.run(|blocks| file.values(blocks, &info.datatype, &elements))?;
    Ok(elements.len())
}

/// The parts of a virtual dataset, as if its sources had its own shape.
fn virtual_parts(layout: &VirtualLayout, info: &DatasetInfo, slab: &Slab) -> Result<usize, Error> {
    layout.extent(&info.dataspace, &KnownShapes::new())?;
    let mut count = 0;
    for source in layout.sources_of(info.shape(), slab)?.iter().take(50) {
        count += layout
            .parts(source, info.shape(), slab, info.shape())?
            .len();
    }
    Ok(count)
}
