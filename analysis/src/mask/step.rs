//! One step of a mask, and its text.

use std::fmt;
use std::str::FromStr;

use hutch_model::{Error, ErrorKind, Result};

use crate::region::Shape;

/// Which values a threshold masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those above it.
    Above,
    /// Those below it.
    Below,
}

impl Side {
    /// Whether a value lies beyond a limit; NaN never does.
    pub fn is_beyond(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::Below => value < limit,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// What a step covers.
#[derive(Clone, Debug, PartialEq)]
pub enum Ink {
    /// The pixels of a shape: its text.
    Shape(Shape),
    /// Where a round pencil of a radius went: `stroke radius x y x y ...`.
    Stroke(f64, Vec<[f64; 2]>),
    /// Pixels whose values in a frame lie beyond a limit: `above limit of frame`.
    Threshold(Side, f64, u64),
    /// Boxes of pixels `[x0, y0, x1, y1]`, both ends included: `boxes x0 y0 x1 y1 ...`.
    Boxes(Vec<[u32; 4]>),
}

/// A step of a mask.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Masks what the ink covers (`add ...`), or no longer (`take ...`).
    Paint(Ink, bool),
    /// Masks what was not, and the other way round.
    Invert,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ink, adds) = match self {
            Self::Invert => return f.write_str("invert"),
            Self::Paint(ink, adds) => (ink, *adds),
        };
        f.write_str(if adds { "add " } else { "take " })?;
        match ink {
            Ink::Shape(shape) => shape.fmt(f),
            Ink::Stroke(radius, points) => {
                write!(f, "stroke {radius}")?;
                let mut numbers = points.as_flattened().iter();
                numbers.try_for_each(|number| write!(f, " {number}"))
            }
            Ink::Threshold(side, limit, frame) => {
                write!(f, "{} {limit} of {frame}", side.name())
            }
            Ink::Boxes(boxes) => {
                f.write_str("boxes")?;
                let mut numbers = boxes.as_flattened().iter();
                numbers.try_for_each(|number| write!(f, " {number}"))
            }
        }
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        step(text).ok_or_else(|| {
            let short: String = text.chars().take(60).collect();
            let why = "there are add and take, each with a shape, stroke, above, below or boxes, and invert";
            Error::new(ErrorKind::Usage, format!("read the mask step \"{short}\""), why)
        })
    }
}

fn step(text: &str) -> Option<Step> {
    let text = text.trim();
    if text == "invert" {
        return Some(Step::Invert);
    }
    let (verb, rest) = text.split_once(' ')?;
    let adds = match verb {
        "add" => true,
        "take" => false,
        _ => return None,
    };
    let mut words = rest.split_ascii_whitespace();
    let kind = words.next()?;
    let real = |word: &str| word.parse().ok().filter(|number: &f64| number.is_finite());
    let ink = match kind {
        "stroke" => {
            let radius = real(words.next()?).filter(|radius| *radius >= 0.0)?;
            let numbers: Option<Vec<f64>> = words.map(real).collect();
            let numbers = numbers?;
            let (points, []) = numbers.as_chunks::<2>() else {
                return None;
            };
            Ink::Stroke(radius, points.to_vec())
        }
        "above" | "below" => {
            let side = if kind == "above" {
                Side::Above
            } else {
                Side::Below
            };
            let limit = real(words.next()?)?;
            let (Some("of"), Some(frame), None) = (words.next(), words.next(), words.next()) else {
                return None;
            };
            Ink::Threshold(side, limit, frame.parse().ok()?)
        }
        "boxes" => {
            let numbers: Option<Vec<u32>> = words.map(|word| word.parse().ok()).collect();
            let numbers = numbers?;
            let (boxes, []) = numbers.as_chunks::<4>() else {
                return None;
            };
            Ink::Boxes(boxes.to_vec())
        }
        _ => Ink::Shape(rest.parse().ok()?),
    };
    Some(Step::Paint(ink, adds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_comes_back_from_its_text() {
        for text in [
            "add circle 1 2 3.5",
            "take polygon 0 0 1 0 1 1",
            "add stroke 2.5 1 2 3 4",
            "add above 65000 of 12",
            "take below -3.5 of 0",
            "add boxes 0 0 3 4 7 7 7 7",
            "invert",
        ] {
            let step: Step = text.parse().expect("a step");
            assert_eq!(step.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for text in [
            "",
            "add",
            "add cheese",
            "paint circle 1 2 3",
            "add boxes 1 2 3",
            "add stroke -1 2 3",
            "add above x of 3",
            "add above 3 of 1 2",
            "add boxes -1 0 3 4",
        ] {
            assert!(text.parse::<Step>().is_err(), "{text}");
        }
    }
}
