//! What several tests share.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::io::Write as _;

use hutch_analysis::gpu::GpuContext;

/// A device, or a clear word that the test was skipped: on the screen and in
/// the file that `HUTCH_SKIPS` names. `HUTCH_REQUIRE` with `lavapipe` in it
/// makes a missing device a failure.
pub(crate) fn gpu(test: &str) -> Option<GpuContext> {
    let error = match GpuContext::headless() {
        Ok(context) => return Some(context),
        Err(error) => error,
    };
    let required = std::env::var("HUTCH_REQUIRE").unwrap_or_default();
    assert!(
        !required.contains("lavapipe"),
        "lavapipe is required by HUTCH_REQUIRE: {error}"
    );
    eprintln!("SKIP lavapipe: {error}");
    if let Ok(path) = std::env::var("HUTCH_SKIPS") {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        writeln!(file, "lavapipe\t{test}\t{error}").unwrap();
    }
    None
}
