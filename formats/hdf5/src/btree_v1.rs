//! B-trees of version 1: old-style groups, and chunks.

use std::collections::HashSet;

use crate::blocks::Blocks;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::file::File;
use crate::step::{Needs, Parse};

const WHAT: &str = "B-tree node";
/// Asked for when the number of entries is not known yet.
const NODE_BYTES: u64 = 2048;

/// What a tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Offsets of names in a local heap.
    Names,
    /// Sizes, filter masks and places of chunks with this many axes.
    Chunks {
        /// Axes of the dataset; keys have one more.
        rank: usize,
    },
}

/// An entry of a leaf: its key as stored, and what it points to.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: bytes::Bytes,
    pub(crate) child: u64,
}

/// All entries of all leaves, in order; one round trip for each level.
pub(crate) fn leaves(
    file: &File,
    blocks: &Blocks,
    root: u64,
    keys: Keys,
    max: u64,
) -> Parse<Vec<Entry>> {
    let mut seen = HashSet::from([root]);
    let mut level = vec![root];
    let mut depth = None;
    loop {
        let mut needs = Needs::default();
        let mut entries = Vec::new();
        let mut here = None;
        for address in level {
            let Some(node) = needs.gather(read_node(file, blocks, address, keys))? else {
                continue;
            };
            if here.is_some_and(|here| here != node.level)
                || depth.is_some_and(|depth| node.level + 1 != depth)
            {
                return Err(Error::damaged("B-tree node: is on the wrong level", address).into());
            }
            here = Some(node.level);
            entries.extend(node.entries);
            if entries.len() as u64 > max {
                return Err(Error::limit("the number of entries in a B-tree", max, address).into());
            }
        }
        needs.finish()?;
        if here.unwrap_or(0) == 0 {
            return Ok(entries);
        }
        depth = here;
        level = entries.into_iter().map(|entry| entry.child).collect();
        for address in &level {
            if !seen.insert(*address) {
                return Err(Error::damaged(
                    "B-tree node: is its own ancestor or has two parents",
                    *address,
                )
                .into());
            }
        }
    }
}

/// The level and the entries of one node.
pub(crate) fn node(
    file: &File,
    blocks: &Blocks,
    address: u64,
    keys: Keys,
) -> Parse<(u8, Vec<Entry>)> {
    let node = read_node(file, blocks, address, keys)?;
    Ok((node.level, node.entries))
}

struct Node {
    level: u8,
    entries: Vec<Entry>,
}

fn read_node(file: &File, blocks: &Blocks, address: u64, keys: Keys) -> Parse<Node> {
    let prefix = 8 + 2 * file.format.offset_bytes();
    let (kind, key_bytes) = match keys {
        Keys::Names => (0, file.format.length_bytes()),
        Keys::Chunks { rank } => (1, 8 + 8 * (rank + 1)),
    };
    let bytes = blocks.get_or_ask(address, prefix as u64, NODE_BYTES, WHAT)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, address);
    cursor.signature(*b"TREE")?;
    if cursor.u8()? != kind {
        return Err(cursor.damaged("is of another kind than its owner").into());
    }
    let level = cursor.u8()?;
    let count = usize::from(cursor.u16()?);
    let entry_bytes = key_bytes + file.format.offset_bytes();
    let at = address.saturating_add(prefix as u64);
    let bytes = blocks.get(at, (count * entry_bytes) as u64, WHAT)?;
    let mut cursor = Cursor::new(file.format, &bytes, WHAT, at);
    let mut entries = Vec::with_capacity(count);
    for index in 0..count {
        let from = index * entry_bytes;
        cursor.skip(key_bytes)?;
        entries.push(Entry {
            key: bytes.slice(from..from + key_bytes),
            child: cursor.some_address()?,
        });
    }
    Ok(Node { level, entries })
}
