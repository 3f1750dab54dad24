//! Virtual datasets: put together from datasets of this file and of others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hutch_hdf5::{
    DatasetInfo as Stored, Extent, KnownShapes, Slab as Selection, Source as Wanted, VirtualLayout,
};
use hutch_model::{BoxFuture, Cancel, Dataset, Error, ErrorKind, Origin, Result, Slab, SourceFile};

use super::dataset::selection;
use super::elements;
use super::once::Once;
use super::open::open_place;
use super::places::{OpenFile, Place, locate};
use crate::assembled::{AssembledDataset, Assembly, Placement, Source};
use crate::join::join_all;
use crate::path;

/// Virtual datasets that may be sources of one another.
const DEPTH_LIMIT: usize = 4;
/// Virtual datasets that one may lead to.
const NESTED_LIMIT: u32 = 4096;
/// Sources that are looked at for a shape or a list of files.
const LOOKED_AT_LIMIT: usize = 1 << 14;
/// Sources that are opened side by side.
const SIDE_BY_SIDE: usize = 64;

/// Through which virtual datasets one was reached.
#[derive(Clone, Debug)]
pub(super) struct Nesting {
    /// File and address of each.
    chain: Vec<(String, u64)>,
    left: Arc<AtomicU32>,
}

impl Nesting {
    pub(super) fn new() -> Self {
        Self {
            chain: Vec::new(),
            left: Arc::new(AtomicU32::new(NESTED_LIMIT)),
        }
    }

    /// One level deeper, unless that leads round in a circle.
    fn enter(&self, file: &OpenFile, address: u64) -> Result<Self> {
        let here = (file.url().to_owned(), address);
        let why = if self.chain.contains(&here) {
            "the virtual dataset is a source of itself"
        } else if self.chain.len() >= DEPTH_LIMIT {
            "virtual datasets are sources of one another too many times"
        } else if self.left.fetch_sub(1, Ordering::Relaxed) <= 1 {
            self.left.store(1, Ordering::Relaxed);
            "it leads to too many other virtual datasets"
        } else {
            let mut deeper = self.clone();
            deeper.chain.push(here);
            return Ok(deeper);
        };
        let tried = format!("open a virtual dataset in \"{}\"", file.url());
        Err(Error::new(ErrorKind::Unreadable, tried, why))
    }
}

/// File and dataset.
type Name = (Arc<str>, Arc<str>);
/// A source, opened by the first who needs it.
type Opening = Arc<Once<Arc<dyn Dataset>>>;

/// How a virtual dataset is put together, and the sources that were opened.
#[derive(Debug)]
struct Virtual {
    file: Arc<OpenFile>,
    layout: Arc<VirtualLayout>,
    shape: Vec<u64>,
    nesting: Nesting,
    known: Mutex<Vec<Wanted>>,
    ids: Mutex<HashMap<Name, Vec<u64>>>,
    opened: Mutex<HashMap<Name, Opening>>,
}

/// Opens a virtual dataset; of its sources only those that its shape follows
/// from.
pub(super) async fn open(
    place: Place,
    stored: &Stored,
    layout: Arc<VirtualLayout>,
    origin: Origin,
    nesting: &Nesting,
    cancel: &Cancel,
) -> Result<AssembledDataset> {
    let nesting = nesting.enter(&place.file, place.address)?;
    let file = place.file;
    let mut info = elements::describe(stored, file.metadata.identity().size_bytes);
    let fill = elements::fill_samples(stored, &info.element);
    let limit = file.options().slab_limit_bytes;
    let mut assembly = Virtual {
        file,
        layout,
        shape: info.shape.clone(),
        nesting,
        known: Mutex::default(),
        ids: Mutex::default(),
        opened: Mutex::default(),
    };
    if assembly.layout.is_growing() {
        info.shape = assembly.extent(stored, &origin, cancel).await?;
        info.size_bytes = elements::size_of(&info.shape, &info.element);
        assembly.shape.clone_from(&info.shape);
    }
    Ok(AssembledDataset::new(info, origin, fill, Box::new(assembly)).with_limit(limit))
}

/// The shape of a virtual dataset that grows with its sources.
pub(super) async fn current_shape(
    file: &Arc<OpenFile>,
    address: u64,
    stored: &Stored,
    layout: &Arc<VirtualLayout>,
    cancel: &Cancel,
) -> Result<Vec<u64>> {
    let place = Place {
        file: Arc::clone(file),
        address,
        path: String::new(),
    };
    let (origin, nesting) = (file.origin(""), Nesting::new());
    let layout = Arc::clone(layout);
    let dataset = open(place, stored, layout, origin, &nesting, cancel);
    Ok(dataset.await?.info().shape.clone())
}

impl Virtual {
    /// The shape that follows from the present shapes of the sources.
    async fn extent(&self, stored: &Stored, origin: &Origin, cancel: &Cancel) -> Result<Vec<u64>> {
        let tried = || format!("find the shape of \"{origin}\"");
        let mut known = KnownShapes::new();
        while known.len() < LOOKED_AT_LIMIT {
            let answer = self.layout.extent(&stored.dataspace, &known);
            let answer = answer.map_err(|error| super::errors::error(error, tried()))?;
            let needed = match answer {
                Extent::Known(shape) => return Ok(shape),
                Extent::Need(sources) => sources,
            };
            for (source, found) in needed.iter().zip(self.look(&needed, cancel).await) {
                let shape = match found {
                    Ok(dataset) => Some(dataset.info().shape.clone()),
                    Err(error) if is_absent(&error) => None,
                    Err(error) => return Err(error),
                };
                known.insert(source.key(), shape);
            }
        }
        let why = format!("it follows from more than {LOOKED_AT_LIMIT} sources");
        Err(Error::new(ErrorKind::Limit, tried(), why))
    }

    /// Opens sources side by side.
    async fn look(&self, sources: &[Wanted], cancel: &Cancel) -> Vec<Result<Arc<dyn Dataset>>> {
        let mut found = Vec::with_capacity(sources.len());
        for group in sources.chunks(SIDE_BY_SIDE) {
            let group = group
                .iter()
                .map(|source| -> BoxFuture<'_, Result<Arc<dyn Dataset>>> {
                    Box::pin(self.open_source(source, cancel))
                });
            found.extend(join_all(group.collect()).await);
        }
        found
    }

    /// The dataset of a source, opened once.
    async fn open_source(&self, source: &Wanted, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        let once = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let once = opened.entry(source.key());
            Arc::clone(once.or_insert_with(|| Arc::new(Once::new())))
        };
        let dataset = once.get(self.open_anew(source, cancel)).await?;
        Ok(Arc::clone(&dataset))
    }

    async fn open_anew(&self, source: &Wanted, cancel: &Cancel) -> Result<Arc<dyn Dataset>> {
        let is_here = matches!(&*source.file, "" | ".");
        let opened = async {
            let file = if is_here {
                Arc::clone(&self.file)
            } else {
                self.file.other(&source.file, cancel).await?
            };
            let paths = [source.dataset.to_string()];
            let mut places = locate(&file, &paths, cancel).await;
            let place = places.pop().unwrap_or_else(|| {
                let tried = format!("open \"{}\"", source.dataset);
                Err(Error::new(ErrorKind::Internal, tried, "no answer came"))
            })?;
            let origin = place.file.origin(&path::normal(&place.path));
            open_place(place, origin, &self.nesting, cancel).await
        };
        opened.await.map_err(|error| {
            if is_here || error.why.contains(&*source.file) {
                return error;
            }
            let why = format!("\"{}\": {}", source.file, error.why);
            Error { why, ..error }
        })
    }

    /// A number for a source, the same each time.
    fn id_of(&self, source: Wanted) -> u64 {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let same_name = ids.entry(source.key()).or_default();
        let found = same_name
            .iter()
            .copied()
            .find(|&id| usize::try_from(id).is_ok_and(|at| known.get(at) == Some(&source)));
        found.unwrap_or_else(|| {
            let id = known.len() as u64;
            known.push(source);
            same_name.push(id);
            id
        })
    }

    fn known(&self, id: u64) -> Option<Wanted> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(usize::try_from(id).ok()?).cloned()
    }

    fn error(&self, error: hutch_hdf5::Error) -> Error {
        let tried = format!("read a virtual dataset of \"{}\"", self.file.url());
        super::errors::error(error, tried)
    }

    fn unknown_source(&self) -> Error {
        let tried = format!("read a virtual dataset of \"{}\"", self.file.url());
        Error::new(ErrorKind::Internal, tried, "a source is not known")
    }

    /// The files of the whole dataset, and why those that lack are missing.
    async fn look_at_files(&self, cancel: &Cancel) -> Result<Vec<SourceFile>> {
        let whole = Selection::all(&self.shape);
        let sources = self.layout.sources_of(&self.shape, &whole);
        let sources = sources.map_err(|error| self.error(error))?;
        let mut unique = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for source in sources {
            if seen.insert(Arc::clone(&source.file)) {
                unique.push(source);
            }
        }
        unique.truncate(LOOKED_AT_LIMIT);
        let found = self.look(&unique, cancel).await;
        cancel.check()?;
        let files = unique.iter().zip(found);
        Ok(files
            .map(|(source, found)| SourceFile {
                file: source.file.to_string(),
                missing: found.err().map(|error| error.why),
            })
            .collect())
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Unreadable | ErrorKind::Unsupported
    )
}

fn to_slab(selection: Selection) -> Slab {
    Slab {
        start: selection.start,
        count: selection.count,
        step: selection.step,
    }
}

impl Assembly for Virtual {
    fn placements(&self, slab: &Slab) -> Result<Vec<Placement>> {
        let sources = self.layout.sources_of(&self.shape, &selection(slab));
        let sources = sources.map_err(|error| self.error(error))?;
        Ok(sources
            .into_iter()
            .map(|source| Placement {
                source: self.id_of(source),
                // What exactly is said once the shape of the source is known.
                from: Slab::whole(&[]),
                place: Slab::whole(&slab.count),
            })
            .collect())
    }

    fn parts(
        &self,
        placement: &Placement,
        slab: &Slab,
        shape: &[u64],
    ) -> Result<Option<Vec<(Slab, Slab)>>> {
        let source = self.known(placement.source);
        let source = source.ok_or_else(|| self.unknown_source())?;
        let parts = self
            .layout
            .parts(&source, &self.shape, &selection(slab), shape)
            .map_err(|error| self.error(error))?;
        let parts = parts.into_iter();
        Ok(Some(
            parts
                .map(|part| (to_slab(part.source), to_slab(part.target)))
                .collect(),
        ))
    }

    fn files<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<Vec<SourceFile>>> {
        Box::pin(self.look_at_files(cancel))
    }

    fn open<'a>(&'a self, source: u64, cancel: &'a Cancel) -> BoxFuture<'a, Result<Source>> {
        Box::pin(async move {
            let source = self.known(source).ok_or_else(|| self.unknown_source())?;
            let dataset = self.open_source(&source, cancel).await?;
            Ok(Source::Open(dataset))
        })
    }
}
