//! Images of real detectors that may not be copied here: found through
//! `HUTCH_TEST_DATA`, which names the folder above `no-licence/`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::PathBuf;

use hutch_model::Samples;

use common::{crc32, open, read_all};

/// The folder of the images, or a clear word that it is absent.
fn folder() -> Option<PathBuf> {
    let folder =
        std::env::var_os("HUTCH_TEST_DATA").map(|root| PathBuf::from(root).join("no-licence"));
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        hutch_testservers::skip(
            "data",
            "HUTCH_TEST_DATA names no folder with no-licence/ in it",
        );
    }
    found
}

/// Shape, sum and CRC-32 of the samples as fabio (CBF byte offset, SMV) and `CBFlib`
/// (packed) give them, little-endian.
fn check(name: &str, shape: [u64; 2], sum: i64, crc: u32) {
    let Some(folder) = folder() else { return };
    let container = open(&folder.join(name));
    let block = read_all(&*container, "/data");
    assert_eq!(block.shape, shape, "the shape of {name}");
    let said: i64 = match &block.samples {
        Samples::I32(values) => values.iter().map(|&value| i64::from(value)).sum(),
        Samples::U16(values) => values.iter().map(|&value| i64::from(value)).sum(),
        other => panic!("{name} has samples of type {}", other.element()),
    };
    assert_eq!(said, sum, "the sum of {name}");
    assert_eq!(crc32(block.samples.bytes()), crc, "every sample of {name}");
}

#[test]
fn a_pilatus_6m_in_bzip2_is_what_fabio_reads() {
    check(
        "thau_3_2_0001.cbf.bz2",
        [2527, 2463],
        20_608_414,
        0x1b2b_98ef,
    );
}

#[test]
fn another_pilatus_6m_is_what_fabio_reads() {
    check(
        "thau_3_2_0003.cbf.bz2",
        [2527, 2463],
        26_161_421,
        0xb31c_bec3,
    );
}

#[test]
fn a_pilatus_12m_in_gzip_is_what_fabio_reads() {
    check(
        "DLS_I23_P12M_thau_00001.cbf.gz",
        [5071, 2463],
        814_049,
        0x775a_de4b,
    );
}

#[test]
fn an_smv_image_is_what_fabio_reads() {
    check(
        "simtbx_FormatSMVJHSim_001.img",
        [1024, 1024],
        2_691_223,
        0x9a8c_45e5,
    );
}

#[test]
fn a_packed_rayonix_image_is_what_cbflib_reads() {
    check(
        "hit-20181213155134902.cbf",
        [1920, 1920],
        3_410_756_158,
        0x7dd0_1da3,
    );
}
