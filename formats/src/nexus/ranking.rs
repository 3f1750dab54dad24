//! Guessing what to show where a file does not say it.

use std::collections::VecDeque;

use hutch_model::{Cancel, Container, DatasetInfo, NodeKind, Remark, Result};

use super::walk::{self, Named};

/// Where data lies in common layouts that do not follow NXdata.
const KNOWN_PATHS: [&str; 7] = [
    "/entry/data/data",
    "/exchange/data",
    "/entry_1/data_1/data",
    "/entry_0000/measurement/data",
    "/entry/instrument/detector/data",
    "/entry/data/data_000001",
    "/data/data",
];
const GROUP_LIMIT: usize = 256;
const NODE_LIMIT: usize = 4096;
const DEPTH_LIMIT: usize = 8;
const EXTERNAL_LIMIT: usize = 4;
/// Datasets that cannot be read and are told.
const UNREADABLE_LIMIT: usize = 4;

/// A dataset that was guessed, and why.
#[derive(Debug)]
pub(crate) struct Guess {
    pub(crate) path: String,
    pub(crate) rule: String,
}

/// The field of a group that looks most like its signal.
pub(crate) fn likely_signal(children: &[Named]) -> Option<&Named> {
    let by_name = named_like_signal(children);
    let numbered = || {
        children
            .iter()
            .filter(|child| child.name.starts_with("data_"))
            .filter(|child| child.name[5..].bytes().all(|byte| byte.is_ascii_digit()))
            .min_by(|one, other| one.name.cmp(&other.name))
    };
    let largest = || {
        children
            .iter()
            .filter_map(|child| match &child.found()?.kind {
                NodeKind::Dataset(info) => score(info).map(|score| (score, child)),
                _ => None,
            })
            .filter(|((rank, _), _)| *rank > 0)
            .max_by_key(|(score, _)| *score)
            .map(|(_, child)| child)
    };
    by_name.or_else(numbered).or_else(largest)
}

/// The field of a group that has the name that signals have.
pub(crate) fn named_like_signal(children: &[Named]) -> Option<&Named> {
    ["data", "counts", "intensity", "image"]
        .iter()
        .find_map(|name| children.iter().find(|child| child.name == *name))
}

/// How much a dataset looks like data: whether it holds images, then its size.
fn score(info: &DatasetInfo) -> Option<(u8, u64)> {
    if !info.element.is_numeric() || info.unreadable.is_some() {
        return None;
    }
    let count = info
        .shape
        .iter()
        .fold(1u64, |product, &size| product.saturating_mul(size));
    let rank = match info.shape.as_slice() {
        [.., height, width] if *height > 1 && *width > 1 => 2,
        [.., length] if *length > 1 => 1,
        _ => 0,
    };
    Some((rank, count))
}

/// The best guess under a group: a known path, or the largest dataset with
/// images; lists only where `allow_lists`. Beside it the first datasets that cannot be read.
pub(crate) async fn guess(
    container: &dyn Container,
    start: &str,
    allow_lists: bool,
    cancel: &Cancel,
) -> Result<(Option<Guess>, Vec<Remark>)> {
    if start == "/"
        && let Some(guess) = known(container, cancel).await
    {
        return Ok((Some(guess), Vec::new()));
    }
    let mut unreadable = Vec::new();
    let mut best: Option<((u8, u64), String)> = None;
    let mut queue = VecDeque::from([(start.to_owned(), 0)]);
    let (mut groups, mut nodes) = (0, 0);
    while let Some((group, depth)) = queue.pop_front() {
        cancel.check()?;
        groups += 1;
        if groups > GROUP_LIMIT || nodes > NODE_LIMIT {
            break;
        }
        // A group that cannot be listed hides only itself.
        let Ok(children) = walk::children_of(container, &group, EXTERNAL_LIMIT, cancel).await
        else {
            continue;
        };
        nodes += children.len();
        for child in children {
            match child.found().map(|node| &node.kind) {
                Some(NodeKind::Group) if depth < DEPTH_LIMIT => {
                    queue.push_back((child.path, depth + 1));
                }
                Some(NodeKind::Dataset(info)) => {
                    if let Some(why) = &info.unreadable
                        && unreadable.len() < UNREADABLE_LIMIT
                    {
                        let what = format!("\"{}\" cannot be shown: {why}", child.path);
                        unreadable.push(Remark::new(&child.path, what));
                    }
                    let least = if allow_lists { 1 } else { 2 };
                    if let Some(score) = score(info).filter(|(rank, _)| *rank >= least)
                        && best.as_ref().is_none_or(|(had, _)| score > *had)
                    {
                        best = Some((score, child.path));
                    }
                }
                _ => {}
            }
        }
    }
    let best = best.map(|((rank, _), path)| Guess {
        rule: if rank == 2 {
            "no NeXus default; the largest dataset with images".to_owned()
        } else {
            "no NeXus default and no images; the longest list of numbers".to_owned()
        },
        path,
    });
    Ok((best, unreadable))
}

async fn known(container: &dyn Container, cancel: &Cancel) -> Option<Guess> {
    let paths = KNOWN_PATHS.map(str::to_owned);
    let nodes = container.nodes(&paths, cancel).await;
    paths.into_iter().zip(nodes).find_map(|(path, node)| {
        let NodeKind::Dataset(info) = node.ok()?.kind else {
            return None;
        };
        score(&info).filter(|(rank, _)| *rank == 2)?;
        Some(Guess {
            rule: format!("no NeXus default; \"{path}\" is where its layout keeps data"),
            path,
        })
    })
}
