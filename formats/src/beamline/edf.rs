//! EDF and EHF files of the ESRF: many images, each with a text header of its own.

mod header;
mod walk;

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, DatasetInfo, Neighbours, ReadAt, Result,
};

use self::header::{Format, Found, Packing, fields_of, find};
use self::walk::{Run, Walk, is_image_of, walk};
use super::inflate::{Stream, exact};
use super::pairs::Pairs;
use super::tree::{describe_fields, describe_header};
use crate::images::chunked::{Chunked, Chunks, Place};
use crate::images::container::ImageContainer;
use crate::images::file::ImageFile;
use crate::images::sample::describe;

/// Whether a file begins as an EDF header: an open brace, then names of the format.
pub(crate) fn is_edf(head: &[u8], _name: &str) -> bool {
    let text = String::from_utf8_lossy(head);
    let Some(body) = text.trim_start().strip_prefix('{') else {
        return false;
    };
    let body = body.to_ascii_lowercase();
    let says = |name: &str| body.contains(name);
    (says("dim_1") || says("edf_dataformatversion") || says("headerid") || says("edf_datablockid"))
        && !says("header_bytes")
}

/// Opens an EDF file.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when the first header makes no sense.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let walk = walk(&file, cancel).await?;
    Ok(Arc::new(container(&file, walk)))
}

fn container(file: &ImageFile, walk: Walk) -> ImageContainer {
    let mut container = ImageContainer::new(file, "EDF");
    for problem in walk.problems {
        container.add_problem("/", problem);
    }
    for (index, format) in walk.formats.iter().enumerate() {
        // Images of another size or type than the first are a dataset of their own.
        let path = match index {
            0 => "/data".to_owned(),
            _ => format!("/data_{}", index + 1),
        };
        let runs: Vec<Run> = walk
            .runs
            .iter()
            .filter(|run| run.format == index)
            .cloned()
            .collect();
        let images = Images::new(format.clone(), runs, &walk.general, file.size_bytes());
        if let Some(why) = &images.problem {
            container.add_problem(&path, why.clone());
        }
        container.add_dataset(&path, Chunked::dataset(file, &path, images));
    }
    describe_fields(&mut container, "/data", &fields_of(&walk.header));
    describe_header(&mut container, &walk.header);
    container.set_default("/data");
    container
}

/// The images of one format, as `[image, y, x]`; one image is `[y, x]`.
#[derive(Debug)]
struct Images {
    info: DatasetInfo,
    format: Format,
    runs: Vec<Run>,
    general: Pairs,
    /// The index of the first image of each run.
    firsts: Vec<u64>,
    problem: Option<String>,
}

impl Images {
    fn new(format: Format, runs: Vec<Run>, general: &Pairs, file_bytes: u64) -> Self {
        let mut count = 0u64;
        let mut firsts = Vec::with_capacity(runs.len());
        for run in &runs {
            firsts.push(count);
            count = count.saturating_add(run.count);
        }
        let mut shape = format.shape.clone();
        let mut chunk = shape.clone();
        if count != 1 {
            shape.insert(0, count);
            chunk.insert(0, 1);
        }
        let mut info = describe(&shape, &format.sample, "EDF blocks");
        info.chunk_shape = Some(chunk);
        info.filters = match format.packing {
            Packing::Plain => Vec::new(),
            Packing::Gzip => vec!["gzip".to_owned()],
            Packing::Bzip2 => vec!["bzip2".to_owned()],
            Packing::Zlib => vec!["zlib".to_owned()],
        };
        let mut images = Self {
            info,
            format,
            runs,
            general: general.clone(),
            firsts,
            problem: None,
        };
        let last = count.checked_sub(1).and_then(|last| images.range(last));
        if last.is_some_and(|(range, _)| range.end > file_bytes) {
            let why = format!("the file ends at byte {file_bytes}, inside its last image");
            images.problem = Some(why);
        }
        images
    }

    /// The bytes of a block from its header on, and how many of them are needed.
    fn range(&self, image: u64) -> Option<(ByteRange, &Run)> {
        let after = self.firsts.partition_point(|&first| first <= image);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let index = image - self.firsts.get(after - 1)?;
        let start = run.stride().checked_mul(index)?.checked_add(run.start)?;
        // Padding behind the samples is not read.
        let needed = match self.format.packing {
            Packing::Plain => self.format.size_bytes().ok()?,
            _ => run.stored_bytes,
        };
        let end = start.checked_add(run.header_bytes)?.checked_add(needed)?;
        let behind = start.checked_add(run.stride())?;
        let is_short = self.format.packing == Packing::Plain && end > behind;
        (!is_short).then_some((ByteRange::new(start, end), run))
    }

    fn place(&self, image: u64) -> Place {
        match self.range(image) {
            Some((range, _)) => Place::Ranges(vec![range]),
            None => Place::Missing("the header says fewer bytes than its image takes".to_owned()),
        }
    }
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
        Box::pin(async move { Ok(chunks.iter().map(|&chunk| self.place(chunk)).collect()) })
    }

    fn decode(&self, chunk: u64, stored: &[Bytes], out: &mut [u8]) -> Result<(), String> {
        let (Some(block), Some((_, run))) = (stored.first(), self.range(chunk)) else {
            return Err("there are no bytes for it".to_owned());
        };
        // The walk may have leapt over this header.
        let is_expected = match find(block) {
            Ok(Found::Header(pairs, end)) => {
                end as u64 == run.header_bytes && is_image_of(&pairs, &self.general, &self.format)
            }
            _ => false,
        };
        if !is_expected {
            return Err(format!("the header of image {chunk} is not like the first"));
        }
        let samples = usize::try_from(run.header_bytes)
            .ok()
            .and_then(|header| block.get(header..))
            .unwrap_or_default();
        let mut unpack = |stream| exact(stream, samples, &mut *out).map_err(|fault| fault.why);
        match self.format.packing {
            Packing::Plain => {
                let samples = samples
                    .get(..out.len())
                    .ok_or("the image is shorter than its header says")?;
                out.copy_from_slice(samples);
            }
            Packing::Gzip => unpack(Stream::Gzip)?,
            Packing::Bzip2 => unpack(Stream::Bzip2)?,
            Packing::Zlib => unpack(Stream::Zlib)?,
        }
        self.format.sample.to_native(out);
        Ok(())
    }
}
