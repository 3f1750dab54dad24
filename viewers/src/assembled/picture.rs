//! The frames that become one assembled picture: what is read for it, and which stored pixel lies where in it.
//!
//! Modules that are images of their own lie one below another in the frame that is drawn; the geometry here is about that frame.

use std::sync::Arc;

use hutch_model::{Geometry, Slab};
use hutch_render::{ImageFromTarget, PanelPlace};

use super::Assembly;
use crate::image::MOST_PIXELS;

/// How far panels may lie from where they are stored to be seen as they lie, in pixels.
const AS_STORED_PX: f64 = 1.0;

/// A pixel of the frame that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelPixel {
    /// The panel of the geometry that it is of.
    pub panel: usize,
    /// Its place `[x, y]` in the frame that is drawn.
    pub pixel: [i64; 2],
}

/// How frames of a detector become one picture of its panels.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// Where the panels lie.
    pub assembly: Assembly,
    /// The geometry for the frame that is drawn, all of whose panels lie on one plane.
    pub geometry: Arc<Geometry>,
    /// The panels as they are drawn.
    pub places: Arc<[PanelPlace]>,
    /// How many images lie along each of the axes in front of an image that are modules; none where a frame has all.
    modules: Vec<u64>,
    /// Rows of a stored image.
    height: u64,
}

impl Assembled {
    /// The picture of data `[.., y, x]`.
    ///
    /// # Errors
    /// Why there is none, in words: no panel is seen or stored there, or the picture is too large.
    pub fn of(geometry: &Arc<Geometry>, shape: &[u64]) -> Result<Self, String> {
        let [.., height, width] = *shape else {
            return Err("the data are no frames".to_owned());
        };
        let fixed = geometry.panels.iter().map(|panel| panel.plane.len()).max();
        let slower = shape.len().saturating_sub(2);
        let from = slower
            .checked_sub(fixed.unwrap_or(0))
            .ok_or("the geometry is about data with more axes")?;
        let modules = shape.get(from..slower).unwrap_or_default().to_vec();
        let joined = joined(geometry, &modules, height);
        let count = modules
            .iter()
            .try_fold(1u64, |count, axis| count.checked_mul(*axis));
        let rows = count.and_then(|count| count.checked_mul(height));
        let pixels = rows.and_then(|rows| rows.checked_mul(width));
        let (Some(rows), Some(_)) = (rows, pixels.filter(|pixels| *pixels <= MOST_PIXELS)) else {
            return Err("its frames are too large to be read whole".to_owned());
        };
        let assembly =
            Assembly::of(geometry).ok_or("no panel of the geometry faces the beam".to_owned())?;
        let places = places(&assembly, &joined, [rows, width]);
        if places.is_empty() {
            return Err("no panel of the geometry lies on the frame".to_owned());
        }
        Ok(Self {
            assembly,
            geometry: joined,
            places: places.into(),
            modules,
            height,
        })
    }

    /// Width and height of the picture.
    pub fn size(&self) -> [u32; 2] {
        let [rows, columns] = self.assembly.size;
        [columns, rows].map(|edge| u32::try_from(edge).unwrap_or(u32::MAX))
    }

    /// How many images become one picture.
    pub fn image_count(&self) -> u64 {
        self.modules.iter().product::<u64>().max(1)
    }

    /// Rows of a stored image.
    pub const fn rows(&self) -> u64 {
        self.height
    }

    /// What is read for the picture that an image belongs to, by the number of that image.
    pub fn slab(&self, shape: &[u64], image: u64) -> Slab {
        let mut slab = Slab::frame(shape, image);
        let slower = shape.len().saturating_sub(2);
        let first = slower.saturating_sub(self.modules.len());
        let axes = slab.start.iter_mut().zip(&mut slab.count).zip(shape);
        for ((start, count), size) in axes.take(slower).skip(first) {
            (*start, *count) = (0, *size);
        }
        slab
    }

    /// The panel and the pixel at a point `[x, y]` of the picture, where pixel `i` has its centre at `i`; `None` in a gap.
    pub fn pixel_at(&self, [x, y]: [f64; 2]) -> Option<PanelPixel> {
        let (of, [slow, fast]) = self.assembly.met_at([y + 0.5, x + 0.5])?;
        let panel = self.geometry.panels.get(of.panel)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "inside of a panel, so not negative and below its size"
        )]
        let along =
            |first: u64, within: f64| Some(i64::try_from(first).ok()? + within.floor() as i64);
        let pixel = [along(panel.first[1], fast)?, along(panel.first[0], slow)?];
        Some(PanelPixel {
            panel: of.panel,
            pixel,
        })
    }

    /// The place `[x, y]` in the picture of a point `[x, y]` of the frame that is drawn, on a panel that is known.
    pub fn place_on(&self, panel: usize, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let first = self.geometry.panels.get(panel)?.first;
        let within = [y + 0.5 - first[0] as f64, x + 0.5 - first[1] as f64];
        let [row, column] = self.assembly.panel(panel)?.at(within);
        Some([column - 0.5, row - 0.5])
    }

    /// The same on whichever panel has the point.
    pub fn place_of(&self, point: [f64; 2]) -> Option<[f64; 2]> {
        self.place_on(self.panel_of(point)?, point)
    }

    /// A line on one panel, in the picture; `None` where no panel has its middle.
    pub fn line(&self, line: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
        let panel = self.panel_of(*line.get(line.len() / 2)?)?;
        line.iter()
            .map(|point| self.place_on(panel, *point))
            .collect()
    }

    /// The beam `[x, y]` in the picture.
    pub fn beam(&self) -> [f64; 2] {
        let [row, column] = self.assembly.beam_px;
        [column - 0.5, row - 0.5]
    }

    /// The image of a pixel of the frame that is drawn, as the indices that name its panels, and the pixel in it.
    pub fn stored(&self, [x, y]: [i64; 2]) -> Option<(Vec<u64>, [i64; 2])> {
        let height = i64::try_from(self.height).ok()?.max(1);
        let mut rest = u64::try_from(y / height).ok()?;
        let mut plane = vec![0; self.modules.len()];
        for (index, count) in plane.iter_mut().zip(&self.modules).rev() {
            *index = rest % count.max(&1);
            rest /= count.max(&1);
        }
        Some((plane, [x, y % height]))
    }

    /// The pixel of the frame that is drawn for a pixel of an image of it, by the number of that image.
    pub fn drawn(&self, image: u64, [x, y]: [i64; 2]) -> Option<[i64; 2]> {
        let above = (image % self.image_count()).checked_mul(self.height)?;
        Some([x, y.checked_add(i64::try_from(above).ok()?)?])
    }

    fn panel_of(&self, point: [f64; 2]) -> Option<usize> {
        let [x, y] = point.map(|part| part + 0.5);
        let has = |first: u64, size: u64, place: f64| {
            // Lines end on edges of panels, which are theirs.
            (first as f64..=first as f64 + size as f64).contains(&place)
        };
        self.geometry.panels.iter().position(|panel| {
            has(panel.first[0], panel.size[0], y) && has(panel.first[1], panel.size[1], x)
        })
    }
}

/// Whether the stored frame shows all panels as they lie, turned or flipped as one at most.
pub fn lies_as_stored(geometry: &Geometry) -> bool {
    let [first, others @ ..] = geometry.panels.as_slice() else {
        return true;
    };
    if geometry
        .panels
        .iter()
        .any(|panel| panel.plane != first.plane)
    {
        return false;
    }
    let pixel_m = first
        .fast_m
        .iter()
        .map(|part| part * part)
        .sum::<f64>()
        .sqrt();
    others.iter().all(|panel| {
        let [slow, fast] = panel.size.map(|size| size as f64);
        [[0.0, 0.0], [slow, fast]].into_iter().all(|within| {
            let here = panel.at(within);
            let there = first.at([0, 1]
                .map(|axis| within[axis] + panel.first[axis] as f64 - first.first[axis] as f64));
            (here[0] - there[0]).hypot(here[1] - there[1]) <= AS_STORED_PX * pixel_m
        })
    })
}

/// The geometry with all modules below each other on one plane.
fn joined(geometry: &Arc<Geometry>, modules: &[u64], height: u64) -> Arc<Geometry> {
    if modules.is_empty() {
        return Arc::clone(geometry);
    }
    let mut joined = Geometry::clone(geometry);
    for panel in &mut joined.panels {
        let fits = panel.plane.len() == modules.len()
            && panel
                .plane
                .iter()
                .zip(modules)
                .all(|(at, count)| at < count);
        let index = panel.plane.iter().zip(modules);
        let index = index.fold(0u64, |index, (own, count)| {
            index.saturating_mul(*count).saturating_add(*own)
        });
        panel.first[0] = panel.first[0].saturating_add(index.saturating_mul(height));
        panel.plane.clear();
        if !fits {
            // A module that the data do not have: its place in the list stays, it has no pixel.
            panel.size = [0; 2];
        }
    }
    Arc::new(joined)
}

/// How the panels that a frame of `[rows, columns]` has are drawn.
fn places(assembly: &Assembly, geometry: &Geometry, [rows, columns]: [u64; 2]) -> Vec<PanelPlace> {
    let place = |of: &super::AssembledPanel| {
        let panel = geometry.panels.get(of.panel)?;
        let [first_row, first_column] = panel.first;
        if first_row >= rows || first_column >= columns || panel.size.contains(&0) {
            return None;
        }
        let whole = |edge: u64| u32::try_from(edge).unwrap_or(u32::MAX);
        // From pixels of the frame to pixels of the picture; corners are half a pixel before centres.
        let within = [first_row, first_column].map(|first| 0.5 - first as f64);
        let corner = of.at(within);
        let picture_from_stored = ImageFromTarget {
            x: [of.fast_px[1], of.slow_px[1]],
            y: [of.fast_px[0], of.slow_px[0]],
            origin: [corner[1] - 0.5, corner[0] - 0.5],
        };
        Some(PanelPlace {
            first: [whole(first_column), whole(first_row)],
            size: [whole(panel.size[1]), whole(panel.size[0])],
            stored_from_picture: picture_from_stored.inverse()?,
        })
    };
    assembly.panels.iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutch_model::Panel;

    /// Two modules of 8 x 10 pixels of 0.2 mm: one right of the beam as it is, one left of it upside down.
    fn two_modules() -> Arc<Geometry> {
        let panel = |module: u64, corner_mm: [f64; 2], sign: f64| Panel {
            name: format!("m{module}"),
            plane: vec![module],
            first: [0, 0],
            size: [8, 10],
            corner_m: [corner_mm[0] * 1e-3, corner_mm[1] * 1e-3, 0.1],
            slow_m: [0.0, -sign * 2e-4, 0.0],
            fast_m: [sign * 2e-4, 0.0, 0.0],
        };
        Arc::new(Geometry {
            panels: vec![panel(0, [1.0, 0.8], 1.0), panel(1, [-1.0, -0.8], -1.0)],
            wavelength_m: Some(1e-10),
            source: "test.geom".to_owned(),
        })
    }

    #[test]
    fn modules_that_are_images_become_one_picture() {
        let shape = [5, 2, 8, 10];
        let assembled = Assembled::of(&two_modules(), &shape).expect("a picture");
        assert_eq!(assembled.image_count(), 2);
        let slab = assembled.slab(&shape, 7);
        assert_eq!(
            (slab.start, slab.count),
            (vec![3, 0, 0, 0], vec![1, 2, 8, 10])
        );
        // From x -3 to 3 mm and y -0.8 to 0.8 mm, in pixels of 0.2 mm.
        assert_eq!(assembled.size(), [30, 8]);
        // The first pixel of module 1 is at the lower right of its half, which ends at x = -1 mm: column 9.
        let found = assembled.pixel_at([9.0, 7.0]).expect("on module 1");
        assert_eq!((found.panel, found.pixel), (1, [0, 8]));
        assert_eq!(assembled.stored(found.pixel), Some((vec![1], [0, 0])));
        assert_eq!(
            assembled.drawn(7, [0, 0]),
            Some([0, 8]),
            "image 7 is module 1"
        );
        assert_eq!(assembled.pixel_at([15.0, 4.0]), None, "between the modules");
        let place = assembled.place_on(1, [0.0, 8.0]).expect("seen");
        assert!(
            (place[0] - 9.0).abs() < 1e-9 && (place[1] - 7.0).abs() < 1e-9,
            "{place:?}"
        );
        let beam = assembled.beam();
        assert!(
            (beam[0] - 14.5).abs() < 1e-9 && (beam[1] - 3.5).abs() < 1e-9,
            "{beam:?}"
        );
    }

    #[test]
    fn every_stored_pixel_is_found_again_at_its_place() {
        let assembled = Assembled::of(&two_modules(), &[2, 8, 10]).expect("a picture");
        for panel in 0..2 {
            for y in 0..8 {
                for x in 0..10 {
                    let pixel = [x, y + 8 * i64::try_from(panel).unwrap()];
                    let place = assembled
                        .place_on(panel, pixel.map(|part| part as f64))
                        .unwrap();
                    let found = assembled.pixel_at(place).expect("a pixel");
                    assert_eq!((found.panel, found.pixel), (panel, pixel));
                    let drawn = assembled.places[panel].stored_from_picture.apply(place);
                    let apart = (drawn[0] - pixel[0] as f64).hypot(drawn[1] - pixel[1] as f64);
                    assert!(apart < 1e-9, "the shader reads {drawn:?} for {pixel:?}");
                }
            }
        }
    }

    #[test]
    fn a_module_that_the_data_do_not_have_is_not_drawn() {
        let assembled = Assembled::of(&two_modules(), &[1, 8, 10]).expect("one module");
        assert_eq!(assembled.places.len(), 1);
        assert!(
            Assembled::of(&two_modules(), &[8, 10]).is_err(),
            "no axis of modules"
        );
        assert!(
            Assembled::of(&two_modules(), &[1 << 40, 8, 10]).is_err(),
            "too many"
        );
    }

    #[test]
    fn panels_that_are_stored_as_they_lie_are_told_from_others() {
        assert!(!lies_as_stored(&two_modules()), "two images");
        let mut one = Geometry::clone(&two_modules());
        for panel in &mut one.panels {
            panel.plane.clear();
        }
        one.panels[1].first = [8, 0];
        assert!(!lies_as_stored(&one), "below each other in the file alone");
        // Where it would lie if the first one went on.
        one.panels[1].corner_m = one.panels[0].at([8.0, 0.0]);
        one.panels[1].slow_m = one.panels[0].slow_m;
        one.panels[1].fast_m = one.panels[0].fast_m;
        assert!(lies_as_stored(&one));
        one.panels[1].corner_m[0] += 0.1e-3;
        assert!(lies_as_stored(&one), "half a pixel aside");
        one.panels[1].corner_m[0] += 0.3e-3;
        assert!(!lies_as_stored(&one), "two pixels aside");
    }
}
