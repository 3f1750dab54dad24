//! A file with the nodes that its layout adds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hutch_model::{
    BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Neighbours, Node, Origin,
    Refreshed, Result,
};

use super::added::Additions;
use crate::path;

/// A container whose own nodes stay as they are, with others beside them.
#[derive(Debug)]
pub(super) struct Layered {
    file: Arc<dyn Container>,
    neighbours: Arc<dyn Neighbours>,
    additions: Mutex<Option<Arc<Additions>>>,
    format: String,
}

impl Layered {
    pub(super) fn new(
        file: Arc<dyn Container>,
        neighbours: Arc<dyn Neighbours>,
        additions: Option<Arc<Additions>>,
    ) -> Self {
        let format = match &additions {
            Some(additions) => format!("{}, {}", file.format(), additions.layout),
            None => file.format().to_owned(),
        };
        Self {
            file,
            neighbours,
            additions: Mutex::new(additions),
            format,
        }
    }

    fn additions(&self) -> Option<Arc<Additions>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Additions>>> {
        self.additions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The file's own children first, then those that are added.
    async fn list(&self, group: &str, cancel: &Cancel) -> Result<Arc<[Child]>> {
        let Some(additions) = self.additions() else {
            return self.file.children(group, cancel).await;
        };
        let normal = path::normal(group);
        if let Some(children) = additions.children(&normal, cancel).await {
            return children;
        }
        let added = additions.beside(&normal);
        let own = self.file.children(group, cancel).await?;
        if added.is_empty() {
            return Ok(own);
        }
        let mut children = own.to_vec();
        for child in added {
            if !own.iter().any(|known| known.name == child.name) {
                children.push(child);
            }
        }
        Ok(children.into())
    }

    async fn read_nodes(&self, paths: &[String], cancel: &Cancel) -> Vec<Result<Node>> {
        let Some(additions) = self.additions() else {
            return self.file.nodes(paths, cancel).await;
        };
        let is_added = |asked: &str| additions.has(&path::normal(asked));
        let of_file: Vec<String> = paths
            .iter()
            .filter(|asked| !is_added(asked))
            .cloned()
            .collect();
        let mut read = self.file.nodes(&of_file, cancel).await.into_iter();
        let mut nodes = Vec::with_capacity(paths.len());
        for asked in paths {
            let normal = path::normal(asked);
            if let Some(node) = additions.node(&normal, cancel).await {
                nodes.push(node);
                continue;
            }
            let node = read.next().unwrap_or_else(|| {
                let tried = format!("open \"{asked}\"");
                Err(Error::new(ErrorKind::Internal, tried, "no answer came"))
            });
            nodes.push(node.map(|node| with_default(node, &normal, &additions)));
        }
        nodes
    }

    async fn open_dataset(&self, asked: &str, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        if let Some(additions) = self.additions()
            && let Some(dataset) = additions.open(&path::normal(asked), cancel).await
        {
            return dataset;
        }
        self.file.dataset(asked, cancel).await
    }

    async fn look_again(&self, cancel: &Cancel) -> Result<Refreshed> {
        let of_file = self.file.refresh(cancel).await?;
        match self.additions() {
            Some(additions) => {
                let is_changed = of_file == Refreshed::Changed;
                let is_changed = additions.refresh(is_changed, cancel).await?;
                Ok(if is_changed {
                    Refreshed::Changed
                } else {
                    Refreshed::Same
                })
            }
            // A file that is being written may become what it was not.
            None if of_file == Refreshed::Changed => {
                let found = super::look(&self.file, &self.neighbours, cancel).await?;
                *self.lock() = found;
                Ok(of_file)
            }
            None => Ok(of_file),
        }
    }
}

/// The root with the default of the layout, where it has none itself.
fn with_default(mut node: Node, path: &str, additions: &Additions) -> Node {
    if path == "/"
        && node.attribute("default").is_none()
        && let Some(default) = additions.default_attribute()
    {
        node.attributes.push(default);
    }
    node
}

impl Container for Layered {
    fn origin(&self) -> &Origin {
        self.file.origin()
    }

    fn format(&self) -> &str {
        &self.format
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(self.list(path, cancel))
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        Box::pin(self.read_nodes(paths, cancel))
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(self.open_dataset(path, cancel))
    }

    fn identity<'a>(&'a self, path: &'a str, cancel: &'a Cancel) -> BoxFuture<'a, Option<String>> {
        // What a layout adds is in no file and has none.
        self.file.identity(path, cancel)
    }

    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Refreshed>> {
        Box::pin(self.look_again(cancel))
    }
}
