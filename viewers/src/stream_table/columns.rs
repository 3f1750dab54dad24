//! What the table shows of each row, and by which names a filter asks for it.

use egui::Align;
use hutch_model::{FoundRow, SerialRun};

use crate::numbers;

/// What stands in a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// A text of the run, by its number.
    Text(fn(&FoundRow) -> u32),
    /// A number; NaN where there is none. With so many decimals, where it is not a count.
    Number(fn(&FoundRow) -> f64, Option<usize>),
}

/// A column of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    /// Its name in states and filters.
    pub(super) name: &'static str,
    /// Other names in filters.
    pub(super) also: &'static [&'static str],
    /// What stands in the head.
    pub(super) title: &'static str,
    /// How wide it is.
    pub(super) width: f32,
    /// What it shows.
    pub(super) content: Content,
}

const fn text(
    name: &'static str,
    also: &'static [&'static str],
    (title, width): (&'static str, f32),
    of: fn(&FoundRow) -> u32,
) -> Spec {
    Spec {
        name,
        also,
        title,
        width,
        content: Content::Text(of),
    }
}

const fn number(
    name: &'static str,
    also: &'static [&'static str],
    (title, width): (&'static str, f32),
    of: fn(&FoundRow) -> f64,
    decimals: Option<usize>,
) -> Spec {
    Spec {
        name,
        also,
        title,
        width,
        content: Content::Number(of, decimals),
    }
}

/// Lattice spacing in ångström of a reciprocal one in 1/nm.
fn angstrom(per_nm: f32) -> f64 {
    10.0 / f64::from(per_nm)
}

fn crystal(row: &FoundRow) -> f64 {
    if row.is_crystal() {
        f64::from(row.crystal) + 1.0
    } else {
        f64::NAN
    }
}

fn of_crystal(row: &FoundRow, value: f64) -> f64 {
    if row.is_crystal() { value } else { f64::NAN }
}

fn edge(row: &FoundRow, at: usize) -> f64 {
    row.cell
        .get(at)
        .map_or(f64::NAN, |nm| f64::from(*nm) * 10.0)
}

fn angle(row: &FoundRow, at: usize) -> f64 {
    row.cell.get(at).map_or(f64::NAN, |of| f64::from(*of))
}

/// All columns, from left to right.
pub(super) static COLUMNS: &[Spec] = &[
    text("file", &["filename", "image"], ("File", 150.0), |row| {
        row.filename
    }),
    text("event", &[], ("Event", 90.0), |row| row.event),
    number(
        "hit",
        &[],
        ("Hit", 34.0),
        |row| f64::from(u8::from(row.is_hit)),
        None,
    ),
    number(
        "peaks",
        &["num_peaks"],
        ("Peaks", 52.0),
        |row| f64::from(row.peak_count),
        None,
    ),
    number(
        "peak_resolution",
        &[],
        ("Peaks to Å", 72.0),
        |row| angstrom(row.peak_resolution),
        Some(2),
    ),
    text("indexed_by", &["method"], ("Indexed by", 150.0), |row| {
        row.indexed_by
    }),
    number("crystal", &[], ("Crystal", 54.0), crystal, None),
    text(
        "lattice",
        &["centring", "centering"],
        ("Lattice", 100.0),
        |row| row.lattice,
    ),
    number("a", &[], ("a Å", 58.0), |row| edge(row, 0), Some(2)),
    number("b", &[], ("b Å", 58.0), |row| edge(row, 1), Some(2)),
    number("c", &[], ("c Å", 58.0), |row| edge(row, 2), Some(2)),
    number("alpha", &["α"], ("α °", 54.0), |row| angle(row, 3), Some(2)),
    number("beta", &["β"], ("β °", 54.0), |row| angle(row, 4), Some(2)),
    number("gamma", &["γ"], ("γ °", 54.0), |row| angle(row, 5), Some(2)),
    number(
        "resolution",
        &["d", "limit"],
        ("To Å", 48.0),
        |row| angstrom(row.resolution_limit),
        Some(2),
    ),
    number(
        "reflections",
        &["num_reflections"],
        ("Reflections", 76.0),
        |row| of_crystal(row, f64::from(row.reflection_count)),
        None,
    ),
    number(
        "profile_radius",
        &["radius"],
        ("Radius nm⁻¹", 84.0),
        |row| f64::from(row.profile_radius),
        Some(4),
    ),
];

/// The column of a name, as in a filter or a state.
pub(super) fn named(name: &str) -> Option<(usize, &'static Spec)> {
    let name = name.to_lowercase();
    COLUMNS
        .iter()
        .enumerate()
        .find(|(_, spec)| spec.name == name || spec.also.contains(&name.as_str()))
}

impl Spec {
    /// Texts at the left, numbers at the right.
    pub(super) const fn align(&self) -> Align {
        match self.content {
            Content::Text(_) => Align::Min,
            Content::Number(..) => Align::Max,
        }
    }

    /// What a row has in it, as people read it.
    pub(super) fn words(&self, run: &dyn SerialRun, row: &FoundRow) -> String {
        match self.content {
            Content::Text(of) => match run.text(of(row)) {
                "none" => String::new(),
                text => text.to_owned(),
            },
            Content::Number(of, _) if self.name == "hit" => {
                let word = if of(row) > 0.0 { "yes" } else { "" };
                word.to_owned()
            }
            Content::Number(of, decimals) => match (of(row), decimals) {
                (value, _) if !value.is_finite() => String::new(),
                (value, Some(decimals)) => format!("{value:.decimals$}"),
                (value, None) => numbers::float(value, 9)
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            },
        }
    }

    /// The same for other programs: plain digits, and the units of the head.
    pub(super) fn plain(&self, run: &dyn SerialRun, row: &FoundRow) -> String {
        match self.content {
            Content::Text(of) => run.text(of(row)).to_owned(),
            Content::Number(of, decimals) => match (of(row), decimals) {
                (value, _) if !value.is_finite() => String::new(),
                (value, Some(decimals)) => format!("{value:.decimals$}"),
                (value, None) => format!("{value}"),
            },
        }
    }
}
