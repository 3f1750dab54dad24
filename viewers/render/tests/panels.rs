//! Pictures of detectors of many panels, each where it lies, on a software device and on the processor.
#![expect(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an integration test with numbers of its own making"
)]

mod support;

use hutch_render::cpu::shade_panels;
use hutch_render::headless::{HeadlessFrame, render_panels_to_rgba};
use hutch_render::{
    DeviceTier, FramePyramid, Gpu, ImageDisplay, ImageFromTarget, Marks, PanelPlace, Pooling,
    Range, RawFrame, RgbaPicture, SampleSlice,
};
use support::{assert_same_picture, software_gpu};

/// Panels of a stored frame of 70 x 111 pixels, three on top of each other, whose edges lie on no power of two.
const WIDTH: u32 = 70;
const PANEL: [u32; 2] = [70, 37];
const COUNT: u32 = 3;
/// The picture that they are drawn in.
const ROOM: [u32; 2] = [240, 160];

/// Where a panel lies: the picture point of the corner of its first pixel, the angle that it is turned by, and how much
/// shorter it looks along its slow axis.
type Pose = ([f64; 2], f64, f64);
const POSES: [Pose; 3] = [
    ([40.3, 10.7], 0.03, 1.0),
    ([190.0, 60.5], std::f64::consts::PI + 0.4, 1.0),
    ([60.0, 150.0], -1.3, 0.8),
];

/// The point of the picture at a point `[x, y]` of a panel, counted from the corner of its first pixel.
fn picture_point((corner, angle, shrink): Pose, [x, y]: [f64; 2]) -> [f64; 2] {
    let (sine, cosine) = angle.sin_cos();
    let y = y * shrink;
    // Pixel i has its centre at i, so corners are half a pixel before.
    [
        corner[0] + x * cosine - y * sine - 0.5,
        corner[1] + x * sine + y * cosine - 0.5,
    ]
}

fn places() -> Vec<PanelPlace> {
    (0..COUNT)
        .zip(POSES)
        .map(|(panel, (corner, angle, shrink))| {
            let (sine, cosine) = angle.sin_cos();
            let first = [0, panel * PANEL[1]];
            // The inverse of `picture_point`, and from corners of pixels to their centres.
            let x = [cosine, sine];
            let y = [-sine / shrink, cosine / shrink];
            let along = |row: [f64; 2]| row[0] * (0.5 - corner[0]) + row[1] * (0.5 - corner[1]);
            PanelPlace {
                first,
                size: PANEL,
                stored_from_picture: ImageFromTarget {
                    x,
                    y,
                    origin: [
                        along(x) + f64::from(first[0]) - 0.5,
                        along(y) + f64::from(first[1]) - 0.5,
                    ],
                },
            }
        })
        .collect()
}

fn pyramid_of(samples: &[u16], pooling: Pooling) -> FramePyramid {
    let height = (PANEL[1] * COUNT) as usize;
    let frame = RawFrame::new(WIDTH as usize, height, SampleSlice::U16(samples)).expect("a frame");
    FramePyramid::build(&frame, pooling).expect("a small frame")
}

/// Counts from 1 on, scattered.
fn counts() -> Vec<u16> {
    (0..WIDTH * PANEL[1] * COUNT)
        .map(|pixel| (pixel.wrapping_mul(2_654_435_761) >> 22) as u16 % 250 + 1)
        .collect()
}

const OUTSIDE: [u8; 4] = [1, 2, 3, 255];

/// A display that shows counts as their own grey.
fn display(image_from_target: ImageFromTarget) -> ImageDisplay {
    ImageDisplay {
        marks: Marks {
            outside: OUTSIDE,
            ..Marks::default()
        },
        ..ImageDisplay::new(image_from_target, Range::new(0.0, 255.0))
    }
}

fn fitted(size: [u32; 2]) -> ImageDisplay {
    display(ImageFromTarget::fit(size, ROOM))
}

/// Draws on both, compares, and gives the picture of the device. Pixels whose middle lies on the edge of a texel may
/// fall to either side, which is rare.
fn draw_on_both(
    gpu: &Gpu,
    pyramid: &FramePyramid,
    display: &ImageDisplay,
    size: [u32; 2],
    what: &str,
) -> RgbaPicture {
    let panels = places();
    let picture = render_panels_to_rgba(gpu, pyramid, display, &panels, size).expect("draw");
    let twin = shade_panels(pyramid, display, &panels, size);
    assert_same_picture(&picture, &twin, 1, what);
    picture
}

#[test]
fn panels_look_the_same_on_the_device_and_on_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    for pooling in [Pooling::Max, Pooling::Mean] {
        let pyramid = pyramid_of(&counts(), pooling);
        for size in [[960, 640], [241, 163], [97, 61], [31, 20], [5, 3], [1, 1]] {
            let what = format!("{pooling:?} in {size:?}");
            draw_on_both(&gpu, &pyramid, &fitted(size), size, &what);
        }
    }
}

#[test]
fn panels_are_drawn_on_a_device_with_the_lowest_limits_and_no_feature() {
    let Some(gpu) = software_gpu(DeviceTier::Baseline) else {
        return;
    };
    let pyramid = pyramid_of(&counts(), Pooling::Max);
    draw_on_both(&gpu, &pyramid, &fitted([200, 140]), [200, 140], "baseline");
}

#[test]
fn every_stored_pixel_has_its_colour_at_its_assembled_place() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = counts();
    let pyramid = pyramid_of(&samples, Pooling::Max);
    let size = ROOM.map(|edge| edge * 4);
    let picture = draw_on_both(&gpu, &pyramid, &fitted(size), size, "four times as large");
    for (panel, pose) in (0..COUNT).zip(POSES) {
        for y in 0..PANEL[1] {
            for x in 0..PANEL[0] {
                let [across, down] = picture_point(pose, [f64::from(x) + 0.5, f64::from(y) + 0.5])
                    .map(|place| ((place + 0.5) * 4.0) as u32);
                let stored = ((panel * PANEL[1] + y) * WIDTH + x) as usize;
                let grey = picture.pixel(across, down)[0];
                assert!(
                    u16::from(grey).abs_diff(samples[stored]) <= 1,
                    "pixel {x}, {y} of panel {panel} is {grey}, not {}",
                    samples[stored]
                );
            }
        }
    }
}

#[test]
fn what_no_panel_covers_has_the_colour_of_outside() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let pyramid = pyramid_of(&counts(), Pooling::Max);
    let picture = draw_on_both(&gpu, &pyramid, &fitted(ROOM), ROOM, "as large as it is");
    // Far from all panels, by the numbers of their poses.
    for [x, y] in [[5, 5], [235, 155], [5, 155], [30, 60]] {
        assert_eq!(picture.pixel(x, y), OUTSIDE, "pixel {x}, {y}");
    }
    let covered = picture
        .pixels
        .chunks_exact(4)
        .filter(|pixel| *pixel != OUTSIDE);
    let covered = covered.count() as f64;
    let area = f64::from(PANEL[0] * PANEL[1]) * 2.8;
    assert!(
        covered > 0.99 * area && covered < 1.03 * area,
        "{covered} pixels for {area}"
    );
}

#[test]
fn a_single_hot_pixel_of_a_turned_panel_survives_any_zoom_out() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let [width, height] = PANEL;
    let mut hot = Vec::new();
    for panel in 0..COUNT {
        for (x, y) in [
            (0, 0),
            (width - 1, 0),
            (0, height - 1),
            (width - 1, height - 1),
            (33, 17),
            (69, 20),
        ] {
            hot.push(((panel * height + y) * width + x) as usize);
        }
    }
    for hot in hot {
        let mut samples = vec![3_u16; (width * height * COUNT) as usize];
        samples[hot] = 60_000;
        let pyramid = pyramid_of(&samples, Pooling::Max);
        let mut frame = HeadlessFrame::new(&gpu, &pyramid).expect("a frame on the device");
        for size in [[200, 133], [120, 80], [77, 51], [24, 16], [6, 4], [1, 1]] {
            frame
                .draw_panels(&fitted(size), Some(&places()), size)
                .expect("draw");
            let picture = frame.picture().expect("a picture");
            let is_seen = |picture: &RgbaPicture| {
                picture
                    .pixels
                    .chunks_exact(4)
                    .any(|pixel| pixel == [255; 4])
            };
            assert!(is_seen(&picture), "hot pixel {hot} in {size:?}");
            let twin = shade_panels(&pyramid, &fitted(size), &places(), size);
            assert!(
                is_seen(&twin),
                "hot pixel {hot} in {size:?}, by the processor"
            );
        }
    }
}

#[test]
fn a_hot_neighbour_in_the_frame_does_not_reach_into_another_panel() {
    // The last row of the first panel lies beside the first row of the second one in the frame alone.
    let mut samples = vec![3_u16; (WIDTH * PANEL[1] * COUNT) as usize];
    let row = (PANEL[1] * WIDTH) as usize;
    samples[row - WIDTH as usize..row].fill(250);
    let pyramid = pyramid_of(&samples, Pooling::Max);
    let panels = places();
    for size in [[240, 160], [120, 80], [60, 40], [30, 20]] {
        let picture = shade_panels(&pyramid, &fitted(size), &panels[1..], size);
        let is_dark = |pixel: &[u8]| pixel == OUTSIDE || pixel[0] <= 4;
        assert!(
            picture.pixels.chunks_exact(4).all(is_dark),
            "only the first panel is hot: {size:?}"
        );
    }
}

#[test]
fn a_picture_of_panels_follows_its_place_and_its_colours() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let pyramid = pyramid_of(&counts(), Pooling::Max);
    let size = [90, 70];
    let panels = places();
    let mut frame = HeadlessFrame::new(&gpu, &pyramid).expect("a frame on the device");
    let mut display = fitted(size);
    let mut check = |display: &ImageDisplay, panels: &[PanelPlace], what: &str| {
        frame
            .draw_panels(display, Some(panels), size)
            .expect("draw");
        let picture = frame.picture().expect("a picture");
        assert_same_picture(
            &picture,
            &shade_panels(&pyramid, display, panels, size),
            1,
            what,
        );
    };
    check(&display, &panels, "as it was");
    display.range = Range::new(20.0, 90.0);
    check(&display, &panels, "a range");
    display.image_from_target.origin[0] += 31.0;
    check(&display, &panels, "a place");
    check(&display, &panels[..1], "fewer panels");
    check(&display, &[], "no panel");
    display.marks.outside = [9, 9, 9, 255];
    check(
        &display,
        &panels,
        "all of them again, another colour between them",
    );
    frame
        .draw(&display, size)
        .expect("draw the frame as stored");
    let stored = frame.picture().expect("a picture");
    let twin = hutch_render::cpu::shade_image(&pyramid, &display, size);
    assert_same_picture(&stored, &twin, 1, "as it is stored");
}

#[test]
fn the_first_of_two_panels_that_overlap_is_seen_when_zoomed_in() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples: Vec<u16> = (0..WIDTH * PANEL[1] * COUNT)
        .map(|pixel| if pixel < WIDTH * PANEL[1] { 10 } else { 200 })
        .collect();
    let pyramid = pyramid_of(&samples, Pooling::Max);
    let mut panels = places();
    panels[1].stored_from_picture = panels[0].stored_from_picture;
    panels[1].stored_from_picture.origin[1] += f64::from(PANEL[1]);
    let size = ROOM.map(|edge| edge * 2);
    let picture =
        render_panels_to_rgba(&gpu, &pyramid, &fitted(size), &panels[..2], size).expect("draw");
    assert_eq!(picture.pixel(160, 60)[0], 10, "that of the first panel");
    let twin = shade_panels(&pyramid, &fitted(size), &panels[..2], size);
    assert_same_picture(&picture, &twin, 1, "two panels at one place");
}
