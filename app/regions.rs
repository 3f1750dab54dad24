//! Regions between the window and files: a list in JSON that `hutch roi --regions` reads as well.

use std::path::Path;

use hutch_analysis::region::{Region, regions_from_json, regions_to_json};
use hutch_model::{ByteRange, Cancel, Error, ErrorKind, Result, Value, ViewState};

use crate::open::Source;
use crate::reconstruct::output::write_file;

/// Files of regions are no larger than this.
const LARGEST_BYTES: u64 = 16 << 20;
/// The value of a state that holds them.
const KEY: &str = "regions";

/// Whether a name is that of a list in JSON.
pub(crate) fn is_list(name: &str) -> bool {
    let ending = Path::new(name).extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("json")
}

/// Reads a list of regions.
///
/// # Errors
/// Those of the source and of [`regions_from_json`]; [`ErrorKind::Limit`] for a large file.
pub(crate) async fn read(source: Source, cancel: &Cancel) -> Result<Vec<Region>> {
    let identity = source.bytes.identity().await?;
    let name = identity.url.rsplit('/').next().unwrap_or_default();
    let wrong =
        |kind, why: String| Error::new(kind, format!("read the regions in \"{name}\""), why);
    if identity.size_bytes > LARGEST_BYTES {
        let why = format!("it has {} bytes", identity.size_bytes);
        return Err(wrong(ErrorKind::Limit, why));
    }
    let range = ByteRange::new(0, identity.size_bytes);
    let mut parts = source.bytes.read(&[range], cancel).await;
    let bytes = parts.pop().unwrap_or_else(|| Ok(bytes::Bytes::new()))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| wrong(ErrorKind::Unreadable, error.to_string()))?;
    regions_from_json(text).map_err(|error| wrong(error.kind, error.why.clone()))
}

/// The regions of the state of a view.
pub(crate) fn of_state(state: &ViewState) -> Vec<Region> {
    match state.values.get(KEY) {
        Some(Value::List(texts)) => texts
            .iter()
            .filter_map(|text| text.as_text()?.parse().ok())
            .collect(),
        Some(Value::Text(text)) => text.parse().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A state with regions added to those that it has.
pub(crate) fn added(state: &ViewState, regions: &[Region]) -> ViewState {
    let mut state = state.clone();
    let all = of_state(&state).into_iter().chain(regions.iter().cloned());
    let texts = all.map(|region| Value::Text(region.to_string()));
    let texts = texts.collect();
    state.set(KEY, Value::List(texts));
    state
}

/// Writes regions into a file, which appears when all of it is there.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub(crate) fn write(regions: &[Region], path: &Path) -> Result<()> {
    write_file(path, regions_to_json(regions).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_a_file_come_beside_those_of_the_view() {
        let regions = |texts: &[&str]| -> Vec<Region> {
            let parsed = texts.iter().map(|text| text.parse().expect("a region"));
            parsed.collect()
        };
        let before = added(&ViewState::new("image", 1), &regions(&["a: point 1 2"]));
        let after = added(&before, &regions(&["b: circle 3 4 5"]));
        let both = regions(&["a: point 1 2", "b: circle 3 4 5"]);
        assert_eq!(of_state(&after), both);
        assert!(is_list("run_3.regions.json") && !is_list("run_3.h5"));
    }
}
