//! Arbitrary bytes as an HDF5 file: everything in it is listed, and some of every dataset is read.

use std::collections::HashSet;

use bytes::Bytes;
use hutch_hdf5::{
    Blocks, ChunkTable, DatasetInfo, Error, Extent, File, KnownShapes, Layout, Limits, LinkTarget,
    Object, ObjectKind, Scratch, Slab, Step, VirtualLayout, contiguous_pieces,
    copy_chunk_into_slab, drive, external_pieces, fill_chunk_into_slab, fill_slab, place_slab,
    to_f64, to_native,
};

/// Objects that are visited, and parts of one thing that are.
const OBJECT_MAX: usize = 200;
const PART_MAX: usize = 6;
/// Bytes of a chunk, and of what is read of a dataset.
const CHUNK_BYTES: u64 = 1 << 16;
const SLAB_BYTES: usize = 1 << 14;

/// Small enough that no input takes long, large enough for every file among the seeds.
fn limits() -> Limits {
    Limits {
        metadata_bytes: 1 << 20,
        entry_count: 1 << 12,
        chunk_count: 1 << 12,
        chunk_bytes: CHUNK_BYTES,
        text_bytes: 1 << 16,
        ..Limits::default()
    }
}

/// Opens `data`, walks it, and reads some of every dataset; errors are as good as results.
pub fn walk(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    // By the last byte, the file is all there or comes in pieces that are asked for.
    let blocks = match data.last() {
        Some(last) if last & 1 == 1 => Blocks::new(data.len() as u64),
        _ => Blocks::whole(bytes.clone()),
    };
    let mut source = Source { bytes, blocks };
    let Some(file) = source.done(|blocks| File::open(blocks, limits())) else {
        return;
    };
    let mut walker = Walker {
        source,
        file,
        scratch: Scratch::default(),
    };
    let root = walker.file.root();
    let (mut seen, mut open) = (HashSet::from([root]), vec![root]);
    while let Some(address) = open.pop() {
        for address in walker.visit(address) {
            if seen.len() < OBJECT_MAX && seen.insert(address) {
                open.push(address);
            }
        }
    }
}

/// The file, and what of it was read.
struct Source {
    bytes: Bytes,
    blocks: Blocks,
}

impl Source {
    fn done<T>(&mut self, operation: impl Fn(&Blocks) -> Result<Step<T>, Error>) -> Option<T> {
        let bytes = &self.bytes;
        let read = |range: std::ops::Range<u64>| {
            let range = range.start as usize..range.end as usize;
            assert!(range.start < range.end, "something is asked for");
            assert!(
                range.end <= bytes.len(),
                "all that is asked for lies inside of the file"
            );
            Ok(bytes.slice(range))
        };
        drive(&mut self.blocks, read, operation).ok()
    }

    fn range(&self, offset: u64, size: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        self.bytes.get(start..end)
    }
}

struct Walker {
    source: Source,
    file: File,
    scratch: Scratch,
}

impl Walker {
    /// Reads one object; the objects that it links to.
    fn visit(&mut self, address: u64) -> Vec<u64> {
        let file = &self.file;
        let object = self.source.done(|blocks| file.object(blocks, address));
        if let Some(object) = &object {
            show(object);
            if let ObjectKind::Dataset(info) = &object.kind {
                self.dataset(info);
                return Vec::new();
            }
        }
        self.links(address)
    }

    fn links(&mut self, address: u64) -> Vec<u64> {
        let file = &self.file;
        let links = self
            .source
            .done(|blocks| file.children(blocks, address))
            .unwrap_or_default();
        let mut targets = Vec::new();
        for (index, link) in links.iter().enumerate() {
            if index < PART_MAX || matches!(link.target, LinkTarget::Soft(_)) && index < 50 {
                let _found = self
                    .source
                    .done(|blocks| file.resolve(blocks, address, &link.name));
            }
            if let LinkTarget::Hard(target) = link.target {
                targets.push(target);
            }
        }
        targets
    }

    fn dataset(&mut self, info: &DatasetInfo) {
        for slab in slabs(info.shape()) {
            let element = info.datatype.size as usize;
            let Ok(size) = slab.check(info.shape(), element) else {
                continue;
            };
            if size > SLAB_BYTES {
                continue;
            }
            let mut out = vec![0; size];
            fill_slab(&info.fill_value, &mut out);
            self.elements(info, &slab, &mut out);
            self.decoded(info, &mut out);
        }
        if info.chunks().is_some() {
            let file = &self.file;
            if let Some(table) = self.source.done(|blocks| file.chunk_table(blocks, info)) {
                assert!(
                    table.iter().count() as u64 <= limits().chunk_count,
                    "chunks have a limit"
                );
            }
        }
    }

    /// Reads the stored bytes of a slab.
    fn elements(&mut self, info: &DatasetInfo, slab: &Slab, out: &mut [u8]) {
        let element = info.datatype.size as usize;
        match &info.layout {
            Layout::Compact(bytes) => {
                for piece in contiguous_pieces(0, info.shape(), slab, element).unwrap_or_default() {
                    let start = piece.range.start as usize;
                    let _end = piece.copy_into(bytes.get(start..).unwrap_or(&[]), element, out);
                }
            }
            Layout::Contiguous { address, .. } => {
                let pieces = contiguous_pieces(address.unwrap_or(0), info.shape(), slab, element);
                for piece in pieces.unwrap_or_default() {
                    let size = piece.range.end - piece.range.start;
                    if let Some(bytes) = self.source.range(piece.range.start, size) {
                        let _end = piece.copy_into(bytes, element, out);
                    }
                }
            }
            Layout::Chunked(_) => {
                let file = &self.file;
                let table = self
                    .source
                    .done(|blocks| file.chunks_for(blocks, info, slab));
                if let Some(table) = table {
                    self.chunks(info, &table, slab, out);
                }
            }
            Layout::Virtual(layout) => virtual_parts(info, layout, slab, out),
            Layout::External(files) => {
                let _pieces = external_pieces(files, info.shape(), slab, element);
            }
        }
    }

    fn chunks(&mut self, info: &DatasetInfo, table: &ChunkTable, slab: &Slab, out: &mut [u8]) {
        let (grid, element) = (table.grid(), info.datatype.size as usize);
        let Some(chunks) = info.chunks() else { return };
        for index in grid.chunks_in(slab).into_iter().take(PART_MAX) {
            let stored = table.chunk_at(index);
            let bytes = stored.and_then(|chunk| self.source.range(chunk.address, chunk.size));
            let (Some(stored), Some(bytes)) = (stored, bytes) else {
                let _end = fill_chunk_into_slab(&info.fill_value, grid, index, slab, element, out);
                continue;
            };
            assert!(
                chunks.chunk_bytes <= CHUNK_BYTES,
                "the bytes of a chunk have a limit"
            );
            let mut chunk = vec![0; chunks.chunk_bytes as usize];
            let filters = info.filters_of_chunk(&grid.start_of(index).unwrap_or_default());
            let mask = stored.filter_mask;
            let scratch = &mut self.scratch;
            if hutch_codecs::decode_into(filters, mask, bytes, element, &mut chunk, scratch).is_ok()
            {
                let _end = copy_chunk_into_slab(&chunk, grid, index, slab, element, out);
            }
        }
    }

    /// Turns stored bytes into values, as a view and as a table do.
    fn decoded(&mut self, info: &DatasetInfo, out: &mut [u8]) {
        let (file, datatype) = (&self.file, &info.datatype);
        let _values = self
            .source
            .done(|blocks| file.values(blocks, datatype, out));
        let _texts = self
            .source
            .done(|blocks| file.strings(blocks, datatype, out));
        if let Some(scalar) = datatype.scalar() {
            let numbers = to_f64(scalar, out);
            assert!(
                numbers.len() <= out.len(),
                "there are no more numbers than bytes"
            );
            to_native(scalar, out);
        }
    }
}

/// What the tree shows of an object.
fn show(object: &Object) {
    for attribute in object.attributes.iter().take(PART_MAX) {
        let _shown = (attribute.as_str(), attribute.as_f64(), attribute.as_i64());
    }
    if let ObjectKind::Unreadable(error) = &object.kind {
        assert!(!error.to_string().is_empty(), "an error says why");
    }
}

/// The first elements, and every third of the last.
fn slabs(shape: &[u64]) -> [Slab; 2] {
    let first = Slab {
        start: vec![0; shape.len()],
        count: shape.iter().map(|size| (*size).min(4)).collect(),
        step: vec![1; shape.len()],
    };
    let last = Slab {
        start: shape.iter().map(|size| size.saturating_sub(7)).collect(),
        count: shape
            .iter()
            .map(|size| (*size).min(7).div_ceil(3))
            .collect(),
        step: vec![3; shape.len()],
    };
    [first, last]
}

/// Finds the parts of a virtual dataset whose sources all have its own shape.
fn virtual_parts(info: &DatasetInfo, layout: &VirtualLayout, slab: &Slab, out: &mut [u8]) {
    let shape = info.shape();
    let mut known = KnownShapes::new();
    for round in 0..PART_MAX {
        let Ok(Extent::Need(sources)) = layout.extent(&info.dataspace, &known) else {
            break;
        };
        for source in sources {
            known.insert(source.key(), (round < 2).then(|| shape.to_vec()));
        }
    }
    let sources = layout.sources_of(shape, slab).unwrap_or_default();
    for source in sources.iter().take(PART_MAX) {
        for part in layout
            .parts(source, shape, slab, shape)
            .unwrap_or_default()
            .iter()
            .take(50)
        {
            let element = info.datatype.size as usize;
            let Ok(size) = part.source.check(shape, element) else {
                panic!("a part lies inside of its source: {part:?}")
            };
            assert!(
                size <= out.len(),
                "a part is no more than what is asked for"
            );
            let bytes = vec![1; size];
            place_slab(&bytes, &part.target, &slab.count, element, out)
                .unwrap_or_else(|error| panic!("a part has a place: {error}"));
        }
    }
}
