//! Numbers that `hutch render` takes together, as people write them.

use std::str::FromStr;

/// Finite numbers between commas; `None` where one of them is none.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let number = |part: &str| part.trim().parse().ok().filter(|of: &f64| of.is_finite());
    text.split(',').map(number).collect()
}

/// `X,Y,X,Y`: two corners of a rectangle in the plane of a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Corners(pub(super) [[f64; 2]; 2]);

impl FromStr for Corners {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match numbers(text).as_deref() {
            Some(&[x, y, other_x, other_y]) => Ok(Self([[x, y], [other_x, other_y]])),
            _ => Err("expected two corners as X,Y,X,Y".to_owned()),
        }
    }
}

/// `LO,HI`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair(pub(super) f64, pub(super) f64);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match numbers(text).as_deref() {
            Some([lo, hi]) => Ok(Self(*lo, *hi)),
            _ => Err("expected two numbers as LO,HI".to_owned()),
        }
    }
}

/// `WxH`, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) [u32; 2]);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let edge = |part: &str| part.parse().ok().filter(|edge| (1..=16_384).contains(edge));
        text.split_once('x')
            .and_then(|(width, height)| Some(Self([edge(width)?, edge(height)?])))
            .ok_or_else(|| "expected a size as 800x600, each at most 16384".to_owned())
    }
}
