//! Writing new files: the metadata first, then data at known places.
//!
//! A [`Writer`] is told of all groups, attributes and datasets; its [`Plan`] holds the bytes of the
//! metadata and where each dataset lies. The caller makes a file of [`Plan::file_size`] (sparse), writes
//! [`Plan::parts`], and then writes slabs at [`DatasetLocation::offset`] in any order and from as many
//! tasks as it likes: the file is valid from the first moment, and what is not written yet is zero.
//!
//! Chunks whose compressed size is known only when they come are written with [`Writer::grow`]; see
//! [`Growing`] for why a file whose writer was killed is valid then as well.
//!
//! Files have a superblock of version 2, and are read by libhdf5 1.10 and newer.

mod bytes_out;
mod chunks;
mod growing;
mod heap;
mod index;
mod layout;
mod message;
mod node;
mod spec;
mod texts;
mod types;

pub use growing::Growing;
pub use spec::{
    AttributeValue, DatasetLocation, DatasetSpec, Plan, Storage, TextStorage, WriteError,
};

use node::{Dataset, NewLink, Node, checked};
use texts::texts_checked;

/// What a new file shall hold.
#[derive(Debug)]
pub struct Writer {
    /// The first is the root group.
    nodes: Vec<Node>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// An empty file.
    pub fn new() -> Self {
        Self {
            nodes: vec![Node {
                path: "/".to_owned(),
                link_count: 1,
                ..Node::default()
            }],
        }
    }

    /// Makes a group, with all groups above it; one that exists already is kept.
    ///
    /// # Errors
    /// [`WriteError::Path`] when a part of the path is a dataset or a soft link.
    pub fn group(&mut self, path: &str) -> Result<(), WriteError> {
        self.group_node(&names(path), path).map(|_| ())
    }

    /// Makes a dataset, with all groups above it.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::Shape`] when the parts of `spec` do not
    /// fit each other.
    pub fn dataset(&mut self, path: &str, spec: DatasetSpec) -> Result<(), WriteError> {
        let dataset = checked(path, spec)?;
        self.dataset_node(path, dataset)
    }

    /// Sets an attribute of a group or dataset that exists.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], and [`WriteError::TooLarge`] when it has more than about 60 KiB.
    pub fn attribute(
        &mut self,
        path: &str,
        name: &str,
        value: AttributeValue,
    ) -> Result<(), WriteError> {
        let count = match &value {
            AttributeValue::Texts(texts) => texts.len() * 16,
            AttributeValue::Ints(values) => values.len() * 8,
            AttributeValue::Floats(values) => values.len() * 8,
            _ => 16,
        };
        if count + name.len() > 60_000 {
            return Err(WriteError::TooLarge(name.to_owned()));
        }
        let index = self.find(path)?;
        self.nodes[index].attributes.insert(name.to_owned(), value);
        Ok(())
    }

    /// Makes a soft link at `path` to `target`.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::TooLarge`].
    pub fn soft_link(&mut self, path: &str, target: &str) -> Result<(), WriteError> {
        self.link(path, NewLink::Soft(target.to_owned()))
    }

    /// Makes a link at `path` to `target_path` in another file.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::TooLarge`].
    pub fn external_link(
        &mut self,
        path: &str,
        file: &str,
        target_path: &str,
    ) -> Result<(), WriteError> {
        self.link(
            path,
            NewLink::External {
                file: file.to_owned(),
                path: target_path.to_owned(),
            },
        )
    }

    /// Makes a second name at `path` for the object at `target`.
    ///
    /// # Errors
    /// [`WriteError::Path`] when the path exists, [`WriteError::NotFound`] when the target does not.
    pub fn hard_link(&mut self, path: &str, target: &str) -> Result<(), WriteError> {
        let index = self.find(target)?;
        self.link(path, NewLink::Hard(index))?;
        self.nodes[index].link_count += 1;
        Ok(())
    }

    /// Makes a dataset of strings, with all groups above it.
    ///
    /// # Errors
    /// Those of [`Self::dataset`], and [`WriteError::Text`] for a text with a zero byte.
    pub fn texts(
        &mut self,
        path: &str,
        shape: &[u64],
        texts: &[String],
        storage: TextStorage,
    ) -> Result<(), WriteError> {
        let dataset = texts_checked(path, shape, texts, storage)?;
        self.dataset_node(path, dataset)
    }

    /// Lays out the file.
    ///
    /// # Errors
    /// [`WriteError::TooLarge`] when a name, or the header of an object, is too large.
    pub fn plan(mut self) -> Result<Plan, WriteError> {
        Ok(layout::plan(&mut self.nodes)?.0)
    }

    /// Lays out a file whose compressed chunks come one by one.
    ///
    /// # Errors
    /// Those of [`Self::plan`].
    pub fn grow(mut self) -> Result<Growing, WriteError> {
        let (plan, data) = layout::plan(&mut self.nodes)?;
        Ok(Growing::new(self.nodes, plan, data))
    }

    fn dataset_node(&mut self, path: &str, dataset: Dataset) -> Result<(), WriteError> {
        let node = Node {
            path: full(path),
            dataset: Some(dataset),
            link_count: 1,
            ..Node::default()
        };
        let names = names(path);
        // The groups above come first, so that the index of the dataset is known.
        self.group_node(&names[..names.len().saturating_sub(1)], path)?;
        let index = self.nodes.len();
        self.link(path, NewLink::Hard(index))?;
        self.nodes.push(node);
        Ok(())
    }

    fn group_node(&mut self, names: &[&str], path: &str) -> Result<usize, WriteError> {
        let mut at = 0;
        for name in names {
            let new = self.nodes.len();
            let here = self.nodes[at].path.clone();
            match self.nodes[at].links.get(*name) {
                Some(NewLink::Hard(index)) if self.nodes[*index].dataset.is_none() => at = *index,
                Some(_) => return Err(WriteError::Path(path.to_owned())),
                None => {
                    check_name(name)?;
                    self.nodes[at]
                        .links
                        .insert((*name).to_owned(), NewLink::Hard(new));
                    let path = format!("{}/{name}", here.trim_end_matches('/'));
                    self.nodes.push(Node {
                        path,
                        link_count: 1,
                        ..Node::default()
                    });
                    at = new;
                }
            }
        }
        Ok(at)
    }

    fn link(&mut self, path: &str, link: NewLink) -> Result<(), WriteError> {
        let names = names(path);
        let Some((name, parents)) = names.split_last() else {
            return Err(WriteError::Path(path.to_owned()));
        };
        check_name(name)?;
        if let NewLink::External { file, path } = &link {
            check_name(&format!("{file}{path}"))?;
        }
        if let NewLink::Soft(target) | NewLink::External { path: target, .. } = &link {
            check_name(target)?;
        }
        let parent = self.group_node(parents, path)?;
        if self.nodes[parent].links.contains_key(*name) {
            return Err(WriteError::Path(path.to_owned()));
        }
        self.nodes[parent].links.insert((*name).to_owned(), link);
        Ok(())
    }

    fn find(&self, path: &str) -> Result<usize, WriteError> {
        names(path)
            .into_iter()
            .try_fold(0, |at, name| match self.nodes[at].links.get(name) {
                Some(NewLink::Hard(index)) => Ok(*index),
                _ => Err(WriteError::NotFound(path.to_owned())),
            })
    }
}

fn names(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

fn full(path: &str) -> String {
    format!("/{}", names(path).join("/"))
}

fn check_name(name: &str) -> Result<(), WriteError> {
    if name.len() > 60_000 {
        Err(WriteError::TooLarge(name.chars().take(40).collect()))
    } else {
        Ok(())
    }
}
