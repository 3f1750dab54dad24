//! The nodes of a file, as many as there are.

use std::sync::Arc;

use hutch_model::{Child, Container, ErrorKind, Link, Node, NodeKind, Result};
use serde_json::{Map, Value as Json, json};

use super::list::List;
use crate::cli::context::Context;
use crate::cli::out;

/// Nodes that are asked for together: one round trip or few, and little memory.
const SIDE_BY_SIDE: usize = 4096;

/// A group whose children are being told.
struct Level {
    path: String,
    /// What [`Container::identity`] says of it.
    identity: Option<String>,
    children: Arc<[Child]>,
    /// How many were asked for.
    asked: usize,
    /// Those that were asked for and are not told, the next one last.
    nodes: Vec<Result<Node>>,
}

impl Level {
    fn open(context: &Context, container: &dyn Container, path: String) -> Result<Self> {
        let children = container.children(&path, &context.cancel);
        let identity = container.identity(&path, &context.cancel);
        Ok(Self {
            children: context.pools.wait(children)?,
            identity: context.pools.wait(identity),
            path,
            asked: 0,
            nodes: Vec::new(),
        })
    }

    /// Whether it is the same group, by another path.
    fn is(&self, other: &Self) -> bool {
        self.identity.is_some() && self.identity == other.identity
    }

    fn path_of(&self, child: &Child) -> String {
        format!("{}/{}", self.path.trim_end_matches('/'), child.name)
    }

    /// The next child; many are asked for together.
    fn next(
        &mut self,
        context: &Context,
        container: &dyn Container,
    ) -> Result<Option<(Child, Result<Node>)>> {
        context.cancel.check()?;
        if self.nodes.is_empty() {
            let end = self.children.len().min(self.asked + SIDE_BY_SIDE);
            let next = self.children.get(self.asked..end).unwrap_or_default();
            let paths: Vec<String> = next.iter().map(|child| self.path_of(child)).collect();
            self.nodes = context.pools.wait(container.nodes(&paths, &context.cancel));
            self.nodes.reverse();
            self.asked = end;
        }
        let at = self.asked - self.nodes.len();
        let child = self.children.get(at).cloned();
        Ok(child.zip(self.nodes.pop()))
    }
}

/// Tells what is below a group, level by level. Links to groups are told and not
/// followed, since they may lead in a circle; so are groups that lie above themselves.
///
/// # Errors
/// Those of reading the group; a group below that cannot be read is noted.
pub(super) fn nodes_below(
    context: &Context,
    container: &dyn Container,
    path: &str,
    depth: u32,
    list: &mut List,
) -> Result<()> {
    let mut levels = vec![Level::open(context, container, path.to_owned())?];
    while let Some(level) = levels.last_mut() {
        let Some((child, node)) = level.next(context, container)? else {
            levels.pop();
            if !levels.is_empty() {
                list.up()?;
            }
            continue;
        };
        let is_group = matches!(&node, Ok(node) if matches!(node.kind, NodeKind::Group));
        let path = level.path_of(&child);
        let goes_down = is_group && child.link == Link::Hard && levels.len() < depth as usize;
        let mut told = node_json(&child.name, &child.link, &node);
        let below = match goes_down.then(|| Level::open(context, container, path)) {
            None => None,
            Some(Err(error)) if error.kind == ErrorKind::Cancelled => return Err(error),
            Some(Err(error)) => {
                out::note(error.to_string());
                None
            }
            Some(Ok(below)) => match levels.iter().find(|level| below.is(level)) {
                Some(same) => {
                    let state = format!("the group \"{}\" above; it goes in a circle", same.path);
                    told.insert("state".to_owned(), json!(state));
                    None
                }
                None => Some(below),
            },
        };
        list.child(told, below.is_some())?;
        levels.extend(below);
    }
    Ok(())
}

/// A node in JSON.
pub(super) fn node_json(name: &str, link: &Link, node: &Result<Node>) -> Map<String, Json> {
    let mut child = Map::new();
    child.insert("name".to_owned(), json!(name));
    match link {
        Link::Hard => {}
        Link::Soft(target) => {
            child.insert("target".to_owned(), json!(target));
        }
        Link::External { file, path } => {
            child.insert("target".to_owned(), json!(format!("{file}::{path}")));
        }
    }
    let node = match node {
        Ok(node) => node,
        Err(error) => {
            let kind = if *link == Link::Hard {
                "unreadable"
            } else {
                "link"
            };
            child.insert("kind".to_owned(), json!(kind));
            child.insert("state".to_owned(), json!(error.why));
            return child;
        }
    };
    if let Some(class) = node.nx_class() {
        child.insert("nx_class".to_owned(), json!(class));
    }
    let kind = match &node.kind {
        NodeKind::Group => "group",
        NodeKind::NamedType => "type",
        NodeKind::Dataset(info) => {
            child.insert("shape".to_owned(), json!(info.shape));
            child.insert("dtype".to_owned(), json!(info.element.to_string()));
            child.insert("size".to_owned(), json!(info.size_bytes));
            if let Some(why) = &info.unreadable {
                child.insert("state".to_owned(), json!(why));
            }
            "dataset"
        }
    };
    child.insert("kind".to_owned(), json!(kind));
    child
}
