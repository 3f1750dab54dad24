//! Shapes on a frame, and their text.

use std::fmt;
use std::str::FromStr;

use hutch_model::{Error, ErrorKind, Result};

/// A shape in pixels of the stored frame: `x` along the fast axis, `y` along
/// the slow one, where pixel `i` has its centre at `i`.
///
/// A pixel belongs to it when its centre lies inside or on the edge. As text it
/// is its name and its numbers, as in `circle 512 500 30`.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The pixel that holds a point: `point x y`.
    Point([f64; 2]),
    /// Pixels within half of the width of a segment, its ends cut straight: `line x0 y0 x1 y1 width`.
    Line([f64; 4], f64),
    /// Between two corners: `rectangle x0 y0 x1 y1`.
    Rectangle([f64; 4]),
    /// Around a centre: `circle x y radius`.
    Circle([f64; 3]),
    /// Around a centre, turned by degrees from x to y: `ellipse x y rx ry angle`.
    Ellipse([f64; 4], f64),
    /// Corners one after the other, inside where a ray crosses an odd number of sides: `polygon x0 y0 x1 y1 x2 y2 ...`.
    Polygon(Vec<[f64; 2]>),
    /// Between two radii and two angles in degrees from x to y: `arc x y r0 r1 from to`.
    Arc([f64; 6]),
    /// Within half of the width of a line without ends: `band x0 y0 x1 y1 width`.
    Band([f64; 5]),
    /// The row and the column of a point: `cross x y`.
    Cross([f64; 2]),
    /// Rows: `horizontal y0 y1`.
    Horizontal([f64; 2]),
    /// Columns: `vertical x0 x1`.
    Vertical([f64; 2]),
}

impl Shape {
    /// What can be written, for help and errors.
    pub const FORMS: &'static str = "point x y; line x0 y0 x1 y1 [width]; rectangle x0 y0 x1 y1; circle x y radius; \
        ellipse x y rx ry [angle]; polygon x0 y0 x1 y1 x2 y2 ...; arc x y r0 r1 from to; band x0 y0 x1 y1 width; \
        cross x y; horizontal y0 y1; vertical x0 x1";

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Point(_) => "point",
            Self::Line(..) => "line",
            Self::Rectangle(_) => "rectangle",
            Self::Circle(_) => "circle",
            Self::Ellipse(..) => "ellipse",
            Self::Polygon(_) => "polygon",
            Self::Arc(_) => "arc",
            Self::Band(_) => "band",
            Self::Cross(_) => "cross",
            Self::Horizontal(_) => "horizontal",
            Self::Vertical(_) => "vertical",
        }
    }

    /// Its numbers, in the order of its text.
    pub fn numbers(&self) -> Vec<f64> {
        match self {
            Self::Point(numbers)
            | Self::Cross(numbers)
            | Self::Horizontal(numbers)
            | Self::Vertical(numbers) => numbers.to_vec(),
            Self::Line(numbers, more) | Self::Ellipse(numbers, more) => {
                numbers.iter().chain([more]).copied().collect()
            }
            Self::Rectangle(numbers) => numbers.to_vec(),
            Self::Circle(numbers) => numbers.to_vec(),
            Self::Polygon(corners) => corners.as_flattened().to_vec(),
            Self::Arc(numbers) => numbers.to_vec(),
            Self::Band(numbers) => numbers.to_vec(),
        }
    }

    /// A shape by name and numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for another name, another count of numbers, and for
    /// numbers that are not finite or sizes below zero.
    pub fn new(name: &str, numbers: &[f64]) -> Result<Self> {
        let why = match Self::of(name, numbers) {
            Some(shape) => match shape.fault() {
                None => return Ok(shape),
                Some(why) => why,
            },
            None => match Self::form(name) {
                Some(form) => format!("it has {} numbers; it is \"{form}\"", numbers.len()),
                None => format!("there is no \"{name}\"; there are {}", Self::FORMS),
            },
        };
        let text: Vec<String> = numbers.iter().map(f64::to_string).collect();
        let tried = format!("read the shape \"{name} {}\"", text.join(" "));
        Err(Error::new(ErrorKind::Usage, tried, why))
    }

    /// How a shape of a name is written.
    fn form(name: &str) -> Option<&'static str> {
        let mut forms = Self::FORMS.split(';').map(str::trim);
        forms.find(|form| form.split(' ').next() == Some(name))
    }

    fn of(name: &str, numbers: &[f64]) -> Option<Self> {
        let two = <[f64; 2]>::try_from(numbers).ok();
        let four = numbers.first_chunk::<4>().copied();
        let fifth = numbers.get(4).copied();
        let has_more = numbers.len() > 5;
        match name {
            "point" => two.map(Self::Point),
            "cross" => two.map(Self::Cross),
            "horizontal" => two.map(Self::Horizontal),
            "vertical" => two.map(Self::Vertical),
            "line" if !has_more => Some(Self::Line(four?, fifth.unwrap_or(1.0))),
            "ellipse" if !has_more => Some(Self::Ellipse(four?, fifth.unwrap_or(0.0))),
            "rectangle" => numbers.try_into().ok().map(Self::Rectangle),
            "circle" => numbers.try_into().ok().map(Self::Circle),
            "arc" => numbers.try_into().ok().map(Self::Arc),
            "band" => numbers.try_into().ok().map(Self::Band),
            "polygon" => match numbers.as_chunks::<2>() {
                (corners, []) if corners.len() > 2 => Some(Self::Polygon(corners.to_vec())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Which of its numbers is wrong.
    fn fault(&self) -> Option<String> {
        let numbers = self.numbers();
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            return Some(format!("number {} is none that is finite", at + 1));
        }
        let sizes: &[(&str, f64)] = match self {
            Self::Line(_, width) | Self::Band([.., width]) => &[("width", *width)],
            Self::Circle([_, _, radius]) => &[("radius", *radius)],
            Self::Ellipse([_, _, rx, ry], _) => &[("rx", *rx), ("ry", *ry)],
            Self::Arc([_, _, inner, outer, ..]) => &[("r0", *inner), ("r1", *outer)],
            _ => &[],
        };
        let wrong = sizes.iter().find(|(_, size)| *size < 0.0);
        wrong.map(|(what, size)| format!("its {what} is {size}, and must not be below 0"))
    }

    /// The box around it, `[x0, y0, x1, y1]`; without ends where it has none.
    pub fn bounds(&self) -> [f64; 4] {
        const ALL: f64 = f64::INFINITY;
        match self {
            Self::Point([x, y]) => [x.round(), y.round(), x.round(), y.round()],
            Self::Line([x0, y0, x1, y1], width) => grown([*x0, *y0, *x1, *y1], 0.5 * width),
            Self::Rectangle(corners) => grown(*corners, 0.0),
            Self::Circle([x, y, radius]) => grown([*x, *y, *x, *y], *radius),
            Self::Ellipse([x, y, rx, ry], _) => grown([*x, *y, *x, *y], rx.max(*ry)),
            Self::Polygon(corners) => {
                corners
                    .iter()
                    .fold([ALL, ALL, -ALL, -ALL], |found, [x, y]| {
                        [
                            found[0].min(*x),
                            found[1].min(*y),
                            found[2].max(*x),
                            found[3].max(*y),
                        ]
                    })
            }
            Self::Arc([x, y, inner, outer, ..]) => grown([*x, *y, *x, *y], inner.max(*outer)),
            Self::Band(_) | Self::Cross(_) => [-ALL, -ALL, ALL, ALL],
            Self::Horizontal([y0, y1]) => [-ALL, y0.min(*y1), ALL, y0.max(*y1)],
            Self::Vertical([x0, x1]) => [x0.min(*x1), -ALL, x0.max(*x1), ALL],
        }
    }

    /// Whether the centre of a pixel belongs to it.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        match self {
            Self::Point([px, py]) => is_same(x, *px) && is_same(y, *py),
            Self::Cross([px, py]) => is_same(x, *px) || is_same(y, *py),
            Self::Line([x0, y0, x1, y1], width) => {
                let (run, rise) = (x1 - x0, y1 - y0);
                let along = (x - x0) * run + (y - y0) * rise;
                let is_between = along >= 0.0 && along <= run * run + rise * rise;
                is_between && beside([*x0, *y0, *x1, *y1], x, y) <= 0.5 * width
            }
            Self::Band([x0, y0, x1, y1, width]) => {
                beside([*x0, *y0, *x1, *y1], x, y) <= 0.5 * width
            }
            Self::Rectangle(_) | Self::Horizontal(_) | Self::Vertical(_) => {
                let [x0, y0, x1, y1] = self.bounds();
                x0 <= x && x <= x1 && y0 <= y && y <= y1
            }
            Self::Circle([cx, cy, radius]) => squared(x - cx, y - cy) <= radius * radius,
            Self::Ellipse([cx, cy, rx, ry], angle) => {
                let (sine, cosine) = angle.to_radians().sin_cos();
                let (dx, dy) = (x - cx, y - cy);
                squared(
                    (dx * cosine + dy * sine) / rx,
                    (dy * cosine - dx * sine) / ry,
                ) <= 1.0
            }
            Self::Polygon(corners) => is_inside(corners, x, y),
            Self::Arc([cx, cy, inner, outer, from, to]) => {
                let (dx, dy) = (x - cx, y - cy);
                let range = inner.min(*outer)..=inner.max(*outer);
                let turn = (dy.atan2(dx).to_degrees() - from).rem_euclid(360.0);
                let is_whole = (to - from).abs() >= 360.0;
                range.contains(&squared(dx, dy).sqrt())
                    && (is_whole || turn <= (to - from).rem_euclid(360.0))
            }
        }
    }
}

fn grown([x0, y0, x1, y1]: [f64; 4], by: f64) -> [f64; 4] {
    [
        x0.min(x1) - by,
        y0.min(y1) - by,
        x0.max(x1) + by,
        y0.max(y1) + by,
    ]
}

/// Whether a place lies in the pixel with this centre.
fn is_same(centre: f64, place: f64) -> bool {
    (centre - place.round()).abs() < 0.5
}

fn squared(x: f64, y: f64) -> f64 {
    x * x + y * y
}

/// How far a point is from the line through two others.
fn beside([x0, y0, x1, y1]: [f64; 4], x: f64, y: f64) -> f64 {
    let (run, rise) = (x1 - x0, y1 - y0);
    let length = squared(run, rise).sqrt();
    if length == 0.0 {
        return squared(x - x0, y - y0).sqrt();
    }
    ((x - x0) * rise - (y - y0) * run).abs() / length
}

/// Source: Shimrat, Algorithm 112, Communications of the ACM 5 (1962) 434.
fn is_inside(corners: &[[f64; 2]], x: f64, y: f64) -> bool {
    let sides = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed = sides.filter(|([x0, y0], [x1, y1])| {
        (*y0 > y) != (*y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0
    });
    crossed.count() % 2 == 1
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.numbers()
            .iter()
            .try_for_each(|number| write!(f, " {number}"))
    }
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default();
        let numbers: Vec<&str> = words.collect();
        let wrong = numbers.iter().find(|word| word.parse::<f64>().is_err());
        if let (Some(wrong), Some(form)) = (wrong, Self::form(name)) {
            let tried = format!("read the shape \"{text}\"");
            let why = format!("\"{wrong}\" is no number; it is \"{form}\"");
            return Err(Error::new(ErrorKind::Usage, tried, why));
        }
        let numbers = numbers
            .iter()
            .map(|word| word.parse().unwrap_or(f64::NAN))
            .collect::<Vec<f64>>();
        Self::new(name, &numbers)
    }
}
