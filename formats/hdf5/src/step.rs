//! Results that may need more bytes first.

use std::ops::Range;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::error::Error;

/// What an operation answers: the result, or the bytes that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// Read these byte ranges of the file (sorted, apart from each other), insert them into
    /// [`Blocks`] and call again. Each range lies inside the file.
    Need(Vec<Range<u64>>),
    /// The result.
    Done(T),
}

/// Runs `operation` until it is done, reading with `read` whatever it needs.
///
/// For files in memory or on a local disk, and for tests; a remote caller loops by itself, so that
/// it can read the ranges of one step in parallel.
///
/// # Errors
/// What the operation or the reading says, and when a reader does not give what was asked for.
pub fn drive<T>(
    blocks: &mut Blocks,
    mut read: impl FnMut(Range<u64>) -> Result<Bytes, Error>,
    operation: impl Fn(&Blocks) -> Result<Step<T>, Error>,
) -> Result<T, Error> {
    loop {
        match operation(blocks)? {
            Step::Done(result) => return Ok(result),
            Step::Need(ranges) => {
                for range in ranges {
                    let bytes = read(range.clone())?;
                    blocks.insert(range.start, bytes);
                    if !blocks.gaps(range.clone()).is_empty() {
                        let why = format!(
                            "fewer bytes came than were asked for at byte {}",
                            range.start
                        );
                        return Err(Error::Read(why));
                    }
                }
            }
        }
    }
}

/// Why a parser stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// These bytes are missing.
    Need(Vec<Range<u64>>),
    /// It cannot go on.
    Fail(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fail(error)
    }
}

pub(crate) type Parse<T> = Result<T, Stop>;

/// Gathers what siblings need, so that they are asked for together.
#[derive(Debug, Default)]
pub(crate) struct Needs(Vec<Range<u64>>);

impl Needs {
    /// The value of one sibling, or nothing when it needs bytes.
    pub(crate) fn gather<T>(&mut self, parsed: Parse<T>) -> Result<Option<T>, Error> {
        match parsed {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Need(ranges)) => {
                self.0.extend(ranges);
                Ok(None)
            }
            Err(Stop::Fail(error)) => Err(error),
        }
    }

    /// Stops when any sibling needed bytes.
    pub(crate) fn finish(self) -> Parse<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Stop::Need(self.0))
        }
    }
}

/// Turns what a parser gave into what callers see.
pub(crate) fn to_step<T>(parsed: Parse<T>) -> Result<Step<T>, Error> {
    match parsed {
        Ok(value) => Ok(Step::Done(value)),
        Err(Stop::Need(ranges)) => Ok(Step::Need(merged(ranges))),
        Err(Stop::Fail(error)) => Err(error),
    }
}

fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
