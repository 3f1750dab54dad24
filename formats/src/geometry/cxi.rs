//! Detectors of CXI files.
//!
//! Source: CXI 1.6, detector: `corner_positions` is the place of the corner of the first pixel, `basis_vectors` the
//! steps from one pixel to the next, along the slow axis first; metres, z along the beam, y up.

use hutch_model::{Cancel, Container, Panel};

use super::affine::{Vector, checked};
use crate::nexus::numbers;
use crate::path;

/// The panel of a detector that is one plane; of several frames the first one counts.
pub(super) async fn panel(
    container: &dyn Container,
    group: &str,
    frame: [u64; 2],
    cancel: &Cancel,
) -> Option<Panel> {
    let read = async |name: &str| numbers(container, &path::join(group, name), cancel).await;
    let vectors = read("basis_vectors").await.ok()?;
    let corner = match read("corner_positions").await {
        Ok(corner) => corner,
        Err(_) => read("corner_position").await.ok()?,
    };
    let three =
        |numbers: &[f64], at: usize| -> Option<Vector> { numbers.get(at..at + 3)?.try_into().ok() };
    checked(Panel {
        name: String::new(),
        plane: Vec::new(),
        first: [0, 0],
        size: frame,
        corner_m: three(&corner, 0)?,
        slow_m: three(&vectors, 0)?,
        fast_m: three(&vectors, 3)?,
    })
}
