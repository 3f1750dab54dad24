//! What a search for diffraction from many crystals found: one row for each crystal, and a chunk for each frame.
//!
//! The words follow the streams of `CrystFEL`; whatever format knows as much can say it in them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::Dataset;

/// A peak that the search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// Where it is in the stored frame, `[ss, fs]`, from the corner of the first pixel.
    pub at_px: [f64; 2],
    /// One over its lattice spacing, in 1/nm.
    pub inverse_d_per_nm: f64,
    /// What it sums up to.
    pub intensity: f64,
    /// The panel that it lies on.
    pub panel: String,
}

/// A reflection that was integrated where a crystal puts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reflection {
    /// Its indices h, k and l.
    pub hkl: [i32; 3],
    /// What it sums up to, its standard deviation, its highest pixel and the background.
    pub intensity: [f64; 4],
    /// Where it is in the stored frame, `[ss, fs]`, from the corner of the first pixel.
    pub at_px: [f64; 2],
    /// The panel that it lies on.
    pub panel: String,
}

/// A crystal that was found in a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crystal {
    /// The edges of its cell in nm and its angles in degrees.
    pub cell: Option<[f32; 6]>,
    /// Its type of lattice, as in `tetragonal`.
    pub lattice: String,
    /// Its centring, as in `P`.
    pub centring: String,
    /// How far it diffracts, in 1/nm.
    pub resolution_limit_per_nm: Option<f64>,
    /// Its reflections.
    pub reflections: Vec<Reflection>,
}

/// A frame, and what was found in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    /// The file that holds the frame, as it was written.
    pub filename: String,
    /// Which frame of that file, as in `//12`; empty for the only one.
    pub event: String,
    /// Whether it was taken for a hit.
    pub is_hit: bool,
    /// How it was indexed; empty where it was not.
    pub indexed_by: String,
    /// The energy of the photons, in eV.
    pub photon_energy_ev: Option<f64>,
    /// From the sample to the detector, in metres.
    pub camera_length_m: Option<f64>,
    /// Peaks of the search.
    pub peaks: Vec<Peak>,
    /// Crystals.
    pub crystals: Vec<Crystal>,
    /// Lines that could not be read.
    pub odd_lines: usize,
}

impl Chunk {
    /// The number of the frame in its file, where its event is a number alone.
    pub fn frame(&self) -> Option<u64> {
        self.event.strip_prefix("//")?.parse().ok()
    }
}

/// One crystal, or one frame without a crystal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundRow {
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
    /// How far its reflections reach around their places in reciprocal space, in 1/nm; NaN where it is not said.
    pub profile_radius: f32,
}

impl FoundRow {
    /// A row about which nothing is known yet.
    pub const EMPTY: Self = Self {
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
        profile_radius: f32::NAN,
    };

    /// Whether it is a crystal.
    pub const fn is_crystal(&self) -> bool {
        self.crystal != u32::MAX
    }
}

/// What a run of serial crystallography came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundCounts {
    /// Frames that were looked at.
    pub frames: u64,
    /// Frames that were taken for hits.
    pub hits: u64,
    /// Frames with at least one crystal.
    pub indexed: u64,
    /// Crystals.
    pub crystals: u64,
}

/// The results of a run: a small index of all of it in memory, and chunks that are read one by one.
pub trait SerialRun: Send + Sync + fmt::Debug {
    /// One row for each crystal and each frame without one, in the order of the file.
    fn rows(&self) -> &[FoundRow];

    /// The text of a number in a row; empty for 0 and for numbers that no row has.
    fn text(&self, number: u32) -> &str;

    /// How many texts there are: the numbers of rows lie below.
    fn text_count(&self) -> u32;

    /// How much was found.
    fn counts(&self) -> FoundCounts;

    /// What wrote it and how it was called, line by line.
    fn header(&self) -> &[String];

    /// What is wrong with the file, in words.
    fn problems(&self) -> Vec<String>;

    /// That of the problems which is none while somebody is still writing the file: inside of what it ends.
    fn unfinished(&self) -> Option<String> {
        None
    }

    /// The bytes of the file `[byte]`; a row says where its chunk lies in them.
    fn bytes(&self) -> Arc<dyn Dataset>;

    /// Where the description of the detector lies in the bytes, where the file has one: a text as in a `.geom` file.
    fn geometry(&self) -> Option<Range<u64>>;

    /// Makes a chunk of its bytes; whatever makes no sense is counted and passed over.
    fn chunk(&self, bytes: &[u8]) -> Chunk;
}

/// What a run found in the frames of a stack `[frame, y, x]`.
#[derive(Clone, Debug)]
pub struct FoundFrames {
    /// The run.
    pub run: Arc<dyn SerialRun>,
    /// The first row of each frame that the run looked at; frames are counted over all axes but the last two.
    pub rows: Arc<BTreeMap<u64, u32>>,
}
