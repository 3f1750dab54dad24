//! Files that a far file names are read as far files are: what is known of
//! their structure is not asked for again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use hutch::neighbours::{Reading, StorageNeighbours};
use hutch::pools::Pools;
use hutch_connectors::read_at::{BlockStore, Meter};
use hutch_connectors::site::Site;
use hutch_connectors::storage::FileStorage;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Capabilities, CostHint, Identity, Operation, Permission, ReadAt,
    Result, Slab, Storage, StorageEntry, read_slab,
};

/// A folder that seems to be 50 ms away, and counts what is asked of it.
#[derive(Debug)]
struct Far {
    storage: FileStorage,
    asked: Arc<AtomicUsize>,
}

/// A file of it.
#[derive(Debug)]
struct FarFile(Arc<dyn ReadAt>, Arc<AtomicUsize>);

impl Storage for Far {
    fn root(&self) -> &str {
        self.storage.root()
    }

    fn capabilities(&self) -> Capabilities {
        self.storage.capabilities()
    }

    fn list<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<StorageEntry>>> {
        self.storage.list(path, cancel)
    }

    fn stat<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        self.storage.stat(path, cancel)
    }

    fn open<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Arc<dyn ReadAt>>> {
        Box::pin(async move {
            let file = self.storage.open(path).await?;
            Ok(Arc::new(FarFile(file, Arc::clone(&self.asked))) as Arc<dyn ReadAt>)
        })
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        bytes: Bytes,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        self.storage.put(path, bytes, cancel)
    }

    fn may(&self, operation: Operation, path: &str) -> Permission {
        self.storage.may(operation, path)
    }
}

impl ReadAt for FarFile {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        self.0.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        self.1.fetch_add(ranges.len(), Ordering::Relaxed);
        self.0.read(ranges, cancel)
    }

    fn cost_hint(&self) -> CostHint {
        CostHint {
            latency_secs: 0.05,
            ..self.0.cost_hint()
        }
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.0.refresh()
    }
}

#[test]
fn the_data_files_of_a_far_master_are_not_asked_twice_for_their_structure() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layouts/eiger");
    let pools = Pools::start().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let far: Arc<dyn Storage> = Arc::new(Far {
        storage: FileStorage::new(&folder),
        asked: Arc::clone(&asked),
    });
    let blocks = BlockStore::new(1 << 24);
    let open = || {
        let reading = Reading {
            blocks: Arc::clone(&blocks),
            meter: Meter::new(),
        };
        let neighbours =
            StorageNeighbours::new(Arc::clone(&far), "/series_master.h5", Site::default());
        let block = pools.wait(async {
            let cancel = Cancel::new();
            let file = far.open("/series_master.h5").await?;
            let neighbours = Arc::new(neighbours.read_by(reading));
            let master = hutch_formats::open(file, neighbours, &cancel).await?;
            let data = master.dataset("/entry/data/data", &cancel).await?;
            let slab = Slab::frame(&data.info().shape, 0);
            read_slab(&*data, &slab, &cancel).await
        });
        (block.unwrap(), asked.swap(0, Ordering::Relaxed))
    };
    let (first, asked_first) = open();
    let (again, asked_again) = open();
    assert_eq!(first, again, "the same frame");
    assert!(asked_first > 1, "both files: {asked_first}");
    assert!(asked_again <= 1, "its samples at most: {asked_again}");
}
