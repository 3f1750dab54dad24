//! Files of a numbered series, and folders of images, as one stack.

mod names;

use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{
    BoxFuture, Cancel, Child, Container, Dataset, DatasetInfo, Error, ErrorKind, Link, Neighbour,
    Neighbours, Node, NodeKind, Origin, Refreshed, Result,
};

use super::container::attribute;
use crate::assembled::{AssembledDataset, Assembly, Joined, Source, Sources};
use crate::path;

pub use names::series;

/// Where the samples of a file are, and those of its series.
const DATA: &str = "/data";
const STACK: &str = "/stack";

/// A file that may be one of a numbered series: beside its own tree it has
/// `/stack`, all files of the series as one dataset. The folder is listed when
/// the tree is, not before.
#[derive(Debug)]
pub(crate) struct SeriesContainer {
    inner: Arc<dyn Container>,
    neighbours: Arc<dyn Neighbours>,
    pattern: names::Pattern,
    found: Mutex<Option<Found>>,
}

/// What looking for the series gave.
#[derive(Clone, Debug)]
enum Found {
    Stack {
        dataset: Arc<dyn Dataset>,
        names: Arc<[String]>,
    },
    Alone,
}

/// A container together with its series, where its name has a number.
pub(crate) fn with_series(
    inner: Arc<dyn Container>,
    neighbours: Arc<dyn Neighbours>,
) -> Arc<dyn Container> {
    match names::Pattern::of(inner.origin().file_name()) {
        Some(pattern) => Arc::new(SeriesContainer {
            inner,
            neighbours,
            pattern,
            found: Mutex::new(None),
        }),
        None => inner,
    }
}

/// Puts files beside `from` together, one behind the other in the natural
/// order of their names: `[file, y, x]`, or `[file and frame, y, x]` where the
/// files have several frames.
///
/// Only the first is opened; all are taken to have its shape, and one that has
/// another is missing in its place.
///
/// # Errors
/// [`ErrorKind::NotFound`] without names, and what opening the first says.
pub async fn open_stack(
    names: &[String],
    from: &str,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Dataset>> {
    let mut names = names.to_vec();
    names::sort(&mut names);
    let Some(first) = names.first() else {
        let tried = format!("put the files beside \"{from}\" together");
        return Err(Error::new(ErrorKind::NotFound, tried, "there are none"));
    };
    let dataset = match open_member(first, from, &neighbours, cancel).await? {
        Source::Open(dataset) => dataset,
        Source::Missing(why) => {
            let tried = format!("open \"{first}\"");
            return Err(Error::new(ErrorKind::NotFound, tried, why));
        }
    };
    stack(&names.into(), &dataset, from, neighbours)
}

/// The stack of files that are like `member`.
fn stack(
    names: &Arc<[String]>,
    member: &Arc<dyn Dataset>,
    from: &str,
    neighbours: Arc<dyn Neighbours>,
) -> Result<Arc<dyn Dataset>> {
    let own = member.info().clone();
    let members = Members {
        names: Arc::clone(names),
        from: from.to_owned(),
        neighbours,
        like: own.clone(),
    };
    let count = names.len() as u64;
    let (joined, inner) = match own.shape.as_slice() {
        [frames, inner @ ..] if own.shape.len() > 2 => {
            let lengths = vec![*frames; names.len()];
            (Joined::along_first_axis(members, &lengths)?, inner.to_vec())
        }
        whole => (Joined::as_first_axis(members, count)?, whole.to_vec()),
    };
    let mut shape = vec![joined.length()];
    shape.extend(inner);
    let info = DatasetInfo {
        size_bytes: own.size_bytes.and_then(|size| size.checked_mul(count)),
        layout: format!("{count} files"),
        chunk_shape: None,
        shape,
        ..own
    };
    let origin = member.origin().at(STACK);
    let assembly: Box<dyn Assembly> = Box::new(joined);
    Ok(Arc::new(AssembledDataset::new(
        info, origin, None, assembly,
    )))
}

/// The files of a stack.
#[derive(Debug)]
struct Members {
    names: Arc<[String]>,
    from: String,
    neighbours: Arc<dyn Neighbours>,
    /// What each file should be like.
    like: DatasetInfo,
}

impl Members {
    /// Why a file does not belong to the others, if it does not.
    fn mismatch(&self, other: &DatasetInfo) -> Option<String> {
        if let Some(why) = &other.unreadable {
            return Some(why.clone());
        }
        let rank = self.like.shape.len();
        // Files of several frames may have fewer, as the last one often has.
        let free = usize::from(rank > 2);
        let is_like = other.shape.len() == rank
            && other.shape.get(free..) == self.like.shape.get(free..)
            && other.element == self.like.element;
        (!is_like).then(|| {
            format!(
                "its shape is {:?} of {}, that of the others {:?} of {}",
                other.shape, other.element, self.like.shape, self.like.element
            )
        })
    }
}

impl Sources for Members {
    fn open<'a>(&'a self, index: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            let name = usize::try_from(index)
                .ok()
                .and_then(|index| self.names.get(index));
            let Some(name) = name else {
                return Ok(Source::Missing("there is no such file".to_owned()));
            };
            let opened = open_member(name, &self.from, &self.neighbours, cancel).await?;
            let Source::Open(dataset) = opened else {
                return Ok(opened);
            };
            Ok(match self.mismatch(dataset.info()) {
                Some(why) => Source::Missing(format!("\"{name}\": {why}")),
                None => Source::Open(dataset),
            })
        })
    }
}

async fn open_member(
    name: &str,
    from: &str,
    neighbours: &Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Source> {
    let source = match neighbours.open(name, from).await? {
        Neighbour::Open(source) => source,
        Neighbour::Refused(why) => {
            return Ok(Source::Missing(format!("\"{name}\" is refused: {why}")));
        }
        Neighbour::Absent(_) => return Ok(Source::Missing(format!("\"{name}\" is absent"))),
        Neighbour::Offline => return Ok(Source::Missing(format!("\"{name}\" is on tape"))),
    };
    let container = crate::registry::open_alone(source, Arc::clone(neighbours), cancel).await;
    let opened = match container {
        Ok((_, container)) => container.dataset(DATA, cancel).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(dataset) => Ok(Source::Open(dataset)),
        Err(error) if error.kind == ErrorKind::Unreadable => {
            Ok(Source::Missing(format!("\"{name}\": {}", error.why)))
        }
        Err(error) => Err(error),
    }
}

impl SeriesContainer {
    async fn series(&self, cancel: &Cancel) -> Result<Found> {
        if let Some(found) = self.lock().clone() {
            return Ok(found);
        }
        let found = self.look(cancel).await?;
        *self.lock() = Some(found.clone());
        Ok(found)
    }

    async fn look(&self, cancel: &Cancel) -> Result<Found> {
        let Ok(member) = self.inner.dataset(DATA, cancel).await else {
            return Ok(Found::Alone);
        };
        let is_image = member.info().shape.len() >= 2 && member.info().unreadable.is_none();
        if !is_image {
            return Ok(Found::Alone);
        }
        let url = &self.inner.origin().url;
        // A folder that cannot be listed leaves the file as it is.
        let listed = self.neighbours.list(&self.pattern.prefix, url).await;
        let names = self.pattern.members(listed.unwrap_or_default());
        if names.len() < 2 {
            return Ok(Found::Alone);
        }
        let names: Arc<[String]> = names.into();
        let neighbours = Arc::clone(&self.neighbours);
        let dataset = stack(&names, &member, url, neighbours)?;
        Ok(Found::Stack { dataset, names })
    }

    async fn stack_node(&self, cancel: &Cancel) -> Result<Node> {
        match self.series(cancel).await? {
            Found::Stack { dataset, names } => Ok(Node {
                path: STACK.to_owned(),
                kind: NodeKind::Dataset(dataset.info().clone()),
                attributes: vec![
                    attribute("file_count", names.len() as u64),
                    attribute("first_file", names.first().cloned().unwrap_or_default()),
                    attribute("last_file", names.last().cloned().unwrap_or_default()),
                ],
                problems: Vec::new(),
            }),
            Found::Alone => Err(self.alone()),
        }
    }

    fn alone(&self) -> Error {
        Error::new(
            ErrorKind::NotFound,
            format!("open \"{}\"", self.inner.origin().at(STACK)),
            "there are no other files of a series beside it",
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Container for SeriesContainer {
    fn origin(&self) -> &Origin {
        self.inner.origin()
    }

    fn format(&self) -> &str {
        self.inner.format()
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move {
            let children = self.inner.children(path, cancel).await?;
            if path::normal(path) != "/" {
                return Ok(children);
            }
            let Found::Stack { .. } = self.series(cancel).await? else {
                return Ok(children);
            };
            let stack = Child {
                name: path::name(STACK).to_owned(),
                link: Link::Hard,
            };
            Ok(children.iter().cloned().chain([stack]).collect())
        })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        Box::pin(async move {
            let mut nodes = self.inner.nodes(paths, cancel).await;
            for (path, node) in paths.iter().zip(&mut nodes) {
                if path::normal(path) == STACK {
                    *node = self.stack_node(cancel).await;
                }
            }
            nodes
        })
    }

    fn dataset<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<dyn Dataset>>> {
        Box::pin(async move {
            if path::normal(path) != STACK {
                return self.inner.dataset(path, cancel).await;
            }
            match self.series(cancel).await? {
                Found::Stack { dataset, .. } => Ok(dataset),
                Found::Alone => Err(self.alone()),
            }
        })
    }

    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Refreshed>> {
        Box::pin(async move {
            let before = self.lock().take();
            let own = self.inner.refresh(cancel).await?;
            let count = |found: &Found| match found {
                Found::Stack { names, .. } => names.len(),
                Found::Alone => 1,
            };
            let Some(before) = before else {
                return Ok(own);
            };
            let now = self.series(cancel).await?;
            if own == Refreshed::Same && count(&now) == count(&before) {
                // The datasets that are out keep what they opened.
                *self.lock() = Some(before);
                return Ok(Refreshed::Same);
            }
            Ok(Refreshed::Changed)
        })
    }
}
