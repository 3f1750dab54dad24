//! Maps: values at the places of a scan, as the window draws them.

use std::sync::Arc;

use hutch_analysis::maps;
use hutch_model::{Block, Dataset, Error, ErrorKind, Result, Slab, read_slab};
use hutch_viewers::map::{Ground, Plan, Style, Wish, image_display};
use hutch_viewers::theme::{ThemeKind, Tokens};
use hutch_viewers::{PreparedFrame, Subject};
use serde_json::json;

use super::fields::Drawn;
use super::geometry::Place;
use super::{Look, Options, Picture, adapter, blank_parts, draw_image, provenance, write_png};
use crate::cli::context::Context;
use crate::cli::opened::Opened;
use crate::cli::out::{Out, note};
use crate::cli::values;

/// Pictures of maps without a size of their own, in pixels.
pub(super) const SIZE: [u32; 2] = [1024, 768];

/// Draws the map of a signal.
///
/// # Errors
/// [`ErrorKind::Usage`] for a signal without places; those of reading.
pub(super) fn run(
    context: &Context,
    options: &Options,
    subject: &Subject,
    opened: &Opened,
) -> Result<()> {
    let signal = subject.signal.as_ref();
    let plan = signal.and_then(|signal| {
        let frame = options.frame.unwrap_or_else(|| signal.first_frame(2));
        let is_line = signal.data.info().shape.len() == 1;
        let count = signal.data.info().frame_count();
        let wish = Wish {
            frame: if is_line { 0 } else { frame },
            ..Wish::default()
        };
        // A frame beyond the last would be counted from the first one again.
        (is_line || frame < count).then(|| Some((wish.frame, Plan::of(signal, &wish)?)))?
    });
    let (Some(signal), Some((frame, plan))) = (signal, plan) else {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("draw \"{}\" as a map", subject.origin),
            "its values have no places in a plane, or there is no such frame",
        ));
    };
    let blocks = read(context, plan.slabs())?;
    let state = blocks.first().map(|block| block.state.clone());
    let (ground, frame_values) = plan.build(&blocks)?;
    let look = options.look();
    let of = (&ground, plan.is_equal());
    let picture = picture(&look, options, (of, &frame_values), context)?;
    opened.check(signal.data.as_ref(), &options.output)?;
    let drawn = Drawn::stored(&signal.data);
    let said = provenance(&drawn, options, (&look, &Place::default()), frame)?;
    write_png(&picture.rgba, &said, &options.output)?;
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.render/1",
            "file": options.output,
            "path": signal.data.origin().to_string(),
            "view": "map",
            "frame": frame,
            "points": ground.len(),
            "layout": ground.layout().words(),
            "size": [picture.rgba.width, picture.rgba.height],
            "range": [values::real(picture.range.lo), values::real(picture.range.hi)],
            "norm": look.display.norm.name(),
            "renderer": picture.renderer,
        }))?;
    } else {
        note(format!(
            "drew \"{}\" with {}",
            options.output.display(),
            picture.renderer
        ));
    }
    out.finish()?;
    state.map_or(Ok(()), |state| blank_parts(signal.data.as_ref(), state))
}

/// Reads what a map is made of.
pub(super) fn read(
    context: &Context,
    slabs: Vec<(Arc<dyn Dataset>, Slab)>,
) -> Result<Vec<Arc<Block>>> {
    let mut blocks = Vec::new();
    for (dataset, slab) in slabs {
        let block = read_slab(dataset.as_ref(), &slab, &context.cancel);
        blocks.push(Arc::new(context.pools.wait(block)?));
    }
    Ok(blocks)
}

/// How points are drawn.
pub(super) fn points(options: &Options) -> maps::Look {
    match options.point_size {
        Some(diameter) => Style::Points.look(f64::from(diameter)),
        None => Style::Cells.look(1.0),
    }
}

/// Draws values at their places; with whether a step along both axes has the same length.
pub(super) fn picture(
    look: &Look,
    options: &Options,
    ((ground, is_equal), values): ((&Ground, bool), &PreparedFrame),
    context: &Context,
) -> Result<Picture> {
    let mut display = look.display;
    display.range = look.range_of(values)?;
    if let Some(colour_map) = look.colour_map {
        display.colours = colour_map;
    }
    let size = look.size.unwrap_or(SIZE);
    let target = ground.fit(size, is_equal);
    let drawn = ground.draw(values, points(options), target, &context.cancel)?;
    let range = display.shown_range();
    let display = image_display(&display, &Tokens::new(ThemeKind::Dark), values);
    let (rgba, renderer) = draw_image(adapter().as_ref(), &drawn.pyramid, &display, size)?;
    Ok(Picture {
        rgba,
        range,
        renderer,
    })
}
