//! What a program does with files far away, without a window.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use hutch_connectors::http::{HttpClient, HttpSettings, NoCredentials};
use hutch_connectors::read_at::{BlockStore, Meter, usual_stack};
use hutch_connectors::storage::HttpFile;
use hutch_model::{
    BoxFuture, Cancel, Container, Dataset, Link, Neighbour, Neighbours, Node, NodeKind,
    Result as Outcome, Slab, read_slab,
};

/// What one process has: connections, and blocks in memory and on the disk.
pub(crate) struct Reader {
    client: HttpClient,
    store: Arc<BlockStore>,
}

impl Reader {
    /// A new process, with what earlier ones kept in a folder.
    pub(crate) fn new(kept: &Path) -> Result<Self> {
        Ok(Self {
            client: HttpClient::new(HttpSettings::default(), Arc::new(NoCredentials))?,
            store: BlockStore::with_folder(256 << 20, kept, 1 << 30),
        })
    }

    pub(crate) async fn open(&self, url: &str, name: &str) -> Result<Arc<dyn Container>> {
        let (client, url) = self.client.for_address(&format!("{url}/{name}"))?;
        let file = Arc::new(HttpFile::new(client, url));
        let source = usual_stack(file, &self.store, &Meter::new());
        Ok(hutch_formats::open(source, Arc::new(Nobody), &Cancel::new()).await?)
    }

    /// The stack of a file.
    pub(crate) async fn stack(&self, url: &str, name: &str) -> Result<Arc<dyn Dataset>> {
        let container = self.open(url, name).await?;
        let cancel = Cancel::new();
        Ok(container.dataset("/entry/data/data", &cancel).await?)
    }
}

/// Nothing lies beside the files.
#[derive(Debug)]
struct Nobody;

impl Neighbours for Nobody {
    fn open<'a>(&'a self, _target: &'a str, _from: &'a str) -> BoxFuture<'a, Outcome<Neighbour>> {
        Box::pin(async { Ok(Neighbour::Refused("not here".to_owned())) })
    }

    fn list<'a>(&'a self, _prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Outcome<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The objects in groups, read as one.
pub(crate) async fn level(container: &dyn Container, groups: &[String]) -> Result<Vec<Node>> {
    let cancel = Cancel::new();
    let listed = groups
        .iter()
        .map(|group| container.children(group, &cancel));
    let listed = futures_util::future::join_all(listed).await;
    let mut paths = Vec::new();
    for (group, children) in groups.iter().zip(listed) {
        let parent = group.trim_end_matches('/');
        let children = children?;
        let here = children.iter().filter(|child| child.link == Link::Hard);
        paths.extend(here.map(|child| format!("{parent}/{}", child.name)));
    }
    let nodes = container.nodes(&paths, &cancel).await;
    Ok(nodes.into_iter().collect::<Outcome<_>>()?)
}

/// The objects below some nodes, level by level, and how many there are.
pub(crate) async fn walk(container: &dyn Container, mut nodes: Vec<Node>) -> Result<usize> {
    let mut count = nodes.len();
    loop {
        let groups = nodes.into_iter();
        let groups = groups.filter(|node| matches!(node.kind, NodeKind::Group));
        let groups: Vec<String> = groups.map(|node| node.path).collect();
        if groups.is_empty() {
            return Ok(count);
        }
        nodes = level(container, &groups).await?;
        count += nodes.len();
    }
}

pub(crate) async fn frame(data: &Arc<dyn Dataset>, index: u64) -> Result<()> {
    let slab = Slab::frame(&data.info().shape, index);
    let block = read_slab(&**data, &slab, &Cancel::new()).await?;
    ensure!(!block.samples.is_empty(), "the frame has samples");
    Ok(())
}

/// One row of each of so many frames.
pub(crate) async fn sinogram(data: &Arc<dyn Dataset>, frames: u64) -> Result<()> {
    let columns = data.info().shape.last().copied().unwrap_or(0);
    let rows = Slab {
        start: vec![0, 1024, 0],
        count: vec![frames, 1, columns],
        step: vec![1, 1, 1],
    };
    let block = read_slab(&**data, &rows, &Cancel::new()).await?;
    ensure!(!block.samples.is_empty(), "the sinogram has samples");
    Ok(())
}
