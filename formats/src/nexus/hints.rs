//! How a file wants its data to be looked at.
//!
//! Source: NeXus manual, design, table of attributes (`interpretation`); `NXdata`
//! (`default_slice`); the HDF5 image specification 1.2 (`CLASS`, `INTERLACE_MODE`);
//! silx `io/nxdata` (`SILX_style`), whose keys h5web reads in the singular.

use hutch_model::{
    Axis, Cancel, Container, DatasetInfo, Interpretation, Node, Remark, Samples, ScaleKind, Value,
};
use serde_json::Value as Json;

use super::walk;

/// The unit that a node gives; empty where it gives none.
pub(crate) fn unit_of(node: &Node) -> String {
    node.attribute("units")
        .or_else(|| node.attribute("unit"))
        .and_then(Value::as_text)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// What to call a field: its `long_name`, else its name.
pub(super) fn label_of(node: &Node, name: &str) -> String {
    node.attribute("long_name")
        .and_then(Value::as_text)
        .map(str::trim)
        .filter(|label| !label.is_empty())
        .unwrap_or(name)
        .to_owned()
}

/// Which fast axes belong together, by the attributes of a dataset or its group.
pub(super) fn interpretation(node: &Node, info: &DatasetInfo) -> Option<Interpretation> {
    let text = |name: &str| node.attribute(name).and_then(Value::as_text).map(str::trim);
    let colours = match info.shape.as_slice() {
        [_, _, .., count @ (3 | 4)] => Some(*count),
        _ => None,
    };
    if text("CLASS") == Some("IMAGE") {
        let is_interlaced = text("INTERLACE_MODE").is_none_or(|mode| mode == "INTERLACE_PIXEL");
        let is_true = text("IMAGE_SUBCLASS").is_none_or(|class| class == "IMAGE_TRUECOLOR");
        return Some(if colours.is_some() && is_interlaced && is_true {
            Interpretation::RgbImage
        } else {
            Interpretation::Image
        });
    }
    match text("interpretation")?.to_lowercase().as_str() {
        "scalar" | "scaler" => Some(Interpretation::Scalar),
        "spectrum" => Some(Interpretation::Spectrum),
        "image" => Some(Interpretation::Image),
        "rgb-image" | "rgba-image" => colours.map(|_| Interpretation::RgbImage),
        "hsl-image" | "hsla-image" => colours.map(|_| Interpretation::HslImage),
        "cmyk-image" => (colours == Some(4)).then_some(Interpretation::CmykImage),
        _ => None,
    }
}

/// What is odd about the word of `interpretation`, where it cannot be followed.
pub(super) fn odd_interpretation(node: &Node, info: &DatasetInfo) -> Option<Remark> {
    let word = node.attribute("interpretation").and_then(Value::as_text)?;
    let known = interpretation(node, info);
    if word.trim() == "vertex" {
        return None;
    }
    match known {
        None => Some(Remark::new(
            &node.path,
            format!(
                "the interpretation \"{word}\" does not suit the shape {:?}, or nobody knows it",
                info.shape
            ),
        )),
        Some(known) if known.rank() > info.shape.len() => Some(Remark::new(
            &node.path,
            format!(
                "the interpretation \"{word}\" wants more axes than {:?} has",
                info.shape
            ),
        )),
        Some(_) => None,
    }
}

/// The attribute `default_slice` of a group: for each dimension an index, or a
/// value of a text axis, or `.` for all of it.
pub(super) async fn default_slice(
    container: &dyn Container,
    group: &Node,
    info: &DatasetInfo,
    axes: &[Axis],
    cancel: &Cancel,
) -> (Vec<Option<u64>>, Vec<Remark>) {
    let mut problems = Vec::new();
    let Some(value) = group.attribute("default_slice") else {
        return (Vec::new(), problems);
    };
    let items = value.items();
    if items.len() != info.shape.len() {
        problems.push(Remark::new(
            &group.path,
            format!(
                "default_slice has {} items for {} dimensions and is not followed",
                items.len(),
                info.shape.len()
            ),
        ));
        return (Vec::new(), problems);
    }
    let mut slice = Vec::with_capacity(items.len());
    for (dimension, item) in items.iter().enumerate() {
        let index = match item {
            Value::Text(text) if text.trim() == "." => None,
            item => {
                let found = index_of(container, item, dimension, axes, cancel).await;
                let found = found.filter(|&index| index < info.shape[dimension]);
                if found.is_none() {
                    problems.push(Remark::new(
                        &group.path,
                        format!(
                            "default_slice asks for \"{item}\" of dimension {dimension}, which has {} indices and no such name",
                            info.shape[dimension]
                        ),
                    ));
                }
                found
            }
        };
        slice.push(index);
    }
    (slice, problems)
}

/// The index that an item of `default_slice` means.
async fn index_of(
    container: &dyn Container,
    item: &Value,
    dimension: usize,
    axes: &[Axis],
    cancel: &Cancel,
) -> Option<u64> {
    let Value::Text(text) = item else {
        return u64::try_from(item.as_integer()?).ok();
    };
    let named = axes
        .iter()
        .find(|axis| axis.dimension == dimension && axis.is_categorical());
    if let Some(values) = named.and_then(|axis| axis.values.as_ref()) {
        let names = walk::small(container, &values.origin().path, cancel)
            .await
            .ok();
        if let Some(Samples::Text(names)) = names
            && let Some(index) = names.iter().position(|name| name.trim() == text.trim())
        {
            return u64::try_from(index).ok();
        }
    }
    text.trim().parse().ok()
}

/// What `SILX_style` says of scales.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) signal: Option<ScaleKind>,
    /// For each axis that `axes` names.
    pub(super) axes: Vec<Option<ScaleKind>>,
}

/// The attribute `SILX_style` of a group, a text of JSON.
pub(super) fn style(group: &Node, rank: usize) -> (Style, Option<Remark>) {
    let text = group.attribute("SILX_style").and_then(Value::as_text);
    let Some(text) = text else {
        return (Style::default(), None);
    };
    let Ok(json) = serde_json::from_str::<Json>(text) else {
        let what = "SILX_style is not JSON and is not followed";
        return (Style::default(), Some(Remark::new(&group.path, what)));
    };
    let axes = match json
        .get("axes_scale_types")
        .or_else(|| json.get("axes_scale_type"))
    {
        Some(Json::Array(items)) => items.iter().take(rank).map(scale).collect(),
        Some(one) => vec![scale(one); rank],
        None => Vec::new(),
    };
    let signal = json.get("signal_scale_type").and_then(scale);
    (Style { signal, axes }, None)
}

fn scale(word: &Json) -> Option<ScaleKind> {
    match word.as_str()? {
        "linear" => Some(ScaleKind::Linear),
        "log" => Some(ScaleKind::Log),
        _ => None,
    }
}
