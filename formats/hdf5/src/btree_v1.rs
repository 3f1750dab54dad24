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
    let mut entries = Vec::new();
    visit(
        file,
        blocks,
        (root, keys),
        max,
        |_, _| true,
        |key, child| {
            entries.push(Entry {
                key: bytes::Bytes::copy_from_slice(key),
                child,
            });
            Ok(())
        },
    )?;
    Ok(entries)
}

/// Gives the entries of the leaves to `take`, in order; one round trip for each level.
///
/// Only those children are read that `wanted` asks for, by their key and that of the next; the
/// last child of a node has no next. Entries of leaves are all given.
pub(crate) fn visit(
    file: &File,
    blocks: &Blocks,
    (root, keys): (u64, Keys),
    max: u64,
    wanted: impl Fn(&[u8], Option<&[u8]>) -> bool,
    mut take: impl FnMut(&[u8], u64) -> Result<(), Error>,
) -> Parse<()> {
    let mut seen = HashSet::from([root]);
    let mut level = vec![root];
    let mut depth = None;
    let mut count = 0;
    loop {
        let mut needs = Needs::default();
        let mut below = Vec::new();
        let mut here = None;
        for address in level {
            let Some(node) = needs.gather(read_raw(file, blocks, address, keys))? else {
                continue;
            };
            if here.is_some_and(|here| here != node.level)
                || depth.is_some_and(|depth| node.level + 1 != depth)
            {
                return Err(Error::damaged("B-tree node: is on the wrong level", address).into());
            }
            here = Some(node.level);
            count += node.count() as u64;
            if count > max.saturating_mul(2) {
                return Err(Error::limit("the number of entries in a B-tree", max, address).into());
            }
            if node.level == 0 {
                for (key, child) in node.entries(file) {
                    take(key, child?)?;
                }
                continue;
            }
            let mut entries = node.entries(file).peekable();
            while let Some((key, child)) = entries.next() {
                if wanted(key, entries.peek().map(|(next, _)| *next)) {
                    below.push(child?);
                }
            }
        }
        needs.finish()?;
        if here.unwrap_or(0) == 0 {
            return Ok(());
        }
        depth = here;
        for address in &below {
            if !seen.insert(*address) {
                return Err(Error::damaged(
                    "B-tree node: is its own ancestor or has two parents",
                    *address,
                )
                .into());
            }
        }
        level = below;
    }
}

/// The level and the entries of one node.
pub(crate) fn node(
    file: &File,
    blocks: &Blocks,
    address: u64,
    keys: Keys,
) -> Parse<(u8, Vec<Entry>)> {
    let node = read_raw(file, blocks, address, keys)?;
    let mut entries = Vec::with_capacity(node.count());
    for (key, child) in node.entries(file) {
        let key = bytes::Bytes::copy_from_slice(key);
        let child = child?;
        entries.push(Entry { key, child });
    }
    Ok((node.level, entries))
}

/// A node as stored: keys and children by turns.
struct Node {
    level: u8,
    bytes: bytes::Bytes,
    key_bytes: usize,
    entry_bytes: usize,
    address: u64,
}

impl Node {
    fn count(&self) -> usize {
        self.bytes.len() / self.entry_bytes
    }

    fn entries<'a>(
        &'a self,
        file: &'a File,
    ) -> impl Iterator<Item = (&'a [u8], Result<u64, Error>)> {
        self.bytes.chunks_exact(self.entry_bytes).map(|entry| {
            let (key, child) = entry.split_at(self.key_bytes);
            (
                key,
                Cursor::new(file.format, child, WHAT, self.address).some_address(),
            )
        })
    }
}

fn read_raw(file: &File, blocks: &Blocks, address: u64, keys: Keys) -> Parse<Node> {
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
    Ok(Node {
        level,
        bytes: blocks.get(at, (count * entry_bytes) as u64, WHAT)?,
        key_bytes,
        entry_bytes,
        address,
    })
}
