//! Folders of sample files whose openings are counted, and some may be away.

#![allow(dead_code, unreachable_pub, reason = "each test uses its own part")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hutch_model::{
    BlockState, BoxFuture, Cancel, Container, CostHint, Dataset, Neighbour, Neighbours, ReadAt,
    Result, Samples, Slab,
};
use pollster::block_on;

use crate::common::{Served, crc32, shared};

/// A folder of sample files.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    /// Files that are not there yet.
    pub away: Mutex<HashSet<String>>,
    /// Files that were opened, in order.
    pub opened: Mutex<Vec<String>>,
    /// How often the folder was listed.
    pub listed: Mutex<u32>,
}

impl Shelf {
    pub fn new(folder: &str) -> Arc<Self> {
        Arc::new(Self {
            root: shared("layouts").join(folder),
            away: Mutex::default(),
            opened: Mutex::default(),
            listed: Mutex::default(),
        })
    }

    /// A folder without some of its files.
    pub fn without(folder: &str, away: &[&str]) -> Arc<Self> {
        let shelf = Self::new(folder);
        let mut names = shelf.away.lock().unwrap();
        names.extend(away.iter().map(|&name| name.to_owned()));
        drop(names);
        shelf
    }

    pub fn arrive(&self, name: &str) {
        assert!(self.away.lock().unwrap().remove(name), "{name} was away");
    }

    fn serve(&self, name: &str) -> Option<Arc<Served>> {
        if self.away.lock().unwrap().contains(name) {
            return None;
        }
        let path = self.root.join(name);
        path.exists().then(|| Served::file(&path, CostHint::LOCAL))
    }

    pub fn open(self: &Arc<Self>, name: &str) -> Arc<dyn Container> {
        let source = self.serve(name).unwrap_or_else(|| panic!("no {name}"));
        let source: Arc<dyn ReadAt> = source;
        let neighbours: Arc<dyn Neighbours> = Arc::clone(self) as Arc<dyn Neighbours>;
        block_on(hutch_formats::open(source, neighbours, &Cancel::new()))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn opened(&self) -> Vec<String> {
        self.opened.lock().unwrap().clone()
    }
}

impl Neighbours for Shelf {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            if target.starts_with('/') || target.contains("..") {
                return Ok(Neighbour::Refused("it lies outside".to_owned()));
            }
            Ok(match self.serve(target) {
                Some(file) => {
                    self.opened.lock().unwrap().push(target.to_owned());
                    Neighbour::Open(file)
                }
                None => Neighbour::Absent("there is no such file".to_owned()),
            })
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            *self.listed.lock().unwrap() += 1;
            let names = std::fs::read_dir(&self.root).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let away = self.away.lock().unwrap();
            Ok(names
                .filter(|name| name.starts_with(prefix) && !away.contains(name))
                .collect())
        })
    }
}

/// What the independent reader saw.
pub fn expected(path: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(shared("layouts/expected.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found = all.pointer(path);
    found.unwrap_or_else(|| panic!("no {path}")).clone()
}

pub fn numbers(value: &serde_json::Value) -> Vec<u64> {
    let list = value.as_array().unwrap();
    list.iter().map(|number| number.as_u64().unwrap()).collect()
}

pub fn dataset(container: &dyn Container, path: &str) -> Arc<dyn Dataset> {
    block_on(container.dataset(path, &Cancel::new()))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn read(dataset: &dyn Dataset, slab: &Slab) -> (Samples, BlockState) {
    let block = block_on(hutch_model::read_slab(dataset, slab, &Cancel::new())).unwrap();
    (block.samples, block.state)
}

/// CRC-32 of all samples, which must all be there.
pub fn crc_of(dataset: &dyn Dataset, slab: &Slab) -> u64 {
    let (samples, state) = read(dataset, slab);
    assert_eq!(state, BlockState::Present, "{} is there", dataset.origin());
    u64::from(crc32(samples.bytes()))
}

pub fn names(container: &dyn Container, group: &str) -> Vec<String> {
    let children = block_on(container.children(group, &Cancel::new())).unwrap();
    children.iter().map(|child| child.name.clone()).collect()
}
