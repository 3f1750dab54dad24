//! Regions as lines of numpy.

use std::fmt::Write as _;

use hutch_analysis::region::{Region, Shape};

/// Lines that print the numbers of regions in a frame `data` with the pixels `valid`.
pub(super) fn lines(regions: &[Region]) -> String {
    if regions.is_empty() {
        return String::new();
    }
    let mut text = "
y, x = np.indices(data.shape)[-2:]
def region(name, inside):
    roi = data[inside & valid]
    print(name, \"count\", roi.size, \"sum\", roi.sum(), \"mean\", roi.mean(dtype=np.float64), \"sigma\", roi.std(dtype=np.float64), \"min\", roi.min(), \"max\", roi.max())

"
    .to_owned();
    for region in regions {
        let name = super::quoted(&region.name);
        // Writing to a String cannot fail.
        let _written = writeln!(text, "{}region({name}, inside)", inside(&region.shape));
    }
    text
}

/// Lines that say which pixels belong to a shape, as `inside`, where `x` and `y` are the places of pixels.
pub(super) fn inside(shape: &Shape) -> String {
    match shape {
        Shape::Point([px, py]) => {
            format!("inside = (x == {}) & (y == {})\n", px.round(), py.round())
        }
        Shape::Cross([px, py]) => {
            format!("inside = (x == {}) | (y == {})\n", px.round(), py.round())
        }
        Shape::Rectangle(_) => {
            let [x0, y0, x1, y1] = shape.bounds();
            format!("inside = ({x0} <= x) & (x <= {x1}) & ({y0} <= y) & (y <= {y1})\n")
        }
        Shape::Horizontal(_) => {
            let [_, y0, _, y1] = shape.bounds();
            format!("inside = ({y0} <= y) & (y <= {y1})\n")
        }
        Shape::Vertical(_) => {
            let [x0, _, x1, _] = shape.bounds();
            format!("inside = ({x0} <= x) & (x <= {x1})\n")
        }
        Shape::Circle([cx, cy, radius]) => {
            format!("inside = (x - {cx})**2 + (y - {cy})**2 <= {radius} * {radius}\n")
        }
        Shape::Ellipse([cx, cy, rx, ry], angle) => format!(
            "dx, dy, turn = x - {cx}, y - {cy}, np.radians({angle})
inside = ((dx * np.cos(turn) + dy * np.sin(turn)) / {rx})**2 + ((dy * np.cos(turn) - dx * np.sin(turn)) / {ry})**2 <= 1
"
        ),
        Shape::Line([x0, y0, x1, y1], width) => format!(
            "run, rise = {x1} - {x0}, {y1} - {y0}
along = (x - {x0}) * run + (y - {y0}) * rise
aside = np.abs((x - {x0}) * rise - (y - {y0}) * run) / np.sqrt(run * run + rise * rise)
inside = (along >= 0) & (along <= run * run + rise * rise) & (aside <= {width} / 2)
"
        ),
        Shape::Band([x0, y0, x1, y1, width]) => format!(
            "run, rise = {x1} - {x0}, {y1} - {y0}
inside = np.abs((x - {x0}) * rise - (y - {y0}) * run) / np.sqrt(run * run + rise * rise) <= {width} / 2
"
        ),
        Shape::Arc([cx, cy, inner, outer, from, to]) => {
            let (low, high) = (inner.min(*outer), inner.max(*outer));
            let sweep = if (to - from).abs() >= 360.0 {
                360.0
            } else {
                (to - from).rem_euclid(360.0)
            };
            format!(
                "radius = np.sqrt((x - {cx})**2 + (y - {cy})**2)
turn = np.mod(np.degrees(np.arctan2(y - {cy}, x - {cx})) - {from}, 360)
inside = ({low} <= radius) & (radius <= {high}) & (turn <= {sweep})
"
            )
        }
        Shape::Polygon(corners) => format!(
            "corners = np.array({corners:?})
inside = np.zeros(x.shape, bool)
for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
    if y0 != y1:
        inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    const SHAPES: [&str; 11] = [
        "a: point 3 4",
        "line 1 2 30 20 5",
        "rectangle 9.5 8.5 1.5 2.5",
        "circle 20 10 7",
        "ellipse 20 10 7 3 25",
        "polygon 1 2 30 4 5 20",
        "arc 10 10 2 8 20 120",
        "band 1 2 30 20 6",
        "cross 3 4",
        "horizontal 1.5 6.5",
        "vertical 2.5 9.5",
    ];

    #[test]
    fn numpy_finds_the_pixels_of_every_shape() {
        let Some(python) = hutch_testservers::python_with("numpy") else {
            hutch_testservers::skip("regions as Python", "there is no Python with numpy");
            return;
        };
        let regions: Vec<Region> = SHAPES
            .iter()
            .map(|text| text.parse().expect("a region"))
            .collect();
        let mut script = "import numpy as np\ndata = np.arange(32 * 40).reshape(32, 40)\nvalid = data % 7 != 0\n".to_owned();
        script.push_str(&lines(&regions));
        let mut child = Command::new(python)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut input = child.stdin.take().expect("it was asked for");
        input.write_all(script.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(text.lines().count(), regions.len(), "{script}\n{text}");
        for (region, line) in regions.iter().zip(text.lines()) {
            let pixels = (0..32 * 40).filter(|index| {
                let (x, y) = (f64::from(index % 40), f64::from(index / 40));
                index % 7 != 0 && region.shape.contains(x, y)
            });
            let (count, sum) = pixels.fold((0, 0), |(count, sum), index| (count + 1, sum + index));
            let wanted = format!("{} count {count} sum {sum} ", region.name);
            assert!(line.starts_with(&wanted), "{region}: {line}, not {wanted}");
        }
    }
}
