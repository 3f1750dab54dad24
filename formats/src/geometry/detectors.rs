//! Detectors that `.poni` files name without saying how large their pixels are.
//!
//! Source: the detectors of pyFAI 2026.9 (pyFAI/detectors); a test compares every row with it.

/// One detector a line: its names in lower case, pixels, size of a pixel, and whether its pixels are evenly spaced.
pub(crate) const TABLE: &str = include_str!("detectors.tsv");

/// Whether the places of its pixels follow from their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// Flat and evenly spaced.
    Even,
    /// Curved, hexagonal, or with wider pixels between chips: pyFAI has tables for it.
    Tables,
}

/// A detector that is known by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known {
    /// Pixels `[slow, fast]`.
    pub(crate) shape: [u64; 2],
    /// Size of a pixel `[slow, fast]`.
    pub(crate) pixel_m: [f64; 2],
    /// Whether that is enough to know where they are.
    pub(crate) grid: Grid,
}

/// The detector of a name, as pyFAI finds it: without regard to case, blanks as underscores.
pub(crate) fn known(name: &str) -> Option<Known> {
    let lower = name.trim().to_lowercase();
    let underscored = lower.replace(' ', "_");
    let has = |line: &&str| {
        let names = line.split('\t').next().unwrap_or_default();
        names
            .split(',')
            .any(|known| known == lower || known == underscored)
    };
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    row(rows.into_iter().find(has)?)
}

fn row(line: &str) -> Option<Known> {
    let mut parts = line.split('\t').skip(1);
    let (slow, fast) = parts.next()?.split_once(" x ")?;
    let shape = [slow.parse().ok()?, fast.parse().ok()?];
    let (slow, fast) = parts.next()?.split_once(" x ")?;
    let pixel_m = [slow.parse().ok()?, fast.parse().ok()?];
    let grid = match parts.next()? {
        "even" => Grid::Even,
        _ => Grid::Tables,
    };
    Some(Known {
        shape,
        pixel_m,
        grid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read_and_is_found_by_each_name() {
        let rows: Vec<&str> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert!(rows.len() > 100);
        for line in rows {
            let own = row(line).expect(line);
            for name in line.split('\t').next().expect("names").split(',') {
                assert_eq!(known(&name.to_uppercase()), Some(own), "{name}");
            }
        }
        assert_eq!(
            known("Pilatus 1M").map(|known| known.shape),
            Some([1043, 981])
        );
        assert_eq!(known("abacus"), None);
    }
}
