//! Dataspaces: the shape of a dataset or an attribute.

use crate::cursor::Cursor;
use crate::error::Error;

/// The most axes that HDF5 allows.
const RANK_MAX: u8 = 32;

/// The shape of an array, slowest axis first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dataspace {
    /// No elements at all.
    Null,
    /// One element without axes.
    Scalar,
    /// An array.
    Simple {
        /// Elements along each axis.
        shape: Vec<u64>,
        /// How far each axis may grow; none where it is unlimited.
        max_shape: Vec<Option<u64>>,
    },
}

impl Dataspace {
    /// Elements along each axis; empty for a scalar and for a null dataspace.
    pub fn shape(&self) -> &[u64] {
        match self {
            Self::Null | Self::Scalar => &[],
            Self::Simple { shape, .. } => shape,
        }
    }

    /// The number of elements, if it fits in 64 bits.
    pub fn element_count(&self) -> Option<u64> {
        match self {
            Self::Null => Some(0),
            Self::Scalar => Some(1),
            Self::Simple { shape, .. } if shape.contains(&0) => Some(0),
            Self::Simple { shape, .. } => shape
                .iter()
                .try_fold(1_u64, |count, size| count.checked_mul(*size)),
        }
    }
}

/// Reads a dataspace message, version 1 or 2.
pub(crate) fn parse(mut cursor: Cursor<'_>) -> Result<Dataspace, Error> {
    let version = cursor.u8()?;
    let rank = cursor.u8()?;
    let flags = cursor.u8()?;
    if rank > RANK_MAX {
        return Err(cursor.damaged(&format!("has {rank} axes")));
    }
    let kind = match version {
        1 => {
            cursor.skip(5)?;
            u8::from(rank > 0)
        }
        2 => cursor.u8()?,
        _ => return Err(cursor.unsupported(&format!("version {version}"))),
    };
    if kind == 2 {
        return Ok(Dataspace::Null);
    }
    if rank == 0 {
        return Ok(Dataspace::Scalar);
    }
    let shape = (0..rank)
        .map(|_| cursor.length())
        .collect::<Result<Vec<_>, _>>()?;
    let max_shape = if flags & 1 == 0 {
        shape.iter().copied().map(Some).collect()
    } else {
        (0..rank)
            .map(|_| cursor.limit())
            .collect::<Result<Vec<_>, _>>()?
    };
    let space = Dataspace::Simple { shape, max_shape };
    if space.element_count().is_none() {
        return Err(cursor.damaged("has more elements than 64 bits count"));
    }
    Ok(space)
}
