//! The demo folder and the large scan.

use std::fs;

use hutch_facility::data::{LARGE_SCAN_SIZE_BYTES, make_demo_folder, make_large_scan};

#[test]
fn demo_folder_is_repaired_and_otherwise_kept() {
    let cache = tempfile::tempdir().unwrap();
    let folder = make_demo_folder(cache.path()).unwrap();
    fs::write(&folder.tooth, b"broken").unwrap();
    let modified = fs::metadata(&folder.scan).unwrap().modified().unwrap();
    make_demo_folder(cache.path()).unwrap();
    assert!(
        fs::read(&folder.tooth).unwrap().starts_with(b"\x89HDF"),
        "tooth is whole again"
    );
    let again = fs::metadata(&folder.scan).unwrap().modified().unwrap();
    assert_eq!(again, modified, "scan was not written again");
}

#[test]
fn beamtime_has_the_four_folders_and_its_metadata() {
    let cache = tempfile::tempdir().unwrap();
    let beamtime = make_demo_folder(cache.path()).unwrap().beamtime;
    for name in ["raw", "processed", "shared", "scratch_cc"] {
        assert!(beamtime.join(name).is_dir(), "{name}");
    }
    let text = fs::read(beamtime.join("beamtime-metadata-11009876.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(metadata["beamtimeId"], "11009876", "beamtimeId");
}

#[test]
#[ignore = "writes 1 GiB; run it with --ignored"]
fn large_scan_is_made_once() {
    let cache = tempfile::tempdir().unwrap();
    let path = make_demo_folder(cache.path()).unwrap().large_scan;
    let mut last = (0, 0);
    let mut progress = |done, all| last = (done, all);
    assert!(
        make_large_scan(&path, &mut progress, &|| false).unwrap(),
        "made"
    );
    assert_eq!(
        last,
        (LARGE_SCAN_SIZE_BYTES, LARGE_SCAN_SIZE_BYTES),
        "progress at the end"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().len(),
        LARGE_SCAN_SIZE_BYTES,
        "size"
    );
    assert!(
        !make_large_scan(&path, &mut |_, _| {}, &|| false).unwrap(),
        "not made again"
    );
}
