//! The tree of an HDF5 file.

use std::sync::{Arc, Mutex, PoisonError};

use hutch_hdf5::{Layout, Link as StoredLink, LinkTarget, Object, ObjectKind};
use hutch_model::{
    BoxFuture, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Neighbours, Node,
    NodeKind, Origin, ReadAt, Refreshed, Result,
};

use super::open::open_place;
use super::places::{OpenFile, Place, locate};
use super::references::Names;
use super::refresh::while_writing;
use super::virtual_dataset::{Nesting, current_shape};
use super::{Options, attributes, elements, errors};
use crate::path;

/// Mappings of a virtual dataset that are followed to tell how far it has grown
/// when it is described; when it is opened, all are.
const GROWING_SOURCES: usize = 64;
/// Opened datasets that a refresh looks at before it goes over to a new state.
const GIVEN_OUT_LIMIT: usize = 64;

/// An HDF5 file as a tree of named nodes.
#[derive(Debug)]
pub(super) struct Hdf5Container {
    /// The present state; a refresh puts another in its place.
    file: Mutex<Arc<OpenFile>>,
    /// Paths of datasets that were opened.
    given_out: Mutex<Vec<String>>,
    origin: Origin,
    format: String,
}

impl Hdf5Container {
    pub(super) async fn open(
        source: Arc<dyn ReadAt>,
        neighbours: Arc<dyn Neighbours>,
        options: Options,
        cancel: &Cancel,
    ) -> Result<Arc<Self>> {
        let file = OpenFile::open(source, neighbours, options, 0, cancel).await?;
        let version = file.file.superblock_version();
        Ok(Arc::new(Self {
            origin: file.origin(""),
            format: format!("HDF5 (superblock {version})"),
            file: Mutex::new(Arc::new(file)),
            given_out: Mutex::default(),
        }))
    }

    pub(super) fn file(&self) -> Arc<OpenFile> {
        Arc::clone(&self.file.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, file: Arc<OpenFile>) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }

    /// The datasets that must be whole in a new state.
    pub(super) fn given_out(&self) -> Vec<String> {
        let given_out = self.given_out.lock();
        given_out.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, path: &str) {
        let given_out = self.given_out.lock();
        let mut given_out = given_out.unwrap_or_else(PoisonError::into_inner);
        if given_out.len() < GIVEN_OUT_LIMIT && !given_out.iter().any(|known| known == path) {
            given_out.push(path.to_owned());
        }
    }

    async fn place(&self, file: &Arc<OpenFile>, path: &str, cancel: &Cancel) -> Result<Place> {
        let mut places = locate(file, &[path.to_owned()], cancel).await;
        let place = places.pop().unwrap_or_else(|| {
            let tried = format!("open \"{path}\"");
            Err(Error::new(ErrorKind::Internal, tried, "no answer came"))
        });
        place.map_err(|error| while_writing(file, error))
    }

    async fn list(&self, path: &str, cancel: &Cancel) -> Result<Arc<[Child]>> {
        let place = self.place(&self.file(), path, cancel).await?;
        let mut tables = place.file.tables(&[place.address], cancel).await?;
        let tried = || format!("list \"{}\"", place.file.origin(&place.path));
        match tables.remove(&place.address) {
            Some(Ok(table)) => Ok(in_order(table.links())),
            Some(Err(error)) => Err(while_writing(&place.file, errors::error(error, tried()))),
            None => Err(Error::new(ErrorKind::Internal, tried(), "no answer came")),
        }
    }

    /// Reads the objects at places, file by file.
    async fn read_nodes(&self, paths: &[String], cancel: &Cancel) -> Vec<Result<Node>> {
        let places = locate(&self.file(), paths, cancel).await;
        let mut nodes: Vec<Option<Result<Node>>> = Vec::with_capacity(places.len());
        let mut files: Vec<(Arc<OpenFile>, Wanted)> = Vec::new();
        for (index, place) in places.into_iter().enumerate() {
            match place {
                Ok(place) => {
                    let wanted = (index, place.address);
                    match files
                        .iter_mut()
                        .find(|(file, _)| Arc::ptr_eq(file, &place.file))
                    {
                        Some((_, addresses)) => addresses.push(wanted),
                        None => files.push((place.file, vec![wanted])),
                    }
                    nodes.push(None);
                }
                Err(error) => nodes.push(Some(Err(error))),
            }
        }
        let read = crate::join::join_all(
            files
                .iter()
                .map(|(file, wanted)| -> BoxFuture<'_, _> {
                    Box::pin(async move {
                        let addresses: Vec<u64> =
                            wanted.iter().map(|(_, address)| *address).collect();
                        let objects = file.objects(&addresses, cancel).await?;
                        let shapes = grown_shapes(file, &objects, cancel).await;
                        let attributes = objects.iter().flatten().flat_map(|it| &it.attributes);
                        let values = attributes.map(|attribute| &attribute.value);
                        let names = Names::of_values(values, file, cancel).await;
                        let objects = objects.into_iter().zip(shapes);
                        Ok::<_, Error>((objects.collect::<Vec<_>>(), names))
                    })
                })
                .collect(),
        )
        .await;
        for ((file, wanted), objects) in files.iter().zip(read) {
            match objects {
                Ok((objects, names)) => {
                    for ((index, _), (object, shape)) in wanted.iter().zip(objects) {
                        let asked = paths.get(*index).map_or("/", String::as_str);
                        let node = node(file, asked, object, &names);
                        let node = node.map(|node| grown(node, shape));
                        put(&mut nodes, *index, node);
                    }
                }
                Err(error) => {
                    for (index, _) in wanted {
                        put(&mut nodes, *index, Err(error.duplicate()));
                    }
                }
            }
        }
        nodes.into_iter().flatten().collect()
    }

    async fn open_dataset(&self, path: &str, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        let file = self.file();
        let place = self.place(&file, path, cancel).await?;
        let origin = if Arc::ptr_eq(&place.file, &file) {
            file.origin(&path::normal(path))
        } else {
            place.file.origin(&place.path)
        };
        self.remember(path);
        let holder = Arc::clone(&place.file);
        open_place(place, origin, &Nesting::new(), cancel)
            .await
            .map_err(|error| while_writing(&holder, error))
    }
}

/// The present shapes of virtual datasets that grow with few sources.
async fn grown_shapes(
    file: &Arc<OpenFile>,
    objects: &[Result<Object, hutch_hdf5::Error>],
    cancel: &Cancel,
) -> Vec<Option<Result<Vec<u64>>>> {
    let mut shapes = Vec::with_capacity(objects.len());
    for object in objects {
        let stored = object.as_ref().ok().and_then(Object::dataset);
        let shape = match (object, stored.map(|stored| (stored, &stored.layout))) {
            (Ok(object), Some((stored, Layout::Virtual(layout))))
                if layout.is_growing() && layout.mappings().len() <= GROWING_SOURCES =>
            {
                Some(current_shape(file, object.address, stored, layout, cancel).await)
            }
            _ => None,
        };
        shapes.push(shape);
    }
    shapes
}

/// The node with its present shape.
fn grown(mut node: Node, shape: Option<Result<Vec<u64>>>) -> Node {
    if let NodeKind::Dataset(info) = &mut node.kind {
        match shape {
            Some(Ok(shape)) => {
                info.size_bytes = elements::size_of(&shape, &info.element);
                info.shape = shape;
            }
            Some(Err(error)) => node
                .problems
                .push(format!("its shape is the stored one: {}", error.why)),
            None => {}
        }
    }
    node
}

/// Objects of one file: which of the asked ones, and their addresses.
type Wanted = Vec<(usize, u64)>;

fn put(nodes: &mut [Option<Result<Node>>], index: usize, node: Result<Node>) {
    if let Some(slot) = nodes.get_mut(index) {
        *slot = Some(node);
    }
}

/// The links by creation where that was kept, else by name, as h5py lists them.
fn in_order(links: &[StoredLink]) -> Arc<[Child]> {
    if links.iter().any(|link| link.creation_order.is_none()) {
        return links.iter().map(child).collect();
    }
    let mut links: Vec<&StoredLink> = links.iter().collect();
    links.sort_by_key(|link| link.creation_order);
    links.into_iter().map(child).collect()
}

fn child(link: &StoredLink) -> Child {
    Child {
        name: link.name.to_string(),
        link: match &link.target {
            LinkTarget::Hard(_) | LinkTarget::Unknown(_) => Link::Hard,
            LinkTarget::Soft(path) => Link::Soft(path.to_string()),
            LinkTarget::External(link) => Link::External {
                file: link.file.clone(),
                path: link.path.clone(),
            },
        },
    }
}

fn node(
    file: &OpenFile,
    asked: &str,
    object: Result<Object, hutch_hdf5::Error>,
    names: &Names,
) -> Result<Node> {
    let object = object.map_err(|error| {
        let tried = format!("read \"{}\"", file.origin(asked));
        while_writing(file, errors::error(error, tried))
    })?;
    let mut problems: Vec<String> = object.problems.iter().map(ToString::to_string).collect();
    let kind = match &object.kind {
        ObjectKind::Group => NodeKind::Group,
        ObjectKind::NamedDatatype(_) => NodeKind::NamedType,
        ObjectKind::Dataset(stored) => {
            let size = file.metadata.identity().size_bytes;
            NodeKind::Dataset(elements::describe(stored, size))
        }
        ObjectKind::Unreadable(error) => {
            problems.push(error.to_string());
            NodeKind::Dataset(elements::describe_unreadable(error.to_string()))
        }
    };
    Ok(Node {
        path: path::normal(asked),
        kind,
        attributes: attributes::in_order(&object.attributes, names),
        problems,
    })
}

impl Container for Hdf5Container {
    fn origin(&self) -> &Origin {
        &self.origin
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
        Box::pin(async move {
            let place = self.place(&self.file(), path, cancel).await.ok()?;
            let url = place.file.origin("").url;
            Some(format!("{url} at {}", place.address))
        })
    }

    fn refresh<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Refreshed>> {
        Box::pin(self.look_again(cancel))
    }
}
