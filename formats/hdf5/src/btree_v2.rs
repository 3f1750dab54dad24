//! B-trees of version 2: dense groups, dense attributes, huge objects, and chunks.

use std::collections::HashSet;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::step::{Needs, Parse};

const HEADER: &str = "B-tree header";
const NODE: &str = "B-tree node";
/// Signature, version, type and checksum of a node.
const NODE_OVERHEAD: u64 = 10;

/// All records of a tree, as stored.
#[derive(Debug)]
pub(crate) struct Records {
    /// The type of the records, 1 to 11.
    pub(crate) kind: u8,
    pub(crate) records: Vec<Bytes>,
}

/// A node that is yet to be read.
#[derive(Debug, Clone, Copy)]
struct Pointer {
    address: u64,
    record_count: u64,
}

struct Tree {
    kind: u8,
    node_size: u64,
    record_size: usize,
    depth: u16,
    root: Option<Pointer>,
    count_size: usize,
    /// For each level, bytes of the number of records below a node of that level.
    total_sizes: Vec<usize>,
}

/// Reads every record; one round trip for each level.
pub(crate) fn records(file: &File, blocks: &Blocks, address: u64, max: u64) -> Parse<Records> {
    records_where(file, blocks, address, max, |_, _| true)
}

/// Reads records, but of the children of nodes only those that `wanted` asks for by the records
/// before and behind them.
pub(crate) fn records_where(
    file: &File,
    blocks: &Blocks,
    address: u64,
    max: u64,
    wanted: impl Fn(Option<&[u8]>, Option<&[u8]>) -> bool,
) -> Parse<Records> {
    let tree = read_header(file, blocks, address)?;
    let mut records = Vec::new();
    let mut seen = HashSet::new();
    let mut level: Vec<Pointer> = tree.root.into_iter().collect();
    let mut depth = tree.depth;
    while !level.is_empty() {
        let mut needs = Needs::default();
        let mut next = Vec::new();
        for pointer in level {
            if !seen.insert(pointer.address) {
                return Err(Error::damaged("B-tree node: has two parents", pointer.address).into());
            }
            let Some(node) = needs.gather(tree.read_node(file, blocks, pointer, depth))? else {
                continue;
            };
            for (at, child) in node.children.iter().enumerate() {
                let last = at.checked_sub(1).and_then(|at| node.records.get(at));
                let behind = node.records.get(at);
                if wanted(last.map(|record| &**record), behind.map(|record| &**record)) {
                    next.push(*child);
                }
            }
            records.extend(node.records);
            if records.len() as u64 > max {
                return Err(Error::limit("the number of records in a B-tree", max, address).into());
            }
        }
        needs.finish()?;
        level = next;
        depth = depth.saturating_sub(1);
    }
    Ok(Records {
        kind: tree.kind,
        records,
    })
}

/// The records of an index by name whose hash is `hash`, by one way down.
/// Records of kind 5 begin with their hash, those of kind 8 have it behind 13 bytes.
pub(crate) fn find(file: &File, blocks: &Blocks, address: u64, hash: u32) -> Parse<Records> {
    let tree = read_header(file, blocks, address)?;
    let hash_at = if tree.kind == 5 { 0 } else { 13 };
    let hash_of = |record: &Bytes| {
        let bytes = record.get(hash_at..hash_at + 4).unwrap_or_default();
        bytes
            .iter()
            .rev()
            .fold(0_u32, |value, byte| value << 8 | u32::from(*byte))
    };
    let mut found = Vec::new();
    let mut level: Vec<Pointer> = tree.root.into_iter().collect();
    let mut depth = tree.depth;
    let mut seen = HashSet::new();
    while !level.is_empty() {
        let mut needs = Needs::default();
        let mut next = Vec::new();
        for pointer in level {
            if !seen.insert(pointer.address) {
                return Err(Error::damaged("B-tree node: has two parents", pointer.address).into());
            }
            let Some(node) = needs.gather(tree.read_node(file, blocks, pointer, depth))? else {
                continue;
            };
            // Names of the same hash may lie on both sides of a record.
            let first = node
                .records
                .partition_point(|record| hash_of(record) < hash);
            let last = node
                .records
                .partition_point(|record| hash_of(record) <= hash);
            found.extend(
                node.records
                    .get(first..last)
                    .unwrap_or_default()
                    .iter()
                    .cloned(),
            );
            next.extend(node.children.get(first..=last).unwrap_or_default());
        }
        needs.finish()?;
        level = next;
        depth = depth.saturating_sub(1);
    }
    Ok(Records {
        kind: tree.kind,
        records: found,
    })
}

fn read_header(file: &File, blocks: &Blocks, address: u64) -> Parse<Tree> {
    let length = 22 + file.format.offset_bytes() + file.format.length_bytes();
    let bytes = checked(
        &blocks.get_or_ask(address, length as u64, 4096, HEADER)?,
        HEADER,
        address,
    )?;
    let mut cursor = Cursor::new(file.format, &bytes, HEADER, address);
    cursor.signature(*b"BTHD")?;
    cursor.version(0)?;
    let kind = cursor.u8()?;
    let node_size = u64::from(cursor.u32()?);
    let record_size = usize::from(cursor.u16()?);
    let depth = cursor.u16()?;
    cursor.skip(2)?;
    let root = cursor.address()?;
    let record_count = u64::from(cursor.u16()?);
    if record_size == 0
        || node_size < NODE_OVERHEAD + record_size as u64
        || node_size > file.limits.metadata_bytes
    {
        return Err(cursor.damaged("its nodes have an impossible size").into());
    }
    if depth > 32 {
        return Err(cursor.damaged("is too deep").into());
    }
    let root = root.map(|address| Pointer {
        address,
        record_count,
    });
    let (count_size, total_sizes) = sizes(file, node_size, record_size as u64, depth);
    Ok(Tree {
        kind,
        node_size,
        record_size,
        depth,
        root,
        count_size,
        total_sizes,
    })
}

/// Bytes that the counts in internal nodes take.
///
/// Source: libhdf5, `H5B2__hdr_init`.
fn sizes(file: &File, node_size: u64, record_size: u64, depth: u16) -> (usize, Vec<usize>) {
    let mut below = (node_size - NODE_OVERHEAD) / record_size;
    let count_size = bytes_for(below);
    let mut total_sizes = vec![0];
    for level in 1..=usize::from(depth) {
        let total_size = total_sizes.get(level - 1).copied().unwrap_or(0);
        let pointer = (file.format.offset_bytes() + count_size + total_size) as u64;
        let max = node_size.saturating_sub(NODE_OVERHEAD + pointer) / (record_size + pointer);
        below = (max + 1).saturating_mul(below).saturating_add(max);
        total_sizes.push(bytes_for(below));
    }
    (count_size, total_sizes)
}

/// The number of bytes that hold every value up to `limit`.
pub(crate) fn bytes_for(limit: u64) -> usize {
    (64 - limit.max(1).leading_zeros() as usize).div_ceil(8)
}

struct Node {
    records: Vec<Bytes>,
    children: Vec<Pointer>,
}

impl Tree {
    fn read_node(&self, file: &File, blocks: &Blocks, pointer: Pointer, depth: u16) -> Parse<Node> {
        let at = pointer.address;
        // A node has a fixed size, but only its used part is under the checksum.
        let total_size = if depth > 1 {
            self.total_sizes
                .get(usize::from(depth) - 1)
                .copied()
                .unwrap_or(0)
        } else {
            0
        };
        let pointer_size = file.format.offset_bytes() + self.count_size + total_size;
        let mut used = 6 + pointer.record_count.saturating_mul(self.record_size as u64);
        if depth > 0 {
            used =
                used.saturating_add((pointer.record_count + 1).saturating_mul(pointer_size as u64));
        }
        used = used.saturating_add(4);
        if used > self.node_size {
            return Err(Error::damaged("B-tree node: holds more records than fit", at).into());
        }
        let bytes = checked(&blocks.get(at, used, NODE)?, NODE, at)?;
        let mut cursor = Cursor::new(file.format, &bytes, NODE, at);
        cursor.signature(if depth == 0 { *b"BTLF" } else { *b"BTIN" })?;
        cursor.version(0)?;
        if cursor.u8()? != self.kind {
            return Err(cursor.damaged("is of another kind than its tree").into());
        }
        let mut records = Vec::new();
        for _ in 0..pointer.record_count {
            let from = cursor.position();
            cursor.skip(self.record_size)?;
            records.push(bytes.slice(from..from + self.record_size));
        }
        let mut children = Vec::new();
        if depth > 0 {
            for _ in 0..=pointer.record_count {
                let address = cursor.some_address()?;
                let record_count = cursor.uint(self.count_size)?;
                cursor.skip(total_size)?;
                children.push(Pointer {
                    address,
                    record_count,
                });
            }
        }
        Ok(Node { records, children })
    }
}
