//! What a file says of its pixels reaches the frame that is drawn.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where its ground is missing"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch::address::Place;
use hutch::jobs::Jobs;
use hutch::open::{open_file, subject};
use hutch::pools::Pools;
use hutch::residency::Residency;
use hutch::settings::Folders;
use hutch::sites::Sites;
use hutch_analysis::reduce::Number;
use hutch_model::{Cancel, Slab};
use hutch_viewers::{NoValue, PreparedFrame, Priority, Residence, Resident as _};

fn sample(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layouts/eiger");
    folder.join(name)
}

/// The frame as the image view gets it.
fn frame(path: PathBuf, number: u64) -> Arc<PreparedFrame> {
    let home = tempfile::tempdir().unwrap();
    let pools = Pools::start().unwrap();
    let cancel = Cancel::new();
    let subject = pools.wait(async {
        let sites = Sites::load(&Folders::below(home.path())).await.unwrap();
        let source = sites.source(&Place::Local(path)).await.unwrap();
        let file = open_file(source, &cancel).await.unwrap();
        subject(&file, None, &cancel).await.unwrap()
    });
    let data = subject.data().unwrap();
    let slab = Slab::frame(&data.info().shape, number);
    let mut residency = Residency::new(pools, Jobs::default(), 1 << 24, Arc::new(|| {}));
    let begin = Instant::now();
    loop {
        residency.begin_pass();
        let wanted = residency.frame(data, &subject.pixels(), &slab, Priority::Visible);
        residency.end_pass();
        match wanted {
            Residence::Here(frame) => return frame,
            Residence::Failed(error) => panic!("{error}"),
            Residence::Waiting(_) => std::thread::sleep(Duration::from_millis(5)),
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "it comes");
    }
}

#[test]
fn the_mask_of_the_detector_is_applied() {
    let frame = frame(sample("series_master.h5"), 0);
    let statistics = frame.statistics.as_ref().unwrap();
    // numpy: mask & 0xffff leaves 78 of 80 pixels, which sum up to 232.
    assert_eq!((statistics.count, statistics.masked), (78, 2));
    assert_eq!(statistics.sum, Number::Int(232));
    let masked = (0..80).filter(|&pixel| frame.no_value(pixel) == Some(NoValue::Masked));
    assert_eq!(masked.count(), 2);
}

#[test]
fn frames_whose_file_is_away_are_missing_and_not_zero() {
    let alone = tempfile::tempdir().unwrap();
    let master = alone.path().join("series_master.h5");
    std::fs::copy(sample("series_master.h5"), &master).unwrap();
    let first = "series_data_000001.h5";
    std::fs::copy(sample(first), alone.path().join(first)).unwrap();
    let whole = frame(master.clone(), 0);
    assert_eq!(whole.statistics.as_ref().unwrap().sum, Number::Int(232));
    let away = frame(master, 5);
    assert_eq!(away.statistics.as_ref().unwrap().count, 0, "nothing counts");
    assert_eq!(away.no_value(0), Some(NoValue::Missing));
}
