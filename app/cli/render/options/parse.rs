//! Values of `hutch render`, as people write them.

use std::path::PathBuf;

use hutch_analysis::reduce::Reduction;
use hutch_analysis::region::Region;
use hutch_model::{AxisSlice, Error, Slice};
use hutch_render::{ColourMap, Component, Norm, Orientation};
use hutch_viewers::diffraction::Rings;
use hutch_viewers::display::{MarkKind, MarkSwitches};

use super::super::numbers::Pair;

pub(super) fn region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|error: Error| error.why)
}

/// The darkest and the brightest value.
pub(super) fn ends(text: &str) -> Result<Pair, String> {
    let pair: Pair = text.parse()?;
    if pair.0 < pair.1 {
        return Ok(pair);
    }
    Err("expected the smaller number first and a larger one behind it".to_owned())
}

pub(super) fn percentiles(text: &str) -> Result<Pair, String> {
    let pair: Pair = text.parse()?;
    if 0.0 <= pair.0 && pair.0 < pair.1 && pair.1 <= 100.0 {
        return Ok(pair);
    }
    Err("expected two shares from 0 to 100 per cent, the smaller first".to_owned())
}

pub(super) fn reduction(name: &str) -> Result<Reduction, String> {
    Reduction::named(name).ok_or_else(|| {
        format!(
            "known are {}",
            Reduction::ALL.map(Reduction::name).join(", ")
        )
    })
}

pub(super) fn rings(text: &str) -> Result<Rings, String> {
    let names: Vec<&str> = Rings::names().collect();
    Rings::named(text).ok_or_else(|| format!("known are {}", names.join(", ")))
}

/// Which frames of a stack: a range, not an index alone.
pub(super) fn frames(text: &str) -> Result<Slice, String> {
    let slice = Slice::parse(text).map_err(|error| error.to_string())?;
    match slice.0.as_slice() {
        [AxisSlice::Range { .. }] => Ok(slice),
        _ => Err("expected START:END or START:END:STEP".to_owned()),
    }
}

pub(super) fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_known = path.extension().is_some_and(|ending| {
        ["png", "gif", "svg"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    });
    // A folder is told by name, later.
    if is_known || path.is_dir() {
        return Ok(path);
    }
    Err(
        "pictures are written as PNG, movies as GIF, curves and links as PNG or SVG; name a file that ends so"
            .to_owned(),
    )
}

pub(super) fn norm(name: &str) -> Result<Norm, String> {
    Norm::named(name)
        .ok_or_else(|| "known are linear, log, sqrt, asinh, symlog and gamma".to_owned())
}

pub(super) fn positive(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|number: &f32| *number > 0.0 && number.is_finite())
        .ok_or_else(|| "expected a positive number".to_owned())
}

/// How large words and lines are.
pub(super) fn scale(text: &str) -> Result<f32, String> {
    positive(text)
        .ok()
        .filter(|scale| (0.5..=4.0).contains(scale))
        .ok_or_else(|| "expected a number from 0.5 to 4".to_owned())
}

pub(super) fn component(name: &str) -> Result<Component, String> {
    Component::named(name)
        .ok_or_else(|| "known are amplitude, phase, real, imaginary and both".to_owned())
}

pub(super) fn quarter_turns(text: &str) -> Result<u8, String> {
    match text {
        "0" => Ok(0),
        "90" => Ok(1),
        "180" => Ok(2),
        "270" => Ok(3),
        _ => Err("expected 90, 180 or 270 degrees".to_owned()),
    }
}

pub(super) fn flips(text: &str) -> Result<Orientation, String> {
    let mut flip = Orientation::default();
    for way in text.split(',') {
        match way.trim() {
            "across" => flip = flip.flipped_across(),
            "down" => flip = flip.flipped_down(),
            _ => return Err("expected across, down, or across,down".to_owned()),
        }
    }
    Ok(flip)
}

pub(super) fn marks(names: &str) -> Result<MarkSwitches, String> {
    let mut marks = MarkSwitches::default();
    for kind in MarkKind::ALL {
        marks.set(kind, false);
    }
    for name in names.split(',').filter(|name| *name != "none") {
        let kind = MarkKind::named(name.trim()).ok_or_else(|| {
            let names = MarkKind::ALL.map(MarkKind::name);
            format!("known are {} and none", names.join(", "))
        })?;
        marks.set(kind, true);
    }
    Ok(marks)
}

pub(super) fn colour_map(name: &str) -> Result<ColourMap, String> {
    ColourMap::named(name).ok_or_else(|| {
        let names: Vec<&str> = ColourMap::all().map(ColourMap::name).collect();
        format!("known are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::numbers::{Corners, Size};
    use super::*;

    #[test]
    fn marks_are_named_one_by_one() {
        let found = marks("saturated,under-range").unwrap();
        let on: Vec<&str> = MarkKind::ALL
            .into_iter()
            .filter(|kind| found.has(*kind))
            .map(MarkKind::name)
            .collect();
        assert_eq!(on, ["saturated", "under-range"], "these and no others");
        assert!(marks("none").is_ok_and(|marks| !marks.has(MarkKind::Masked)));
        assert!(marks("purple").is_err(), "no kind of pixel");
    }

    #[test]
    fn pairs_and_sizes_are_read_as_people_write_them() {
        assert_eq!("-1.5, 3e2".parse(), Ok(Pair(-1.5, 300.0)), "two numbers");
        let corners = [[0.0, -0.5], [1.0, 2.0]];
        assert_eq!("0,-0.5, 1,2".parse(), Ok(Corners(corners)), "four");
        assert!("0,1,2".parse::<Corners>().is_err(), "one is missing");
        assert!(percentiles("0.5,99.5").is_ok(), "shares");
        for wrong in ["5,101", "-1,50", "60,40", "5,5"] {
            assert!(percentiles(wrong).is_err(), "{wrong}");
        }
        assert!("1,nan".parse::<Pair>().is_err(), "no number");
        for wrong in ["5,1", "5,5"] {
            assert!(ends(wrong).is_err(), "{wrong} leaves no values between");
        }
        assert_eq!("800x600".parse(), Ok(Size([800, 600])), "a size");
        assert!("0x5".parse::<Size>().is_err(), "no pixels");
    }
}
