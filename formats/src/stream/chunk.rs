//! One chunk of a stream in full: a frame with its peaks, its crystals and their reflections.

use super::fields::{cell, number, value};

/// Peaks and reflections that one chunk may have.
const LIST_LIMIT: usize = 1 << 22;
/// Crystals that one chunk may have.
const CRYSTAL_LIMIT: usize = 1 << 12;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Frame,
    Peaks,
    Crystal,
    Reflections,
}

impl Chunk {
    /// Reads the bytes of one chunk; whatever makes no sense is counted and passed over.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut chunk = Self::default();
        let mut place = Place::Frame;
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            place = match place {
                Place::Frame => chunk.frame_line(line),
                Place::Peaks => chunk.peak_line(line),
                Place::Crystal => chunk.crystal_line(line),
                Place::Reflections => chunk.reflection_line(line),
            };
        }
        chunk
    }

    /// The number of the frame in its file, where its event is a number alone.
    pub fn frame(&self) -> Option<u64> {
        self.event.strip_prefix("//")?.parse().ok()
    }

    fn frame_line(&mut self, line: &[u8]) -> Place {
        if let Some(name) = line.strip_prefix(b"Image filename: ") {
            self.filename = owned(name);
        } else if let Some(event) = line.strip_prefix(b"Event: ") {
            self.event = owned(event);
        } else if let Some(hit) = value(line, "hit") {
            self.is_hit = hit != b"0";
        } else if let Some(method) = value(line, "indexed_by") {
            self.indexed_by = owned(method).replace("none", "");
        } else if let Some(energy) = value(line, "photon_energy_eV") {
            self.photon_energy_ev = number(energy);
        } else if let Some(length) = value(line, "average_camera_length") {
            self.camera_length_m = number(length);
        } else if line.starts_with(b"Peaks from peak search") {
            return Place::Peaks;
        } else if line.starts_with(b"--- Begin crystal") && self.crystals.len() < CRYSTAL_LIMIT {
            self.crystals.push(Crystal::default());
            return Place::Crystal;
        }
        Place::Frame
    }

    fn peak_line(&mut self, line: &[u8]) -> Place {
        if line.starts_with(b"End of peak list") {
            return Place::Frame;
        }
        let is_title = line.trim_ascii_start().starts_with(b"fs/px");
        let (numbers, panel) = words::<4>(line);
        match numbers {
            Some([fs, ss, inverse_d_per_nm, intensity]) if self.peaks.len() < LIST_LIMIT => {
                self.peaks.push(Peak {
                    at_px: [ss, fs],
                    inverse_d_per_nm,
                    intensity,
                    panel,
                });
            }
            _ => self.odd_lines += usize::from(!is_title),
        }
        Place::Peaks
    }

    fn crystal_line(&mut self, line: &[u8]) -> Place {
        let Some(crystal) = self.crystals.last_mut() else {
            return Place::Frame;
        };
        if let Some(cell) = cell(line) {
            crystal.cell = Some(cell);
        } else if let Some(lattice) = value(line, "lattice_type") {
            crystal.lattice = owned(lattice);
        } else if let Some(centring) = value(line, "centering") {
            crystal.centring = owned(centring);
        } else if let Some(limit) = value(line, "diffraction_resolution_limit") {
            crystal.resolution_limit_per_nm = number(limit);
        } else if line.starts_with(b"Reflections measured after indexing") {
            return Place::Reflections;
        } else if line.starts_with(b"--- End crystal") {
            return Place::Frame;
        }
        Place::Crystal
    }

    fn reflection_line(&mut self, line: &[u8]) -> Place {
        if line.starts_with(b"End of reflections") {
            return Place::Crystal;
        }
        let is_title = line.trim_ascii_start().starts_with(b"h ");
        let (numbers, panel) = words::<9>(line);
        let crystal = self.crystals.last_mut();
        match (numbers, crystal) {
            (Some([h, k, l, sum, sigma, peak, background, fs, ss]), Some(crystal))
                if crystal.reflections.len() < LIST_LIMIT =>
            {
                crystal.reflections.push(Reflection {
                    hkl: [h, k, l].map(index),
                    intensity: [sum, sigma, peak, background],
                    at_px: [ss, fs],
                    panel,
                });
            }
            _ => self.odd_lines += usize::from(!is_title),
        }
        Place::Reflections
    }
}

/// The first numbers of a line, and the word behind them.
fn words<const N: usize>(line: &[u8]) -> (Option<[f64; N]>, String) {
    let Ok(line) = std::str::from_utf8(line) else {
        return (None, String::new());
    };
    let mut words = line.split_ascii_whitespace();
    let mut numbers = [0.0; N];
    for place in &mut numbers {
        match words.next().and_then(|word| word.parse().ok()) {
            Some(number) => *place = number,
            None => return (None, String::new()),
        }
    }
    (Some(numbers), words.next().unwrap_or_default().to_owned())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates; indices are small"
)]
const fn index(number: f64) -> i32 {
    number as i32
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii()).into_owned()
}
