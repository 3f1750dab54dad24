//! From paths to objects: hard, soft and external links, many paths at once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hutch_hdf5::{File, Link, LinkTarget, Object};
use hutch_model::{
    BoxFuture, Cancel, Error, ErrorKind, Identity, Neighbours, Origin, ReadAt, Result, Retry,
    Validator,
};

use super::Options;
use super::chunk_cache::ChunkCache;
use super::errors;
use super::metadata::{Metadata, batch};
use super::neighbours::{Opening, OtherFiles};
use super::once::Once;
use super::references::Names;
use super::refresh::changed_recently;
use crate::join::join_all;
use crate::path;

/// Soft links that are followed for one path.
const SOFT_LINKS: u32 = 32;
/// Names of one path after links were put in.
const NAME_LIMIT: usize = 4096;
/// Links that are remembered for one file.
const LINK_BUDGET: usize = 1 << 20;

/// An open HDF5 file.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) metadata: Metadata,
    source: Arc<dyn ReadAt>,
    options: Options,
    depth: u32,
    others: OtherFiles,
    tables: Mutex<HashMap<u64, Arc<LinkTable>>>,
    /// Decoded chunks that several slabs share.
    pub(super) chunks: ChunkCache,
    /// Paths of objects, for references.
    pub(super) names: Once<Names>,
    /// Whether it changed since it was first opened.
    is_growing: bool,
    /// Whether it changed shortly before it was opened.
    is_recent: bool,
    /// Whether something in it contradicted itself.
    is_damaged: AtomicBool,
}

/// The links of a group, sorted by name.
#[derive(Debug)]
pub(super) struct LinkTable(Vec<Link>);

impl LinkTable {
    fn new(mut links: Vec<Link>) -> Self {
        links.sort_by(|one, other| one.name.cmp(&other.name));
        Self(links)
    }

    pub(super) fn links(&self) -> &[Link] {
        &self.0
    }

    fn find(&self, name: &str) -> Option<&LinkTarget> {
        let at = self
            .0
            .binary_search_by(|link| (*link.name).cmp(name))
            .ok()?;
        self.0.get(at).map(|link| &link.target)
    }
}

/// Where a path leads: an object of some file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: Arc<OpenFile>,
    pub(super) address: u64,
    /// The path in that file.
    pub(super) path: String,
}

impl OpenFile {
    pub(super) async fn open(
        source: Arc<dyn ReadAt>,
        neighbours: Arc<dyn Neighbours>,
        options: Options,
        depth: u32,
        cancel: &Cancel,
    ) -> Result<Self> {
        Self::open_with(source, OtherFiles::new(neighbours), options, depth, cancel).await
    }

    async fn open_with(
        source: Arc<dyn ReadAt>,
        others: OtherFiles,
        options: Options,
        depth: u32,
        cancel: &Cancel,
    ) -> Result<Self> {
        let metadata = Metadata::open(Arc::clone(&source), options.metadata_limit_bytes).await?;
        let file = metadata.open_file(cancel).await?;
        Ok(Self {
            file,
            is_growing: false,
            is_recent: changed_recently(metadata.identity()),
            metadata,
            source,
            options,
            depth,
            others,
            tables: Mutex::new(HashMap::new()),
            chunks: ChunkCache::new(options.chunk_cache_bytes),
            names: Once::new(),
            is_damaged: AtomicBool::new(false),
        })
    }

    /// The present state of a file that changed.
    pub(super) async fn reopen(
        &self,
        kept: HashMap<String, Opening>,
        cancel: &Cancel,
    ) -> Result<Self> {
        let source = Arc::clone(&self.source);
        let others = self.others.keeping(kept);
        let mut file = Self::open_with(source, others, self.options, self.depth, cancel).await?;
        file.is_growing = true;
        Ok(file)
    }

    /// The bytes of the file, past what is known of its structure.
    pub(super) fn source(&self) -> &dyn ReadAt {
        &*self.source
    }

    /// Asks the source for its present version.
    pub(super) async fn ask_again(&self) -> Result<Identity> {
        self.source.refresh().await
    }

    /// Refuses to go on with a version that is no longer there.
    pub(super) async fn check_version(&self) -> Result<()> {
        let now = self.source.identity().await?;
        if now == *self.metadata.identity() {
            return Ok(());
        }
        let tried = format!("read \"{}\"", self.url());
        let why = "the file has changed since this was opened";
        Err(Error::new(ErrorKind::Integrity, tried, why).with_retry(Retry::Later))
    }

    /// Whether a file that was absent before is there now.
    pub(super) async fn appeared(&self, cancel: &Cancel) -> bool {
        let mut has_appeared = false;
        for name in self.others.lacking() {
            has_appeared |= self.other(&name, cancel).await.is_ok();
        }
        has_appeared
    }

    pub(super) fn others(&self) -> &OtherFiles {
        &self.others
    }

    /// Remembers that something contradicted itself, so that a refresh reads
    /// everything anew.
    pub(super) fn note_damage(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.may_be_written() && self.is_damaged.load(Ordering::Relaxed)
    }

    /// Whether somebody is seen to write the file.
    pub(super) fn is_growing(&self) -> bool {
        self.is_growing
    }

    /// Whether somebody may be writing the file.
    pub(super) fn may_be_written(&self) -> bool {
        self.is_growing || self.is_recent
    }

    /// Another file that this one points to, opened once.
    pub(super) async fn other(&self, target: &str, cancel: &Cancel) -> Result<Arc<Self>> {
        self.others.open(target, self, cancel).await
    }

    /// A raw file beside this one, opened once.
    pub(super) async fn raw(&self, target: &str) -> Result<Arc<dyn ReadAt>> {
        self.others.raw(target, self).await
    }

    pub(super) fn url(&self) -> &str {
        &self.metadata.identity().url
    }

    pub(super) fn origin(&self, path: &str) -> Origin {
        Origin {
            url: self.url().to_owned(),
            validator: self.validator(),
            path: path.to_owned(),
        }
    }

    fn validator(&self) -> Validator {
        self.metadata.identity().validator.clone()
    }

    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    /// Objects by address, in the round trips of one.
    pub(super) async fn objects(
        &self,
        addresses: &[u64],
        cancel: &Cancel,
    ) -> Result<Vec<Result<Object, hutch_hdf5::Error>>> {
        self.metadata
            .run(cancel, "read objects", |blocks| {
                self.file.objects(blocks, addresses)
            })
            .await
    }

    /// The links of groups by address, in the round trips of one.
    pub(super) async fn tables(
        &self,
        addresses: &[u64],
        cancel: &Cancel,
    ) -> Result<HashMap<u64, Result<Arc<LinkTable>, hutch_hdf5::Error>>> {
        let mut found = HashMap::new();
        let mut seen = HashSet::new();
        let mut wanted = Vec::new();
        {
            let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            for &address in addresses {
                match tables.get(&address) {
                    Some(table) => {
                        found.insert(address, Ok(Arc::clone(table)));
                    }
                    None if seen.insert(address) => wanted.push(address),
                    None => {}
                }
            }
        }
        if wanted.is_empty() {
            return Ok(found);
        }
        let read = self
            .metadata
            .run(cancel, "list groups", |blocks| {
                Ok(batch(
                    wanted
                        .iter()
                        .map(|&address| self.file.children(blocks, address)),
                ))
            })
            .await?;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = tables.values().map(|table| table.0.len()).sum();
        if held > LINK_BUDGET {
            tables.clear();
        }
        for (address, links) in wanted.into_iter().zip(read) {
            let table = links.map(|links| Arc::new(LinkTable::new(links)));
            if let Ok(table) = &table {
                tables.insert(address, Arc::clone(table));
            }
            found.insert(address, table);
        }
        Ok(found)
    }
}

/// The way of one path through a file.
#[derive(Debug)]
struct Walker {
    asked: String,
    at: u64,
    /// The names that are left, last first.
    rest: Vec<String>,
    walked: String,
    soft_links: u32,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    Here,
    External { file: String, path: String },
    Failed(Error),
}

/// Finds the objects at paths; each has its own error.
pub(super) fn locate<'a>(
    file: &'a Arc<OpenFile>,
    paths: &'a [String],
    cancel: &'a Cancel,
) -> BoxFuture<'a, Vec<Result<Place>>> {
    Box::pin(async move {
        let walkers = match walk(file, paths, cancel).await {
            Ok(walkers) => walkers,
            Err(error) => return paths.iter().map(|_| Err(error.duplicate())).collect(),
        };
        follow_external(file, walkers, cancel).await
    })
}

async fn walk(file: &Arc<OpenFile>, paths: &[String], cancel: &Cancel) -> Result<Vec<Walker>> {
    let mut walkers: Vec<Walker> = paths
        .iter()
        .map(|asked| Walker {
            asked: asked.clone(),
            at: file.file.root(),
            rest: names_of(asked),
            walked: String::new(),
            soft_links: 0,
            end: None,
        })
        .collect();
    loop {
        if walkers.iter().all(|walker| walker.end.is_some()) {
            return Ok(walkers);
        }
        cancel.check()?;
        // The last name of a path needs no table.
        let wanted: Vec<u64> = walkers
            .iter()
            .filter(|walker| walker.end.is_none() && !walker.rest.is_empty())
            .map(|walker| walker.at)
            .collect();
        let tables = file.tables(&wanted, cancel).await?;
        for walker in walkers.iter_mut().filter(|walker| walker.end.is_none()) {
            walker.step(file, &tables);
        }
    }
}

impl Walker {
    /// Follows one name.
    fn step(
        &mut self,
        file: &OpenFile,
        tables: &HashMap<u64, Result<Arc<LinkTable>, hutch_hdf5::Error>>,
    ) {
        let Some(name) = self.rest.pop() else {
            self.end = Some(End::Here);
            return;
        };
        let tried = format!("open \"{}\"", file.origin(&self.asked));
        let target = match tables.get(&self.at) {
            Some(Ok(table)) => table.find(&name).cloned(),
            Some(Err(error)) => {
                self.end = Some(End::Failed(errors::error(error.clone(), tried)));
                return;
            }
            None => None,
        };
        match target {
            Some(LinkTarget::Hard(address)) => {
                self.at = address;
                self.walked.push('/');
                self.walked.push_str(&name);
            }
            Some(LinkTarget::Soft(to)) => self.follow_soft(file, &to, tried),
            // A link into this very file.
            Some(LinkTarget::External(link)) if matches!(link.file.as_str(), "" | ".") => {
                self.follow_soft(file, &format!("/{}", link.path), tried);
            }
            Some(LinkTarget::External(link)) => {
                let rest: Vec<&str> = self.rest.iter().rev().map(String::as_str).collect();
                self.end = Some(End::External {
                    path: path::normal(&format!("{}/{}", link.path, rest.join("/"))),
                    file: link.file,
                });
            }
            Some(LinkTarget::Unknown(kind)) => {
                let why = format!("\"{name}\" is a link of the unknown kind {kind}");
                self.end = Some(End::Failed(Error::new(ErrorKind::Unsupported, tried, why)));
            }
            None => {
                let why = format!("there is no \"{}/{name}\"", self.walked);
                self.end = Some(End::Failed(Error::new(ErrorKind::NotFound, tried, why)));
            }
        }
    }
}

impl Walker {
    /// Puts the names of a link in place of the last one.
    fn follow_soft(&mut self, file: &OpenFile, to: &str, tried: String) {
        self.soft_links += 1;
        if self.soft_links > SOFT_LINKS || self.rest.len() > NAME_LIMIT {
            let why = "its links go round in a circle";
            self.end = Some(End::Failed(Error::new(ErrorKind::NotFound, tried, why)));
            return;
        }
        if to.starts_with('/') {
            self.at = file.file.root();
            self.walked.clear();
        }
        self.rest.extend(names_of(to));
    }
}

/// Opens each other file once, and goes on in it with all paths that lead there.
async fn follow_external(
    file: &Arc<OpenFile>,
    walkers: Vec<Walker>,
    cancel: &Cancel,
) -> Vec<Result<Place>> {
    let mut places: Vec<Option<Result<Place>>> = Vec::with_capacity(walkers.len());
    let mut leads: Vec<(String, Vec<(usize, String)>)> = Vec::new();
    for (index, walker) in walkers.into_iter().enumerate() {
        places.push(match walker.end {
            Some(End::Failed(error)) => Some(Err(error)),
            Some(End::External { file, path }) => {
                match leads.iter_mut().find(|(known, _)| *known == file) {
                    Some((_, paths)) => paths.push((index, path)),
                    None => leads.push((file, vec![(index, path)])),
                }
                None
            }
            Some(End::Here) | None => Some(Ok(Place {
                file: Arc::clone(file),
                address: walker.at,
                path: path::normal(&walker.walked),
            })),
        });
    }
    let followed = join_all(
        leads
            .iter()
            .map(|(other, paths)| -> BoxFuture<'_, Vec<Result<Place>>> {
                Box::pin(follow_into(file, other, paths, cancel))
            })
            .collect(),
    )
    .await;
    for ((_, paths), found) in leads.iter().zip(followed) {
        for ((index, _), place) in paths.iter().zip(found) {
            if let Some(slot) = places.get_mut(*index) {
                *slot = Some(place);
            }
        }
    }
    places.into_iter().flatten().collect()
}

async fn follow_into(
    file: &Arc<OpenFile>,
    other: &str,
    paths: &[(usize, String)],
    cancel: &Cancel,
) -> Vec<Result<Place>> {
    match file.other(other, cancel).await {
        Ok(opened) => {
            let paths: Vec<String> = paths.iter().map(|(_, path)| path.clone()).collect();
            locate(&opened, &paths, cancel).await
        }
        Err(error) => paths.iter().map(|_| Err(error.duplicate())).collect(),
    }
}

fn names_of(path: &str) -> Vec<String> {
    let mut names: Vec<String> = path::parts(path).map(str::to_owned).collect();
    names.reverse();
    names
}
