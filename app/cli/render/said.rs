//! What is said of a picture: on the command line, and in the picture itself.

use hutch_analysis::reduce::Reduction;
use hutch_formats::transposed::words;
use hutch_model::{Dataset, Result, Value, ViewState};
use hutch_viewers::image::many;
use serde_json::json;

use super::super::context::Context;
use super::super::out::{Out, note};
use super::super::values;
use super::fields::Drawn;
use super::options::Kind;
use super::{Look, Options, Picture, geometry, movie, one, regions};
use crate::picture::Provenance;
use crate::window::axes;
use crate::window::link::Link;

/// Says what was drawn.
pub(super) fn tell(
    context: &Context,
    options: &Options,
    (dataset, frame): (&dyn Dataset, u64),
    (picture, look): (&Picture, &Look),
) -> Result<()> {
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.render/1",
            "file": options.output,
            "path": dataset.origin().to_string(),
            "view": if options.view() == Kind::Image { "image" } else { "volume" },
            "frame": (options.view() == Kind::Image && options.as_one.is_none()).then_some(frame),
            "as_one": options.as_one.map(Reduction::name),
            "size": [picture.rgba.width, picture.rgba.height],
            "range": [values::real(picture.range.lo), values::real(picture.range.hi)],
            "norm": look.display.norm.name(),
            "orientation": look.orientation.name(),
            "assembled": options.assembled,
            "renderer": picture.renderer,
        }))?;
    } else {
        note(format!(
            "drew \"{}\" with {}",
            options.output.display(),
            picture.renderer
        ));
    }
    out.finish()
}

/// What a picture of a dataset says: where it comes from, and a link to the same view.
pub(super) fn provenance(
    drawn: &Drawn,
    options: &Options,
    (look, place): (&Look, &geometry::Place),
    frame: u64,
) -> Result<Provenance> {
    let dataset = drawn.dataset.as_ref();
    let origin = dataset.origin();
    let kind = match options.view() {
        Kind::Image => "image",
        Kind::Volume => "volume",
        Kind::Map => "map",
        Kind::Spectra => "spectra",
        Kind::Curve => "curve",
    };
    let mut state = ViewState::new(kind, 1);
    let mut source = origin.to_string();
    if options.view() != Kind::Volume {
        state.set("frame", Value::Integer(i128::from(frame)));
        let mut display = look.display;
        display.colours = look.colour_map.unwrap_or(display.colours);
        display.write(&mut state);
        regions::write(options, &mut state)?;
        match &drawn.order {
            Some(order) => {
                axes::write(&mut state, order);
                source = format!("{source}, axes {}", words(order));
            }
            // The file may say another order than the stored one, which was asked for.
            None if options.axes.is_some() => {
                let stored: Vec<usize> = (0..dataset.info().shape.len()).collect();
                axes::write(&mut state, &stored);
            }
            None => {}
        }
        place.write(&mut state);
        for (name, address) in &drawn.fields {
            state.set(name, Value::Text(address.clone()));
        }
        if let Some(kind) = options.as_one {
            let frames = movie::frames_of(dataset, options.frames.as_ref())?;
            let [first, last, step] = one::ends(&frames);
            many::write(&mut state, kind, [first, last, step]);
            source = format!("{source}, {} of frames {first} to {last}", kind.name());
            if step > 1 {
                source = format!("{source}, one in {step}");
            }
        } else if dataset.info().frame_count() > 1 {
            source = format!("{source}, frame {frame}");
        }
    }
    let link = Link {
        address: drawn.stored.to_string(),
        state,
    };
    Ok(Provenance {
        title: format!("{} of {}", origin.path, origin.file_name()),
        source,
        link: link.to_string(),
    })
}
