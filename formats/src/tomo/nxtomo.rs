//! NXtomo, strict and relaxed.
//!
//! Source: NeXus application definition NXtomo; `image_key` 0 projection, 1 flat
//! field, 2 dark field, 3 invalid; `image_key_control` -1 for the frames of an
//! alignment at the end of a scan (ESRF).

use std::sync::Arc;

use hutch_model::{Cancel, Container, Dataset, Error, ErrorKind, FrameSet, NodeKind, Result, Scan};

use super::{angles, units};
use crate::nexus::{
    self, Named, children_of, is_class, named_nodes, number, one_text, optional_node, unit_of,
};
use crate::path;

/// A detector that may have taken a scan.
#[derive(Debug)]
struct Detector {
    path: String,
    name: String,
    keys: Vec<f64>,
    data: Result<Arc<dyn Dataset>>,
}

/// The scan of an entry; `None` where the entry does not look like one.
pub(super) async fn scan(
    container: &dyn Container,
    entry: &str,
    cancel: &Cancel,
) -> Result<Option<Scan>> {
    let definition = one_text(container, &path::join(entry, "definition"), cancel).await;
    let is_declared = definition.as_deref() == Some("NXtomo");
    let tried = || format!("read the scan in \"{entry}\"");
    let mut absent = None;
    for detector in detectors(container, entry, cancel).await? {
        let data = match &detector.data {
            Ok(data) => Arc::clone(data),
            Err(error) => {
                absent.get_or_insert_with(|| {
                    let why = format!(
                        "the raw data of \"{}\" cannot be opened: {}",
                        detector.path, error.why
                    );
                    Error::new(error.kind, tried(), why).with_retry(error.retry)
                });
                continue;
            }
        };
        let mut remarks = Vec::new();
        let angle = rotation_angle(container, entry, &detector, &data, cancel).await?;
        let Some((values, unit)) = angle else {
            if is_declared {
                let why = "it has no rotation angle";
                return Err(Error::new(ErrorKind::NotFound, tried(), why));
            }
            continue;
        };
        if !is_declared {
            remarks.push("the entry does not say that it is NXtomo".to_owned());
        }
        let radians = angles::in_radians(&values, &unit, &mut remarks);
        return assemble(
            container,
            entry,
            &detector,
            (&data, &radians),
            remarks,
            cancel,
        )
        .await
        .map(Some);
    }
    match absent {
        Some(error) => Err(error),
        None if is_declared => Err(Error::new(
            ErrorKind::NotFound,
            tried(),
            "it says that it is NXtomo, but no detector has an image key",
        )),
        None => Ok(None),
    }
}

/// The detectors of an entry that have an image key.
async fn detectors(
    container: &dyn Container,
    entry: &str,
    cancel: &Cancel,
) -> Result<Vec<Detector>> {
    let instrument = path::join(entry, "instrument");
    if optional_node(container, &instrument, cancel)
        .await
        .is_none()
    {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for child in children_of(container, &instrument, 4, cancel).await? {
        let is_detector = child.found().is_some_and(|node| {
            is_class(node, "NXdetector")
                || (node.nx_class().is_none() && child.name.starts_with("detector"))
        });
        if !is_detector {
            continue;
        }
        cancel.check()?;
        let names = ["image_key_control", "image_key"]
            .map(str::to_owned)
            .to_vec();
        let keys = named_nodes(container, &child.path, names, cancel).await;
        let Some(keys) = keys.iter().find(|key| key.is_dataset()) else {
            continue;
        };
        let Ok(keys) = nexus::numbers(container, &keys.path, cancel).await else {
            continue;
        };
        let data = readable(container, &path::join(&child.path, "data"), cancel).await;
        found.push(Detector {
            path: child.path,
            name: child.name,
            keys,
            data,
        });
    }
    Ok(found)
}

/// A dataset whose samples can be had.
async fn readable(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Arc<dyn Dataset>> {
    let dataset = container.dataset(path, cancel).await?;
    match &dataset.info().unreadable {
        Some(why) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("open \"{path}\""),
            why.clone(),
        )),
        None => Ok(dataset),
    }
}

/// The angles and their unit: of the sample, of an NXdata with the same data,
/// or of a positioner that is named like a rotation.
async fn rotation_angle(
    container: &dyn Container,
    entry: &str,
    detector: &Detector,
    data: &Arc<dyn Dataset>,
    cancel: &Cancel,
) -> Result<Option<(Vec<f64>, String)>> {
    let frames = data.info().shape.first().copied().unwrap_or(0);
    let projections = detector.keys.iter().filter(|&&key| is_key(key, 0)).count() as u64;
    let fits = |count: u64| count == frames || count == projections;
    let direct =
        ["sample/rotation_angle", "data/rotation_angle"].map(|name| path::join(entry, name));
    let nodes = container.nodes(&direct, cancel).await;
    for (path, node) in direct.iter().zip(nodes) {
        if let Ok(node) = node
            && let NodeKind::Dataset(info) = &node.kind
            && matches!(info.shape[..], [count] if fits(count))
        {
            let values = nexus::numbers(container, path, cancel).await?;
            return Ok(Some((values, unit_of(&node))));
        }
    }
    // Relaxed files name the angle as an axis of the NXdata of the detector.
    for name in [detector.name.as_str(), "data"] {
        let group = path::join(entry, name);
        let Some(node) = optional_node(container, &group, cancel).await else {
            continue;
        };
        let Ok(signal) = nexus::from_group(container, &node, cancel).await else {
            continue;
        };
        let Some(axis) = signal.axis(0) else { continue };
        let is_angle = units::radians(&axis.unit).is_some() || is_named_like_a_rotation(&axis.name);
        if let (true, Some(values)) = (is_angle, &axis.values)
            && matches!(values.info().shape[..], [count] if fits(count))
        {
            let numbers =
                nexus::numbers(container, &path::join(&group, &axis.name), cancel).await?;
            return Ok(Some((numbers, axis.unit.clone())));
        }
    }
    Ok(None)
}

fn is_named_like_a_rotation(name: &str) -> bool {
    let name = name.to_lowercase();
    ["theta", "rot", "angle", "omega", "phi"]
        .iter()
        .any(|part| name.contains(part))
}

#[expect(
    clippy::float_cmp,
    reason = "keys are small whole numbers, which some files store as floats"
)]
fn is_key(value: f64, key: i8) -> bool {
    value == f64::from(key)
}

/// The frames of a detector by what they are.
#[derive(Debug)]
struct Sorted {
    projections: Vec<u64>,
    flats: Vec<u64>,
    darks: Vec<u64>,
}

/// Sorts `count` frames by their keys; what is left out is remarked.
fn sort(keys: &[f64], count: u64, remarks: &mut Vec<String>) -> Sorted {
    if keys.len() as u64 != count {
        remarks.push(format!("{} image keys for {count} frames", keys.len()));
    }
    let used = usize::try_from(count).unwrap_or(usize::MAX).min(keys.len());
    let keys = keys.get(..used).unwrap_or(keys);
    let frames_of = |key: i8| -> Vec<u64> {
        (0..)
            .zip(keys)
            .filter(|&(_, &value)| is_key(value, key))
            .map(|(frame, _)| frame)
            .collect()
    };
    let sorted = Sorted {
        projections: frames_of(0),
        flats: frames_of(1),
        darks: frames_of(2),
    };
    let sorted_count = sorted.projections.len() + sorted.flats.len() + sorted.darks.len();
    let alignment = frames_of(-1).len();
    let invalid = keys.len() - sorted_count - alignment;
    if alignment > 0 {
        remarks.push(format!("{alignment} frames are for alignment, left out"));
    }
    if invalid > 0 {
        remarks.push(format!("{invalid} frames are marked invalid, left out"));
    }
    for (name, frames) in [("flat", &sorted.flats), ("dark", &sorted.darks)] {
        if frames.is_empty() {
            remarks.push(format!("there are no {name} fields"));
        }
    }
    sorted
}

/// The angle of each projection, from one for each frame or for each projection.
fn of_projections(radians: &[f64], projections: &[u64]) -> Option<Vec<f64>> {
    if radians.len() == projections.len() {
        return Some(radians.to_vec());
    }
    projections
        .iter()
        .map(|&frame| radians.get(usize::try_from(frame).ok()?).copied())
        .collect()
}

/// Puts the scan of a detector together.
async fn assemble(
    container: &dyn Container,
    entry: &str,
    detector: &Detector,
    (data, radians): (&Arc<dyn Dataset>, &[f64]),
    mut remarks: Vec<String>,
    cancel: &Cancel,
) -> Result<Scan> {
    let tried = || format!("read the scan in \"{entry}\"");
    let [count, height, width] = data.info().shape[..] else {
        let why = format!("its data have the shape {:?}", data.info().shape);
        return Err(Error::new(ErrorKind::Shape, tried(), why));
    };
    let Sorted {
        projections,
        flats,
        darks,
    } = sort(&detector.keys, count, &mut remarks);
    if projections.is_empty() {
        let why = "none of its frames is a projection";
        return Err(Error::new(ErrorKind::NotFound, tried(), why));
    }
    let Some(angles_rad) = of_projections(radians, &projections) else {
        let (angles, frames) = (radians.len(), projections.len());
        let why = format!("{angles} rotation angles for {frames} projections");
        return Err(Error::new(ErrorKind::Shape, tried(), why));
    };
    let of = |frames| FrameSet {
        dataset: Arc::clone(data),
        frames,
    };
    let pixel_size_m = pixel_size(container, entry, detector, &mut remarks, cancel).await;
    let rotation_axis_px = rotation_axis(container, detector, width, &mut remarks, cancel).await;
    let title = one_text(container, &path::join(entry, "title"), cancel).await;
    Ok(Scan {
        layout: "NXtomo",
        projections: of(projections),
        flats: of(flats),
        darks: of(darks),
        angles_rad,
        frame_size: (height, width),
        pixel_size_m,
        rotation_axis_px,
        title: title
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| container.origin().file_name().to_owned()),
        remarks,
    })
}

async fn pixel_size(
    container: &dyn Container,
    entry: &str,
    detector: &Detector,
    remarks: &mut Vec<String>,
    cancel: &Cancel,
) -> Option<f64> {
    let paths = [
        path::join(entry, "sample/x_pixel_size"),
        path::join(&detector.path, "x_pixel_size"),
        path::join(&detector.path, "x_magnified_pixel_size"),
    ];
    let nodes = container.nodes(&paths, cancel).await;
    for (path, node) in paths.iter().zip(nodes) {
        let Ok(node) = node else { continue };
        let unit = unit_of(&node);
        let size = number(container, path, cancel).await.ok().flatten();
        let Some(size) = size.filter(|&size| size > 0.0) else {
            remarks.push(format!("\"{path}\" is not a size, left out"));
            continue;
        };
        match units::metres(&unit) {
            Some(factor) => return Some(size * factor),
            None if unit.is_empty() && size < 1e-2 => {
                remarks.push(format!("\"{path}\" has no unit; taken as metres"));
                return Some(size);
            }
            None => remarks.push(format!("\"{path}\" has the unit \"{unit}\", left out")),
        }
    }
    None
}

/// The rotation axis, where the file says it. ESRF's files count from the
/// middle of the frame, others from its first pixel: a value in the first
/// quarter, where no axis lies, counts from the middle.
async fn rotation_axis(
    container: &dyn Container,
    detector: &Detector,
    width: u64,
    remarks: &mut Vec<String>,
    cancel: &Cancel,
) -> Option<f64> {
    let names = ["x_rotation_axis_pixel_position", "estimated_cor_from_motor"];
    let names = names.map(str::to_owned).to_vec();
    let found = named_nodes(container, &detector.path, names, cancel).await;
    let named = found.iter().find(|named: &&Named| named.is_dataset())?;
    let value = number(container, &named.path, cancel)
        .await
        .ok()
        .flatten()?;
    let width = width as f64;
    if value >= width / 4.0 && value < width {
        return Some(value);
    }
    let position = (width - 1.0) / 2.0 + value;
    remarks.push(format!(
        "the rotation axis {value} px is counted from the middle of the frame"
    ));
    (position >= 0.0 && position < width).then_some(position)
}
