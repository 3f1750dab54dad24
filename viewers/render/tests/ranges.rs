//! Histograms and automatic ranges.
#![expect(clippy::expect_used, reason = "a failed set-up fails the test")]

#[path = "support/noise.rs"]
mod noise;

use hutch_render::{AutoRange, BinScale, Distribution, Histogram, Range, RawFrame, SampleSlice};
use noise::noise;

fn frame(samples: SampleSlice<'_>) -> RawFrame<'_> {
    RawFrame::new(samples.len(), 1, samples).expect("one row")
}

fn converted<From: Copy + Into<To>, To>(values: &[From]) -> Vec<To> {
    values.iter().map(|value| (*value).into()).collect()
}

#[test]
fn percentiles_of_every_type_are_those_of_the_sorted_samples() {
    let values: Vec<i8> = noise(5)
        .take(1001)
        .map(|value| i8::try_from(value % 101).unwrap_or(0))
        .collect();
    let mut sorted = values.clone();
    sorted.sort_unstable();
    let expected = Range::new(f64::from(sorted[100]), f64::from(sorted[950]));
    let check = |samples: SampleSlice<'_>, what: &str| {
        let found = AutoRange::Percentile(10.0, 95.0).of(&frame(samples));
        assert_eq!(found, Some(expected), "10th and 95th percentile of {what}");
    };
    let unsigned: Vec<u8> = values.iter().map(|value| value.unsigned_abs()).collect();
    check(SampleSlice::U8(&unsigned), "u8");
    check(SampleSlice::I8(&values), "i8");
    check(SampleSlice::U16(&converted(&unsigned)), "u16");
    check(SampleSlice::I16(&converted(&values)), "i16");
    check(SampleSlice::U32(&converted(&unsigned)), "u32");
    check(SampleSlice::I32(&converted(&values)), "i32");
    check(SampleSlice::U64(&converted(&unsigned)), "u64");
    check(SampleSlice::I64(&converted(&values)), "i64");
    check(SampleSlice::F16(&converted(&values)), "f16");
    check(SampleSlice::F32(&converted(&values)), "f32");
    check(SampleSlice::F64(&converted(&values)), "f64");
    let complex: Vec<[f32; 2]> = values
        .iter()
        .map(|value| [f32::from(*value), 0.0])
        .collect();
    check(SampleSlice::Complex64(&complex), "complex");
}

#[test]
fn percentiles_of_floats_go_below_zero() {
    let samples = [
        -3.5_f32,
        -0.25,
        -0.0,
        0.0,
        1e-30,
        2.0,
        f32::NAN,
        f32::INFINITY,
    ];
    assert_eq!(
        AutoRange::Percentile(0.0, 100.0).of(&frame(SampleSlice::F32(&samples))),
        Some(Range::new(-3.5, 2.0)),
        "finite samples only"
    );
    assert_eq!(
        AutoRange::Percentile(20.0, 20.0).of(&frame(SampleSlice::F32(&samples))),
        Some(Range::new(-0.25, -0.25)),
        "the second of six"
    );
}

#[test]
fn a_percentile_between_two_samples_lies_on_the_line_between_them() {
    // numpy.percentile([1, 2, 4, 8], [10, 50, 90]), numpy 2.4.
    let found =
        hutch_render::percentiles(&frame(SampleSlice::U16(&[8, 1, 4, 2])), [10.0, 50.0, 90.0]);
    assert_eq!(
        found,
        Some([1.3, 3.0, 6.800_000_000_000_001]),
        "as numpy has it"
    );
}

#[test]
fn sentinels_and_masked_samples_count_nowhere() {
    let samples = [1_u32, 2, 3, u32::MAX, u32::MAX - 1, 1000];
    let frame = frame(SampleSlice::U32(&samples))
        .with_sentinels(&[u32::MAX.into(), (u32::MAX - 1).into()])
        .with_mask(&[0, 0, 0, 0, 0, 1])
        .expect("a mask of the same shape");
    for rule in [
        AutoRange::MinMax,
        AutoRange::Percentile(0.0, 100.0),
        AutoRange::Sigma(10.0),
    ] {
        assert_eq!(rule.of(&frame), Some(Range::new(1.0, 3.0)), "{rule:?}");
    }
    let histogram = Histogram::of(&frame, 2, Range::new(0.0, 2.0), BinScale::Linear);
    assert_eq!(
        (histogram.counts, histogram.above_count),
        (vec![0, 2], 1),
        "1 and 2 in the upper bin, 3 above"
    );
}

#[test]
fn a_frame_without_a_valid_sample_has_no_range() {
    for rule in [
        AutoRange::MinMax,
        AutoRange::Percentile(1.0, 99.0),
        AutoRange::Sigma(3.0),
    ] {
        assert_eq!(
            rule.of(&frame(SampleSlice::F32(&[f32::NAN; 3]))),
            None,
            "{rule:?}"
        );
    }
}

#[test]
fn a_histogram_counts_each_sample_once() {
    let samples: Vec<u16> = noise(9)
        .take(5000)
        .map(|value| u16::try_from(value % 4000).unwrap_or(0))
        .collect();
    for scale in [BinScale::Linear, BinScale::Logarithmic] {
        let histogram = Histogram::of(
            &frame(SampleSlice::U16(&samples)),
            64,
            Range::new(10.0, 3000.0),
            scale,
        );
        let total =
            histogram.counts.iter().sum::<u64>() + histogram.below_count + histogram.above_count;
        assert_eq!(total, 5000, "{scale:?}");
        let below = samples.iter().filter(|sample| **sample < 10).count() as u64;
        assert_eq!(histogram.below_count, below, "{scale:?}");
    }
}

/// Numbers of all sizes up to 2^`bits`, small ones often.
fn spread(bits: u64, count: usize) -> Vec<u64> {
    noise(11)
        .zip(noise(12))
        .take(count)
        .map(|(value, size)| u64::from(value) & ((1 << (u64::from(size) % bits)) - 1))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "any numbers will do"
)]
#[test]
fn what_is_read_off_the_counts_is_what_a_visit_of_each_sample_finds() {
    let mask: Vec<u8> = noise(13)
        .take(4001)
        .map(|value| u8::from(value % 5 == 0))
        .collect();
    let near: Vec<u32> = spread(18, 4001).iter().map(|&of| of as u32).collect();
    let wide: Vec<u32> = spread(32, 4001).iter().map(|&of| of as u32).collect();
    let signed: Vec<i32> = near.iter().map(|&of| of as i32 - 70_000).collect();
    let short: Vec<u16> = near.iter().map(|&of| of as u16).collect();
    let real: Vec<f32> = signed
        .iter()
        .map(|&of| of as f32 / 7.0)
        .chain([f32::NAN, f32::INFINITY])
        .skip(2)
        .collect();
    for samples in [
        SampleSlice::U32(&near),
        SampleSlice::U32(&wide),
        SampleSlice::I32(&signed),
        SampleSlice::U16(&short),
        SampleSlice::F32(&real),
    ] {
        let plain = frame(samples);
        let masked = plain.with_mask(&mask).expect("a mask of the same shape");
        let sentinels = plain.with_sentinels(&[3, 65_536, -7]);
        let limited = plain.with_saturation(Some(66_000.5));
        let all = masked
            .with_sentinels(&[3, 65_536, -7])
            .with_saturation(Some(900.0));
        for (frame, what) in [
            (plain, "all samples"),
            (masked, "not masked"),
            (sentinels, "no sentinels"),
            (limited, "not saturated"),
            (all, "neither"),
        ] {
            let mut found = Distribution::of(&frame);
            let (range, scale) = (Range::new(-100.0, 70_000.0), BinScale::Linear);
            let visited = Histogram::of(&frame, 97, range, scale);
            assert_eq!(
                found.histogram(97, range, scale),
                visited,
                "{samples:?}: {what}"
            );
            let ends = found
                .percentiles([0.0, 100.0])
                .map(|[lo, hi]| Range::new(lo, hi));
            assert_eq!(ends, AutoRange::MinMax.of(&frame), "{samples:?}: {what}");
        }
    }
}

#[test]
fn logarithmic_bins_are_equal_ratios() {
    let samples = [1_u16, 5, 10, 50, 100, 999];
    let histogram = Histogram::of(
        &frame(SampleSlice::U16(&samples)),
        3,
        Range::new(1.0, 1000.0),
        BinScale::Logarithmic,
    );
    assert_eq!(histogram.counts, [2, 2, 2], "one bin for each decade");
}

#[test]
fn sigma_is_the_standard_deviation() {
    let samples = [2.0_f64, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
    let range = AutoRange::Sigma(1.0)
        .of(&frame(SampleSlice::F64(&samples)))
        .expect("valid samples");
    assert!(
        (range.lo - 3.0).abs() < 1e-12 && (range.hi - 7.0).abs() < 1e-12,
        "mean 5, sigma 2, found {range:?}"
    );
}

#[test]
fn a_range_for_the_logarithm_is_positive() {
    assert_eq!(
        Range::new(0.0, 96.0).for_log(),
        Range::new(0.096, 96.0),
        "a thousandth of the upper end"
    );
    assert_eq!(
        Range::new(-5.0, 1e6).for_log(),
        Range::new(1.0, 1e6),
        "at most one count"
    );
    assert_eq!(
        Range::new(2.0, 8.0).for_log(),
        Range::new(2.0, 8.0),
        "positive already"
    );
}
