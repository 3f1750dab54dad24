//! Shapes as lines, for the window and for pictures.

use hutch_analysis::region::Shape;

use super::handles::{beside, normal, polar, sweep};

/// Sides of what is round.
const SIDES: u32 = 96;

/// The lines `[x, y]` in pixels that show a shape on an image of `size`.
pub fn outline(shape: &Shape, size: [f64; 2]) -> Vec<Vec<[f64; 2]>> {
    let [right, below] = size.map(|edge| edge - 0.5);
    match shape {
        Shape::Point([x, y]) => {
            let (x, y) = (x.round(), y.round());
            vec![closed([x - 0.5, y - 0.5, x + 0.5, y + 0.5])]
        }
        Shape::Rectangle(ends) => vec![closed(*ends)],
        Shape::Cross([x, y]) => vec![vec![[-0.5, *y], [right, *y]], vec![[*x, -0.5], [*x, below]]],
        Shape::Horizontal(ends) => ends.map(|y| vec![[-0.5, y], [right, y]]).to_vec(),
        Shape::Vertical(ends) => ends.map(|x| vec![[x, -0.5], [x, below]]).to_vec(),
        Shape::Line(ends, width) => {
            let [x0, y0, x1, y1] = *ends;
            let middle = vec![[x0, y0], [x1, y1]];
            if *width <= 1.0 {
                return vec![middle];
            }
            let [nx, ny] = normal(*ends).map(|part| 0.5 * width * part);
            let around = vec![
                [x0 + nx, y0 + ny],
                [x1 + nx, y1 + ny],
                [x1 - nx, y1 - ny],
                [x0 - nx, y0 - ny],
                [x0 + nx, y0 + ny],
            ];
            vec![middle, around]
        }
        Shape::Band([x0, y0, x1, y1, width]) => {
            let ends = [*x0, *y0, *x1, *y1];
            let [nx, ny] = normal(ends);
            let side = |by: f64| {
                let [x, y] = beside(ends, by);
                // As far as the farthest corner of the image may be.
                let away = (x - 0.5 * size[0]).hypot(y - 0.5 * size[1]);
                let far = 0.5 * (size[0] + size[1]) + away;
                vec![[x - far * ny, y + far * nx], [x + far * ny, y - far * nx]]
            };
            vec![side(0.5 * width), side(-0.5 * width)]
        }
        Shape::Circle([x, y, radius]) => vec![round([*x, *y], [*radius; 2], 0.0)],
        Shape::Ellipse([x, y, rx, ry], angle) => vec![round([*x, *y], [*rx, *ry], *angle)],
        Shape::Polygon(corners) => {
            vec![corners.iter().chain(corners.first()).copied().collect()]
        }
        Shape::Arc([x, y, inner, outer, from, to]) => {
            let turn = sweep(*from, *to);
            let along = |radius: f64| {
                (0..=SIDES).map(move |side| {
                    let degrees = from + turn * f64::from(side) / f64::from(SIDES);
                    polar([*x, *y], radius, degrees)
                })
            };
            if turn >= 360.0 {
                return vec![along(*inner).collect(), along(*outer).collect()];
            }
            let mut line: Vec<[f64; 2]> = along(*inner).collect();
            line.extend(along(*outer).collect::<Vec<_>>().into_iter().rev());
            line.extend(line.first().copied());
            vec![line]
        }
    }
}

fn closed([x0, y0, x1, y1]: [f64; 4]) -> Vec<[f64; 2]> {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
}

fn round([x, y]: [f64; 2], [rx, ry]: [f64; 2], angle: f64) -> Vec<[f64; 2]> {
    let (sine, cosine) = angle.to_radians().sin_cos();
    let at = |side: u32| {
        let turn = std::f64::consts::TAU * f64::from(side) / f64::from(SIDES);
        let (across, along) = (rx * turn.cos(), ry * turn.sin());
        [
            x + across * cosine - along * sine,
            y + across * sine + along * cosine,
        ]
    };
    (0..=SIDES).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_parts_the_inside_from_the_outside() {
        for text in [
            "rectangle 5 5 20 12",
            "circle 20 15 6.2",
            "ellipse 20 15 9 4 30",
            "polygon 3 3 30 6 12 25",
            "arc 20 20 5 12 10 140",
            "line 5 5 30 25 6",
        ] {
            let shape: Shape = text.parse().expect("a shape");
            let lines = outline(&shape, [48.0, 36.0]);
            let around = lines.last().expect("a line");
            for [x, y] in around.iter().copied().step_by(3) {
                // Near a line there are both: what belongs to the shape, and what does not.
                let near = (0..16).map(|side| polar([x, y], 0.4, 22.5 * f64::from(side)));
                let inside = near.filter(|[x, y]| shape.contains(*x, *y)).count();
                assert!((1..16).contains(&inside), "{text} at {x}, {y}: {inside}");
            }
        }
    }

    #[test]
    fn what_has_no_ends_crosses_the_image() {
        let band: Shape = "band 10 10 20 10 4".parse().expect("a shape");
        let lines = outline(&band, [48.0, 36.0]);
        for (line, y) in lines.iter().zip([12.0, 8.0]) {
            let [one, other] = [line[0], line[1]];
            assert!(
                one[0].min(other[0]) < 0.0 && one[0].max(other[0]) > 48.0,
                "{line:?}"
            );
            assert!(
                (one[1] - y).abs() < 1e-9 && (other[1] - y).abs() < 1e-9,
                "{line:?}"
            );
        }
    }
}
