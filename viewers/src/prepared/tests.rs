use std::sync::Arc;

use hutch_analysis::reduce::Number;
use hutch_render::{AdapterWish, AutoRange, Gpu, Uploads};

use super::*;

#[test]
fn gaps_of_a_detector_do_not_widen_the_range() {
    let mut counts = vec![10u32; 64];
    counts[0] = u32::MAX;
    counts[1] = u32::MAX - 1;
    counts[2] = 40;
    let block = Block {
        shape: vec![1, 8, 8],
        samples: Samples::U32(counts),
        state: BlockState::Present,
    };
    let frame = prepare_frame(block, &FramePixels::default()).unwrap();
    assert!(
        (frame.min_max.hi - 40.0).abs() < 1e-9,
        "gaps are left out: {:?}",
        frame.min_max
    );
    let statistics = frame.statistics.unwrap();
    assert_eq!(statistics.masked, 2, "two gaps");
}

#[test]
fn images_of_modules_lie_one_below_another_and_share_a_mask() {
    let block = |shape: &[u64]| Block {
        shape: shape.to_vec(),
        samples: Samples::U8((0..128).collect()),
        state: BlockState::Present,
    };
    let mut mask = vec![false; 64];
    mask[3] = true;
    let pixels = FramePixels {
        mask: Some(mask.into()),
        ..FramePixels::default()
    };
    let frame = prepare_frame(block(&[1, 2, 8, 8]), &pixels).expect("two modules");
    assert_eq!(frame.size, [8, 16]);
    let second = frame.samples.get_text(64);
    assert_eq!(second, "64", "the second below the first");
    assert_eq!(frame.counts.masked, 2, "pixel 3 of each");
    assert!(frame.no_value(67).is_some());
    let short = prepare_frame(block(&[3, 8, 8]), &FramePixels::default());
    assert!(short.is_err(), "128 samples are not three images");
}

/// Counts 0 to 15 in `[1, 4, 4]`, the last row of which is not there.
fn counts_without_their_last_row() -> Block {
    Block {
        shape: vec![1, 4, 4],
        samples: Samples::U16((0..16).collect()),
        state: BlockState::Missing("one file is away".to_owned()),
    }
}

#[test]
fn masked_and_missing_pixels_count_for_nothing() {
    let mut mask = [false; 16];
    mask[0] = true;
    let pixels = FramePixels {
        mask: Some(Arc::from(mask)),
        gaps: Gaps::These((0..16).map(|pixel| pixel >= 12).collect()),
        saturation: Some(10.5),
    };
    let frame = prepare_frame(counts_without_their_last_row(), &pixels).unwrap();
    let statistics = frame.statistics.as_ref().unwrap();
    assert_eq!((statistics.count, statistics.masked), (11, 5));
    assert_eq!(statistics.sum, Number::Int((1..12).sum()));
    assert_eq!(statistics.saturated, 1, "11 alone is beyond 10.5");
    assert!(
        (frame.min_max.hi - 10.0).abs() < 1e-9,
        "what is saturated does not widen the range: {:?}",
        frame.min_max
    );
    let counts = frame.counts;
    assert_eq!(
        (counts.masked, counts.missing, counts.saturated),
        (1, 4, 1),
        "{counts:?}"
    );
    assert_eq!(frame.no_value(0), Some(NoValue::Masked));
    assert_eq!(frame.no_value(5), None);
    assert_eq!(frame.no_value(12), Some(NoValue::Missing));
}

#[test]
fn a_picture_scaled_to_16_bits_is_not_saturated() {
    let block = |bright: usize| Block {
        shape: vec![10, 10],
        samples: Samples::U16(
            (0..100)
                .map(|pixel| if pixel < bright { u16::MAX } else { 7 })
                .collect(),
        ),
        state: BlockState::Present,
    };
    let scaled = prepare_frame(block(50), &FramePixels::default()).unwrap();
    assert_eq!(scaled.saturation, None, "half of it is white");
    assert!((scaled.min_max.hi - 65_535.0).abs() < 1e-9, "white counts");
    let clipped = prepare_frame(block(2), &FramePixels::default()).unwrap();
    assert_eq!(clipped.saturation, Some(65_535.0), "two clipped pixels");
    assert!((clipped.min_max.hi - 7.0).abs() < 1e-9, "they do not count");
}

#[test]
fn ranges_from_statistics_are_those_of_a_pass_over_the_samples() {
    let counts = || (0..400_i16).map(|pixel| (pixel % 83) * (pixel % 83) % 97 - 2);
    let with_gaps = |gap: f32| {
        let values = counts().map(|count| f32::from(count) / 8.0);
        Samples::F32(values.chain([gap]).skip(1).collect())
    };
    for samples in [
        Samples::I32(counts().map(i32::from).collect()),
        with_gaps(f32::NAN),
        with_gaps(f32::INFINITY),
    ] {
        let block = Block {
            shape: vec![20, 20],
            samples,
            state: BlockState::Present,
        };
        let frame = prepare_frame(block, &FramePixels::default()).unwrap();
        let raw = frame.raw().unwrap();
        assert_eq!(Some(frame.min_max), AutoRange::MinMax.of(&raw));
        let passed = AutoRange::Sigma(3.0).of(&raw).unwrap();
        let found = frame.moments.sigma_range(3.0);
        let apart = (found.lo - passed.lo).abs() + (found.hi - passed.hi).abs();
        assert!(apart < 1e-9, "{found:?} and {passed:?}");
    }
}

#[test]
fn where_nobody_knows_what_is_missing_there_are_no_statistics() {
    let pixels = FramePixels {
        gaps: Gaps::Somewhere,
        ..FramePixels::default()
    };
    let frame = prepare_frame(counts_without_their_last_row(), &pixels).unwrap();
    assert!(frame.statistics.is_none());
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip_without_device(error: &RenderError) {
    let required = std::env::var("HUTCH_REQUIRE").unwrap_or_default();
    assert!(
        !required.contains("lavapipe"),
        "lavapipe is required here: {error}"
    );
    eprintln!("SKIP lavapipe: {error}");
}

#[test]
fn a_frame_that_is_counted_on_the_device_says_what_one_of_the_processor_says() {
    let gpu = match Gpu::headless(AdapterWish::Software) {
        Ok(gpu) => gpu,
        Err(error) => return skip_without_device(&error),
    };
    let device = Uploads::new(&gpu, 1 << 20).counting();
    let block = || Block {
        shape: vec![20, 30],
        samples: Samples::U32(
            (0..600)
                .map(|of| if of == 77 { u32::MAX } else { of * of })
                .collect(),
        ),
        state: BlockState::Present,
    };
    let pixels = FramePixels::default();
    let expected = prepare_frame(block(), &pixels).unwrap();
    let found = prepare_frame_on(Some(&device), block(), &pixels).unwrap();
    assert_eq!(found.percentile, expected.percentile);
    assert_eq!(found.histogram, expected.histogram);
    assert!(found.uploaded(gpu.generation).is_some(), "it is there");
    assert!(
        found.uploaded(gpu.generation + 1).is_none(),
        "no other device has it"
    );
    assert!(expected.uploaded(gpu.generation).is_none());
}
