//! References as the paths of the objects that they point at.
//!
//! A file stores the address of an object, from which no way leads back to its
//! name. Where references are shown, the tree of the file is walked once,
//! nearest to the root first, and the first path to each object is kept, as far
//! as a budget of links allows; what lies beyond stays an address.

use std::collections::HashMap;
use std::sync::Arc;

use hutch_hdf5::{LinkTarget, Reference, Value as Stored};
use hutch_model::{Cancel, Result};

use super::places::OpenFile;

/// Links that are followed in search of names.
const LINK_BUDGET: usize = 1 << 14;
/// Groups that are listed together.
const BATCH: usize = 1 << 10;

/// The paths of objects, by address.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<u64, String>);

impl Names {
    /// The names that values need: none where there is no reference among them,
    /// or where the tree cannot be walked.
    pub(super) async fn of_values<'a>(
        values: impl IntoIterator<Item = &'a Stored>,
        file: &OpenFile,
        cancel: &Cancel,
    ) -> Arc<Self> {
        if !values.into_iter().any(has_references) {
            return Arc::default();
        }
        let names = file.names.get(walk(file, cancel)).await;
        names.unwrap_or_default()
    }

    /// A reference in words, with the path of its object where that is known.
    pub(super) fn describe(&self, reference: &Reference) -> String {
        match reference {
            Reference::Null => "no reference".to_owned(),
            Reference::Object(address) => match self.0.get(address) {
                Some(path) => format!("reference to \"{path}\""),
                None => format!("reference to the object at byte {address}"),
            },
            Reference::Region { object, .. } => match self.0.get(object) {
                Some(path) => format!("reference to a region of \"{path}\""),
                None => format!("reference to a region of the dataset at byte {object}"),
            },
            Reference::Attribute { object, name } => match self.0.get(object) {
                Some(path) => format!("reference to the attribute \"{name}\" of \"{path}\""),
                None => {
                    format!("reference to the attribute \"{name}\" of the object at byte {object}")
                }
            },
            // Addresses in another file have no names here.
            Reference::External { file, target } => {
                format!("{} in \"{file}\"", Self::default().describe(target))
            }
        }
    }
}

fn has_references(values: &Stored) -> bool {
    match values {
        Stored::Reference(_) => true,
        Stored::Array { values, .. } => has_references(values),
        Stored::Record(columns) => columns.iter().any(|(_, values)| has_references(values)),
        Stored::List(lists) => lists.iter().any(has_references),
        _ => false,
    }
}

/// The first path to each object, level by level.
async fn walk(file: &OpenFile, cancel: &Cancel) -> Result<Names> {
    let root = file.file.root();
    let mut names = HashMap::from([(root, "/".to_owned())]);
    let mut level = vec![root];
    let mut followed = 0_usize;
    while !level.is_empty() {
        let mut next = Vec::new();
        for groups in level.chunks(BATCH) {
            // What is no group has no links.
            let tables = file.tables(groups, cancel).await?;
            for group in groups {
                let Some(Ok(table)) = tables.get(group) else {
                    continue;
                };
                let above = names.get(group).cloned().unwrap_or_default();
                for link in table.links() {
                    followed += 1;
                    if followed > LINK_BUDGET {
                        return Ok(Names(names));
                    }
                    let LinkTarget::Hard(address) = link.target else {
                        continue;
                    };
                    names.entry(address).or_insert_with(|| {
                        next.push(address);
                        format!("{}/{}", above.trim_end_matches('/'), link.name)
                    });
                }
            }
        }
        level = next;
    }
    Ok(Names(names))
}
