//! A signal of datasets that a person chose.

use std::sync::Arc;

use hutch_model::{
    Auxiliary, Axis, Cancel, Container, Dataset, DatasetInfo, Error, ErrorKind, NodeKind,
    PlotChoice, Remark, Result, Scaling, Signal,
};

use super::hints::{label_of, unit_of};
use super::{axes, companions, detector, nxdata, walk};
use crate::path;

/// The signal of datasets that a person chose; what does not fit is a problem
/// of it, and left out.
///
/// # Errors
/// [`ErrorKind::NotFound`] where the data are not there, or no numbers.
pub async fn chosen_signal(
    container: &dyn Container,
    choice: &PlotChoice,
    cancel: &Cancel,
) -> Result<Signal> {
    let node = walk::node(container, &path::normal(&choice.signal), cancel).await?;
    let refuse = |why: &str| {
        let tried = format!("plot \"{}\"", choice.signal);
        Error::new(ErrorKind::NotFound, tried, why)
    };
    let NodeKind::Dataset(info) = &node.kind else {
        return Err(refuse("it is not a dataset"));
    };
    if !info.element.is_numeric() {
        return Err(refuse("it does not hold numbers"));
    }
    let rule = format!("\"{}\" was chosen by hand", node.path);
    let mut signal = nxdata::bare(container, &node, &rule, cancel).await?;
    let group = path::parent(&node.path);
    if let Some(group) = walk::optional_node(container, &group, cancel).await {
        let children = container.children(&group.path, cancel).await;
        let children = children.as_deref().unwrap_or_default();
        // Its own scaling belongs to it wherever it is plotted.
        let own = companions::of_field(container, &group, children, &node, false, cancel).await;
        signal.scaling = own.scaling;
    }
    let detector = detector::of_signal(container, &node, info, cancel).await;
    signal.saturation = detector.saturation;
    signal.mask = detector.mask;
    for (dimension, axis) in choice.axes.iter().enumerate() {
        if axis.is_empty() {
            continue;
        }
        match chosen_axis(container, axis, dimension, info, cancel).await {
            Ok(axis) => signal.axes.push(axis),
            Err(why) => signal.problems.push(Remark::new(axis, why)),
        }
    }
    let errors = companion(container, &choice.errors, cancel, |shape| {
        *shape == info.shape
    });
    signal.errors = taken(errors.await, &choice.errors, &mut signal.problems);
    let weights = companion(container, &choice.weights, cancel, |shape| {
        *shape == info.shape
    });
    signal.weights = taken(weights.await, &choice.weights, &mut signal.problems);
    for further in choice.auxiliary.iter().filter(|path| !path.is_empty()) {
        match auxiliary(container, further, info, cancel).await {
            Ok(auxiliary) => signal.auxiliary.push(auxiliary),
            Err(why) => {
                let what = format!("it is left out: {why}");
                signal.problems.push(Remark::new(further, what));
            }
        }
    }
    let fits = |shape: &Vec<u64>| !shape.is_empty() && info.shape.ends_with(shape);
    let mask = companion(container, &choice.mask, cancel, fits).await;
    signal.mask = taken(mask, &choice.mask, &mut signal.problems).or(signal.mask);
    Ok(signal)
}

/// A further signal that was chosen, of the shape of the data.
async fn auxiliary(
    container: &dyn Container,
    written: &str,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> std::result::Result<Auxiliary, String> {
    let place = path::normal(written);
    let node = walk::node(container, &place, cancel).await;
    let node = node.map_err(|error| error.why)?;
    let found = companion(container, written, cancel, |shape| *shape == info.shape);
    let data = found.await?.ok_or_else(|| "it is not there".to_owned())?;
    let group = walk::optional_node(container, &path::parent(&place), cancel).await;
    let own = match &group {
        Some(group) => {
            let children = container.children(&group.path, cancel).await;
            let children = children.as_deref().unwrap_or_default();
            Some(companions::of_field(container, group, children, &node, false, cancel).await)
        }
        None => None,
    };
    let name = path::name(&place);
    Ok(Auxiliary {
        name: name.to_owned(),
        label: label_of(&node, name),
        unit: unit_of(&node),
        data,
        scaling: own.as_ref().map_or(Scaling::IDENTITY, |own| own.scaling),
        errors: own.and_then(|own| own.errors),
    })
}

async fn chosen_axis(
    container: &dyn Container,
    written: &str,
    dimension: usize,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> std::result::Result<Axis, String> {
    let place = path::normal(written);
    let named = walk::Named {
        name: path::name(&place).to_owned(),
        node: walk::node(container, &place, cancel).await,
        path: place,
    };
    axes::chosen(container, &named, dimension, info, cancel)
        .await
        .map_err(|why| format!("axis \"{}\" left out: {why}", named.name))
}

/// A dataset that was chosen beside the data, where its shape fits.
async fn companion(
    container: &dyn Container,
    written: &str,
    cancel: &Cancel,
    fits: impl Fn(&Vec<u64>) -> bool,
) -> std::result::Result<Option<Arc<dyn Dataset>>, String> {
    if written.is_empty() {
        return Ok(None);
    }
    let dataset = container
        .dataset(&path::normal(written), cancel)
        .await
        .map_err(|error| error.why)?;
    let info = dataset.info();
    if !info.element.is_numeric() || !fits(&info.shape) {
        return Err(format!("its shape {:?} does not fit the data", info.shape));
    }
    Ok(Some(dataset))
}

fn taken(
    found: std::result::Result<Option<Arc<dyn Dataset>>, String>,
    written: &str,
    problems: &mut Vec<Remark>,
) -> Option<Arc<dyn Dataset>> {
    found.unwrap_or_else(|why| {
        problems.push(Remark::new(written, format!("it is left out: {why}")));
        None
    })
}
