//! Arbitrary bytes as a file, through the door that views use.

use std::sync::Arc;

use bytes::Bytes;
use hutch_formats::{nexus, tomo};
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, CostHint, Error, ErrorKind, Identity, Neighbour,
    Neighbours, NodeKind, ReadAt, Result, Slab, Validator, read_slab,
};
use pollster::block_on;

/// The images of laboratories and microscopes, by the ends of their names.
pub const IMAGES: &[&str] = &["tif", "npy", "mrc", "vol", "vol.info", "raw"];
/// The images of beamlines.
pub const BEAMLINE: &[&str] = &["edf", "img", "cbf", "mccd", "edf.gz", "cbf.bz2", "img.gz"];
/// Scans as tables.
pub const TABLES: &[&str] = &["spec", "fio", "spec.gz"];
/// HDF5 files that layouts of facilities recognise by their names or by what is in them.
pub const LAYOUTS: &[&str] = &[
    "image_master.h5",
    "RAW-R0348-AGIPD04-S00002.h5",
    "CORR-R0348-AGIPD04-S00002.h5",
    "scan.nxs",
];

const NODE_MAX: usize = 60;
/// Bytes of elements that are read of one dataset.
const SLAB_BYTES: u64 = 1 << 16;

/// Opens `data`, whose first byte chooses the end of its name, and reads some of all in it.
pub fn open(data: &[u8], extensions: &[&str]) {
    let [which, file @ ..] = data else { return };
    let extension = extensions[usize::from(*which) % extensions.len()];
    let name = format!("image_16x12_0001.{extension}");
    open_named(&name, Bytes::copy_from_slice(file), Arc::new(Alone));
}

/// Opens `data`, whose first byte chooses its name, as HDF5 with the layouts of facilities; every
/// file that it names is there, and is the same again.
pub fn open_layout(data: &[u8]) {
    let [which, file @ ..] = data else { return };
    let name = LAYOUTS[usize::from(*which) % LAYOUTS.len()];
    let bytes = Bytes::copy_from_slice(file);
    open_named(name, bytes.clone(), Arc::new(Mirrors(bytes)));
}

fn open_named(name: &str, bytes: Bytes, neighbours: Arc<dyn Neighbours>) {
    let source = Arc::new(Memory {
        url: format!("memory:/folder/{name}"),
        bytes,
    });
    let cancel = Cancel::new();
    block_on(async {
        let opened = hutch_formats::open(source, neighbours, &cancel).await;
        match opened {
            Ok(container) => {
                walk(&*container, &cancel).await;
                let _plot = nexus::default_plot(&*container, &cancel).await.is_ok();
                let _scan = tomo::scan(&*container, &cancel).await.is_ok();
            }
            Err(error) => assert!(!error.why.is_empty(), "an error says why"),
        }
    });
}

async fn walk(container: &dyn Container, cancel: &Cancel) {
    let mut groups = vec!["/".to_owned()];
    let mut seen = 0;
    while let Some(group) = groups.pop() {
        let Ok(children) = container.children(&group, cancel).await else {
            continue;
        };
        let names = children.iter().take(NODE_MAX).map(|child| &child.name);
        let paths: Vec<String> = names.map(|name| format!("{group}/{name}")).collect();
        for (path, node) in paths.iter().zip(container.nodes(&paths, cancel).await) {
            seen += 1;
            match node.map(|node| node.kind) {
                Ok(NodeKind::Group) if seen < NODE_MAX => groups.push(path.clone()),
                Ok(NodeKind::Dataset(info)) => read(container, path, &info.shape, cancel).await,
                _ => {}
            }
        }
    }
}

/// Reads the first and the last elements of a dataset.
async fn read(container: &dyn Container, path: &str, shape: &[u64], cancel: &Cancel) {
    let Ok(dataset) = container.dataset(path, cancel).await else {
        return;
    };
    let first = Slab {
        count: shape.iter().map(|size| (*size).min(16)).collect(),
        ..Slab::whole(shape)
    };
    let mut last = first.clone();
    for ((start, count), size) in last.start.iter_mut().zip(&last.count).zip(shape) {
        *start = size - count;
    }
    for slab in [first, last] {
        if slab
            .element_count()
            .is_ok_and(|count| count <= SLAB_BYTES / 8)
        {
            let _end = read_slab(&*dataset, &slab, cancel).await.is_ok();
        }
    }
}

/// A file in memory.
#[derive(Debug)]
struct Memory {
    url: String,
    bytes: Bytes,
}

impl ReadAt for Memory {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        let identity = Identity {
            url: self.url.clone(),
            size_bytes: self.bytes.len() as u64,
            validator: Validator::Fixed,
        };
        Box::pin(async move { Ok(identity) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        let size = self.bytes.len() as u64;
        let read = move |range: &ByteRange| {
            let end = range.end.min(size);
            Ok(self
                .bytes
                .slice(range.start.min(end) as usize..end as usize))
        };
        Box::pin(async move { ranges.iter().map(read).collect() })
    }

    fn cost_hint(&self) -> CostHint {
        CostHint::LOCAL
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.identity()
    }
}

/// A folder without another file.
#[derive(Debug)]
struct Alone;

impl Neighbours for Alone {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        let error = Error::new(
            ErrorKind::NotFound,
            format!("open \"{target}\""),
            "it is alone",
        );
        Box::pin(async move { Err(error) })
    }

    fn list<'a>(&'a self, _prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A folder in which every file is the one that was opened.
#[derive(Debug)]
struct Mirrors(Bytes);

impl Neighbours for Mirrors {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        let file = Memory {
            url: format!("memory:/folder/{target}"),
            bytes: self.0.clone(),
        };
        Box::pin(async move { Ok(Neighbour::Open(Arc::new(file))) })
    }

    fn list<'a>(&'a self, prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        let modules = (0..16).map(|module| format!("RAW-R0348-AGIPD{module:02}-S00002.h5"));
        let names = modules.filter(|name| name.starts_with(prefix)).collect();
        Box::pin(async move { Ok(names) })
    }
}
