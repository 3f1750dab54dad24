//! The device of tests.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use hutch_render::{AdapterWish, DeviceTier, Gpu};

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
