//! TIFF and `BigTIFF`: stacks of pages in strips or tiles.
//!
//! The directories are walked once; the samples of a page are read strip by
//! strip when a slab needs them. Pages of the same shape and type are one
//! dataset, also those of `ImageJ` that have no directory of their own.
//! Source: TIFF 6.0 and its technical notes; the `BigTIFF` design.

mod blocks;
mod chain;
mod describe;
mod directory;
mod lists;
mod page;
mod stack;
mod unpack;

use std::sync::Arc;

use hutch_model::{
    Attribute, ByteRange, Cancel, Container, Dataset, Neighbours, ReadAt, Result, Value,
};

use self::blocks::Blocks;
use self::chain::Chain;
use self::describe::Axes;
use self::directory::{Format, tag};
use self::page::{Page, Pieces, Shape};
use self::stack::Stack;
use super::chunked::Chunked;
use super::container::{ImageContainer, attribute};
use super::contiguous::{AxisOrder, Contiguous};
use super::file::ImageFile;
use super::sample::{self, SampleType};

/// Bytes that are read at once when a file is opened.
const HEAD_BYTES: u64 = 16 << 10;
/// Texts beyond this are cut.
const TEXT_LIMIT_BYTES: u64 = 4 << 20;
/// Groups of pages that differ in shape or type.
const GROUP_LIMIT: usize = 64;

/// Whether a file begins as a TIFF file.
pub(crate) fn is_tiff(head: &[u8], _name: &str) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| head.starts_with(*magic))
}

/// Opens a file: walks its directories.
///
/// # Errors
/// [`hutch_model::ErrorKind::Unreadable`] when not even one page can be found.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
    let (format, first) = Format::parse(&head).map_err(|why| file.unreadable(why))?;
    let mut blocks = Blocks::new(&file, head);
    let mut chain = chain::walk(&mut blocks, format, first, cancel).await?;
    if chain.pages.is_empty() {
        let why = chain
            .problem
            .unwrap_or_else(|| "it has no pages".to_owned());
        return Err(file.unreadable(format!("it begins as TIFF, but {why}")));
    }
    let texts = texts(&mut blocks, &chain, cancel).await?;
    let resolution = resolution(&mut blocks, format, &chain, cancel).await?;
    let name = if format.is_big_tiff {
        "BigTIFF"
    } else {
        "TIFF"
    };
    let mut container = ImageContainer::new(&file, name);
    if let Some(problem) = chain.problem.take() {
        let count = chain.pages.len();
        container.add_problem("/", format!("only {count} pages were found: {problem}"));
    }
    let description = texts
        .iter()
        .find(|text| text.name == "description")
        .and_then(|text| text.value.as_text())
        .unwrap_or_default()
        .to_owned();
    add_pages(&mut container, &file, format, chain.pages, &description);
    container.add_attributes("/data", texts);
    container.add_attributes("/data", describe::of_description(&description));
    container.add_attributes("/data", resolution);
    container.set_default("/data");
    Ok(Arc::new(container))
}

/// Pages that make one dataset.
struct Group {
    shape: Shape,
    pages: Vec<Page>,
}

fn add_pages(
    container: &mut ImageContainer,
    file: &ImageFile,
    format: Format,
    pages: Vec<Page>,
    description: &str,
) {
    let mut groups: Vec<Group> = Vec::new();
    let mut left_out = 0;
    for page in pages {
        // A thumbnail never joins the images, even of their shape.
        let fits = |group: &Group| {
            group.shape == page.shape
                && group.pages.first().is_some_and(|first| {
                    first.is_auxiliary == page.is_auxiliary && first.unreadable == page.unreadable
                })
        };
        let found = groups.iter().position(fits);
        let has_room = groups.len() < GROUP_LIMIT;
        match found.and_then(|index| groups.get_mut(index)) {
            Some(group) => group.pages.push(page),
            None if has_room => groups.push(Group {
                shape: page.shape,
                pages: vec![page],
            }),
            None => left_out += 1,
        }
    }
    // The first that is no thumbnail is what the file shows.
    groups.sort_by_key(|group| group.pages.first().is_some_and(|page| page.is_auxiliary));
    let axes = describe::axes(description);
    for (index, group) in groups.into_iter().enumerate() {
        let path = match index {
            0 => "/data".to_owned(),
            _ => format!("/data_{}", index + 1),
        };
        let axes = axes.as_ref().filter(|_| index == 0);
        add_group(container, file, format, (&path, group), axes);
    }
    if left_out > 0 {
        let problem = format!("{left_out} pages of still other shapes are left out");
        container.add_problem("/", problem);
    }
}

fn add_group(
    container: &mut ImageContainer,
    file: &ImageFile,
    format: Format,
    (path, group): (&str, Group),
    axes: Option<&Axes>,
) {
    let Group { shape, pages } = group;
    let Some(first) = pages.first() else {
        return;
    };
    if let Some(photometric) = photometric(first.photometric) {
        container.add_attributes(path, [attribute("photometric", photometric)]);
    }
    let headless = axes.filter(|axes| axes.may_be_headless && pages.len() == 1);
    if let Some(dataset) =
        headless.and_then(|axes| without_directories(file, format, first, axes, path))
    {
        container.add_dataset(path, dataset);
        return;
    }
    let count = pages.len() as u64;
    let outer = match axes.filter(|axes| axes.page_count() == Some(count)) {
        Some(axes) => {
            let mut names: Vec<Value> = axes.names.iter().map(|&name| name.into()).collect();
            names.extend(["y".into(), "x".into()]);
            if axes.names.len() > 1 && shape.channels == 1 {
                container.add_attributes(path, [attribute("axis_names", Value::List(names))]);
            }
            axes.sizes.clone()
        }
        None if count > 1 => vec![count],
        None => Vec::new(),
    };
    if !shape.is_planar && matches!(shape.channels, 3 | 4) {
        let name = if shape.channels == 3 {
            "rgb-image"
        } else {
            "rgba-image"
        };
        container.add_attributes(path, [attribute("interpretation", name)]);
    }
    let info = info(format, shape, first, &outer);
    if info.unreadable.is_some() {
        container.add_dataset(path, Contiguous::unreadable(file, path, info));
    } else if let Some(stack) = Stack::new(file, format, pages, &outer, info) {
        container.add_dataset(path, Chunked::dataset(file, path, stack));
    }
}

fn info(format: Format, shape: Shape, first: &Page, outer: &[u64]) -> hutch_model::DatasetInfo {
    let mut sizes = outer.to_vec();
    if shape.is_planar {
        sizes.push(shape.channels);
    }
    sizes.extend([shape.height, shape.width]);
    if shape.together() > 1 {
        sizes.push(shape.channels);
    }
    let bits = shape.sample.bits;
    let mut info = match (shape.sample.element(), &first.unreadable) {
        (Some(element), None) => {
            let sample = SampleType {
                element,
                is_big_endian: format.is_big_endian,
            };
            sample::describe(&sizes, &sample, "")
        }
        (_, why) => {
            let why = why.clone().unwrap_or_default();
            sample::describe_unreadable(&sizes, &format!("{bits} bits"), why)
        }
    };
    if !shape.sample.is_whole() {
        info.stored = format!("{bits} bits");
    }
    info.layout = match first.pieces {
        Pieces::Strips { rows } => format!("strips of {rows} rows"),
        Pieces::Tiles { rows, columns } => format!("tiles of {rows} x {columns}"),
    };
    if let Some(name) = unpack::name(first.packing.compression) {
        info.filters.push(name.to_owned());
        if first.packing.predictor > 1 {
            info.filters
                .push(format!("predictor {}", first.packing.predictor));
        }
    }
    info
}

/// `ImageJ` writes large stacks as one page, and the samples of all others
/// right behind those of the first.
fn without_directories(
    file: &ImageFile,
    format: Format,
    page: &Page,
    axes: &Axes,
    path: &str,
) -> Option<Arc<dyn Dataset>> {
    let count = axes.page_count().filter(|&count| count > 1)?;
    let shape = page.shape;
    let offsets = page.offsets?.0;
    let is_plain = page.unreadable.is_none()
        && unpack::is_plain(page.packing)
        && page.pieces == Pieces::Strips { rows: shape.height }
        && shape.channels == 1
        && shape.sample.is_whole()
        && offsets.is_inline
        && offsets.count == 1;
    if !is_plain {
        return None;
    }
    let size = usize::try_from(offsets.value_size()).ok()?;
    let start = format.number(offsets.field.get(..size)?);
    let sample = SampleType {
        element: shape.sample.element()?,
        is_big_endian: format.is_big_endian,
    };
    let page_bytes = shape.height.checked_mul(shape.width)?;
    let page_bytes = page_bytes.checked_mul(sample.size_bytes() as u64)?;
    let end = page_bytes.checked_mul(count)?.checked_add(start)?;
    if end > file.size_bytes() {
        return None;
    }
    let mut sizes = axes.sizes.clone();
    sizes.extend([shape.height, shape.width]);
    let info = sample::describe(&sizes, &sample, "contiguous (ImageJ)");
    let order = (start, AxisOrder::LastFastest);
    Some(Contiguous::dataset(file, path, info, sample, order))
}

/// The texts of the first page.
async fn texts(blocks: &mut Blocks<'_>, chain: &Chain, cancel: &Cancel) -> Result<Vec<Attribute>> {
    let mut found = Vec::new();
    for (entry, name) in describe::told(&chain.first) {
        let range = entry.range();
        let end = range.end.min(range.start.saturating_add(TEXT_LIMIT_BYTES));
        let bytes = blocks
            .take(ByteRange::new(range.start, end), cancel)
            .await?;
        let text = describe::text(&bytes);
        if !text.is_empty() {
            found.push(attribute(name, text));
        }
    }
    Ok(found)
}

/// The size of a pixel, where the tags of resolution say it.
async fn resolution(
    blocks: &mut Blocks<'_>,
    format: Format,
    chain: &Chain,
    cancel: &Cancel,
) -> Result<Vec<Attribute>> {
    for tag in [tag::X_RESOLUTION, tag::Y_RESOLUTION] {
        if let Some(entry) = chain.first.entry(tag).filter(|entry| entry.kind == 5) {
            blocks
                .take(ByteRange::new(entry.at, entry.at.saturating_add(8)), cancel)
                .await?;
        }
    }
    let read = |entry: directory::Entry| {
        let range = ByteRange::new(entry.at, entry.at.saturating_add(8));
        Some(blocks.get(range)?.to_vec())
    };
    let size = describe::pixel_size_m(format, &chain.first, read);
    Ok(size.map_or_else(Vec::new, |[y, x]| {
        vec![
            attribute("y_pixel_size_m", y),
            attribute("x_pixel_size_m", x),
        ]
    }))
}

/// What sample values mean, where it is not that larger is brighter.
const fn photometric(value: u16) -> Option<&'static str> {
    Some(match value {
        0 => "white is zero",
        2 => "RGB",
        3 => "palette",
        4 => "mask",
        5 => "CMYK",
        6 => "YCbCr",
        8 => "CIE L*a*b*",
        _ => return None,
    })
}
