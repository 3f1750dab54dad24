//! Numbers that are exact where samples are whole.

use std::fmt;

/// A number in the kind that the samples have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// From whole numbers: exact, 64-bit types and their sums included.
    Int(i128),
    /// From real numbers.
    Real(f64),
}

impl Number {
    /// As binary64.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    pub(super) fn least(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.min(b)),
            (a, b) => Self::Real(a.to_f64().min(b.to_f64())),
        }
    }

    pub(super) fn greatest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.max(b)),
            (a, b) => Self::Real(a.to_f64().max(b.to_f64())),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.saturating_add(b)),
            (a, b) => Self::Real(a.to_f64() + b.to_f64()),
        }
    }
}

impl fmt::Display for Number {
    /// Every digit of a whole number; the shortest text of a real one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Real(value) => value.fmt(f),
        }
    }
}
