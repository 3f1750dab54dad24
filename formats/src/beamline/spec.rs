//! SPEC files: every scan as an entry, as silx's spech5 lays them out.
//!
//! `/12.1` is scan 12, the first with that number: `title`, `start_time`,
//! `measurement/<counter>`, `instrument/positioners/<motor>`,
//! `measurement/mca_0/data`, and `plotselect`, the last counter over the first column (another
//! one where the last is a clock or a monitor of the beam).
//! The file is passed over once for where the scans lie; a scan is read when something
//! in it is asked for.

mod index;
mod parse;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{
    BoxFuture, ByteRange, Cancel, Child, Container, Dataset, Error, ErrorKind, Link, Neighbours,
    Node, NodeKind, Origin, ReadAt, Result,
};

use self::index::{Index, ScanPlace};
use super::fault::Fault;
use super::pairs::text;
use super::scan::Tree;
use crate::images::container::{ImageContainer, attribute};
use crate::images::file::ImageFile;
use crate::path;

/// Bytes that the lines of one scan may take.
const SCAN_LIMIT_BYTES: u64 = 256 << 20;
/// Numbers of scans that are kept once they are read; the newest always is.
const KEPT_NUMBERS: usize = 8 << 20;
/// Bytes by which a file is recognised.
const HEAD_BYTES: u64 = 4096;

/// Whether a file begins as one of SPEC.
pub(crate) fn is_spec(head: &[u8], _name: &str) -> bool {
    let head = head.trim_ascii_start();
    [&b"#F "[..], b"#E ", b"#S "]
        .iter()
        .any(|start| head.starts_with(start))
}

/// Opens a SPEC file: finds its scans.
///
/// # Errors
/// [`ErrorKind::Unreadable`] when there is no scan in it.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    _neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let file = ImageFile::of(source).await?;
    let head = file.read_one(ByteRange::new(0, HEAD_BYTES), cancel).await?;
    // A file of another kind is not read to its end in search of a scan.
    if !is_spec(&head, "") {
        return Err(file.unreadable("it does not begin as a SPEC file"));
    }
    let index = Index::of(&file, cancel).await?;
    if index.scans.is_empty() {
        return Err(file.unreadable("there is no scan in the SPEC file"));
    }
    let keys = index.scans.iter().enumerate();
    Ok(Arc::new(SpecFile {
        origin: file.origin(""),
        places: keys
            .map(|(place, scan)| (scan.key.clone(), place))
            .collect(),
        index,
        file,
        kept: Mutex::default(),
    }))
}

/// A scan that was read, and how many numbers it holds.
#[derive(Clone, Debug)]
struct Kept {
    place: usize,
    numbers: usize,
    tree: Arc<ImageContainer>,
}

/// A SPEC file whose scans are known.
#[derive(Debug)]
struct SpecFile {
    origin: Origin,
    file: ImageFile,
    index: Index,
    /// Which scan has a key.
    places: HashMap<String, usize>,
    /// Scans that were read, the newest last.
    kept: Mutex<Vec<Kept>>,
}

impl SpecFile {
    /// The scan that a path is in; `None` for the root.
    fn place_of(&self, asked: &str) -> Result<Option<usize>> {
        let Some(key) = path::parts(asked).next() else {
            return Ok(None);
        };
        match self.places.get(key) {
            Some(&place) => Ok(Some(place)),
            None => Err(Error::new(
                ErrorKind::NotFound,
                format!("open \"{}\"", self.origin.at(asked)),
                format!("there is no scan \"{key}\""),
            )),
        }
    }

    async fn scan(&self, place: usize, cancel: &Cancel) -> Result<Arc<ImageContainer>> {
        if let Some(tree) = self.kept(place) {
            return Ok(tree);
        }
        let tried = || format!("read a scan of \"{}\"", self.file.url());
        let Some(about) = self.index.scans.get(place) else {
            return Err(Error::new(ErrorKind::NotFound, tried(), "it is gone"));
        };
        let header = about
            .header
            .and_then(|header| self.index.headers.get(header));
        let header = header.copied().unwrap_or(ByteRange::new(0, 0));
        let body = ByteRange::new(about.start, about.end);
        if header.len().saturating_add(body.len()) > SCAN_LIMIT_BYTES {
            return Err(Fault::limit("its lines take more than 256 MiB").tried(tried()));
        }
        let header = text(&self.file.read_one(header, cancel).await?);
        let body = text(&self.file.read_one(body, cancel).await?);
        let scan = parse::parse(&header, &body, cancel)?;
        let numbers = scan.rows.numbers;
        let mut tree = Tree {
            file: &self.file,
            container: ImageContainer::new(&self.file, "SPEC"),
        };
        scan.describe(&mut tree, &about.key);
        let tree = Arc::new(tree.container);
        self.keep(Kept {
            place,
            numbers,
            tree: Arc::clone(&tree),
        });
        Ok(tree)
    }

    fn kept(&self, place: usize) -> Option<Arc<ImageContainer>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| kept.place == place);
        found.map(|kept| Arc::clone(&kept.tree))
    }

    fn keep(&self, scan: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(scan);
        // A scan of few numbers is not free either.
        let cost = |kept: &Kept| kept.numbers.saturating_add(4096);
        while kept.len() > 1 && kept.iter().map(cost).sum::<usize>() > KEPT_NUMBERS {
            kept.remove(0);
        }
    }

    async fn node(&self, asked: &str, cancel: &Cancel) -> Result<Node> {
        let group = |attributes| Node {
            path: path::normal(asked),
            kind: NodeKind::Group,
            attributes,
            problems: Vec::new(),
        };
        let last = self.index.scans.last().map_or("", |scan| scan.key.as_str());
        match self.place_of(asked)? {
            None => Ok(group(vec![
                attribute("NX_class", "NXroot"),
                attribute("default", last),
            ])),
            // A list of thousands of scans is shown without reading them.
            Some(_) if path::parts(asked).count() == 1 => Ok(group(vec![
                attribute("NX_class", "NXentry"),
                attribute("default", "plotselect"),
            ])),
            Some(place) => {
                let scan = self.scan(place, cancel).await?;
                let mut nodes = scan.nodes(&[asked.to_owned()], cancel).await;
                nodes.pop().unwrap_or_else(|| Ok(group(Vec::new())))
            }
        }
    }
}

impl Container for SpecFile {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn format(&self) -> &'static str {
        "SPEC"
    }

    fn children<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Arc<[Child]>>> {
        Box::pin(async move {
            if let Some(place) = self.place_of(path)? {
                return self.scan(place, cancel).await?.children(path, cancel).await;
            }
            let child = |scan: &ScanPlace| Child {
                name: scan.key.clone(),
                link: Link::Hard,
            };
            Ok(self.index.scans.iter().map(child).collect())
        })
    }

    fn nodes<'a>(
        &'a self,
        paths: &'a [String],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Node>>> {
        Box::pin(async move {
            let mut nodes = Vec::with_capacity(paths.len());
            for path in paths {
                nodes.push(self.node(path, cancel).await);
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
            match self.place_of(path)? {
                Some(place) => self.scan(place, cancel).await?.dataset(path, cancel).await,
                None => Err(Error::new(
                    ErrorKind::Usage,
                    format!("read \"{}\"", self.origin.at(path)),
                    "it is a group, not a dataset",
                )),
            }
        })
    }
}
