//! Runs of the European XFEL: one run in many files.
//!
//! A file `RAW-R0348-AGIPD04-S00002.h5` holds what one aggregator wrote in one
//! stretch of a run: which trains (`INDEX/trainId`), where the rows of each
//! train lie (`INDEX/{source}/first` and `count`; `first`, `last` and `status`
//! in format 0.1), slow data with a row for each train (`CONTROL`) and fast
//! data with any number of rows (`INSTRUMENT`).
//!
//! From any file of a run Hutch shows the modules of its detector as one
//! dataset, `/INSTRUMENT/{detector}/image/data` `[pulse, module, ...]`, and all
//! files below `/run/{aggregator}`, each dataset joined over its sequences.
//!
//! Source: European XFEL data files format 1.2, as EXtra-data documents it.

mod detector;
mod index;
mod joined;
mod modules;
mod run;
mod sequences;

use std::sync::Arc;

use hutch_model::{Cancel, Container, Neighbours, NodeKind, Result};

use super::added::Additions;

use detector::Detector;
use run::{FileName, Run};
use sequences::Sequences;

/// The name of the layout.
const LAYOUT: &str = "European XFEL run";
/// Where all files of a run are shown.
const RUN: &str = "/run";

/// A file of a run, where the container is one.
pub(super) async fn look(
    container: &Arc<dyn Container>,
    neighbours: &Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Option<Additions>> {
    let Some(name) = FileName::parse(container.origin().file_name()) else {
        return Ok(None);
    };
    let groups = ["/INDEX", "/METADATA"].map(str::to_owned);
    let nodes = container.nodes(&groups, cancel).await;
    let is_group = |node: &Result<hutch_model::Node>| {
        node.as_ref()
            .is_ok_and(|node| matches!(node.kind, NodeKind::Group))
    };
    if !nodes.iter().all(is_group) {
        return Ok(None);
    }
    let run = Arc::new(Run::new(container, neighbours, name));
    let mut additions = Additions::new(LAYOUT);
    let detectors = detectors(&run, cancel).await?;
    for detector in &detectors {
        detector.add_to(&mut additions);
    }
    additions.mirror(RUN, Box::new(Sequences::new(run, detectors)));
    Ok(Some(additions))
}

/// The detectors of a run: that of the file itself, else those that one of
/// several numbered aggregators names.
async fn detectors(run: &Arc<Run>, cancel: &Cancel) -> Result<Vec<Arc<Detector>>> {
    let own = Detector::in_file(run, run.own_name(), cancel).await?;
    if !own.is_empty() {
        return Ok(own);
    }
    let mut found: Vec<Arc<Detector>> = Vec::new();
    for first in run.first_of_each_family().await {
        match Detector::in_file(run, &first, cancel).await {
            Ok(detectors) => found.extend(detectors),
            Err(error) if error.kind == hutch_model::ErrorKind::Cancelled => return Err(error),
            // A file that cannot be read hides only its own detector.
            Err(_) => {}
        }
    }
    Ok(found)
}
