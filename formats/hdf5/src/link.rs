//! Links: the names in a group.

use crate::cursor::{Cursor, to_text, until_zero};
use crate::error::Error;

/// A named entry of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The name, without a slash.
    pub name: Box<str>,
    /// What it points to.
    pub target: LinkTarget,
    /// When it was made among the links of its group, where the writer kept count.
    pub creation_order: Option<u64>,
}

/// What a link points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// An object of this file, by address.
    Hard(u64),
    /// A path in this file, relative to the group of the link unless it begins with `/`.
    Soft(Box<str>),
    /// A path in another file.
    External(Box<ExternalLink>),
    /// A link of a kind that an application defined.
    Unknown(u8),
}

/// A place in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalLink {
    /// The name of the file as stored: relative to this file, or absolute at the place it was written.
    pub file: String,
    /// The path in that file.
    pub path: String,
}

/// Reads a link message, version 1.
pub(crate) fn parse(mut cursor: Cursor<'_>) -> Result<Link, Error> {
    cursor.version(1)?;
    let flags = cursor.u8()?;
    let kind = if flags & 0x08 == 0 { 0 } else { cursor.u8()? };
    let creation_order = if flags & 0x04 == 0 {
        None
    } else {
        Some(cursor.u64()?)
    };
    cursor.skip(usize::from(flags & 0x10 != 0))?;
    let length = cursor.uint(1 << (flags & 3))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let name = to_text(cursor.take(length)?).into_boxed_str();
    let target = match kind {
        0 => LinkTarget::Hard(cursor.some_address()?),
        1 => {
            let length = usize::from(cursor.u16()?);
            LinkTarget::Soft(to_text(until_zero(cursor.take(length)?)).into_boxed_str())
        }
        64 => {
            let length = usize::from(cursor.u16()?);
            LinkTarget::External(Box::new(
                parse_external(cursor.take(length)?)
                    .ok_or_else(|| cursor.damaged("an external link lacks its file or path"))?,
            ))
        }
        kind => LinkTarget::Unknown(kind),
    };
    Ok(Link {
        name,
        target,
        creation_order,
    })
}

/// One byte of version and flags, the file name, the path.
fn parse_external(value: &[u8]) -> Option<ExternalLink> {
    let mut texts = value.get(1..)?.split(|byte| *byte == 0);
    let file = to_text(texts.next()?);
    let path = to_text(texts.next()?);
    Some(ExternalLink { file, path })
}
