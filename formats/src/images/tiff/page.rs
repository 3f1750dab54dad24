//! What a directory says of the samples of its page.

use bytes::Bytes;
use hutch_model::{ByteRange, ElementType};

use super::directory::{Directory, Entry, Format, tag};

/// Values that describe the samples of a pixel, at most.
const CHANNEL_LIMIT: u64 = 1 << 12;

/// A list of places or sizes of strips or tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List(pub(super) Entry);

/// How the samples of a page are cut into pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pieces {
    /// Bands of so many rows.
    Strips {
        /// Rows of each but the last.
        rows: u64,
    },
    /// Rectangles, filled up beyond the edge.
    Tiles {
        /// Rows of each.
        rows: u64,
        /// Columns of each.
        columns: u64,
    },
}

/// How many bits a sample has, and what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SampleBits {
    pub(super) bits: u16,
    /// 1 unsigned, 2 signed, 3 real, 6 complex.
    pub(super) format: u16,
}

/// Samples that pages of one stack share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) height: u64,
    pub(super) width: u64,
    /// Samples of a pixel.
    pub(super) channels: u64,
    /// Whether each channel lies for itself.
    pub(super) is_planar: bool,
    pub(super) sample: SampleBits,
}

/// How the pieces of a page are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Packing {
    pub(super) compression: u16,
    pub(super) predictor: u16,
    /// Whether the bits of each byte are reversed.
    pub(super) is_reversed: bool,
}

/// A page: one image, or a thumbnail of one.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) shape: Shape,
    pub(super) pieces: Pieces,
    pub(super) packing: Packing,
    pub(super) offsets: Option<List>,
    pub(super) counts: Option<List>,
    pub(super) photometric: u16,
    /// Whether it is a smaller copy of another page, or a mask for one.
    pub(super) is_auxiliary: bool,
    /// Why it cannot be read, where it cannot.
    pub(super) unreadable: Option<String>,
}

/// Ranges outside of a directory that [`parse`] needs.
pub(super) fn needed(directory: &Directory) -> Vec<ByteRange> {
    [tag::BITS, tag::SAMPLE_FORMAT]
        .iter()
        .filter_map(|&tag| directory.entry(tag))
        .filter(|entry| !entry.is_inline && entry.count <= CHANNEL_LIMIT)
        .map(Entry::range)
        .collect()
}

/// Reads a page; `outside` has the bytes of the ranges that it needs.
pub(super) fn parse(
    format: Format,
    directory: &Directory,
    outside: impl Fn(ByteRange) -> Option<Bytes>,
) -> Page {
    let fields = Fields {
        format,
        directory,
        outside: &outside,
    };
    let number = |tag, default| fields.first(tag).unwrap_or(default);
    let short = |tag, default| u16::try_from(number(tag, default)).unwrap_or(u16::MAX);
    let (sample, problem) = fields.sample();
    let shape = Shape {
        height: number(tag::HEIGHT, 0),
        width: number(tag::WIDTH, 0),
        channels: number(tag::SAMPLES_PER_PIXEL, 1),
        is_planar: number(tag::PLANAR, 1) == 2 && number(tag::SAMPLES_PER_PIXEL, 1) > 1,
        sample,
    };
    let is_tiled = directory.entry(tag::TILE_WIDTH).is_some();
    let pieces = if is_tiled {
        Pieces::Tiles {
            rows: number(tag::TILE_HEIGHT, 0),
            columns: number(tag::TILE_WIDTH, 0),
        }
    } else {
        let rows = number(tag::ROWS_PER_STRIP, u64::MAX);
        let rows = if rows == 0 { shape.height } else { rows };
        Pieces::Strips {
            rows: rows.min(shape.height).max(1),
        }
    };
    // Some writers put tiles under the tags of strips.
    let list = |tile, strip| {
        let entry = is_tiled.then(|| directory.entry(tile)).flatten();
        entry.or_else(|| directory.entry(strip)).map(List)
    };
    let mut page = Page {
        packing: Packing {
            compression: short(tag::COMPRESSION, 1),
            predictor: short(tag::PREDICTOR, 1),
            is_reversed: number(tag::FILL_ORDER, 1) == 2,
        },
        offsets: list(tag::TILE_OFFSETS, tag::STRIP_OFFSETS),
        counts: list(tag::TILE_COUNTS, tag::STRIP_COUNTS),
        photometric: short(tag::PHOTOMETRIC, 1),
        is_auxiliary: number(tag::SUBFILE_TYPE, 0) & 5 != 0,
        unreadable: problem,
        shape,
        pieces,
    };
    if page.unreadable.is_none() {
        page.unreadable = unreadable(&page);
    }
    page
}

/// Why the samples of a page cannot be read, if they cannot.
fn unreadable(page: &Page) -> Option<String> {
    let Shape {
        height,
        width,
        channels,
        sample,
        ..
    } = page.shape;
    if height == 0 || width == 0 || channels == 0 || channels > CHANNEL_LIMIT {
        return Some(format!(
            "it says that it has {height} rows, {width} columns and {channels} samples a pixel"
        ));
    }
    if height.max(width) > u64::from(u32::MAX) {
        return Some(format!("{height} rows of {width} columns are too many"));
    }
    if let Pieces::Tiles { rows, columns } = page.pieces
        && (rows == 0 || columns == 0 || rows.max(columns) > u64::from(u32::MAX))
    {
        return Some(format!("its tiles have {rows} rows of {columns} columns"));
    }
    if sample.element().is_none() {
        let SampleBits { bits, format } = sample;
        return Some(format!(
            "samples of {bits} bits in format {format} are not known"
        ));
    }
    if !page.offsets.is_some_and(|list| list.0.is_unsigned()) {
        return Some("it does not say where its samples are".to_owned());
    }
    if page.counts.is_some_and(|list| !list.0.is_unsigned()) {
        return Some("the sizes of its strips make no sense".to_owned());
    }
    super::unpack::unreadable(page)
}

impl SampleBits {
    /// The type that samples have in memory.
    pub(super) const fn element(self) -> Option<ElementType> {
        Some(match (self.format, self.bits) {
            (1 | 4, 1..=8) => ElementType::U8,
            (1 | 4, 9..=16) => ElementType::U16,
            (1 | 4, 17..=32) => ElementType::U32,
            (1 | 4, 64) => ElementType::U64,
            (2, 8) => ElementType::I8,
            (2, 16) => ElementType::I16,
            (2, 32) => ElementType::I32,
            (2, 64) => ElementType::I64,
            (3, 16) => ElementType::F16,
            (3, 32) => ElementType::F32,
            (3, 64) => ElementType::F64,
            (6, 64) => ElementType::Complex64,
            (6, 128) => ElementType::Complex128,
            _ => return None,
        })
    }

    /// Whether each sample fills its type, so that no bits are taken apart.
    pub(super) const fn is_whole(self) -> bool {
        matches!(self.bits, 8 | 16 | 32 | 64 | 128)
    }
}

struct Fields<'a> {
    format: Format,
    directory: &'a Directory,
    outside: &'a dyn Fn(ByteRange) -> Option<Bytes>,
}

impl Fields<'_> {
    fn values(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.directory.entry(tag)?;
        let size = usize::try_from(entry.value_size()).ok()?;
        if !entry.is_unsigned() || entry.count == 0 {
            return None;
        }
        let bytes = if entry.is_inline {
            let length = usize::try_from(entry.range().len()).ok()?;
            Bytes::copy_from_slice(entry.field.get(..length)?)
        } else {
            (self.outside)(entry.range())?
        };
        let values = bytes.chunks_exact(size);
        Some(values.map(|value| self.format.number(value)).collect())
    }

    fn first(&self, tag: u16) -> Option<u64> {
        self.values(tag)?.first().copied()
    }

    /// The bits of every sample, and why they make no sense.
    fn sample(&self) -> (SampleBits, Option<String>) {
        let bits = self.values(tag::BITS).unwrap_or_else(|| vec![1]);
        let formats = self.values(tag::SAMPLE_FORMAT).unwrap_or_else(|| vec![1]);
        let is_same = |values: &[u64]| values.iter().all(|value| Some(value) == values.first());
        let first = |values: &[u64]| {
            let first = values.first().copied().unwrap_or(0);
            u16::try_from(first).unwrap_or(u16::MAX)
        };
        let sample = SampleBits {
            bits: first(&bits),
            format: first(&formats),
        };
        let problem = (!is_same(&bits) || !is_same(&formats))
            .then(|| format!("the samples of a pixel have {bits:?} bits in formats {formats:?}"));
        (sample, problem)
    }
}
