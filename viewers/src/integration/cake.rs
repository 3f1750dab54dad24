//! A cake for files and for the clipboard.

use std::fmt::Write as _;
use std::sync::Arc;

use hutch_analysis::integrate::{Sums, Unit};
use hutch_model::{Cancel, Result};

use super::shown::{axis_words, way};
use super::{Integration, Kind};
use crate::{Action, Priority, Task, ViewContext};

/// More values than this are for a file, and no clipboard.
const COPIED_MAX: usize = 1 << 22;

/// What a frame became over radius and azimuth, with all that a file says of it.
#[derive(Clone, Debug)]
pub struct Cake {
    /// Which frame it is of, in words.
    pub source: String,
    /// Where the geometry is from.
    pub geometry: String,
    /// How it was made, in words.
    pub way: String,
    /// The quantity along the radial axis.
    pub unit: Unit,
    /// The centres of the bins of the radius.
    pub radius: Arc<[f64]>,
    /// The centres of the bins of the azimuth, in degrees.
    pub azimuth_deg: Arc<[f64]>,
    /// What its bins hold, `[azimuth, radius]`.
    pub sums: Arc<Sums>,
}

impl Cake {
    /// Whether a clipboard takes it.
    fn is_small(&self) -> bool {
        self.radius.len().saturating_mul(self.azimuth_deg.len()) <= COPIED_MAX
    }
}

impl Integration {
    /// The cake that is shown, with its numbers; `None` where none is, or while it is computed.
    pub(crate) fn cake(&self) -> Option<Cake> {
        let (_, wish, done) = self.done.as_ref()?;
        if [self.chosen.kind, wish.chosen.kind] != [Kind::Cake; 2] {
            return None;
        }
        Some(Cake {
            source: done.source.clone(),
            geometry: wish.geometry.source.clone(),
            way: way(wish, &done.source),
            unit: wish.chosen.unit,
            radius: Arc::clone(&done.radius),
            azimuth_deg: Arc::clone(&done.azimuth_deg),
            sums: Arc::clone(&done.sums),
        })
    }

    /// Whether the cake that is shown can be copied; `None` where there is none.
    pub(super) fn can_copy(&self) -> Option<bool> {
        self.cake().map(|cake| cake.is_small())
    }

    /// Copies the values of the cake at the next pass; says whether there is one that a clipboard takes.
    pub(crate) fn copy(&mut self) -> bool {
        self.wants_copy = self.can_copy().unwrap_or(false);
        self.wants_copy
    }

    /// Begins a copy that was asked for, and takes it when it is there.
    pub(super) fn take_copy(&mut self, context: &mut ViewContext<'_>) {
        match self.copying.as_mut().and_then(Task::poll) {
            Some(Ok(text)) => {
                context.actions.push(Action::CopyText(text));
                self.copying = None;
            }
            Some(Err(_)) => self.copying = None,
            None => {}
        }
        if !std::mem::take(&mut self.wants_copy) {
            return;
        }
        let Some(cake) = self.cake() else { return };
        self.generation += 1;
        self.copying = Some(Task::start(
            context.resident,
            Priority::Visible,
            "copy the values of a cake",
            self.generation,
            move |cancel| copied(&cake, cancel),
        ));
    }
}

/// The intensities with tabs between them: the radius along the first line, the azimuth in front of each other line.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`] where nobody wants them any more.
fn copied(cake: &Cake, cancel: &Cancel) -> Result<String> {
    let mut text = format!("χ (°) \\ {}", axis_words(cake.unit));
    // Writing to a String cannot fail.
    for radius in cake.radius.iter() {
        let _written = write!(text, "\t{radius}");
    }
    text.push('\n');
    let intensity = cake.sums.intensity();
    let rows = intensity.chunks(cake.radius.len().max(1));
    for (azimuth, row) in cake.azimuth_deg.iter().zip(rows) {
        cancel.check()?;
        let _written = write!(text, "{azimuth}");
        for value in row {
            let _written = write!(text, "\t{value}");
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_cake_is_a_table_of_azimuth_and_radius() {
        let sums = Sums {
            signal: vec![2.0, 6.0, 0.0, 5.0],
            norm: vec![1.0, 4.0, 0.0, 2.0],
            ..Sums::default()
        };
        let cake = Cake {
            source: String::new(),
            geometry: String::new(),
            way: String::new(),
            unit: Unit::TwoThetaDeg,
            radius: vec![0.5, 1.0].into(),
            azimuth_deg: vec![-90.0, 90.0].into(),
            sums: Arc::new(sums),
        };
        let text = copied(&cake, &Cancel::new()).expect("not cancelled");
        assert_eq!(text, "χ (°) \\ 2θ (°)\t0.5\t1\n-90\t2\t1.5\n90\tNaN\t2.5\n");
    }
}
