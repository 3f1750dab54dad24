//! What is drawn with the mouse: one tool for each shape.

use hutch_analysis::region::Shape;

use super::handles::rounded;

/// A tool of the tool bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// One pixel.
    Point,
    /// A segment with a width.
    Line,
    /// Between two corners.
    Rectangle,
    /// Around a centre.
    Circle,
    /// In the box that is drawn.
    Ellipse,
    /// Corner after corner.
    Polygon,
    /// A part of a ring around the beam, or around the middle.
    Arc,
    /// A line without ends, with a width.
    Band,
    /// A row and a column.
    Cross,
    /// Rows.
    Horizontal,
    /// Columns.
    Vertical,
}

impl Tool {
    /// All of them, in the order of the tool bar.
    pub const ALL: [Self; 11] = [
        Self::Point,
        Self::Line,
        Self::Rectangle,
        Self::Circle,
        Self::Ellipse,
        Self::Polygon,
        Self::Arc,
        Self::Band,
        Self::Cross,
        Self::Horizontal,
        Self::Vertical,
    ];

    /// The name of its shape.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Line => "line",
            Self::Rectangle => "rectangle",
            Self::Circle => "circle",
            Self::Ellipse => "ellipse",
            Self::Polygon => "polygon",
            Self::Arc => "arc",
            Self::Band => "band",
            Self::Cross => "cross",
            Self::Horizontal => "horizontal",
            Self::Vertical => "vertical",
        }
    }

    /// What to do with it, in words.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Point => "Point: click a pixel",
            Self::Line => "Line: drag from end to end",
            Self::Rectangle => "Rectangle: drag from corner to corner",
            Self::Circle => "Circle: drag from the centre",
            Self::Ellipse => "Ellipse: drag a box around it",
            Self::Polygon => "Polygon: click its corners, then the first one again",
            Self::Arc => "Arc around the beam centre: drag from corner to corner",
            Self::Band => "Band: drag along its middle",
            Self::Cross => "Cross: click where row and column meet",
            Self::Horizontal => "Rows: drag from the first to the last",
            Self::Vertical => "Columns: drag from the first to the last",
        }
    }

    /// Whether one click is all of it.
    pub(super) const fn is_click(self) -> bool {
        matches!(self, Self::Point | Self::Cross)
    }

    /// The shape of a drag between two places `[x, y]` in pixels; `centre` is that of arcs.
    ///
    /// None for a polygon, which has no two ends, and for what has no size.
    pub(super) fn dragged(self, from: [f64; 2], to: [f64; 2], centre: [f64; 2]) -> Option<Shape> {
        let [[x0, y0], [x1, y1]] = [from, to];
        let distance = (x1 - x0).hypot(y1 - y0);
        let shape = match self {
            Self::Point => Shape::Point(to),
            Self::Cross => Shape::Cross(to),
            Self::Line => Shape::Line([x0, y0, x1, y1], 1.0),
            Self::Band => Shape::Band([x0, y0, x1, y1, (0.1 * distance).max(1.0)]),
            Self::Rectangle => Shape::Rectangle([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)]),
            Self::Circle => Shape::Circle([x0, y0, distance]),
            Self::Ellipse => {
                let middle = [0.5 * (x0 + x1), 0.5 * (y0 + y1)];
                let radii = [0.5 * (x1 - x0).abs(), 0.5 * (y1 - y0).abs()];
                Shape::Ellipse([middle[0], middle[1], radii[0], radii[1]], 0.0)
            }
            Self::Arc => arc(from, to, centre),
            Self::Horizontal => Shape::Horizontal([y0.min(y1), y0.max(y1)]),
            Self::Vertical => Shape::Vertical([x0.min(x1), x0.max(x1)]),
            Self::Polygon => return None,
        };
        let shape = rounded(&shape);
        let is_something = match &shape {
            Shape::Point(_) | Shape::Cross(_) => true,
            Shape::Rectangle([x0, y0, x1, y1]) => x1 > x0 && y1 > y0,
            Shape::Horizontal([low, high]) | Shape::Vertical([low, high]) => high > low,
            Shape::Ellipse([_, _, rx, ry], _) => *rx > 0.0 && *ry > 0.0,
            _ => distance > 0.5,
        };
        is_something.then_some(shape)
    }
}

/// The part of a ring between two places, the shorter way around.
fn arc(from: [f64; 2], to: [f64; 2], [x, y]: [f64; 2]) -> Shape {
    let radius = |at: [f64; 2]| (at[0] - x).hypot(at[1] - y);
    let turn = |at: [f64; 2]| (at[1] - y).atan2(at[0] - x).to_degrees();
    let (first, last) = (turn(from), turn(to));
    let (first, last) = if (last - first).rem_euclid(360.0) <= 180.0 {
        (first, last)
    } else {
        (last, first)
    };
    let (one, other) = (radius(from), radius(to));
    Shape::Arc([x, y, one.min(other), one.max(other), first, last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_draws_the_shape_of_its_name() {
        for tool in Tool::ALL {
            let shape = tool.dragged([10.0, 20.0], [30.0, 25.0], [0.0, 0.0]);
            match shape {
                Some(shape) => assert_eq!(shape.name(), tool.name()),
                None => assert_eq!(tool, Tool::Polygon, "corner by corner"),
            }
        }
    }

    #[test]
    fn a_rectangle_holds_the_pixels_that_were_dragged_over() {
        let shape = Tool::Rectangle.dragged([9.6, 4.4], [2.2, 1.7], [0.0; 2]);
        assert_eq!(shape, Some(Shape::Rectangle([2.5, 1.5, 9.5, 4.5])));
        assert_eq!(
            Tool::Rectangle.dragged([3.0; 2], [3.1, 3.2], [0.0; 2]),
            None
        );
    }

    #[test]
    fn an_arc_takes_the_shorter_way_around_the_beam() {
        let shape = Tool::Arc.dragged([10.0, 1.0], [10.0, -1.0], [0.0; 2]);
        let Some(Shape::Arc([.., inner, outer, from, to])) = shape else {
            panic!("an arc");
        };
        assert!((inner - outer).abs() < 1e-9 && from < 0.0 && to > 0.0);
    }
}
