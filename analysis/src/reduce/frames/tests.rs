//! Frames that become one.

use super::*;

/// The frames `[frame][pixel]` as one.
fn one(kind: Reduction, frames: &[Samples], options: &Options<'_>) -> Vec<f64> {
    let mut reducer = FrameReducer::new(kind);
    for _ in 0..100 {
        // A few at a time, as they are read.
        for some in frames.chunks(3) {
            let some = some.iter().map(|samples| Frame::whole(samples, *options));
            reducer.add(&some.collect::<Vec<_>>()).unwrap();
        }
        if !reducer.end_pass() {
            let [done, all] = reducer.passes();
            assert!(done == all || kind != Reduction::Median, "{done} of {all}");
            return reducer.values();
        }
    }
    panic!("{kind:?} does not end");
}

/// Numbers that look random, the same each time.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        // Steele, Lea and Flood, OOPSLA 2014: splitmix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

fn sorted_median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[len / 2],
        len => f64::midpoint(values[len / 2 - 1], values[len / 2]),
    }
}

fn assert_medians(frames: &[Samples], what: &str) {
    let found = one(Reduction::Median, frames, &Options::default());
    for (pixel, found) in found.iter().enumerate() {
        let values = frames.iter().map(|frame| frame.get_f64(pixel));
        let expected = sorted_median(values.filter(|value| !value.is_nan()).collect());
        let is_same = found.total_cmp(&expected).is_eq() || (found.is_nan() && expected.is_nan());
        assert!(is_same, "{what}, pixel {pixel}: {found}, not {expected}");
    }
}

#[test]
fn medians_are_those_of_sorted_samples_of_every_type() {
    let count = 37;
    for frame_count in [1, 2, 3, 8, 31, 64] {
        let mut noise = noise(frame_count);
        let mut frames = |make: &dyn Fn(Vec<u64>) -> Samples| -> Vec<Samples> {
            (0..frame_count)
                .map(|_| make(noise.by_ref().take(count).collect()))
                .collect()
        };
        macro_rules! check {
            ($kind:ident, $of:expr) => {{
                let made = frames(&|bits| Samples::$kind(bits.into_iter().map($of).collect()));
                assert_medians(&made, stringify!($kind));
            }};
        }
        check!(U8, |bits: u64| bits.to_le_bytes()[0]);
        check!(U16, |bits: u64| u16::try_from(bits % 7).unwrap());
        check!(U32, |bits: u64| u32::try_from(bits >> 32).unwrap());
        check!(U64, |bits: u64| bits);
        check!(I8, |bits: u64| bits.to_le_bytes()[0].cast_signed());
        check!(I16, |bits: u64| i16::try_from(bits % 9).unwrap() - 4);
        check!(I64, u64::cast_signed);
        check!(F32, |bits: u64| (bits % 1000) as f32 * 0.37 - 150.0);
        check!(F64, |bits: u64| {
            let value = f64::from_bits(bits);
            if bits.is_multiple_of(5) || !value.is_finite() {
                f64::NAN
            } else {
                value
            }
        });
    }
}

#[test]
fn a_median_of_two_numbers_far_apart_is_their_mean() {
    let frames = [
        Samples::F32(vec![-3e38, 0.0, 1.0]),
        Samples::F32(vec![3e38, -0.0, 2.0]),
    ];
    let found = one(Reduction::Median, &frames, &Options::default());
    assert_eq!(found, [0.0, 0.0, 1.5], "between the two");
    let frames = [Samples::I64(vec![i64::MIN]), Samples::I64(vec![i64::MAX])];
    let found = one(Reduction::Median, &frames, &Options::default());
    assert!(
        found[0].abs() < 1.0,
        "the whole range of the type: {found:?}"
    );
}

#[test]
fn frames_of_many_pixels_find_their_medians_in_parts() {
    // More pixels than are looked at by one core, so that runs meet.
    let len = 20_000_u32;
    let frames: Vec<Samples> = (0..5_u32)
        .map(|frame| {
            Samples::U32(
                (0..len)
                    .map(|pixel| (pixel * 7 + frame * 13) % 101)
                    .collect(),
            )
        })
        .collect();
    assert_medians(&frames, "many");
}

#[test]
fn pixels_that_do_not_count_are_left_out() {
    let mask = [false, true, false];
    let options = Options {
        mask: Some(&mask),
        sentinels: &[i128::from(u32::MAX)],
        saturation: None,
    };
    let frames = [
        Samples::U32(vec![1, 5, u32::MAX]),
        Samples::U32(vec![2, 5, u32::MAX]),
        Samples::U32(vec![u32::MAX, 5, u32::MAX]),
    ];
    for (kind, expected) in [
        (Reduction::Sum, 3.0),
        (Reduction::Mean, 1.5),
        (Reduction::Max, 2.0),
        (Reduction::Min, 1.0),
        (Reduction::Sigma, 0.5),
        (Reduction::Median, 1.5),
    ] {
        let found = one(kind, &frames, &options);
        assert!((found[0] - expected).abs() < 1e-12, "{kind:?}: {found:?}");
        assert!(
            found[1].is_nan() && found[2].is_nan(),
            "{kind:?}: {found:?}"
        );
    }
}

#[test]
fn frames_that_do_not_go_together_are_refused() {
    let mut reducer = FrameReducer::new(Reduction::Median);
    fn frame(samples: &Samples) -> [Frame<'_>; 1] {
        [Frame::whole(samples, Options::default())]
    }
    reducer.add(&frame(&Samples::U8(vec![1, 2]))).unwrap();
    let longer = reducer.add(&frame(&Samples::U8(vec![1, 2, 3])));
    assert_eq!(longer.unwrap_err().kind, ErrorKind::Shape, "another shape");
    let real = reducer.add(&frame(&Samples::F32(vec![1.0, 2.0])));
    assert_eq!(
        real.unwrap_err().kind,
        ErrorKind::Unsupported,
        "another type"
    );
    let text = Samples::Text(vec![String::new(), String::new()]);
    let text = FrameReducer::new(Reduction::Sum).add(&frame(&text));
    assert_eq!(text.unwrap_err().kind, ErrorKind::Unsupported, "no numbers");
}

#[test]
fn no_frames_become_nothing() {
    for kind in Reduction::ALL {
        let mut reducer = FrameReducer::new(kind);
        reducer.add(&[]).unwrap();
        assert!(!reducer.end_pass(), "{kind:?} has nothing to look at again");
        assert!(reducer.values().is_empty(), "{kind:?}");
        assert_eq!(Reduction::named(kind.name()), Some(kind), "its name");
    }
}
