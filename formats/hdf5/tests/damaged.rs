//! Damaged files: errors, never a panic, a hang, or memory without bounds.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_assert_message,
    clippy::cast_possible_truncation,
    clippy::let_underscore_must_use,
    reason = "test code"
)]

mod common;

use std::time::{Duration, Instant};

use common::{data, walk_all};

#[test]
fn malformed_files_of_other_readers_are_walked_in_bounded_time() {
    let mut count = 0;
    for entry in std::fs::read_dir(data("malformed")).expect("the corpus exists") {
        let path = entry.unwrap().path();
        let started = Instant::now();
        walk_all(std::fs::read(&path).unwrap());
        let took = started.elapsed();
        assert!(
            took < Duration::from_secs(5),
            "{} took {took:?}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 100, "only {count} files are there");
}

#[test]
fn samples_with_random_bytes_flipped_are_walked_in_bounded_time() {
    let mut random = Random(7);
    for path in samples() {
        let bytes = std::fs::read(&path).unwrap();
        for round in 0..40 {
            let mut damaged = bytes.clone();
            // Half of the damage goes where the metadata of small files lies.
            let reach = if round % 2 == 0 {
                damaged.len()
            } else {
                damaged.len().min(8192)
            };
            for _ in 0..=random.below(12) {
                let at = random.below(reach);
                damaged[at] = random.byte();
            }
            let started = Instant::now();
            walk_all(damaged);
            let took = started.elapsed();
            assert!(
                took < Duration::from_secs(10),
                "{} round {round} took {took:?}",
                path.display()
            );
        }
    }
}

/// All sample files, also those in folders.
fn samples() -> Vec<std::path::PathBuf> {
    let folders = [
        "hdf5",
        "hdf5/virtual",
        "hdf5/values",
        "hdf5/shared",
        "hdf5/index",
    ];
    let entries = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(data(folder)).unwrap());
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "h5"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn samples_that_are_cut_off_are_walked() {
    for name in [
        "basic_earliest.h5",
        "basic_latest.h5",
        "chunked_latest.h5",
        "user_block.h5",
    ] {
        let bytes = std::fs::read(data("hdf5").join(name)).unwrap();
        for part in 0..64 {
            walk_all(bytes[..bytes.len() * part / 64].to_vec());
        }
    }
}

/// A linear congruential generator: the same damage in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap() % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 0xff).unwrap()
    }
}
