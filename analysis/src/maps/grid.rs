//! How the places of a scan follow each other: lines of a grid, or anywhere.

use super::Places;

/// Stands in a cell that no point is in.
pub const NO_POINT: u32 = u32::MAX;
/// How far a place may be from its cell of a regular grid, in steps.
const SLACK: f64 = 0.25;

/// How places lie to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// On a grid with even steps along x and y.
    Image {
        /// The place `[x, y]` of the first cell.
        origin: [f64; 2],
        /// From one cell to the next, `[x, y]`; never 0.
        step: [f64; 2],
        /// Cells along `[x, y]`.
        size: [usize; 2],
        /// Which point is in each cell `[y, x]`; [`NO_POINT`] where none is.
        cells: Vec<u32>,
    },
    /// In lines of the same length that may be bent.
    Mesh {
        /// Cells along a line, and lines.
        size: [usize; 2],
        /// Which point is in each cell `[line, place]`; [`NO_POINT`] where none is.
        cells: Vec<u32>,
    },
    /// Anywhere.
    Points,
}

impl Layout {
    /// Finds out how a scan went: line by line or back and forth, with its last
    /// line unfinished or not, along x or along y first.
    pub fn of_scan(places: Places<'_>) -> Self {
        let count = places.len();
        if count < 4 || u32::try_from(count).is_err() {
            return Self::Points;
        }
        if (0..count).any(|index| places.get(index).is_none()) {
            return Self::Points;
        }
        let Some(length) = line_length(places.y).or_else(|| line_length(places.x)) else {
            return lattice(places).unwrap_or(Self::Points);
        };
        let lines = count.div_ceil(length);
        let is_x_fast = is_fast(places, length);
        let fast = if is_x_fast { places.x } else { places.y };
        let mut cells = vec![NO_POINT; lines * length];
        for line in 0..lines {
            let first = line * length;
            let last = (first + length).min(count) - 1;
            // A line that goes the other way is put down from its end.
            let is_back = (fast[last] > fast[first]) != (fast[length - 1] > fast[0]);
            for index in first..=last {
                let place = if is_back {
                    length - 1 - (index - first)
                } else {
                    index - first
                };
                #[expect(clippy::cast_possible_truncation, reason = "checked above")]
                let point = index as u32;
                cells[first + place] = point;
            }
        }
        let mesh = Self::Mesh {
            size: [length, lines],
            cells,
        };
        mesh.straightened(places)
    }

    /// The layout of a grid `[rows, columns]` whose places are `[y, x]` in its
    /// own order: even where its places are.
    pub fn of_grid(places: Places<'_>, [columns, rows]: [usize; 2]) -> Self {
        let count = columns.saturating_mul(rows);
        if count != places.len() || count == 0 || u32::try_from(count).is_err() {
            return Self::Points;
        }
        let is_place = |index: &u32| places.get(*index as usize).is_some();
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let cells = (0..count as u32)
            .map(|index| if is_place(&index) { index } else { NO_POINT })
            .collect();
        let size = [columns, rows];
        Self::Mesh { size, cells }.straightened(places)
    }

    /// In words, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Image { size: [x, y], .. } => format!("regular grid, {x} × {y}"),
            Self::Mesh {
                size: [along, lines],
                ..
            } => format!("{lines} lines of {along}"),
            Self::Points => "scattered".to_owned(),
        }
    }

    /// An image where a mesh is even, the mesh itself otherwise.
    fn straightened(self, places: Places<'_>) -> Self {
        let Self::Mesh { size, cells } = &self else {
            return self;
        };
        let fits = [(0, 1), (1, 0)].into_iter().find_map(|(x_axis, y_axis)| {
            let x = even_steps(places.x, cells, *size, x_axis)?;
            let y = even_steps(places.y, cells, *size, y_axis)?;
            Some((x, y, x_axis))
        });
        match fits {
            None => self,
            Some(([x0, dx], [y0, dy], x_axis)) => Self::Image {
                origin: [x0, y0],
                step: [dx, dy],
                size: if x_axis == 0 {
                    *size
                } else {
                    [size[1], size[0]]
                },
                cells: if x_axis == 0 {
                    cells.clone()
                } else {
                    transposed(cells, *size)
                },
            },
        }
    }
}

fn transposed(cells: &[u32], [along, lines]: [usize; 2]) -> Vec<u32> {
    (0..along * lines)
        .map(|index| cells[(index % lines) * along + index / lines])
        .collect()
}

/// Start and step of a coordinate that rises or falls evenly along one axis of a
/// mesh, 0 the fast one, and not along the other; by least squares.
fn even_steps(
    values: &[f64],
    cells: &[u32],
    [along, _]: [usize; 2],
    axis: usize,
) -> Option<[f64; 2]> {
    let points = || {
        let taken = cells
            .iter()
            .enumerate()
            .filter(|(_, point)| **point != NO_POINT);
        taken.map(|(cell, &point)| {
            let place = if axis == 0 {
                cell % along
            } else {
                cell / along
            };
            (place as f64, values[point as usize])
        })
    };
    let count = points().count() as f64;
    let (sum_place, sum_value) = points().fold((0.0, 0.0), |sums, (place, value)| {
        (sums.0 + place, sums.1 + value)
    });
    let (mean_place, mean_value) = (sum_place / count, sum_value / count);
    let (square, product) = points().fold((0.0, 0.0), |sums, (place, value)| {
        let apart = place - mean_place;
        (
            sums.0 + apart * apart,
            sums.1 + apart * (value - mean_value),
        )
    });
    let step = product / square;
    let start = mean_value - step * mean_place;
    let is_even = step.is_finite()
        && step != 0.0
        && points()
            .all(|(place, value)| (start + step * place - value).abs() <= SLACK * step.abs());
    is_even.then_some([start, step])
}

/// Points in a line: where a coordinate jumps, or turns round, line after line.
fn line_length(values: &[f64]) -> Option<usize> {
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let largest = steps.iter().fold(0.0f64, |most, step| most.max(step.abs()));
    if largest <= 0.0 {
        return None;
    }
    let jumps = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.abs() > 0.5 * largest);
    even_distance(jumps.map(|(index, _)| index + 1), values.len()).or_else(|| {
        let mut direction = 0.0;
        let turns = steps.iter().enumerate().filter_map(|(index, step)| {
            // A step that is nearly none, as between two lines, has no direction.
            let now = if step.abs() < 0.05 * largest {
                0.0
            } else {
                step.signum()
            };
            let has_turned = now * direction < 0.0;
            if now != 0.0 {
                direction = now;
            }
            has_turned.then_some(index)
        });
        // Between two lines that go back and forth there is one step that belongs to none.
        even_distance(turns, values.len())
    })
}

/// The distance of places that all have the same one, from 0 on to near the end.
fn even_distance(mut breaks: impl Iterator<Item = usize>, count: usize) -> Option<usize> {
    let length = breaks.next()?;
    let mut last = length;
    for place in breaks {
        if place != last.checked_add(length)? {
            return None;
        }
        last = place;
    }
    (length >= 2 && count - last <= length).then_some(length)
}

/// Whether x moves more than y within lines, each by its own extent.
fn is_fast(places: Places<'_>, length: usize) -> bool {
    let within = |values: &[f64]| {
        let (low, high) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, &value| {
                (ends.0.min(value), ends.1.max(value))
            });
        let moves = values.chunks(length).flat_map(|line| line.windows(2));
        moves.map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>()
            / (high - low).max(f64::MIN_POSITIVE)
    };
    within(places.x) >= within(places.y)
}

/// Places on a regular grid in any order, at most one in each cell.
fn lattice(places: Places<'_>) -> Option<Layout> {
    let [x, y] = [levels(places.x)?, levels(places.y)?];
    let size = [x.1, y.1];
    let count = size[0].checked_mul(size[1])?;
    if count > places.len().saturating_mul(4) || size.contains(&1) {
        return None;
    }
    let (origin, step) = ([x.0[0], y.0[0]], [x.0[1], y.0[1]]);
    let mut cells = vec![NO_POINT; count];
    for index in 0..places.len() {
        let place = places.get(index)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "levels are counted from the lowest, and the count fits"
        )]
        let [column, row] =
            [0, 1].map(|axis| ((place[axis] - origin[axis]) / step[axis]).round() as usize);
        let cell = cells.get_mut(row.checked_mul(size[0])?.checked_add(column)?)?;
        if *cell != NO_POINT {
            return None;
        }
        *cell = u32::try_from(index).ok()?;
    }
    Some(Layout::Image {
        origin,
        step,
        size,
        cells,
    })
}

/// Start and step of values that lie on even levels, and how many levels there are.
fn levels(values: &[f64]) -> Option<([f64; 2], usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    // What is nearer than this is the same level, with the noise of a motor.
    let same = (high - low) * 1e-4;
    let gaps = sorted
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap > same);
    let count = gaps.count() + 1;
    if count < 2 {
        return None;
    }
    let step = (high - low) / (count - 1) as f64;
    let is_even = sorted.iter().all(|value| {
        let place = (value - low) / step;
        (place - place.round()).abs() <= SLACK
    });
    is_even.then_some(([low, step], count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scan of `[columns, rows]` with steps of 0.5 and 2, y upwards.
    fn scan(columns: usize, rows: usize, is_snake: bool, count: usize) -> (Vec<f64>, Vec<f64>) {
        let places = (0..count.min(columns * rows)).map(|index| {
            let (row, place) = (index / columns, index % columns);
            let column = if is_snake && row % 2 == 1 {
                columns - 1 - place
            } else {
                place
            };
            (column as f64 * 0.5, 10.0 + row as f64 * 2.0)
        });
        places.unzip()
    }

    fn layout(x: &[f64], y: &[f64]) -> Layout {
        Layout::of_scan(Places { x, y })
    }

    fn image(layout: Layout) -> ([f64; 2], [usize; 2], Vec<u32>) {
        match layout {
            Layout::Image {
                step, size, cells, ..
            } => (step, size, cells),
            other => panic!("no image: {other:?}"),
        }
    }

    #[test]
    fn a_scan_line_by_line_is_an_image() {
        let (x, y) = scan(4, 3, false, 12);
        let (step, size, cells) = image(layout(&x, &y));
        assert_eq!(size, [4, 3], "columns and rows");
        assert!(
            (step[0] - 0.5).abs() + (step[1] - 2.0).abs() < 1e-12,
            "{step:?}"
        );
        assert_eq!(cells, (0..12).collect::<Vec<u32>>(), "in its own order");
    }

    #[test]
    fn a_scan_along_y_first_is_an_image_of_the_same_places() {
        let (y, x) = scan(4, 3, false, 12);
        let (_, size, cells) = image(layout(&x, &y));
        assert_eq!(size, [3, 4], "columns and rows");
        assert_eq!(cells[..3], [0, 4, 8], "the first row");
    }

    #[test]
    fn lines_that_go_back_and_forth_are_put_down_from_their_ends() {
        let (x, y) = scan(4, 3, true, 12);
        let (_, size, cells) = image(layout(&x, &y));
        assert_eq!(size, [4, 3], "columns and rows");
        assert_eq!(
            cells,
            [0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11],
            "the second is turned"
        );
    }

    #[test]
    fn a_line_that_is_not_finished_leaves_cells_empty() {
        for (is_snake, empty) in [(false, 11), (true, 7 + 4)] {
            let (x, y) = scan(4, 3, is_snake, 11);
            let (_, size, cells) = image(layout(&x, &y));
            assert_eq!((size, cells[empty]), ([4, 3], NO_POINT), "snake {is_snake}");
        }
        let (x, y) = scan(4, 4, true, 14);
        let (_, _, cells) = image(layout(&x, &y));
        assert_eq!(
            cells[12..],
            [NO_POINT, NO_POINT, 13, 12],
            "the last goes back"
        );
    }

    #[test]
    fn noise_of_encoders_does_not_hide_a_grid_and_bends_make_a_mesh() {
        let (x, mut y) = scan(5, 4, true, 20);
        for (index, y) in y.iter_mut().enumerate() {
            *y += 0.02 * ((index * 7 % 5) as f64 - 2.0);
        }
        assert!(matches!(layout(&x, &y), Layout::Image { .. }), "noise");
        for (x, y) in x.iter().zip(&mut y) {
            *y += x * x;
        }
        let found = layout(&x, &y);
        assert!(
            matches!(found, Layout::Mesh { size: [5, 4], .. }),
            "{found:?}"
        );
    }

    #[test]
    fn a_grid_in_any_order_is_found_and_scattered_points_are_not_one() {
        let (x, y) = scan(5, 4, false, 20);
        let shuffled =
            |values: &[f64]| -> Vec<f64> { (0..20).map(|index| values[index * 7 % 20]).collect() };
        let (_, size, cells) = image(layout(&shuffled(&x), &shuffled(&y)));
        assert_eq!((size, cells[7]), ([5, 4], 1), "point 1 is cell 7");
        let irregular = |factor: usize| -> Vec<f64> {
            (0..20)
                .map(|index| ((index * factor) % 101) as f64)
                .collect()
        };
        assert_eq!(
            layout(&irregular(37), &irregular(59)),
            Layout::Points,
            "anywhere"
        );
        assert_eq!(
            layout(&[1.0; 9], &[2.0; 9]),
            Layout::Points,
            "all in one place"
        );
        let holes = [0.0, 1.0, f64::NAN, 3.0, 4.0];
        assert_eq!(
            layout(&holes, &holes),
            Layout::Points,
            "a place is not known"
        );
    }

    #[test]
    fn a_bent_grid_keeps_its_own_order() {
        let x: Vec<f64> = (0..12).map(|index| f64::from(index % 4)).collect();
        let y: Vec<f64> = (0..12).map(|index| f64::from(index / 4)).collect();
        let even = Layout::of_grid(Places { x: &x, y: &y }, [4, 3]);
        assert!(
            matches!(even, Layout::Image { size: [4, 3], .. }),
            "{even:?}"
        );
        let bent: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
        let found = Layout::of_grid(Places { x: &bent, y: &y }, [4, 3]);
        assert!(
            matches!(found, Layout::Mesh { size: [4, 3], .. }),
            "{found:?}"
        );
    }
}
