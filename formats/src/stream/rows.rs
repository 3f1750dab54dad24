//! What is kept of each crystal of a stream: some 80 bytes.

use std::collections::HashMap;
use std::ops::Range;

use crate::geometry::Problem;

/// Bytes that rows and texts may take; later chunks are counted but not kept.
pub(super) const ROWS_LIMIT_BYTES: usize = 2 << 30;

/// One crystal, or one frame without a crystal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Where its chunk begins in the file.
    pub start: u64,
    /// Bytes of its chunk.
    pub length: u32,
    /// Which text of the index is the name of its file, and which its event.
    pub filename: u32,
    /// See [`Self::filename`].
    pub event: u32,
    /// Which text says how it was indexed.
    pub indexed_by: u32,
    /// Which text is its type of lattice and its centring, as in `tetragonal P`.
    pub lattice: u32,
    /// Peaks that were found in the frame.
    pub peak_count: u32,
    /// Reflections that were integrated.
    pub reflection_count: u32,
    /// The crystal in its frame, from 0; `u32::MAX` for a frame without one.
    pub crystal: u32,
    /// Whether the frame was taken for a hit.
    pub is_hit: bool,
    /// The edges of the cell in nm and its angles in degrees; NaN without a crystal.
    pub cell: [f32; 6],
    /// How far its peaks reach, in 1/nm; NaN where it is not said.
    pub peak_resolution: f32,
    /// How far the crystal diffracts, in 1/nm; NaN where it is not said.
    pub resolution_limit: f32,
}

impl Row {
    /// A row about which nothing is known yet.
    pub(super) const EMPTY: Self = Self {
        start: 0,
        length: 0,
        filename: 0,
        event: 0,
        indexed_by: 0,
        lattice: 0,
        peak_count: 0,
        reflection_count: 0,
        crystal: u32::MAX,
        is_hit: false,
        cell: [f32::NAN; 6],
        peak_resolution: f32::NAN,
        resolution_limit: f32::NAN,
    };

    /// Whether it is a crystal.
    pub const fn is_crystal(&self) -> bool {
        self.crystal != u32::MAX
    }
}

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
    pub(super) texts: Texts,
}

impl Index {
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

    pub(super) const fn size_bytes(&self) -> usize {
        self.size_bytes
    }
}
