//! Pictures of frames: the device against the twin on the processor, and what must never be lost.
#![expect(clippy::expect_used, reason = "a failed set-up fails the test")]

#[path = "support/noise.rs"]
mod noise;
mod support;

use half::f16;
use hutch_render::cpu::shade_image;
use hutch_render::headless::{HeadlessFrame, render_image_to_rgba};
use hutch_render::{
    ColourMap, Component, DeviceTier, FramePyramid, Gpu, ImageDisplay, ImageFromTarget, Marks,
    Norm, Pooling, Range, RawFrame, RgbaPicture, SampleSlice,
};
use noise::noise;
use support::{assert_same_picture, software_gpu};

const NORMS: [Norm; 6] = [
    Norm::Linear,
    Norm::Log,
    Norm::Sqrt,
    Norm::Asinh { stretch: 10.0 },
    Norm::Symlog { threshold: 2.0 },
    Norm::Gamma { exponent: 0.45 },
];

const WIDTH: usize = 61;
const HEIGHT: usize = 37;
const SIZE: [u32; 2] = [61, 37];

/// Draws on both and compares, with the pixels of the device as result.
fn draw_on_both(
    gpu: &Gpu,
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    size: [u32; 2],
    what: &str,
) -> RgbaPicture {
    let picture = render_image_to_rgba(gpu, pyramid, display, size).expect("draw on the device");
    assert_same_picture(&picture, &shade_image(pyramid, display, size), 1, what);
    picture
}

fn one_to_one(size: [u32; 2], range: Range) -> ImageDisplay {
    ImageDisplay::new(ImageFromTarget::fit(size, size), range)
}

fn pyramid_of(width: usize, height: usize, samples: SampleSlice<'_>) -> FramePyramid {
    let frame = RawFrame::new(width, height, samples).expect("a whole frame");
    FramePyramid::build(&frame, Pooling::Max).expect("a small frame")
}

fn with_samples<T>(convert: impl Fn(u32) -> T) -> Vec<T> {
    noise(7).take(WIDTH * HEIGHT).map(convert).collect()
}

/// Each sample type with values that fill part of its range.
fn for_each_type(mut visit: impl FnMut(&str, SampleSlice<'_>, Range)) {
    let positive = Range::new(3.0, 120.0);
    let signed = Range::new(-50.0, 70.0);
    let small = |value: u32| u8::try_from(value % 128).unwrap_or(0);
    let both = |value: u32| i8::try_from(value % 128).unwrap_or(0) - 64;
    visit("u8", SampleSlice::U8(&with_samples(small)), positive);
    visit(
        "u16",
        SampleSlice::U16(&with_samples(|value| u16::from(small(value)))),
        positive,
    );
    visit(
        "u32",
        SampleSlice::U32(&with_samples(|value| u32::from(small(value)))),
        positive,
    );
    visit(
        "u64",
        SampleSlice::U64(&with_samples(|value| u64::from(small(value)))),
        positive,
    );
    visit("i8", SampleSlice::I8(&with_samples(both)), signed);
    visit(
        "i16",
        SampleSlice::I16(&with_samples(|value| i16::from(both(value)))),
        signed,
    );
    visit(
        "i32",
        SampleSlice::I32(&with_samples(|value| i32::from(both(value)))),
        signed,
    );
    visit(
        "i64",
        SampleSlice::I64(&with_samples(|value| i64::from(both(value)))),
        signed,
    );
    visit(
        "f16",
        SampleSlice::F16(&with_samples(|value| {
            f16::from_f32(f32::from(both(value)) * 0.7)
        })),
        signed,
    );
    visit(
        "f32",
        SampleSlice::F32(&with_samples(|value| f32::from(both(value)) * 0.7)),
        signed,
    );
    visit(
        "f64",
        SampleSlice::F64(&with_samples(|value| f64::from(both(value)) * 0.7)),
        signed,
    );
    let complex = with_samples(|value| [f32::from(both(value)), f32::from(both(value >> 8))]);
    visit("complex", SampleSlice::Complex64(&complex), positive);
}

#[test]
fn every_sample_type_and_norm_looks_the_same_on_the_device_and_on_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    for_each_type(|name, samples, range| {
        let pyramid = pyramid_of(WIDTH, HEIGHT, samples);
        for norm in NORMS {
            let mut display = one_to_one(SIZE, range);
            display.norm = norm;
            display.colour_map = ColourMap::VIRIDIS;
            display.marks.below = Some([10, 20, 30, 255]);
            draw_on_both(
                &gpu,
                &pyramid,
                &display,
                SIZE,
                &format!("{name}, {}", norm.name()),
            );
        }
    });
}

#[test]
fn every_component_of_complex_samples_looks_the_same_on_the_device_and_on_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples =
        with_samples(|value| [(value % 17) as f32 - 8.0, (value >> 9) as f32 % 13.0 - 6.0]);
    let pyramid = pyramid_of(WIDTH, HEIGHT, SampleSlice::Complex64(&samples));
    for component in [
        Component::Magnitude,
        Component::Phase,
        Component::Real,
        Component::Imaginary,
    ] {
        let mut display = one_to_one(SIZE, Range::new(-3.2, 3.2));
        display.component = component;
        display.colour_map = ColourMap::TWILIGHT;
        draw_on_both(&gpu, &pyramid, &display, SIZE, &format!("{component:?}"));
    }
}

#[test]
fn everything_works_on_a_device_with_the_lowest_limits_and_no_feature() {
    let Some(gpu) = software_gpu(DeviceTier::Baseline) else {
        return;
    };
    for_each_type(|name, samples, range| {
        let pyramid = pyramid_of(WIDTH, HEIGHT, samples);
        draw_on_both(&gpu, &pyramid, &one_to_one([40, 30], range), [40, 30], name);
    });
}

#[test]
fn a_frame_wider_than_the_widest_texture_is_drawn_whole() {
    let Some(gpu) = software_gpu(DeviceTier::Baseline) else {
        return;
    };
    let (width, height) = (5071, 1000);
    let samples: Vec<u8> = (0..width * height)
        .map(|index| u8::from(index % width == width - 1))
        .collect();
    let pyramid = pyramid_of(width, height, SampleSlice::U8(&samples));
    let mut display = one_to_one([64, 64], Range::new(0.0, 1.0));
    display.image_from_target = ImageFromTarget::centred([64, 64], [5050.0, 950.0], [1.0, 1.0]);
    let picture = draw_on_both(
        &gpu,
        &pyramid,
        &display,
        [64, 64],
        "right edge of a wide frame",
    );
    // Image column 5070 is at target column 32 + 20 (column 5050 has its centre between 31 and 32).
    let bright: Vec<u32> = (0..64)
        .filter(|x| picture.pixel(*x, 10)[0] == 255)
        .collect();
    assert_eq!(bright.len(), 1, "one bright column, found {bright:?}");
}

#[test]
fn neighbouring_sentinels_of_32_bits_are_told_apart() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = [u32::MAX, u32::MAX - 1, u32::MAX - 2, 5];
    let frame = RawFrame::new(4, 1, SampleSlice::U32(&samples))
        .expect("a frame")
        .with_sentinels(&[u32::MAX.into()]);
    let pyramid = FramePyramid::build(&frame, Pooling::Max).expect("a small frame");
    let marks = Marks {
        masked: [1, 2, 3, 255],
        saturated: Some([9, 8, 7, 255]),
        ..Marks::default()
    };
    let mut display = one_to_one([4, 1], Range::new(0.0, 10.0));
    display.marks = marks;
    display.saturation = Some(f64::from(u32::MAX - 1));
    let picture = draw_on_both(&gpu, &pyramid, &display, [4, 1], "sentinels");
    assert_eq!(picture.pixel(0, 0), [1, 2, 3, 255], "2^32 - 1 is masked");
    assert_eq!(picture.pixel(1, 0), [9, 8, 7, 255], "2^32 - 2 is saturated");
    assert_eq!(
        picture.pixel(2, 0),
        [255; 4],
        "2^32 - 3 is a plain, large count"
    );
    assert_eq!(
        picture.pixel(3, 0),
        [128, 128, 128, 255],
        "5 is in the middle of the range"
    );
}

#[test]
fn a_narrow_range_far_from_zero_keeps_every_count_apart() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let base = 4_000_000_001_u32;
    let samples: Vec<u32> = (0..5).map(|step| base + step).collect();
    let display = one_to_one([5, 1], Range::new(f64::from(base), f64::from(base + 4)));
    let picture = draw_on_both(
        &gpu,
        &pyramid_of(5, 1, SampleSlice::U32(&samples)),
        &display,
        [5, 1],
        "counts",
    );
    let grays: Vec<u8> = (0..5).map(|x| picture.pixel(x, 0)[0]).collect();
    assert_eq!(grays, [0, 64, 128, 191, 255], "five counts are five grays");
}

#[test]
fn sentinels_of_64_bits_are_exact() {
    let samples = [u64::MAX, u64::MAX - 1];
    let frame = RawFrame::new(2, 1, SampleSlice::U64(&samples))
        .expect("a frame")
        .with_sentinels(&[u64::MAX.into()]);
    let pyramid = FramePyramid::build(&frame, Pooling::Max).expect("a small frame");
    let mut display = one_to_one([2, 1], Range::new(0.0, 1.0));
    display.marks.masked = [1, 2, 3, 255];
    let picture = shade_image(&pyramid, &display, [2, 1]);
    assert_eq!(picture.pixel(0, 0), [1, 2, 3, 255], "2^64 - 1 is masked");
    assert_eq!(picture.pixel(1, 0), [255; 4], "2^64 - 2 is a count");
}

#[test]
fn nan_infinities_and_masked_pixels_have_their_own_colours() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = [f32::NAN, f32::INFINITY, 1.0, -f32::NAN, 0.0, 7.0];
    let frame = RawFrame::new(6, 1, SampleSlice::F32(&samples))
        .expect("a frame")
        .with_mask(&[0, 0, 1, 0, 0, 0]);
    let pyramid = FramePyramid::build(&frame.expect("a mask of the same shape"), Pooling::Max)
        .expect("small");
    let mut display = one_to_one([6, 1], Range::new(0.0, 1.0));
    display.marks = Marks {
        masked: [1, 2, 3, 255],
        not_finite: [4, 5, 6, 255],
        above: Some([7, 7, 7, 255]),
        ..Marks::default()
    };
    let picture = draw_on_both(&gpu, &pyramid, &display, [6, 1], "marks");
    for x in [0, 1, 3] {
        assert_eq!(
            picture.pixel(x, 0),
            [4, 5, 6, 255],
            "pixel {x} is not finite"
        );
    }
    assert_eq!(
        picture.pixel(2, 0),
        [1, 2, 3, 255],
        "the third pixel is masked"
    );
    assert_eq!(picture.pixel(4, 0), [0, 0, 0, 255], "zero is the lower end");
    assert_eq!(
        picture.pixel(5, 0),
        [7, 7, 7, 255],
        "seven is above the range"
    );
}

#[test]
fn a_pixel_has_its_centre_at_its_index() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let mut samples = [0_u8; 64];
    samples[3 * 8 + 5] = 1;
    let pyramid = pyramid_of(8, 8, SampleSlice::U8(&samples));
    let mut display = one_to_one([20, 20], Range::new(0.0, 1.0));
    // Pixel (5, 3), four target pixels wide, in the middle of the picture.
    display.image_from_target = ImageFromTarget::centred([20, 20], [5.0, 3.0], [4.0, 4.0]);
    let picture = draw_on_both(&gpu, &pyramid, &display, [20, 20], "zoomed in");
    for y in 0..20 {
        for x in 0..20 {
            let is_inside = (8..12).contains(&x) && (8..12).contains(&y);
            assert_eq!(
                picture.pixel(x, y)[0] == 255,
                is_inside,
                "pixel {x}, {y} of the picture"
            );
        }
    }
}

#[test]
fn a_single_hot_pixel_survives_any_zoom_out() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let (width, height) = (517_usize, 389_usize);
    for hot in [0, 77_777, width * height - 1] {
        let mut samples = vec![0_u16; width * height];
        samples[hot] = 65_535;
        let pyramid = pyramid_of(width, height, SampleSlice::U16(&samples));
        for size in [[300, 226], [200, 151], [64, 49], [20, 15], [3, 2], [1, 1]] {
            let map = ImageFromTarget::fit(size, [517, 389]);
            let display = ImageDisplay::new(map, Range::new(0.0, 65_535.0));
            let picture = render_image_to_rgba(&gpu, &pyramid, &display, size).expect("draw");
            let is_seen = picture
                .pixels
                .chunks_exact(4)
                .any(|pixel| pixel == [255; 4]);
            assert!(is_seen, "hot pixel {hot} is seen in a picture of {size:?}");
        }
    }
}

#[test]
fn the_mean_keeps_the_brightness_of_noise_when_zoomed_out() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples: Vec<u16> = noise(3)
        .take(256 * 256)
        .map(|value| u16::try_from(value % 1000).unwrap_or(0))
        .collect();
    let frame = RawFrame::new(256, 256, SampleSlice::U16(&samples)).expect("a frame");
    let pyramid = FramePyramid::build(&frame, Pooling::Mean).expect("a small frame");
    let display = ImageDisplay::new(
        ImageFromTarget::fit([16, 16], [256, 256]),
        Range::new(0.0, 1000.0),
    );
    let picture = draw_on_both(&gpu, &pyramid, &display, [16, 16], "mean of noise");
    for pixel in picture.pixels.chunks_exact(4) {
        assert!(
            (107..=147).contains(&pixel[0]),
            "the mean of 0..1000 is in the middle, found {}",
            pixel[0]
        );
    }
}

#[test]
fn the_gaps_of_a_detector_do_not_grow_when_zoomed_out() {
    let samples: Vec<u32> = (0..64 * 64)
        .map(|index| if index % 64 % 8 == 0 { u32::MAX } else { 1 })
        .collect();
    let frame = RawFrame::new(64, 64, SampleSlice::U32(&samples))
        .expect("a frame")
        .with_sentinels(&[u32::MAX.into()]);
    let pyramid = FramePyramid::build(&frame, Pooling::Max).expect("a small frame");
    let display = ImageDisplay::new(
        ImageFromTarget::fit([16, 16], [64, 64]),
        Range::new(0.0, 1.0),
    );
    let picture = shade_image(&pyramid, &display, [16, 16]);
    assert!(
        picture.pixels.iter().all(|channel| *channel == 255),
        "each block has a valid sample, which is shown"
    );
}

#[test]
fn flips_and_quarter_turns_look_the_same_on_the_device_and_on_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = with_samples(|value| u16::try_from(value % 100).unwrap_or(0));
    let pyramid = pyramid_of(WIDTH, HEIGHT, SampleSlice::U16(&samples));
    let mut display = one_to_one([37, 61], Range::new(0.0, 100.0));
    display.image_from_target = ImageFromTarget {
        x: [0.0, 1.0],
        y: [-1.0, 0.0],
        origin: [-0.5, HEIGHT as f64 - 0.5],
    };
    let picture = draw_on_both(&gpu, &pyramid, &display, [37, 61], "quarter turn");
    let expected = (f64::from(samples[(HEIGHT - 1) * WIDTH]) / 100.0 * 255.0).round();
    assert!(
        (f64::from(picture.pixel(0, 0)[0]) - expected).abs() <= 1.0,
        "the lower left corner turned to the upper left"
    );
}

#[test]
fn a_frame_without_pixels_is_refused() {
    let frame = RawFrame::new(0, 4, SampleSlice::U8(&[])).expect("no samples for no pixels");
    assert!(
        FramePyramid::build(&frame, Pooling::Max).is_err(),
        "nothing to draw"
    );
    assert!(
        RawFrame::new(2, 2, SampleSlice::U8(&[1, 2, 3])).is_err(),
        "three samples are not two by two"
    );
}

/// A change of a display, and what it is called.
type Step = (&'static str, fn(&mut ImageDisplay));

#[test]
fn a_picture_follows_every_change_of_its_display() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = with_samples(|value| u16::try_from(value % 100).unwrap_or(0));
    let pyramid = pyramid_of(WIDTH, HEIGHT, SampleSlice::U16(&samples));
    let mut on_device = HeadlessFrame::new(&gpu, &pyramid).expect("a frame on the device");
    let mut display = one_to_one(SIZE, Range::new(0.0, 100.0));
    // Each step keeps the changes before it: what was pooled for one display must not be shown in another.
    let steps: [Step; 7] = [
        ("as it was", |_| {}),
        ("a range", |display| display.range = Range::new(10.0, 60.0)),
        ("a norm", |display| display.norm = Norm::Sqrt),
        ("a colour map", |display| display.is_inverted = true),
        ("a saturation", |display| {
            display.saturation = Some(90.0);
            display.marks.saturated = Some([255, 0, 0, 255]);
        }),
        ("a place", |display| {
            display.image_from_target = ImageFromTarget::fit([30, 18], [61, 37]);
        }),
        ("another saturation", |display| {
            display.saturation = Some(40.0);
        }),
    ];
    for (what, change) in steps {
        change(&mut display);
        on_device.draw(&display, SIZE).expect("draw");
        let picture = on_device.picture().expect("a picture");
        assert_same_picture(&picture, &shade_image(&pyramid, &display, SIZE), 1, what);
    }
}

#[test]
fn a_complex_frame_follows_a_change_of_its_component() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = with_samples(|value| {
        let turn = value as f32 * 0.37;
        [turn.sin() * 40.0, turn.cos() * 60.0]
    });
    let pyramid = pyramid_of(WIDTH, HEIGHT, SampleSlice::Complex64(&samples));
    let mut on_device = HeadlessFrame::new(&gpu, &pyramid).expect("a frame on the device");
    let mut display = one_to_one(SIZE, Range::new(0.0, 60.0));
    for component in [
        Component::Magnitude,
        Component::PhaseColour,
        Component::Real,
        Component::Phase,
    ] {
        display.component = component;
        on_device.draw(&display, SIZE).expect("draw");
        let picture = on_device.picture().expect("a picture");
        let expected = shade_image(&pyramid, &display, SIZE);
        assert_same_picture(&picture, &expected, 1, &format!("{component:?}"));
    }
}

#[test]
fn numbers_beyond_single_precision_are_out_of_range_and_no_nan() {
    let far = [1e300, -1e300, 0.0, 1.0, f64::NAN, f64::INFINITY, 0.5, 0.25];
    let pyramid = pyramid_of(4, 2, SampleSlice::F64(&far));
    let mut display = one_to_one([4, 2], Range::new(0.0, 1.0));
    let mark = |red: u8| [red, 0, 0, 255];
    display.marks = Marks {
        not_finite: mark(10),
        above: Some(mark(20)),
        below: Some(mark(30)),
        ..Marks::default()
    };
    let reds = |picture: &RgbaPicture| -> Vec<u8> {
        let pixels = picture.pixels.chunks_exact(4);
        pixels
            .map(|pixel| {
                if pixel[1] == 0 && pixel[2] == 0 {
                    pixel[0]
                } else {
                    255
                }
            })
            .collect()
    };
    let draw = |pyramid: &FramePyramid, display: &ImageDisplay| {
        let size = [pyramid.width(), pyramid.height()];
        match software_gpu(DeviceTier::Baseline) {
            Some(gpu) => draw_on_both(&gpu, pyramid, display, size, "far numbers"),
            None => shade_image(pyramid, display, size),
        }
    };
    let found = reds(&draw(&pyramid, &display));
    assert_eq!(found[..2], [20, 30], "above and below the range: {found:?}");
    assert_eq!(
        found[4..6],
        [10, 10],
        "only these are no numbers: {found:?}"
    );
    display.range = Range::new(-1e300, 1e300);
    let found = draw(&pyramid, &display);
    assert!(
        reds(&found)[..4]
            .iter()
            .all(|red| ![10, 20, 30].contains(red)),
        "all of them lie in the range: {:?}",
        reds(&found)
    );
    let pixel = |index: usize| &found.pixels[4 * index..4 * index + 4];
    assert_ne!(pixel(0), pixel(1), "the ends have other colours");
    let half = pyramid_of(2, 2, SampleSlice::F64(&[1e300, 1e300, f64::NAN, 1e300]));
    let mean = FramePyramid::build(
        &RawFrame::new(2, 2, SampleSlice::F64(&[1e300; 4])).expect("a whole frame"),
        Pooling::Mean,
    );
    display.range = Range::new(0.0, 1.0);
    for pyramid in [&half, &mean.expect("a small frame")] {
        let mut small = display;
        small.image_from_target = ImageFromTarget::fit([1, 1], [2, 2]);
        assert_eq!(
            reds(&shade_image(pyramid, &small, [1, 1])),
            [20],
            "from far off, too"
        );
    }
}
