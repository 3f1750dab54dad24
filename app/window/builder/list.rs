//! The datasets of a file that a plot can be put together from.

use std::collections::VecDeque;
use std::sync::Arc;

use hutch_model::{Cancel, Container, ElementType, Link, NodeKind, Result};

use crate::window::file_tree::join;

/// Datasets that are listed at most.
const DATASETS: usize = 20_000;
/// Groups that are looked into at most.
const GROUPS: usize = 4096;
/// Nodes whose kind is asked for at once.
const BATCH: usize = 256;

/// A dataset that may be a part of a plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: String,
    pub(super) shape: Vec<u64>,
    pub(super) is_text: bool,
}

/// Lists the datasets of numbers and words, level by level; links into other
/// files are left alone, since each may cost opening a file.
///
/// # Errors
/// Only when the work was cancelled; a group that cannot be read hides itself.
pub(super) async fn list(
    container: Arc<dyn Container>,
    cancel: Cancel,
) -> Result<Arc<[Candidate]>> {
    let mut found = Vec::new();
    let mut groups = VecDeque::from(["/".to_owned()]);
    let mut opened = 0;
    while let Some(group) = groups.pop_front() {
        cancel.check()?;
        opened += 1;
        if opened > GROUPS || found.len() >= DATASETS {
            break;
        }
        let Ok(children) = container.children(&group, &cancel).await else {
            continue;
        };
        let here = children
            .iter()
            .filter(|child| !matches!(child.link, Link::External { .. }));
        // Soft links may lead in a circle: what they name is listed, groups are not.
        let named: Vec<(String, bool)> = here
            .map(|child| (join(&group, &child.name), child.link == Link::Hard))
            .collect();
        for batch in named.chunks(BATCH) {
            cancel.check()?;
            let paths: Vec<String> = batch.iter().map(|(path, _)| path.clone()).collect();
            let nodes = container.nodes(&paths, &cancel).await;
            for ((path, is_hard), node) in batch.iter().zip(nodes) {
                match node.map(|node| node.kind) {
                    Ok(NodeKind::Group) if *is_hard => groups.push_back(path.clone()),
                    Ok(NodeKind::Dataset(info)) => {
                        let is_text = info.element == ElementType::Text;
                        if info.unreadable.is_none() && (is_text || info.element.is_numeric()) {
                            found.push(Candidate {
                                path: path.clone(),
                                shape: info.shape,
                                is_text,
                            });
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    found.truncate(DATASETS);
    Ok(found.into())
}
