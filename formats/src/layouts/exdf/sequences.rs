//! All files of a run as a tree: `/run/{aggregator}/...`, each dataset with a
//! row for each train or pulse joined over the sequences.

use std::sync::Arc;

use hutch_model::{
    BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Node, NodeKind, Result,
};

use super::super::added::Mirror;
use super::RUN;
use super::detector::Detector;
use super::index;
use super::run::{FileName, Run};
use crate::assembled::{AssembledDataset, Joined, Source, Sources};

/// The tree below `/run`.
#[derive(Debug)]
pub(super) struct Sequences {
    run: Arc<Run>,
    detectors: Vec<Arc<Detector>>,
}

impl Sequences {
    pub(super) fn new(run: Arc<Run>, detectors: Vec<Arc<Detector>>) -> Self {
        Self { run, detectors }
    }

    /// The files of the aggregator that a path begins with, and what is left
    /// of the path.
    async fn files(&self, rest: &str) -> Result<(Vec<FileName>, String)> {
        let (aggregator, rest) = rest.split_once('/').unwrap_or((rest, ""));
        match self.run.files().await.remove(aggregator) {
            Some(files) => Ok((files, format!("/{rest}"))),
            None => Err(error(aggregator, "the run has no such files")),
        }
    }

    async fn first(&self, rest: &str, cancel: &Cancel) -> Result<(Arc<dyn Container>, String)> {
        let (files, path) = self.files(rest).await?;
        let Some(first) = files.first() else {
            return Err(error(rest, "the run has no such files"));
        };
        Ok((self.run.open(first, cancel).await?, path))
    }

    async fn join(&self, rest: &str, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        let (files, path) = self.files(rest).await?;
        let (container, _) = self.first(rest, cancel).await?;
        let first = container.dataset(&path, cancel).await?;
        let is_listed = ["/CONTROL/", "/INSTRUMENT/", "/INDEX/"]
            .iter()
            .any(|group| path.starts_with(group));
        if !is_listed || first.info().shape.is_empty() {
            return Ok(first);
        }
        let mut lengths = Vec::with_capacity(files.len());
        for file in &files {
            cancel.check()?;
            let container = self.run.open(file, cancel).await?;
            lengths.push(used_rows(&*container, &path, cancel).await?);
        }
        let mut info = first.info().clone();
        let parts = Parts {
            run: Arc::clone(&self.run),
            files,
            row: info.shape.get(1..).unwrap_or_default().to_vec(),
            path,
        };
        let joined = Joined::along_first_axis(parts, &lengths)?;
        info.shape[0] = joined.length();
        info.layout = format!("{} sequences", lengths.len());
        info.size_bytes = None;
        let origin = self.run.origin(&format!("{RUN}/{rest}"));
        let joined = AssembledDataset::new(info, origin, None, Box::new(joined));
        Ok(Arc::new(joined))
    }
}

fn error(rest: &str, why: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("open \"{RUN}/{rest}\""), why)
}

/// The rows of a dataset that hold something; files are filled up to whole chunks.
async fn used_rows(container: &dyn Container, path: &str, cancel: &Cancel) -> Result<u64> {
    let dataset = match container.dataset(path, cancel).await {
        Ok(dataset) => dataset,
        // Not every sequence has every source.
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let length = dataset.info().shape.first().copied().unwrap_or(0);
    let trains = index::trains(container, cancel).await?;
    if path.starts_with("/INDEX/") {
        return Ok(length.min(trains.len() as u64));
    }
    let sources = index::sources(container, cancel).await?;
    let source = sources
        .iter()
        .filter(|source| {
            let rest = path
                .strip_prefix('/')
                .and_then(|path| path.strip_prefix(source.as_str()));
            rest.is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|source| source.len());
    let Some((_, device)) = source.and_then(|source| source.split_once('/')) else {
        return Ok(length);
    };
    let Ok(rows) = index::rows(container, device, &trains, cancel).await else {
        return Ok(length);
    };
    let ends = rows
        .iter()
        .map(|rows| rows.first.saturating_add(rows.count));
    Ok(ends.max().unwrap_or(0).min(length))
}

impl Mirror for Sequences {
    fn children<'a>(
        &'a self,
        rest: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move {
            if rest.is_empty() {
                let files = self.run.files().await;
                let children = files.into_keys().map(|name| Child {
                    name,
                    link: Link::Hard,
                });
                return Ok(children.collect());
            }
            let (container, path) = self.first(rest, cancel).await?;
            container.children(&path, cancel).await
        })
    }

    fn node<'a>(&'a self, rest: &'a str, cancel: &'a Cancel) -> BoxFuture<'a, Result<Node>> {
        Box::pin(async move {
            let group = Node {
                path: String::new(),
                kind: NodeKind::Group,
                attributes: Vec::new(),
                problems: Vec::new(),
            };
            if rest.is_empty() {
                return Ok(group);
            }
            let (container, path) = self.first(rest, cancel).await?;
            let mut node = crate::nexus::node(&*container, &path, cancel).await?;
            if matches!(node.kind, NodeKind::Dataset(_)) {
                let dataset = self.join(rest, cancel).await?;
                node.kind = NodeKind::Dataset(dataset.info().clone());
            }
            Ok(node)
        })
    }

    fn dataset<'a>(
        &'a self,
        rest: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(self.join(rest, cancel))
    }

    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let is_changed = self.run.refresh(cancel).await?;
            if is_changed {
                for detector in &self.detectors {
                    detector.forget();
                }
            }
            Ok(is_changed)
        })
    }
}

/// The sequences as sources of a joined dataset.
#[derive(Debug)]
struct Parts {
    run: Arc<Run>,
    files: Vec<FileName>,
    path: String,
    /// The shape of one row.
    row: Vec<u64>,
}

impl Sources for Parts {
    fn open<'a>(&'a self, index: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            let found = usize::try_from(index)
                .ok()
                .and_then(|at| self.files.get(at));
            let Some(file) = found else {
                return Ok(Source::Missing("there is no such file".to_owned()));
            };
            let container = self.run.open(file, cancel).await?;
            let dataset = container.dataset(&self.path, cancel).await?;
            let shape = &dataset.info().shape;
            if shape.get(1..) != Some(&self.row[..]) {
                let why = format!(
                    "\"{}\" in \"{}\" has the shape {shape:?}",
                    self.path, file.name
                );
                return Ok(Source::Missing(why));
            }
            Ok(Source::Open(dataset))
        })
    }
}
