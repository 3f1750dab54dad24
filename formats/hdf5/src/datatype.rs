//! Datatypes: what the bytes of an element mean.

use crate::cursor::{Cursor, to_text, until_zero};
use crate::error::Error;
use crate::limits::Limits;

/// The type of the elements of a dataset or attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Datatype {
    /// Bytes of one element as stored.
    pub size: u32,
    /// What the bytes are.
    pub class: Class,
}

/// The classes of datatype.
#[derive(Debug, Clone, PartialEq)]
pub enum Class {
    /// A two's complement or unsigned integer.
    Integer {
        /// Whether values may be negative.
        is_signed: bool,
        /// The order of the bytes.
        order: Order,
        /// Bits that are used, from the lowest; fewer than the size has in rare files.
        precision: u16,
        /// The lowest bit that is used, 0 but in rare files.
        bit_offset: u16,
    },
    /// A floating point number.
    Float {
        /// How its bits are divided.
        format: FloatFormat,
        /// The order of the bytes.
        order: Order,
    },
    /// A date; no known writer uses it.
    Time,
    /// A string in a fixed number of bytes.
    FixedString {
        /// What fills the bytes behind the text.
        padding: Padding,
        /// UTF-8, otherwise ASCII by declaration.
        is_utf8: bool,
    },
    /// A string of variable length.
    VarString {
        /// UTF-8, otherwise ASCII by declaration.
        is_utf8: bool,
    },
    /// A set of bits.
    Bitfield {
        /// The order of the bytes.
        order: Order,
        /// Bits that are used.
        precision: u16,
        /// The lowest bit that is used.
        bit_offset: u16,
    },
    /// Bytes without a meaning to HDF5.
    Opaque {
        /// What the writer calls them.
        tag: String,
    },
    /// A record of named members.
    Compound(Vec<Member>),
    /// A reference to an object or a region of one.
    Reference {
        /// 0: object, 1: dataset region, 2 to 4: the kinds of HDF5 1.12.
        kind: u8,
    },
    /// An integer with named values.
    Enum {
        /// The integer type.
        base: Box<Datatype>,
        /// The named values.
        members: Vec<EnumMember>,
    },
    /// A sequence of variable length.
    VarLength(Box<Datatype>),
    /// A fixed array as one element.
    Array {
        /// Elements along each axis, slowest first.
        shape: Vec<u32>,
        /// The type of its elements.
        base: Box<Datatype>,
    },
    /// A complex number of HDF5 2.0: real, then imaginary part.
    Complex(Box<Datatype>),
}

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
    /// Of floats of the VAX: pairs of bytes, the most significant pair first, each pair with its
    /// lower byte first.
    Vax,
}

/// What fills a string of fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Zero bytes.
    Zero,
    /// Spaces.
    Space,
}

/// How the bits of a floating point number are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatFormat {
    /// IEEE 754 half precision.
    Half,
    /// The upper half of a single: 8 bits of exponent, 7 of mantissa.
    Bfloat16,
    /// IEEE 754 single precision.
    Single,
    /// IEEE 754 double precision.
    Double,
    /// Another division, as long double.
    Other(FloatFields),
}

/// Where the parts of a floating point number lie; positions count bits from the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatFields {
    /// The bit of the sign.
    pub sign_position: u8,
    /// The lowest bit of the exponent.
    pub exponent_position: u8,
    /// Bits of the exponent.
    pub exponent_bits: u8,
    /// What is added to the exponent.
    pub bias: u32,
    /// The lowest bit of the mantissa.
    pub mantissa_position: u8,
    /// Bits of the mantissa.
    pub mantissa_bits: u8,
    /// The bit before the point.
    pub normalisation: Normalisation,
}

/// What the bit before the point of a mantissa is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalisation {
    /// The highest stored bit, which may be zero.
    None,
    /// The highest stored bit, which is one.
    Stored,
    /// One, and not stored.
    Implied,
}

impl FloatFormat {
    /// Where the parts lie.
    pub fn fields(self) -> FloatFields {
        let ieee = |mantissa_bits, exponent_bits: u8, bias| FloatFields {
            sign_position: mantissa_bits + exponent_bits,
            exponent_position: mantissa_bits,
            exponent_bits,
            bias,
            mantissa_position: 0,
            mantissa_bits,
            normalisation: Normalisation::Implied,
        };
        match self {
            Self::Half => ieee(10, 5, 15),
            Self::Bfloat16 => ieee(7, 8, 127),
            Self::Single => ieee(23, 8, 127),
            Self::Double => ieee(52, 11, 1023),
            Self::Other(fields) => fields,
        }
    }
}

/// A member of a compound.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its first byte in the element.
    pub offset: u32,
    /// Its type.
    pub datatype: Datatype,
}

/// A named value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumMember {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
}

/// The plain numbers that Hutch can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar {
    /// What number it is.
    pub kind: ScalarKind,
    /// The order of its bytes as stored.
    pub order: Order,
}

/// The kinds of plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum ScalarKind {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    F32,
    F64,
    /// Two `f32`: real, imaginary.
    Complex32,
    /// Two `f64`: real, imaginary.
    Complex64,
}

impl ScalarKind {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::Complex32 => 8,
            Self::Complex64 => 16,
        }
    }

    /// Bytes that are swapped together: half of a complex number, else all.
    pub fn word_size(self) -> usize {
        match self {
            Self::Complex32 | Self::Complex64 => self.size() / 2,
            _ => self.size(),
        }
    }
}

impl Datatype {
    /// The plain number that this is: an integer, float, bitfield, enum (its base) or complex number.
    pub fn scalar(&self) -> Option<Scalar> {
        match &self.class {
            Class::Integer {
                is_signed,
                order,
                precision,
                bit_offset: 0,
            } if u64::from(*precision) == u64::from(self.size) * 8 => {
                integer(self.size, *is_signed).map(|kind| Scalar {
                    kind,
                    order: *order,
                })
            }
            Class::Bitfield {
                order,
                precision,
                bit_offset: 0,
            } if u64::from(*precision) == u64::from(self.size) * 8 => integer(self.size, false)
                .map(|kind| Scalar {
                    kind,
                    order: *order,
                }),
            Class::Float { format, order } => {
                let kind = match format {
                    FloatFormat::Half => ScalarKind::F16,
                    FloatFormat::Single => ScalarKind::F32,
                    FloatFormat::Double => ScalarKind::F64,
                    FloatFormat::Bfloat16 | FloatFormat::Other(_) => return None,
                };
                Some(Scalar {
                    kind,
                    order: *order,
                })
            }
            Class::Enum { base, .. } => base.scalar(),
            Class::Complex(base) if self.size == base.size.saturating_mul(2) => {
                complex(base.scalar()?)
            }
            Class::Compound(members) => self.complex_compound(members),
            _ => None,
        }
    }

    /// Whether this is the boolean of h5py: an enum of FALSE and TRUE.
    pub fn is_bool(&self) -> bool {
        match &self.class {
            Class::Enum { members, .. } => {
                members.len() == 2
                    && members
                        .iter()
                        .any(|member| member.name == "FALSE" && member.value == 0)
                    && members
                        .iter()
                        .any(|member| member.name == "TRUE" && member.value == 1)
            }
            _ => false,
        }
    }

    /// Whether elements are strings.
    pub fn is_string(&self) -> bool {
        matches!(
            self.class,
            Class::FixedString { .. } | Class::VarString { .. }
        )
    }

    /// A compound of two floats with the names that numpy, h5py and others give a complex number.
    fn complex_compound(&self, members: &[Member]) -> Option<Scalar> {
        let [real, imaginary] = members else {
            return None;
        };
        let names = (real.name.as_str(), imaginary.name.as_str());
        let is_named = matches!(names, ("r", "i") | ("re", "im") | ("real", "imag"));
        let is_packed = real.offset == 0
            && imaginary.offset == real.datatype.size
            && real.datatype == imaginary.datatype
            && self.size == real.datatype.size.saturating_mul(2);
        if is_named && is_packed {
            complex(real.datatype.scalar()?)
        } else {
            None
        }
    }

    /// The name that the view shows, as `uint16`, `float32 (big-endian)`, `string`.
    pub fn name(&self) -> String {
        match &self.class {
            Class::Integer {
                is_signed, order, ..
            } => {
                format!(
                    "{}int{}{}",
                    if *is_signed { "" } else { "u" },
                    self.size.saturating_mul(8),
                    suffix(*order, self.size)
                )
            }
            Class::Float {
                format: FloatFormat::Bfloat16,
                ..
            } => "bfloat16".to_owned(),
            Class::Float { order, .. } => format!(
                "float{}{}",
                self.size.saturating_mul(8),
                suffix(*order, self.size)
            ),
            Class::Time => "time".to_owned(),
            Class::FixedString { .. } => format!("string of {} bytes", self.size),
            Class::VarString { .. } => "string".to_owned(),
            Class::Bitfield { .. } => format!("bitfield{}", self.size.saturating_mul(8)),
            Class::Opaque { .. } => format!("opaque of {} bytes", self.size),
            Class::Compound(_) if self.scalar().is_some() => {
                format!("complex{}", self.size.saturating_mul(8))
            }
            Class::Compound(members) => {
                let names: Vec<_> = members
                    .iter()
                    .map(|member| format!("{}: {}", member.name, member.datatype.name()))
                    .collect();
                format!("{{{}}}", names.join(", "))
            }
            Class::Reference { kind: 0 | 2 } => "object reference".to_owned(),
            Class::Reference { kind: 4 } => "attribute reference".to_owned(),
            Class::Reference { .. } => "region reference".to_owned(),
            Class::Enum { .. } if self.is_bool() => "bool".to_owned(),
            Class::Enum { base, members } => {
                format!("enum of {}{}", base.name(), names_of(members))
            }
            Class::VarLength(base) => format!("sequence of {}", base.name()),
            Class::Array { shape, base } => format!("array {shape:?} of {}", base.name()),
            Class::Complex(_) => format!("complex{}", self.size.saturating_mul(8)),
        }
    }
}

/// The names of an enum with their values, as ` {RED = 0, GREEN = 1}`; nothing
/// where they are too many, or could be read in another way.
fn names_of(members: &[EnumMember]) -> String {
    const NAMED_MAX: usize = 64;
    let is_plain = |member: &EnumMember| !member.name.contains([',', '=', '{', '}']);
    if members.is_empty() || members.len() > NAMED_MAX || !members.iter().all(is_plain) {
        return String::new();
    }
    let names: Vec<_> = members
        .iter()
        .map(|member| format!("{} = {}", member.name, member.value))
        .collect();
    format!(" {{{}}}", names.join(", "))
}

fn suffix(order: Order, size: u32) -> &'static str {
    match order {
        Order::Big if size > 1 => " (big-endian)",
        Order::Vax => " (VAX)",
        Order::Big | Order::Little => "",
    }
}

fn integer(size: u32, is_signed: bool) -> Option<ScalarKind> {
    Some(match (size, is_signed) {
        (1, false) => ScalarKind::U8,
        (2, false) => ScalarKind::U16,
        (4, false) => ScalarKind::U32,
        (8, false) => ScalarKind::U64,
        (1, true) => ScalarKind::I8,
        (2, true) => ScalarKind::I16,
        (4, true) => ScalarKind::I32,
        (8, true) => ScalarKind::I64,
        _ => return None,
    })
}

fn complex(part: Scalar) -> Option<Scalar> {
    let kind = match part.kind {
        ScalarKind::F32 => ScalarKind::Complex32,
        ScalarKind::F64 => ScalarKind::Complex64,
        _ => return None,
    };
    Some(Scalar {
        kind,
        order: part.order,
    })
}

/// Reads a datatype, as deep as `limits` allow.
pub(crate) fn parse(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Datatype, Error> {
    parse_at(cursor, limits.type_depth)
}

fn parse_at(cursor: &mut Cursor<'_>, depth: u32) -> Result<Datatype, Error> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(cursor.damaged("is nested too deeply"));
    };
    let first = cursor.u8()?;
    let (class, version) = (first & 0x0f, first >> 4);
    let bits = u32::try_from(cursor.uint(3)?).unwrap_or(0);
    let size = cursor.u32()?;
    if size == 0 {
        return Err(cursor.damaged("has elements of no bytes"));
    }
    if !(1..=5).contains(&version) {
        return Err(cursor.unsupported(&format!("version {version}")));
    }
    let order = if bits & 1 == 0 {
        Order::Little
    } else {
        Order::Big
    };
    let class = match class {
        0 => {
            let (bit_offset, precision) = (cursor.u16()?, cursor.u16()?);
            Class::Integer {
                is_signed: bits & 8 != 0,
                order,
                precision,
                bit_offset,
            }
        }
        1 => Class::Float {
            format: float_format(cursor, size, bits)?,
            order: if bits & 0x40 == 0 { order } else { Order::Vax },
        },
        2 => {
            cursor.skip(2)?;
            Class::Time
        }
        3 => Class::FixedString {
            padding: if bits & 0x0f == 2 {
                Padding::Space
            } else {
                Padding::Zero
            },
            is_utf8: bits >> 4 & 0x0f == 1,
        },
        4 => {
            let (bit_offset, precision) = (cursor.u16()?, cursor.u16()?);
            Class::Bitfield {
                order,
                precision,
                bit_offset,
            }
        }
        5 => {
            let tag = cursor.take((bits & 0xff) as usize)?;
            Class::Opaque {
                tag: to_text(until_zero(tag)),
            }
        }
        6 => Class::Compound(compound(cursor, bits & 0xffff, version, size, depth)?),
        7 => Class::Reference {
            kind: (bits & 0x0f) as u8,
        },
        8 => enumeration(cursor, bits & 0xffff, version, depth)?,
        9 => {
            let base = parse_at(cursor, depth)?;
            if bits & 0x0f == 1 {
                Class::VarString {
                    is_utf8: bits >> 8 & 0x0f == 1,
                }
            } else {
                Class::VarLength(Box::new(base))
            }
        }
        10 => array(cursor, version, depth)?,
        11 => Class::Complex(Box::new(parse_at(cursor, depth)?)),
        class => return Err(cursor.unsupported(&format!("class {class}"))),
    };
    Ok(Datatype { size, class })
}

fn float_format(cursor: &mut Cursor<'_>, size: u32, bits: u32) -> Result<FloatFormat, Error> {
    let properties = cursor.take(12)?;
    let fields = FloatFields {
        sign_position: (bits >> 8 & 0xff) as u8,
        exponent_position: properties[4],
        exponent_bits: properties[5],
        bias: u32::from_le_bytes([properties[8], properties[9], properties[10], properties[11]]),
        mantissa_position: properties[6],
        mantissa_bits: properties[7],
        normalisation: match bits >> 4 & 3 {
            0 => Normalisation::None,
            1 => Normalisation::Stored,
            2 => Normalisation::Implied,
            _ => return Err(cursor.damaged("has an unknown normalisation")),
        },
    };
    let known = [
        (2, FloatFormat::Half),
        (2, FloatFormat::Bfloat16),
        (4, FloatFormat::Single),
        (8, FloatFormat::Double),
    ];
    let is_vax = bits & 0x40 != 0;
    Ok(known
        .into_iter()
        .find(|(bytes, format)| !is_vax && *bytes == size && format.fields() == fields)
        .map_or(FloatFormat::Other(fields), |(_, format)| format))
}

/// A name; before version 3 it is padded to a multiple of eight bytes.
fn name(cursor: &mut Cursor<'_>, version: u8) -> Result<String, Error> {
    let text = cursor.zero_terminated()?;
    if version < 3 {
        cursor.skip((text.len() + 1).wrapping_neg() & 7)?;
    }
    Ok(to_text(text))
}

fn compound(
    cursor: &mut Cursor<'_>,
    count: u32,
    version: u8,
    size: u32,
    depth: u32,
) -> Result<Vec<Member>, Error> {
    let mut members = Vec::new();
    for _ in 0..count {
        let name = name(cursor, version)?;
        let offset_bytes = if version < 3 {
            4
        } else {
            crate::btree_v2::bytes_for(u64::from(size))
        };
        let offset = u32::try_from(cursor.uint(offset_bytes)?).unwrap_or(u32::MAX);
        let mut shape = Vec::new();
        if version == 1 {
            let rank = usize::from(cursor.u8()?);
            cursor.skip(11)?;
            let sizes = [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
            shape = sizes.into_iter().take(rank).collect();
        }
        let mut datatype = parse_at(cursor, depth)?;
        if !shape.is_empty() {
            let size = shape
                .iter()
                .try_fold(datatype.size, |size, axis| size.checked_mul(*axis));
            let Some(size) = size else {
                return Err(cursor.damaged("has a member that is too large"));
            };
            datatype = Datatype {
                size,
                class: Class::Array {
                    shape,
                    base: Box::new(datatype),
                },
            };
        }
        if offset
            .checked_add(datatype.size)
            .is_none_or(|end| end > size)
        {
            return Err(cursor.damaged("has a member outside of the element"));
        }
        members.push(Member {
            name,
            offset,
            datatype,
        });
    }
    Ok(members)
}

fn enumeration(
    cursor: &mut Cursor<'_>,
    count: u32,
    version: u8,
    depth: u32,
) -> Result<Class, Error> {
    let base = parse_at(cursor, depth)?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(name(cursor, version)?);
    }
    let mut members = Vec::new();
    for name in names {
        let stored = cursor.take(base.size as usize)?;
        members.push(EnumMember {
            name,
            value: enum_value(&base, stored),
        });
    }
    Ok(Class::Enum {
        base: Box::new(base),
        members,
    })
}

fn enum_value(base: &Datatype, stored: &[u8]) -> i64 {
    let Class::Integer {
        is_signed, order, ..
    } = &base.class
    else {
        return 0;
    };
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let value = match order {
        Order::Little => stored.iter().take(8).rev().fold(0, fold),
        Order::Big | Order::Vax => stored.iter().take(8).fold(0, fold),
    };
    let unused = 64 - 8 * base.size.min(8);
    if *is_signed && unused > 0 {
        value.cast_signed() << unused >> unused
    } else {
        value.cast_signed()
    }
}

fn array(cursor: &mut Cursor<'_>, version: u8, depth: u32) -> Result<Class, Error> {
    let rank = usize::from(cursor.u8()?);
    cursor.skip(if version < 3 { 3 } else { 0 })?;
    let shape = (0..rank)
        .map(|_| cursor.u32())
        .collect::<Result<Vec<_>, _>>()?;
    cursor.skip(if version < 3 { 4 * rank } else { 0 })?;
    let base = parse_at(cursor, depth)?;
    Ok(Class::Array {
        shape,
        base: Box::new(base),
    })
}
