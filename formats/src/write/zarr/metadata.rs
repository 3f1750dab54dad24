//! The JSON files of an OME-Zarr folder.

use super::Pyramid;
use crate::write::npy::descr;
use crate::write::stack::{Compression, Stack, StackAxis};

/// `.zarray` of a level.
///
/// Source: Zarr storage specification, version 2, "Arrays".
pub(super) fn array(
    stack: &Stack,
    size: [u64; 2],
    chunk: [u64; 2],
    compression: Compression,
) -> String {
    let slow = stack.shape.len().saturating_sub(2);
    let mut shape: Vec<u64> = stack.shape.iter().take(slow).copied().collect();
    let mut chunks = vec![1; slow];
    shape.extend(size);
    chunks.extend(chunk);
    let compressor = match compression {
        Compression::None => "null".to_owned(),
        Compression::Deflate(level) => format!("{{\"id\": \"zlib\", \"level\": {}}}", level.min(9)),
    };
    let fill = if stack.element.is_complex() {
        "null"
    } else {
        "0"
    };
    format!(
        "{{\"zarr_format\": 2, \"shape\": {shape:?}, \"chunks\": {chunks:?}, \"dtype\": \"{}\", \
         \"compressor\": {compressor}, \"fill_value\": {fill}, \"order\": \"C\", \"filters\": null, \
         \"dimension_separator\": \"/\"}}\n",
        descr(&stack.element).unwrap_or_default()
    )
}

/// `.zattrs`: the levels, their axes and where their pixels lie.
///
/// Source: OME-NGFF 0.4, section 3.
pub(super) fn attributes(stack: &Stack, levels: &[[u64; 2]], pyramid: Pyramid) -> String {
    let axes: Vec<String> = axes(stack).iter().map(Axis::json).collect();
    let rank = stack.shape.len();
    let steps: Vec<f64> = (0..rank).map(|axis| step(stack.axes.get(axis))).collect();
    let datasets: Vec<String> = (0..levels.len())
        .map(|level| {
            let factor = 2f64.powi(i32::try_from(level).unwrap_or(0));
            let mut scale = steps.clone();
            let mut shift = vec![0.0; rank];
            for axis in rank.saturating_sub(2)..rank {
                scale[axis] *= factor;
                // The centre of 2 by 2 pixels lies between them.
                shift[axis] = (factor - 1.0) / 2.0 * steps[axis];
            }
            format!(
                "{{\"path\": \"{level}\", \"coordinateTransformations\": [{{\"type\": \"scale\", \
                 \"scale\": {scale:?}}}, {{\"type\": \"translation\", \"translation\": {shift:?}}}]}}"
            )
        })
        .collect();
    let kind = match pyramid {
        Pyramid::Max => "max",
        Pyramid::Mean | Pyramid::None => "mean",
    };
    format!(
        "{{\"multiscales\": [{{\"version\": \"0.4\", \"name\": {}, \"axes\": [{}], \"datasets\": [{}], \
         \"type\": \"{kind}\"}}], \"source\": {}, \"creator\": {}}}\n",
        quoted(&stack.title),
        axes.join(", "),
        datasets.join(", "),
        quoted(&stack.source),
        quoted(&stack.program),
    )
}

/// Metres of a pixel along an axis, or the step of its own unit, or 1.
fn step(axis: Option<&StackAxis>) -> f64 {
    let own = |axis: &StackAxis| match axis.values.as_slice() {
        [first, .., last] => Some((last - first) / (axis.values.len() - 1) as f64),
        _ => None,
    };
    axis.and_then(|axis| axis.step_m().or_else(|| own(axis)))
        .filter(|step| step.is_finite() && *step > 0.0)
        .unwrap_or(1.0)
}

struct Axis {
    name: String,
    kind: Option<&'static str>,
    is_length: bool,
}

impl Axis {
    fn json(&self) -> String {
        let kind = self
            .kind
            .map_or(String::new(), |kind| format!(", \"type\": \"{kind}\""));
        let unit = if self.is_length {
            ", \"unit\": \"meter\""
        } else {
            ""
        };
        format!("{{\"name\": {}{kind}{unit}}}", quoted(&self.name))
    }
}

/// Time, then one axis of any kind, then space, as the standard orders them.
fn axes(stack: &Stack) -> Vec<Axis> {
    let rank = stack.shape.len();
    let names = ["t", "c", "z", "y", "x"];
    let kinds = [
        Some("time"),
        Some("channel"),
        Some("space"),
        Some("space"),
        Some("space"),
    ];
    // Four axes are three of space and time before them.
    let usual: Vec<usize> = match rank {
        4 => vec![0, 2, 3, 4],
        _ => (5 - rank.min(5)..5).collect(),
    };
    usual
        .iter()
        .enumerate()
        .map(|(dimension, &at)| {
            let known = stack.axes.get(dimension);
            let is_length =
                kinds[at] == Some("space") && known.is_some_and(|axis| axis.step_m().is_some());
            let named = known.filter(|axis| {
                rank == 3 && dimension == 0 && !axis.values.is_empty() && !is_length
            });
            match named.filter(|axis| !matches!(axis.name.as_str(), "" | "y" | "x")) {
                // Frames over an angle or an energy are no third axis of space.
                Some(axis) => Axis {
                    name: axis.name.clone(),
                    kind: None,
                    is_length: false,
                },
                None => Axis {
                    name: names[at].to_owned(),
                    kind: kinds[at],
                    is_length,
                },
            }
        })
        .collect()
}

/// Source: RFC 8259, section 7.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control < ' ' => quoted.extend([format!("\\u{:04x}", u32::from(control))]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
