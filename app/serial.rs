//! The frame behind a row of a run of serial crystallography: its file, its place in it, and where its pixels are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hutch_formats::geometry::beam::wavelength_of_energy;
use hutch_formats::geometry::geom::{Geom, Length, Planes};
use hutch_formats::geometry::{FILE_LIMIT_BYTES, GeometryFile};
use hutch_model::{
    Cancel, Chunk, Error, ErrorKind, FoundFrames, FoundRow, Geometry, Result, Samples, SerialRun,
    Signal, Slab, read_slab,
};
use hutch_viewers::Subject;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::open::{OpenedFile, open_file, subject};
use crate::sites::Sites;

/// How many parts of the end of a path are looked for beside the stream.
const SUFFIXES: usize = 3;

/// A folder of frames that lies elsewhere than a stream says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedFolder {
    /// The folder as streams write it.
    pub from: String,
    /// Where it is.
    pub to: String,
}

/// A frame with what a run found in it.
#[derive(Debug)]
pub struct FoundFrame {
    /// Its file.
    pub file: Arc<OpenedFile>,
    /// Its data, with the geometry and the results of the run.
    pub subject: Subject,
    /// Which image of them it is.
    pub image: u64,
    /// What is wrong, while the rest is shown.
    pub problems: Vec<String>,
}

/// Opens the frame of a row. Files that are open already are taken from `open`.
///
/// # Errors
/// [`ErrorKind::NotFound`] with all places that were looked at where the file is nowhere;
/// [`ErrorKind::Shape`] where its data are not those of the detector; those of reading.
pub async fn open_row(
    sites: &Sites,
    stream: &OpenedFile,
    row: u32,
    (folders, open): (&[MovedFolder], &[Arc<OpenedFile>]),
    cancel: &Cancel,
) -> Result<FoundFrame> {
    let tried = || format!("show the frame of row {}", u64::from(row) + 1);
    let usage = |why: &str| Error::new(ErrorKind::Usage, tried(), why);
    let run = stream.container.serial();
    let run = run.ok_or_else(|| usage("the file is no stream"))?;
    let of = run.rows().get(row as usize).copied();
    let of = of.ok_or_else(|| usage("the stream has no such row"))?;
    let chunk = run.chunk(&bytes(run.as_ref(), of.start, of.length.into(), cancel).await?);
    let geom = detector(run.as_ref(), cancel).await?;
    let named = run.text(of.filename);
    let file = image_file(sites, stream, named, (folders, open), cancel).await?;
    let found = Found {
        run,
        of,
        chunk,
        geom,
    };
    found.in_file(file, &tried(), cancel).await
}

/// What is known of a frame before its data are looked for.
struct Found {
    run: Arc<dyn SerialRun>,
    of: FoundRow,
    chunk: Chunk,
    geom: Geom,
}

impl Found {
    async fn in_file(
        self,
        file: Arc<OpenedFile>,
        tried: &str,
        cancel: &Cancel,
    ) -> Result<FoundFrame> {
        let fault = |why: String| Error::new(ErrorKind::Shape, tried, why);
        let event = self.run.text(self.of.event);
        let panel = most_peaks(&self.chunk);
        let place = self.geom.place_of(&panel, event).map_err(fault)?;
        let mut subject = subject(&file, Some(&place.path), cancel).await?;
        // A stream counts images as they are stored.
        if let Some(signal) = &mut subject.signal {
            *signal = signal.stored().clone();
        }
        let no_images = || fault(format!("\"{}\" holds no images", place.path));
        let data = subject.data().cloned().ok_or_else(no_images)?;
        let shape = subject.shape().to_vec();
        let planes = self.geom.planes(&panel, &shape).map_err(fault)?;
        let image = planes.images(&place.numbers).first().copied();
        let image =
            image.ok_or_else(|| fault(format!("\"{}\" has no frame \"{event}\"", place.path)))?;
        let mut signal = subject
            .signal
            .take()
            .unwrap_or_else(|| Signal::bare(data, "the frame that the stream names"));
        let mut problems = Vec::new();
        match self.geometry(&file, &shape, cancel).await {
            Ok(geometry) => signal.geometry = Some(Arc::new(geometry)),
            Err(error) => problems.push(error.to_string()),
        }
        let of_geometry = self.geom.problems.iter();
        problems.extend(of_geometry.map(|of| format!("geometry of the stream, {of}")));
        signal.found = Some(FoundFrames {
            rows: Arc::new(self.rows(&place.path, &planes)),
            run: self.run,
        });
        subject.signal = Some(signal);
        Ok(FoundFrame {
            file,
            subject,
            image,
            problems,
        })
    }

    /// The first row of each image that the run looked at in the same dataset of the same file.
    fn rows(&self, path: &str, planes: &Planes) -> BTreeMap<u64, u32> {
        let mut rows = BTreeMap::new();
        // Events are texts that all files share, so each is understood once.
        let mut understood: HashMap<u32, Vec<u64>> = HashMap::new();
        for (number, row) in (0u32..).zip(self.run.rows()) {
            if row.filename != self.of.filename {
                continue;
            }
            let images = understood.entry(row.event).or_insert_with(|| {
                let place = self.geom.place_of("", self.run.text(row.event)).ok();
                let place = place.filter(|place| place.path == path);
                place.map_or_else(Vec::new, |place| planes.images(&place.numbers))
            });
            for image in images {
                rows.entry(*image).or_insert(number);
            }
        }
        rows
    }

    /// Where the pixels are; energy and distance of the frame where the geometry looks for them in the data.
    async fn geometry(
        &self,
        file: &OpenedFile,
        shape: &[u64],
        cancel: &Cancel,
    ) -> Result<Geometry> {
        let whole = GeometryFile::Geom(self.geom.clone());
        let mut numbers = whole.numbers(file.container.as_ref(), cancel).await;
        let length_m = self.chunk.camera_length_m;
        if let (Some(Length::Path(path, factor)), Some(length_m)) = (&self.geom.clen, length_m) {
            numbers.entry(path.clone()).or_insert(length_m / factor);
        }
        let frame = match shape {
            [.., height, width] => [*height, *width],
            _ => [0, 0],
        };
        let mut geometry = whole.geometry("the geometry of the stream", frame, &numbers)?;
        let energy_ev = self.chunk.photon_energy_ev;
        if let Some(wavelength) = energy_ev.and_then(wavelength_of_energy) {
            geometry.wavelength_m = Some(wavelength);
        }
        Ok(geometry)
    }
}

/// Reads bytes of a stream.
async fn bytes(run: &dyn SerialRun, start: u64, length: u64, cancel: &Cancel) -> Result<Vec<u8>> {
    let slab = Slab {
        start: vec![start],
        count: vec![length],
        step: vec![1],
    };
    match read_slab(run.bytes().as_ref(), &slab, cancel)
        .await?
        .samples
    {
        Samples::U8(bytes) => Ok(bytes),
        _ => Ok(Vec::new()),
    }
}

/// The detector as the stream describes it.
async fn detector(run: &dyn SerialRun, cancel: &Cancel) -> Result<Geom> {
    let absent = |why: &str| {
        let tried = "read the geometry of the stream";
        Error::new(ErrorKind::Unreadable, tried, why)
    };
    let range = run.geometry();
    let range =
        range.ok_or_else(|| absent("the stream holds none, so that its frames are not found"))?;
    let length = range.end.saturating_sub(range.start);
    let text = bytes(run, range.start, length.min(FILE_LIMIT_BYTES), cancel).await?;
    Geom::parse(&text).map_err(|why| absent(&why))
}

/// The panel that most peaks lie on; empty where there are none.
fn most_peaks(chunk: &Chunk) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for peak in &chunk.peaks {
        *counts.entry(&peak.panel).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or_else(String::new, |(panel, _)| panel.to_owned())
}

/// Opens the file that a stream names, wherever it is now.
async fn image_file(
    sites: &Sites,
    stream: &OpenedFile,
    named: &str,
    (folders, open): (&[MovedFolder], &[Arc<OpenedFile>]),
    cancel: &Cancel,
) -> Result<Arc<OpenedFile>> {
    let tried = || format!("find \"{named}\"");
    if named.is_empty() {
        let why = "the stream names no file for this frame";
        return Err(Error::new(ErrorKind::NotFound, tried(), why));
    }
    let candidates = candidates(&stream.origin().url, named, folders);
    for candidate in &candidates {
        cancel.check()?;
        let address = Address::parse(candidate, &sites.names())?;
        let source = match sites.source(&address.place).await {
            Ok(source) => source,
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let identity = match source.bytes.identity().await {
            Ok(identity) => identity,
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let known = open.iter().find(|file| {
            file.origin().url == identity.url && file.origin().validator == identity.validator
        });
        return match known {
            Some(file) => Ok(Arc::clone(file)),
            None => open_file(source, cancel).await.map(Arc::new),
        };
    }
    let places: Vec<&str> = candidates
        .iter()
        .map(|place| place.trim_start_matches("file://"))
        .collect();
    let why = format!(
        "it is not there, nor beside the stream; looked at {}",
        places.join(", ")
    );
    Err(Error::new(ErrorKind::NotFound, tried(), why))
}

/// Where a file may be, best first: in a folder that was moved, where the stream says, beside the stream.
///
/// A stream that came over the network never opens a path of this computer.
fn candidates(stream_url: &str, named: &str, folders: &[MovedFolder]) -> Vec<String> {
    let mut places = Vec::new();
    let mut add = |place: String| {
        if !places.contains(&place) {
            places.push(place);
        }
    };
    for moved in folders {
        let rest = named.strip_prefix(moved.from.as_str());
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix('/')) {
            add(format!("{}/{rest}", moved.to.trim_end_matches('/')));
        } else if moved.from.is_empty() && !named.starts_with('/') {
            add(format!("{}/{named}", moved.to.trim_end_matches('/')));
        }
    }
    let is_local = stream_url.starts_with("file:");
    if named.starts_with('/') && is_local {
        add(named.to_owned());
    }
    let folder = stream_url.rsplit_once('/').map_or("", |(folder, _)| folder);
    let above = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    let plain = named.trim_start_matches("./");
    if !plain.starts_with('/') {
        add(format!("{folder}/{}", escaped(plain)));
    }
    let parts: Vec<&str> = plain.split('/').filter(|part| !part.is_empty()).collect();
    for count in 1..=SUFFIXES.min(parts.len()) {
        let end = parts
            .get(parts.len() - count..)
            .unwrap_or_default()
            .join("/");
        add(format!("{folder}/{}", escaped(&end)));
        if count > 1 && above.contains('/') {
            add(format!("{above}/{}", escaped(&end)));
        }
    }
    places
}

/// A path as it stands in an address.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace(' ', "%20")
        .replace('#', "%23")
        .replace('?', "%3F")
}

/// The folder of a file that a stream names, as it is written there.
pub fn folder_of(named: &str) -> &str {
    named.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_looked_for_where_it_was_where_it_moved_and_beside_the_stream() {
        let moved = [MovedFolder {
            from: "/gpfs/raw".to_owned(),
            to: "/home/me/raw/".to_owned(),
        }];
        let places = candidates(
            "file:///home/me/proc/run.stream",
            "/gpfs/raw/r1/a.cxi",
            &moved,
        );
        assert_eq!(
            places,
            [
                "/home/me/raw/r1/a.cxi",
                "/gpfs/raw/r1/a.cxi",
                "file:///home/me/proc/a.cxi",
                "file:///home/me/proc/r1/a.cxi",
                "file:///home/me/r1/a.cxi",
                "file:///home/me/proc/raw/r1/a.cxi",
                "file:///home/me/raw/r1/a.cxi",
            ]
        );
    }

    #[test]
    fn a_stream_from_far_away_opens_no_path_of_this_computer() {
        let places = candidates("https://host/d/run.stream", "/etc/a.h5", &[]);
        assert!(!places.is_empty());
        assert!(
            places
                .iter()
                .all(|place| place.starts_with("https://host/")),
            "{places:?}"
        );
    }
}
