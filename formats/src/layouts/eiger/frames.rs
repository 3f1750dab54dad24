//! The frames of all data files of a master, one behind another.

use std::sync::Arc;

use hutch_model::{
    BoxFuture, Cancel, Container, DatasetInfo, ElementType, Error, ErrorKind, Origin, Result,
    Retry, Value,
};

use super::files::{DataLink, Files};
use super::{error, optional_number};
use crate::assembled::{AssembledDataset, Joined, Source, Sources};
use crate::nexus;

/// Files that are tried to learn what a frame is.
const TRIES: usize = 4;

/// What is known of the frames of a master.
#[derive(Debug)]
struct Known {
    info: DatasetInfo,
    /// Frames in each file but the last.
    per_file: u64,
    /// Whether images are numbered so that file `k` begins at `k * per_file`,
    /// and a shorter file leaves a gap.
    is_numbered: bool,
}

/// Joins the data files; opens the first of them that is there.
pub(super) async fn join(
    container: &Arc<dyn Container>,
    files: &Arc<Files>,
    origin: Origin,
    cancel: &Cancel,
) -> Result<AssembledDataset> {
    let links = files.links();
    let known = match first_that_is_there(container, files, &links, cancel).await? {
        Some(known) => known,
        None => from_master(&**container, links.len(), cancel).await?,
    };
    let lengths = lengths(container, files, &links, &known, cancel).await?;
    let sources = DataFiles {
        container: Arc::clone(container),
        files: Arc::clone(files),
        frame: known.info.shape.get(1..).unwrap_or_default().to_vec(),
        is_numbered: known.is_numbered,
        lengths: lengths.clone(),
        links,
    };
    let joined = Joined::along_first_axis(sources, &lengths)?;
    let mut info = known.info;
    if let Some(count) = info.shape.first_mut() {
        *count = joined.length();
    }
    info.layout = format!("{} data files", lengths.len());
    info.size_bytes = None;
    Ok(AssembledDataset::new(info, origin, None, Box::new(joined)))
}

/// What the first file that can be opened says.
async fn first_that_is_there(
    container: &Arc<dyn Container>,
    files: &Files,
    links: &[DataLink],
    cancel: &Cancel,
) -> Result<Option<Known>> {
    for (index, link) in links.iter().enumerate().take(TRIES) {
        let dataset = match container.dataset(&link.path, cancel).await {
            Ok(dataset) => dataset,
            Err(error) if is_absent(&error) => {
                files.why_missing(link, &error.why).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let info = dataset.info().clone();
        let [length, _, _] = info.shape[..] else {
            let why = format!("\"{}\" has the shape {:?}", link.path, info.shape);
            return Err(error(ErrorKind::Unsupported, why));
        };
        files.learn(index, length, length);
        // The last file is often the shorter one.
        let is_last = index > 0 && index + 1 == links.len();
        let first_number = first_number(&**container, &link.path, cancel).await;
        let place = (index as u64).checked_mul(length);
        return Ok(Some(Known {
            is_numbered: !is_last && first_number.is_some() && first_number == place,
            per_file: length,
            info,
        }));
    }
    Ok(None)
}

/// The number of the first image of a file, counted from 0.
async fn first_number(container: &dyn Container, path: &str, cancel: &Cancel) -> Option<u64> {
    let node = nexus::node(container, path, cancel).await.ok()?;
    let low = node.attribute("image_nr_low").and_then(Value::as_integer)?;
    u64::try_from(low.checked_sub(1)?).ok()
}

/// What the master says when none of the first files is there.
async fn from_master(container: &dyn Container, links: usize, cancel: &Cancel) -> Result<Known> {
    let number = |name: &'static str| optional_number(container, name, cancel);
    let height = number("detectorSpecific/y_pixels_in_detector").await;
    let width = number("detectorSpecific/x_pixels_in_detector").await;
    let (Some(height), Some(width)) = (height, width) else {
        let why = "none of its data files is there, and it does not say how large a frame is";
        return Err(error(ErrorKind::NotFound, why).with_retry(Retry::Later));
    };
    let element = match number("bit_depth_image").await {
        Some(8) => ElementType::U8,
        Some(16) => ElementType::U16,
        _ => ElementType::U32,
    };
    let total = promised(container, cancel).await.unwrap_or(1);
    let per_file = total.div_ceil(links.max(1) as u64).max(1);
    Ok(Known {
        info: DatasetInfo {
            shape: vec![0, height, width],
            stored: element.to_string(),
            element,
            chunk_shape: Some(vec![1, height, width]),
            filters: Vec::new(),
            layout: String::new(),
            size_bytes: None,
            unreadable: None,
        },
        per_file,
        is_numbered: false,
    })
}

/// Frames that the detector was asked for.
async fn promised(container: &dyn Container, cancel: &Cancel) -> Option<u64> {
    let images = optional_number(container, "detectorSpecific/nimages", cancel).await?;
    let triggers = optional_number(container, "detectorSpecific/ntrigger", cancel).await;
    images.checked_mul(triggers.unwrap_or(1))
}

/// Frames of each file: as found, else as many as the first has; the last one
/// has what is left of the promise, or is asked where the promise cannot hold.
async fn lengths(
    container: &Arc<dyn Container>,
    files: &Files,
    links: &[DataLink],
    known: &Known,
    cancel: &Cancel,
) -> Result<Vec<u64>> {
    let Some(last) = links.len().checked_sub(1) else {
        return Err(error(ErrorKind::NotFound, "it has no data files any more"));
    };
    let mut lengths: Vec<u64> = (0..links.len())
        .map(|index| match files.length(index) {
            Some(found) if !known.is_numbered => found,
            _ => known.per_file,
        })
        .collect();
    if let Some(found) = files.length(last) {
        lengths[last] = found;
        return Ok(lengths);
    }
    let before: u64 = lengths[..last].iter().copied().fold(0, u64::saturating_add);
    let promised = promised(&**container, cancel).await.unwrap_or(0);
    match promised.checked_sub(before) {
        // More links are to come than there are now, or this is the last one.
        Some(left) if left > 0 => lengths[last] = left.min(known.per_file),
        _ => match container.dataset(&links[last].path, cancel).await {
            Ok(dataset) => {
                let length = dataset.info().shape.first().copied().unwrap_or(0);
                files.learn(last, length, length);
                lengths[last] = length;
            }
            Err(error) if is_absent(&error) => {
                files.why_missing(&links[last], &error.why).await;
            }
            Err(error) => return Err(error),
        },
    }
    Ok(lengths)
}

/// Whether a file is not there, as against not answering.
fn is_absent(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Unreadable | ErrorKind::Unsupported
    )
}

/// The data files as sources of the joined dataset.
#[derive(Debug)]
struct DataFiles {
    container: Arc<dyn Container>,
    files: Arc<Files>,
    links: Vec<DataLink>,
    lengths: Vec<u64>,
    /// Height and width.
    frame: Vec<u64>,
    is_numbered: bool,
}

impl DataFiles {
    async fn find(&self, index: usize, cancel: &Cancel) -> Result<Source> {
        let (Some(link), Some(&expected)) = (self.links.get(index), self.lengths.get(index)) else {
            return Ok(Source::Missing("there is no such file".to_owned()));
        };
        let dataset = match self.container.dataset(&link.path, cancel).await {
            Ok(dataset) => dataset,
            Err(error) if is_absent(&error) => {
                let why = self.files.why_missing(link, &error.why).await;
                return Ok(Source::Missing(why));
            }
            Err(error) => return Err(error),
        };
        let shape = &dataset.info().shape;
        if shape.get(1..) != Some(&self.frame[..]) {
            let why = format!("\"{}\" has the shape {shape:?}", link.path);
            return Ok(Source::Missing(why));
        }
        let length = shape.first().copied().unwrap_or(0);
        self.files.learn(index, length, expected);
        let is_last = index + 1 == self.links.len();
        let leaves_a_gap = self.is_numbered && length < expected;
        if length == expected || is_last || leaves_a_gap {
            return Ok(Source::Open(dataset));
        }
        // All frames behind it lie elsewhere than was thought.
        let why = format!(
            "\"{}\" holds {length} frames where {expected} were expected; open the dataset again",
            link.path
        );
        Err(error(ErrorKind::Integrity, why).with_retry(Retry::Later))
    }
}

impl Sources for DataFiles {
    fn open<'a>(&'a self, index: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            self.find(index, cancel).await
        })
    }
}
