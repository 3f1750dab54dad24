//! TIFF files with one page for each frame, and `BigTIFF` beyond 4 GiB.
//!
//! Source: TIFF 6.0; Adobe's technical note 2 for Deflate; the `BigTIFF` design of
//! Aware Systems. Pages of 8 and 16 bit unsigned and 32 bit real samples carry `ImageJ`'s description,
//! so that it opens them as one stack with its pixel size.

mod directory;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hutch_codecs::FilterSpec;
use hutch_model::{ElementType, Error, ErrorKind, Result};

use super::stack::{Band, Compression, Stack};
use super::{Sink, WriteAt};
use directory::{Directory, FieldKind};

const TRIED: &str = "write a TIFF file";
/// Bytes of a strip, about.
const STRIP_BYTES: u64 = 8 << 20;
/// The samples begin here.
const DATA_START: u64 = 16;
/// What directories take of a file, for a page at most, beside their strips.
const PAGE_BYTES: u64 = 1024;

/// A TIFF file that is being written.
pub struct TiffSink<'a> {
    file: &'a dyn WriteAt,
    stack: Stack,
    compression: Compression,
    rows_per_strip: u64,
    is_big: bool,
    /// Behind the last strip.
    end: AtomicU64,
    /// Offset and size of each strip, page after page.
    strips: Vec<OnceLock<(u64, u64)>>,
}

impl<'a> TiffSink<'a> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for complex samples and for less than two axes, [`ErrorKind::Limit`] for
    /// frames beyond 2^32 pixels, and those of the file.
    pub fn create(file: &'a dyn WriteAt, stack: Stack, compression: Compression) -> Result<Self> {
        let refused = |kind, why: &str| Err(Error::new(kind, TRIED, why));
        if sample_format(&stack.element).is_none() {
            let why = format!("pages do not hold {}; use npy, hdf5 or zarr", stack.element);
            return refused(ErrorKind::Usage, &why);
        }
        if stack.shape.len() < 2 {
            return refused(
                ErrorKind::Usage,
                "a page is an image of two axes; use npy or hdf5",
            );
        }
        if stack.shape.contains(&0) {
            return refused(ErrorKind::Usage, "there is no page without a pixel");
        }
        if u32::try_from(stack.height().max(stack.width())).is_err() {
            return refused(
                ErrorKind::Limit,
                "a side of a page has more than 2^32 pixels",
            );
        }
        let rows_per_strip = (STRIP_BYTES / stack.row_bytes().max(1)).clamp(1, stack.height());
        let strip_count = stack
            .height()
            .div_ceil(rows_per_strip)
            .checked_mul(stack.frame_count())
            .ok_or_else(|| Error::new(ErrorKind::Limit, TRIED, "too many pages"))?;
        // Deflate may add a little to what it cannot compress.
        let size = stack.size_bytes()?;
        let most = size
            .saturating_add(size / 512)
            .saturating_add(stack.frame_count().saturating_mul(PAGE_BYTES))
            .saturating_add(strip_count.saturating_mul(64));
        let mut strips = Vec::new();
        let count = usize::try_from(strip_count).unwrap_or(usize::MAX);
        strips.try_reserve_exact(count).map_err(|error| {
            Error::new(ErrorKind::Limit, TRIED, "too many pages").with_source(error)
        })?;
        strips.resize_with(count, OnceLock::new);
        let sink = Self {
            file,
            compression,
            rows_per_strip,
            is_big: u32::try_from(most).is_err(),
            end: AtomicU64::new(
                DATA_START
                    + if compression == Compression::None {
                        size
                    } else {
                        0
                    },
            ),
            strips,
            stack,
        };
        file.write_at(0, &[0; 16])?;
        Ok(sink)
    }

    /// Encodes a strip and gives it its place; pages that are not compressed lie one behind the other,
    /// as `ImageJ` wants them.
    fn put_strip(&self, number: u64, offset: u64, bytes: &[u8]) -> Result<()> {
        let place = match self.compression {
            Compression::None => {
                self.file.write_at(DATA_START + offset, bytes)?;
                (DATA_START + offset, bytes.len() as u64)
            }
            Compression::Deflate(level) => {
                let encoded = hutch_codecs::encode(&[FilterSpec::deflate(level)], bytes, 1)
                    .map_err(|error| Error::new(ErrorKind::Internal, TRIED, error.to_string()))?;
                let size = encoded.len() as u64;
                // Strips begin at even offsets, as the standard asks.
                let at = self
                    .end
                    .fetch_add(size.next_multiple_of(2), Ordering::Relaxed);
                self.file.write_at(at, &encoded)?;
                (at, size)
            }
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        match self.strips.get(index).map(|strip| strip.set(place)) {
            Some(Ok(())) => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Shape,
                TRIED,
                "a strip was written twice",
            )),
        }
    }

    fn strips_of_page(&self) -> u64 {
        self.stack.height().div_ceil(self.rows_per_strip)
    }

    fn page(&self, number: usize, strips: &[(u64, u64)]) -> Directory {
        let stack = &self.stack;
        let (bits, format) = sample_format(&stack.element).unwrap_or((8, 1));
        let is_deflated = self.compression != Compression::None;
        let mut page = Directory::new(self.is_big);
        page.number(256, FieldKind::Long, &[stack.width()]);
        page.number(257, FieldKind::Long, &[stack.height()]);
        page.number(258, FieldKind::Short, &[bits]);
        page.number(259, FieldKind::Short, &[if is_deflated { 8 } else { 1 }]);
        page.number(262, FieldKind::Short, &[1]);
        if number == 0 {
            page.text(270, &self.description());
        }
        let offsets: Vec<u64> = strips.iter().map(|strip| strip.0).collect();
        let sizes: Vec<u64> = strips.iter().map(|strip| strip.1).collect();
        page.number(273, FieldKind::Offset, &offsets);
        page.number(277, FieldKind::Short, &[1]);
        page.number(278, FieldKind::Long, &[self.rows_per_strip]);
        page.number(279, FieldKind::Offset, &sizes);
        if let Some([y, x]) = stack.pixel_size_m() {
            // ImageJ takes its own unit, everybody else counts pixels for a centimetre.
            let (scale, unit) = if self.is_for_imagej() {
                (1e6, 1)
            } else {
                (1e2, 3)
            };
            page.ratio(282, x * scale);
            page.ratio(283, y * scale);
            page.number(296, FieldKind::Short, &[unit]);
        }
        page.text(305, &stack.program);
        page.number(339, FieldKind::Short, &[format]);
        page
    }

    fn is_for_imagej(&self) -> bool {
        matches!(
            self.stack.element,
            ElementType::U8 | ElementType::U16 | ElementType::F32
        )
    }

    /// What `ImageJ` reads; for other types the title.
    fn description(&self) -> String {
        let stack = &self.stack;
        if !self.is_for_imagej() {
            return stack.title.clone();
        }
        let mut text = "ImageJ=1.11a\n".to_owned();
        let count = stack.frame_count();
        if count > 1 {
            text.extend([format!("images={count}\nslices={count}\n")]);
        }
        if stack.pixel_size_m().is_some() {
            text.push_str("unit=um\n");
            let slow = stack
                .axes
                .len()
                .checked_sub(3)
                .and_then(|axis| stack.axes.get(axis));
            if let Some(step) = slow.and_then(super::StackAxis::step_m) {
                text.extend([format!("spacing={}\n", step * 1e6)]);
            }
        }
        text.push_str("loop=false\n");
        text
    }
}

impl Sink for TiffSink<'_> {
    fn band_rows(&self) -> u64 {
        let strips = (self.stack.usual_band_rows() / self.rows_per_strip).max(1);
        (strips * self.rows_per_strip).min(self.stack.height())
    }

    fn write(&self, band: Band, bytes: &[u8]) -> Result<()> {
        let start = self.stack.offset(band, bytes)?;
        if !band.first_row.is_multiple_of(self.rows_per_strip) {
            return Err(Error::new(
                ErrorKind::Shape,
                TRIED,
                "a band begins within a strip",
            ));
        }
        let first = band.frame * self.strips_of_page() + band.first_row / self.rows_per_strip;
        let strip_bytes = self.rows_per_strip * self.stack.row_bytes();
        let size = usize::try_from(strip_bytes).unwrap_or(usize::MAX);
        for (index, strip) in (0..).zip(bytes.chunks(size.max(1))) {
            self.put_strip(first + index, start + index * strip_bytes, strip)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let mut at = self.end.load(Ordering::Relaxed).next_multiple_of(16);
        let strips: Vec<(u64, u64)> = self
            .strips
            .iter()
            .map(|strip| strip.get().copied().unwrap_or_default())
            .collect();
        let per_page = usize::try_from(self.strips_of_page()).unwrap_or(usize::MAX);
        let pages: Vec<&[(u64, u64)]> = strips.chunks(per_page.max(1)).collect();
        self.file.write_at(0, &directory::header(self.is_big, at))?;
        for (number, strips) in pages.iter().enumerate() {
            let is_last = number + 1 == pages.len();
            let bytes = self.page(number, strips).into_bytes(at, is_last);
            let size = bytes.len() as u64;
            self.file.write_at(at, &bytes)?;
            at += size;
        }
        Ok(())
    }
}

impl std::fmt::Debug for TiffSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TiffSink")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

/// Bits of a sample, and 1, 2 or 3 for unsigned, signed and real.
fn sample_format(element: &ElementType) -> Option<(u64, u64)> {
    let format = match element {
        ElementType::U8 | ElementType::U16 | ElementType::U32 | ElementType::U64 => 1,
        ElementType::I8 | ElementType::I16 | ElementType::I32 | ElementType::I64 => 2,
        ElementType::F16 | ElementType::F32 | ElementType::F64 => 3,
        _ => return None,
    };
    Some((element.size_bytes()? as u64 * 8, format))
}
