//! Images that are too large to be read whole: an overview, and what is looked at.

use std::sync::Arc;

use hutch_model::Dataset;

use crate::canvas::{ScreenMap, Window};
use crate::prepared::PreparedFrame;
use crate::{Pixels, Priority, Residence, Resident};

/// Images of more pixels are never read whole.
pub const MOST_PIXELS: u64 = 1 << 26;
/// Samples of the first overview, and of the one after it.
const OVERVIEWS: [u64; 2] = [1 << 17, 1 << 22];
/// Most samples of an overview or a detail along one axis.
const LONGEST: u64 = 4096;
/// Details begin and end at multiples of so many of their samples.
const LATTICE: u64 = 128;
/// Images longer than so many times their width fill the pane at first.
const LONG: u64 = 16;

/// The overviews of an image of `size` pixels `[x, y]`, the coarse one first; none
/// where it is small enough to be read whole.
pub fn overviews(size: [u64; 2]) -> Vec<Window> {
    if size[0].saturating_mul(size[1]) <= MOST_PIXELS {
        return Vec::new();
    }
    OVERVIEWS.map(|samples| overview(size, samples)).to_vec()
}

/// Every so many pixels of an image, at most so many samples. The shorter axis
/// keeps as much as it can.
fn overview(size: [u64; 2], samples: u64) -> Window {
    let short = usize::from(size[1] < size[0]);
    let long = 1 - short;
    let mut window = Window::whole(size);
    let longest = LONGEST.min(samples / 64);
    window.thin(short, size[short].div_ceil(longest));
    let most = (samples / window.count[short].max(1)).max(1);
    window.thin(long, size[long].div_ceil(most));
    window
}

/// Whether an image of `size` pixels is too long for square pixels.
pub(super) fn is_long([width, height]: [u64; 2]) -> bool {
    let (short, long) = (width.min(height).max(1), width.max(height));
    long / short >= LONG
}

/// An image that is too large to be read whole.
pub(super) struct Large {
    size: [u64; 2],
    overviews: Vec<Window>,
    /// What is looked at, finer than the overview.
    detail: Option<(u64, Window, Arc<PreparedFrame>)>,
}

impl Large {
    /// `None` for an image that is read whole.
    pub(super) fn of(shape: &[u64]) -> Option<Self> {
        let [.., height, width] = *shape else {
            return None;
        };
        let size = [width, height];
        let overviews = overviews(size);
        (!overviews.is_empty()).then_some(Self {
            size,
            overviews,
            detail: None,
        })
    }

    /// Its pixels `[x, y]`.
    pub(super) const fn size(&self) -> [u64; 2] {
        self.size
    }

    /// The finest overview that is here, while a finer one is on its way.
    pub(super) fn overview(
        &self,
        resident: &mut dyn Resident,
        (data, pixels, frame): (&Arc<dyn Dataset>, &Pixels, u64),
    ) -> Residence<PreparedFrame> {
        let mut best = None;
        for window in &self.overviews {
            let slab = window.slab(&data.info().shape, frame);
            match resident.frame(data, pixels, &slab, Priority::Visible) {
                here @ Residence::Here(_) => best = Some(here),
                other => return best.unwrap_or(other),
            }
        }
        best.unwrap_or(Residence::Waiting(crate::Wait::Queued))
    }

    /// Asks for what is looked at, as fine as the screen shows it.
    pub(super) fn look(
        &mut self,
        resident: &mut dyn Resident,
        (data, pixels, frame): (&Arc<dyn Dataset>, &Pixels, u64),
        (map, is_bright): (&ScreenMap, bool),
    ) {
        let Some(window) = self.wanted(map, is_bright) else {
            self.detail = None;
            return;
        };
        let is_here = self
            .detail
            .as_ref()
            .is_some_and(|(of, known, _)| *of == frame && *known == window);
        let slab = window.slab(&data.info().shape, frame);
        // Wanted at every pass, or residency may let it go.
        let found = resident.frame(data, pixels, &slab, Priority::Visible);
        if let (Residence::Here(found), false) = (found, is_here) {
            self.detail = Some((frame, window, found));
        }
    }

    /// The finest overview.
    pub(super) fn finest(&self) -> Option<(Window, [u64; 2])> {
        self.overviews.last().map(|window| (*window, self.size))
    }

    /// The part of the image that is seen with some around it, and its step; `None`
    /// where the overview is as fine. Single bright pixels are kept by every pixel or by none.
    fn wanted(&self, map: &ScreenMap, is_bright: bool) -> Option<Window> {
        let size = self
            .size
            .map(|edge| u32::try_from(edge).unwrap_or(u32::MAX));
        let [x, y, width, height] = map.visible_part(size)?;
        let finest = self.overviews.last()?;
        let zoom = map
            .orientation()
            .across_and_down([map.pixel_size().x, map.pixel_size().y]);
        let mut window = Window::whole(self.size);
        let seen = [(x, width), (y, height)];
        for axis in 0..2 {
            let (start, count) = (u64::from(seen[axis].0), u64::from(seen[axis].1));
            let coarse = step_for(f64::from(zoom[axis])).max(count.div_ceil(LONGEST / 2));
            let step = if is_bright { 1 } else { coarse };
            let lattice = LATTICE.saturating_mul(step);
            let first = start.saturating_sub(count / 8) / lattice * lattice;
            let end = (start + count + count / 8)
                .div_ceil(lattice)
                .saturating_mul(lattice)
                .min(self.size[axis]);
            window.start[axis] = first;
            window.count[axis] = end.saturating_sub(first).div_ceil(step);
            window.step[axis] = step;
        }
        let is_finer = (0..2).any(|axis| window.step[axis] < finest.step[axis]);
        let samples = window.count[0].saturating_mul(window.count[1]);
        (is_finer && samples <= LONGEST * LONGEST).then_some(window)
    }

    /// What to draw for a map: the detail where it covers what is seen, else the
    /// overview.
    pub(super) fn drawn(
        &self,
        frame: u64,
        overview: &Arc<PreparedFrame>,
        map: Option<&ScreenMap>,
    ) -> (Window, Arc<PreparedFrame>) {
        let size = self
            .size
            .map(|edge| u32::try_from(edge).unwrap_or(u32::MAX));
        let seen = map.and_then(|map| map.visible_part(size));
        if let (Some((of, window, detail)), Some(seen)) = (&self.detail, seen)
            && *of == frame
            && window.covers(seen)
        {
            return (*window, Arc::clone(detail));
        }
        let window = self
            .overviews
            .iter()
            .find(|window| window.frame_size() == overview.size)
            .copied();
        let window = window.unwrap_or_else(|| Window::whole(self.size));
        (window, Arc::clone(overview))
    }
}

/// The largest power of two of pixels that one point of the screen covers.
fn step_for(zoom: f64) -> u64 {
    let pixels = 1.0 / zoom.max(1e-9);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 2^30"
    )]
    let step = pixels.clamp(1.0, f64::from(1 << 30)).log2().floor().exp2() as u64;
    step.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overview_of_a_long_table_keeps_its_columns() {
        let found = overviews([3000, 1_000_000]);
        let finest = found.last().unwrap();
        assert_eq!((finest.step[0], finest.count[0]), (1, 3000), "each column");
        assert!(
            finest.count[0] * finest.count[1] <= OVERVIEWS[1],
            "{finest:?}"
        );
        assert!(
            finest.step[1] * finest.count[1] >= 1_000_000,
            "to the last row: {finest:?}"
        );
        let coarse = found.first().unwrap();
        assert!(
            coarse.count[0] * coarse.count[1] <= OVERVIEWS[0],
            "{coarse:?}"
        );
    }

    #[test]
    fn a_frame_of_a_detector_is_read_whole() {
        assert!(overviews([4150, 4371]).is_empty(), "16 megapixels");
        assert!(Large::of(&[4, 4371, 4150]).is_none());
    }

    #[test]
    fn overviews_lie_inside_the_dataset() {
        for shape in [[1_000_000, 3000], [7, 1 << 40], [100_003, 70_001]] {
            for window in overviews([shape[1], shape[0]]) {
                assert!(
                    window.slab(&shape, 0).fits(&shape),
                    "{window:?} of {shape:?}"
                );
            }
        }
    }
}
