//! Strings of fixed and of variable length.

use crate::blocks::Blocks;
use crate::cursor::{to_text, until_zero};
use crate::datatype::{Class, Datatype, Padding};
use crate::error::Error;
use crate::file::File;
use crate::global_heap::{self, Collections};
use crate::step::Parse;

/// Decodes `elements` of a string datatype.
pub(crate) fn strings(
    file: &File,
    blocks: &Blocks,
    datatype: &Datatype,
    elements: &[u8],
) -> Parse<Vec<String>> {
    read(
        file,
        blocks,
        &mut Collections::default(),
        datatype,
        elements,
    )
}

/// The same with heaps that may be there already.
pub(crate) fn read(
    file: &File,
    blocks: &Blocks,
    collections: &mut Collections,
    datatype: &Datatype,
    elements: &[u8],
) -> Parse<Vec<String>> {
    let count = elements.len() as u64 / u64::from(datatype.size.max(1));
    if count > file.limits.text_bytes / 16 {
        return Err(Error::limit("the number of strings", file.limits.text_bytes / 16, 0).into());
    }
    match &datatype.class {
        Class::FixedString { padding, .. } => Ok(fixed(datatype.size, *padding, elements)),
        Class::VarString { .. } => variable(file, blocks, collections, elements),
        _ => Err(Error::Selection("the elements are not strings".to_owned()).into()),
    }
}

fn fixed(size: u32, padding: Padding, elements: &[u8]) -> Vec<String> {
    let size = usize::try_from(size).unwrap_or(usize::MAX).max(1);
    elements
        .chunks_exact(size)
        .map(|element| match padding {
            Padding::Zero => to_text(until_zero(element)),
            Padding::Space => to_text(until_zero(element))
                .trim_end_matches(' ')
                .to_owned(),
        })
        .collect()
}

fn variable(
    file: &File,
    blocks: &Blocks,
    heaps: &mut Collections,
    elements: &[u8],
) -> Parse<Vec<String>> {
    let parsed = elements
        .chunks_exact(global_heap::element_bytes(file))
        .map(|element| global_heap::parse_element(file, element))
        .collect::<Result<Vec<_>, _>>()?;
    let collections = parsed
        .iter()
        .filter_map(|element| element.id)
        .map(|id| id.collection);
    heaps.load(file, blocks, collections)?;
    let mut texts = Vec::with_capacity(parsed.len());
    let mut total: u64 = 0;
    for element in parsed {
        let Some(id) = element.id else {
            texts.push(String::new());
            continue;
        };
        let bytes = heaps.object(id)?;
        let length = usize::try_from(element.count)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        total += length as u64;
        if total > file.limits.text_bytes {
            return Err(Error::limit("the text", file.limits.text_bytes, id.collection).into());
        }
        texts.push(to_text(until_zero(&bytes[..length])));
    }
    Ok(texts)
}
