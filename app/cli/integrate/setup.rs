//! What `hutch integrate` computes with: geometry, mask and fields.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_formats::geometry::{FILE_LIMIT_BYTES, GeometryFile};
use hutch_model::{Error, ErrorKind, Geometry, Result, Signal, Slab, read_slab};

use crate::cli::context::{Context, OpenAddress};
use crate::cli::convert::describe;
use crate::cli::out::note;
use crate::masks::read_mask;

/// The geometry of a file that is named, else that of the data.
///
/// # Errors
/// Those of reading it; [`ErrorKind::Usage`] where there is none.
pub(super) fn geometry(
    context: &Context,
    open: &OpenAddress,
    signal: &Signal,
    named: Option<&PathBuf>,
    frame: [u64; 2],
) -> Result<Arc<Geometry>> {
    let Some(path) = named else {
        return signal.geometry.clone().ok_or_else(|| {
            let tried = format!("integrate \"{}\"", signal.data.origin());
            let why = "the file does not say where its pixels are; add --poni FILE or --geom FILE";
            Error::new(ErrorKind::Usage, tried, why)
        });
    };
    let name = path.to_string_lossy();
    let file = GeometryFile::read(&name, &bytes_of(path)?)?;
    for problem in file.problems() {
        note(format!("\"{name}\": {problem}"));
    }
    let numbers = file.numbers(open.container.as_ref(), &context.cancel);
    let numbers = context.pools.wait(numbers);
    file.geometry(&name, frame, &numbers).map(Arc::new)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let failed = |kind, why: String| {
        let tried = format!("read the geometry \"{}\"", path.display());
        Error::new(kind, tried, why)
    };
    let known = std::fs::metadata(path);
    let known = known.map_err(|error| failed(ErrorKind::NotFound, error.to_string()))?;
    if known.len() > FILE_LIMIT_BYTES {
        return Err(failed(
            ErrorKind::Limit,
            "it is too large for a geometry".to_owned(),
        ));
    }
    std::fs::read(path).map_err(|error| failed(ErrorKind::Disk, error.to_string()))
}

/// The mask of a frame: what the data say and what a file says, in any format that Hutch reads.
///
/// # Errors
/// Those of reading it; [`ErrorKind::Shape`] where it is that of other frames.
pub(in crate::cli) fn mask(
    context: &Context,
    of_data: &[bool],
    named: Option<&str>,
    frame: [u64; 2],
) -> Result<Vec<bool>> {
    let pixels = usize::try_from(frame[0].saturating_mul(frame[1])).unwrap_or(usize::MAX);
    let mut mask = vec![
        false;
        if of_data.is_empty() && named.is_none() {
            0
        } else {
            pixels
        }
    ];
    for (bad, of_data) in mask.iter_mut().zip(of_data) {
        *bad = *of_data;
    }
    if let Some(named) = named {
        let (signal, slab) = field(context, named, frame)?;
        let read = read_mask(signal.data.as_ref(), &slab, &context.cancel);
        for (bad, of_file) in mask.iter_mut().zip(context.pools.wait(read)?.iter()) {
            *bad |= *of_file;
        }
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
    frame: [u64; 2],
) -> Result<Option<Vec<f32>>> {
    let Some(named) = named else {
        return Ok(None);
    };
    let (signal, slab) = field(context, named, frame)?;
    let read = read_slab(signal.data.as_ref(), &slab, &context.cancel);
    Ok(Some(context.pools.wait(read)?.samples.to_f32()))
}

/// A dataset of the size of a frame.
fn field(context: &Context, named: &str, frame: [u64; 2]) -> Result<(Signal, Slab)> {
    let open = context.open(named)?;
    let (signal, (slab, _)) = describe::part(context, &open)?;
    let long: Vec<u64> = slab
        .count
        .iter()
        .copied()
        .filter(|count| *count != 1)
        .collect();
    let wanted: Vec<u64> = frame.into_iter().filter(|count| *count != 1).collect();
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
