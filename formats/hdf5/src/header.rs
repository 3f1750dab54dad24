//! Object headers: the messages that describe one object.

use std::collections::HashSet;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::{Cursor, checked};
use crate::error::Error;
use crate::file::File;
use crate::shared;
use crate::step::{Needs, Parse};

const WHAT: &str = "object header";
/// Asked for when the size of a header is not known yet; most headers are smaller.
const FIRST_BYTES: u64 = 1024;

/// The kinds of message that are read.
pub(crate) mod kind {
    pub(crate) const DATASPACE: u16 = 0x01;
    pub(crate) const LINK_INFO: u16 = 0x02;
    pub(crate) const DATATYPE: u16 = 0x03;
    pub(crate) const OLD_FILL_VALUE: u16 = 0x04;
    pub(crate) const FILL_VALUE: u16 = 0x05;
    pub(crate) const LINK: u16 = 0x06;
    pub(crate) const EXTERNAL_FILES: u16 = 0x07;
    pub(crate) const LAYOUT: u16 = 0x08;
    pub(crate) const FILTERS: u16 = 0x0b;
    pub(crate) const ATTRIBUTE: u16 = 0x0c;
    pub(crate) const CONTINUATION: u16 = 0x10;
    pub(crate) const SYMBOL_TABLE: u16 = 0x11;
    pub(crate) const ATTRIBUTE_INFO: u16 = 0x15;
    pub(crate) const GROUP_INFO: u16 = 0x0a;
    pub(crate) const SHARED_TABLE: u16 = 0x0f;
    pub(crate) const DRIVER_INFO: u16 = 0x14;
}

/// One message of an object header.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) kind: u16,
    /// The body is a reference to a message that is kept elsewhere.
    pub(crate) shared: bool,
    pub(crate) body: Bytes,
    /// Where the body lies in the file.
    pub(crate) address: u64,
    /// When it was made among its like, where the writer kept count.
    pub(crate) order: Option<u32>,
}

/// All messages of one object.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) messages: Vec<Message>,
    pub(crate) address: u64,
}

impl Header {
    pub(crate) fn find(&self, kind: u16) -> Option<&Message> {
        self.messages.iter().find(|message| message.kind == kind)
    }

    pub(crate) fn all(&self, kind: u16) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(move |message| message.kind == kind)
    }
}

/// How the messages of one header are laid out.
#[derive(Debug, Clone, Copy)]
enum Style {
    V1,
    V2 { has_creation_order: bool },
}

/// Reads the header at `address` with all its continuations.
pub(crate) fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Header> {
    let start = blocks.peek(address, 34, FIRST_BYTES, WHAT)?;
    let (style, first) = if start.starts_with(b"OHDR") {
        first_v2(file, blocks, address, &start)?
    } else {
        first_v1(file, blocks, address, &start)?
    };
    let mut reader = Reader {
        file,
        style,
        messages: Vec::new(),
        size_bytes: 0,
    };
    let mut seen = HashSet::from([first.1]);
    let mut level = reader.messages_of(&first.0, first.1)?;
    while !level.is_empty() {
        let mut needs = Needs::default();
        let mut next = Vec::new();
        for (offset, length) in level {
            if !seen.insert(offset) {
                return Err(Error::damaged(
                    "object header: its continuations go round in a circle",
                    address,
                )
                .into());
            }
            if let Some(block) = needs.gather(reader.continuation(blocks, offset, length))? {
                next.extend(reader.messages_of(&block, offset)?);
            }
        }
        needs.finish()?;
        level = next;
    }
    Ok(Header {
        messages: reader.messages,
        address,
    })
}

/// The messages of a version 1 header that lie behind its prefix.
fn first_v1(
    file: &File,
    blocks: &Blocks,
    address: u64,
    start: &[u8],
) -> Parse<(Style, (Bytes, u64))> {
    let mut cursor = Cursor::new(file.format, start, WHAT, address);
    cursor.version(1)?;
    cursor.skip(7)?;
    let length = u64::from(cursor.u32()?);
    let bytes = blocks.get(address.saturating_add(16), length, WHAT)?;
    Ok((Style::V1, (bytes, address.saturating_add(16))))
}

fn first_v2(
    file: &File,
    blocks: &Blocks,
    address: u64,
    start: &[u8],
) -> Parse<(Style, (Bytes, u64))> {
    let mut cursor = Cursor::new(file.format, start, WHAT, address);
    cursor.signature(*b"OHDR")?;
    cursor.version(2)?;
    let flags = cursor.u8()?;
    cursor.skip(if flags & 0x20 == 0 { 0 } else { 16 })?;
    cursor.skip(if flags & 0x10 == 0 { 0 } else { 4 })?;
    let length = cursor.uint(1 << (flags & 3))?;
    let prefix = cursor.position();
    let whole = length.saturating_add(prefix as u64 + 4);
    if whole > file.limits.metadata_bytes {
        return Err(Error::limit(WHAT, file.limits.metadata_bytes, address).into());
    }
    let bytes = checked(&blocks.get(address, whole, WHAT)?, WHAT, address)?;
    let style = Style::V2 {
        has_creation_order: flags & 0x04 != 0,
    };
    Ok((
        style,
        (bytes.slice(prefix..), address.saturating_add(prefix as u64)),
    ))
}

struct Reader<'a> {
    file: &'a File,
    style: Style,
    messages: Vec<Message>,
    size_bytes: u64,
}

impl Reader<'_> {
    fn continuation(&self, blocks: &Blocks, address: u64, length: u64) -> Parse<Bytes> {
        if length > self.file.limits.metadata_bytes {
            return Err(Error::limit(WHAT, self.file.limits.metadata_bytes, address).into());
        }
        let bytes = blocks.get(address, length, "object header continuation")?;
        match self.style {
            Style::V1 => Ok(bytes),
            Style::V2 { .. } => {
                let body = checked(&bytes, "object header continuation", address)?;
                if body.starts_with(b"OCHK") {
                    Ok(body.slice(4..))
                } else {
                    Err(Error::damaged(
                        "object header continuation: does not begin with its signature",
                        address,
                    )
                    .into())
                }
            }
        }
    }

    /// Keeps the messages of one block; returns the places of its continuations.
    fn messages_of(&mut self, block: &Bytes, address: u64) -> Result<Vec<(u64, u64)>, Error> {
        self.size_bytes += block.len() as u64;
        if self.size_bytes > self.file.limits.metadata_bytes {
            return Err(Error::limit(WHAT, self.file.limits.metadata_bytes, address));
        }
        let mut continuations = Vec::new();
        let mut cursor = Cursor::new(self.file.format, block, WHAT, address);
        let prefix = match self.style {
            Style::V1 => 8,
            Style::V2 { has_creation_order } => 4 + if has_creation_order { 2 } else { 0 },
        };
        while cursor.remaining() >= prefix {
            let Prefix {
                kind,
                length,
                flags,
                order,
            } = self.message_prefix(&mut cursor)?;
            let from = cursor.position();
            cursor.skip(length)?;
            let body = block.slice(from..from + length);
            let at = address.saturating_add(from as u64);
            if kind == kind::CONTINUATION {
                let mut cursor = Cursor::new(self.file.format, &body, "continuation message", at);
                continuations.push((cursor.some_address()?, cursor.length()?));
            } else if kind != 0 {
                self.messages.push(Message {
                    kind,
                    shared: flags & 2 != 0,
                    body,
                    address: at,
                    order,
                });
            }
        }
        Ok(continuations)
    }

    fn message_prefix(&self, cursor: &mut Cursor<'_>) -> Result<Prefix, Error> {
        match self.style {
            Style::V1 => {
                let kind = cursor.u16()?;
                let length = usize::from(cursor.u16()?);
                let flags = cursor.u8()?;
                cursor.skip(3)?;
                Ok(Prefix {
                    kind,
                    length,
                    flags,
                    order: None,
                })
            }
            Style::V2 { has_creation_order } => {
                let kind = u16::from(cursor.u8()?);
                let length = usize::from(cursor.u16()?);
                let flags = cursor.u8()?;
                let order = if has_creation_order {
                    Some(u32::from(cursor.u16()?))
                } else {
                    None
                };
                Ok(Prefix {
                    kind,
                    length,
                    flags,
                    order,
                })
            }
        }
    }
}

/// What stands before the body of a message.
struct Prefix {
    kind: u16,
    length: usize,
    flags: u8,
    order: Option<u32>,
}

/// Follows a shared message to its body.
///
/// `kind` is the kind of message that is sought in the object which the reference names.
pub(crate) fn shared_body(
    file: &File,
    blocks: &Blocks,
    reference: &[u8],
    kind: u16,
    address: u64,
) -> Parse<Message> {
    let mut cursor = Cursor::new(file.format, reference, "shared message", address);
    let version = cursor.u8()?;
    let location = cursor.u8()?;
    match (version, location) {
        (1, _) => cursor.skip(6 + file.format.length_bytes())?,
        (2, _) | (3, 2) => {}
        (3, 1) => {
            let (body, heap) = shared::message(file, blocks, cursor.peek(8), kind)?;
            return Ok(Message {
                kind,
                shared: false,
                body,
                address: heap,
                order: None,
            });
        }
        _ => {
            return Err(cursor
                .unsupported(&format!("version {version}, type {location}"))
                .into());
        }
    }
    let header = read(file, blocks, cursor.some_address()?)?;
    match header.find(kind) {
        Some(message) if !message.shared => Ok(message.clone()),
        Some(_) => Err(cursor
            .damaged("it points to a message that is shared again")
            .into()),
        None => Err(cursor
            .damaged("the object it points to has no such message")
            .into()),
    }
}

/// The body of `message`, wherever it is kept.
pub(crate) fn body_of(file: &File, blocks: &Blocks, message: &Message) -> Parse<Message> {
    if message.shared {
        let found = shared_body(file, blocks, &message.body, message.kind, message.address)?;
        Ok(Message {
            order: message.order,
            ..found
        })
    } else {
        Ok(message.clone())
    }
}
