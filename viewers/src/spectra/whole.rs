//! Maps of a stack of spectra without a window: the same sums, for whoever reads the pieces one by one.

use std::str::FromStr;
use std::sync::Arc;

use hutch_analysis::maps::lines::{ElementLine, of_element};
use hutch_analysis::maps::{Look, Stack, Target, channel_weights};
use hutch_model::{
    Block, Cancel, Dataset, Error, ErrorKind, Result, Scaling, Signal, Slab, Value, ViewState,
};
use hutch_render::{Range, RgbaPicture};

use super::channels::Channels;
use super::drawn::colours_of;
use super::slot::{Chosen, Region};
use super::state::{COLOURS, write_band, write_percent};
use super::sweep::{Job, Outcome, go_through};
use super::{ev_per_unit, order_of};
use crate::map::{Ground, Sides};
use crate::prepared::PreparedFrame;
use crate::slow_axes::{indices, line_slab};

/// The stack of a signal and the places of its points, at an index along all slower axes.
pub(super) fn laid(
    signal: &Signal,
    channels_first: bool,
    frame: u64,
) -> (Option<Stack>, Option<Sides>) {
    let shape = &signal.data.info().shape;
    let mut at = indices(&shape[..shape.len().saturating_sub(3)], frame);
    let slow = at.clone();
    at.resize(shape.len(), 0);
    let stack = Stack::new(shape, channels_first, &at);
    let sides = stack
        .as_ref()
        .and_then(|stack| Sides::of_stack(signal, stack.row_axis(), stack.column_axis(), &slow));
    (stack, sides)
}

/// Channels of a map, as a person names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Band {
    /// The first and the last, counted from 0.
    Channels([usize; 2]),
    /// Those around a line of an element, or the one at its edge: `Fe`, `Fe Kb`.
    Element(String),
}

impl FromStr for Band {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let ends = text.split_once('-').unwrap_or((text, text));
        let channel = |part: &str| part.trim().parse::<usize>().ok();
        if let (Some(first), Some(last)) = (channel(ends.0), channel(ends.1)) {
            if first <= last {
                return Ok(Self::Channels([first, last]));
            }
            return Err("expected the first channel before the last one".to_owned());
        }
        if lines_named(text).next().is_some() {
            return Ok(Self::Element(text.to_owned()));
        }
        Err("expected channels as FIRST-LAST, or a line as Fe or \"Fe Kb\"".to_owned())
    }
}

/// The lines and edges that a text names: all of an element, or those of one shell.
fn lines_named(text: &str) -> impl Iterator<Item = ElementLine> {
    let mut words = text.split_whitespace();
    let symbol = words.next().unwrap_or_default();
    let shell = words
        .next()
        .map(|shell| shell.replace('a', "α").replace('b', "β"));
    let is_more = words.next().is_some();
    of_element(symbol).filter(move |line| {
        let is_named = |shell: &String| line.name.split(' ').next() == Some(shell.as_str());
        !is_more && shell.as_ref().is_none_or(is_named)
    })
}

/// One range of channels, or one for red, green and blue each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bands {
    /// A map of values.
    One([usize; 2]),
    /// Three maps as colours.
    Three([[usize; 2]; 3]),
}

/// What is drawn of a stack, as the view keeps it in its state.
#[derive(Clone, Debug, PartialEq)]
pub struct StackWish {
    /// The index along axes that are neither channel nor place.
    pub frame: u64,
    /// Which channels.
    pub bands: Bands,
    /// Between which shares of the places, in per cent, three colours go from dark to bright.
    pub percent: [f64; 2],
    /// Whether a line from the first to the last channel is taken away.
    pub is_net: bool,
    /// Two corners of the places without a sample, for optical densities.
    pub light: Option<[[f64; 2]; 2]>,
}

impl StackWish {
    /// Writes it into a state of the view.
    pub fn write(&self, state: &mut ViewState) {
        state.set("frame", Value::Integer(i128::from(self.frame)));
        match &self.bands {
            Bands::One(band) => write_band(state, COLOURS[0], *band),
            Bands::Three(bands) => {
                state.set("rgb", Value::Bool(true));
                for (name, band) in COLOURS.into_iter().zip(bands) {
                    write_band(state, name, *band);
                    write_percent(state, name, self.percent);
                }
            }
        }
        state.set("net", Value::Bool(self.is_net));
        if let Some([one, other]) = self.light {
            let region = Region::between(one, other);
            state.set("reference", Value::Text(region.text()));
            state.set("density", Value::Bool(true));
        }
    }
}

/// A function that reads a part of the data.
pub type Read<'a> = dyn FnMut(&Slab) -> Result<Block> + 'a;

/// A stack of spectra, of which maps are made.
#[derive(Clone, Debug)]
pub struct StackMaps {
    stack: Stack,
    sides: Sides,
    data: Arc<dyn Dataset>,
    channels_first: bool,
    /// The axis of the channels as it is stored, its scaling, and the electronvolts in its unit.
    energies: Option<(Arc<dyn Dataset>, Slab, Scaling)>,
    ev: Option<f64>,
}

impl StackMaps {
    /// The stack of a signal, at an index along all axes that are neither channel nor place; `None` where it has
    /// no spectra, or no such index.
    pub fn of(signal: &Signal, frame: u64) -> Option<Self> {
        let channels_first = order_of(signal)?;
        let shape = &signal.data.info().shape;
        let slow = &shape[..shape.len().saturating_sub(3)];
        let count = slow
            .iter()
            .fold(1, |product: u64, &size| product.saturating_mul(size));
        if frame >= count {
            return None;
        }
        let (stack, sides) = laid(signal, channels_first, frame);
        let (stack, sides) = (stack?, sides?);
        let axis = signal.axis(stack.channel_axis());
        let energies = axis.filter(|axis| axis.skipped == 0).and_then(|axis| {
            let values = axis.line()?;
            let slab = line_slab(&values.info().shape, &axis.spans, &[])?;
            Some((Arc::clone(values), slab, axis.scaling))
        });
        Some(Self {
            ev: axis.and_then(|axis| ev_per_unit(&axis.unit)),
            data: Arc::clone(&signal.data),
            stack,
            sides,
            channels_first,
            energies,
        })
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        usize::try_from(self.stack.whole().channels.end).unwrap_or(usize::MAX)
    }

    /// The channels of the map that is shown at first: all of a spectrum, or the middle one of images over energies.
    pub fn usual_band(&self) -> [usize; 2] {
        super::usual_band(self.channel_count(), self.channels_first)
    }

    /// Whether a step along both axes is the same length, as their units say.
    pub const fn is_equal(&self) -> bool {
        self.sides.is_equal
    }

    /// The energies of the channels, where the file has them.
    pub fn energies(&self) -> Option<(Arc<dyn Dataset>, Slab)> {
        let (dataset, slab, _) = self.energies.as_ref()?;
        Some((Arc::clone(dataset), slab.clone()))
    }

    /// What has to be read of the places of the points.
    pub fn slabs(&self) -> Vec<(Arc<dyn Dataset>, Slab)> {
        self.sides.slabs()
    }

    /// Where the points lie, of what [`Self::slabs`] asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] where the blocks are others.
    pub fn ground(&self, blocks: &[Arc<Block>]) -> Result<Ground> {
        let count = usize::try_from(self.stack.place_count()).unwrap_or(usize::MAX);
        self.sides.ground(blocks, count)
    }

    /// The channels that a person means; `energies` is what [`Self::energies`] asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for channels that are not there, and for a line beyond the axis.
    pub fn band(&self, band: &Band, energies: Option<&Block>) -> Result<[usize; 2]> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Usage, "choose channels", why));
        let count = self.channel_count();
        let scaling = self.energies.as_ref().map(|(_, _, scaling)| *scaling);
        let channels = Channels {
            count,
            stored: energies.zip(scaling),
        };
        match band {
            Band::Channels([first, last]) if last < &count => Ok([*first, *last]),
            Band::Channels([_, last]) => refuse(format!(
                "there is no channel {last}; there are {count}, from 0"
            )),
            Band::Element(name) => {
                let Some(ev) = self.ev.filter(|_| channels.stored.is_some()) else {
                    let why = "the channels have no energies in eV or keV; name them as FIRST-LAST";
                    return refuse(why.to_owned());
                };
                let mut lines = lines_named(name)
                    .filter(|line| line.is_edge == self.channels_first)
                    .map(|line| (line, line.energy_ev / ev));
                match lines.find(|(_, place)| channels.contains(*place)) {
                    Some((line, place)) => Ok(channels.around(&line, place)),
                    None => refuse(format!("no line of {name} lies within these energies")),
                }
            }
        }
    }

    /// The map of some channels, a value for each place, and how many pieces are missing at their source.
    ///
    /// # Errors
    /// Those of `read`; when cancelled.
    pub fn map(
        &self,
        (band, wish): ([usize; 2], &StackWish),
        ground: &Ground,
        read: &mut Read<'_>,
        cancel: &Cancel,
    ) -> Result<(Arc<PreparedFrame>, usize)> {
        let reference = match wish.light {
            Some(corners) => Some(self.light(corners, band, ground, read, cancel)?),
            None => None,
        };
        let is_net = wish.is_net && reference.is_none();
        let job = Job::Map {
            weights: channel_weights(self.channel_count(), band, is_net),
            reference,
        };
        let mut part = self.stack.whole();
        part.channels = channels_of(band);
        let of = (&self.stack, self.data.as_ref(), &part);
        match go_through(of, &job, read, cancel)? {
            (Outcome::Map(map), left_out) => Ok((map, left_out)),
            (Outcome::Spectrum(_), _) => Err(no_map()),
        }
    }

    /// What comes in without a sample: the mean over some places, summed over the channels.
    fn light(
        &self,
        [one, other]: [[f64; 2]; 2],
        band: [usize; 2],
        ground: &Ground,
        read: &mut Read<'_>,
        cancel: &Cancel,
    ) -> Result<f64> {
        let chosen = Chosen::of(Region::between(one, other), &self.stack, ground);
        if chosen.count == 0 {
            let why = "no point lies between the two corners that were named";
            return Err(Error::new(ErrorKind::Usage, "find the light of I0", why));
        }
        let mut part = chosen.part;
        part.channels = channels_of(band);
        let job = Job::Spectrum {
            chosen: chosen.mask,
            divisor: chosen.count as f64,
        };
        let of = (&self.stack, self.data.as_ref(), &part);
        match go_through(of, &job, read, cancel)? {
            (Outcome::Spectrum(values), _) => {
                let inside = values.get(band[0]..=band[1]).unwrap_or_default();
                Ok(inside.iter().sum())
            }
            (Outcome::Map(_), _) => Err(no_map()),
        }
    }
}

fn channels_of([first, last]: [usize; 2]) -> std::ops::Range<u64> {
    first as u64..(last as u64).saturating_add(1)
}

fn no_map() -> Error {
    Error::new(
        ErrorKind::Internal,
        "sum channels",
        "the sum is of another kind",
    )
}

/// Three maps of the same points as one picture; also the values between which each colour goes from dark to bright.
/// `behind` is the colour where there is no point.
///
/// # Errors
/// Those of [`Ground::draw`].
pub fn three_colours(
    ground: &Ground,
    (maps, percent): ([Arc<PreparedFrame>; 3], [f64; 2]),
    (look, target): (Look, Target),
    behind: [u8; 4],
    cancel: &Cancel,
) -> Result<(RgbaPicture, [Range; 3])> {
    let rgb = colours_of(maps, [percent; 3])?;
    let drawn = ground.draw_colours(&rgb, look, target, cancel)?;
    let picture = drawn.rgba(behind).ok_or_else(no_map)?;
    Ok((picture, rgb.ranges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_and_lines_are_named_as_people_write_them() {
        assert_eq!("3-9".parse(), Ok(Band::Channels([3, 9])));
        assert_eq!("7".parse(), Ok(Band::Channels([7, 7])), "one alone");
        assert_eq!("fe".parse(), Ok(Band::Element("fe".to_owned())));
        assert_eq!("Fe Kb".parse(), Ok(Band::Element("Fe Kb".to_owned())));
        let names = |text| lines_named(text).map(|line| line.name).collect::<Vec<_>>();
        assert_eq!(names("Fe Kb"), ["Kβ"], "one line");
        assert_eq!(names("Fe K"), ["K edge"], "the edge of the shell");
        for wrong in ["", "9-3", "Xx", "Fe Kc", "Fe Ka more", "-3"] {
            assert!(wrong.parse::<Band>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_to_a_picture_opens_the_same_map() {
        let wish = StackWish {
            frame: 0,
            bands: Bands::Three([[3, 9], [20, 31], [5, 5]]),
            percent: [0.5, 99.0],
            is_net: true,
            light: Some([[1.0, 2.0], [0.0, 0.5]]),
        };
        let mut state = ViewState::new("spectra", 1);
        wish.write(&mut state);
        let mut choice = super::super::Choice::usual([0, 31], false);
        choice.read(&state, 1, 32);
        assert_eq!(Bands::Three(choice.bands), wish.bands);
        assert_eq!(choice.percent, [wish.percent; 3]);
        assert!(choice.is_rgb && choice.is_net && choice.is_density);
        let light = Region::between([0.0, 0.5], [1.0, 2.0]);
        assert_eq!(choice.reference, Some(light));
    }
}
