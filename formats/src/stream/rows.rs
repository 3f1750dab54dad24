//! What is kept of each crystal of a stream: some 80 bytes.

use std::collections::HashMap;
use std::ops::Range;

use hutch_model::FoundRow as Row;

use crate::geometry::Problem;

/// Bytes that rows and texts may take; later chunks are counted but not kept.
pub(super) const ROWS_LIMIT_BYTES: usize = 2 << 30;

/// Everything that one pass over a stream finds.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// One row for each crystal and each frame without one, in the order of the file.
    pub rows: Vec<Row>,
    /// Chunks: frames that were looked at.
    pub chunk_count: u64,
    /// Frames that were taken for hits.
    pub hit_count: u64,
    /// Frames with at least one crystal.
    pub indexed_count: u64,
    /// Crystals.
    pub crystal_count: u64,
    /// The line that says which program wrote it and how it was called, where they are there.
    pub header: Vec<String>,
    /// Where the geometry lies in the file.
    pub geometry: Option<Range<u64>>,
    /// What is wrong with the file; a line of 0 means the file as a whole.
    pub problems: Vec<Problem>,
    /// Why its end is none, as where it was cut off or is still being written.
    pub unfinished: Option<Problem>,
    pub(super) texts: Texts,
    pub(super) resume: Resume,
}

/// Where the last whole chunk ends, and what else has to be known to go on from there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Resume {
    /// The byte behind the last whole chunk; 0 where there is none yet.
    pub(super) at: u64,
    /// Problems that were known there.
    pub(super) problem_count: usize,
    pub(super) damaged: u64,
    pub(super) wrong_lists: u64,
    pub(super) zero: Option<u64>,
    pub(super) is_full: bool,
}

impl Index {
    /// Everything that is wrong, its end included.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(&self.unfinished)
    }

    /// The text of a number of a row: empty for 0.
    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number)
    }
}

/// Texts that many rows share, each kept once.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    size_bytes: usize,
}

impl Default for Texts {
    fn default() -> Self {
        let empty: Box<str> = Box::from("");
        Self {
            texts: vec![empty.clone()],
            numbers: HashMap::from([(empty, 0)]),
            size_bytes: 0,
        }
    }
}

impl Texts {
    fn get(&self, number: u32) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.texts.get(at).map_or("", |text| text)
    }

    /// The number of a text, which is kept where it is new.
    pub(super) fn number(&mut self, bytes: &[u8]) -> u32 {
        let text = String::from_utf8_lossy(bytes);
        if let Some(number) = self.numbers.get(text.as_ref()) {
            return *number;
        }
        let Ok(number) = u32::try_from(self.texts.len()) else {
            return 0;
        };
        let kept: Box<str> = Box::from(text.as_ref());
        // Twice the text, and what a map and a list need for each.
        self.size_bytes += 2 * kept.len() + 64;
        self.texts.push(kept.clone());
        self.numbers.insert(kept, number);
        number
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

    pub(super) const fn size_bytes(&self) -> usize {
        self.size_bytes
    }
}
