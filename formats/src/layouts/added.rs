//! Nodes that a layout adds to a file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hutch_model::{
    Attribute, BoxFuture, Cancel, Child, Dataset, Link, Node, NodeKind, Result, Value,
};

use crate::path;

/// How a dataset that is not in the file comes about.
pub(super) trait Recipe: Send + Sync + fmt::Debug {
    /// Puts it together; opens as few other files as it can.
    fn make<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Arc<dyn Dataset>>>;

    /// Its attributes.
    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }

    /// What is known to be missing of it, in words.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether what was made before is no longer right.
    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<bool>> {
        let _ = cancel;
        Box::pin(async { Ok(false) })
    }
}

/// A whole tree of nodes that is looked up when somebody asks. Paths are given
/// from its root, without a leading slash; the root is empty.
pub(super) trait Mirror: Send + Sync + fmt::Debug {
    /// The names under a group.
    fn children<'a>(
        &'a self,
        rest: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>>;

    /// A node; its path is put right by who asks.
    fn node<'a>(&'a self, rest: &'a str, cancel: &'a Cancel) -> BoxFuture<'a, Result<Node>>;

    /// A dataset.
    fn dataset<'a>(
        &'a self,
        rest: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>>;

    /// Whether files came or went, so that everything must be asked for again.
    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<bool>>;
}

/// A node beside those of the file.
#[derive(Debug)]
enum Added {
    Group(Vec<Attribute>),
    Dataset(Made),
}

/// A dataset that is made by the first who asks for it.
#[derive(Debug)]
struct Made {
    recipe: Box<dyn Recipe>,
    made: Mutex<Option<Arc<dyn Dataset>>>,
}

impl Made {
    async fn dataset(&self, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        if let Some(dataset) = self.lock().clone() {
            return Ok(dataset);
        }
        let dataset = self.recipe.make(cancel).await?;
        *self.lock() = Some(Arc::clone(&dataset));
        Ok(dataset)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<dyn Dataset>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that a layout adds to a file.
#[derive(Debug)]
pub(super) struct Additions {
    /// The layout, as in `Eiger master`.
    pub(super) layout: &'static str,
    nodes: BTreeMap<String, Added>,
    mirror: Option<(&'static str, Box<dyn Mirror>)>,
    default: Option<String>,
}

impl Additions {
    pub(super) fn new(layout: &'static str) -> Self {
        Self {
            layout,
            nodes: BTreeMap::new(),
            mirror: None,
            default: None,
        }
    }

    /// Adds a group; the groups above it must be there.
    pub(super) fn group(&mut self, path: &str, attributes: &[(&str, &str)]) {
        let attributes = attributes
            .iter()
            .map(|(name, text)| attribute(self.layout, name, text));
        let group = Added::Group(attributes.collect());
        self.nodes.insert(path::normal(path), group);
    }

    /// Adds a dataset; the groups above it must be there.
    pub(super) fn dataset(&mut self, path: &str, recipe: Box<dyn Recipe>) {
        let made = Mutex::new(None);
        let dataset = Added::Dataset(Made { recipe, made });
        self.nodes.insert(path::normal(path), dataset);
    }

    /// Adds a whole tree, in a group of the root.
    pub(super) fn mirror(&mut self, group: &'static str, mirror: Box<dyn Mirror>) {
        self.mirror = Some((group, mirror));
    }

    /// What to plot where the root itself does not say it.
    pub(super) fn plot(&mut self, path: &str) {
        self.default.get_or_insert_with(|| path.to_owned());
    }

    /// The attribute `default` for a root that has none.
    pub(super) fn default_attribute(&self) -> Option<Attribute> {
        let default = self.default.as_ref()?;
        Some(attribute(self.layout, "default", default))
    }

    /// Whether a node is added here, and all that is below it.
    pub(super) fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path) || self.mirrored(path).is_some()
    }

    fn mirrored<'a>(&'a self, path: &'a str) -> Option<(&'a dyn Mirror, &'a str)> {
        let (group, mirror) = self.mirror.as_ref()?;
        let rest = path.strip_prefix(group)?;
        let is_inside = rest.is_empty() || rest.starts_with('/');
        is_inside.then_some((&**mirror, rest.trim_start_matches('/')))
    }

    /// The children that it adds to a group of the file.
    pub(super) fn beside(&self, group: &str) -> Vec<Child> {
        let mirror = self.mirror.iter().map(|(group, _)| *group);
        self.nodes
            .keys()
            .map(String::as_str)
            .chain(mirror)
            .filter(|path| path::parent(path) == group)
            .map(|path| Child {
                name: path::name(path).to_owned(),
                link: Link::Hard,
            })
            .collect()
    }

    /// The children of a group that is added itself.
    pub(super) async fn children(
        &self,
        group: &str,
        cancel: &Cancel,
    ) -> Option<Result<Arc<[Child]>>> {
        if let Some((mirror, rest)) = self.mirrored(group) {
            return Some(mirror.children(rest, cancel).await);
        }
        let is_added = self.nodes.contains_key(group);
        is_added.then(|| Ok(self.beside(group).into()))
    }

    /// The node at a path that is added.
    pub(super) async fn node(&self, path: &str, cancel: &Cancel) -> Option<Result<Node>> {
        if let Some((mirror, rest)) = self.mirrored(path) {
            let node = mirror.node(rest, cancel).await;
            let path = path.to_owned();
            return Some(node.map(|node| Node { path, ..node }));
        }
        let node = |kind, attributes, problems| Node {
            path: path.to_owned(),
            kind,
            attributes,
            problems,
        };
        Some(match self.nodes.get(path)? {
            Added::Group(attributes) => Ok(node(NodeKind::Group, attributes.clone(), Vec::new())),
            Added::Dataset(made) => made.dataset(cancel).await.map(|dataset| {
                node(
                    NodeKind::Dataset(dataset.info().clone()),
                    made.recipe.attributes(),
                    made.recipe.problems(),
                )
            }),
        })
    }

    /// The dataset at a path that is added.
    pub(super) async fn open(
        &self,
        path: &str,
        cancel: &Cancel,
    ) -> Option<Result<Arc<dyn Dataset>>> {
        if let Some((mirror, rest)) = self.mirrored(path) {
            return Some(mirror.dataset(rest, cancel).await);
        }
        match self.nodes.get(path)? {
            Added::Group(_) => None,
            Added::Dataset(made) => Some(made.dataset(cancel).await),
        }
    }

    /// Whether datasets must be asked for again; those whose parts changed, or
    /// all when the file itself did, are forgotten.
    pub(super) async fn refresh(&self, is_file_changed: bool, cancel: &Cancel) -> Result<bool> {
        let mut is_all = is_file_changed;
        if let Some((_, mirror)) = &self.mirror {
            is_all |= mirror.refresh(cancel).await?;
        }
        let mut is_changed = is_all;
        for node in self.nodes.values() {
            if let Added::Dataset(made) = node
                && (made.recipe.refresh(cancel).await? || is_all)
            {
                *made.lock() = None;
                is_changed = true;
            }
        }
        Ok(is_changed)
    }
}

/// An attribute that says where it comes from.
pub(super) fn attribute(layout: &str, name: &str, text: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        value: Value::Text(text.to_owned()),
        stored: format!("not in the file: {layout}"),
    }
}
