//! The rule of NeXus v1: fields that say themselves which axis they are.

use hutch_model::{Cancel, Container, DatasetInfo, Node, NodeKind};

use super::Wanted;
use crate::nexus::walk::{self, Named};

/// Axes of deprecated files are sought among so many fields at most.
const FIELD_LIMIT: usize = 256;

/// Fields with the attribute `axis`, counted from 1, the one with `primary`
/// first. Writers disagree about which dimension 1 is; the sizes decide, and
/// the slowest wins where both fit.
pub(super) async fn by_field(
    container: &dyn Container,
    group: &Node,
    info: &DatasetInfo,
    cancel: &Cancel,
) -> Vec<Wanted> {
    let rank = info.shape.len();
    let Ok(children) = walk::children_of(container, &group.path, 0, cancel).await else {
        return Vec::new();
    };
    let mut fields: Vec<(bool, usize, u64, &Named)> = children
        .iter()
        .take(FIELD_LIMIT)
        .filter_map(|named| {
            let node = named.found()?;
            let NodeKind::Dataset(values) = &node.kind else {
                return None;
            };
            let [size] = values.shape.as_slice() else {
                return None;
            };
            let [number] = walk::indices(node.attribute("axis")?)?[..] else {
                return None;
            };
            let is_primary = node.attribute("primary").is_some_and(walk::is_one);
            Some((is_primary, number.checked_sub(1)?, *size, named))
        })
        .collect();
    fields.sort_by_key(|(is_primary, ..)| !is_primary);
    let mut wanted = Vec::new();
    for (_, position, size, named) in fields {
        let fits = |dimension: &usize| {
            info.shape
                .get(*dimension)
                .is_some_and(|&length| size == length || length.checked_add(1) == Some(size))
        };
        let orders = [Some(position), rank.checked_sub(position.saturating_add(1))];
        if let Some(dimension) = orders.into_iter().flatten().find(fits) {
            wanted.push(Wanted {
                name: named.name.clone(),
                dimension,
                spans: Vec::new(),
            });
        }
    }
    wanted
}
