//! Samples counted on the device: the same numbers as on the processor, for every type that a device holds exactly.
#![expect(clippy::expect_used, reason = "a failed set-up fails the test")]

#[path = "support/device.rs"]
mod device;
#[path = "support/noise.rs"]
mod noise;

use device::software_gpu;
use half::f16;
use hutch_render::{
    BinScale, DeviceTier, Distribution, FramePyramid, Gpu, ImageFrame, Pooling, Range, RawFrame,
    SampleCounter, SampleSlice, Uploads,
};
use noise::noise;

/// More than a layer of the texture has, and no multiple of anything.
const WIDTH: usize = 2357;
const HEIGHT: usize = 911;
const PERCENTS: [f64; 7] = [0.0, 1.0, 12.34, 50.0, 99.0, 99.8, 100.0];

/// Numbers of which most are small, as counts are.
fn counts() -> Vec<u32> {
    noise(91)
        .take(WIDTH * HEIGHT)
        .map(|value| value >> (8 + value % 24))
        .collect()
}

fn converted<To>(convert: impl Fn(u32) -> To) -> Vec<To> {
    counts().into_iter().map(convert).collect()
}

fn frame(samples: SampleSlice<'_>) -> RawFrame<'_> {
    RawFrame::new(WIDTH, HEIGHT, samples).expect("a whole frame")
}

fn uploaded(gpu: &Gpu, frame: &RawFrame<'_>) -> ImageFrame {
    let pyramid = FramePyramid::build(frame, Pooling::Max).expect("a small frame");
    ImageFrame::from_pyramid(gpu, &pyramid).expect("room on the device")
}

/// Compares what both find.
fn assert_counts_alike(counter: &SampleCounter, frame: &RawFrame<'_>, what: &str) {
    let on_gpu = uploaded(counter.gpu(), frame);
    let mut found = Distribution::on_device(frame, counter, &on_gpu);
    let mut expected = Distribution::of(frame);
    assert_eq!(
        found.percentiles(PERCENTS),
        expected.percentiles(PERCENTS),
        "percentiles of {what}"
    );
    for (range, scale) in [
        (Range::new(-40.0, 4000.0), BinScale::Linear),
        (Range::new(0.5, 1e6), BinScale::Logarithmic),
        (Range::new(7.0, 7.25), BinScale::Linear),
    ] {
        assert_eq!(
            found.histogram(128, range, scale),
            expected.histogram(128, range, scale),
            "{scale:?} histogram of {what}"
        );
    }
    assert!(found.is_on_device(), "{what} is counted by the device");
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "any numbers will do"
)]
#[test]
fn the_device_counts_every_type_as_the_processor_does() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let counter = SampleCounter::new(&gpu).expect("a device that computes");
    let mask: Vec<u8> = noise(5)
        .take(WIDTH * HEIGHT)
        .map(|value| u8::from(value % 7 == 0))
        .collect();
    let check = |samples: SampleSlice<'_>, what: &str| {
        let plain = frame(samples);
        assert_counts_alike(&counter, &plain, what);
        let all = plain
            .with_mask(&mask)
            .expect("a mask of the same shape")
            .with_sentinels(&[0, 3, 255, 65_535])
            .with_saturation(Some(97.3));
        assert_counts_alike(&counter, &all, &format!("{what} with all that marks them"));
    };
    check(SampleSlice::U8(&converted(|of| of as u8)), "u8");
    check(SampleSlice::I8(&converted(|of| of as u8 as i8)), "i8");
    check(SampleSlice::U16(&converted(|of| of as u16)), "u16");
    check(SampleSlice::I16(&converted(|of| of as u16 as i16)), "i16");
    check(SampleSlice::U32(&counts()), "u32");
    check(
        SampleSlice::U32(&converted(|of| {
            if of % 11 == 0 { u32::MAX - of % 2 } else { of }
        })),
        "u32 with the largest numbers",
    );
    check(SampleSlice::I32(&converted(|of| of as i32 - 9000)), "i32");
    check(
        SampleSlice::F16(&converted(|of| f16::from_f32(of as f32 / 9.0 - 30.0))),
        "f16",
    );
    let real = converted(|of| match of % 101 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 => -0.0,
        _ => (of as f32 - 500.0) / 13.0,
    });
    check(SampleSlice::F32(&real), "f32");
}

#[test]
fn a_frame_without_valid_samples_has_no_percentile_on_the_device_either() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let counter = SampleCounter::new(&gpu).expect("a device that computes");
    let samples = vec![9_u16; WIDTH * HEIGHT];
    let saturated = frame(SampleSlice::U16(&samples)).with_saturation(Some(9.0));
    let on_gpu = uploaded(&gpu, &saturated);
    let mut found = Distribution::on_device(&saturated, &counter, &on_gpu);
    assert_eq!(found.percentiles([50.0]), None);
    assert!(found.is_on_device());
}

#[test]
fn what_the_device_does_not_hold_exactly_the_processor_counts() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let counter = SampleCounter::new(&gpu).expect("a device that computes");
    let wide = converted(|of| u64::from(of) << 30);
    let wide = frame(SampleSlice::U64(&wide));
    let on_gpu = uploaded(&gpu, &wide);
    let mut found = Distribution::on_device(&wide, &counter, &on_gpu);
    let expected = Distribution::of(&wide).percentiles(PERCENTS);
    assert_eq!(found.percentiles(PERCENTS), expected);
    assert!(!found.is_on_device() && found.refused().is_some());
}

#[test]
fn a_device_that_is_lost_leaves_the_counting_to_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let counter = SampleCounter::new(&gpu).expect("a device that computes");
    let samples = counts();
    let plain = frame(SampleSlice::U32(&samples));
    let on_gpu = uploaded(&gpu, &plain);
    gpu.device.destroy();
    let mut found = Distribution::on_device(&plain, &counter, &on_gpu);
    let expected = Distribution::of(&plain).percentiles(PERCENTS);
    assert_eq!(found.percentiles(PERCENTS), expected);
    assert!(!found.is_on_device() && found.refused().is_some());
}

#[test]
fn the_latest_uploads_stay_within_their_budget() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = vec![1_u8; 64 * 64];
    let small = RawFrame::new(64, 64, SampleSlice::U8(&samples)).expect("a whole frame");
    let pyramid = FramePyramid::build(&small, Pooling::Max).expect("a small frame");
    let uploads = Uploads::new(&gpu, 2 * pyramid.size_bytes());
    let kept: Vec<_> = (0..4)
        .map(|_| std::sync::Arc::downgrade(&uploads.upload(&pyramid).expect("room")))
        .map(|frame| move || frame.upgrade().is_some())
        .collect();
    let is_kept: Vec<bool> = kept.iter().map(|is_kept| is_kept()).collect();
    assert_eq!(is_kept, [false, false, true, true]);
}
