//! Where a shape can be taken hold of, and what it becomes then.

use hutch_analysis::region::Shape;

/// Places `[x, y]` in pixels where a shape is taken hold of, always in the same order.
///
/// `size` is that of the image; shapes without ends are held where they cross its middle.
pub(super) fn handles(shape: &Shape, size: [f64; 2]) -> Vec<[f64; 2]> {
    let middle = size.map(|edge| 0.5 * edge - 0.5);
    match shape {
        Shape::Point(at) | Shape::Cross(at) => vec![*at],
        Shape::Line(ends, width) => {
            let [x0, y0, x1, y1] = *ends;
            vec![[x0, y0], [x1, y1], beside(*ends, 0.5 * width)]
        }
        Shape::Band([x0, y0, x1, y1, width]) => {
            let ends = [*x0, *y0, *x1, *y1];
            vec![[*x0, *y0], [*x1, *y1], beside(ends, 0.5 * width)]
        }
        Shape::Rectangle([x0, y0, x1, y1]) => {
            vec![[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1]]
        }
        Shape::Circle([x, y, radius]) => vec![[*x, *y], [x + radius, *y]],
        Shape::Ellipse([x, y, rx, ry], angle) => {
            let (sine, cosine) = angle.to_radians().sin_cos();
            vec![
                [*x, *y],
                [x + rx * cosine, y + rx * sine],
                [x - ry * sine, y + ry * cosine],
            ]
        }
        Shape::Polygon(corners) => corners.clone(),
        Shape::Arc([x, y, inner, outer, from, to]) => {
            let turn = middle_of_arc(*from, *to);
            let mean = 0.5 * (inner + outer);
            vec![
                [*x, *y],
                polar([*x, *y], *inner, turn),
                polar([*x, *y], *outer, turn),
                polar([*x, *y], mean, *from),
                polar([*x, *y], mean, *to),
            ]
        }
        Shape::Horizontal([y0, y1]) => vec![[middle[0], *y0], [middle[0], *y1]],
        Shape::Vertical([x0, x1]) => vec![[*x0, middle[1]], [*x1, middle[1]]],
    }
}

/// The shape after one of its handles went to a place.
pub(super) fn with_handle(shape: &Shape, handle: usize, to: [f64; 2]) -> Shape {
    let mut shape = shape.clone();
    let [tx, ty] = to;
    match &mut shape {
        Shape::Point(at) | Shape::Cross(at) => *at = to,
        Shape::Line([x0, y0, x1, y1], width) | Shape::Band([x0, y0, x1, y1, width]) => match handle
        {
            0 => [*x0, *y0] = to,
            1 => [*x1, *y1] = to,
            _ => *width = 2.0 * away([*x0, *y0, *x1, *y1], to),
        },
        Shape::Rectangle([x0, y0, x1, y1]) => {
            *(if matches!(handle, 0 | 3) { x0 } else { x1 }) = tx;
            *(if handle < 2 { y0 } else { y1 }) = ty;
        }
        Shape::Circle([x, y, radius]) => match handle {
            0 => [*x, *y] = to,
            _ => *radius = (tx - *x).hypot(ty - *y),
        },
        Shape::Ellipse([x, y, rx, ry], angle) => match handle {
            0 => [*x, *y] = to,
            1 => {
                *rx = (tx - *x).hypot(ty - *y);
                *angle = (ty - *y).atan2(tx - *x).to_degrees();
            }
            _ => *ry = (tx - *x).hypot(ty - *y),
        },
        Shape::Polygon(corners) => {
            if let Some(corner) = corners.get_mut(handle) {
                *corner = to;
            }
        }
        Shape::Arc([x, y, inner, outer, from, end]) => {
            let (radius, turn) = (
                (tx - *x).hypot(ty - *y),
                (ty - *y).atan2(tx - *x).to_degrees(),
            );
            match handle {
                0 => [*x, *y] = to,
                1 => *inner = radius,
                2 => *outer = radius,
                3 => *from = turn,
                _ => *end = turn,
            }
        }
        Shape::Horizontal([y0, y1]) => *(if handle == 0 { y0 } else { y1 }) = ty,
        Shape::Vertical([x0, x1]) => *(if handle == 0 { x0 } else { x1 }) = tx,
    }
    rounded(&shape)
}

/// The shape after it was moved as a whole by `[x, y]` pixels.
pub(super) fn moved(shape: &Shape, by: [f64; 2]) -> Shape {
    rounded(&shifted(shape, by))
}

/// The same shape elsewhere, to the last bit.
pub(super) fn shifted(shape: &Shape, by: [f64; 2]) -> Shape {
    let mut shape = shape.clone();
    match &mut shape {
        Shape::Point([x, y])
        | Shape::Cross([x, y])
        | Shape::Circle([x, y, _])
        | Shape::Ellipse([x, y, _, _], _)
        | Shape::Arc([x, y, ..]) => {
            *x += by[0];
            *y += by[1];
        }
        Shape::Line([x0, y0, x1, y1], _)
        | Shape::Band([x0, y0, x1, y1, _])
        | Shape::Rectangle([x0, y0, x1, y1]) => {
            for (place, step) in [(x0, by[0]), (y0, by[1]), (x1, by[0]), (y1, by[1])] {
                *place += step;
            }
        }
        Shape::Polygon(corners) => {
            for [x, y] in corners {
                *x += by[0];
                *y += by[1];
            }
        }
        Shape::Horizontal(ends) => ends.iter_mut().for_each(|end| *end += by[1]),
        Shape::Vertical(ends) => ends.iter_mut().for_each(|end| *end += by[0]),
    }
    shape
}

/// The same shape with numbers that people can read: hundredths of a pixel, and edges between
/// pixels where a side is straight along the pixels.
pub(super) fn rounded(shape: &Shape) -> Shape {
    let mut shape = shape.clone();
    let hundredth = |value: f64| (value * 100.0).round() / 100.0;
    let between = |value: f64| (value + 0.5).round() - 0.5;
    match &mut shape {
        Shape::Rectangle(numbers) => *numbers = numbers.map(between),
        Shape::Horizontal(numbers) | Shape::Vertical(numbers) => *numbers = numbers.map(between),
        Shape::Point(numbers) | Shape::Cross(numbers) => *numbers = numbers.map(f64::round),
        Shape::Line(numbers, more) | Shape::Ellipse(numbers, more) => {
            *numbers = numbers.map(hundredth);
            *more = hundredth(*more);
        }
        Shape::Circle(numbers) => *numbers = numbers.map(hundredth),
        Shape::Polygon(corners) => {
            for corner in corners {
                *corner = corner.map(hundredth);
            }
        }
        Shape::Arc(numbers) => *numbers = numbers.map(hundredth),
        Shape::Band(numbers) => *numbers = numbers.map(hundredth),
    }
    shape
}

/// The angle half-way between two, in degrees, going up from the first.
pub(super) fn middle_of_arc(from: f64, to: f64) -> f64 {
    from + 0.5 * sweep(from, to)
}

/// How far it is from one angle up to the other, in degrees.
pub(super) fn sweep(from: f64, to: f64) -> f64 {
    if (to - from).abs() >= 360.0 {
        360.0
    } else {
        (to - from).rem_euclid(360.0)
    }
}

/// A place around a centre.
pub(super) fn polar([x, y]: [f64; 2], radius: f64, degrees: f64) -> [f64; 2] {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    [x + radius * cosine, y + radius * sine]
}

/// The place beside the middle of a segment.
pub(super) fn beside([x0, y0, x1, y1]: [f64; 4], by: f64) -> [f64; 2] {
    let [nx, ny] = normal([x0, y0, x1, y1]);
    [0.5 * (x0 + x1) + by * nx, 0.5 * (y0 + y1) + by * ny]
}

/// The unit vector across a segment.
pub(super) fn normal([x0, y0, x1, y1]: [f64; 4]) -> [f64; 2] {
    let (run, rise) = (x1 - x0, y1 - y0);
    let length = run.hypot(rise);
    if length > 0.0 {
        [-rise / length, run / length]
    } else {
        [0.0, 1.0]
    }
}

/// How far a place is from the line through a segment.
fn away(ends: [f64; 4], [x, y]: [f64; 2]) -> f64 {
    let [nx, ny] = normal(ends);
    ((x - ends[0]) * nx + (y - ends[1]) * ny).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [&str; 11] = [
        "point 3 4",
        "line 1 2 30 40 5",
        "rectangle 1.5 2.5 9.5 8.5",
        "circle 20 10 7",
        "ellipse 20 10 7 3 0",
        "polygon 1 2 30 4 5 20",
        "arc 10 10 2 8 20 120",
        "band 1 2 30 40 6",
        "cross 3 4",
        "horizontal 1.5 6.5",
        "vertical 2.5 9.5",
    ];

    fn shape(text: &str) -> Shape {
        text.parse().expect("a shape")
    }

    #[test]
    fn a_handle_that_stays_where_it_is_changes_nothing() {
        for text in SHAPES {
            let before = shape(text);
            for (index, at) in handles(&before, [64.0, 48.0]).into_iter().enumerate() {
                let after = with_handle(&before, index, at);
                assert_eq!(after, before, "handle {index} of {text}");
            }
        }
    }

    #[test]
    fn a_handle_lies_where_it_was_put() {
        for text in SHAPES {
            let before = shape(text);
            for (index, at) in handles(&before, [64.0, 48.0]).into_iter().enumerate() {
                // Whole steps, since points and straight sides lie on the pixels.
                let to = [at[0] + 2.0, at[1] + 1.0];
                let after = handles(&with_handle(&before, index, to), [64.0, 48.0])[index];
                let is_free =
                    index == 0 || matches!(before, Shape::Polygon(_) | Shape::Rectangle(_));
                let bounds = matches!(before, Shape::Horizontal(_) | Shape::Vertical(_));
                if is_free && !bounds {
                    let off = (after[0] - to[0]).hypot(after[1] - to[1]);
                    assert!(
                        off < 0.01,
                        "handle {index} of {text}: {after:?}, not {to:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_shape_that_moves_takes_its_handles_along() {
        for text in SHAPES {
            let before = shape(text);
            let after = moved(&before, [3.0, -2.0]);
            let [old, new] = [&before, &after].map(|shape| handles(shape, [64.0, 48.0]));
            for (old, new) in old.iter().zip(&new) {
                let step = [new[0] - old[0], new[1] - old[1]];
                let wanted = match before {
                    Shape::Horizontal(_) => [0.0, -2.0],
                    Shape::Vertical(_) => [3.0, 0.0],
                    _ => [3.0, -2.0],
                };
                let off = (step[0] - wanted[0]).hypot(step[1] - wanted[1]);
                assert!(off < 0.02, "{text}: {step:?}");
            }
        }
    }
}
