//! Values that people set most: each has its own line, so that typing its name is enough.

use hutch_viewers::icons::Icon;

use super::list::entry;
use super::{Doing as D, Entry, Group as G};

/// A value of the state of a view, as undo, links and sessions hold it.
const fn set(
    icon: Icon,
    text: &'static str,
    (key, value): (&'static str, &'static str),
    also: &'static str,
) -> Entry {
    entry(G::View, icon, text, &[], D::Set(key, value)).also(also)
}

pub(super) static SETTINGS: &[Entry] = &[
    set(Icon::Contrast, "Norm: linear", ("norm", "linear"), "scale"),
    set(
        Icon::Contrast,
        "Norm: logarithmic",
        ("norm", "log"),
        "scale",
    ),
    set(
        Icon::Contrast,
        "Norm: square root",
        ("norm", "sqrt"),
        "sqrt scale",
    ),
    set(
        Icon::Contrast,
        "Norm: asinh",
        ("norm", "asinh"),
        "scale arsinh",
    ),
    set(
        Icon::Contrast,
        "Norm: symmetric logarithm",
        ("norm", "symlog"),
        "scale",
    ),
    set(
        Icon::Contrast,
        "Norm: gamma",
        ("norm", "gamma"),
        "scale power",
    ),
    set(
        Icon::Sliders,
        "Range: smallest to largest",
        ("range mode", "min-max"),
        "min max min-max minimum maximum contrast levels",
    ),
    set(
        Icon::Sliders,
        "Range: percentile",
        ("range mode", "percentile"),
        "quantile contrast levels",
    ),
    set(
        Icon::Sliders,
        "Range: mean and standard deviations",
        ("range mode", "sigma"),
        "sigma contrast levels",
    ),
    set(
        Icon::Sliders,
        "Range: percentile of what is on the screen",
        ("range mode", "visible"),
        "visible auto contrast levels",
    ),
    set(
        Icon::Sliders,
        "Range: symmetric about zero",
        ("range mode", "symmetric"),
        "difference contrast levels",
    ),
    set(
        Icon::Sliders,
        "Range: locked as it is",
        ("range mode", "locked"),
        "fix same every frame contrast levels",
    ),
    set(
        Icon::ChartLine,
        "Integrate the frame: pattern",
        ("integrate", "pattern"),
        "azimuthal integration radial powder 1d",
    ),
    set(
        Icon::ChartLine,
        "Integrate the frame: cake",
        ("integrate", "cake"),
        "azimuthal integration 2d",
    ),
    set(
        Icon::ChartLine,
        "Integrate the frame: nothing",
        ("integrate", "off"),
        "integration stop no",
    ),
];

#[cfg(test)]
mod tests {
    use hutch_viewers::display::RangeMode;
    use hutch_viewers::integration::Kind;

    use super::*;

    #[test]
    fn every_range_mode_and_every_integration_has_its_line() {
        let has = |key: &str, value: &str| {
            SETTINGS
                .iter()
                .any(|entry| matches!(entry.doing, D::Set(a, b) if a == key && b == value))
        };
        for mode in RangeMode::ALL {
            assert!(has("range mode", mode.name()), "{}", mode.name());
        }
        for (_, name) in Kind::ALL {
            assert!(has("integrate", name), "{name}");
        }
        for norm in ["linear", "log", "sqrt", "asinh", "symlog", "gamma"] {
            assert!(has("norm", norm), "{norm}");
            assert!(hutch_render::Norm::named(norm).is_some(), "{norm}");
        }
    }
}
