//! Which colour maps there are, who made them, and under which licence.

/// What a colour map is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// From dark to light or back: counts, transmission, most data.
    Sequential,
    /// From one colour over a neutral middle to another: signed values, differences.
    Diverging,
    /// Begins and ends in the same colour: phases, angles.
    Cyclic,
    /// Through all hues: many steps, and edges that are not in the data.
    Rainbow,
}

impl Family {
    /// All families, in the order in which a list shows them.
    pub const ALL: [Self; 4] = [
        Self::Sequential,
        Self::Diverging,
        Self::Cyclic,
        Self::Rainbow,
    ];

    /// Its name in a list.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Diverging => "diverging",
            Self::Cyclic => "cyclic",
            Self::Rainbow => "rainbow",
        }
    }
}

/// The licence of a table of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    /// Public domain, CC0 1.0.
    Cc0,
    /// Apache License 2.0.
    Apache2,
    /// MIT License.
    Mit,
    /// The licence of matplotlib, compatible with BSD.
    Matplotlib,
}

impl Licence {
    /// Its name, as SPDX spells it where it does.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cc0 => "CC0-1.0",
            Self::Apache2 => "Apache-2.0",
            Self::Mit => "MIT",
            Self::Matplotlib => "matplotlib, BSD-compatible",
        }
    }
}

/// What is known of a colour map beside its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapFacts {
    /// Its name, as its author spells it.
    pub name: &'static str,
    /// What it is for.
    pub family: Family,
    /// Whether people with any of the common colour vision deficiencies tell its steps apart.
    pub is_vision_safe: bool,
    /// Who made it.
    pub author: &'static str,
    /// Under which licence.
    pub licence: Licence,
}

/// How many maps there are.
pub(super) const MAP_COUNT: u8 = 36;

const fn map(
    name: &'static str,
    family: Family,
    is_vision_safe: bool,
    author: &'static str,
    licence: Licence,
) -> MapFacts {
    MapFacts {
        name,
        family,
        is_vision_safe,
        author,
        licence,
    }
}

/// All maps, in the order of `colormaps.bin` and of the rows of the lookup texture.
#[rustfmt::skip]
pub(super) const MAPS: [MapFacts; MAP_COUNT as usize] = [
    map("gray", Family::Sequential, true, "a ramp", Licence::Cc0),
    map("viridis", Family::Sequential, true, "S. van der Walt, N. Smith", Licence::Cc0),
    map("inferno", Family::Sequential, true, "S. van der Walt, N. Smith", Licence::Cc0),
    map("magma", Family::Sequential, true, "S. van der Walt, N. Smith", Licence::Cc0),
    map("plasma", Family::Sequential, true, "S. van der Walt, N. Smith", Licence::Cc0),
    map("cividis", Family::Sequential, true, "J. Nunez, C. Anderton, R. Renslow", Licence::Cc0),
    map("turbo", Family::Rainbow, false, "A. Mikhailov, Google", Licence::Apache2),
    map("twilight", Family::Cyclic, true, "B. Bechtold", Licence::Cc0),
    map("coolwarm", Family::Diverging, true, "K. Moreland", Licence::Matplotlib),
    map("batlow", Family::Sequential, true, "F. Crameri", Licence::Mit),
    map("lajolla", Family::Sequential, true, "F. Crameri", Licence::Mit),
    map("oslo", Family::Sequential, true, "F. Crameri", Licence::Mit),
    map("davos", Family::Sequential, true, "F. Crameri", Licence::Mit),
    map("bilbao", Family::Sequential, true, "F. Crameri", Licence::Mit),
    map("hot", Family::Sequential, true, "matplotlib", Licence::Matplotlib),
    map("afmhot", Family::Sequential, true, "matplotlib", Licence::Matplotlib),
    map("bone", Family::Sequential, true, "matplotlib", Licence::Matplotlib),
    map("cubehelix", Family::Sequential, false, "D. Green", Licence::Matplotlib),
    map("gnuplot2", Family::Sequential, false, "matplotlib", Licence::Matplotlib),
    map("CMRmap", Family::Sequential, false, "C. Carey", Licence::Matplotlib),
    map("jet", Family::Rainbow, false, "matplotlib", Licence::Matplotlib),
    map("Blues", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("Greens", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("Oranges", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("Purples", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("YlGnBu", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("YlOrRd", Family::Sequential, true, "C. Brewer", Licence::Apache2),
    map("RdBu", Family::Diverging, true, "C. Brewer", Licence::Apache2),
    map("PiYG", Family::Diverging, true, "C. Brewer", Licence::Apache2),
    map("PuOr", Family::Diverging, true, "C. Brewer", Licence::Apache2),
    map("vik", Family::Diverging, true, "F. Crameri", Licence::Mit),
    map("berlin", Family::Diverging, true, "F. Crameri", Licence::Mit),
    map("seismic", Family::Diverging, true, "matplotlib", Licence::Matplotlib),
    map("romaO", Family::Cyclic, true, "F. Crameri", Licence::Mit),
    map("vikO", Family::Cyclic, true, "F. Crameri", Licence::Mit),
    map("hsv", Family::Cyclic, false, "matplotlib", Licence::Matplotlib),
];
