//! Pages of the same shape and type as one dataset.

use bytes::Bytes;
use hutch_model::{BoxFuture, ByteRange, Cancel, DatasetInfo, Result};

use super::directory::Format;
use super::lists::{self, Lists, Places};
use super::page::{Page, Pieces, Shape};
use super::unpack::{self, Rows};
use crate::images::chunked::{Chunks, Place};
use crate::images::file::ImageFile;

/// Bytes of a band of rows that are read and decoded as one.
const BAND_BYTES: u64 = 64 << 10;

/// How chunks of the dataset and pieces of the pages belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// A chunk is one strip or tile.
    Piece,
    /// A chunk is some rows of strips that are not compressed.
    Band,
    /// A chunk is all strips of a page, since pages differ in them.
    Page,
}

/// Pages as `[page..., y, x]`, with the channels before or behind.
#[derive(Debug)]
pub(super) struct Stack {
    file: ImageFile,
    format: Format,
    shape: Shape,
    pages: Vec<Page>,
    info: DatasetInfo,
    cut: Cut,
    /// Rows and columns of a chunk.
    chunk: (u64, u64),
    lists: Lists,
}

impl Stack {
    /// A stack of pages that share `shape`; `outer` are the axes over pages.
    pub(super) fn new(
        file: &ImageFile,
        format: Format,
        pages: Vec<Page>,
        outer: &[u64],
        mut info: DatasetInfo,
    ) -> Option<Self> {
        let shape = pages.first()?.shape;
        let first = pages.first()?.pieces;
        let is_plain = pages.iter().all(|page| {
            unpack::is_plain(page.packing) && matches!(page.pieces, Pieces::Strips { .. })
        });
        let is_same = pages.iter().all(|page| page.pieces == first);
        let row_bytes = shape.width * shape.together() * u64::from(shape.sample.bits) / 8;
        let (cut, chunk) = match first {
            _ if is_plain => {
                let rows = (BAND_BYTES / row_bytes.max(1)).clamp(1, shape.height);
                (Cut::Band, (rows, shape.width))
            }
            Pieces::Strips { rows } if is_same => (Cut::Piece, (rows, shape.width)),
            Pieces::Tiles { rows, columns } if is_same => (Cut::Piece, (rows, columns)),
            _ => (Cut::Page, (shape.height, shape.width)),
        };
        let mut chunk_shape = vec![1; outer.len()];
        if shape.is_planar {
            chunk_shape.push(1);
        }
        chunk_shape.extend([chunk.0, chunk.1]);
        if shape.together() > 1 {
            chunk_shape.push(shape.channels);
        }
        info.chunk_shape = Some(chunk_shape);
        Some(Self {
            file: file.clone(),
            format,
            shape,
            info,
            cut,
            chunk,
            pages,
            lists: Lists::default(),
        })
    }

    /// The page, the channel that lies for itself, the row and the column of
    /// chunks of a chunk.
    fn position(&self, chunk: u64) -> Option<(u64, u64, u64, u64)> {
        let across = self.shape.width.div_ceil(self.chunk.1.max(1)).max(1);
        let down = self.shape.height.div_ceil(self.chunk.0.max(1)).max(1);
        let planes = self.shape.planes();
        let (rest, column) = (chunk / across, chunk % across);
        let (rest, row) = (rest / down, rest % down);
        let (page, plane) = (rest / planes, rest % planes);
        (page < self.pages.len() as u64).then_some((page, plane, row, column))
    }

    fn page(&self, index: u64) -> Option<&Page> {
        self.pages.get(usize::try_from(index).ok()?)
    }

    async fn find(&self, chunks: &[u64], cancel: &Cancel) -> Result<Vec<Place>> {
        let mut pages = Vec::new();
        for &chunk in chunks {
            if let Some((index, ..)) = self.position(chunk)
                && pages.last().is_none_or(|&(last, _)| last != index)
                && let Some(page) = self.page(index)
            {
                pages.push((index, page));
            }
        }
        pages.sort_by_key(|(index, _)| *index);
        pages.dedup_by_key(|(index, _)| *index);
        let lists = self
            .lists
            .get(&self.file, self.format, &pages, cancel)
            .await?;
        let place = |chunk: &u64| {
            let (index, plane, row, column) = self.position(*chunk)?;
            let (page, places) = (self.page(index)?, lists.get(&index)?);
            match self.cut {
                Cut::Band => self.band(page, places, plane, row),
                Cut::Piece => {
                    let across = self.shape.width.div_ceil(self.chunk.1);
                    let down = self.shape.height.div_ceil(self.chunk.0);
                    let piece = (plane * down + row) * across + column;
                    one_piece(places, usize::try_from(piece).ok()?)
                }
                Cut::Page => self.whole_page(page, places, plane),
            }
        };
        let missing = || Place::Missing("the file does not say where these samples are".to_owned());
        Ok(chunks
            .iter()
            .map(|chunk| place(chunk).unwrap_or_else(missing))
            .collect())
    }

    /// Some rows of strips that are not compressed.
    fn band(&self, page: &Page, places: &Places, plane: u64, band: u64) -> Option<Place> {
        let Pieces::Strips { rows: strip_rows } = page.pieces else {
            return None;
        };
        let strips = self.shape.height.div_ceil(strip_rows);
        let row_bytes = self.rows(1).stored_bytes(self.shape.sample) as u64;
        let first = band * self.chunk.0;
        let end = first.saturating_add(self.chunk.0).min(self.shape.height);
        let mut ranges: Vec<ByteRange> = Vec::new();
        let mut row = first;
        while row < end {
            let strip = row / strip_rows;
            let until = ((strip + 1) * strip_rows).min(end);
            let offset = *places
                .offsets
                .get(usize::try_from(plane * strips + strip).ok()?)?;
            if offset == 0 {
                return Some(Place::Fill);
            }
            let skipped = (row - strip * strip_rows).checked_mul(row_bytes)?;
            let start = offset.checked_add(skipped)?;
            let stop = start.checked_add((until - row).checked_mul(row_bytes)?)?;
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = stop,
                _ => ranges.push(ByteRange::new(start, stop)),
            }
            row = until;
        }
        Some(Place::Ranges(ranges))
    }

    /// All strips of a page, or of one of its channels.
    fn whole_page(&self, page: &Page, places: &Places, plane: u64) -> Option<Place> {
        let Pieces::Strips { rows } = page.pieces else {
            return None;
        };
        let strips = self.shape.height.div_ceil(rows);
        let first = usize::try_from(plane * strips).ok()?;
        let end = first.checked_add(usize::try_from(strips).ok()?)?;
        (first..end)
            .map(|strip| lists::range(places, strip))
            .collect::<Option<Vec<ByteRange>>>()
            .map(Place::Ranges)
    }

    fn rows(&self, count: u64) -> Rows {
        let to_usize = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let together = self.shape.together();
        Rows {
            count: to_usize(count),
            samples: to_usize(self.chunk.1.saturating_mul(together)),
            channels: to_usize(together),
        }
    }

    /// Bytes of decoded rows.
    fn decoded_bytes(&self, rows: u64) -> Option<usize> {
        let size = self.info.element.size_bytes()?;
        let rows = self.rows(rows);
        rows.count.checked_mul(rows.samples)?.checked_mul(size)
    }

    fn unpack(&self, page: &Page, rows: u64, stored: &[u8], out: &mut [u8]) -> Result<(), String> {
        let order = self.format.is_big_endian;
        let rows = self.rows(rows);
        unpack::unpack(page.packing, self.shape.sample, order, rows, stored, out)
    }
}

impl Shape {
    /// Samples of a pixel that lie together.
    pub(super) const fn together(self) -> u64 {
        if self.is_planar { 1 } else { self.channels }
    }

    /// Images that lie each for itself in a page.
    pub(super) const fn planes(self) -> u64 {
        if self.is_planar { self.channels } else { 1 }
    }
}

/// A strip or tile; one that was never written says so by its size.
fn one_piece(places: &Places, piece: usize) -> Option<Place> {
    let range = lists::range(places, piece)?;
    if range.start == 0 || range.is_empty() {
        return Some(Place::Fill);
    }
    Some(Place::Ranges(vec![range]))
}

impl Chunks for Stack {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn locate<'a>(
        &'a self,
        chunks: &'a [u64],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<Place>>> {
        Box::pin(self.find(chunks, cancel))
    }

    fn decode(&self, chunk: u64, stored: &[Bytes], out: &mut [u8]) -> Result<(), String> {
        let (index, _, row, _) = self.position(chunk).ok_or("there is no such piece")?;
        let page = self.page(index).ok_or("there is no such page")?;
        let first = row * self.chunk.0;
        let inside = self.chunk.0.min(self.shape.height.saturating_sub(first));
        match (self.cut, stored, page.pieces) {
            (Cut::Piece, [bytes], Pieces::Tiles { rows, .. }) => {
                self.unpack(page, rows, bytes, out)
            }
            (Cut::Piece | Cut::Band, [bytes], _) => self.unpack(page, inside, bytes, out),
            (Cut::Band, parts, _) => self.unpack(page, inside, &parts.concat(), out),
            (Cut::Page, parts, Pieces::Strips { rows }) => {
                let size = self.decoded_bytes(rows).ok_or("a strip is too large")?;
                for ((strip, bytes), place) in (0u64..).zip(parts).zip(out.chunks_mut(size.max(1)))
                {
                    let have = rows.min(self.shape.height.saturating_sub(strip * rows));
                    self.unpack(page, have, bytes, place)?;
                }
                Ok(())
            }
            _ => Err("it has other pieces than its page".to_owned()),
        }
    }
}
