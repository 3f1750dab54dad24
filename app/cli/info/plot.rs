//! What is plotted by default and why, for `hutch info`.

use hutch_formats::{nexus, tomo};
use hutch_model::{
    Auxiliary, Axis, AxisKind, ErrorKind, Interpretation, Node, NodeKind, Remark, Result,
    ScaleKind, Scaling, Signal,
};
use serde_json::{Map, Value as Json, json};

use crate::cli::context::{Context, OpenAddress};
use crate::cli::values;

/// Whether a node below the root says itself what to plot of it.
pub(super) fn is_plottable(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Group)
        && (node.nx_class() == Some("NXdata")
            || node.attribute("signal").is_some()
            || node.attribute("default").is_some())
}

/// What is plotted by default and why, and the scan of the file.
///
/// # Errors
/// Only when the work was cancelled.
pub(super) fn add(
    context: &Context,
    open: &OpenAddress,
    info: &mut Map<String, Json>,
    missing: &mut Vec<String>,
) -> Result<()> {
    let container = open.container.as_ref();
    let plot = context
        .pools
        .wait(nexus::default_plot(container, &context.cancel));
    let plot = match plot {
        Ok(plot) => {
            missing.extend(plot.remarks);
            let mut told = json!({"path": null, "why": plot.why});
            told["tried"] = remarks(&plot.tried);
            told["problems"] = remarks(&plot.problems);
            if let Some(signal) = plot.signal {
                add_signal(&mut told, &signal, &container.origin().url);
            }
            told
        }
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => json!({"path": null, "why": error.to_string()}),
    };
    info.insert("default_plot".to_owned(), plot);
    match context.pools.wait(tomo::scan(container, &context.cancel)) {
        Ok(None) => {}
        Ok(Some(scan)) => {
            missing.extend(scan.remarks.iter().cloned());
            let (height, width) = scan.frame_size;
            let described = json!({
                "layout": scan.layout,
                "title": scan.title,
                "projections": scan.projections.frames.len(),
                "flats": scan.flats.frames.len(),
                "darks": scan.darks.frames.len(),
                "frame_shape": [height, width],
                "pixel_size_m": scan.pixel_size_m.map(values::real),
                "rotation_axis_px": scan.rotation_axis_px.map(values::real),
            });
            info.insert("scan".to_owned(), described);
        }
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => missing.push(error.to_string()),
    }
    Ok(())
}

/// What a group below the root plots, and why.
///
/// # Errors
/// Only when the work was cancelled.
pub(super) fn add_at(
    context: &Context,
    open: &OpenAddress,
    path: &str,
    info: &mut Map<String, Json>,
) -> Result<()> {
    let container = open.container.as_ref();
    let signal = context
        .pools
        .wait(nexus::signal_at(container, path, &context.cancel));
    let told = match signal {
        Ok(signal) => {
            let mut told = json!({"path": null, "why": signal.rule});
            told["tried"] = remarks(&signal.tried);
            told["problems"] = remarks(&signal.problems);
            add_signal(&mut told, &signal, &container.origin().url);
            told
        }
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => json!({"path": null, "why": error.why}),
    };
    info.insert("default_plot".to_owned(), told);
    Ok(())
}

fn add_signal(told: &mut Json, signal: &Signal, url: &str) {
    let shown = signal.data.info();
    // Behind a link to another file the path is one of that file.
    let from = signal.data.origin();
    told["path"] = json!(if from.url == url {
        from.path.clone()
    } else {
        from.to_string()
    });
    let path_of =
        |dataset: &std::sync::Arc<dyn hutch_model::Dataset>| dataset.origin().path.clone();
    told["shape"] = json!(shown.shape);
    told["dtype"] = json!(shown.element.to_string());
    told["title"] = json!(signal.title);
    told["label"] = json!(hutch_model::with_unit(&signal.label, &signal.unit));
    told["interpretation"] = json!(signal.interpretation.map(interpretation));
    told["errors"] = json!(signal.errors.as_ref().map(path_of));
    told["mask"] = json!(signal.mask.as_ref().map(path_of));
    told["weights"] = json!(signal.weights.as_ref().map(path_of));
    told["scaling"] = scaling(signal.scaling);
    told["scale"] = json!(signal.scale.map(scale));
    told["axes"] = signal.axes.iter().map(axis).collect();
    told["alternatives"] = signal.alternatives.iter().map(axis).collect();
    told["auxiliary"] = signal.auxiliary.iter().map(auxiliary).collect();
    if !signal.default_slice.is_empty() {
        told["default_slice"] = json!(signal.default_slice);
    }
}

const fn interpretation(kind: Interpretation) -> &'static str {
    match kind {
        Interpretation::Scalar => "scalar",
        Interpretation::Spectrum => "spectrum",
        Interpretation::Image => "image",
        Interpretation::RgbImage => "rgb-image",
        Interpretation::HslImage => "hsl-image",
        Interpretation::CmykImage => "cmyk-image",
    }
}

const fn scale(kind: ScaleKind) -> &'static str {
    match kind {
        ScaleKind::Linear => "linear",
        ScaleKind::Log => "log",
    }
}

fn scaling(scaling: Scaling) -> Json {
    if scaling.is_identity() {
        return Json::Null;
    }
    json!({"offset": values::real(scaling.offset), "factor": values::real(scaling.factor)})
}

fn axis(axis: &Axis) -> Json {
    let path = axis.values.as_ref().map(|values| &values.origin().path);
    json!({
        "name": axis.name,
        "label": axis.words(),
        "dimensions": axis.spans,
        "kind": match axis.kind {
            AxisKind::Points => "points",
            AxisKind::Edges => "edges",
        },
        "path": path,
        "errors": axis.errors.as_ref().map(|errors| &errors.origin().path),
        "scaling": scaling(axis.scaling),
        "scale": axis.scale.map(scale),
        "good": axis.good,
    })
}

fn auxiliary(further: &Auxiliary) -> Json {
    json!({
        "name": further.name,
        "label": hutch_model::with_unit(&further.label, &further.unit),
        "path": further.data.origin().path,
        "errors": further.errors.as_ref().map(|errors| &errors.origin().path),
        "scaling": scaling(further.scaling),
    })
}

fn remarks(remarks: &[Remark]) -> Json {
    let told = remarks
        .iter()
        .map(|remark| json!({"path": remark.path, "text": remark.text}));
    told.collect()
}

/// A step, a problem or an axis on one line.
pub(super) fn words(item: &Json) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    if item["text"].is_string() {
        return format!("{}: {}", text("path"), text("text"));
    }
    let along = match &item["dimensions"] {
        Json::Array(spans) => {
            let spans: Vec<String> = spans.iter().map(Json::to_string).collect();
            format!(" of dimension {}, {}", spans.join(" and "), text("kind"))
        }
        _ => String::new(),
    };
    format!("{}{along}  {}", text("label"), text("path"))
}
