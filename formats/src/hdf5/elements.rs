//! What a dataset is in the words of the seams.

use hutch_hdf5::{
    ChunkIndex, Class, DatasetInfo as Stored, Dataspace, Datatype, FilterSpec, Layout, Order,
    Scalar, ScalarKind, to_native,
};
use hutch_model::{DatasetInfo, ElementType, Samples};

/// How stored elements become samples.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    /// Numbers of this machine after a swap of bytes.
    Numbers(Scalar),
    /// Text of fixed or variable length.
    Text,
    /// Values that are read one by one: as numbers of a wider type, or as
    /// records, sequences and the like.
    Values(ElementType),
}

impl Elements {
    pub(super) fn of(datatype: &Datatype) -> Self {
        match datatype.scalar() {
            Some(scalar) => Self::Numbers(scalar),
            None if datatype.is_string() => Self::Text,
            None => Self::Values(value_type(datatype)),
        }
    }
}

/// The type that holds the values of a type which this machine does not have.
fn value_type(datatype: &Datatype) -> ElementType {
    match &datatype.class {
        // Half precision and less, of any division of bits, fit binary32.
        Class::Float { .. } if datatype.size <= 2 => ElementType::F32,
        Class::Float { .. } => ElementType::F64,
        Class::Integer {
            is_signed: true, ..
        } => ElementType::I64,
        Class::Integer { .. } | Class::Bitfield { .. } => ElementType::U64,
        _ => ElementType::Values(datatype.name()),
    }
}

/// A dataset whose elements are arrays of numbers, as one with more axes: as
/// h5py shows it. The grid of chunks has one chunk along the new axes, so that
/// chunks keep their numbers.
pub(super) fn with_array_axes(stored: &Stored) -> Option<Stored> {
    let Class::Array { shape: inner, base } = &stored.datatype.class else {
        return None;
    };
    base.scalar()?;
    let inner: Vec<u64> = inner.iter().map(|&size| u64::from(size)).collect();
    if inner.contains(&0) || base.size == 0 {
        return None;
    }
    let (shape, max_shape) = match &stored.dataspace {
        Dataspace::Simple { shape, max_shape } => (shape.clone(), max_shape.clone()),
        Dataspace::Scalar => (Vec::new(), Vec::new()),
        Dataspace::Null => return None,
    };
    let mut wider = stored.clone();
    let inner_max = inner.iter().map(|&size| Some(size));
    wider.dataspace = Dataspace::Simple {
        shape: shape.into_iter().chain(inner.iter().copied()).collect(),
        max_shape: max_shape.into_iter().chain(inner_max).collect(),
    };
    match &mut wider.layout {
        Layout::Virtual(_) => return None,
        Layout::Chunked(chunks) => chunks.chunk_shape.extend(&inner),
        Layout::Compact(_) | Layout::Contiguous { .. } | Layout::External(_) => {}
    }
    let element = usize::try_from(base.size).ok()?;
    let mut values = stored.fill_value.chunks(element);
    let first = values.next().unwrap_or_default();
    if values.any(|value| value != first) {
        return None;
    }
    wider.fill_value = stored.fill_value.slice(..first.len());
    wider.datatype = (**base).clone();
    Some(wider)
}

/// A dataset as the bytes that are stored of its elements, with one more axis for the bytes of each. The grid of
/// chunks has one chunk along it, so that chunks keep their numbers.
pub(super) fn with_byte_axis(stored: &Stored) -> Option<Stored> {
    let size = u64::from(stored.datatype.size);
    if size == 0 {
        return None;
    }
    let (mut shape, mut max_shape) = match &stored.dataspace {
        Dataspace::Simple { shape, max_shape } => (shape.clone(), max_shape.clone()),
        Dataspace::Scalar => (Vec::new(), Vec::new()),
        Dataspace::Null => return None,
    };
    shape.push(size);
    max_shape.push(Some(size));
    let mut bytes = stored.clone();
    bytes.dataspace = Dataspace::Simple { shape, max_shape };
    match &mut bytes.layout {
        Layout::Virtual(_) => return None,
        Layout::Chunked(chunks) => chunks.chunk_shape.push(size),
        Layout::Compact(_) | Layout::Contiguous { .. } | Layout::External(_) => {}
    }
    bytes.datatype = Datatype {
        size: 1,
        class: Class::Integer {
            is_signed: false,
            order: Order::Little,
            precision: 8,
            bit_offset: 0,
        },
    };
    if is_uniform(&bytes.fill_value) {
        let one = bytes.fill_value.len().min(1);
        bytes.fill_value = bytes.fill_value.slice(..one);
    }
    Some(bytes)
}

/// Whether all bytes are the same.
pub(super) fn is_uniform(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| Some(byte) == bytes.first())
}

/// Everything that is known of a dataset before its samples are read.
pub(super) fn describe(stored: &Stored, file_size: u64) -> DatasetInfo {
    if let Some(wider) = with_array_axes(stored) {
        return DatasetInfo {
            stored: stored.datatype.name(),
            ..describe(&wider, file_size)
        };
    }
    let elements = Elements::of(&stored.datatype);
    let element = match &elements {
        Elements::Numbers(scalar) => element_of(scalar.kind, stored.datatype.is_bool()),
        Elements::Text => ElementType::Text,
        Elements::Values(element) => element.clone(),
    };
    let shape = match &stored.dataspace {
        // No elements at all, unlike a scalar.
        Dataspace::Null => vec![0],
        space => space.shape().to_vec(),
    };
    DatasetInfo {
        unreadable: unreadable(stored, file_size),
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

fn unreadable(stored: &Stored, file_size: u64) -> Option<String> {
    if matches!(
        (&stored.layout, &stored.datatype.class),
        (Layout::Virtual(_), Class::Array { .. })
    ) {
        return Some("it is a virtual dataset of arrays".to_owned());
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
