//! Arbitrary bytes as a geometry or a stream of serial crystallography.

use std::collections::BTreeMap;

use hutch_formats::geometry::GeometryFile;
use hutch_formats::stream::{Indexer, read_chunk, read_index};

/// Reads `data`, whose first byte chooses what it is.
pub fn read(data: &[u8]) {
    let [which, file @ ..] = data else { return };
    match which % 3 {
        0 => geometry("a.poni", file),
        1 => geometry("a.geom", file),
        _ => stream(usize::from(*which) + 1, file),
    }
}

fn geometry(name: &str, bytes: &[u8]) {
    let Ok(file) = GeometryFile::read(name, bytes) else {
        return;
    };
    for problem in file.problems() {
        assert!(!problem.to_string().is_empty(), "a problem in words");
    }
    let numbers: BTreeMap<String, f64> =
        file.paths().into_iter().map(|path| (path, 80.0)).collect();
    for frame in [[0, 0], [514, 1030], [128, 48], [u64::MAX, 1]] {
        let Ok(geometry) = file.geometry(name, frame, &numbers) else {
            continue;
        };
        for panel in &geometry.panels {
            let parts = [panel.corner_m, panel.slow_m, panel.fast_m];
            let is_finite = parts.as_flattened().iter().all(|part| part.is_finite());
            assert!(is_finite, "a place of a panel");
        }
        geometry.beam_centre();
        geometry.point(&[], [10.5, 20.5]);
    }
}

/// Blocks of any size give the same rows, and each row a chunk.
fn stream(block: usize, bytes: &[u8]) {
    let whole = read_index(bytes);
    let mut indexer = Indexer::default();
    for part in bytes.chunks(block) {
        indexer.feed(part);
    }
    let parts = indexer.finish();
    // A file of which a part was there first, and the rest later.
    let (begin, _) = bytes.split_at(bytes.len().min(bytes.len() / 256 * block));
    let mut later = Indexer::resume(read_index(begin));
    let from = usize::try_from(later.position()).unwrap_or(usize::MAX);
    later.feed(&bytes[from..]);
    let later = later.finish();
    assert_eq!(
        whole.rows.len(),
        later.rows.len(),
        "rows of a file that grew"
    );
    assert_eq!(whole.chunk_count, later.chunk_count, "its chunks");
    assert_eq!(whole.rows.len(), parts.rows.len(), "rows of blocks");
    assert_eq!(whole.chunk_count, parts.chunk_count, "chunks of blocks");
    for (one, other) in whole.rows.iter().zip(&parts.rows) {
        let places = [(one.start, one.length), (other.start, other.length)];
        assert_eq!(places[0], places[1], "where a chunk lies");
        let start = usize::try_from(one.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(one.length as usize);
        read_chunk(&bytes[start..end]);
    }
}
