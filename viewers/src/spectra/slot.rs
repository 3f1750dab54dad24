//! One thing that is computed of a stack, and asked for anew when something changed.

use std::sync::Arc;

use hutch_analysis::maps::{Part, Stack};
use hutch_model::{Cancel, Dataset, Error};

use super::sweep::{Job, Outcome, Sweep};
use crate::map::Ground;
use crate::prepared::PreparedFrame;
use crate::{Priority, Resident, Task};

/// What a slot was asked for, in plain values that are soon compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Map {
        band: [usize; 2],
        is_net: bool,
        reference: Option<u64>,
    },
    Spectrum {
        region: Region,
        is_mean: bool,
    },
}

/// Places whose spectra are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Region {
    #[default]
    All,
    Point(u32),
    /// Between two corners of the plane, the lower left first.
    Rect([[f64; 2]; 2]),
}

impl Region {
    /// As text in a state.
    pub(super) fn text(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Point(point) => format!("point {point}"),
            Self::Rect([low, high]) => {
                format!("rect {} {} {} {}", low[0], low[1], high[0], high[1])
            }
        }
    }

    /// What a text says; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = words.next()?;
        let numbers: Option<Vec<f64>> = words.clone().map(|word| word.parse().ok()).collect();
        match (kind, numbers?.as_slice()) {
            ("all", []) => Some(Self::All),
            ("point", [_]) => words.next()?.parse().ok().map(Self::Point),
            ("rect", &[x0, y0, x1, y1]) if [x0, y0, x1, y1].iter().all(|part| part.is_finite()) => {
                Some(Self::between([x0, y0], [x1, y1]))
            }
            _ => None,
        }
    }

    /// The rectangle between two corners.
    pub(super) fn between(one: [f64; 2], other: [f64; 2]) -> Self {
        Self::Rect([
            [one[0].min(other[0]), one[1].min(other[1])],
            [one[0].max(other[0]), one[1].max(other[1])],
        ])
    }
}

/// The points of a region, and the part of the stack that they lie in.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) mask: Option<Arc<[bool]>>,
    pub(super) part: Part,
    pub(super) count: u64,
}

impl Chosen {
    /// Finds the points of a region.
    pub(super) fn of(region: Region, stack: &Stack, ground: &Ground) -> Self {
        let whole = stack.whole();
        let width = whole.columns.end.max(1);
        let one = |point: u64| Part {
            rows: point / width..point / width + 1,
            columns: point % width..point % width + 1,
            ..whole.clone()
        };
        match region {
            Region::All => Self {
                mask: None,
                count: stack.place_count(),
                part: whole,
            },
            Region::Point(point) => Self {
                mask: None,
                part: one(u64::from(point).min(stack.place_count().saturating_sub(1))),
                count: 1,
            },
            Region::Rect([low, high]) => {
                let places = ground.places();
                let is_inside = |index: usize| {
                    places.get(index).is_some_and(|place| {
                        (0..2).all(|axis| (low[axis]..=high[axis]).contains(&place[axis]))
                    })
                };
                let mask: Vec<bool> = (0..ground.len()).map(is_inside).collect();
                let inside = || mask.iter().enumerate().filter(|(_, is_in)| **is_in);
                let mut found = inside().map(|(index, _)| one(index as u64));
                let Some(first) = found.next() else {
                    return Self {
                        part: Part {
                            rows: 0..0,
                            columns: 0..0,
                            ..whole
                        },
                        mask: Some(mask.into()),
                        count: 0,
                    };
                };
                let part = found.fold(first, |sum, part| Part {
                    rows: sum.rows.start.min(part.rows.start)..sum.rows.end.max(part.rows.end),
                    columns: sum.columns.start.min(part.columns.start)
                        ..sum.columns.end.max(part.columns.end),
                    ..sum
                });
                Self {
                    count: inside().count() as u64,
                    part,
                    mask: Some(mask.into()),
                }
            }
        }
    }
}

/// One thing that is computed of a stack.
#[derive(Default)]
pub(super) struct Slot {
    asked: Option<Key>,
    choosing: Option<Task<Chosen>>,
    sweep: Option<Sweep>,
    pub(super) outcome: Option<Outcome>,
    /// How many places a spectrum is of.
    pub(super) count: u64,
    pub(super) failed: Option<Arc<Error>>,
    pub(super) is_stopped: bool,
    /// Whether what there is stays until all of the new is here.
    holds: bool,
}

/// What a slot computes with.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) stack: &'a Arc<Stack>,
    pub(super) ground: &'a Arc<Ground>,
    pub(super) data: &'a Arc<dyn Dataset>,
}

impl Slot {
    /// Forgets what was asked, so that it is computed again.
    pub(super) fn forget(&mut self) {
        *self = Self {
            outcome: self.outcome.take(),
            ..Self::default()
        };
    }

    /// The data have grown: what was computed stays until it is computed of all of them.
    pub(super) const fn hold(&mut self) {
        self.holds = self.outcome.is_some();
    }

    /// Whether something is under way.
    pub(super) fn is_working(&self) -> bool {
        self.choosing.is_some() || self.share().is_some()
    }

    pub(super) const fn map(&self) -> Option<&Arc<PreparedFrame>> {
        match &self.outcome {
            Some(Outcome::Map(frame)) => Some(frame),
            _ => None,
        }
    }

    pub(super) const fn spectrum(&self) -> Option<&Arc<Vec<f64>>> {
        match &self.outcome {
            Some(Outcome::Spectrum(values)) => Some(values),
            _ => None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.asked.is_some()
            && self.choosing.is_none()
            && self.sweep.as_ref().is_none_or(Sweep::is_done)
    }

    /// The share that is done, where something is under way.
    pub(super) fn share(&self) -> Option<f32> {
        let sweep = self.sweep.as_ref().filter(|sweep| !sweep.is_done())?;
        (!self.is_stopped).then(|| sweep.share())
    }

    pub(super) fn left_out(&self) -> usize {
        self.sweep.as_ref().map_or(0, Sweep::left_out)
    }

    /// Goes on with what is wanted, or begins with it.
    pub(super) fn want(&mut self, resident: &mut dyn Resident, around: Around<'_>, key: &Key) {
        if self.asked.as_ref() != Some(key) {
            self.begin(resident, around, key);
        }
        if let Some(answer) = self.choosing.as_mut().and_then(Task::poll) {
            self.choosing = None;
            match answer {
                Ok(chosen) => self.sum(around, chosen, key),
                Err(error) => self.failed = Some(Arc::new(error)),
            }
        }
        if self.is_stopped {
            return;
        }
        if let Some(sweep) = &mut self.sweep {
            if sweep.step(resident, around.data) && (!self.holds || sweep.is_done()) {
                self.outcome = sweep.outcome().cloned();
            }
            self.failed = sweep.failed().cloned();
        }
    }

    fn begin(&mut self, resident: &mut dyn Resident, around: Around<'_>, key: &Key) {
        let holds = self.holds && self.asked.is_none();
        self.forget();
        self.holds = holds;
        self.asked = Some(key.clone());
        match key {
            Key::Map {
                band,
                is_net,
                reference,
            } => {
                let count = around.stack.whole().channels.end;
                let weights = hutch_analysis::maps::channel_weights(
                    usize::try_from(count).unwrap_or(0),
                    *band,
                    *is_net,
                );
                let job = Job::Map {
                    weights,
                    reference: reference.map(f64::from_bits),
                };
                let part = part_of_band(around, *band);
                self.sweep = Some(Sweep::new(around.stack, around.data.as_ref(), &part, job));
            }
            Key::Spectrum { region, .. } => {
                let (region, stack, ground) =
                    (*region, Arc::clone(around.stack), Arc::clone(around.ground));
                let work = move |_: &Cancel| Ok(Chosen::of(region, &stack, &ground));
                let label = "find the places of a region";
                self.choosing = Some(Task::start(resident, Priority::Visible, label, 0, work));
            }
        }
    }

    fn sum(&mut self, around: Around<'_>, chosen: Chosen, key: &Key) {
        let is_mean = matches!(key, Key::Spectrum { is_mean: true, .. });
        self.count = chosen.count;
        if chosen.count == 0 {
            self.outcome = None;
            return;
        }
        let divisor = if is_mean {
            chosen.count.max(1) as f64
        } else {
            1.0
        };
        let job = Job::Spectrum {
            chosen: chosen.mask,
            divisor,
        };
        self.sweep = Some(Sweep::new(
            around.stack,
            around.data.as_ref(),
            &chosen.part,
            job,
        ));
    }
}

/// Stacks up to so many bytes are read whole, so that the next range is there at once.
const WHOLE_BYTES: u64 = 128 << 20;

/// What has to be read for some channels: all of them where the stack is small.
fn part_of_band(around: Around<'_>, [first, last]: [usize; 2]) -> Part {
    let whole = around.stack.whole();
    let bytes = around.data.info().element.size_bytes().unwrap_or(8) as u64;
    let all = around
        .stack
        .place_count()
        .saturating_mul(whole.channels.end)
        .saturating_mul(bytes);
    if all <= WHOLE_BYTES && around.stack.channel_axis() > around.stack.column_axis() {
        return whole;
    }
    let end = (last as u64).saturating_add(1).min(whole.channels.end);
    Part {
        channels: (first as u64).min(end)..end,
        ..whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_comes_back_from_its_text() {
        for region in [
            Region::All,
            Region::Point(17),
            Region::between([1.5, 2.0], [-0.25, 4.0]),
        ] {
            assert_eq!(Region::parse(&region.text()), Some(region), "{region:?}");
        }
        for wrong in [
            "",
            "point",
            "point x",
            "rect 1 2 3",
            "rect 1 2 3 NaN",
            "all 3",
        ] {
            assert_eq!(Region::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rectangle_chooses_its_places_and_reads_no_more_rows_than_it_spans() {
        let stack = Stack::new(&[3, 4, 6], false, &[0; 3]).unwrap();
        let x = (0..12).map(|index| f64::from(index % 4)).collect();
        let y = (0..12).map(|index| f64::from(index / 4)).collect();
        let ground = Ground::of_grid(x, y, [4, 3]);
        let chosen = Chosen::of(Region::between([0.5, 0.5], [2.5, 1.5]), &stack, &ground);
        assert_eq!(
            (chosen.count, chosen.part.rows, chosen.part.columns),
            (2, 1..2, 1..3)
        );
        let none = Chosen::of(Region::between([8.0, 8.0], [9.0, 9.0]), &stack, &ground);
        assert_eq!((none.count, none.part.rows), (0, 0..0), "nothing there");
        let one = Chosen::of(Region::Point(6), &stack, &ground);
        assert_eq!((one.part.rows, one.part.columns), (1..2, 2..3), "a point");
    }
}
