//! Masks between the window and files.

use std::path::Path;

use hutch_analysis::mask::{Ink, Step, boxes_of};
use hutch_formats::write::{MaskFormat, mask_file};
use hutch_model::{Cancel, Error, ErrorKind, Result, Slab, Value, ViewState};
use hutch_viewers::{NoValue, PreparedFrame, Subject};

use crate::masks::read_mask;
use crate::reconstruct::output::write_file;

/// Boxes of pixels that a mask may have to be kept with a view.
const MOST_BOXES: usize = 20_000;
/// The value of a state that holds the steps of a mask.
const KEY: &str = "mask";

/// Whether a name says that its file is a mask.
pub(crate) fn is_mask(name: &str) -> bool {
    let path = name.split("::").next().unwrap_or(name);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.to_ascii_lowercase().contains("mask")
}

/// The format of the ending of a name.
///
/// # Errors
/// [`ErrorKind::Usage`] for any other.
pub(crate) fn format_of(output: &Path) -> Result<MaskFormat> {
    MaskFormat::of(&output.to_string_lossy()).ok_or_else(|| {
        let tried = format!("save \"{}\"", output.display());
        let why = "masks are written as .nxs, .h5, .edf or .npy";
        Error::new(ErrorKind::Usage, tried, why)
    })
}

/// Writes which pixels of a frame are masked, by its file or by a person.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub(crate) fn write(frame: &PreparedFrame, format: MaskFormat, output: &Path) -> Result<()> {
    let [width, height] = frame.size.map(|edge| edge as usize);
    let mask: Vec<bool> = (0..width.saturating_mul(height))
        .map(|pixel| frame.no_value(pixel) == Some(NoValue::Masked))
        .collect();
    write_pixels(&mask, [height, width], format, output)
}

/// Writes a mask `[height, width]`.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub(crate) fn write_pixels(
    mask: &[bool],
    size: [usize; 2],
    format: MaskFormat,
    output: &Path,
) -> Result<()> {
    write_file(output, &mask_file(mask, size, format)?)
}

/// Reads a mask of a frame `[height, width]` as one step; `None` for what is of another size.
///
/// # Errors
/// Those of reading; [`ErrorKind::Limit`] for a mask of too many separate pixels.
pub(crate) async fn read(
    subject: &Subject,
    [height, width]: [u64; 2],
    cancel: &Cancel,
) -> Result<Option<String>> {
    let Some(data) = subject.data() else {
        return Ok(None);
    };
    let shape = &data.info().shape;
    if data.info().frame_size() != Some((height, width)) || data.info().frame_count() != 1 {
        return Ok(None);
    }
    let mask = read_mask(data.as_ref(), &Slab::whole(shape), cancel).await?;
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let boxes = boxes_of(&mask, width, MOST_BOXES).ok_or_else(|| {
        let tried = format!("use the mask \"{}\"", data.origin());
        let why = format!("it has more than {MOST_BOXES} separate parts");
        Error::new(ErrorKind::Limit, tried, why)
    })?;
    Ok(Some(Step::Paint(Ink::Boxes(boxes), true).to_string()))
}

/// A state with a step added to its mask.
pub(crate) fn added(state: &ViewState, step: String) -> ViewState {
    let mut steps = match state.values.get(KEY) {
        Some(Value::List(steps)) => steps.clone(),
        Some(step) => vec![step.clone()],
        None => Vec::new(),
    };
    steps.push(Value::Text(step));
    let mut state = state.clone();
    state.set(KEY, Value::List(steps));
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_by_their_names() {
        for name in ["/data/my_mask.edf", "MASK.npy", "a.mask.nxs::/entry/mask"] {
            assert!(is_mask(name), "{name}");
        }
        assert!(
            !is_mask("/masks/scan.h5::/entry/data"),
            "a folder is no file"
        );
        assert!(format_of(Path::new("a.tif")).is_err());
    }
}
