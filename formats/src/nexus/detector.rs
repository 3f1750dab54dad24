//! What the detector of a signal says of its pixels: mask and saturation.
//!
//! Source: NeXus `NXdetector` (`pixel_mask`, `saturation_value`); DECTRIS masters
//! keep the same in `detectorSpecific`; CXI keeps `mask` beside `data`.

use std::sync::Arc;

use hutch_model::{
    Cancel, Container, Dataset, DatasetInfo, FramePeaks, Geometry, Link, Node, NodeKind, Signal,
    Value,
};

use super::{mask, peaks, walk};
use crate::{geometry, path};

/// Where a mask lies under a detector, or beside the data.
const MASKS: [&str; 3] = ["pixel_mask", "detectorSpecific/pixel_mask", "mask"];
/// Where the largest right count lies under a detector.
const SATURATIONS: [&str; 2] = [
    "saturation_value",
    "detectorSpecific/countrate_correction_count_cutoff",
];

/// What a detector says of its pixels.
#[derive(Debug, Default)]
pub(super) struct OfDetector {
    /// 0 where a pixel is good, of the shape of a frame or of the signal.
    pub(super) mask: Option<Arc<dyn Dataset>>,
    /// The count from which on it does not count right.
    pub(super) saturation: Option<f64>,
    /// Where its pixels are.
    pub(super) geometry: Option<Arc<Geometry>>,
    /// How long a frame was exposed.
    pub(super) exposure_s: Option<f64>,
    /// Peaks that were found in its frames.
    pub(super) peaks: Option<FramePeaks>,
}

impl OfDetector {
    /// Completes a signal; a mask of its own stays.
    pub(super) fn describe(self, signal: &mut Signal) {
        signal.mask = signal.mask.take().or(self.mask);
        signal.saturation = self.saturation;
        signal.geometry = self.geometry;
        signal.exposure_s = self.exposure_s;
        signal.peaks = self.peaks;
    }
}

/// What is known of the pixels of a signal; nothing is opened in other files.
pub(super) async fn of_signal(
    container: &dyn Container,
    signal: &Node,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> OfDetector {
    let mut found = OfDetector::default();
    if info.shape.len() < 2 {
        return found;
    }
    let (groups, instruments) = groups(container, signal, cancel).await;
    let said = [groups.as_slice(), &instruments];
    let of = geometry::of_signal(container, signal, info, said, cancel).await;
    found.geometry = of.geometry.map(Arc::new);
    found.exposure_s = of.exposure_s;
    found.peaks = peaks::of_signal(container, signal, info, cancel).await;
    for group in groups {
        let names = MASKS.iter().chain(&SATURATIONS);
        let paths: Vec<String> = names.map(|name| path::join(&group, name)).collect();
        let nodes = container.nodes(&paths, cancel).await;
        for (index, (path, node)) in paths.iter().zip(nodes).enumerate() {
            let Ok(NodeKind::Dataset(own)) = node.map(|node| node.kind) else {
                continue;
            };
            if index < MASKS.len() {
                let fits = own.shape.len() >= 2 && mask::mask_fits(&own.shape, &info.shape);
                if found.mask.is_none() && fits && own.element.is_integer() {
                    let mask = container.dataset(path, cancel).await.ok();
                    found.mask = mask.map(mask::good_is_zero);
                }
            } else if found.saturation.is_none() && own.element.is_numeric() {
                let value = walk::number(container, path, cancel).await.ok().flatten();
                found.saturation = value.filter(|&value| value > 0.0);
            }
        }
        if found.mask.is_some() && found.saturation.is_some() {
            break;
        }
    }
    found
}

/// The groups that may be the detector of a signal: the one that it was linked
/// from, its own, the only detector of the entry or the one of the same name.
/// Also the instruments of the entry.
async fn groups(
    container: &dyn Container,
    signal: &Node,
    cancel: &Cancel,
) -> (Vec<String>, Vec<String>) {
    let own = path::parent(&signal.path);
    let mut groups = Vec::new();
    let mut instruments = Vec::new();
    if let Some(target) = signal.attribute("target").and_then(Value::as_text)
        && target.starts_with('/')
    {
        groups.push(path::parent(target));
    }
    groups.push(own.clone());
    let Some(entry) = path::parts(&signal.path).next() else {
        return (groups, instruments);
    };
    let entry = format!("/{entry}");
    let Ok(children) = container.children(&entry, cancel).await else {
        return (groups, instruments);
    };
    let is_instrument = |child: &&hutch_model::Child| child.name.starts_with("instrument");
    for instrument in children.iter().filter(is_instrument) {
        if matches!(instrument.link, Link::External { .. }) {
            continue;
        }
        let path = path::join(&entry, &instrument.name);
        instruments.push(path.clone());
        let Ok(inner) = walk::children_of(container, &path, 0, cancel).await else {
            continue;
        };
        let detectors = inner.into_iter().filter(|child| {
            let Some(node) = child.found() else {
                return false;
            };
            walk::is_class(node, "NXdetector")
                || (node.nx_class().is_none()
                    && matches!(node.kind, NodeKind::Group)
                    && child.name.starts_with("detector"))
        });
        let detectors: Vec<walk::Named> = detectors.collect();
        let is_only = detectors.len() == 1;
        groups.extend(
            detectors
                .into_iter()
                .filter(|detector| is_only || detector.name == path::name(&own))
                .map(|detector| detector.path),
        );
    }
    let mut seen = std::collections::HashSet::new();
    groups.retain(|group| seen.insert(group.clone()));
    (groups, instruments)
}
