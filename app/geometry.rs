//! A geometry from a file of its own, for frames that another file holds, and the pixels that it calls bad.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hutch_analysis::mask::boxes_of;
use hutch_formats::geometry::geom::{Geom, MaskPart, MaskPlace};
use hutch_formats::geometry::{FILE_LIMIT_BYTES, GeometryFile};
use hutch_formats::memory::MemoryContainer;
use hutch_formats::nexus::mask_fits;
use hutch_model::{
    ByteRange, Cancel, Container, Dataset, Error, ErrorKind, Geometry, Neighbour, Result, Samples,
    Signal, Slab, read_slab,
};

use crate::masks::{PIXELS_MAX, read_mask};
use crate::open::Source;

/// What a geometry is for.
#[derive(Clone, Copy, Debug)]
pub struct Frames<'a> {
    /// The file that holds the frames, where a `.geom` may look for distance, energy and masks.
    pub container: Option<&'a dyn Container>,
    /// The shape of their dataset, `[.., y, x]`.
    pub shape: &'a [u64],
}

/// A geometry, the pixels that its file calls bad, and what is wrong with that file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The geometry.
    pub geometry: Arc<Geometry>,
    /// The fastest axes of the data that it describes: `[y, x]`, or `[module, y, x]`.
    pub frame_shape: Vec<u64>,
    /// True where a pixel of such a frame is bad; empty where the file calls none so.
    pub bad: Arc<[bool]>,
    /// What is wrong, each with its line.
    pub problems: Vec<String>,
    /// What `bad` is made of, for other programs.
    pub parts: BadParts,
    /// The same mask together with that of the data, once [`Found::unite`] made it.
    mask: Option<Arc<dyn Dataset>>,
}

/// What the bad pixels of a file are made of, so that other programs can make them again.
#[derive(Clone, Debug, Default)]
pub struct BadParts {
    /// The axes of a frame: `[y, x]`, or `[module, y, x]`.
    pub frame_shape: Vec<u64>,
    /// Boxes `[x0, y0, x1, y1]` of bad pixels, both ends included, images below each other; `None` where there are too
    /// many to be named.
    pub boxes: Option<Vec<[u32; 4]>>,
    /// Bits of masks in HDF5 files, each with the address of its file.
    pub masks: Vec<(String, MaskPart)>,
}

/// Boxes of bad pixels that are named.
const BOXES_MAX: usize = 4096;

impl BadParts {
    /// The parts of the masks that lie in HDF5 files at `urls`, and all other bad pixels as boxes.
    fn of(
        geom: &Geom,
        frame_shape: &[u64],
        masks: &BTreeMap<MaskPlace, Samples>,
        urls: &BTreeMap<MaskPlace, String>,
    ) -> Self {
        let others = masks.iter().filter(|(place, _)| !urls.contains_key(*place));
        let others = others
            .map(|(place, samples)| (place.clone(), samples.clone()))
            .collect();
        let width = frame_shape.last().copied().unwrap_or(1);
        let width = usize::try_from(width).unwrap_or(usize::MAX);
        let pixels = geom.bad_pixels(frame_shape, &others);
        let parts = geom.mask_parts(frame_shape).into_iter();
        Self {
            frame_shape: frame_shape.to_vec(),
            boxes: boxes_of(&pixels, width, BOXES_MAX),
            masks: parts
                .filter(|part| masks.contains_key(&part.place))
                .filter_map(|part| Some((urls.get(&part.place)?.clone(), part)))
                .collect(),
        }
    }
}

/// Reads a `.poni` or `.geom` for frames.
///
/// # Errors
/// Those of the source, and of [`GeometryFile::read`] and [`GeometryFile::geometry`].
pub async fn read(source: Source, frames: Frames<'_>, cancel: &Cancel) -> Result<Found> {
    let identity = source.bytes.identity().await?;
    let name = identity.url.rsplit('/').next().unwrap_or_default();
    let fail = |kind, why: String| {
        let tried = format!("read the geometry \"{name}\"");
        Err(Error::new(kind, tried, why))
    };
    if identity.size_bytes > FILE_LIMIT_BYTES {
        return fail(
            ErrorKind::Limit,
            format!("it has {} bytes", identity.size_bytes),
        );
    }
    let [.., height, width] = *frames.shape else {
        return fail(ErrorKind::Shape, "the data are no frames".to_owned());
    };
    let range = ByteRange::new(0, identity.size_bytes);
    let mut parts = source.bytes.read(&[range], cancel).await;
    let bytes = parts.pop().unwrap_or_else(|| Ok(bytes::Bytes::new()))?;
    let file = GeometryFile::read(name, &bytes)?;
    let numbers = match frames.container {
        Some(data) => file.numbers(data, cancel).await,
        None => BTreeMap::new(),
    };
    let geometry = file.geometry(name, [height, width], &numbers)?;
    let frame_shape = frame_axes(&geometry, frames.shape).to_vec();
    let mut problems: Vec<String> = file.problems().iter().map(ToString::to_string).collect();
    let (bad, parts) = match &file {
        GeometryFile::Geom(geom) => {
            let of = (geom, identity.url.as_str(), frame_shape.as_slice());
            let (masks, urls) = masks(of, &source, frames.container, &mut problems, cancel).await?;
            let parts = BadParts::of(geom, &frame_shape, &masks, &urls);
            (geom.bad_pixels(&frame_shape, &masks), parts)
        }
        GeometryFile::Poni(_) => (Vec::new(), BadParts::default()),
    };
    Ok(Found {
        geometry: Arc::new(geometry),
        frame_shape,
        bad: bad.into(),
        problems,
        parts,
        mask: None,
    })
}

/// The fastest axes of data that a geometry describes at once: the image, and in front of it those that the planes of
/// its panels name.
pub fn frame_axes<'a>(geometry: &Geometry, shape: &'a [u64]) -> &'a [u64] {
    let planes = geometry.panels.iter().map(|panel| panel.plane.len()).max();
    let from = shape.len().saturating_sub(2 + planes.unwrap_or(0));
    shape.get(from..).unwrap_or_default()
}

impl Found {
    /// Puts the bad pixels together with the mask that the file of the data has, for [`Found::apply`].
    ///
    /// # Errors
    /// Those of reading that mask.
    pub async fn unite(&mut self, own: Option<&Arc<dyn Dataset>>, cancel: &Cancel) -> Result<()> {
        if !self.bad.contains(&true) {
            return Ok(());
        }
        let mut bad = self.bad.to_vec();
        if let Some(own) = own {
            let shape = &own.info().shape;
            let is_one = shape.iter().product::<u64>() <= bad.len() as u64;
            if is_one && mask_fits(shape, &self.frame_shape) {
                let mask = read_mask(own.as_ref(), &Slab::whole(shape), cancel).await?;
                for (bad, own) in bad.iter_mut().zip(mask.iter().cycle()) {
                    *bad |= *own;
                }
            } else {
                let why = "the mask of the data is another for each frame; the bad pixels of the geometry are not shown";
                self.problems.push(why.to_owned());
                return Ok(());
            }
        }
        self.mask = Some(in_memory(&self.geometry.source, &self.frame_shape, &bad, cancel).await?);
        Ok(())
    }

    /// The bad pixels together with the mask of the data; `None` where there are none, and before [`Found::unite`].
    pub fn mask(&self) -> Option<&Arc<dyn Dataset>> {
        self.mask.as_ref()
    }

    /// Gives a signal the geometry and the mask, where its frames are of this detector.
    pub fn apply(&self, signal: &mut Signal) {
        if signal.data.info().shape.ends_with(&self.frame_shape) {
            signal.geometry = Some(Arc::clone(&self.geometry));
            if let Some(mask) = &self.mask {
                signal.mask = Some(Arc::clone(mask));
            }
        }
    }
}

/// Masks that were read, and the addresses of the HDF5 files among those that they lie in.
type Masks = (BTreeMap<MaskPlace, Samples>, BTreeMap<MaskPlace, String>);

/// The masks of a `.geom` at `url` that can be read; the others are problems.
async fn masks(
    (geom, url, frame_shape): (&Geom, &str, &[u64]),
    source: &Source,
    data: Option<&dyn Container>,
    problems: &mut Vec<String>,
    cancel: &Cancel,
) -> Result<Masks> {
    let (mut masks, mut urls) = Masks::default();
    for place in geom.mask_places() {
        match mask((&place, url, frame_shape), source, data, cancel).await {
            Ok((samples, url)) => {
                urls.extend(url.map(|url| (place.clone(), url)));
                masks.insert(place, samples);
            }
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) => {
                let (file, path) = &place;
                let file = file.as_deref().unwrap_or("the data");
                problems.push(format!(
                    "the mask \"{path}\" of \"{file}\" is not applied: {}",
                    error.why
                ));
            }
        }
    }
    Ok((masks, urls))
}

/// One mask, of the shape of a frame, and its file where that is HDF5; of one for each frame the first.
async fn mask(
    ((file, path), url, frame_shape): (&MaskPlace, &str, &[u64]),
    source: &Source,
    data: Option<&dyn Container>,
    cancel: &Cancel,
) -> Result<(Samples, Option<String>)> {
    let fail = |kind, why: String| Error::new(kind, format!("read the mask \"{path}\""), why);
    let opened = match file {
        None => None,
        Some(file) => match source.neighbours.open(file, url).await? {
            Neighbour::Open(bytes) => {
                let neighbours = Arc::clone(&source.neighbours);
                Some(hutch_formats::open(bytes, neighbours, cancel).await?)
            }
            Neighbour::Refused(why) | Neighbour::Absent(why) => {
                return Err(fail(ErrorKind::NotFound, why));
            }
            Neighbour::Offline => {
                return Err(fail(ErrorKind::OnTape, "its file is on tape".to_owned()));
            }
        },
    };
    let container = opened.as_deref().or(data);
    let container = container
        .ok_or_else(|| fail(ErrorKind::NotFound, "there is no file of data".to_owned()))?;
    let dataset = container.dataset(path, cancel).await?;
    let shape = &dataset.info().shape;
    let count: u64 = frame_shape.iter().product();
    if !shape.ends_with(frame_shape) || count > PIXELS_MAX {
        let why = format!("it is {shape:?}, where a frame is {frame_shape:?}");
        return Err(fail(ErrorKind::Shape, why));
    }
    let mut slab = Slab::whole(shape);
    let outer = shape.len() - frame_shape.len();
    slab.count[..outer].fill(1);
    let samples = read_slab(dataset.as_ref(), &slab, cancel).await?.samples;
    // A layout puts datasets together that no other program finds.
    let format = container.format();
    let is_plain = format.starts_with("HDF5") && !format.contains(", ");
    let url = is_plain.then(|| container.origin().url.clone());
    Ok((samples, url))
}

/// A mask as a dataset, under a name that no other has: masks are kept by where they are.
async fn in_memory(
    name: &str,
    shape: &[u64],
    bad: &[bool],
    cancel: &Cancel,
) -> Result<Arc<dyn Dataset>> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let samples = Samples::U8(bad.iter().map(|bad| u8::from(*bad)).collect());
    let container = MemoryContainer::new(&format!("mask {number} of {name}"));
    let container = container.dataset("/mask", shape, samples, &[])?;
    Container::dataset(&container, "/mask", cancel).await
}
