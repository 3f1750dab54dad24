//! Where the points of a map lie, and the picture that is made of them.

use std::sync::Arc;

use egui::{Color32, ColorImage};
use hutch_analysis::maps::{Layout, Look, NO_POINT, Places, Target, points_under_pixels};
use hutch_model::{Cancel, Error, ErrorKind, Result};
use hutch_render::{FramePyramid, Pooling, Range, RawFrame, RenderError, RgbaPicture, SampleSlice};

use crate::pixels::NoValue;
use crate::prepared::PreparedFrame;

/// Where the points of a map lie.
#[derive(Clone, Debug)]
pub struct Ground {
    x: Vec<f64>,
    y: Vec<f64>,
    layout: Layout,
    bounds: [[f64; 2]; 2],
}

/// Three maps of the same points, as red, green and blue.
#[derive(Clone, Debug)]
pub(crate) struct Rgb {
    /// Values of each colour, one for each point.
    pub(crate) channels: [Arc<PreparedFrame>; 3],
    /// Between which values each colour goes from dark to bright.
    pub(crate) ranges: [Range; 3],
}

impl Rgb {
    /// The colour of a point; a value that is no number is dark.
    fn colour(&self, point: usize) -> Color32 {
        let [red, green, blue] = [0, 1, 2].map(|channel| {
            let Range { lo, hi } = self.ranges[channel];
            let share = (self.channels[channel].samples.get_f64(point) - lo) / (hi - lo);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to a byte; what is no number becomes 0"
            )]
            let byte = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
            byte
        });
        Color32::from_rgb(red, green, blue)
    }
}

/// The points of a map, drawn for one place of the plane.
#[derive(Debug)]
pub struct DrawnMap {
    /// Which part of the plane it shows.
    pub target: Target,
    /// What the pipelines need; the pixels of colours are in `colours`.
    pub pyramid: FramePyramid,
    /// The picture itself, where each point has a colour of its own.
    pub(super) colours: Option<Arc<ColorImage>>,
    /// The point under each pixel.
    points: Vec<u32>,
}

impl Ground {
    /// The ground of a scan, in the order of its points.
    pub fn of_scan(x: Vec<f64>, y: Vec<f64>) -> Self {
        let layout = Layout::of_scan(Places { x: &x, y: &y });
        Self::new(x, y, layout)
    }

    /// The ground of a grid of `[width, height]` points, row by row.
    pub fn of_grid(x: Vec<f64>, y: Vec<f64>, size: [usize; 2]) -> Self {
        let layout = Layout::of_grid(Places { x: &x, y: &y }, size);
        Self::new(x, y, layout)
    }

    fn new(x: Vec<f64>, y: Vec<f64>, layout: Layout) -> Self {
        let bounds = bounds(Places { x: &x, y: &y }, &layout);
        Self {
            x,
            y,
            layout,
            bounds,
        }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// How they lie to each other.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The lowest and the highest `[x, y]` that is drawn, cells included.
    pub const fn bounds(&self) -> [[f64; 2]; 2] {
        self.bounds
    }

    /// The place of a point.
    pub fn place(&self, point: u32) -> Option<[f64; 2]> {
        self.places().get(point as usize)
    }

    /// The place of each point.
    pub fn places(&self) -> Places<'_> {
        Places {
            x: &self.x,
            y: &self.y,
        }
    }

    /// All of it in a picture of `size` pixels, in the middle; `is_equal` where a
    /// step along both axes has the same length.
    pub fn fit(&self, size: [u32; 2], is_equal: bool) -> Target {
        let [low, high] = self.bounds;
        let room = size.map(f64::from);
        let mut scale = [0, 1].map(|axis| room[axis] / (high[axis] - low[axis]));
        if is_equal {
            scale = [scale[0].min(scale[1]); 2];
        }
        let middle = [0, 1].map(|axis| f64::midpoint(low[axis], high[axis]));
        Target {
            top_left: [
                middle[0] - 0.5 * room[0] / scale[0],
                middle[1] + 0.5 * room[1] / scale[1],
            ],
            scale,
            size: size.map(|edge| edge as usize),
        }
    }

    /// Draws values, one for each point, into a part of the plane.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`]; [`ErrorKind::Limit`] for a picture that is too large.
    pub fn draw(
        &self,
        values: &PreparedFrame,
        look: Look,
        target: Target,
        cancel: &Cancel,
    ) -> Result<DrawnMap> {
        let points = points_under_pixels(self.places(), &self.layout, look, &target, cancel)?;
        let mut samples = vec![0f32; points.len()];
        let mut marks = vec![0u8; points.len()];
        for (index, &point) in points.iter().enumerate() {
            let of_point = point as usize;
            if point == NO_POINT {
                marks[index] = NoValue::Missing as u8;
            } else if values.has_no_value(of_point) {
                marks[index] = NoValue::Masked as u8;
            } else {
                #[expect(clippy::cast_possible_truncation, reason = "for colours only")]
                let value = values.samples.get_f64(of_point) as f32;
                samples[index] = value;
            }
        }
        let [width, height] = target.size;
        let raw = RawFrame::new(width, height, SampleSlice::F32(&samples))
            .and_then(|raw| raw.with_mask(&marks))
            .map_err(|error| failed(&error))?;
        let pyramid = FramePyramid::build(&raw, Pooling::Max).map_err(|error| failed(&error))?;
        Ok(DrawnMap {
            target,
            pyramid,
            colours: None,
            points,
        })
    }

    /// Draws three maps as red, green and blue.
    ///
    /// # Errors
    /// Those of [`Ground::draw`].
    pub(crate) fn draw_colours(
        &self,
        rgb: &Rgb,
        look: Look,
        target: Target,
        cancel: &Cancel,
    ) -> Result<DrawnMap> {
        let points = points_under_pixels(self.places(), &self.layout, look, &target, cancel)?;
        let colour = |&point: &u32| match point {
            NO_POINT => Color32::TRANSPARENT,
            point => rgb.colour(point as usize),
        };
        let image = ColorImage::new(target.size, points.iter().map(colour).collect());
        let raw = RawFrame::new(1, 1, SampleSlice::F32(&[0.0])).map_err(|error| failed(&error))?;
        let pyramid = FramePyramid::build(&raw, Pooling::Max).map_err(|error| failed(&error))?;
        Ok(DrawnMap {
            target,
            pyramid,
            colours: Some(Arc::new(image)),
            points,
        })
    }
}

impl DrawnMap {
    /// The picture of three maps as bytes, with a colour where there is no point; `None` for a map of values.
    pub(crate) fn rgba(&self, behind: [u8; 4]) -> Option<RgbaPicture> {
        let image = self.colours.as_ref()?;
        let bytes = |colour: &Color32| match *colour {
            Color32::TRANSPARENT => behind,
            colour => colour.to_array(),
        };
        let [width, height] = image.size.map(u32::try_from);
        Some(RgbaPicture {
            width: width.ok()?,
            height: height.ok()?,
            pixels: image.pixels.iter().flat_map(bytes).collect(),
        })
    }

    /// The point that is drawn at a place, or next to it by a few pixels.
    pub fn point_at(&self, place: [f64; 2]) -> Option<u32> {
        const REACH: i64 = 6;
        let at = self.target.pixel_of(place);
        #[expect(clippy::cast_possible_truncation, reason = "checked to be inside")]
        let [column, row] = at.map(|part| part.floor() as i64);
        let near = |reach: i64| {
            let places = (-reach..=reach)
                .flat_map(move |down| (-reach..=reach).map(move |across| [across, down]));
            let found = places.filter_map(|[across, down]| {
                let pixel = [column.checked_add(across)?, row.checked_add(down)?];
                Some((across * across + down * down, self.point_of(pixel)?))
            });
            found
                .min_by_key(|(apart, _)| *apart)
                .map(|(_, point)| point)
        };
        near(0).or_else(|| near(REACH))
    }

    fn point_of(&self, [column, row]: [i64; 2]) -> Option<u32> {
        let column = usize::try_from(column)
            .ok()
            .filter(|&at| at < self.target.size[0])?;
        let row = usize::try_from(row)
            .ok()
            .filter(|&at| at < self.target.size[1])?;
        let point = *self.points.get(row * self.target.size[0] + column)?;
        (point != NO_POINT).then_some(point)
    }
}

fn failed(error: &RenderError) -> Error {
    Error::new(ErrorKind::Limit, "draw a map", error.to_string())
}

/// What is to be seen at first: all cells, or all points with half the distance
/// to the next around them.
fn bounds(places: Places<'_>, layout: &Layout) -> [[f64; 2]; 2] {
    let Some([mut low, mut high]) = places.bounds() else {
        return [[0.0; 2], [1.0; 2]];
    };
    let margin = match layout {
        Layout::Image { step, .. } => step.map(|step| 0.5 * step.abs()),
        Layout::Mesh { .. } | Layout::Points => {
            let share = 0.5 / (places.len().max(1) as f64).sqrt();
            [0, 1].map(|axis| share * (high[axis] - low[axis]))
        }
    };
    for axis in 0..2 {
        low[axis] -= margin[axis];
        high[axis] += margin[axis];
        // A line of points has an extent along one axis only.
        if high[axis] <= low[axis] {
            let other = high[1 - axis] - low[1 - axis];
            let room = if other > 0.0 && other.is_finite() {
                0.1 * other
            } else {
                0.5
            };
            low[axis] -= room;
            high[axis] += room;
        }
    }
    [low, high]
}

#[cfg(test)]
mod tests {
    use hutch_model::{BlockState, Samples};

    use super::*;
    use crate::pixels::FramePixels;

    fn ground() -> Ground {
        let x = (0..12).map(|index| f64::from(index % 4)).collect();
        let y = (0..12).map(|index| f64::from(index / 4)).collect();
        Ground::of_scan(x, y)
    }

    #[test]
    fn the_point_under_the_pointer_is_the_cell_that_is_drawn_there() {
        let ground = ground();
        let values = Samples::U16((0..12).collect());
        let values =
            super::super::plan::row_frame(values, BlockState::Present, &FramePixels::default())
                .unwrap();
        let target = ground.fit([80, 60], true);
        let drawn = ground
            .draw(&values, Look::Cells, target, &Cancel::new())
            .unwrap();
        for point in 0..12u32 {
            let place = ground.place(point).unwrap();
            assert_eq!(drawn.point_at(place), Some(point), "at its own place");
            let beside = [place[0] + 0.4, place[1] - 0.4];
            assert_eq!(drawn.point_at(beside), Some(point), "in its cell");
        }
        assert_eq!(drawn.point_at([40.0, 1.0]), None, "far outside");
    }

    #[test]
    fn all_cells_are_seen_at_first_and_a_line_of_points_has_room() {
        assert_eq!(
            ground().bounds(),
            [[-0.5, -0.5], [3.5, 2.5]],
            "half a cell around"
        );
        let line = Ground::of_scan(vec![0.0, 1.0, 2.0, 3.0], vec![5.0; 4]);
        let [low, high] = line.bounds();
        assert!(low[1] < 5.0 && high[1] > 5.0, "room above and below");
        let none = Ground::of_scan(vec![f64::NAN; 4], vec![0.0; 4]);
        assert_eq!(none.bounds(), [[0.0; 2], [1.0; 2]], "nothing to see");
    }
}
