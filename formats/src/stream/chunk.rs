//! One chunk of a stream in full: a frame with its peaks, its crystals and their reflections.

use hutch_model::{Chunk, Crystal, Peak, Reflection};

use super::fields::{cell, number, value};

/// Peaks and reflections that one chunk may have.
const LIST_LIMIT: usize = 1 << 22;
/// Crystals that one chunk may have.
const CRYSTAL_LIMIT: usize = 1 << 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Frame,
    Peaks,
    Crystal,
    Reflections,
}

/// Reads the bytes of one chunk; whatever makes no sense is counted and passed over.
pub fn read_chunk(bytes: &[u8]) -> Chunk {
    let mut reading = Reading(Chunk::default());
    let mut place = Place::Frame;
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        place = match place {
            Place::Frame => reading.frame_line(line),
            Place::Peaks => reading.peak_line(line),
            Place::Crystal => reading.crystal_line(line),
            Place::Reflections => reading.reflection_line(line),
        };
    }
    reading.0
}

/// A chunk while it is read.
struct Reading(Chunk);

impl Reading {
    fn frame_line(&mut self, line: &[u8]) -> Place {
        if let Some(name) = line.strip_prefix(b"Image filename: ") {
            self.0.filename = owned(name);
        } else if let Some(event) = line.strip_prefix(b"Event: ") {
            self.0.event = owned(event);
        } else if let Some(hit) = value(line, "hit") {
            self.0.is_hit = hit != b"0";
        } else if let Some(method) = value(line, "indexed_by") {
            self.0.indexed_by = owned(method).replace("none", "");
        } else if let Some(energy) = value(line, "photon_energy_eV") {
            self.0.photon_energy_ev = number(energy);
        } else if let Some(length) = value(line, "average_camera_length") {
            self.0.camera_length_m = number(length);
        } else if line.starts_with(b"Peaks from peak search") {
            return Place::Peaks;
        } else if line.starts_with(b"--- Begin crystal") && self.0.crystals.len() < CRYSTAL_LIMIT {
            self.0.crystals.push(Crystal::default());
            return Place::Crystal;
        }
        Place::Frame
    }

    fn peak_line(&mut self, line: &[u8]) -> Place {
        if line.starts_with(b"End of peak list") {
            return Place::Frame;
        }
        if line.starts_with(b"--- ") {
            // The list has no end; what follows is there all the same.
            return self.frame_line(line);
        }
        let is_title = line.trim_ascii_start().starts_with(b"fs/px");
        let (numbers, panel) = words::<4>(line);
        match numbers {
            Some([fs, ss, inverse_d_per_nm, intensity]) if self.0.peaks.len() < LIST_LIMIT => {
                self.0.peaks.push(Peak {
                    at_px: [ss, fs],
                    inverse_d_per_nm,
                    intensity,
                    panel,
                });
            }
            _ => self.0.odd_lines += usize::from(!is_title),
        }
        Place::Peaks
    }

    fn crystal_line(&mut self, line: &[u8]) -> Place {
        let Some(crystal) = self.0.crystals.last_mut() else {
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
        } else if line.starts_with(b"--- Begin crystal") {
            return self.frame_line(line);
        }
        Place::Crystal
    }

    fn reflection_line(&mut self, line: &[u8]) -> Place {
        if line.starts_with(b"End of reflections") {
            return Place::Crystal;
        }
        if line.starts_with(b"--- ") {
            return self.frame_line(line);
        }
        let is_title = line.trim_ascii_start().starts_with(b"h ");
        let (numbers, panel) = words::<9>(line);
        let crystal = self.0.crystals.last_mut();
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
            _ => self.0.odd_lines += usize::from(!is_title),
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
