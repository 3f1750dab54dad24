//! Which point of a map lies under each pixel of a picture.

use hutch_model::{Cancel, Result};
use rayon::prelude::*;

use super::Places;
use super::grid::{Layout, NO_POINT};

/// How the points of a map are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// Each fills its cell of the grid or mesh; as [`Look::Nearest`] where there is none.
    Cells,
    /// Each fills what is nearer to it than to any other point.
    Nearest {
        /// And not farther than so many pixels.
        most_px: f64,
    },
    /// Discs of a radius in pixels; later points lie over earlier ones.
    Discs {
        /// The radius.
        radius_px: f64,
    },
}

/// A picture of a part of the plane; y goes upwards, rows of pixels downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The place at the top left corner.
    pub top_left: [f64; 2],
    /// Pixels for each unit of `[x, y]`, both positive.
    pub scale: [f64; 2],
    /// Width and height in pixels.
    pub size: [usize; 2],
}

impl Target {
    /// The point of the picture, in pixels from its top left corner, of a place.
    pub fn pixel_of(&self, place: [f64; 2]) -> [f64; 2] {
        [
            (place[0] - self.top_left[0]) * self.scale[0],
            (self.top_left[1] - place[1]) * self.scale[1],
        ]
    }

    /// The place of a point of the picture.
    pub fn place_of(&self, pixel: [f64; 2]) -> [f64; 2] {
        [
            self.top_left[0] + pixel[0] / self.scale[0],
            self.top_left[1] - pixel[1] / self.scale[1],
        ]
    }
}

/// The index of the point under each pixel, row by row; [`NO_POINT`] where there is none.
///
/// # Errors
/// [`hutch_model::ErrorKind::Cancelled`].
pub fn points_under_pixels(
    places: Places<'_>,
    layout: &Layout,
    look: Look,
    target: &Target,
    cancel: &Cancel,
) -> Result<Vec<u32>> {
    match (look, layout) {
        (Look::Discs { radius_px }, _) => discs(places, radius_px, target, cancel),
        (
            Look::Cells,
            Layout::Image {
                origin,
                step,
                size,
                cells,
            },
        ) => Ok(image([*origin, *step], *size, cells, target)),
        (Look::Cells, Layout::Mesh { size, cells }) => mesh(places, *size, cells, target, cancel),
        (Look::Cells, Layout::Points) => nearest(places, f64::INFINITY, target, cancel),
        (Look::Nearest { most_px }, _) => nearest(places, most_px, target, cancel),
    }
}

fn blank(target: &Target) -> Vec<u32> {
    vec![NO_POINT; target.size[0] * target.size[1]]
}

fn image(
    [origin, step]: [[f64; 2]; 2],
    size: [usize; 2],
    cells: &[u32],
    target: &Target,
) -> Vec<u32> {
    let [width, height] = target.size;
    let cell_of = |axis: usize, pixel: usize| {
        let place = target.place_of([pixel as f64 + 0.5; 2])[axis];
        let cell = ((place - origin[axis]) / step[axis]).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be inside"
        )]
        (cell >= 0.0 && cell < size[axis] as f64).then_some(cell as usize)
    };
    let columns: Vec<Option<usize>> = (0..width).map(|pixel| cell_of(0, pixel)).collect();
    let mut found = blank(target);
    for (row, line) in found
        .chunks_exact_mut(width.max(1))
        .enumerate()
        .take(height)
    {
        let Some(cell_row) = cell_of(1, row) else {
            continue;
        };
        for (pixel, column) in line.iter_mut().zip(&columns) {
            if let Some(column) = column {
                *pixel = cells[cell_row * size[0] + column];
            }
        }
    }
    found
}

fn discs(places: Places<'_>, radius_px: f64, target: &Target, cancel: &Cancel) -> Result<Vec<u32>> {
    let radius = radius_px.clamp(0.5, 256.0);
    let mut found = blank(target);
    for index in 0..places.len() {
        if index % 8192 == 0 {
            cancel.check()?;
        }
        let Some(place) = places.get(index) else {
            continue;
        };
        let centre = target.pixel_of(place);
        let [columns, rows] = [0, 1].map(|axis| around(centre[axis], radius, target.size[axis]));
        for row in rows {
            for column in columns.clone() {
                let apart = [
                    column as f64 + 0.5 - centre[0],
                    row as f64 + 0.5 - centre[1],
                ];
                let is_inside = apart[0] * apart[0] + apart[1] * apart[1] <= radius * radius;
                // A disc of one pixel may miss the centre of it.
                if is_inside || radius <= 0.75 {
                    found[row * target.size[0] + column] = point(index);
                }
            }
        }
    }
    Ok(found)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "layouts have fewer points than 2^32"
)]
const fn point(index: usize) -> u32 {
    index as u32
}

/// The pixels whose centres may lie within a distance, clamped to the picture.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the picture"
)]
fn around(centre: f64, distance: f64, size: usize) -> std::ops::Range<usize> {
    let most = size as f64;
    let first = (centre - distance).floor().clamp(0.0, most) as usize;
    let end = (centre + distance).ceil().clamp(0.0, most) as usize;
    first..end
}

/// Quadrilaterals around the points of a mesh; corners lie midway to the neighbours.
fn mesh(
    places: Places<'_>,
    [along, lines]: [usize; 2],
    cells: &[u32],
    target: &Target,
    cancel: &Cancel,
) -> Result<Vec<u32>> {
    let at = |column: isize, line: isize| {
        let (column, line) = (usize::try_from(column).ok()?, usize::try_from(line).ok()?);
        let point = (column < along && line < lines).then(|| cells[line * along + column])?;
        places.get(point as usize)
    };
    let mut found = blank(target);
    for (cell, &point) in cells.iter().enumerate() {
        if cell % 4096 == 0 {
            cancel.check()?;
        }
        #[expect(clippy::cast_possible_wrap, reason = "fewer cells than 2^32")]
        let (column, line) = ((cell % along) as isize, (cell / along) as isize);
        let Some(middle) = at(column, line) else {
            continue;
        };
        let corner = |across: isize, up: isize| corner(&at, [column, line], [across, up], middle);
        let corners = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)]
            .map(|place| target.pixel_of(place));
        for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
            // Four triangles around the point itself fill any shape of cell.
            let triangle = [target.pixel_of(middle), corners[one], corners[other]];
            fill(triangle, point, target.size, &mut found);
        }
    }
    Ok(found)
}

/// A corner of a cell: the mean of the four points around it, or as far from its
/// point as the other side is where there are fewer.
fn corner(
    at: &dyn Fn(isize, isize) -> Option<[f64; 2]>,
    [column, line]: [isize; 2],
    [across, up]: [isize; 2],
    middle: [f64; 2],
) -> [f64; 2] {
    let beside = at(column + across, line);
    let over = at(column, line + up);
    let diagonal = at(column + across, line + up);
    if let (Some(beside), Some(over), Some(diagonal)) = (beside, over, diagonal) {
        return [0, 1]
            .map(|axis| 0.25 * (middle[axis] + beside[axis] + over[axis] + diagonal[axis]));
    }
    let half = |near: Option<[f64; 2]>, far: Option<[f64; 2]>, axis: usize| match (near, far) {
        (Some(near), _) => 0.5 * (near[axis] - middle[axis]),
        (None, Some(far)) => 0.5 * (middle[axis] - far[axis]),
        (None, None) => 0.0,
    };
    let (behind, under) = (at(column - across, line), at(column, line - up));
    [0, 1].map(|axis| middle[axis] + half(beside, behind, axis) + half(over, under, axis))
}

/// Writes a point into the pixels whose centres lie in a triangle.
fn fill(corners: [[f64; 2]; 3], point: u32, size: [usize; 2], found: &mut [u32]) {
    let ends = |axis: usize| {
        let parts = corners.map(|corner| corner[axis]);
        let low = parts.into_iter().fold(f64::INFINITY, f64::min);
        let high = parts.into_iter().fold(f64::NEG_INFINITY, f64::max);
        around(f64::midpoint(low, high), 0.5 * (high - low), size[axis])
    };
    let side = |from: [f64; 2], to: [f64; 2], at: [f64; 2]| {
        (to[0] - from[0]) * (at[1] - from[1]) - (to[1] - from[1]) * (at[0] - from[0])
    };
    let columns = ends(0);
    for row in ends(1) {
        for column in columns.clone() {
            let at = [column as f64 + 0.5, row as f64 + 0.5];
            let sides =
                [0, 1, 2].map(|corner| side(corners[corner], corners[(corner + 1) % 3], at));
            if sides.iter().all(|side| *side >= 0.0) || sides.iter().all(|side| *side <= 0.0) {
                found[row * size[0] + column] = point;
            }
        }
    }
}

/// Points sorted into squares of a picture, so that neighbours are found soon.
struct Buckets {
    edge_px: f64,
    size: [usize; 2],
    /// The first entry of each square in `points`, and the end.
    starts: Vec<usize>,
    points: Vec<(u32, [f64; 2])>,
}

impl Buckets {
    fn new(places: Places<'_>, most_px: f64, target: &Target) -> Self {
        let [width, height] = target.size.map(|edge| edge as f64);
        let margin = if most_px.is_finite() {
            most_px
        } else {
            width + height
        };
        let near: Vec<(u32, [f64; 2])> = (0..places.len())
            .filter_map(|index| Some((point(index), target.pixel_of(places.get(index)?))))
            .filter(|(_, [x, y])| {
                (-margin..=width + margin).contains(x) && (-margin..=height + margin).contains(y)
            })
            .collect();
        let edge_px = (width * height / near.len().max(1) as f64)
            .sqrt()
            .clamp(4.0, 256.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "squares of a picture"
        )]
        let size = [width, height].map(|edge| (edge / edge_px).ceil().max(1.0) as usize);
        let mut buckets = Self {
            edge_px,
            size,
            starts: vec![0; size[0] * size[1] + 1],
            points: Vec::new(),
        };
        let mut near: Vec<_> = near
            .into_iter()
            .map(|entry| (buckets.index(buckets.square(entry.1)), entry))
            .collect();
        near.sort_by_key(|(square, _)| *square);
        for (square, _) in &near {
            buckets.starts[square + 1] += 1;
        }
        for square in 1..buckets.starts.len() {
            buckets.starts[square] += buckets.starts[square - 1];
        }
        buckets.points = near.into_iter().map(|(_, entry)| entry).collect();
        buckets
    }

    /// The square of a point; one outside belongs to the nearest at the edge.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the squares"
    )]
    fn square(&self, pixel: [f64; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            (pixel[axis] / self.edge_px).clamp(0.0, (self.size[axis] - 1) as f64) as usize
        })
    }

    const fn index(&self, [column, row]: [usize; 2]) -> usize {
        row * self.size[0] + column
    }

    /// The point nearest to a pixel, not farther than `most_px`.
    fn nearest(&self, pixel: [f64; 2], most_px: f64) -> u32 {
        let [column, row] = self.square(pixel);
        let mut best = (most_px * most_px, NO_POINT);
        for ring in 0..self.size[0].max(self.size[1]) {
            // Squares of this ring are at least this far away.
            let reach = ring.saturating_sub(1) as f64 * self.edge_px;
            if ring > 0 && reach * reach > best.0 {
                break;
            }
            let rows = row.saturating_sub(ring)..=(row + ring).min(self.size[1] - 1);
            for at_row in rows {
                let is_whole = at_row.abs_diff(row) == ring;
                let columns = column.saturating_sub(ring)..=(column + ring).min(self.size[0] - 1);
                for at_column in columns {
                    if !is_whole && at_column.abs_diff(column) != ring {
                        continue;
                    }
                    let square = self.index([at_column, at_row]);
                    for (point, place) in &self.points[self.starts[square]..self.starts[square + 1]]
                    {
                        let apart = [place[0] - pixel[0], place[1] - pixel[1]];
                        let square = apart[0] * apart[0] + apart[1] * apart[1];
                        if square < best.0 {
                            best = (square, *point);
                        }
                    }
                }
            }
        }
        best.1
    }
}

fn nearest(places: Places<'_>, most_px: f64, target: &Target, cancel: &Cancel) -> Result<Vec<u32>> {
    let buckets = Buckets::new(places, most_px, target);
    let mut found = blank(target);
    found
        .par_chunks_mut(target.size[0].max(1))
        .enumerate()
        .try_for_each(|(row, line)| {
            cancel.check()?;
            for (column, pixel) in line.iter_mut().enumerate() {
                *pixel = buckets.nearest([column as f64 + 0.5, row as f64 + 0.5], most_px);
            }
            Ok::<(), hutch_model::Error>(())
        })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            top_left: [-0.5, 2.5],
            scale: [4.0, 4.0],
            size: [16, 12],
        }
    }

    fn under(x: &[f64], y: &[f64], layout: &Layout, look: Look) -> Vec<u32> {
        points_under_pixels(Places { x, y }, layout, look, &target(), &Cancel::new()).unwrap()
    }

    fn grid() -> (Vec<f64>, Vec<f64>) {
        let x = (0..12).map(|index| f64::from(index % 4)).collect();
        (x, (0..12).map(|index| f64::from(index / 4)).collect())
    }

    #[test]
    fn a_mesh_of_even_cells_and_the_nearest_points_are_the_image() {
        let (x, y) = grid();
        let even = Layout::of_grid(Places { x: &x, y: &y }, [4, 3]);
        let image = under(&x, &y, &even, Look::Cells);
        assert_eq!(image[0], 8, "y goes upwards: the last line is on top");
        assert_eq!(image[11 * 16 + 15], 3, "the end of the first line");
        let mesh = Layout::Mesh {
            size: [4, 3],
            cells: (0..12).collect(),
        };
        assert_eq!(under(&x, &y, &mesh, Look::Cells), image, "mesh");
        let nearest = under(&x, &y, &Layout::Points, Look::Cells);
        assert_eq!(nearest, image, "nearest");
    }

    #[test]
    fn the_nearest_point_is_the_nearest_of_all() {
        let x: Vec<f64> = (0..40)
            .map(|index| f64::from((index * 37) % 101) / 25.0 - 0.5)
            .collect();
        let y: Vec<f64> = (0..40)
            .map(|index| f64::from((index * 59) % 97) / 30.0 - 0.6)
            .collect();
        let found = under(&x, &y, &Layout::Points, Look::Nearest { most_px: 1.0 });
        let mut empty = 0;
        for (pixel, &point) in found.iter().enumerate() {
            let centre = [(pixel % 16) as f64 + 0.5, (pixel / 16) as f64 + 0.5];
            let apart = |index: usize| {
                let at = target().pixel_of([x[index], y[index]]);
                (at[0] - centre[0]).hypot(at[1] - centre[1])
            };
            let best = (0..40).map(apart).fold(f64::INFINITY, f64::min);
            if point == NO_POINT {
                empty += 1;
                assert!(best >= 1.0, "pixel {pixel} is far from all");
            } else {
                assert!(
                    (apart(point as usize) - best).abs() < 1e-12,
                    "pixel {pixel}"
                );
            }
        }
        assert!(empty > 0 && empty < 192, "some are far, some near");
    }

    #[test]
    fn discs_lie_over_each_other_and_leave_the_rest_empty() {
        let found = under(
            &[0.0, 0.5],
            &[1.0, 1.0],
            &Layout::Points,
            Look::Discs { radius_px: 1.2 },
        );
        let filled: Vec<u32> = found
            .iter()
            .copied()
            .filter(|&point| point != NO_POINT)
            .collect();
        assert!(filled.contains(&0) && filled.contains(&1), "{filled:?}");
        assert!(filled.len() < 12, "small discs");
    }

    #[test]
    fn a_bent_cell_has_no_holes_inside_and_takes_nothing_outside() {
        let (x, y) = grid();
        let bent: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + 0.3 * y * y).collect();
        let mesh = Layout::Mesh {
            size: [4, 3],
            cells: (0..12).collect(),
        };
        let found = under(&bent, &y, &mesh, Look::Cells);
        for line in found.chunks(16) {
            let first = line.iter().position(|&point| point != NO_POINT).unwrap();
            let last = line.iter().rposition(|&point| point != NO_POINT).unwrap();
            assert!(
                !line[first..=last].contains(&NO_POINT),
                "no holes: {line:?}"
            );
            assert!(line[first..=last].is_sorted(), "in order: {line:?}");
        }
    }
}
