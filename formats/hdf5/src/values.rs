//! Values of every class of datatype, from the bytes of elements.

mod float;
mod integer;
mod reference;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::datatype::{Class, Datatype, Member};
use crate::error::Error;
use crate::file::File;
use crate::global_heap::{self, Collections};
use crate::step::{Needs, Parse, Stop};
use crate::text;

pub(crate) use float::widened;
pub use reference::Reference;

/// Some elements, last axis fastest; column by column for records.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Signed integers of up to 64 bits, and enums of them (their names are in the datatype).
    Signed(Vec<i64>),
    /// Unsigned integers and bitfields of up to 64 bits, and enums of them.
    Unsigned(Vec<u64>),
    /// Floats of any precision; more than that of a double is rounded to the nearest. The payload
    /// of a NaN is kept, from its highest bit on.
    Float(Vec<f64>),
    /// Complex numbers: real, imaginary.
    Complex(Vec<(f64, f64)>),
    /// Strings of fixed or variable length.
    Text(Vec<String>),
    /// The boolean of h5py.
    Bool(Vec<bool>),
    /// Opaque elements, dates, and integers of more than 64 bits: the bytes as stored.
    Bytes(Vec<Bytes>),
    /// Arrays as elements: the elements of all of them, one array after another.
    Array {
        /// Elements of one array along each axis, slowest first.
        shape: Vec<u32>,
        /// The elements of all arrays.
        values: Box<Self>,
    },
    /// Records, column by column: the name of each member, and its values.
    Record(Vec<(String, Self)>),
    /// Sequences of variable length, each with its own values.
    List(Vec<Self>),
    /// References to objects, regions or attributes.
    Reference(Vec<Reference>),
    /// Values that cannot be read, and why.
    Unsupported(String),
}

/// Decodes `elements`, whole elements of `datatype` one after another.
pub(crate) fn read(
    file: &File,
    blocks: &Blocks,
    datatype: &Datatype,
    elements: &[u8],
) -> Parse<Value> {
    let size = datatype.size as usize;
    let view = View {
        bytes: elements,
        offset: 0,
        stride: size.max(1),
        count: elements.len() / size.max(1),
    };
    let mut decoder = Decoder {
        file,
        blocks,
        collections: Collections::default(),
        budget: file.limits.text_bytes,
    };
    decoder.values(datatype, view)
}

/// Elements that lie evenly apart, as one member of many records.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    bytes: &'a [u8],
    offset: usize,
    stride: usize,
    count: usize,
}

impl<'a> View<'a> {
    fn each(self, size: usize) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count).filter_map(move |index| {
            let from = index.checked_mul(self.stride)?.checked_add(self.offset)?;
            self.bytes.get(from..from.checked_add(size)?)
        })
    }

    /// The elements one after another.
    fn packed(self, size: usize) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.count.saturating_mul(size).min(self.bytes.len()));
        for element in self.each(size) {
            packed.extend_from_slice(element);
        }
        packed
    }
}

struct Decoder<'a> {
    file: &'a File,
    blocks: &'a Blocks,
    collections: Collections,
    /// Bytes that values of variable length may still take.
    budget: u64,
}

impl Decoder<'_> {
    fn values(&mut self, datatype: &Datatype, view: View<'_>) -> Parse<Value> {
        let size = datatype.size as usize;
        match &datatype.class {
            Class::FixedString { .. } | Class::VarString { .. } => {
                let packed = view.packed(size);
                let collections = &mut self.collections;
                let texts = text::read(self.file, self.blocks, collections, datatype, &packed)?;
                Ok(Value::Text(texts))
            }
            Class::Integer { .. } | Class::Bitfield { .. } => {
                Ok(integer::values(datatype, view.each(size))?)
            }
            Class::Float { format, order } => {
                let fields = format.fields();
                let values = view.each(size).map(|element| fields.value(element, *order));
                Ok(Value::Float(values.collect::<Result<_, _>>()?))
            }
            Class::Enum { base, .. } => self.enumerated(datatype, base, view),
            Class::Complex(base) => self.complex(datatype, base, view),
            Class::Compound(members) if datatype.scalar().is_some() => {
                let base = members.first().map(|member| &member.datatype);
                let base = base.ok_or_else(|| Error::damaged("datatype: lacks its members", 0))?;
                self.complex(datatype, base, view)
            }
            Class::Compound(members) => self.record(members, view),
            Class::Array { shape, base } => self.array(datatype, shape, base, view),
            Class::VarLength(base) => self.lists(base, view, size),
            Class::Reference { kind } => {
                let (file, blocks) = (self.file, self.blocks);
                let packed = view.packed(size);
                let found =
                    reference::read(file, blocks, &mut self.collections, *kind, (&packed, size))?;
                Ok(Value::Reference(found))
            }
            Class::Opaque { .. } | Class::Time => {
                let packed = Bytes::from(view.packed(size));
                Ok(Value::Bytes(
                    (0..packed.len() / size.max(1))
                        .map(|index| packed.slice(index * size..(index + 1) * size))
                        .collect(),
                ))
            }
        }
    }

    fn enumerated(&mut self, datatype: &Datatype, base: &Datatype, view: View<'_>) -> Parse<Value> {
        if base.size != datatype.size {
            return Err(Error::damaged("enum: differs in size from its numbers", 0).into());
        }
        let values = self.values(base, view)?;
        Ok(match values {
            Value::Signed(values) if datatype.is_bool() => {
                Value::Bool(values.iter().map(|value| *value != 0).collect())
            }
            Value::Unsigned(values) if datatype.is_bool() => {
                Value::Bool(values.iter().map(|value| *value != 0).collect())
            }
            values => values,
        })
    }

    fn complex(&mut self, datatype: &Datatype, base: &Datatype, view: View<'_>) -> Parse<Value> {
        let half = base.size as usize;
        if half.checked_mul(2) != Some(datatype.size as usize) {
            return Err(Error::damaged("complex number: differs in size from its parts", 0).into());
        }
        let imaginary = View {
            offset: view.offset.saturating_add(half),
            ..view
        };
        match (self.values(base, view)?, self.values(base, imaginary)?) {
            (Value::Float(real), Value::Float(imaginary)) => {
                Ok(Value::Complex(real.into_iter().zip(imaginary).collect()))
            }
            _ => Err(Error::damaged("complex number: its parts are not floats", 0).into()),
        }
    }

    /// What cannot be read of one member does not hide the others.
    fn record(&mut self, members: &[Member], view: View<'_>) -> Parse<Value> {
        let mut needs = Needs::default();
        let mut columns = Vec::with_capacity(members.len());
        for member in members {
            let column = View {
                offset: view.offset.saturating_add(member.offset as usize),
                ..view
            };
            let values = match needs.gather(self.values(&member.datatype, column)) {
                Ok(Some(values)) => values,
                Ok(None) => continue,
                Err(why) => Value::Unsupported(why.to_string()),
            };
            columns.push((member.name.clone(), values));
        }
        needs.finish()?;
        Ok(Value::Record(columns))
    }

    fn array(
        &mut self,
        datatype: &Datatype,
        shape: &[u32],
        base: &Datatype,
        view: View<'_>,
    ) -> Parse<Value> {
        let bytes = shape
            .iter()
            .try_fold(base.size, |size, axis| size.checked_mul(*axis));
        if bytes != Some(datatype.size) {
            return Err(Error::damaged("array: differs in size from its elements", 0).into());
        }
        let packed = view.packed(datatype.size as usize);
        let size = (base.size as usize).max(1);
        let inner = View {
            bytes: &packed,
            offset: 0,
            stride: size,
            count: packed.len() / size,
        };
        Ok(Value::Array {
            shape: shape.to_vec(),
            values: Box::new(self.values(base, inner)?),
        })
    }

    /// The sequences of all elements; their heaps are asked for together.
    fn lists(&mut self, base: &Datatype, view: View<'_>, size: usize) -> Parse<Value> {
        let mut parsed = Vec::new();
        for element in view.each(size) {
            parsed.push(global_heap::parse_element(self.file, element)?);
        }
        let wanted = parsed.iter().filter_map(|element| element.id);
        self.collections
            .load(self.file, self.blocks, wanted.map(|id| id.collection))?;
        let stride = (base.size as usize).max(1);
        let mut needs = Needs::default();
        let mut lists = Vec::with_capacity(parsed.len());
        for element in parsed {
            let stored = match element.id {
                Some(id) => self.collections.object(id)?,
                None => Bytes::new(),
            };
            let length = u64::from(element.count).saturating_mul(stride as u64);
            let bytes = usize::try_from(length)
                .ok()
                .and_then(|length| stored.get(..length));
            let empty: &[u8] = &[];
            let bytes = match bytes {
                Some(bytes) => bytes,
                None if element.id.is_none() => empty,
                None => return Err(Error::damaged("sequence: is cut off", 0).into()),
            };
            self.spend(length.saturating_add(size_of::<Value>() as u64))?;
            let inner = View {
                bytes,
                offset: 0,
                stride,
                count: bytes.len() / stride,
            };
            lists.extend(needs.gather(self.values(base, inner))?);
        }
        needs.finish()?;
        Ok(Value::List(lists))
    }

    /// The same bytes of a heap may be meant many times.
    fn spend(&mut self, bytes: u64) -> Result<(), Stop> {
        let limit = self.file.limits.text_bytes;
        let Some(left) = self.budget.checked_sub(bytes) else {
            return Err(Error::limit("the values of variable length", limit, 0).into());
        };
        self.budget = left;
        Ok(())
    }
}
