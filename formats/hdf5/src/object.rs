//! Objects: groups, datasets and named datatypes.

use crate::attribute::{self, Attribute};
use crate::blocks::Blocks;
use crate::cursor::Cursor;
use crate::dataset::{self, DatasetInfo};
use crate::datatype::{self, Datatype};
use crate::error::Error;
use crate::file::File;
use crate::group;
use crate::header::{self, Header, Message, kind};
use crate::step::{Needs, Parse, Stop};

/// One object, read from its header.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The offset of its header in the file; two links to it are the same object.
    pub address: u64,
    /// What it is.
    pub kind: ObjectKind,
    /// Its attributes, in the order that they are stored in.
    pub attributes: Vec<Attribute>,
    /// What of it could not be read: a damaged index of attributes.
    pub problems: Vec<Error>,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectKind {
    /// A group; list it with [`File::children`].
    Group,
    /// A dataset.
    Dataset(Box<DatasetInfo>),
    /// A datatype with a name of its own.
    NamedDatatype(Datatype),
    /// A dataset whose description cannot be read, and why.
    Unreadable(Error),
}

impl Object {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The dataset, if it is one.
    pub fn dataset(&self) -> Option<&DatasetInfo> {
        match &self.kind {
            ObjectKind::Dataset(info) => Some(info),
            _ => None,
        }
    }
}

/// Reads the object at `address`.
pub(crate) fn read(file: &File, blocks: &Blocks, address: u64) -> Parse<Object> {
    let header = header::read(file, blocks, address)?;
    let mut needs = Needs::default();
    let mut problems = Vec::new();
    let kind = match needs.gather(read_kind(file, blocks, &header)) {
        Ok(kind) => kind,
        Err(error) => Some(ObjectKind::Unreadable(error)),
    };
    let attributes = needs.gather(read_attributes(file, blocks, &header, &mut problems))?;
    needs.finish()?;
    let kind = kind.unwrap_or(ObjectKind::Group);
    Ok(Object {
        address,
        kind,
        attributes: attributes.unwrap_or_default(),
        problems,
    })
}

fn read_kind(file: &File, blocks: &Blocks, header: &Header) -> Parse<ObjectKind> {
    if header.find(kind::LAYOUT).is_some() {
        return Ok(ObjectKind::Dataset(Box::new(dataset::read(
            file, blocks, header,
        )?)));
    }
    if group::is_group(header) {
        return Ok(ObjectKind::Group);
    }
    if let Some(message) = header.find(kind::DATATYPE) {
        let message = header::body_of(file, blocks, message)?;
        let mut cursor = Cursor::new(file.format, &message.body, "datatype", message.address);
        return Ok(ObjectKind::NamedDatatype(datatype::parse(
            &mut cursor,
            &file.limits,
        )?));
    }
    Err(Error::damaged(
        "the object is neither a group nor a dataset nor a datatype",
        header.address,
    )
    .into())
}

fn read_attributes(
    file: &File,
    blocks: &Blocks,
    header: &Header,
    problems: &mut Vec<Error>,
) -> Parse<Vec<Attribute>> {
    let mut needs = Needs::default();
    let mut attributes = Vec::new();
    for message in header.all(kind::ATTRIBUTE) {
        attributes.extend(needs.gather(attribute::read(file, blocks, message))?);
    }
    match dense(file, blocks, header) {
        Ok(messages) => {
            for message in &messages {
                attributes.extend(needs.gather(attribute::read(file, blocks, message))?);
            }
        }
        Err(Stop::Fail(error)) => problems.push(error),
        need => {
            needs.gather(need)?;
        }
    }
    needs.finish()?;
    Ok(attributes)
}

/// The attribute messages that are kept in a heap.
fn dense(file: &File, blocks: &Blocks, header: &Header) -> Parse<Vec<Message>> {
    let Some(info) = header.find(kind::ATTRIBUTE_INFO) else {
        return Ok(Vec::new());
    };
    let cursor = Cursor::new(
        file.format,
        &info.body,
        "attribute info message",
        info.address,
    );
    let Some((heap, tree)) = group::dense_index(cursor, 2)? else {
        return Ok(Vec::new());
    };
    let bodies = group::dense_objects(file, blocks, heap, tree)?;
    // Without a count all numbers are alike.
    let has_order = Cursor::new(
        file.format,
        &info.body,
        "attribute info message",
        info.address,
    )
    .peek(2)
    .get(1)
    .is_some_and(|flags| flags & 1 != 0);
    Ok(bodies
        .into_iter()
        .map(|(body, order)| Message {
            kind: kind::ATTRIBUTE,
            shared: false,
            body,
            address: heap,
            order: order.filter(|_| has_order),
        })
        .collect())
}
