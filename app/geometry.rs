//! A geometry from a file of its own, for frames that another file holds.

use std::collections::BTreeMap;

use hutch_formats::geometry::{FILE_LIMIT_BYTES, GeometryFile};
use hutch_model::{ByteRange, Cancel, Container, Error, ErrorKind, Geometry, Result};

use crate::open::Source;

/// A geometry, and what is wrong with the file that says it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The geometry.
    pub geometry: Geometry,
    /// What is wrong, each with its line.
    pub problems: Vec<String>,
}

/// Reads a `.poni` or `.geom` for frames of a size `[height, width]`; `data` is the file that holds them, where a
/// `.geom` may look for distance and energy.
///
/// # Errors
/// Those of the source, and of [`GeometryFile::read`] and [`GeometryFile::geometry`].
pub async fn read(
    source: Source,
    data: Option<&dyn Container>,
    frame: [u64; 2],
    cancel: &Cancel,
) -> Result<Found> {
    let identity = source.bytes.identity().await?;
    let name = identity.url.rsplit('/').next().unwrap_or_default();
    if identity.size_bytes > FILE_LIMIT_BYTES {
        let why = format!("it has {} bytes", identity.size_bytes);
        let tried = format!("read the geometry \"{name}\"");
        return Err(Error::new(ErrorKind::Limit, tried, why));
    }
    let range = ByteRange::new(0, identity.size_bytes);
    let mut parts = source.bytes.read(&[range], cancel).await;
    let bytes = parts.pop().unwrap_or_else(|| Ok(bytes::Bytes::new()))?;
    let file = GeometryFile::read(name, &bytes)?;
    let numbers = match data {
        Some(data) => file.numbers(data, cancel).await,
        None => BTreeMap::new(),
    };
    Ok(Found {
        geometry: file.geometry(name, frame, &numbers)?,
        problems: file.problems().iter().map(ToString::to_string).collect(),
    })
}
