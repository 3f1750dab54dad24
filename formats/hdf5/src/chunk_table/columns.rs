//! The list of chunks, column by column: at most 16 bytes for a chunk, mostly less.

use super::Chunk;
use crate::error::Error;

/// Chunks in the order of their flat indices, once it is [sorted](Self::sort).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Columns {
    /// Flat indices; empty while chunk `i` is the one at position `i`.
    pub(super) indices: Numbers,
    pub(super) addresses: Vec<u64>,
    /// Bytes of each chunk; one number while all are alike.
    pub(super) sizes: Numbers,
    /// Filter masks; empty while none is set.
    pub(super) masks: Vec<u32>,
    is_unsorted: bool,
    last: Option<u64>,
}

/// Numbers that take four bytes each where all of them fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Every number follows from its position: `first + position * step`.
    Even { first: u64, step: u64 },
    /// Numbers of up to 32 bits.
    Short(Vec<u32>),
    /// Numbers of 64 bits.
    Long(Vec<u64>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Even { first: 0, step: 1 }
    }
}

impl Numbers {
    pub(super) fn get(&self, position: usize) -> Option<u64> {
        match self {
            Self::Even { first, step } => Some(first + position as u64 * step),
            Self::Short(numbers) => numbers.get(position).map(|number| u64::from(*number)),
            Self::Long(numbers) => numbers.get(position).copied(),
        }
    }

    /// Adds the number at `position`, the next one.
    fn push(&mut self, position: usize, number: u64) -> Result<(), Error> {
        if let Self::Even { first, step } = self {
            let even = first.wrapping_add((position as u64).wrapping_mul(*step));
            if even == number {
                return Ok(());
            }
            let mut numbers = Vec::new();
            reserve(&mut numbers, position + 1)?;
            let (first, step) = (*first, *step);
            let known = (0..position as u64).map(|position| first + position * step);
            numbers.extend(known);
            *self = Self::Long(numbers).shortened()?;
        }
        if let (Self::Short(numbers), Err(_)) = (&*self, u32::try_from(number)) {
            let mut long = Vec::new();
            reserve(&mut long, numbers.len() + 1)?;
            long.extend(numbers.iter().map(|number| u64::from(*number)));
            *self = Self::Long(long);
        }
        match self {
            Self::Short(numbers) => {
                reserve(numbers, 1)?;
                numbers.push(u32::try_from(number).unwrap_or(u32::MAX));
            }
            Self::Long(numbers) => {
                reserve(numbers, 1)?;
                numbers.push(number);
            }
            Self::Even { .. } => {}
        }
        Ok(())
    }

    /// With four bytes for each number, if they fit.
    fn shortened(self) -> Result<Self, Error> {
        let Self::Long(long) = self else {
            return Ok(self);
        };
        if long.iter().any(|number| u32::try_from(*number).is_err()) {
            return Ok(Self::Long(long));
        }
        let mut short = Vec::new();
        reserve(&mut short, long.len())?;
        short.extend(long.iter().filter_map(|number| u32::try_from(*number).ok()));
        Ok(Self::Short(short))
    }

    pub(super) fn size_bytes(&self) -> usize {
        match self {
            Self::Even { .. } => 0,
            Self::Short(numbers) => 4 * numbers.capacity(),
            Self::Long(numbers) => 8 * numbers.capacity(),
        }
    }

    fn trim(&mut self) {
        match self {
            Self::Even { .. } => {}
            Self::Short(numbers) => numbers.shrink_to_fit(),
            Self::Long(numbers) => numbers.shrink_to_fit(),
        }
    }
}

fn reserve<T>(numbers: &mut Vec<T>, more: usize) -> Result<(), Error> {
    if numbers.try_reserve(more).is_err() {
        let what = "the memory for a chunk table";
        return Err(Error::limit(what, numbers.len() as u64, 0));
    }
    Ok(())
}

impl Columns {
    pub(super) fn new(common_size: u64) -> Self {
        Self {
            sizes: Numbers::Even {
                first: common_size,
                step: 0,
            },
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Adds the chunk with this flat index.
    pub(super) fn push(&mut self, index: u64, chunk: Chunk) -> Result<(), Error> {
        let position = self.len();
        self.is_unsorted |= self.last.is_some_and(|last| index <= last);
        self.last = Some(index);
        self.indices.push(position, index)?;
        self.sizes.push(position, chunk.size)?;
        if chunk.filter_mask != 0 && self.masks.is_empty() {
            reserve(&mut self.masks, position + 1)?;
            self.masks.resize(position, 0);
        }
        if chunk.filter_mask != 0 || !self.masks.is_empty() {
            reserve(&mut self.masks, 1)?;
            self.masks.push(chunk.filter_mask);
        }
        reserve(&mut self.addresses, 1)?;
        self.addresses.push(chunk.address);
        Ok(())
    }

    /// Puts the chunks in order; of two with the same index the first stays.
    pub(super) fn sort(&mut self) -> Result<(), Error> {
        if self.is_unsorted {
            let mut order: Vec<(u64, usize)> = Vec::new();
            reserve(&mut order, self.len())?;
            order.extend((0..self.len()).filter_map(|at| Some((self.indices.get(at)?, at))));
            order.sort_unstable();
            order.dedup_by_key(|(index, _)| *index);
            let size = match &self.sizes {
                Numbers::Even { first, .. } => *first,
                _ => 0,
            };
            let mut sorted = Self::new(size);
            for (index, at) in order {
                if let Some(chunk) = self.chunk(at) {
                    sorted.push(index, chunk)?;
                }
            }
            *self = sorted;
        }
        (self.last, self.is_unsorted) = (None, false);
        self.indices.trim();
        self.sizes.trim();
        self.addresses.shrink_to_fit();
        self.masks.shrink_to_fit();
        Ok(())
    }

    pub(super) fn chunk(&self, position: usize) -> Option<Chunk> {
        Some(Chunk {
            address: *self.addresses.get(position)?,
            size: self.sizes.get(position)?,
            filter_mask: self.masks.get(position).copied().unwrap_or(0),
        })
    }

    /// The position of the chunk with this flat index.
    pub(super) fn position(&self, index: u64) -> Option<usize> {
        let found = match &self.indices {
            Numbers::Even { first, step } => {
                let distance = index.checked_sub(*first)?;
                usize::try_from(distance / (*step).max(1)).ok()
            }
            Numbers::Short(indices) => indices.binary_search(&u32::try_from(index).ok()?).ok(),
            Numbers::Long(indices) => indices.binary_search(&index).ok(),
        };
        found.filter(|at| *at < self.len() && self.indices.get(*at) == Some(index))
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.indices.size_bytes()
            + self.sizes.size_bytes()
            + 8 * self.addresses.capacity()
            + 4 * self.masks.capacity()
    }
}
