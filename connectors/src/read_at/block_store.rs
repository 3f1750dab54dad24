//! Blocks of the structure of files: in memory, and on the disk for the next time.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{Identity, Validator};
use parking_lot::Mutex;

use super::disk_blocks::DiskBlocks;

/// Which version of which source a block belongs to.
pub(super) type SourceKey = Arc<(String, Validator, u64)>;
pub(super) type BlockKey = (SourceKey, u64);

/// Blocks of many sources under one budget; the least recently used go first.
#[derive(Debug)]
pub struct BlockStore {
    budget_bytes: u64,
    blocks: Mutex<Blocks>,
    disk: Option<Arc<DiskBlocks>>,
}

#[derive(Debug, Default)]
struct Blocks {
    by_key: HashMap<BlockKey, (Bytes, u64)>,
    by_use: BTreeMap<u64, BlockKey>,
    uses: u64,
    held_bytes: u64,
}

impl BlockStore {
    /// A store with a budget in bytes; one block is always kept.
    pub fn new(budget_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            budget_bytes,
            blocks: Mutex::default(),
            disk: None,
        })
    }

    /// A store that also keeps blocks in a folder, so that a file that was
    /// opened before costs one question whether it is still the same.
    ///
    /// The folder is readable by its owner only, holds at most `disk_bytes`,
    /// may be shared by several processes, and may be deleted at any time. A
    /// folder that cannot be made is done without.
    pub fn with_folder(budget_bytes: u64, folder: &Path, disk_bytes: u64) -> Arc<Self> {
        let disk = match DiskBlocks::open(folder, disk_bytes) {
            Ok(disk) => Some(Arc::new(disk)),
            Err(error) => {
                log::warn!("no cache in \"{}\": {error}", folder.display());
                None
            }
        };
        Arc::new(Self {
            budget_bytes,
            blocks: Mutex::default(),
            disk,
        })
    }

    /// Where blocks are kept for the next time.
    pub(super) fn disk(&self) -> Option<&Arc<DiskBlocks>> {
        self.disk.as_ref()
    }

    /// The same for one version of a source; none for a version that could not
    /// be told from the next one, as its server says neither tag nor time.
    pub(super) fn disk_for(&self, source: &SourceKey) -> Option<&Arc<DiskBlocks>> {
        self.disk.as_ref().filter(|_| !is_vague(&source.1))
    }

    /// The version of a source that blocks on the disk belong to.
    pub(super) fn seen(&self, url: &str) -> Option<Identity> {
        self.disk.as_ref()?.version(url)
    }

    /// How many bytes it holds.
    pub fn held_bytes(&self) -> u64 {
        self.blocks.lock().held_bytes
    }

    /// Forgets everything, as at sign-out.
    pub fn clear(&self) {
        *self.blocks.lock() = Blocks::default();
        if let Some(disk) = &self.disk {
            disk.clear();
        }
    }

    pub(super) fn get(&self, source: &SourceKey, block: u64) -> Option<Bytes> {
        let mut blocks = self.blocks.lock();
        blocks.uses += 1;
        let now = blocks.uses;
        let key = (Arc::clone(source), block);
        let (bytes, used) = blocks.by_key.get_mut(&key)?;
        let bytes = bytes.clone();
        let before = std::mem::replace(used, now);
        blocks.by_use.remove(&before);
        blocks.by_use.insert(now, key);
        Some(bytes)
    }

    pub(super) fn put(&self, source: &SourceKey, block: u64, bytes: &Bytes) {
        let mut blocks = self.blocks.lock();
        blocks.uses += 1;
        let now = blocks.uses;
        let key = (Arc::clone(source), block);
        // A copy of its own: a slice would keep the whole merged read alive.
        let own = Bytes::copy_from_slice(bytes);
        blocks.held_bytes += own.len() as u64;
        if let Some((old, used)) = blocks.by_key.insert(key.clone(), (own, now)) {
            blocks.held_bytes -= old.len() as u64;
            blocks.by_use.remove(&used);
        }
        blocks.by_use.insert(now, key);
        while blocks.held_bytes > self.budget_bytes && blocks.by_use.len() > 1 {
            let Some((_, oldest)) = blocks.by_use.pop_first() else {
                break;
            };
            if let Some((gone, _)) = blocks.by_key.remove(&oldest) {
                blocks.held_bytes -= gone.len() as u64;
            }
        }
    }

    pub(super) fn forget(&self, source: &SourceKey) {
        let mut blocks = self.blocks.lock();
        let gone: Vec<BlockKey> = blocks
            .by_use
            .values()
            .filter(|key| key.0 == *source)
            .cloned()
            .collect();
        for key in gone {
            if let Some((bytes, used)) = blocks.by_key.remove(&key) {
                blocks.held_bytes -= bytes.len() as u64;
                blocks.by_use.remove(&used);
            }
        }
    }
}

/// Whether another version of the same size would look the same.
pub(super) fn is_vague(validator: &Validator) -> bool {
    matches!(
        validator,
        Validator::SizeAndTime {
            modified_ns: None,
            ..
        }
    )
}
