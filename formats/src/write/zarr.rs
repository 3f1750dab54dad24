//! OME-Zarr folders: version 0.4, that is Zarr version 2, which most programs read.
//!
//! Source: OME-NGFF 0.4, "multiscales" and "axes"; Zarr storage specification, version 2.

mod metadata;
mod pyramid;

use hutch_codecs::FilterSpec;
use hutch_model::{Error, ErrorKind, Result};

use super::npy::descr;
use super::stack::{Band, Compression, Stack};
use super::{Folder, Sink};

const TRIED: &str = "write an OME-Zarr folder";
/// Rows and columns of a chunk at most.
const CHUNK_SIDE: u64 = 512;
/// Frames beyond this are written without smaller copies, band by band.
const PYRAMID_FRAME_BYTES: u64 = 256 << 20;

/// How a smaller copy is made of a larger one: of 2 by 2 pixels one. Samples that mean "no data", and
/// NaN, do not count; where nothing counts the first of them stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pyramid {
    /// There are none.
    None,
    /// Their mean, rounded to the nearest for whole numbers.
    Mean,
    /// The largest of them, so that small spots stay visible.
    Max,
}

/// An OME-Zarr folder that is being written.
pub struct ZarrSink<'a> {
    folder: &'a dyn Folder,
    stack: Stack,
    compression: Compression,
    pyramid: Pyramid,
    /// Height and width of each level.
    levels: Vec<[u64; 2]>,
}

impl<'a> ZarrSink<'a> {
    /// Begins the folder: the metadata of all levels.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for what is no image of two to five axes, and those of the folder.
    pub fn create(
        folder: &'a dyn Folder,
        stack: Stack,
        compression: Compression,
        pyramid: Pyramid,
    ) -> Result<Self> {
        let refused = |why: String| Err(Error::new(ErrorKind::Usage, TRIED, why));
        if descr(&stack.element).is_none() {
            return refused(format!("it holds numbers only, not {}", stack.element));
        }
        if !(2..=5).contains(&stack.shape.len()) || stack.shape.contains(&0) {
            return refused(format!(
                "an image has two to five axes, not the shape {:?}; use npy or hdf5",
                stack.shape
            ));
        }
        let mut levels = vec![[stack.height(), stack.width()]];
        let frame_bytes = stack.height().saturating_mul(stack.row_bytes());
        let has_smaller = pyramid != Pyramid::None
            && frame_bytes <= PYRAMID_FRAME_BYTES
            && !stack.element.is_complex();
        while let Some(&[height, width]) = levels.last().filter(|_| has_smaller) {
            if height.max(width) <= CHUNK_SIDE {
                break;
            }
            levels.push([height.div_ceil(2), width.div_ceil(2)]);
        }
        let sink = Self {
            folder,
            stack,
            compression,
            pyramid,
            levels,
        };
        folder.put(".zgroup", b"{\"zarr_format\": 2}\n")?;
        let attributes = metadata::attributes(&sink.stack, &sink.levels, pyramid);
        folder.put(".zattrs", attributes.as_bytes())?;
        for (level, size) in sink.levels.iter().enumerate() {
            let array = metadata::array(&sink.stack, *size, chunk_of(*size), compression);
            folder.put(&format!("{level}/.zarray"), array.as_bytes())?;
        }
        Ok(sink)
    }

    /// Writes rows of a frame as chunks of a level.
    fn put_rows(&self, level: usize, band: Band, bytes: &[u8]) -> Result<()> {
        let Some(&size) = self.levels.get(level) else {
            return Ok(());
        };
        let [rows, columns] = chunk_of(size);
        let element = self.stack.element.size_bytes().unwrap_or(1);
        let as_usize = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let row_bytes = as_usize(size[1]) * element;
        let chunk_row = as_usize(columns) * element;
        let prefix = self.slow_indices(band.frame);
        for (down, strip) in (0u64..).zip(bytes.chunks(row_bytes * as_usize(rows))) {
            for across in 0..size[1].div_ceil(columns) {
                // Chunks at the edges are as large as all others.
                let mut chunk = vec![0; chunk_row * as_usize(rows)];
                let from = as_usize(across) * chunk_row;
                let to = (from + chunk_row).min(row_bytes);
                for (row, target) in strip.chunks(row_bytes).zip(chunk.chunks_mut(chunk_row)) {
                    if let (Some(part), Some(place)) =
                        (row.get(from..to), target.get_mut(..to - from))
                    {
                        place.copy_from_slice(part);
                    }
                }
                let down = band.first_row / rows + down;
                let name = format!("{level}/{prefix}{down}/{across}");
                self.folder.put(&name, &self.encoded(chunk)?)?;
            }
        }
        Ok(())
    }

    fn encoded(&self, chunk: Vec<u8>) -> Result<Vec<u8>> {
        match self.compression {
            Compression::None => Ok(chunk),
            Compression::Deflate(level) => {
                let filters = [FilterSpec::deflate(level)];
                hutch_codecs::encode(&filters, &chunk, 1)
                    .map_err(|error| Error::new(ErrorKind::Internal, TRIED, error.to_string()))
            }
        }
    }

    /// The indices of a frame along the slow axes, each with a `/` behind it.
    fn slow_indices(&self, frame: u64) -> String {
        let slow = self.stack.shape.len().saturating_sub(2);
        let mut rest = frame;
        let mut indices: Vec<String> = Vec::new();
        for size in self.stack.shape.iter().take(slow).rev() {
            indices.push(format!("{}/", rest % size));
            rest /= size;
        }
        indices.into_iter().rev().collect()
    }
}

impl Sink for ZarrSink<'_> {
    fn band_rows(&self) -> u64 {
        if self.levels.len() > 1 {
            return self.stack.height();
        }
        let [rows, _] = chunk_of([self.stack.height(), self.stack.width()]);
        let chunks = (self.stack.usual_band_rows() / rows).max(1);
        (chunks * rows).min(self.stack.height())
    }

    fn write(&self, band: Band, bytes: &[u8]) -> Result<()> {
        self.stack.offset(band, bytes)?;
        self.put_rows(0, band, bytes)?;
        let mut smaller: Option<Vec<u8>> = None;
        for level in 1..self.levels.len() {
            let larger = smaller.as_deref().unwrap_or(bytes);
            let halved =
                pyramid::halved(&self.stack, larger, self.levels[level - 1], self.pyramid)?;
            let rows = self.levels[level][0];
            self.put_rows(level, Band { rows, ..band }, &halved)?;
            smaller = Some(halved);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for ZarrSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZarrSink")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

/// Rows and columns of the chunks of a level.
fn chunk_of([height, width]: [u64; 2]) -> [u64; 2] {
    [height.min(CHUNK_SIDE), width.min(CHUNK_SIDE)]
}
