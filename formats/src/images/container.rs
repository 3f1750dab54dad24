//! A file whose tree is known once its header is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use hutch_model::{
    Attribute, BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Node,
    NodeKind, Origin, Result, SerialRun, Value,
};

use super::file::ImageFile;
use crate::path;

/// A tree of groups and datasets with attributes, held in memory; the samples
/// stay in the file.
#[derive(Debug)]
pub(crate) struct ImageContainer {
    origin: Origin,
    format: String,
    entries: BTreeMap<String, Entry>,
    /// Children of each group, in the order in which they were added.
    order: BTreeMap<String, Vec<String>>,
    serial: Option<Arc<dyn SerialRun>>,
}

#[derive(Debug, Default)]
struct Entry {
    dataset: Option<Arc<dyn Dataset>>,
    attributes: Vec<Attribute>,
    problems: Vec<String>,
}

impl ImageContainer {
    /// A container with an empty root; the format in words, as in `TIFF (BigTIFF)`.
    pub(crate) fn new(file: &ImageFile, format: impl Into<String>) -> Self {
        Self::at(file.origin(""), format.into())
    }

    fn at(origin: Origin, format: String) -> Self {
        let mut entries = BTreeMap::new();
        entries.insert("/".to_owned(), Entry::default());
        Self {
            origin,
            format,
            entries,
            order: BTreeMap::new(),
            serial: None,
        }
    }

    /// Adds a group, and the groups above it.
    pub(crate) fn add_group(&mut self, path: &str) {
        self.entry(path);
    }

    /// Adds a dataset, and the groups above it.
    pub(crate) fn add_dataset(&mut self, path: &str, dataset: Arc<dyn Dataset>) {
        self.entry(path).dataset = Some(dataset);
    }

    /// Adds attributes to a node, which is made a group where there is none yet.
    pub(crate) fn add_attributes(
        &mut self,
        path: &str,
        attributes: impl IntoIterator<Item = Attribute>,
    ) {
        self.entry(path).attributes.extend(attributes);
    }

    /// Says what could not be read of a node.
    pub(crate) fn add_problem(&mut self, path: &str, problem: impl Into<String>) {
        self.entry(path).problems.push(problem.into());
    }

    /// Says that it is a run of serial crystallography.
    pub(crate) fn set_serial(&mut self, run: Arc<dyn SerialRun>) {
        self.serial = Some(run);
    }

    /// Says which node is shown first; a path from the root.
    pub(crate) fn set_default(&mut self, path: &str) {
        let root = self.entry("/");
        root.attributes
            .retain(|attribute| attribute.name != "default");
        root.attributes.push(attribute("default", path));
    }

    fn entry(&mut self, asked: &str) -> &mut Entry {
        let mut child = path::normal(asked);
        let target = child.clone();
        while !self.entries.contains_key(&child) {
            let parent = path::parent(&child);
            self.entries.insert(child.clone(), Entry::default());
            let name = path::name(&child).to_owned();
            self.order.entry(parent.clone()).or_default().push(name);
            child = parent;
        }
        self.entries.entry(target).or_default()
    }

    fn find(&self, asked: &str) -> Result<(String, &Entry)> {
        let normal = path::normal(asked);
        match self.entries.get(&normal) {
            Some(entry) => Ok((normal, entry)),
            None => Err(Error::new(
                ErrorKind::NotFound,
                format!("open \"{}\"", self.origin.at(asked)),
                format!("there is no \"{normal}\""),
            )),
        }
    }

    fn node(&self, asked: &str) -> Result<Node> {
        let (path, entry) = self.find(asked)?;
        let kind = match &entry.dataset {
            Some(dataset) => NodeKind::Dataset(dataset.info().clone()),
            None => NodeKind::Group,
        };
        Ok(Node {
            path,
            kind,
            attributes: entry.attributes.clone(),
            problems: entry.problems.clone(),
        })
    }

    fn list(&self, asked: &str) -> Result<Arc<[Child]>> {
        let (path, _) = self.find(asked)?;
        let names = self.order.get(&path).map(Vec::as_slice).unwrap_or_default();
        Ok(names
            .iter()
            .map(|name| Child {
                name: name.clone(),
                link: Link::Hard,
            })
            .collect())
    }

    fn open(&self, asked: &str) -> Result<Arc<dyn Dataset>> {
        let (path, entry) = self.find(asked)?;
        entry.dataset.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!("read \"{}\"", self.origin.at(&path)),
                "it is a group, not a dataset",
            )
        })
    }
}

/// An attribute that was made from a header.
pub(crate) fn attribute(name: &str, value: impl Into<HeaderValue>) -> Attribute {
    let value = value.into().0;
    let stored = match &value {
        Value::Text(_) => "text",
        Value::Integer(_) => "integer",
        Value::Float(_) => "number",
        Value::Bool(_) => "yes or no",
        _ => "list",
    };
    Attribute {
        name: name.to_owned(),
        stored: stored.to_owned(),
        value,
    }
}

/// A value of a header, made of the plain types that headers hold.
#[derive(Clone, Debug)]
pub(crate) struct HeaderValue(Value);

impl From<Value> for HeaderValue {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<&str> for HeaderValue {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.to_owned()))
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        Self(Value::Text(text))
    }
}

impl From<f64> for HeaderValue {
    fn from(number: f64) -> Self {
        Self(Value::Float(number))
    }
}

impl From<u64> for HeaderValue {
    fn from(number: u64) -> Self {
        Self(Value::Integer(number.into()))
    }
}

impl From<i64> for HeaderValue {
    fn from(number: i64) -> Self {
        Self(Value::Integer(number.into()))
    }
}

impl From<bool> for HeaderValue {
    fn from(answer: bool) -> Self {
        Self(Value::Bool(answer))
    }
}

impl Container for ImageContainer {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &str {
        &self.format
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move { self.list(path) })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        Box::pin(async move { paths.iter().map(|path| self.node(path)).collect() })
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(async move { self.open(path) })
    }

    fn serial(&self) -> Option<Arc<dyn SerialRun>> {
        self.serial.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_keep_the_order_of_the_file() {
        let origin = Origin {
            url: "memory:image".to_owned(),
            validator: hutch_model::Validator::Fixed,
            path: String::new(),
        };
        let mut container = ImageContainer::at(origin, "test".to_owned());
        container.add_group("/scan/second");
        container.add_group("/scan/first");
        container.add_problem("/scan/first", "half of it is missing");
        let children = container.list("/scan").unwrap();
        let names: Vec<&str> = children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["second", "first"], "in the order of adding");
        let node = container.node("scan/first/").unwrap();
        assert_eq!(node.problems.len(), 1, "its problem is told");
        assert!(container.node("/absent").is_err(), "nothing else is there");
    }
}
