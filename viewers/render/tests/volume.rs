//! Pictures of volumes: empty space left out, and the device against the twin on the processor.
#![expect(clippy::expect_used, reason = "a failed set-up fails the test")]

#[path = "support/noise.rs"]
mod noise;
mod support;

use hutch_render::headless::render_volume_to_rgba;
use hutch_render::volume_cpu::march_volume;
use hutch_render::{
    ColourMap, DeviceTier, OrbitCamera, Range, SampleSlice, VolumeBricks, VolumeBuilder,
    VolumeDisplay, VolumeMode, VolumePlan, VoxelDepth,
};
use noise::noise;
use support::{assert_same_picture, software_gpu};

const SHAPE: [usize; 3] = [40, 48, 56];
const SIZE: [u32; 2] = [96, 80];

/// A shell and a small ball in faint noise, `[z, y, x]` in 0..1.
fn phantom() -> Vec<f32> {
    let mut noise = noise(11);
    let mut samples = Vec::new();
    for z in 0..SHAPE[0] {
        for y in 0..SHAPE[1] {
            for x in 0..SHAPE[2] {
                let from = |centre: [f32; 3]| {
                    let offset = [
                        x as f32 - centre[0],
                        y as f32 - centre[1],
                        z as f32 - centre[2],
                    ];
                    offset.iter().map(|part| part * part).sum::<f32>().sqrt()
                };
                let shell = (1.0 - (from([20.0, 24.0, 20.0]) - 12.0).abs() / 2.0).max(0.0) * 0.6;
                let ball = if from([47.0, 10.0, 31.0]) < 3.5 {
                    0.95
                } else {
                    0.0
                };
                samples.push(
                    shell
                        .max(ball)
                        .max((noise.next().unwrap_or(0) % 100) as f32 * 5e-4),
                );
            }
        }
    }
    samples
}

fn bricks(depth: VoxelDepth) -> VolumeBricks {
    let plan = VolumePlan {
        depth,
        ..VolumePlan::new(SHAPE, Range::new(0.0, 1.0))
    };
    VolumeBricks::build(plan, SampleSlice::F32(&phantom())).expect("a whole volume")
}

fn displays() -> Vec<VolumeDisplay> {
    let plain = VolumeDisplay {
        window: [0.1, 0.8],
        colour_map: ColourMap::VIRIDIS,
        ..VolumeDisplay::default()
    };
    let mut displays = Vec::new();
    for mode in [VolumeMode::MaximumIntensity, VolumeMode::Composite] {
        displays.push(VolumeDisplay { mode, ..plain });
        displays.push(VolumeDisplay {
            mode,
            window: [0.4, 0.41],
            step_voxels: 0.5,
            ..plain
        });
        let camera = OrbitCamera {
            yaw_rad: 4.0,
            pitch_rad: -0.9,
            distance: 1.1,
            ..OrbitCamera::default()
        };
        displays.push(VolumeDisplay {
            mode,
            camera,
            clip_lo: [0.2, 0.0, 0.1],
            clip_hi: [1.0, 0.8, 0.95],
            ..plain
        });
        let inside = OrbitCamera {
            distance: 0.05,
            ..OrbitCamera::default()
        };
        displays.push(VolumeDisplay {
            mode,
            camera: inside,
            ..plain
        });
        let along_an_axis = OrbitCamera {
            yaw_rad: 0.0,
            pitch_rad: 0.0,
            ..OrbitCamera::default()
        };
        displays.push(VolumeDisplay {
            mode,
            camera: along_an_axis,
            ..plain
        });
    }
    displays
}

#[test]
fn leaving_out_empty_space_changes_no_bit_of_the_picture() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    for depth in [VoxelDepth::Byte, VoxelDepth::Half] {
        let bricks = bricks(depth);
        for display in displays() {
            let skipping = render_volume_to_rgba(&gpu, &bricks, &display, SIZE).expect("draw");
            let full = VolumeDisplay {
                skips_empty_space: false,
                ..display
            };
            let full = render_volume_to_rgba(&gpu, &bricks, &full, SIZE).expect("draw");
            assert_same_picture(&skipping, &full, 0, &format!("{depth:?} {display:?}"));
        }
    }
}

#[test]
fn every_mode_looks_the_same_on_the_device_and_on_the_processor() {
    let Some(gpu) = software_gpu(DeviceTier::Baseline) else {
        return;
    };
    for depth in [VoxelDepth::Byte, VoxelDepth::Half] {
        let bricks = bricks(depth);
        for display in displays()
            .into_iter()
            .filter(|display| display.window[1] > 0.5)
        {
            let display = VolumeDisplay {
                shading: 0.0,
                box_colour: None,
                ..display
            };
            let picture = render_volume_to_rgba(&gpu, &bricks, &display, SIZE).expect("draw");
            // Samplers may round to 1/255, which the fade of a maximum at the lower end makes up to 7 steps.
            assert_same_picture(
                &picture,
                &march_volume(&bricks, &display, SIZE),
                8,
                &format!("{depth:?} {display:?}"),
            );
        }
    }
}

#[test]
fn a_volume_over_its_budget_is_shrunk_by_a_whole_factor() {
    let plan = VolumePlan {
        budget_bytes: 20_000,
        ..VolumePlan::new(SHAPE, Range::new(0.0, 1.0))
    };
    assert_eq!(plan.factor(), 2, "40 * 48 * 56 / 8 bytes are within 20 000");
    let bricks = VolumeBricks::build(plan, SampleSlice::F32(&phantom())).expect("a whole volume");
    assert_eq!(bricks.shape(), [20, 24, 28], "half of each edge");
    let plan = VolumePlan {
        max_edge: 20,
        ..VolumePlan::new(SHAPE, Range::new(0.0, 1.0))
    };
    assert_eq!(plan.factor(), 3, "56 / 3 is within 20 voxels");
}

#[test]
fn slices_may_come_in_any_order() {
    let Some(gpu) = software_gpu(DeviceTier::Full) else {
        return;
    };
    let samples = phantom();
    let slice_length = SHAPE[1] * SHAPE[2];
    let plan = VolumePlan {
        budget_bytes: 20_000,
        ..VolumePlan::new(SHAPE, Range::new(0.0, 1.0))
    };
    let mut builder = VolumeBuilder::new(plan);
    for z in (0..SHAPE[0]).rev() {
        let slice = SampleSlice::F32(&samples[z * slice_length..(z + 1) * slice_length]);
        builder.add_slice(z, slice).expect("a slice of the plan");
    }
    let whole = VolumeBricks::build(plan, SampleSlice::F32(&samples)).expect("a whole volume");
    let display = VolumeDisplay::default();
    let backwards = render_volume_to_rgba(&gpu, &builder.finish(), &display, SIZE).expect("draw");
    let forwards = render_volume_to_rgba(&gpu, &whole, &display, SIZE).expect("draw");
    assert_same_picture(
        &backwards,
        &forwards,
        1,
        "slices from the last to the first",
    );
}

#[test]
fn nan_voxels_are_empty() {
    let plan = VolumePlan::new([4, 4, 4], Range::new(0.0, 1.0));
    let bricks =
        VolumeBricks::build(plan, SampleSlice::F32(&[f32::NAN; 64])).expect("a whole volume");
    let display = VolumeDisplay {
        box_colour: None,
        ..VolumeDisplay::default()
    };
    let picture = march_volume(&bricks, &display, [8, 8]);
    let background = display.background;
    assert!(
        picture
            .pixels
            .chunks_exact(4)
            .all(|pixel| pixel == background),
        "nothing but the background"
    );
}

#[test]
fn a_slice_of_another_shape_is_refused() {
    let mut builder = VolumeBuilder::new(VolumePlan::new(SHAPE, Range::new(0.0, 1.0)));
    assert!(
        builder.add_slice(0, SampleSlice::U8(&[0; 5])).is_err(),
        "five samples are no slice"
    );
    let slice = vec![0_u8; SHAPE[1] * SHAPE[2]];
    assert!(
        builder
            .add_slice(SHAPE[0], SampleSlice::U8(&slice))
            .is_err(),
        "past the last slice"
    );
}
