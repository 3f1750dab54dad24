//! The folder that `hutch demo` serves.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::pin;

/// Where things are in the demo folder.
#[derive(Debug, Clone)]
pub struct DemoFolder {
    /// What `/dav/` serves; catalogue locations (`/demo/...`) are below it.
    pub root: PathBuf,
    /// NXtomo: 93 frames of 135 x 160 (Diamond).
    pub scan: PathBuf,
    /// `DXchange`: a tooth, 181 projections of 2 rows (APS).
    pub tooth: PathBuf,
    /// NXtomo-like, its frames behind an external link (Diamond DIAD).
    pub diad: PathBuf,
    /// A beamtime as DESY's ASAP3 lays it out.
    pub beamtime: PathBuf,
    /// Where [`make_large_scan`](super::make_large_scan) belongs; not made yet.
    pub large_scan: PathBuf,
}

const BEAMTIME: &str = "demo/asap3/petra3/gpfs/p05/2026/data/11009876";

/// Paths below the root, and their bytes.
const FILES: [(&str, &[u8]); 10] = [
    ("demo/tomography/diamond_pin.nxs", pin::FILE),
    (
        "demo/tomography/tooth.h5",
        include_bytes!("../../../tests/data/tooth.h5"),
    ),
    (
        "demo/tomography/tooth.LICENSE.txt",
        include_bytes!("../../../tests/data/tooth.LICENSE.txt"),
    ),
    (
        "demo/tomography/diad/k11-18014.nxs",
        include_bytes!("../../../tests/data/tomography/diad/k11-18014.nxs"),
    ),
    (
        "demo/tomography/diad/k11-18014/k11-18014-imaging.h5",
        include_bytes!("../../../tests/data/tomography/diad/k11-18014/k11-18014-imaging.h5"),
    ),
    (
        "demo/tomography/diad/k11-18014/k11-18014-pcompPanda.h5",
        include_bytes!("../../../tests/data/tomography/diad/k11-18014/k11-18014-pcompPanda.h5"),
    ),
    (
        "demo/asap3/petra3/gpfs/p05/2026/data/11009876/beamtime-metadata-11009876.json",
        include_bytes!("../../answers/beamtime-metadata-11009876.json"),
    ),
    (
        "demo/asap3/petra3/gpfs/p05/2026/data/11009876/raw/pin_a/diamond_pin.nxs",
        pin::FILE,
    ),
    (
        "demo/asap3/petra3/gpfs/p05/2026/data/11009876/shared/logbook.txt",
        b"2026-02-03 09:12 pin_a mounted\n2026-02-03 10:40 pin_a, 91 projections over 180 degrees\n",
    ),
    (
        "demo/README.txt",
        b"Sample data of Hutch: measured at Diamond Light Source (Apache-2.0) and at the\nAdvanced Photon Source (BSD-3-Clause). The people are invented. This folder can\nbe deleted at any time.\n",
    ),
];

const FOLDERS: [&str; 2] = ["processed", "scratch_cc"];

/// Lays the demo data out under `cache_dir`; what is there and right is kept.
///
/// # Errors
/// What the file system says.
pub fn make_demo_folder(cache_dir: &Path) -> io::Result<DemoFolder> {
    let root = cache_dir.join("facility");
    for (path, bytes) in FILES {
        let path = root.join(path);
        if !fs::read(&path).is_ok_and(|existing| existing == bytes) {
            write_whole(&path, bytes)?;
        }
    }
    let beamtime = root.join(BEAMTIME);
    for folder in FOLDERS {
        fs::create_dir_all(beamtime.join(folder))?;
    }
    let tomography = root.join("demo/tomography");
    Ok(DemoFolder {
        scan: tomography.join("diamond_pin.nxs"),
        tooth: tomography.join("tooth.h5"),
        diad: tomography.join("diad/k11-18014.nxs"),
        large_scan: tomography.join("large/diamond_pin_large.nxs"),
        beamtime,
        root,
    })
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = temporary_name(path);
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path)
}

/// A name beside `path` that no other process or thread uses.
pub(super) fn temporary_name(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}-{number}.part", std::process::id()));
    path.with_file_name(name)
}
