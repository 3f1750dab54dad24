//! Notes in groups of class `NXnote`.
//!
//! Source: NeXus base class `NXnote`.

use hutch_model::{Cancel, Container, NodeKind, Note, Remark, Result, Value};

use super::walk;
use crate::path;

/// What is said of a note is short; longer text is left alone.
const SAID_BYTES: u64 = 1 << 16;

/// The note at a path; none where the node is no group of class `NXnote`. What is wrong with it is remarked.
///
/// # Errors
/// Those of reading the node itself.
pub async fn note_at(
    container: &dyn Container,
    path: &str,
    cancel: &Cancel,
) -> Result<Option<Note>> {
    let group = walk::node(container, path, cancel).await?;
    if !walk::is_class(&group, "NXnote") {
        return Ok(None);
    }
    let mut note = Note::default();
    let names = ["type", "description", "file_name", "author", "date", "data"];
    let names = names.map(str::to_owned).to_vec();
    for named in walk::named_nodes(container, path, names, cancel).await {
        cancel.check()?;
        if named.name == "data" {
            take_data(container, &mut note, &named, cancel).await;
            continue;
        }
        let attribute = group.attribute(&named.name).and_then(Value::as_text);
        let text = match said(container, &named, cancel).await {
            Ok(text) => text.or_else(|| attribute.map(str::to_owned)),
            Err(why) => {
                note.remarks.push(Remark::new(&named.path, why));
                None
            }
        };
        let text = text.unwrap_or_default();
        match named.name.as_str() {
            "type" => note.media_type = text,
            "description" => note.description = text,
            "file_name" => note.file_name = text,
            "author" => note.author = text,
            _ => note.date = text,
        }
    }
    Ok(Some(note))
}

async fn take_data(
    container: &dyn Container,
    note: &mut Note,
    named: &walk::Named,
    cancel: &Cancel,
) {
    let why = match &named.node {
        Err(error) => format!("the note has no document: {}", error.why),
        Ok(node) => match &node.kind {
            NodeKind::Dataset(info) => match &info.unreadable {
                Some(why) => why.clone(),
                None => match container.dataset(&named.path, cancel).await {
                    Ok(dataset) => {
                        note.data = Some(dataset);
                        return;
                    }
                    Err(error) => error.why,
                },
            },
            _ => "it is not a dataset".to_owned(),
        },
    };
    note.remarks.push(Remark::new(&named.path, why));
}

/// A short text beside the document; none where there is no such field, why not where it cannot be taken.
async fn said(
    container: &dyn Container,
    named: &walk::Named,
    cancel: &Cancel,
) -> Result<Option<String>, String> {
    if !named.is_dataset() {
        return Ok(None);
    }
    let dataset = container.dataset(&named.path, cancel).await;
    let dataset = dataset.map_err(|error| error.why)?;
    let stored = dataset.stored_bytes();
    let size = stored.map_or(Some(0), |bytes| {
        let shape = &bytes.info().shape;
        shape
            .iter()
            .try_fold(1_u64, |product, &axis| product.checked_mul(axis))
    });
    if size.is_none_or(|size| size > SAID_BYTES) {
        let name = path::name(&named.path);
        return Err(format!(
            "\"{name}\" is too long to be shown beside the note"
        ));
    }
    Ok(walk::one_text(container, &named.path, cancel).await)
}
