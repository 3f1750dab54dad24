//! Pixels that a `.geom` file calls bad: regions, whole panels, and bits of masks in files.
//!
//! Source: `crystfel_geometry(5)`, "Bad regions" and "Bad pixel masks".

use std::collections::BTreeMap;

use hutch_model::Samples;

use super::{BadRegion, Dimension, Geom, GeomPanel, Mask};

/// Where a mask lies: another file, or none for that of the data, and the path in it.
pub type MaskPlace = (Option<String>, String);

/// Bits of a mask, and the boxes of pixels in which they are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskPart {
    /// Where the mask lies.
    pub place: MaskPlace,
    /// Bits that every good pixel has.
    pub good_bits: u64,
    /// Bits that no good pixel has.
    pub bad_bits: u64,
    /// Boxes `[x0, y0, x1, y1]`, both ends included; the images of a frame lie below each other.
    pub boxes: Vec<[u64; 4]>,
}

impl Geom {
    /// The bits of masks that panels of a frame `[.., y, x]` look at, each with the panels that do.
    pub fn mask_parts(&self, frame_shape: &[u64]) -> Vec<MaskPart> {
        let [outer @ .., height, width] = frame_shape else {
            return Vec::new();
        };
        let mut parts: Vec<MaskPart> = Vec::new();
        for panel in &self.panels {
            let pixels = Pixels::of(panel, outer, [*height, *width]);
            let Some(place) = pixels.and_then(|pixels| pixels.place()) else {
                continue;
            };
            for mask in panel.masks.values() {
                let Some(of) = mask.place() else { continue };
                let is_same = |part: &&mut MaskPart| {
                    part.place == of
                        && part.good_bits == mask.good_bits
                        && part.bad_bits == mask.bad_bits
                };
                match parts.iter_mut().find(is_same) {
                    Some(part) => part.boxes.push(place),
                    None => parts.push(MaskPart {
                        place: of,
                        good_bits: mask.good_bits,
                        bad_bits: mask.bad_bits,
                        boxes: vec![place],
                    }),
                }
            }
        }
        parts
    }

    /// The datasets that its masks are in, each once.
    pub fn mask_places(&self) -> Vec<MaskPlace> {
        let masks = self.panels.iter().flat_map(|panel| panel.masks.values());
        let mut places: Vec<MaskPlace> = masks.filter_map(Mask::place).collect();
        places.sort();
        places.dedup();
        places
    }

    /// Which pixels of a frame `[.., y, x]` are bad, row by row; empty where all are good.
    ///
    /// The axes in front of the last two are those that the planes of panels name. `masks` are the
    /// masks of [`Self::mask_places`] that were read, each of the shape of the frame. Regions in the
    /// laboratory hold the pixels whose centre lies in them.
    pub fn bad_pixels(
        &self,
        frame_shape: &[u64],
        masks: &BTreeMap<MaskPlace, Samples>,
    ) -> Vec<bool> {
        let count = frame_shape
            .iter()
            .try_fold(1u64, |count, axis| count.checked_mul(*axis))
            .and_then(|count| usize::try_from(count).ok());
        let (Some(count), [outer @ .., height, width]) = (count, frame_shape) else {
            return Vec::new();
        };
        let mut bad = Vec::new();
        for panel in &self.panels {
            let Some(pixels) = Pixels::of(panel, outer, [*height, *width]) else {
                continue;
            };
            let regions: Vec<&BadRegion> = self
                .bad
                .iter()
                .filter(|region| region.is_applied())
                .filter(|region| region.panel.as_ref().is_none_or(|on| *on == panel.name))
                .collect();
            let bits: Vec<(&Samples, &Mask)> = panel
                .masks
                .values()
                .filter_map(|mask| Some((masks.get(&mask.place()?)?, mask)))
                .filter(|(samples, _)| samples.len() == count)
                .collect();
            if regions.is_empty() && bits.is_empty() && !panel.is_bad {
                continue;
            }
            bad.resize(count, false);
            pixels.each(|index, pixel| {
                bad[index] |= panel.is_bad
                    || regions.iter().any(|region| region.holds(panel, pixel))
                    || bits
                        .iter()
                        .any(|(samples, mask)| mask.is_bad(samples, index));
            });
        }
        bad
    }
}

/// The pixels of a panel in a frame.
struct Pixels {
    /// Pixels of the planes before it.
    before: u64,
    width: u64,
    first: [u64; 2],
    /// One more than the last.
    end: [u64; 2],
}

impl Pixels {
    /// `None` where it lies beside the frame.
    fn of(panel: &GeomPanel, outer: &[u64], [height, width]: [u64; 2]) -> Option<Self> {
        let fixed = panel
            .dimensions
            .iter()
            .filter_map(|dimension| match dimension {
                Dimension::Index(index) => Some(*index),
                _ => None,
            });
        let fixed: Vec<u64> = fixed.collect();
        if fixed.len() != outer.len() {
            return None;
        }
        let mut plane = 0u64;
        for (index, length) in fixed.iter().zip(outer) {
            plane = plane.checked_mul(*length)?.checked_add(*index)?;
            if index >= length {
                return None;
            }
        }
        let first = [panel.first[0]?, panel.first[1]?];
        let end = [
            panel.last[0]?.checked_add(1)?.min(height),
            panel.last[1]?.checked_add(1)?.min(width),
        ];
        Some(Self {
            before: plane.checked_mul(height.checked_mul(width)?)?,
            width,
            first,
            end,
        })
    }

    /// Its box `[x0, y0, x1, y1]`, both ends included; `None` where it holds no pixel.
    fn place(&self) -> Option<[u64; 4]> {
        let rows_before = self.before / self.width.max(1);
        let [last_y, last_x] = [self.end[0].checked_sub(1)?, self.end[1].checked_sub(1)?];
        let is_some = last_y >= self.first[0] && last_x >= self.first[1];
        is_some.then_some([
            self.first[1],
            rows_before + self.first[0],
            last_x,
            rows_before + last_y,
        ])
    }

    /// Calls `each` with the index in the frame and the place `[slow, fast]` of every pixel.
    fn each(&self, mut each: impl FnMut(usize, [u64; 2])) {
        for slow in self.first[0]..self.end[0] {
            for fast in self.first[1]..self.end[1] {
                // The frame was counted before, so that no index overflows.
                let index = self.before + slow * self.width + fast;
                if let Ok(index) = usize::try_from(index) {
                    each(index, [slow, fast]);
                }
            }
        }
    }
}

impl Mask {
    fn place(&self) -> Option<MaskPlace> {
        Some((self.file.clone(), self.data.clone()?))
    }

    fn is_bad(&self, samples: &Samples, index: usize) -> bool {
        let value = bits_of(samples, index);
        value & self.good_bits != self.good_bits || value & self.bad_bits != 0
    }
}

/// The bits of a stored number; those of the whole part of a real one.
fn bits_of(samples: &Samples, index: usize) -> u64 {
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "bits are wanted, whatever number they are; masks of real numbers hold small whole ones"
    )]
    match samples {
        Samples::U8(values) => u64::from(values[index]),
        Samples::U16(values) => u64::from(values[index]),
        Samples::U32(values) => u64::from(values[index]),
        Samples::U64(values) => values[index],
        Samples::I8(values) => values[index] as u64,
        Samples::I16(values) => values[index] as u64,
        Samples::I32(values) => values[index] as u64,
        Samples::I64(values) => values[index] as u64,
        other => other.get_f64(index) as u64,
    }
}

impl BadRegion {
    /// Whether it masks pixels: in the laboratory a region without an end goes on, as it does for `CrystFEL`; on a
    /// panel such a region is none.
    pub(super) fn is_applied(&self) -> bool {
        let is_open = |key: &String| key.ends_with("_x") || key.ends_with("_y");
        self.lacks().is_none() || (!self.limits.is_empty() && self.limits.keys().all(is_open))
    }

    /// Limits that it lacks: all, or the other end of those that it has.
    pub(super) fn lacks(&self) -> Option<String> {
        if self.limits.is_empty() {
            return Some("limits".to_owned());
        }
        let other = |key: &String| match key.split_once('_')? {
            ("min", axis) => Some(format!("max_{axis}")),
            (_, axis) => Some(format!("min_{axis}")),
        };
        let absent = self.limits.keys().filter_map(other);
        let absent: Vec<String> = absent
            .filter(|key| !self.limits.contains_key(key))
            .collect();
        (!absent.is_empty()).then(|| absent.join(" and no "))
    }

    /// Whether a pixel `[slow, fast]` of the file, on a panel, lies in it.
    fn holds(&self, panel: &GeomPanel, pixel: [u64; 2]) -> bool {
        let within = |name: &str, at: f64| {
            let limit = |end: &str| self.limits.get(&format!("{end}_{name}"));
            limit("min").is_none_or(|low| at >= *low) && limit("max").is_none_or(|high| at <= *high)
        };
        let [slow, fast] = pixel.map(|index| index as f64);
        let is_of_file = self.limits.keys().any(|key| key.ends_with('s'));
        if is_of_file {
            return within("ss", slow) && within("fs", fast);
        }
        let ([Some(x), Some(y)], [Some(first_slow), Some(first_fast)]) =
            (panel.corner_px, panel.first)
        else {
            return false;
        };
        let [along_slow, along_fast] = [slow - first_slow as f64, fast - first_fast as f64];
        let at = |corner: f64, axis: usize| {
            corner
                + (along_slow + 0.5) * panel.slow_px[axis]
                + (along_fast + 0.5) * panel.fast_px[axis]
        };
        // A region without a limit would be all of the detector.
        !self.limits.is_empty() && within("x", at(x, 0)) && within("y", at(y, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "photon_energy = 9000
clen = 0.1
res = 10000
a/min_ss = 0
a/max_ss = 3
a/min_fs = 0
a/max_fs = 4
a/corner_x = 0
a/corner_y = 0
a/mask0_data = /mask
a/mask0_goodbits = 0x1
a/mask0_badbits = 0x6
b/min_ss = 4
b/max_ss = 5
b/min_fs = 0
b/max_fs = 4
b/corner_x = 0
b/corner_y = 10
bad_row/panel = a
bad_row/min_ss = 1
bad_row/max_ss = 1
bad_row/min_fs = 2
bad_row/max_fs = 3
bad_stripe/min_x = 4.0
bad_stripe/max_x = 5.0
bad_stripe/min_y = 10
bad_stripe/max_y = 11
";

    fn places(bad: &[bool]) -> Vec<usize> {
        let bad = bad.iter().enumerate().filter(|(_, bad)| **bad);
        bad.map(|(index, _)| index).collect()
    }

    #[test]
    fn regions_hold_pixels_of_the_file_or_of_the_laboratory() {
        let geom = Geom::parse(TWO.as_bytes()).expect("a detector");
        let bad = geom.bad_pixels(&[6, 5], &BTreeMap::new());
        // Row 1, columns 2 and 3 of a; of b the pixel at x 4 to 5, y 10 to 11.
        assert_eq!(places(&bad), [7, 8, 24], "without the mask");
    }

    #[test]
    fn bits_that_must_be_set_and_bits_that_must_not_are_looked_at() {
        let geom = Geom::parse(TWO.as_bytes()).expect("a detector");
        let place = (None, "/mask".to_owned());
        assert_eq!(geom.mask_places(), std::slice::from_ref(&place));
        let mut mask = vec![1u16; 30];
        mask[0] = 0;
        mask[1] = 1 | 4;
        mask[2] = 1 | 8;
        // Panel b has no mask.
        mask[29] = 0;
        let parts = geom.mask_parts(&[6, 5]);
        assert_eq!(parts.len(), 1, "one mask with one choice of bits");
        assert_eq!(parts[0].boxes, [[0, 0, 4, 3]], "panel a");
        assert_eq!([parts[0].good_bits, parts[0].bad_bits], [1, 6]);
        let masks = BTreeMap::from([(place, Samples::U16(mask))]);
        assert_eq!(places(&geom.bad_pixels(&[6, 5], &masks)), [0, 1, 7, 8, 24]);
    }

    #[test]
    fn a_panel_of_another_plane_marks_its_own_plane() {
        let text = format!("dim0 = %\ndim1 = 2\ndim2 = ss\ndim3 = fs\n{TWO}b/no_index = 1\n");
        let geom = Geom::parse(text.as_bytes()).expect("a detector");
        let bad = geom.bad_pixels(&[3, 6, 5], &BTreeMap::new());
        let mut expected = vec![67, 68];
        expected.extend(80..90);
        assert_eq!(places(&bad), expected, "module 2 begins at 60");
        assert!(
            geom.bad_pixels(&[6, 5], &BTreeMap::new()).is_empty(),
            "no modules"
        );
    }
}
