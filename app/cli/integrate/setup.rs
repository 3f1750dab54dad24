//! What `hutch integrate` computes with: geometry, mask and fields.

use std::sync::Arc;

use hutch_model::{Error, ErrorKind, Geometry, Result, Signal, Slab, read_slab};

use crate::cli::context::{Context, OpenAddress};
use crate::cli::convert::describe;
use crate::cli::out::note;
use crate::geometry::{Frames, frame_axes, read};
use crate::masks::read_mask;

/// A geometry, and the pixels that its file calls bad; empty where it calls none so.
pub(super) struct OfFile {
    pub(super) geometry: Arc<Geometry>,
    pub(super) bad: Arc<[bool]>,
}

/// The geometry of a file that is named, else that of the data; of the one module that a part takes, its own.
///
/// # Errors
/// Those of reading it; [`ErrorKind::Usage`] where there is none.
pub(super) fn geometry(
    context: &Context,
    open: &OpenAddress,
    signal: &Signal,
    named: Option<&str>,
    (part, dropped): &(Slab, Vec<bool>),
) -> Result<OfFile> {
    let shape = &signal.data.info().shape;
    let whole = if let Some(named) = named {
        let address = context.address(named)?;
        let frames = Frames {
            container: Some(open.container.as_ref()),
            shape,
        };
        let found = context.pools.wait(async {
            let (_, source, _) = context.source(address).await?;
            read(source, frames, &context.cancel).await
        })?;
        for problem in &found.problems {
            note(format!("\"{named}\": {problem}"));
        }
        OfFile {
            geometry: found.geometry,
            bad: found.bad,
        }
    } else {
        let geometry = signal.geometry.clone().ok_or_else(|| {
            let tried = format!("integrate \"{}\"", signal.data.origin());
            let why = "the file does not say where its pixels are; add --poni FILE or --geom FILE";
            Error::new(ErrorKind::Usage, tried, why)
        })?;
        OfFile {
            geometry,
            bad: Arc::default(),
        }
    };
    let outer = frame_axes(&whole.geometry, shape).len().saturating_sub(2);
    let modules = shape.len().saturating_sub(2 + outer)..shape.len().saturating_sub(2);
    let is_one = outer > 0 && modules.clone().all(|axis| dropped[axis]);
    Ok(if is_one {
        one_plane(&whole, &part.start[modules.clone()], &shape[modules])
    } else {
        whole
    })
}

/// One plane of a detector of many, as a detector of its own.
fn one_plane(whole: &OfFile, plane: &[u64], planes: &[u64]) -> OfFile {
    let mut geometry = Geometry::clone(&whole.geometry);
    geometry.panels.retain(|panel| panel.plane == plane);
    for panel in &mut geometry.panels {
        panel.plane.clear();
    }
    let count = planes.iter().product::<u64>().max(1);
    let index = plane
        .iter()
        .zip(planes)
        .fold(0, |index, (own, length)| index * length + own);
    let size = whole.bad.len() / usize::try_from(count).unwrap_or(usize::MAX);
    let first = usize::try_from(index)
        .unwrap_or(usize::MAX)
        .saturating_mul(size);
    let bad = whole.bad.iter().skip(first).take(size).copied();
    OfFile {
        geometry: Arc::new(geometry),
        bad: bad.collect(),
    }
}

/// The axes in front of a frame, and those of a frame as the geometry describes it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where a frame has more than one axis of modules.
pub(super) fn axes<'a>(geometry: &Geometry, shape: &'a [u64]) -> Result<(&'a [u64], &'a [u64])> {
    let frame = frame_axes(geometry, shape);
    if frame.len() > 3 {
        let why =
            format!("frames of {frame:?} have more than one axis of modules; take one of them");
        return Err(Error::new(ErrorKind::Unsupported, "integrate frames", why));
    }
    Ok((&shape[..shape.len() - frame.len()], frame))
}

/// The mask of a frame: what the data and the geometry say, and what a file says, in any format that Hutch reads.
///
/// # Errors
/// Those of reading it; [`ErrorKind::Shape`] where it is that of other frames.
pub(in crate::cli) fn mask(
    context: &Context,
    known: [&[bool]; 2],
    named: Option<&str>,
    frame: &[u64],
) -> Result<Vec<bool>> {
    let pixels = frame
        .iter()
        .try_fold(1u64, |count, axis| count.checked_mul(*axis));
    let pixels = pixels
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(usize::MAX);
    let is_empty = known.iter().all(|known| known.is_empty()) && named.is_none();
    let mut mask = vec![false; if is_empty { 0 } else { pixels }];
    let mut add = |of: &[bool]| {
        // A mask of one image is that of every module.
        for (bad, other) in mask.iter_mut().zip(of.iter().cycle()) {
            *bad |= *other;
        }
    };
    known.into_iter().for_each(&mut add);
    if let Some(named) = named {
        let (signal, slab) = field(context, named, frame)?;
        let read = read_mask(signal.data.as_ref(), &slab, &context.cancel);
        add(&context.pools.wait(read)?);
    }
    Ok(mask)
}

/// A flat or a dark field.
///
/// # Errors
/// As [`mask`].
pub(super) fn numbers(
    context: &Context,
    named: Option<&str>,
    frame: &[u64],
) -> Result<Option<Vec<f32>>> {
    let Some(named) = named else {
        return Ok(None);
    };
    let (signal, slab) = field(context, named, frame)?;
    let read = read_slab(signal.data.as_ref(), &slab, &context.cancel);
    Ok(Some(context.pools.wait(read)?.samples.to_f32()))
}

/// A dataset of the size of a frame.
fn field(context: &Context, named: &str, frame: &[u64]) -> Result<(Signal, Slab)> {
    let open = context.open(named)?;
    let (signal, (slab, _)) = describe::part(context, &open)?;
    let long: Vec<u64> = slab
        .count
        .iter()
        .copied()
        .filter(|count| *count != 1)
        .collect();
    let wanted: Vec<u64> = frame.iter().copied().filter(|count| *count != 1).collect();
    if long != wanted || !signal.data.info().element.is_numeric() {
        let tried = format!("read \"{}\"", signal.data.origin());
        let why = format!(
            "it is {:?} of {}, where a frame is {frame:?}",
            slab.count,
            signal.data.info().element
        );
        return Err(Error::new(ErrorKind::Shape, tried, why));
    }
    Ok((signal, slab))
}
