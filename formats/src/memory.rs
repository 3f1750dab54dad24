//! A container in memory, for generated data and for tests of other rooms.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    Attribute, Block, BlockState, BoxFuture, Cancel, Child, Container, Dataset, DatasetInfo,
    EncodedPiece, EncodedSlab, Error, ErrorKind, Link, Node, NodeKind, Origin, Result, Samples,
    Slab, Validator, Value,
};

use crate::path;

const LINK_DEPTH: usize = 16;

/// A tree of groups, datasets and links in memory.
#[derive(Debug)]
pub struct MemoryContainer {
    origin: Origin,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Group(Vec<Attribute>),
    Dataset(Arc<MemoryDataset>, Vec<Attribute>),
    Soft(String),
    External(String, String),
}

impl MemoryContainer {
    /// A container with an empty root.
    pub fn new(name: &str) -> Self {
        let mut entries = BTreeMap::new();
        entries.insert("/".to_owned(), Entry::Group(Vec::new()));
        Self {
            origin: Origin {
                url: format!("memory:{name}"),
                validator: Validator::Fixed,
                path: String::new(),
            },
            entries,
        }
    }

    /// Adds a group, and the groups above it.
    #[must_use]
    pub fn group(mut self, path: &str, attributes: &[(&str, Value)]) -> Self {
        self.add_parents(path);
        self.entries
            .insert(path::normal(path), Entry::Group(named(attributes)));
        self
    }

    /// Adds a dataset whose samples lie slowest axis first.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when there are more or fewer samples than the shape says.
    pub fn dataset(
        mut self,
        path: &str,
        shape: &[u64],
        samples: Samples,
        attributes: &[(&str, Value)],
    ) -> Result<Self> {
        let count = Slab::whole(shape).element_count()?;
        if samples.len() as u64 != count {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("add the dataset \"{path}\""),
                format!("{} samples do not fill {shape:?}", samples.len()),
            ));
        }
        self.add_parents(path);
        let path = path::normal(path);
        let element = samples.element();
        let info = DatasetInfo {
            shape: shape.to_vec(),
            stored: element.to_string(),
            size_bytes: Some(samples.size_bytes() as u64),
            element,
            chunk_shape: None,
            filters: Vec::new(),
            layout: "memory".to_owned(),
            unreadable: None,
        };
        let dataset = MemoryDataset {
            origin: self.origin.at(&path),
            info,
            samples,
        };
        self.entries
            .insert(path, Entry::Dataset(Arc::new(dataset), named(attributes)));
        Ok(self)
    }

    /// Adds a link to a path of this container, which may not exist.
    #[must_use]
    pub fn soft_link(mut self, path: &str, target: &str) -> Self {
        self.add_parents(path);
        self.entries
            .insert(path::normal(path), Entry::Soft(target.to_owned()));
        self
    }

    /// Adds a link to a path of another file, which is never there.
    #[must_use]
    pub fn external_link(mut self, path: &str, file: &str, target: &str) -> Self {
        self.add_parents(path);
        self.entries.insert(
            path::normal(path),
            Entry::External(file.to_owned(), target.to_owned()),
        );
        self
    }

    fn add_parents(&mut self, child: &str) {
        let mut parent = path::parent(child);
        while parent != "/" {
            self.entries
                .entry(parent.clone())
                .or_insert_with(|| Entry::Group(Vec::new()));
            parent = path::parent(&parent);
        }
    }

    /// The entry at a path after all links, and where it lies.
    fn find(&self, asked: &str) -> Result<(String, &Entry)> {
        let tried = || format!("open \"{}\"", self.origin.at(asked));
        let mut rest: Vec<String> = path::parts(asked).rev().map(str::to_owned).collect();
        let mut here = "/".to_owned();
        let mut followed = 0;
        while let Some(part) = rest.pop() {
            let next = path::join(&here, &part);
            match self.entries.get(&next) {
                None => {
                    let why = format!("there is no \"{next}\"");
                    return Err(Error::new(ErrorKind::NotFound, tried(), why));
                }
                Some(Entry::Soft(target)) => {
                    followed += 1;
                    if followed > LINK_DEPTH {
                        let why = "its links go round in a circle";
                        return Err(Error::new(ErrorKind::NotFound, tried(), why));
                    }
                    if target.starts_with('/') {
                        "/".clone_into(&mut here);
                    }
                    rest.extend(path::parts(target).rev().map(str::to_owned));
                }
                Some(Entry::External(file, _)) => {
                    let why = format!("the file \"{file}\" that it points to is absent");
                    return Err(Error::new(ErrorKind::NotFound, tried(), why));
                }
                Some(_) => here = next,
            }
        }
        match self.entries.get(&here) {
            Some(entry) => Ok((here, entry)),
            None => Err(Error::new(ErrorKind::NotFound, tried(), "it is not there")),
        }
    }

    fn node(&self, asked: &str) -> Result<Node> {
        let (_, entry) = self.find(asked)?;
        let (kind, attributes) = match entry {
            Entry::Dataset(dataset, attributes) => {
                (NodeKind::Dataset(dataset.info.clone()), attributes.clone())
            }
            Entry::Group(attributes) => (NodeKind::Group, attributes.clone()),
            Entry::Soft(_) | Entry::External(..) => (NodeKind::NamedType, Vec::new()),
        };
        Ok(Node {
            path: path::normal(asked),
            kind,
            attributes,
            problems: Vec::new(),
        })
    }

    fn list(&self, asked: &str) -> Result<Arc<[Child]>> {
        let (group, _) = self.find(asked)?;
        Ok(self
            .entries
            .iter()
            .filter(|(path, _)| *path != "/" && path::parent(path) == group)
            .map(|(path, entry)| Child {
                name: path::name(path).to_owned(),
                link: match entry {
                    Entry::Soft(target) => Link::Soft(target.clone()),
                    Entry::External(file, path) => Link::External {
                        file: file.clone(),
                        path: path.clone(),
                    },
                    Entry::Group(_) | Entry::Dataset(..) => Link::Hard,
                },
            })
            .collect())
    }
}

impl Container for MemoryContainer {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &'static str {
        "memory"
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
        Box::pin(async move {
            match self.find(path)? {
                (_, Entry::Dataset(dataset, _)) => Ok(Arc::clone(dataset) as Arc<dyn Dataset>),
                _ => Err(Error::new(
                    ErrorKind::Usage,
                    format!("read \"{path}\""),
                    "it is a group, not a dataset",
                )),
            }
        })
    }

    fn identity<'a>(&'a self, path: &'a str, _cancel: &'a Cancel) -> BoxFuture<'a, Option<String>> {
        let found = self.find(path).ok().map(|(path, _)| path);
        Box::pin(async move { found })
    }
}

/// A dataset whose samples are in memory.
#[derive(Debug)]
pub struct MemoryDataset {
    origin: Origin,
    info: DatasetInfo,
    samples: Samples,
}

impl MemoryDataset {
    /// A list of samples with an origin of its own.
    pub(crate) fn of_samples(origin: Origin, samples: Samples) -> Self {
        let shape = [samples.len() as u64];
        Self::of_shape(origin, &shape, samples)
    }

    /// Samples with an origin and a shape that they fill.
    pub(crate) fn of_shape(origin: Origin, shape: &[u64], samples: Samples) -> Self {
        let element = samples.element();
        let info = DatasetInfo {
            shape: shape.to_vec(),
            stored: element.to_string(),
            size_bytes: Some(samples.size_bytes() as u64),
            element,
            chunk_shape: None,
            filters: Vec::new(),
            layout: "memory".to_owned(),
            unreadable: None,
        };
        Self {
            origin,
            info,
            samples,
        }
    }
}

impl Dataset for MemoryDataset {
    fn info(&self) -> &DatasetInfo {
        &self.info
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn fetch<'a>(
        &'a self,
        slab: &'a Slab,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<EncodedSlab>> {
        Box::pin(async move {
            if !slab.fits(&self.info.shape) {
                return Err(Error::new(
                    ErrorKind::Usage,
                    format!("read a part of \"{}\"", self.origin),
                    format!("it does not lie inside {:?}", self.info.shape),
                ));
            }
            Ok(EncodedSlab {
                slab: slab.clone(),
                pieces: vec![EncodedPiece {
                    key: 0,
                    filter_mask: 0,
                    state: BlockState::Present,
                    bytes: Bytes::new(),
                }],
                parts: Vec::new(),
                read_bytes: 0,
            })
        })
    }

    fn decode(&self, encoded: &EncodedSlab) -> Result<Block> {
        let indices = flat_indices(&self.info.shape, &encoded.slab)?;
        let samples = select(&self.samples, &indices).ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!("read a part of \"{}\"", self.origin),
                "it lies outside",
            )
        })?;
        Ok(Block {
            shape: encoded.slab.count.clone(),
            samples,
            state: BlockState::Present,
        })
    }
}

/// The positions of the elements of a slab in the flat samples.
fn flat_indices(shape: &[u64], slab: &Slab) -> Result<Vec<usize>> {
    slab.element_count()?;
    let mut indices = vec![0u64];
    for (axis, &size) in shape.iter().enumerate() {
        let (start, count, step) = (slab.start[axis], slab.count[axis], slab.step[axis]);
        indices = indices
            .iter()
            .flat_map(|outer| (0..count).map(move |index| outer * size + start + index * step))
            .collect();
    }
    Ok(indices
        .into_iter()
        .map(|index| usize::try_from(index).unwrap_or(usize::MAX))
        .collect())
}

fn select(samples: &Samples, indices: &[usize]) -> Option<Samples> {
    fn take<T: Clone>(values: &[T], indices: &[usize]) -> Option<Vec<T>> {
        indices
            .iter()
            .map(|&index| values.get(index).cloned())
            .collect()
    }
    Some(match samples {
        Samples::U8(values) => Samples::U8(take(values, indices)?),
        Samples::U16(values) => Samples::U16(take(values, indices)?),
        Samples::U32(values) => Samples::U32(take(values, indices)?),
        Samples::U64(values) => Samples::U64(take(values, indices)?),
        Samples::I8(values) => Samples::I8(take(values, indices)?),
        Samples::I16(values) => Samples::I16(take(values, indices)?),
        Samples::I32(values) => Samples::I32(take(values, indices)?),
        Samples::I64(values) => Samples::I64(take(values, indices)?),
        Samples::F16(values) => Samples::F16(take(values, indices)?),
        Samples::F32(values) => Samples::F32(take(values, indices)?),
        Samples::F64(values) => Samples::F64(take(values, indices)?),
        Samples::Complex64(values) => Samples::Complex64(take(values, indices)?),
        Samples::Complex128(values) => Samples::Complex128(take(values, indices)?),
        Samples::Text(values) => Samples::Text(take(values, indices)?),
        Samples::Values(values) => Samples::Values(take(values, indices)?),
    })
}

fn named(attributes: &[(&str, Value)]) -> Vec<Attribute> {
    attributes
        .iter()
        .map(|(name, value)| Attribute {
            name: (*name).to_owned(),
            value: value.clone(),
            stored: "memory".to_owned(),
        })
        .collect()
}
