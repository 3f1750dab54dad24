//! Attributes, with their values decoded.

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::cursor::{Cursor, to_text, until_zero};
use crate::dataspace::{self, Dataspace};
use crate::datatype::{self, Datatype};
use crate::error::Error;
use crate::file::File;
use crate::header::{self, Message, kind};
use crate::step::{Parse, Stop};
use crate::values::{self, Value};

const WHAT: &str = "attribute";

/// An attribute of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub dataspace: Dataspace,
    /// Its type; none when it could not be read.
    pub datatype: Option<Datatype>,
    /// Its value.
    pub value: Value,
    /// When it was made among the attributes of its object, where the writer kept count.
    pub creation_order: Option<u32>,
}

impl Attribute {
    /// The text, when it is one string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(texts) => match texts.as_slice() {
                [text] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number, when it is one integer or float.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            Value::Signed(values) if values.len() == 1 => Some(values[0] as f64),
            Value::Unsigned(values) if values.len() == 1 => Some(values[0] as f64),
            Value::Float(values) if values.len() == 1 => Some(values[0]),
            _ => None,
        }
    }

    /// The integer, when it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Signed(values) if values.len() == 1 => Some(values[0]),
            Value::Unsigned(values) if values.len() == 1 => i64::try_from(values[0]).ok(),
            _ => None,
        }
    }

    fn unreadable(name: String, why: &Error) -> Self {
        let value = Value::Unsupported(why.to_string());
        Self {
            name,
            dataspace: Dataspace::Null,
            datatype: None,
            value,
            creation_order: None,
        }
    }
}

/// Reads an attribute message; what is wrong with it becomes its value.
pub(crate) fn read(file: &File, blocks: &Blocks, message: &Message) -> Parse<Attribute> {
    let unnamed =
        |why: &Error| Attribute::unreadable(format!("attribute at byte {}", message.address), why);
    let message = match header::body_of(file, blocks, message) {
        Ok(message) => message,
        Err(Stop::Fail(why)) => return Ok(unnamed(&why)),
        Err(need) => return Err(need),
    };
    let parts = match parse(file, &message.body, message.address) {
        Ok(parts) => parts,
        Err(why) => return Ok(unnamed(&why)),
    };
    let attribute = match decode(file, blocks, &parts, message.address) {
        Err(Stop::Fail(error)) => Attribute::unreadable(parts.name, &error),
        other => other?,
    };
    Ok(Attribute {
        creation_order: message.order,
        ..attribute
    })
}

struct Parts {
    name: String,
    datatype: Message,
    dataspace: Message,
    data: Bytes,
}

fn parse(file: &File, body: &Bytes, address: u64) -> Result<Parts, Error> {
    let mut cursor = Cursor::new(file.format, body, WHAT, address);
    let version = cursor.u8()?;
    let flags = cursor.u8()?;
    let sizes = [
        usize::from(cursor.u16()?),
        usize::from(cursor.u16()?),
        usize::from(cursor.u16()?),
    ];
    match version {
        1 | 2 => {}
        3 => cursor.skip(1)?,
        _ => return Err(cursor.unsupported(&format!("version {version}"))),
    }
    let shared = if version == 1 { 0 } else { flags };
    let mut part = |size: usize| {
        let from = cursor.position();
        let padding = if version == 1 {
            size.wrapping_neg() & 7
        } else {
            0
        };
        cursor.skip(size)?;
        cursor.skip(padding.min(cursor.remaining()))?;
        Ok::<_, Error>(body.slice(from..from + size))
    };
    let name = to_text(until_zero(&part(sizes[0])?));
    let datatype = Message {
        kind: kind::DATATYPE,
        shared: shared & 1 != 0,
        body: part(sizes[1])?,
        address,
        order: None,
    };
    let dataspace = Message {
        kind: kind::DATASPACE,
        shared: shared & 2 != 0,
        body: part(sizes[2])?,
        address,
        order: None,
    };
    Ok(Parts {
        name,
        datatype,
        dataspace,
        data: body.slice(cursor.position()..),
    })
}

fn decode(file: &File, blocks: &Blocks, parts: &Parts, address: u64) -> Parse<Attribute> {
    let space = header::body_of(file, blocks, &parts.dataspace)?;
    let dataspace = dataspace::parse(Cursor::new(
        file.format,
        &space.body,
        "dataspace",
        space.address,
    ))?;
    let stored = header::body_of(file, blocks, &parts.datatype)?;
    let mut cursor = Cursor::new(file.format, &stored.body, "datatype", stored.address);
    let datatype = datatype::parse(&mut cursor, &file.limits)?;
    let length = dataspace
        .element_count()
        .and_then(|count| count.checked_mul(u64::from(datatype.size)));
    let length = length.and_then(|length| usize::try_from(length).ok());
    let data = length.and_then(|length| parts.data.get(..length));
    let Some(data) = data else {
        return Err(Error::damaged("attribute: its value is cut off", address).into());
    };
    let value = match values::read(file, blocks, &datatype, data) {
        Ok(value) => value,
        Err(Stop::Fail(why)) => Value::Unsupported(why.to_string()),
        Err(need) => return Err(need),
    };
    Ok(Attribute {
        name: parts.name.clone(),
        dataspace,
        datatype: Some(datatype),
        value,
        creation_order: None,
    })
}
