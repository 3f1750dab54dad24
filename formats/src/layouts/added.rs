//! Nodes that a layout adds to a file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

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

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<dyn Dataset>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that a layout adds to a file.
#[derive(Debug)]
pub(super) struct Additions {
    /// The layout, as in `Eiger master`.
    pub(super) layout: &'static str,
    nodes: BTreeMap<String, Added>,
}

impl Additions {
    pub(super) fn new(layout: &'static str) -> Self {
        Self {
            layout,
            nodes: BTreeMap::new(),
        }
    }

    /// Adds a group; the groups above it must be there.
    pub(super) fn group(&mut self, path: &str, attributes: &[(&str, &str)]) {
        let attributes = attributes
            .iter()
            .map(|(name, text)| self.attribute(name, text));
        let group = Added::Group(attributes.collect());
        self.nodes.insert(path::normal(path), group);
    }

    /// Adds a dataset; the groups above it must be there.
    pub(super) fn dataset(&mut self, path: &str, recipe: Box<dyn Recipe>) {
        let made = Mutex::new(None);
        let dataset = Added::Dataset(Made { recipe, made });
        self.nodes.insert(path::normal(path), dataset);
    }

    fn attribute(&self, name: &str, text: &str) -> Attribute {
        Attribute {
            name: name.to_owned(),
            value: Value::Text(text.to_owned()),
            stored: format!("not in the file: {}", self.layout),
        }
    }

    /// Whether there is a node at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    /// The children that it adds to a group.
    pub(super) fn children(&self, group: &str) -> Vec<Child> {
        let group = path::normal(group);
        self.nodes
            .keys()
            .filter(|path| path::parent(path) == group)
            .map(|path| Child {
                name: path::name(path).to_owned(),
                link: Link::Hard,
            })
            .collect()
    }

    /// The node at a path.
    pub(super) async fn node(&self, path: &str, cancel: &Cancel) -> Option<Result<Node>> {
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

    /// The dataset at a path.
    pub(super) async fn open(
        &self,
        path: &str,
        cancel: &Cancel,
    ) -> Option<Result<Arc<dyn Dataset>>> {
        match self.nodes.get(path)? {
            Added::Group(_) => None,
            Added::Dataset(made) => Some(made.dataset(cancel).await),
        }
    }

    /// Whether datasets must be asked for again; those whose parts changed, or
    /// all when the file itself did, are forgotten.
    pub(super) async fn refresh(&self, is_file_changed: bool, cancel: &Cancel) -> Result<bool> {
        let mut is_changed = is_file_changed;
        for node in self.nodes.values() {
            if let Added::Dataset(made) = node
                && (made.recipe.refresh(cancel).await? || is_file_changed)
            {
                *made.lock() = None;
                is_changed = true;
            }
        }
        Ok(is_changed)
    }
}
