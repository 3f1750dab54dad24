//! `.geom` files: how `CrystFEL` describes detectors of many panels.
//!
//! Source: the manual page `crystfel_geometry(5)`. Lengths of a panel are in its pixels there, from the beam, with +z
//! along the beam and +y up; the corner is the outer corner of the first pixel, and both ends of a range count.

mod bad;
mod event;
mod keys;
mod values;

use std::collections::{BTreeMap, HashMap};

use hutch_model::{Geometry, Panel};

use super::affine::checked;
use super::beam::wavelength_of_energy;
use super::{Problem, Problems};
use crate::beamline::fault::{Fault, Parsed};
use crate::beamline::pairs::text;

pub use bad::{MaskPart, MaskPlace};
pub use event::{EventPlace, Planes};
pub use values::{Beam, Length};

/// Panels that a file may have: the largest detectors have some thousand.
const PANEL_LIMIT: usize = 100_000;

/// No panel stands as far away, in metres.
const FAR_M: f64 = 1e4;
/// More panels than this are not compared with each other.
const COMPARED: usize = 2000;
/// Pairs of panels over each other that are told.
const PAIRS_TOLD: usize = 8;

/// One axis of a dataset, as `dim0` and the like say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The number of the frame, `%`.
    Frame,
    /// A fixed index, as of a module.
    Index(u64),
    /// The slow axis of panels.
    Slow,
    /// The fast axis of panels.
    Fast,
}

/// A panel as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct GeomPanel {
    /// Its name.
    pub name: String,
    /// First and last pixel, `[slow, fast]`, both of them its own.
    pub first: [Option<u64>; 2],
    /// The last pixel, `[slow, fast]`.
    pub last: [Option<u64>; 2],
    /// The outer corner of its first pixel in pixels, `[x, y]`.
    pub corner_px: [Option<f64>; 2],
    /// The step to the next pixel along the fast axis, in pixels.
    pub fast_px: [f64; 3],
    /// The same along the slow axis.
    pub slow_px: [f64; 3],
    /// Pixels in a metre.
    pub res_per_m: Option<f64>,
    /// From the sample along the beam; that of the whole detector where there is none.
    pub clen: Option<Length>,
    /// What is added to it, in metres.
    pub coffset_m: f64,
    /// Where its frames lie in a file; `%` stands for a part of the event's name.
    pub data: String,
    /// What the axes of that dataset are.
    pub dimensions: Vec<Dimension>,
    /// Where its masks lie, and the bits that must be set and must not be set in them.
    pub masks: BTreeMap<u8, Mask>,
    /// The largest count that it counts right.
    pub max_adu: Option<f64>,
    /// Whether all of it is bad.
    pub is_bad: bool,
}

impl Default for GeomPanel {
    fn default() -> Self {
        Self {
            name: String::new(),
            first: [None; 2],
            last: [None; 2],
            corner_px: [None; 2],
            fast_px: [1.0, 0.0, 0.0],
            slow_px: [0.0, 1.0, 0.0],
            res_per_m: None,
            clen: None,
            coffset_m: 0.0,
            data: "/data/data".to_owned(),
            dimensions: vec![Dimension::Slow, Dimension::Fast],
            masks: BTreeMap::new(),
            max_adu: None,
            is_bad: false,
        }
    }
}

impl GeomPanel {
    /// Whether a pixel of the file belongs to both.
    fn shares_pixels(&self, other: &Self) -> bool {
        let is_along = |axis: usize| match (self.range(axis), other.range(axis)) {
            (Some([first, last]), Some([begin, end])) => first <= end && begin <= last,
            _ => false,
        };
        self.data == other.data && self.dimensions == other.dimensions && is_along(0) && is_along(1)
    }

    fn range(&self, axis: usize) -> Option<[u64; 2]> {
        Some([self.first[axis]?, self.last[axis]?]).filter(|[first, last]| first <= last)
    }
}

/// A mask of a panel: `(value & good) != good` or `(value & bad) != 0` is bad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// The path of the dataset.
    pub data: Option<String>,
    /// Another file that holds it.
    pub file: Option<String>,
    /// Bits of good pixels.
    pub good_bits: u64,
    /// Bits of bad pixels.
    pub bad_bits: u64,
}

/// A region whose pixels are bad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BadRegion {
    /// Its name.
    pub name: String,
    /// The panel that it lies on; all panels where there is none.
    pub panel: Option<String>,
    /// `min_fs`, `max_fs`, `min_ss`, `max_ss` in pixels of the file, both ends included; or `min_x`, `max_x`, `min_y`,
    /// `max_y` in pixels of the laboratory.
    pub limits: BTreeMap<String, f64>,
}

/// A detector as `CrystFEL` describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geom {
    /// Its panels, in the order in which they are first named.
    pub panels: Vec<GeomPanel>,
    /// The beam.
    pub beam: Option<Beam>,
    /// From the sample along the beam to all panels without one of their own.
    pub clen: Option<Length>,
    /// How far the detector is moved, `[x, y]`.
    pub shift: [Option<Length>; 2],
    /// Bad regions.
    pub bad: Vec<BadRegion>,
    /// Names of groups of panels or of groups, and their members.
    pub groups: Vec<(String, Vec<String>)>,
    /// Where peaks lie in files.
    pub peak_list: Option<String>,
    /// What is wrong with the file, while the rest is shown.
    pub problems: Vec<Problem>,
}

impl Geom {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it holds no geometry, in words: not one panel can be placed.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = text(bytes);
        let mut reading = Reading::default();
        for (index, line) in text.lines().enumerate() {
            reading.line = index + 1;
            let code = line.split(';').next().unwrap_or_default().trim();
            if code.is_empty() {
                continue;
            }
            let done = match code.split_once('=') {
                Some((key, value)) => reading.set(key.trim(), value.trim()),
                None => Err(format!("\"{}\" is no key and value", values::cut(code))),
            };
            if let Err(why) = done {
                reading.problems.push(index + 1, why);
            }
        }
        reading.finish()
    }

    /// The paths of numbers in data files that the geometry needs: distances, energies, shifts.
    pub fn paths(&self) -> Vec<String> {
        let lengths = self.panels.iter().filter_map(|panel| panel.clen.as_ref());
        let lengths = lengths.chain(&self.clen).chain(self.shift.iter().flatten());
        let mut paths: Vec<String> = lengths.filter_map(Length::path).collect();
        paths.extend(self.beam.as_ref().and_then(Beam::path));
        paths.sort();
        paths.dedup();
        paths
    }

    /// The places of its panels; `numbers` are those at the paths of [`Self::paths`].
    pub(crate) fn geometry(
        &self,
        numbers: &BTreeMap<String, f64>,
        source: &str,
    ) -> Parsed<Geometry> {
        let shift = |axis: usize| match &self.shift[axis] {
            Some(length) => length.metres(numbers),
            None => Ok(0.0),
        };
        let shift_m = [shift(0), shift(1)].map(|shift| shift.unwrap_or(0.0));
        let mut panels = Vec::with_capacity(self.panels.len());
        let mut why = None;
        for panel in &self.panels {
            match self.place(panel, shift_m, numbers) {
                Ok(panel) => panels.push(panel),
                Err(reason) => why = Some(reason),
            }
        }
        if panels.is_empty() {
            let why = why.unwrap_or_else(|| "it has no panel".to_owned());
            return Err(Fault::unreadable(why));
        }
        let wavelength_m = self
            .beam
            .as_ref()
            .and_then(|beam| beam.wavelength_m(numbers));
        Ok(Geometry {
            panels,
            wavelength_m,
            source: source.to_owned(),
        })
    }

    fn place(
        &self,
        panel: &GeomPanel,
        shift_m: [f64; 2],
        numbers: &BTreeMap<String, f64>,
    ) -> Result<Panel, String> {
        let absent = |what: &str| format!("the panel \"{}\" has no {what}", panel.name);
        let res = panel.res_per_m.ok_or_else(|| absent("res"))?;
        let [x, y] = both(panel.corner_px, ["corner_x", "corner_y"]).map_err(|it| absent(&it))?;
        let [first_slow, first_fast] =
            both(panel.first, ["min_ss", "min_fs"]).map_err(|it| absent(&it))?;
        let [last_slow, last_fast] =
            both(panel.last, ["max_ss", "max_fs"]).map_err(|it| absent(&it))?;
        let clen = panel.clen.as_ref().or(self.clen.as_ref());
        let clen = clen.ok_or_else(|| absent("clen"))?.metres(numbers)?;
        let count = |first: u64, last: u64| last.checked_sub(first)?.checked_add(1);
        let size = [count(first_slow, last_slow), count(first_fast, last_fast)];
        let [Some(slow), Some(fast)] = size else {
            return Err(format!(
                "the panel \"{}\" ends before it begins",
                panel.name
            ));
        };
        if is_parallel(panel.fast_px, panel.slow_px) {
            let name = &panel.name;
            return Err(format!("the panel \"{name}\" has fs and ss along one line"));
        }
        let in_metres = |step: [f64; 3]| step.map(|part| part / res);
        let fixed = panel
            .dimensions
            .iter()
            .filter_map(|dimension| match dimension {
                Dimension::Index(index) => Some(*index),
                _ => None,
            });
        checked(Panel {
            name: panel.name.clone(),
            plane: fixed.collect(),
            first: [first_slow, first_fast],
            size: [slow, fast],
            corner_m: [
                x / res + shift_m[0],
                y / res + shift_m[1],
                clen + panel.coffset_m,
            ],
            slow_m: in_metres(panel.slow_px),
            fast_m: in_metres(panel.fast_px),
        })
        .filter(|placed| placed.corner_m.iter().all(|part| part.abs() <= FAR_M))
        .ok_or_else(|| {
            format!(
                "the panel \"{}\" has numbers that are too large",
                panel.name
            )
        })
    }
}

/// Both numbers, or the names of those that are absent.
fn both<T: Copy>(found: [Option<T>; 2], names: [&str; 2]) -> Result<[T; 2], String> {
    match found {
        [Some(one), Some(other)] => Ok([one, other]),
        [None, None] => Err(names.join(" and ")),
        [None, _] => Err(names[0].to_owned()),
        [_, None] => Err(names[1].to_owned()),
    }
}

/// Whether two steps lead along one line, so that pixels have no area.
fn is_parallel(one: [f64; 3], other: [f64; 3]) -> bool {
    let length = |of: [f64; 3]| of.iter().map(|part| part * part).sum::<f64>().sqrt();
    let area = length([
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    ]);
    area <= 1e-6 * length(one) * length(other)
}

/// A file while it is read.
#[derive(Debug, Default)]
struct Reading {
    geom: Geom,
    /// What panels that are named later begin with.
    template: GeomPanel,
    /// Where each panel lies in the list.
    index: HashMap<String, usize>,
    line: usize,
    problems: Problems,
}

impl Reading {
    fn finish(mut self) -> Result<Geom, String> {
        if self.geom.panels.is_empty() {
            return Err("it names no panel".to_owned());
        }
        self.check_groups();
        self.check_bad();
        self.check_overlap();
        // Numbers in data files stand for themselves here.
        let numbers = self.geom.paths().into_iter().map(|path| (path, 1.0));
        let numbers: BTreeMap<String, f64> = numbers.collect();
        let mut placed = 0;
        let mut first = None;
        for panel in &self.geom.panels {
            match self.geom.place(panel, [0.0; 2], &numbers) {
                Ok(_) => placed += 1,
                Err(why) => {
                    self.problems.push(0, why.clone());
                    first = first.or(Some(why));
                }
            }
        }
        if self.geom.beam.is_none() {
            let why = "it says no wavelength, photon_energy or electron_voltage";
            self.problems.push(0, why);
        }
        self.geom.problems = std::mem::take(&mut self.problems).into_vec();
        match first {
            Some(why) if placed == 0 => Err(why),
            _ => Ok(self.geom),
        }
    }

    /// Says which members of groups are absent.
    fn check_groups(&mut self) {
        let names: Vec<&str> = self
            .geom
            .groups
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        for (name, members) in &self.geom.groups {
            for member in members {
                if !self.index.contains_key(member) && !names.contains(&member.as_str()) {
                    let text =
                        format!("the group \"{name}\" names \"{member}\", which is no panel");
                    self.problems.push(0, text);
                }
            }
        }
    }

    fn check_bad(&mut self) {
        for bad in &self.geom.bad {
            if let Some(panel) = &bad.panel
                && !self.index.contains_key(panel)
            {
                let text = format!("\"{}\" lies on \"{panel}\", which is no panel", bad.name);
                self.problems.push(0, text);
            }
            if let Some(what) = bad.lacks() {
                let then = if bad.is_applied() {
                    "it goes on there without an end"
                } else {
                    "it is passed by"
                };
                let text = format!("\"{}\" has no {what}; {then}", bad.name);
                self.problems.push(0, text);
            }
        }
    }

    /// Says which panels have pixels of the file in common.
    fn check_overlap(&mut self) {
        let panels = &self.geom.panels;
        if panels.len() > COMPARED {
            return;
        }
        let pairs = panels
            .iter()
            .enumerate()
            .flat_map(|(index, one)| panels[index + 1..].iter().map(move |other| (one, other)));
        let shared = pairs.filter(|(one, other)| one.shares_pixels(other));
        let told: Vec<String> = shared
            .take(PAIRS_TOLD)
            .map(|(one, other)| {
                let (one, other) = (&one.name, &other.name);
                format!("the panels \"{one}\" and \"{other}\" lie over each other in the file")
            })
            .collect();
        for text in told {
            self.problems.push(0, text);
        }
    }
}

/// The wavelength of electrons of a voltage, in metres.
///
/// Source: de Broglie, with the relativistic momentum; constants of CODATA 2018.
fn electron_wavelength(volt: f64) -> Option<f64> {
    const REST_EV: f64 = 510_998.950;
    let hc_ev_m = wavelength_of_energy(1.0)?;
    let momentum_ev = (volt * (volt + 2.0 * REST_EV)).sqrt();
    Some(hc_ev_m / momentum_ev).filter(|length| length.is_finite() && *length > 0.0)
}

#[cfg(test)]
mod tests;
