//! CBF images: miniCBF of Pilatus and Eiger detectors, and full imgCIF.

mod byte_offset;
mod decode;
mod header;
mod packed;

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, DatasetInfo, Error, Neighbours, ReadAt, Result,
};

use self::header::{Format, Section, fields_of, find, pairs_of};
use super::fault::Fault;
use super::pairs::text;
use super::tree::{describe_fields, describe_header, describe_text};
use crate::images::chunked::{Chunked, Chunks, Place};
use crate::images::container::ImageContainer;
use crate::images::file::ImageFile;
use crate::images::sample::describe;

/// Bytes that hold the header of nearly every image.
const HEAD_BYTES: u64 = 16 * 1024;
/// Bytes that a header may take.
const HEADER_LIMIT_BYTES: u64 = 4 << 20;
/// Images that a file may hold.
const IMAGE_LIMIT: usize = 10_000;

/// Whether a file begins as CBF or CIF with a binary section.
pub(crate) fn is_cbf(head: &[u8], _name: &str) -> bool {
    head.starts_with(b"###CBF") || head.starts_with(b"###_CBF") || head.starts_with(b"data_")
}

/// Opens a CBF file.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when the header makes no sense,
/// [`hutch_model::ErrorKind::Unsupported`] for compressions that are not decoded.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let tried = |fault: Fault| fault.tried(format!("open \"{}\"", file.url()));
    let first = section_at(&file, 0, cancel).await?;
    let Some((text, section)) = first.map_err(tried)? else {
        let why = "there is no whole header of a binary section in it";
        return Err(tried(Fault::unreadable(why)));
    };
    let mut images = Images::new(&file, section);
    let problem = images.add_others(&file, cancel).await?;
    let mut container = container(&file, &text, images);
    if let Some(problem) = problem {
        container.add_problem("/", problem);
    }
    Ok(Arc::new(container))
}

fn container(file: &ImageFile, text: &str, images: Images) -> ImageContainer {
    let is_mini = text.contains("_array_data.header_contents");
    let kind = if is_mini {
        "CBF (miniCBF)"
    } else {
        "CBF (imgCIF)"
    };
    let mut container = ImageContainer::new(file, kind);
    let pairs = pairs_of(text);
    let size = file.size_bytes();
    if images.ranges.last().is_some_and(|range| range.end > size) {
        let why = format!("the file ends at byte {size}, inside its image");
        container.add_problem("/data", why);
    }
    container.add_dataset("/data", Chunked::dataset(file, "/data", images));
    describe_fields(&mut container, "/data", &fields_of(&pairs));
    describe_header(&mut container, &pairs);
    describe_text(&mut container, text);
    container.set_default("/data");
    container
}

/// Finds the next binary section behind a byte, and the text before it. Its start
/// counts from the start of the file.
async fn section_at(
    file: &ImageFile,
    at: u64,
    cancel: &Cancel,
) -> Result<Result<Option<(String, Section)>, Fault>> {
    let mut length = HEAD_BYTES;
    loop {
        let range = ByteRange::new(at, at.saturating_add(length));
        let bytes = file.read_one(range, cancel).await?;
        match find(&bytes) {
            Err(fault) => return Ok(Err(fault)),
            Ok(Some((before, section))) => return Ok(Ok(Some((text(before), section)))),
            Ok(None) => {}
        }
        if (bytes.len() as u64) < length || length >= HEADER_LIMIT_BYTES {
            return Ok(Ok(None));
        }
        length = length.saturating_mul(8).min(HEADER_LIMIT_BYTES);
    }
}

/// The images of a file, as `[image, y, x]`; one image is `[y, x]`.
#[derive(Debug)]
struct Images {
    info: DatasetInfo,
    format: Format,
    ranges: Vec<ByteRange>,
    /// Bytes behind the last image that are nothing but padding.
    padding_bytes: u64,
}

impl Images {
    fn new(file: &ImageFile, section: Section) -> Self {
        let ranges = vec![samples_range(file, 0, &section)];
        let mut images = Self {
            info: describe(&section.format.shape, &section.format.sample, "CBF section"),
            format: section.format,
            ranges,
            padding_bytes: section.padding_bytes,
        };
        images.describe();
        images
    }

    fn describe(&mut self) {
        let mut shape = self.format.shape.clone();
        let mut chunk = shape.clone();
        if self.ranges.len() > 1 {
            shape.insert(0, self.ranges.len() as u64);
            chunk.insert(0, 1);
        } else if chunk.len() > 2 {
            // A volume is compressed in one piece.
            chunk.clone_from(&shape);
        }
        self.info = describe(&shape, &self.format.sample, "CBF section");
        self.info.chunk_shape = Some(chunk);
        self.info.filters = decode::filters(self.format.compression);
    }

    /// Adds the sections behind the first; says why not all of them, where so.
    async fn add_others(
        &mut self,
        file: &ImageFile,
        cancel: &Cancel,
    ) -> Result<Option<String>, Error> {
        loop {
            let end = self.ranges.last().map_or(0, |range| range.end);
            let at = end.saturating_add(self.padding_bytes);
            // What closes a section takes less than this.
            if at.saturating_add(512) >= file.size_bytes() {
                return Ok(None);
            }
            let section = match section_at(file, at, cancel).await? {
                Ok(Some((_, section))) => section,
                Ok(None) => return Ok(None),
                Err(fault) => return Ok(Some(format!("a later image: {}", fault.why))),
            };
            if section.format != self.format {
                return Ok(Some(
                    "later images of another shape are not shown".to_owned(),
                ));
            }
            if self.ranges.len() >= IMAGE_LIMIT {
                return Ok(Some(format!("only {IMAGE_LIMIT} images are shown")));
            }
            self.padding_bytes = section.padding_bytes;
            self.ranges.push(samples_range(file, at, &section));
            self.describe();
        }
    }
}

/// Where the samples of a section lie that was found behind a byte.
fn samples_range(file: &ImageFile, at: u64, section: &Section) -> ByteRange {
    let start = at.saturating_add(section.start as u64);
    let end = match section.stored_bytes {
        Some(stored) => start.saturating_add(stored),
        None => file.size_bytes(),
    };
    ByteRange::new(start, end)
}

impl Chunks for Images {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn locate<'a>(
        &'a self,
        chunks: &'a [u64],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<Place>>> {
        Box::pin(async move {
            let place = |&chunk: &u64| {
                let index = usize::try_from(chunk).ok();
                match index.and_then(|index| self.ranges.get(index)) {
                    Some(range) => Place::Ranges(vec![*range]),
                    None => Place::Missing("the file has fewer images".to_owned()),
                }
            };
            Ok(chunks.iter().map(place).collect())
        })
    }

    fn decode(&self, _chunk: u64, stored: &[Bytes], out: &mut [u8]) -> Result<(), String> {
        let stored = stored.first().map(|bytes| &bytes[..]).unwrap_or_default();
        decode::decode(&self.format, stored, out).map_err(|fault| fault.why)
    }
}
