//! Devices and comparisons that the tests share.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use hutch_render::{AdapterWish, DeviceTier, Gpu, RgbaPicture};

/// A software device, or `None` after saying so; a failure where `HUTCH_REQUIRE` names lavapipe.
pub(crate) fn software_gpu(tier: DeviceTier) -> Option<Gpu> {
    match Gpu::headless_with(AdapterWish::Software, tier) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let required = std::env::var("HUTCH_REQUIRE").unwrap_or_default();
            assert!(
                !required.contains("lavapipe"),
                "lavapipe is required here: {error}"
            );
            eprintln!("SKIP lavapipe: {error}");
            None
        }
    }
}

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
