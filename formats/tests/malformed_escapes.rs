//! Files that try to read others or to fill the memory (`data/make_hostile.py`).

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Served, open, own};
use hutch_model::{
    Block, BlockState, BoxFuture, Cancel, Container, CostHint, ErrorKind, Neighbour, Neighbours,
    ReadAt, Result, Slab, read_slab,
};
use pollster::block_on;

/// Refuses what a policy refuses, and would hand out a victim for the rest:
/// whoever opens anything without asking, or asks and goes on, is seen.
#[derive(Debug)]
struct Policy {
    asked: Mutex<Vec<String>>,
    victim: Arc<Served>,
}

impl Neighbours for Policy {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(target.to_owned());
            let is_outside =
                target.starts_with('/') || target.contains("..") || target.contains(':');
            Ok(if is_outside {
                Neighbour::Refused("it lies outside of the folder".to_owned())
            } else {
                Neighbour::Open(Arc::clone(&self.victim) as Arc<dyn ReadAt>)
            })
        })
    }

    fn list<'a>(&'a self, _prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn read(container: &dyn Container, path: &str) -> Result<Block> {
    block_on(async {
        let cancel = Cancel::new();
        let dataset = container.dataset(path, &cancel).await?;
        let slab = Slab::whole(&dataset.info().shape);
        read_slab(&*dataset, &slab, &cancel).await
    })
}

#[test]
fn no_construct_of_a_file_reads_what_the_policy_refuses() {
    let policy = Arc::new(Policy {
        asked: Mutex::default(),
        victim: Served::new("memory:victim", vec![42; 4096], CostHint::LOCAL),
    });
    let source = Served::file(&own("escape.h5"), CostHint::LOCAL) as Arc<dyn ReadAt>;
    let neighbours = Arc::clone(&policy) as Arc<dyn Neighbours>;
    let container = block_on(hutch_formats::open(source, neighbours, &Cancel::new())).unwrap();
    for path in [
        "/link_absolute",
        "/link_up",
        "/link_url",
        "/group/through/data",
    ] {
        let error = read(&*container, path).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{path}: {error}");
    }
    for path in ["/raw_absolute", "/raw_up", "/vds_absolute", "/vds_up"] {
        let block = read(&*container, path).unwrap();
        let BlockState::Missing(why) = block.state else {
            panic!("{path} has no samples, got {:?}", block.state)
        };
        assert!(why.contains("outside"), "{path} says why: {why}");
        assert!(
            block.samples.bytes().iter().all(|&byte| byte == 0),
            "{path} shows the fill value"
        );
    }
    let asked = policy.asked.lock().unwrap();
    assert_eq!(asked.len(), 6, "each target is asked for once: {asked:?}");
    assert_eq!(policy.victim.counts(), (0, 0, 0), "no byte of another file");
}

#[test]
fn bombs_end_in_words_before_they_take_memory() {
    let container = open(&own("bombs.h5"));
    let cancel = Cancel::new();
    let start = Instant::now();
    for path in ["/twice", "/lies"] {
        let dataset = block_on(container.dataset(path, &cancel)).unwrap();
        let one = Slab {
            start: vec![5],
            count: vec![1],
            step: vec![1],
        };
        let error = block_on(read_slab(&*dataset, &one, &cancel)).unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Limit,
            "one element of {path}: {error}"
        );
        assert!(error.why.contains("536870912"), "its size: {error}");
    }
    for path in ["/flat", "/wide", "/many"] {
        let error = read(&*container, path).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit, "all of {path}: {error}");
        let dataset = block_on(container.dataset(path, &cancel)).unwrap();
        let mut slab = Slab::whole(&dataset.info().shape);
        for count in &mut slab.count {
            *count = (*count).min(10);
        }
        let block = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap();
        assert_eq!(block.state, BlockState::Fill, "nobody wrote {path}");
        // Every other element of the whole, or one of each chunk.
        slab.count = dataset.info().shape.iter().map(|size| size >> 10).collect();
        slab.step.fill(1 << 10);
        let error = block_on(read_slab(&*dataset, &slab, &cancel)).unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Limit,
            "an overview of {path}: {error}"
        );
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "without work: {took:?}");
}
