//! A detector of many panels as one picture: where each panel lies, seen along the beam.

mod choice;
mod picture;

use hutch_model::{Geometry, Panel};

pub(crate) use self::choice::Assembling;
pub use self::picture::{Assembled, PanelPixel, lies_as_stored};

/// Edges of a picture beyond which its pixels become coarser.
const LARGEST_PX: f64 = 32_768.0;
/// A panel that shows the beam less of its area than this share is seen from its edge.
const EDGE_ON: f64 = 1e-6;

/// Where a panel lies in the picture, in its pixels `[row, column]` from the outer corner of the first one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssembledPanel {
    /// Which panel of the geometry it is.
    pub panel: usize,
    /// The outer corner of its first pixel.
    pub corner_px: [f64; 2],
    /// From one pixel to the next along the slow axis.
    pub slow_px: [f64; 2],
    /// From one pixel to the next along the fast axis.
    pub fast_px: [f64; 2],
    /// How many pixels it has, `[slow, fast]`.
    pub size: [u64; 2],
}

impl AssembledPanel {
    /// The point of the picture at `[slow, fast]` pixels from the corner of the panel.
    pub fn at(&self, [slow, fast]: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|axis| {
            self.corner_px[axis] + slow * self.slow_px[axis] + fast * self.fast_px[axis]
        })
    }

    /// The point `[slow, fast]` of the panel at a point of the picture; `None` beside the panel.
    pub fn met_at(&self, point_px: [f64; 2]) -> Option<[f64; 2]> {
        let [row, column] = [0, 1].map(|axis| point_px[axis] - self.corner_px[axis]);
        let area = area(self.slow_px, self.fast_px);
        let slow = (row * self.fast_px[1] - column * self.fast_px[0]) / area;
        let fast = (column * self.slow_px[0] - row * self.slow_px[1]) / area;
        let is_inside = (0.0..self.size[0] as f64).contains(&slow)
            && (0.0..self.size[1] as f64).contains(&fast);
        is_inside.then_some([slow, fast])
    }

    /// Its four corners in the picture, in their order around it.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        let [slow, fast] = self.size.map(|size| size as f64);
        [[0.0, 0.0], [0.0, fast], [slow, fast], [slow, 0.0]].map(|corner| self.at(corner))
    }
}

/// Panels projected along the beam, with +x to the right and +y upwards as `CrystFEL` draws them.
///
/// Each panel is placed by where its corner and its two axes lie across the beam, so that tilted ones are as much
/// shorter as they look; distances along the beam do not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembly {
    /// The panels that are seen, in the order of the geometry.
    pub panels: Vec<AssembledPanel>,
    /// Rows and columns of the picture.
    pub size: [u64; 2],
    /// Edge of a pixel of the picture in metres: that of the smallest pixel of a panel, where the picture is not too large.
    pub pixel_m: f64,
    /// The beam, `[row, column]`.
    pub beam_px: [f64; 2],
}

impl Assembly {
    /// The picture of all panels, on whatever plane of the stored frame; `None` where none can be seen.
    pub fn of(geometry: &Geometry) -> Option<Self> {
        let is_seen = |panel: &&Panel| {
            let [slow, fast] = [across(panel.slow_m), across(panel.fast_m)];
            let numbers = [panel.corner_m, panel.slow_m, panel.fast_m];
            let is_finite = numbers.iter().flatten().all(|number| number.is_finite());
            is_finite
                && area(slow, fast).abs() > EDGE_ON * length(panel.slow_m) * length(panel.fast_m)
        };
        let seen = || geometry.panels.iter().filter(is_seen);
        let corners = seen().flat_map(|panel| {
            let [slow, fast] = panel.size.map(|size| size as f64);
            [[0.0, 0.0], [0.0, fast], [slow, fast], [slow, 0.0]]
                .map(|corner| across(panel.at(corner)))
        });
        let mut ends = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
        for corner in corners {
            for (end, place) in ends.iter_mut().zip(corner) {
                *end = [end[0].min(place), end[1].max(place)];
            }
        }
        let extent_m = ends.map(|[low, high]| high - low);
        let pixels = seen().flat_map(|panel| [length(panel.slow_m), length(panel.fast_m)]);
        let smallest_m = pixels.fold(f64::INFINITY, f64::min);
        let largest_m = extent_m[0].max(extent_m[1]);
        let pixel_m = smallest_m.max(largest_m / LARGEST_PX);
        if !(pixel_m.is_finite() && pixel_m > 0.0 && largest_m.is_finite()) {
            return None;
        }
        let step = |step_m: [f64; 3]| across(step_m).map(|part| part / pixel_m);
        let place = |point_m: [f64; 3]| {
            let point = across(point_m);
            [0, 1].map(|axis| (point[axis] - ends[axis][0]) / pixel_m)
        };
        let panels = geometry.panels.iter().enumerate();
        let panels = panels
            .filter(|(_, panel)| is_seen(panel))
            .map(|(at, panel)| AssembledPanel {
                panel: at,
                corner_px: place(panel.corner_m),
                slow_px: step(panel.slow_m),
                fast_px: step(panel.fast_m),
                size: panel.size,
            });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "finite, at least 1 and at most some thousands"
        )]
        let edge = |extent_m: f64| (extent_m / pixel_m - 1e-6).ceil().max(1.0) as u64;
        Some(Self {
            panels: panels.collect(),
            size: extent_m.map(edge),
            pixel_m,
            beam_px: place([0.0; 3]),
        })
    }

    /// The panel at a point of the picture, and the point `[slow, fast]` of it; the first one where panels overlap.
    pub fn met_at(&self, point_px: [f64; 2]) -> Option<(&AssembledPanel, [f64; 2])> {
        self.panels
            .iter()
            .find_map(|panel| Some((panel, panel.met_at(point_px)?)))
    }

    /// The place of a panel of the geometry; `None` where it is seen from its edge.
    pub fn panel(&self, panel: usize) -> Option<&AssembledPanel> {
        let at = self
            .panels
            .binary_search_by_key(&panel, |of| of.panel)
            .ok()?;
        self.panels.get(at)
    }
}

/// Down and to the right of a place in the laboratory, in metres.
fn across(point_m: [f64; 3]) -> [f64; 2] {
    [-point_m[1], point_m[0]]
}

fn area(slow: [f64; 2], fast: [f64; 2]) -> f64 {
    slow[0] * fast[1] - slow[1] * fast[0]
}

fn length(step: [f64; 3]) -> f64 {
    step.iter().map(|part| part * part).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 by 10 pixels of 0.1 mm, whose corner is at x and y in mm.
    fn panel(corner_mm: [f64; 2], slow: [f64; 3], fast: [f64; 3]) -> Panel {
        Panel {
            name: String::new(),
            plane: Vec::new(),
            first: [100, 0],
            size: [20, 10],
            corner_m: [corner_mm[0] * 1e-3, corner_mm[1] * 1e-3, 0.1],
            slow_m: slow.map(|part| part * 1e-4),
            fast_m: fast.map(|part| part * 1e-4),
        }
    }

    fn assembly(panels: Vec<Panel>) -> Option<Assembly> {
        Assembly::of(&Geometry {
            panels,
            wavelength_m: None,
            source: String::new(),
        })
    }

    const DOWN: [f64; 3] = [0.0, -1.0, 0.0];
    const RIGHT: [f64; 3] = [1.0, 0.0, 0.0];

    fn is_near(one: [f64; 2], other: [f64; 2]) -> bool {
        (0..2).all(|axis| (one[axis] - other[axis]).abs() < 1e-9)
    }

    #[test]
    fn up_in_the_laboratory_is_up_in_the_picture() {
        // One above the beam, one below and to the right, turned by half a turn.
        let above = panel([-1.0, 3.0], DOWN, RIGHT);
        let below = panel([2.0, -3.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]);
        let assembly = assembly(vec![above, below]).expect("two panels");
        // From x -1 to 2 mm, from y 3 to -3 mm.
        assert_eq!(assembly.size, [60, 30]);
        assert!(
            is_near(assembly.beam_px, [30.0, 10.0]),
            "{:?}",
            assembly.beam_px
        );
        assert!(is_near(assembly.panels[0].at([0.5, 0.5]), [0.5, 0.5]));
        assert!(
            is_near(assembly.panels[1].at([0.5, 0.5]), [59.5, 29.5]),
            "the last pixel"
        );
    }

    #[test]
    fn a_point_of_a_panel_goes_to_the_picture_and_back() {
        let (sine, cosine) = 0.4_f64.sin_cos();
        let turned = panel([0.0, 0.0], [sine, -cosine, 0.0], [cosine, sine, 0.1]);
        let other = panel([5.0, 0.0], DOWN, RIGHT);
        let assembly = assembly(vec![turned, other]).expect("two panels");
        for (at, point) in [(0, [3.25, 7.5]), (1, [19.9, 0.1])] {
            let place = assembly.panel(at).expect("seen").at(point);
            let (panel, met) = assembly.met_at(place).expect("on it");
            assert_eq!(panel.panel, at);
            assert!(is_near(met, point), "{met:?}");
        }
        assert_eq!(assembly.met_at([-1.0, 5.0]), None, "beside all");
    }

    #[test]
    fn a_tilted_panel_looks_as_much_shorter_as_its_tilt_says() {
        let (sine, cosine) = 0.6_f64.sin_cos();
        let tilted = panel([0.0, 0.0], [0.0, -cosine, sine], RIGHT);
        let assembly = assembly(vec![tilted]).expect("a panel");
        assert!((assembly.panels[0].slow_px[0] - cosine).abs() < 1e-12);
        assert_eq!(assembly.size, [17, 10], "20 times the cosine is 16.5");
    }

    #[test]
    fn a_panel_seen_from_its_edge_is_left_out() {
        let edge_on = panel([0.0, 0.0], [0.0, 0.0, 1.0], RIGHT);
        assert_eq!(assembly(vec![edge_on.clone()]), None);
        let seen = panel([0.0, 0.0], DOWN, RIGHT);
        let assembly = assembly(vec![edge_on, seen]).expect("one panel");
        assert_eq!(assembly.panel(0), None);
        assert_eq!(assembly.panel(1).map(|of| of.panel), Some(1));
    }

    #[test]
    fn panels_far_apart_become_a_coarser_picture() {
        let far = panel([20_000.0, 0.0], DOWN, RIGHT);
        let assembly = assembly(vec![panel([0.0, 0.0], DOWN, RIGHT), far]).expect("two panels");
        assert!(
            assembly.size.iter().all(|edge| *edge <= 32_768),
            "{:?}",
            assembly.size
        );
    }

    #[test]
    fn a_panel_that_is_nowhere_is_left_out() {
        let nowhere = panel([f64::NAN, 0.0], DOWN, RIGHT);
        assert_eq!(assembly(vec![nowhere.clone()]), None);
        let whole = assembly(vec![nowhere, panel([0.0, 0.0], DOWN, RIGHT)]).expect("one panel");
        assert_eq!(whole.panels.len(), 1);
        assert_eq!(whole.size, [20, 10]);
    }
}
