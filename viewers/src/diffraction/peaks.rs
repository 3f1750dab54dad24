//! Peaks that a file keeps beside its frames, as boxes over the frame.

use egui::{Rect, Stroke, StrokeKind, vec2};
use hutch_model::{FramePeaks, Samples, Slab};

use super::Laid;
use super::marks::{MarkShape, half_width};
use crate::theme::Tokens;
use crate::{Priority, Residence, Resident};

/// Peaks that are drawn of one frame.
const DRAWN: u64 = 4096;

/// The peaks of a frame, `[x, y]` in pixels; none while they are on their way.
pub(super) fn of_frame(
    peaks: &FramePeaks,
    frame: u64,
    resident: &mut dyn Resident,
) -> Vec<[f64; 2]> {
    let Some([number, slab]) = peak_slabs(peaks, frame) else {
        return Vec::new();
    };
    let count = resident.block(&peaks.counts, &number, Priority::Visible);
    let x = resident.block(&peaks.x, &slab, Priority::Visible);
    let y = resident.block(&peaks.y, &slab, Priority::Visible);
    let (Residence::Here(count), Residence::Here(x), Residence::Here(y)) = (count, x, y) else {
        return Vec::new();
    };
    peak_places(&count.samples, [&x.samples, &y.samples])
}

/// Where a file keeps how many peaks a frame has, and their coordinates; `None` where it keeps none of the frame.
pub fn peak_slabs(peaks: &FramePeaks, frame: u64) -> Option<[Slab; 2]> {
    let &[_, width] = peaks.x.info().shape.as_slice() else {
        return None;
    };
    let row = |count: u64| Slab {
        start: vec![frame, 0],
        count: vec![1, count],
        step: vec![1, 1],
    };
    let number = Slab {
        start: vec![frame],
        count: vec![1],
        step: vec![1],
    };
    let slab = row(width.min(DRAWN));
    let is_kept = slab.fits(&peaks.x.info().shape) && number.fits(&peaks.counts.info().shape);
    is_kept.then_some([number, slab])
}

/// The peaks `[x, y]` of a frame, in pixels, from how many there are and their coordinates.
pub fn peak_places(count: &Samples, [x, y]: [&Samples; 2]) -> Vec<[f64; 2]> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut to what a row holds"
    )]
    let count = count.get_f64(0).clamp(0.0, x.len().min(y.len()) as f64) as usize;
    (0..count)
        .map(|at| [x.get_f64(at), y.get_f64(at)])
        .filter(|place| place.iter().all(|part| part.is_finite()))
        .collect()
}

/// Draws a box around each peak.
pub(super) fn draw(painter: &egui::Painter, laid: Laid<'_>, tokens: Tokens, peaks: &[[f64; 2]]) {
    let stroke = Stroke::new(1.0, tokens.attention);
    #[expect(clippy::cast_possible_truncation, reason = "points of a screen")]
    let half = half_width(MarkShape::Box, laid.map.zoom()) as f32;
    for place in peaks.iter().filter_map(|peak| laid.point(*peak)) {
        if painter.clip_rect().contains(place) {
            let around = Rect::from_center_size(place, vec2(2.0 * half, 2.0 * half));
            painter.rect_stroke(around, 1.0, stroke, StrokeKind::Middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hutch_model::{
        Block, BlockState, BoxFuture, Cancel, Dataset, DatasetInfo, ElementType, EncodedSlab,
        Error, ErrorKind, Origin, Result, Samples, Validator,
    };

    use super::*;
    use crate::{Pixels, PreparedFrame, Wait};

    #[derive(Debug)]
    struct Shape(DatasetInfo, Origin);

    impl Dataset for Shape {
        fn info(&self) -> &DatasetInfo {
            &self.0
        }

        fn origin(&self) -> &Origin {
            &self.1
        }

        fn fetch<'a>(
            &'a self,
            _slab: &'a Slab,
            _cancel: &'a Cancel,
        ) -> BoxFuture<'a, Result<EncodedSlab>> {
            Box::pin(async {
                Err(Error::new(
                    ErrorKind::Internal,
                    "read",
                    "a view never reads",
                ))
            })
        }

        fn decode(&self, _encoded: &EncodedSlab) -> Result<Block> {
            Err(Error::new(
                ErrorKind::Internal,
                "decode",
                "a view never decodes",
            ))
        }
    }

    fn shape(name: &str, shape: &[u64]) -> Arc<dyn Dataset> {
        let info = DatasetInfo {
            shape: shape.to_vec(),
            element: ElementType::F32,
            stored: String::new(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: String::new(),
            size_bytes: None,
            unreadable: None,
        };
        let origin = Origin {
            url: String::new(),
            validator: Validator::Fixed,
            path: name.to_owned(),
        };
        Arc::new(Shape(info, origin))
    }

    /// Rows of 8 peaks; frame 1 has 2 of them.
    struct Rows;

    impl Resident for Rows {
        fn block(
            &mut self,
            dataset: &Arc<dyn Dataset>,
            slab: &Slab,
            _priority: Priority,
        ) -> Residence<Block> {
            assert_eq!(slab.start[0], 1, "the frame that is looked at");
            let samples = match dataset.origin().path.as_str() {
                "x" => vec![3.0, 7.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                "y" => vec![5.0, f32::NAN, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                _ => vec![2.0],
            };
            Residence::Here(Arc::new(Block {
                shape: slab.count.clone(),
                samples: Samples::F32(samples),
                state: BlockState::Present,
            }))
        }

        fn frame(
            &mut self,
            _dataset: &Arc<dyn Dataset>,
            _pixels: &Pixels,
            _slab: &Slab,
            _priority: Priority,
        ) -> Residence<PreparedFrame> {
            Residence::Waiting(Wait::Queued)
        }

        fn retry(&mut self, _origin: &Origin) {}

        fn run(
            &mut self,
            _priority: Priority,
            _label: &str,
            _cancel: Cancel,
            _work: Box<dyn FnOnce() -> Result<()> + Send>,
        ) {
        }
    }

    #[test]
    fn a_frame_has_as_many_peaks_as_the_file_counts() {
        let peaks = FramePeaks {
            counts: shape("counts", &[4]),
            x: shape("x", &[4, 8]),
            y: shape("y", &[4, 8]),
        };
        assert_eq!(
            of_frame(&peaks, 1, &mut Rows),
            [[3.0, 5.0]],
            "the finite one"
        );
        assert!(of_frame(&peaks, 4, &mut Rows).is_empty(), "no such frame");
    }
}
