//! Pixels of the screen that tell which of two frames a program shows.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::screen::{PIXEL_BYTES, Screen};

/// Which of the two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Those that look like the first one.
    First,
    /// Those that look like the next one.
    Second,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Colours differ when those of one pixel do by this, over red, green and blue together.
const DISTANCE: u32 = 90;
/// Of the largest square on the screen that any of the programs draws, a small part.
const LEAST_PIXELS: usize = 4000;
/// Rows that are looked at, and pixels in each.
const ROWS: usize = 12;
const IN_ROW: usize = 24;
/// Of all pixels; noise decides about the rest.
const SHARE: f64 = 0.9;

/// One pixel: its place in the row, its colours in both frames.
#[derive(Clone, Copy, Debug)]
struct Mark {
    from: usize,
    first: [u8; 3],
    second: [u8; 3],
}

/// The pixels that are looked at, by row.
#[derive(Clone, Debug)]
pub(super) struct Marks(BTreeMap<usize, Vec<Mark>>);

impl Marks {
    /// Those whose colour differs between two pictures of the screen.
    pub(super) fn between(first: &[u8], second: &[u8], row_bytes: usize) -> Result<Self> {
        let mut rows: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
        let mut count = 0;
        let pixels = first.chunks(PIXEL_BYTES).zip(second.chunks(PIXEL_BYTES));
        for (index, (first, second)) in pixels.enumerate() {
            let (Some(first), Some(second)) = (colour(first), colour(second)) else {
                continue;
            };
            if distance(first, second) >= DISTANCE {
                let at = index * PIXEL_BYTES;
                count += 1;
                rows.entry(at / row_bytes).or_default().push(Mark {
                    from: at % row_bytes,
                    first,
                    second,
                });
            }
        }
        if count < LEAST_PIXELS {
            bail!("it shows no other picture for the next frame ({count} pixels differ)");
        }
        // Rows with numbers and sliders have few of them; those through the squares have the most.
        let most = rows.values().map(Vec::len).max().unwrap_or(0);
        rows.retain(|_, marks| marks.len() * 2 > most);
        let every = rows.len().div_ceil(ROWS);
        let chosen = rows.into_iter().step_by(every).map(|(row, marks)| {
            let every = marks.len().div_ceil(IN_ROW);
            (row, marks.into_iter().step_by(every).collect())
        });
        Ok(Self(chosen.collect()))
    }

    /// Which frame the screen shows; none while it shows neither in full.
    pub(super) fn tell(&self, screen: &Screen) -> Result<Option<Side>> {
        let (mut first, mut second, mut all) = (0_u32, 0_u32, 0_u32);
        let mut row_bytes = vec![0; screen.row_bytes()];
        for (row, marks) in &self.0 {
            screen.read_row(*row, &mut row_bytes)?;
            for mark in marks {
                let seen = row_bytes
                    .get(mark.from..mark.from + PIXEL_BYTES)
                    .and_then(colour)
                    .unwrap_or_default();
                let (near, far) = (distance(seen, mark.first), distance(seen, mark.second));
                all += 1;
                first += u32::from(near < far);
                second += u32::from(far < near);
            }
        }
        let is_most = |count: u32| f64::from(count) >= SHARE * f64::from(all);
        Ok(if is_most(first) {
            Some(Side::First)
        } else if is_most(second) {
            Some(Side::Second)
        } else {
            None
        })
    }
}

/// Blue, green and red, as the screen has them.
fn colour(pixel: &[u8]) -> Option<[u8; 3]> {
    pixel.first_chunk().copied()
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.iter()
        .zip(other)
        .map(|(one, other)| u32::from(one.abs_diff(other)))
        .sum()
}
