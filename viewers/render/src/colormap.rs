//! Colour maps: 256 colours each, from published tables.

mod list;

pub use list::{Family, Licence, MapFacts};
use list::{MAP_COUNT, MAPS};

/// Colours in a map.
pub const COLOUR_COUNT: usize = 256;

/// RGB triplets `[map, colour, channel]`, written by `tools/colormaps.py`.
static TABLE: &[u8; MAPS.len() * COLOUR_COUNT * 3] = include_bytes!("colormaps.bin");

/// One of the colour maps.
///
/// `twilight` is cyclic, for phases; `coolwarm` has a neutral middle, for signed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColourMap(u8);

impl ColourMap {
    /// Black to white.
    pub const GRAY: Self = Self(0);
    /// Perceptually uniform, blue to yellow.
    pub const VIRIDIS: Self = Self(1);
    /// Perceptually uniform, black to yellow.
    pub const INFERNO: Self = Self(2);
    /// Cyclic, for phases.
    pub const TWILIGHT: Self = Self(7);

    /// All maps, in the order of their table.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..MAP_COUNT).map(Self)
    }

    /// The maps of a family, in the order in which a list shows them.
    pub fn of_family(family: Family) -> impl Iterator<Item = Self> {
        Self::all().filter(move |map| map.facts().family == family)
    }

    /// What is known of it beside its colours.
    pub fn facts(self) -> MapFacts {
        MAPS[usize::from(self.0).min(MAPS.len() - 1)]
    }

    /// The map of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|map| map.name().eq_ignore_ascii_case(name))
    }

    /// Its name, as its author spells it.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Its row in the lookup texture.
    pub fn row(self) -> u32 {
        u32::from(self.0)
    }

    /// Colour number `index`, sRGB, opaque; past the end the last one.
    pub fn colour(self, index: usize) -> [u8; 4] {
        let start = (usize::from(self.0) * COLOUR_COUNT + index.min(COLOUR_COUNT - 1)) * 3;
        match TABLE.get(start..start + 3) {
            Some(&[red, green, blue]) => [red, green, blue, 255],
            _ => [0, 0, 0, 255],
        }
    }

    /// The colour at `position` in 0..=1, between two entries of the table, channels in 0..=1.
    pub fn at(self, position: f32) -> [f32; 4] {
        let place = position.clamp(0.0, 1.0) * (COLOUR_COUNT - 1) as f32;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 255"
        )]
        let index = place as usize;
        let weight = place - index as f32;
        let (here, next) = (self.colour(index), self.colour(index + 1));
        std::array::from_fn(|channel| {
            let (here, next) = (
                f32::from(here[channel]) / 255.0,
                f32::from(next[channel]) / 255.0,
            );
            here * (1.0 - weight) + next * weight
        })
    }
}

impl Default for ColourMap {
    fn default() -> Self {
        Self::GRAY
    }
}

/// Colours in a row of the lookup texture: so many that the shader need not mix two of them.
pub(crate) const LOOKUP_COUNT: usize = (COLOUR_COUNT - 1) * 8 + 1;

/// All maps as texels `[map, colour]` of `Rgba8Unorm`, with seven more colours between each two.
pub(crate) fn lookup_table() -> Vec<u8> {
    let row = |map: ColourMap| {
        let places = (0..LOOKUP_COUNT).map(|index| index as f32 / (LOOKUP_COUNT - 1) as f32);
        places.flat_map(move |place| map.at(place).map(crate::cpu::byte_of))
    };
    ColourMap::all().flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_is_found_by_its_name() {
        for map in ColourMap::all() {
            assert_eq!(
                ColourMap::named(map.name()),
                Some(map),
                "{} is found again",
                map.name()
            );
        }
    }

    #[test]
    fn a_cyclic_map_ends_where_it_begins() {
        for map in ColourMap::of_family(Family::Cyclic) {
            let apart = map
                .colour(0)
                .iter()
                .zip(map.colour(255))
                .map(|(first, last)| first.abs_diff(last))
                .max();
            assert!(apart < Some(32), "{} closes: {apart:?}", map.name());
        }
    }

    #[test]
    fn each_map_has_one_family_and_there_are_many() {
        let count: usize = Family::ALL
            .into_iter()
            .map(|family| ColourMap::of_family(family).count())
            .sum();
        assert_eq!(count, ColourMap::all().len(), "no map is lost");
        assert!(count >= 20, "{count} maps");
    }

    #[test]
    fn viridis_begins_and_ends_with_its_published_colours() {
        assert_eq!(
            ColourMap::VIRIDIS.colour(0),
            [68, 1, 84, 255],
            "first colour of viridis"
        );
        assert_eq!(
            ColourMap::VIRIDIS.colour(255),
            [253, 231, 36, 255],
            "last colour of viridis"
        );
    }

    #[test]
    fn gray_is_a_ramp() {
        for index in 0..COLOUR_COUNT {
            let value = u8::try_from(index).unwrap_or(255);
            assert_eq!(
                ColourMap::GRAY.colour(index),
                [value, value, value, 255],
                "gray level {index}"
            );
        }
    }
}
