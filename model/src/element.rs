//! The types that a sample can have.

use std::fmt;

/// The type of one element of a dataset, as it is kept in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// Unsigned, 8 bit.
    U8,
    /// Unsigned, 16 bit.
    U16,
    /// Unsigned, 32 bit.
    U32,
    /// Unsigned, 64 bit.
    U64,
    /// Signed, 8 bit.
    I8,
    /// Signed, 16 bit.
    I16,
    /// Signed, 32 bit.
    I32,
    /// Signed, 64 bit.
    I64,
    /// IEEE 754 binary16.
    F16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// Two binary32: real and imaginary part.
    Complex64,
    /// Two binary64: real and imaginary part.
    Complex128,
    /// Text of any length.
    Text,
    /// Records, sequences, references and other values that are not one number;
    /// the type in words.
    Values(String),
    /// Something that has a description but no values yet.
    Other(String),
}

impl ElementType {
    /// Size of one element in memory; `None` for text and other types.
    pub const fn size_bytes(&self) -> Option<usize> {
        match self {
            Self::U8 | Self::I8 => Some(1),
            Self::U16 | Self::I16 | Self::F16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 => Some(4),
            Self::U64 | Self::I64 | Self::F64 | Self::Complex64 => Some(8),
            Self::Complex128 => Some(16),
            Self::Text | Self::Values(_) | Self::Other(_) => None,
        }
    }

    /// Whether the elements are numbers.
    pub const fn is_numeric(&self) -> bool {
        self.size_bytes().is_some()
    }

    /// Whether the elements are whole numbers.
    pub const fn is_integer(&self) -> bool {
        matches!(
            self,
            Self::U8
                | Self::U16
                | Self::U32
                | Self::U64
                | Self::I8
                | Self::I16
                | Self::I32
                | Self::I64
        )
    }

    /// Whether the elements are complex.
    pub const fn is_complex(&self) -> bool {
        matches!(self, Self::Complex64 | Self::Complex128)
    }
}

impl fmt::Display for ElementType {
    /// The names that numpy uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Text => "text",
            Self::Values(name) | Self::Other(name) => name,
        })
    }
}
