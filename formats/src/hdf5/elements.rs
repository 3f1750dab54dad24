//! What a dataset is in the words of the seams.

use hutch_hdf5::{
    ChunkIndex, Class, DatasetInfo as Stored, Dataspace, Datatype, FilterSpec, Layout, Scalar,
    ScalarKind, to_native,
};
use hutch_model::{DatasetInfo, ElementType, Samples};

/// How stored elements become samples.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    /// Numbers of this machine after a swap of bytes.
    Numbers(Scalar),
    /// Text of fixed or variable length.
    Text,
    /// Neither, and what they are.
    Other(String),
}

impl Elements {
    pub(super) fn of(datatype: &Datatype) -> Self {
        match datatype.scalar() {
            Some(scalar) => Self::Numbers(scalar),
            None if datatype.is_string() => Self::Text,
            None => Self::Other(datatype.name()),
        }
    }
}

/// Everything that is known of a dataset before its samples are read.
pub(super) fn describe(stored: &Stored, file_size: u64) -> DatasetInfo {
    let elements = Elements::of(&stored.datatype);
    let element = match &elements {
        Elements::Numbers(scalar) => element_of(scalar.kind, stored.datatype.is_bool()),
        Elements::Text => ElementType::Text,
        Elements::Other(name) => ElementType::Other(name.clone()),
    };
    let shape = match &stored.dataspace {
        // No elements at all, unlike a scalar.
        Dataspace::Null => vec![0],
        space => space.shape().to_vec(),
    };
    DatasetInfo {
        unreadable: unreadable(stored, &elements, file_size),
        size_bytes: size_of(&shape, &element),
        shape,
        element,
        stored: stored.datatype.name(),
        chunk_shape: stored.chunks().map(|chunks| chunks.chunk_shape.clone()),
        filters: stored
            .filters
            .iter()
            .map(|filter| filter.display_name().to_owned())
            .collect(),
        layout: layout_name(&stored.layout),
    }
}

/// Bytes of all samples in memory, where they are numbers and can be counted.
pub(super) fn size_of(shape: &[u64], element: &ElementType) -> Option<u64> {
    let size = element.size_bytes()? as u64;
    shape
        .iter()
        .try_fold(size, |product, &axis| product.checked_mul(axis))
}

/// One sample of the fill value; none for zero.
pub(super) fn fill_samples(stored: &Stored, element: &ElementType) -> Option<Samples> {
    let scalar = stored.datatype.scalar()?;
    let mut samples = Samples::zeroed(element, 1).ok()?;
    let bytes = samples.bytes_mut();
    if bytes.len() != stored.fill_value.len() {
        return None;
    }
    bytes.copy_from_slice(&stored.fill_value);
    to_native(scalar, bytes);
    Some(samples)
}

/// A dataset whose own description cannot be read.
pub(super) fn describe_unreadable(why: String) -> DatasetInfo {
    DatasetInfo {
        shape: Vec::new(),
        element: ElementType::Other("unknown".to_owned()),
        stored: "unknown".to_owned(),
        chunk_shape: None,
        filters: Vec::new(),
        layout: "unknown".to_owned(),
        size_bytes: None,
        unreadable: Some(why),
    }
}

fn element_of(kind: ScalarKind, is_bool: bool) -> ElementType {
    match kind {
        ScalarKind::I8 if is_bool => ElementType::U8,
        ScalarKind::U8 => ElementType::U8,
        ScalarKind::U16 => ElementType::U16,
        ScalarKind::U32 => ElementType::U32,
        ScalarKind::U64 => ElementType::U64,
        ScalarKind::I8 => ElementType::I8,
        ScalarKind::I16 => ElementType::I16,
        ScalarKind::I32 => ElementType::I32,
        ScalarKind::I64 => ElementType::I64,
        ScalarKind::F16 => ElementType::F16,
        ScalarKind::F32 => ElementType::F32,
        ScalarKind::F64 => ElementType::F64,
        ScalarKind::Complex32 => ElementType::Complex64,
        ScalarKind::Complex64 => ElementType::Complex128,
    }
}

fn unreadable(stored: &Stored, elements: &Elements, file_size: u64) -> Option<String> {
    if let Elements::Other(name) = elements {
        return Some(format!("elements of type {name} cannot be shown yet"));
    }
    if let Class::Enum { base, .. } = &stored.datatype.class
        && base.size != stored.datatype.size
    {
        return Some("the enum and its numbers differ in size".to_owned());
    }
    match &stored.layout {
        Layout::Contiguous {
            address: Some(address),
            size,
        } if address.checked_add(*size).is_none_or(|end| end > file_size) => {
            // Some of it may be there: reading says which.
            (*address >= file_size && *size > 0)
                .then(|| format!("the file ends before its samples, at byte {file_size}"))
        }
        Layout::Chunked(_) => unknown_filter(&stored.filters),
        Layout::Contiguous { .. }
        | Layout::Compact(_)
        | Layout::Virtual(_)
        | Layout::External(_) => None,
    }
}

fn unknown_filter(filters: &[FilterSpec]) -> Option<String> {
    let mut unknown = filters
        .iter()
        .filter(|filter| !hutch_codecs::is_known(filter.id));
    let first = unknown.clone().next()?;
    let filter = unknown.find(|filter| !filter.optional).unwrap_or(first);
    Some(format!(
        "its filter {} ({}) is not known",
        filter.id,
        filter.display_name()
    ))
}

/// A few names, and how many more there are.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) && unique.len() < 4096 {
            unique.push(name);
        }
    }
    let shown = match unique.as_slice() {
        [] => return "other datasets".to_owned(),
        [first, .., last] if unique.len() > 3 => format!("\"{first}\" to \"{last}\""),
        few => {
            let quoted: Vec<String> = few.iter().map(|name| format!("\"{name}\"")).collect();
            quoted.join(", ")
        }
    };
    match unique.len() {
        1 => shown,
        count => format!("{count} files: {shown}"),
    }
}

fn layout_name(layout: &Layout) -> String {
    match layout {
        Layout::Compact(_) => "compact",
        Layout::Contiguous { .. } => "contiguous",
        Layout::Virtual(layout) => {
            let files = layout.mappings().iter();
            let files = named(files.map(|mapping| match &*mapping.file {
                "" | "." => "this file",
                other => other,
            }));
            let grows = if layout.is_growing() {
                ", grows with them"
            } else {
                ""
            };
            return format!("virtual ({files}{grows})");
        }
        Layout::External(files) => {
            let files = named(files.iter().map(|file| file.name.as_str()));
            return format!("external ({files})");
        }
        Layout::Chunked(chunks) => match chunks.index {
            ChunkIndex::BTree1 => "chunked (B-tree 1)",
            ChunkIndex::Single { .. } => "chunked (single)",
            ChunkIndex::Implicit => "chunked (implicit)",
            ChunkIndex::FixedArray => "chunked (fixed array)",
            ChunkIndex::ExtensibleArray => "chunked (extensible array)",
            ChunkIndex::BTree2 => "chunked (B-tree 2)",
        },
    }
    .to_owned()
}
