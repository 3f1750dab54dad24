//! Peaks that a file keeps beside its frames.
//!
//! Source: CXI 1.6 as the peak finders of FELs write it, `result_N/{nPeaks, peakXPosRaw, peakYPosRaw}`; positions
//! are pixels of the stored frame, where pixel `i` has its centre at `i`.

use hutch_model::{Cancel, Container, DatasetInfo, FramePeaks, Node, NodeKind};

use crate::path;

/// Where the peaks of a signal lie, where its entry has any for each of its frames.
pub(super) async fn of_signal(
    container: &dyn Container,
    signal: &Node,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Option<FramePeaks> {
    let [frames, _, _] = info.shape.as_slice() else {
        return None;
    };
    let entry = path::parts(&signal.path).next()?;
    let names = ["nPeaks", "peakXPosRaw", "peakYPosRaw"];
    let paths = names.map(|name| format!("/{entry}/result_1/{name}"));
    let nodes = container.nodes(&paths, cancel).await;
    let mut shapes = Vec::new();
    for node in nodes {
        match node.ok()?.kind {
            NodeKind::Dataset(found) if found.element.is_numeric() => shapes.push(found.shape),
            _ => return None,
        }
    }
    match shapes.as_slice() {
        [counts, x, y] if counts == &[*frames] && x == y && x.len() == 2 && x[0] == *frames => {}
        _ => return None,
    }
    let [counts, x, y] = &paths;
    Some(FramePeaks {
        counts: container.dataset(counts, cancel).await.ok()?,
        x: container.dataset(x, cancel).await.ok()?,
        y: container.dataset(y, cancel).await.ok()?,
    })
}
