//! What is known of the samples that are converted: axes, units, pixel sizes.

use hutch_formats::write::{Stack, StackAxis};
use hutch_formats::{nexus, tomo};
use hutch_model::{
    Axis, AxisKind, ElementType, Error, ErrorKind, NodeKind, Result, Retry, Samples, Signal, Slab,
    Value, read_slab,
};
use hutch_viewers::prepared::sentinels;

use crate::cli::axis_order::AxisOrder;
use crate::cli::context::{Context, OpenAddress};

/// Values of an axis that are kept; a longer one is told by its indices.
const AXIS_VALUES: u64 = 1 << 20;
/// Data files of a master whose lengths are learnt one after the other.
const FILES_MAX: usize = 4096;

/// The dataset of an address with its axes; what a file shows by default where
/// no path was given.
///
/// # Errors
/// Those of reading; [`ErrorKind::Usage`] where nothing is shown by default.
fn signal(context: &Context, open: &OpenAddress) -> Result<Signal> {
    let container = open.container.as_ref();
    let path = open.address.path.as_deref();
    if let Some(path) = path
        && !matches!(context.node(container, path)?.kind, NodeKind::Group)
    {
        // Says why where its samples cannot be read.
        let dataset = context.dataset(open)?;
        let found = context
            .pools
            .wait(nexus::signal_at(container, path, &context.cancel));
        let is_same = |signal: &Signal| signal.data.origin().path == dataset.origin().path;
        return match found {
            Ok(signal) if is_same(&signal) => Ok(signal),
            Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
            _ => Ok(Signal::bare(dataset, "it was asked for")),
        };
    }
    let shown = nexus::signal_at(container, path.unwrap_or("/"), &context.cancel);
    context.pools.wait(shown).map_err(|error| {
        if error.kind == ErrorKind::NotFound {
            let why = format!("{}; name a dataset as URL::PATH", error.why);
            return Error::new(ErrorKind::Usage, error.tried.clone(), why);
        }
        error
    })
}

/// The signal of an address, the part of it that is asked for, and which of its
/// axes an index drops.
///
/// How many frames the data files of an Eiger master have is known only when
/// they are open: the dataset is asked for again until all are where it says.
///
/// # Errors
/// Those of [`signal`]; [`ErrorKind::Usage`] where the part lies outside or holds nothing.
pub(in crate::cli) fn part(
    context: &Context,
    open: &OpenAddress,
) -> Result<(Signal, (Slab, Vec<bool>))> {
    part_in_order(context, open, None)
}

/// The same with the axes in another order, which the part is of, too.
///
/// # Errors
/// Those of [`part`]; [`ErrorKind::Usage`] where it is no order of the axes.
pub(in crate::cli) fn part_in_order(
    context: &Context,
    open: &OpenAddress,
    order: Option<&AxisOrder>,
) -> Result<(Signal, (Slab, Vec<bool>))> {
    for _ in 0..FILES_MAX {
        let signal = signal(context, open)?;
        let signal = match order {
            Some(order) => order.apply(&signal)?,
            None => signal,
        };
        let part = open.address.slice.resolve(&signal.data.info().shape)?;
        if !open.container.format().contains("Eiger") {
            holds_something(&signal, &part.0)?;
            return Ok((signal, part));
        }
        let cost = signal.data.cost(&part.0, &context.cancel);
        match context.pools.wait(cost) {
            Err(error) if error.kind == ErrorKind::Integrity && error.retry == Retry::Later => {
                let refreshed = open.container.refresh(&context.cancel);
                context.pools.wait(refreshed)?;
            }
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            _ => {
                holds_something(&signal, &part.0)?;
                return Ok((signal, part));
            }
        }
    }
    Err(Error::new(
        ErrorKind::Integrity,
        format!("read \"{}\"", open.container.origin()),
        "its data files change all the time",
    ))
}

/// Refuses a part that holds nothing of a dataset that holds something: its ends were written wrong.
fn holds_something(signal: &Signal, part: &Slab) -> Result<()> {
    let shape = &signal.data.info().shape;
    let empty = part.count.iter().position(|count| *count == 0);
    let Some(axis) = empty.filter(|_| !shape.contains(&0)) else {
        return Ok(());
    };
    let size = shape.get(axis).copied().unwrap_or_default();
    Err(Error::new(
        ErrorKind::Usage,
        format!("take a part of \"{}\"", signal.data.origin()),
        format!("the part holds nothing; axis {axis} has {size}, counted from 0"),
    ))
}

/// Everything about the part that formats have room for.
///
/// # Errors
/// Only [`ErrorKind::Cancelled`]: axes that cannot be read are left out.
pub(super) fn stack(
    context: &Context,
    open: &OpenAddress,
    signal: &Signal,
    (part, dropped): (&Slab, &[bool]),
    element: &ElementType,
) -> Result<Stack> {
    let mut axes = Vec::new();
    let mut shape = Vec::new();
    for (dimension, is_dropped) in dropped.iter().enumerate() {
        if *is_dropped {
            continue;
        }
        shape.push(part.count[dimension]);
        let axis = signal.axis(dimension);
        axes.push(match axis {
            Some(axis) => read_axis(context, axis, part, dimension)?,
            None => StackAxis::default(),
        });
    }
    let rank = part.count.len();
    // The pixels of a detector are those of its frames as they are stored.
    let has_frames = signal
        .order()
        .ends_with(&[rank.wrapping_sub(2), rank.wrapping_sub(1)]);
    if let [.., y, x] = axes.as_mut_slice()
        && has_frames
        && y.values.is_empty()
        && x.values.is_empty()
        && let Some(pixel) = pixel_size_m(context, open, signal)?
    {
        for (axis, name, size, dimension) in
            [(y, "y", pixel[0], rank - 2), (x, "x", pixel[1], rank - 1)]
        {
            if dropped.get(dimension) == Some(&false) && part.count[dimension] <= AXIS_VALUES {
                let at =
                    |index| (part.start[dimension] + index * part.step[dimension]) as f64 * size;
                name.clone_into(&mut axis.name);
                "m".clone_into(&mut axis.unit);
                axis.values = (0..part.count[dimension]).map(at).collect();
            }
        }
    }
    let stored = Samples::zeroed(&signal.data.info().element, 0)?;
    Ok(Stack {
        shape,
        element: element.clone(),
        axes,
        title: signal.title.clone(),
        label: signal.label.clone(),
        unit: signal.unit.clone(),
        source: signal.data.origin().to_string(),
        program: format!("Hutch {}", env!("CARGO_PKG_VERSION")),
        sentinels: sentinels(&stored).to_vec(),
        is_spectra: false,
        has_errors: false,
        made: None,
    })
}

/// The part of an axis that belongs to the part of the data.
fn read_axis(context: &Context, axis: &Axis, part: &Slab, dimension: usize) -> Result<StackAxis> {
    let mut read = StackAxis {
        name: axis.name.clone(),
        unit: axis.unit.clone(),
        values: Vec::new(),
    };
    let (start, count, step) = (
        part.start[dimension],
        part.count[dimension],
        part.step[dimension],
    );
    // Edges of every second bin are no edges.
    let more = match axis.kind {
        AxisKind::Points => 0,
        AxisKind::Edges if step == 1 => 1,
        AxisKind::Edges => return Ok(read),
    };
    let Some(values) = axis
        .values
        .as_ref()
        .filter(|_| count > 0 && count < AXIS_VALUES)
    else {
        return Ok(read);
    };
    let slab = Slab {
        start: vec![start],
        count: vec![count + more],
        step: vec![step],
    };
    if !values.info().element.is_numeric() || !slab.fits(&values.info().shape) {
        return Ok(read);
    }
    match context
        .pools
        .wait(read_slab(values.as_ref(), &slab, &context.cancel))
    {
        Ok(block) => read.values = block.samples.to_f64(),
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        Err(error) => log::warn!("the axis \"{}\" is left out: {error}", axis.name),
    }
    Ok(read)
}

/// The size of a pixel `[y, x]`: of the detector beside the data, or of the scan
/// whose frames they are.
fn pixel_size_m(
    context: &Context,
    open: &OpenAddress,
    signal: &Signal,
) -> Result<Option<[f64; 2]>> {
    let container = open.container.as_ref();
    let path = &signal.data.origin().path;
    let group = path.rsplit_once('/').map_or("", |(group, _)| group);
    let length = |name: &str| {
        let path = format!("{group}/{name}");
        let node = context.node(container, &path).ok()?;
        let unit = node
            .attribute("units")
            .and_then(Value::as_text)
            .unwrap_or("m")
            .to_owned();
        let dataset = context
            .pools
            .wait(container.dataset(&path, &context.cancel))
            .ok()?;
        let shape = dataset.info().shape.clone();
        let is_one = shape.iter().product::<u64>() == 1 && dataset.info().element.is_numeric();
        let whole = Slab::whole(&shape);
        let read = is_one.then(|| {
            context
                .pools
                .wait(read_slab(dataset.as_ref(), &whole, &context.cancel))
        });
        let value = read?.ok()?.samples.get_f64(0);
        let axis = StackAxis {
            unit,
            values: vec![0.0, value],
            ..StackAxis::default()
        };
        axis.step_m()
    };
    if let (Some(y), Some(x)) = (length("y_pixel_size"), length("x_pixel_size")) {
        return Ok(Some([y, x]));
    }
    context.cancel.check()?;
    let frame = signal.data.info().frame_size();
    match context.pools.wait(tomo::scan(container, &context.cancel)) {
        Ok(Some(scan)) if frame == Some(scan.frame_size) => {
            Ok(scan.pixel_size_m.map(|size| [size, size]))
        }
        Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
        _ => Ok(None),
    }
}
