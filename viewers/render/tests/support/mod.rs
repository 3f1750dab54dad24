//! Devices and comparisons that the tests share.

mod device;

pub(crate) use device::software_gpu;
use hutch_render::RgbaPicture;

/// Fails when any channel of any pixel differs by more than `tolerance`.
pub(crate) fn assert_same_picture(
    found: &RgbaPicture,
    expected: &RgbaPicture,
    tolerance: u8,
    what: &str,
) {
    assert_eq!(
        (found.width, found.height),
        (expected.width, expected.height),
        "{what}: size of the picture"
    );
    for y in 0..found.height {
        for x in 0..found.width {
            let (pixel, wanted) = (found.pixel(x, y), expected.pixel(x, y));
            let is_same = pixel
                .iter()
                .zip(wanted)
                .all(|(channel, wanted)| channel.abs_diff(wanted) <= tolerance);
            assert!(
                is_same,
                "{what}: pixel {x}, {y} is {pixel:?}, expected {wanted:?}"
            );
        }
    }
}
