//! DXchange: the layout of APS and of tomopy.
//!
//! Source: Scientific Data Exchange reference, "X-ray tomography".

use std::sync::Arc;

use hutch_model::{
    Cancel, Container, Dataset, Error, ErrorKind, FrameSet, NodeKind, Result, Scan, Value,
};

use super::{angles, units};
use crate::nexus::{self, one_text, optional_node, unit_of};
use crate::path;
use crate::transposed::Transposed;

/// The scan of an exchange group; `None` where it has no data in three dimensions.
pub(super) async fn scan(
    container: &dyn Container,
    group: &str,
    cancel: &Cancel,
) -> Result<Option<Scan>> {
    let data_path = path::join(group, "data");
    let tried = || format!("read the scan in \"{group}\"");
    let node = match nexus::node(container, &data_path, cancel).await {
        Ok(node) => node,
        Err(error) if has_theta(container, group, cancel).await => {
            let why = format!("its projections are absent: {}", error.why);
            return Err(Error::new(ErrorKind::NotFound, tried(), why).with_source(error));
        }
        Err(_) => return Ok(None),
    };
    let NodeKind::Dataset(info) = &node.kind else {
        return Ok(None);
    };
    if info.shape.len() != 3 {
        return Ok(None);
    }
    if let Some(why) = &info.unreadable {
        return Err(Error::new(ErrorKind::Unsupported, tried(), why.clone()));
    }
    let axes = node.attribute("axes").and_then(Value::as_text);
    let order = axes.map_or(Order::Projections, order);
    if order == Order::Other {
        let axes = axes.unwrap_or_default();
        let why = format!("its axes are \"{axes}\"; projections or sinograms are read");
        return Err(Error::new(ErrorKind::Unsupported, tried(), why));
    }
    let mut remarks = Vec::new();
    let mut data = container.dataset(&data_path, cancel).await?;
    if order == Order::Sinograms {
        remarks.push("its data are stored as sinograms".to_owned());
        data = Transposed::of(data, &[1, 0, 2])?;
    }
    let [count, height, width] = data.info().shape[..] else {
        return Ok(None);
    };
    let frames = usize::try_from(count).unwrap_or(usize::MAX);
    let angles_rad = theta(container, group, frames, &mut remarks, cancel).await?;
    let used = angles_rad.len() as u64;
    let flats = extra(container, group, &data, "data_white", &mut remarks, cancel).await;
    let darks = extra(container, group, &data, "data_dark", &mut remarks, cancel).await;
    Ok(Some(Scan {
        layout: "DXchange",
        projections: FrameSet {
            dataset: data,
            frames: (0..used).collect(),
        },
        flats,
        darks,
        angles_rad,
        frame_size: (height, width),
        pixel_size_m: pixel_size(container, cancel).await,
        rotation_axis_px: None,
        title: title(container, group, cancel).await,
        remarks,
    }))
}

/// Along which axis the sample turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// `[angle, y, x]`.
    Projections,
    /// `[y, angle, x]`.
    Sinograms,
    /// The angle is the fastest axis.
    Other,
}

fn order(axes: &str) -> Order {
    let mut names = axes.split([':', ',']).map(str::trim);
    match names.position(|name| name.starts_with("theta")) {
        Some(0) | None => Order::Projections,
        Some(1) => Order::Sinograms,
        Some(_) => Order::Other,
    }
}

async fn has_theta(container: &dyn Container, group: &str, cancel: &Cancel) -> bool {
    optional_node(container, &path::join(group, "theta"), cancel)
        .await
        .is_some()
}

async fn theta(
    container: &dyn Container,
    group: &str,
    count: usize,
    remarks: &mut Vec<String>,
    cancel: &Cancel,
) -> Result<Vec<f64>> {
    let theta_path = path::join(group, "theta");
    let Some(node) = optional_node(container, &theta_path, cancel).await else {
        // Angles for as many frames as can be named; more do not fit in memory.
        let count = count.min(1 << 24);
        remarks.push(format!(
            "there is no \"theta\"; {count} angles from 0 to 180 degrees are assumed"
        ));
        return Ok(angles::half_turn(count));
    };
    let values = nexus::numbers(container, &theta_path, cancel).await?;
    if values.len() < count {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("read \"{theta_path}\""),
            format!("it has {} angles for {count} projections", values.len()),
        ));
    }
    if values.len() > count {
        remarks.push(format!(
            "\"theta\" has {} angles for {count} projections; the first are used",
            values.len()
        ));
    }
    let values = values.get(..count).unwrap_or(&values);
    Ok(angles::in_radians(values, &unit_of(&node), remarks))
}

/// Flat or dark fields; an empty set where there are none that fit.
async fn extra(
    container: &dyn Container,
    group: &str,
    data: &Arc<dyn Dataset>,
    name: &str,
    remarks: &mut Vec<String>,
    cancel: &Cancel,
) -> FrameSet {
    let none = || FrameSet {
        dataset: Arc::clone(data),
        frames: Vec::new(),
    };
    let dataset = match container.dataset(&path::join(group, name), cancel).await {
        Ok(dataset) => dataset,
        Err(error) => {
            remarks.push(format!("no frames in \"{name}\": {}", error.why));
            return none();
        }
    };
    let shape = &dataset.info().shape;
    if shape.len() != 3 || shape.get(1..) != data.info().shape.get(1..) {
        remarks.push(format!("the shape of \"{name}\" does not fit, left out"));
        return none();
    }
    let frames = (0..shape[0].min(1 << 24)).collect();
    FrameSet { dataset, frames }
}

async fn pixel_size(container: &dyn Container, cancel: &Cancel) -> Option<f64> {
    let paths = [
        "/measurement/instrument/detector/pixel_size_x",
        "/measurement/instrument/detector/actual_pixel_size_x",
        "/measurement/instrument/detector/x_pixel_size",
        "/measurement/instrument/detector/pixel_size",
        "/measurement/instrument/detection_system/objective/resolution",
    ]
    .map(str::to_owned);
    let nodes = container.nodes(&paths, cancel).await;
    for (path, node) in paths.iter().zip(nodes) {
        if let Ok(node) = node
            && let Some(factor) = units::metres(&unit_of(&node))
            && let Ok(Some(size)) = nexus::number(container, path, cancel).await
            && size > 0.0
        {
            return Some(size * factor);
        }
    }
    None
}

async fn title(container: &dyn Container, group: &str, cancel: &Cancel) -> String {
    for path in [
        path::join(group, "title"),
        "/measurement/sample/name".to_owned(),
    ] {
        if let Some(title) = one_text(container, &path, cancel).await
            && !title.is_empty()
        {
            return title;
        }
    }
    container.origin().file_name().to_owned()
}
