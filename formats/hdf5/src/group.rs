//! Groups: listing their links, and looking one up.

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::btree_v1::{self, Keys};
use crate::btree_v2;
use crate::checksum::lookup3;
use crate::cursor::{Cursor, to_text};
use crate::error::Error;
use crate::file::File;
use crate::fractal_heap::FractalHeap;
use crate::header::{self, Header, kind};
use crate::link::{self, Link, LinkTarget};
use crate::local_heap::{LocalHeap, SparseHeap};
use crate::shared;
use crate::step::{Needs, Parse};

/// The links of the group at `address`.
pub(crate) fn children(file: &File, blocks: &Blocks, address: u64) -> Parse<Vec<Link>> {
    let header = header::read(file, blocks, address)?;
    if !is_group(&header) {
        return Err(Error::damaged("the object is not a group", address).into());
    }
    let mut links = Vec::new();
    if let Some(message) = header.find(kind::SYMBOL_TABLE) {
        let mut cursor = Cursor::new(
            file.format,
            &message.body,
            "symbol table message",
            message.address,
        );
        let (tree, heap) = (cursor.some_address()?, cursor.some_address()?);
        return symbol_table(file, blocks, tree, heap);
    }
    for message in header.all(kind::LINK) {
        links.push(link::parse(Cursor::new(
            file.format,
            &message.body,
            "link",
            message.address,
        ))?);
    }
    if let Some(message) = header.find(kind::LINK_INFO) {
        let cursor = Cursor::new(
            file.format,
            &message.body,
            "link info message",
            message.address,
        );
        if let Some((heap, tree)) = dense_index(cursor, 8)? {
            links.extend(dense(file, blocks, heap, tree)?);
        }
    }
    Ok(links)
}

/// What the link of this name points to, by one way down the index of the group.
pub(crate) fn lookup(
    file: &File,
    blocks: &Blocks,
    address: u64,
    name: &str,
) -> Parse<Option<LinkTarget>> {
    let header = header::read(file, blocks, address)?;
    if let Some(message) = header.find(kind::SYMBOL_TABLE) {
        let what = "symbol table message";
        let mut cursor = Cursor::new(file.format, &message.body, what, message.address);
        let (tree, heap) = (cursor.some_address()?, cursor.some_address()?);
        return lookup_symbol(file, blocks, (tree, heap), name);
    }
    for message in header.all(kind::LINK) {
        let cursor = Cursor::new(file.format, &message.body, "link", message.address);
        let link = link::parse(cursor)?;
        if &*link.name == name {
            return Ok(Some(link.target));
        }
    }
    let Some(message) = header.find(kind::LINK_INFO) else {
        return Ok(None);
    };
    let cursor = Cursor::new(
        file.format,
        &message.body,
        "link info message",
        message.address,
    );
    let Some((heap, tree)) = dense_index(cursor, 8)? else {
        return Ok(None);
    };
    let index = btree_v2::find(file, blocks, tree, lookup3(name.as_bytes()))?;
    let heap_blocks = FractalHeap::read(file, blocks, heap)?;
    for record in &index.records {
        let id = record.get(4..).unwrap_or_default();
        let object = heap_blocks.object(blocks, id)?;
        let link = link::parse(Cursor::new(file.format, &object, "link", heap))?;
        if &*link.name == name {
            return Ok(Some(link.target));
        }
    }
    Ok(None)
}

/// Goes down a symbol table: a child holds the names behind its key, up to that of the next.
fn lookup_symbol(
    file: &File,
    blocks: &Blocks,
    (tree, heap): (u64, u64),
    name: &str,
) -> Parse<Option<LinkTarget>> {
    let heap = SparseHeap::read(file, blocks, heap)?;
    let mut at = tree;
    // A level is one lower than the last, so there are at most 256 of them.
    let mut above = None;
    loop {
        let (level, entries) = btree_v1::node(file, blocks, at, Keys::Names)?;
        if above.is_some_and(|above| level + 1 != above) {
            return Err(Error::damaged("B-tree node: is on the wrong level", at).into());
        }
        let mut needs = Needs::default();
        let mut child = None;
        for entry in &entries {
            let offset = little_endian(&entry.key);
            if let Some(key) = needs.gather(heap.text(blocks, offset))?
                && (child.is_none() || *key < *name.as_bytes())
            {
                child = Some(entry.child);
            }
        }
        needs.finish()?;
        let Some(child) = child else { return Ok(None) };
        if level == 0 {
            return find_symbol(file, blocks, &heap, child, name);
        }
        above = Some(level);
        at = child;
    }
}

fn find_symbol(
    file: &File,
    blocks: &Blocks,
    heap: &SparseHeap,
    address: u64,
    name: &str,
) -> Parse<Option<LinkTarget>> {
    let table = read_symbol_node(file, blocks, address)?;
    let mut needs = Needs::default();
    let mut found = None;
    for symbol in table.chunks_exact(symbol_bytes(file)) {
        let offset = little_endian(symbol.get(..file.format.offset_bytes()).unwrap_or_default());
        if let Some(text) = needs.gather(heap.text(blocks, offset))?
            && *text == *name.as_bytes()
        {
            found = Some(symbol);
        }
    }
    needs.finish()?;
    let Some(symbol) = found else { return Ok(None) };
    let mut cursor = Cursor::new(file.format, symbol, "symbol table entry", address);
    cursor.skip(file.format.offset_bytes())?;
    let object = cursor.address()?;
    let cache = cursor.u32()?;
    cursor.skip(4)?;
    if cache != 2 {
        return Ok(object.map(LinkTarget::Hard));
    }
    let value = heap.text(blocks, u64::from(cursor.u32()?))?;
    Ok(Some(LinkTarget::Soft(to_text(&value).into_boxed_str())))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Whether an object with this header is a group.
pub(crate) fn is_group(header: &Header) -> bool {
    [
        kind::SYMBOL_TABLE,
        kind::LINK_INFO,
        kind::LINK,
        kind::GROUP_INFO,
    ]
    .iter()
    .any(|kind| header.find(*kind).is_some())
}

/// The addresses of the heap and of the index by name, from a link info or attribute info message
/// whose largest creation index takes `order_bytes`.
pub(crate) fn dense_index(
    mut cursor: Cursor<'_>,
    order_bytes: usize,
) -> Result<Option<(u64, u64)>, Error> {
    cursor.version(0)?;
    let flags = cursor.u8()?;
    cursor.skip(if flags & 1 == 0 { 0 } else { order_bytes })?;
    let (heap, tree) = (cursor.address()?, cursor.address()?);
    Ok(heap.zip(tree))
}

fn dense(file: &File, blocks: &Blocks, heap: u64, tree: u64) -> Parse<Vec<Link>> {
    let objects = dense_objects(file, blocks, heap, tree)?;
    let mut links = Vec::with_capacity(objects.len());
    for (object, _) in objects {
        links.push(link::parse(Cursor::new(
            file.format,
            &object,
            "link",
            heap,
        ))?);
    }
    Ok(links)
}

/// The objects of a heap in the order of an index by name: link or attribute messages; these with
/// the number that they were made as.
pub(crate) fn dense_objects(
    file: &File,
    blocks: &Blocks,
    heap: u64,
    tree: u64,
) -> Parse<Vec<(Bytes, Option<u32>)>> {
    let mut needs = Needs::default();
    let index = needs.gather(btree_v2::records(
        file,
        blocks,
        tree,
        file.limits.entry_count,
    ))?;
    let heap_blocks = needs.gather(FractalHeap::read(file, blocks, heap))?;
    if let Some(heap) = &heap_blocks {
        needs.gather(heap.whole(blocks))?;
    }
    needs.finish()?;
    let (Some(index), Some(heap_blocks)) = (index, heap_blocks) else {
        return Ok(Vec::new());
    };
    let id_at = match index.kind {
        5 => 4,
        8 => 0,
        kind => {
            return Err(
                Error::damaged(format!("B-tree: type {kind} is no index of names"), tree).into(),
            );
        }
    };
    let mut needs = Needs::default();
    let mut objects = Vec::with_capacity(index.records.len());
    for record in &index.records {
        let id = record.get(id_at..).unwrap_or_default();
        // An attribute that several objects share lies in a heap of the file.
        let is_shared = index.kind == 8 && record.get(8).is_some_and(|flags| flags & 2 != 0);
        let object = if is_shared {
            let id = record.get(..8).unwrap_or_default();
            shared::message(file, blocks, id, kind::ATTRIBUTE).map(|(body, _)| body)
        } else {
            heap_blocks.object(blocks, id)
        };
        let order = (index.kind == 8).then(|| record.get(9..13)).flatten();
        let order = order.and_then(|order| u32::try_from(little_endian(order)).ok());
        objects.extend(needs.gather(object)?.map(|object| (object, order)));
    }
    needs.finish()?;
    Ok(objects)
}

fn symbol_table(file: &File, blocks: &Blocks, tree: u64, heap: u64) -> Parse<Vec<Link>> {
    let mut needs = Needs::default();
    let heap = needs.gather(LocalHeap::read(file, blocks, heap))?;
    let nodes = needs.gather(btree_v1::leaves(
        file,
        blocks,
        tree,
        Keys::Names,
        file.limits.entry_count,
    ))?;
    let mut tables = Vec::new();
    for entry in nodes.into_iter().flatten() {
        if let Some(table) = needs.gather(read_symbol_node(file, blocks, entry.child))? {
            tables.push((table, entry.child));
        }
    }
    needs.finish()?;
    let Some(heap) = heap else {
        return Ok(Vec::new());
    };
    let mut links = Vec::new();
    for (table, address) in tables {
        symbols(file, &heap, &table, address, &mut links)?;
        if links.len() as u64 > file.limits.entry_count {
            return Err(
                Error::limit("the number of links", file.limits.entry_count, address).into(),
            );
        }
    }
    Ok(links)
}

/// The entries of a symbol table node, as stored.
fn read_symbol_node(file: &File, blocks: &Blocks, address: u64) -> Parse<Bytes> {
    const WHAT: &str = "symbol table node";
    let prefix = blocks.get_or_ask(address, 8, 328, WHAT)?;
    let mut cursor = Cursor::new(file.format, &prefix, WHAT, address);
    cursor.signature(*b"SNOD")?;
    cursor.version(1)?;
    cursor.skip(1)?;
    let count = u64::from(cursor.u16()?);
    blocks.get(
        address.saturating_add(8),
        count * symbol_bytes(file) as u64,
        WHAT,
    )
}

/// Name offset, header address, cache type, reserved, scratch space.
fn symbol_bytes(file: &File) -> usize {
    2 * file.format.offset_bytes() + 24
}

fn symbols(
    file: &File,
    heap: &LocalHeap,
    table: &[u8],
    address: u64,
    links: &mut Vec<Link>,
) -> Result<(), Error> {
    for symbol in table.chunks_exact(symbol_bytes(file)) {
        let mut cursor = Cursor::new(file.format, symbol, "symbol table entry", address);
        let name = cursor.uint(file.format.offset_bytes())?;
        let object = cursor.address()?;
        let cache = cursor.u32()?;
        cursor.skip(4)?;
        let name = to_text(heap.text(name)?).into_boxed_str();
        let target = if cache == 2 {
            let value = u64::from(cursor.u32()?);
            LinkTarget::Soft(to_text(heap.text(value)?).into_boxed_str())
        } else {
            LinkTarget::Hard(object.ok_or_else(|| cursor.damaged("lacks an address"))?)
        };
        links.push(Link {
            name,
            target,
            creation_order: None,
        });
    }
    Ok(())
}
