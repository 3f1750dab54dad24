//! Local checks over files that are not kept, such as those of `make_large.py`:
//! `HUTCH_HDF5_FILES=dir cargo test -p hutch-hdf5 --test large -- --nocapture --ignored`.
#![expect(clippy::print_stdout, reason = "figures for a person")]
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

use std::time::Instant;

use common::{Served, walk_all};
use hutch_hdf5::{Scratch, Slab};

fn files() -> Vec<std::path::PathBuf> {
    let Ok(folder) = std::env::var("HUTCH_HDF5_FILES") else {
        return Vec::new();
    };
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect()
}

/// The most memory that the process took so far, where the system tells.
fn height() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |text| text.trim().to_owned())
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn files_of_a_folder_are_walked() {
    for path in files() {
        let started = Instant::now();
        let walked = walk_all(std::fs::read(&path).unwrap());
        println!("{}: {walked:?} in {:?}", path.display(), started.elapsed());
    }
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn trees_are_walked_level_by_level() {
    for path in files() {
        let mut served = Served::open(&path);
        served.page = 1 << 20;
        let Ok(file) = served.file() else { continue };
        let started = Instant::now();
        let mut level = vec![file.root()];
        let mut seen: std::collections::HashSet<u64> = level.iter().copied().collect();
        let (mut objects, mut depth) = (0, 0);
        while !level.is_empty() {
            let before = served.round_trips;
            let (here, from) = (level.len(), Instant::now());
            let found = served.run(|blocks| file.objects(blocks, &level)).unwrap();
            objects += found.len();
            let half = from.elapsed();
            let groups: Vec<u64> = level
                .iter()
                .zip(&found)
                .filter(|(_, found)| {
                    found
                        .as_ref()
                        .is_ok_and(|object| matches!(object.kind, hutch_hdf5::ObjectKind::Group))
                })
                .map(|(address, _)| *address)
                .collect();
            let links = served
                .run(|blocks| file.children_of(blocks, &groups))
                .unwrap();
            let links = links.into_iter().flatten().flatten();
            level = links
                .filter_map(|link| match link.target {
                    hutch_hdf5::LinkTarget::Hard(address) => Some(address),
                    _ => None,
                })
                .filter(|address| seen.insert(*address))
                .collect();
            println!(
                "  level {depth}: {here} objects, {} round trips, objects {half:?}, all {:?}",
                served.round_trips - before,
                from.elapsed()
            );
            depth += 1;
        }
        println!(
            "{}: {objects} objects, {} round trips, {:?}",
            path.display(),
            served.round_trips,
            started.elapsed()
        );
    }
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn chunk_tables_are_read_whole_and_in_part() {
    for path in files() {
        let mut served = Served::open(&path);
        let Ok(file) = served.file() else { continue };
        let Ok(hutch_hdf5::Resolved::Object(address)) =
            served.run(|blocks| file.resolve(blocks, file.root(), "data"))
        else {
            continue;
        };
        let object = served.run(|blocks| file.object(blocks, address)).unwrap();
        let Some(info) = object.dataset() else {
            continue;
        };
        let (trips, bytes) = (served.round_trips, served.blocks.size_bytes());
        let slab = Slab {
            start: info.shape().iter().map(|size| size / 2).collect(),
            count: vec![1; info.shape().len()],
            step: vec![1; info.shape().len()],
        };
        let started = Instant::now();
        served
            .run(|blocks| file.chunks_for(blocks, info, &slab))
            .unwrap();
        println!(
            "{}: one chunk in {:?}, {} round trips, {} bytes",
            path.display(),
            started.elapsed(),
            served.round_trips - trips,
            served.blocks.size_bytes() - bytes
        );
        let trips = served.round_trips;
        let started = Instant::now();
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        println!(
            "   all {} in {:?}, {} round trips, {} bytes of memory, at most {} of the process",
            table.chunk_count(),
            started.elapsed(),
            served.round_trips - trips,
            table.size_bytes(),
            height()
        );
        let started = Instant::now();
        let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
        println!("   again, with all bytes there, in {:?}", started.elapsed());
        let started = Instant::now();
        let bytes = table.to_bytes().unwrap();
        let stored = started.elapsed();
        let again = hutch_hdf5::ChunkTable::from_bytes(&bytes, &hutch_hdf5::Limits::default());
        assert!(again.unwrap() == table, "the stored table is the same");
        println!(
            "   stored in {stored:?}, stored and read in {:?}",
            started.elapsed()
        );
    }
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn million_names_are_listed() {
    for path in files() {
        let mut served = Served::open(&path);
        served.page = 1 << 20;
        let Ok(file) = served.file() else { continue };
        let Ok(hutch_hdf5::Resolved::Object(group)) =
            served.run(|blocks| file.resolve(blocks, file.root(), "g"))
        else {
            continue;
        };
        let started = Instant::now();
        let links = served.run(|blocks| file.children(blocks, group)).unwrap();
        println!(
            "{}: {} links in {:?}, {} round trips, at most {} in memory",
            path.display(),
            links.len(),
            started.elapsed(),
            served.round_trips,
            height()
        );
        let started = Instant::now();
        served
            .run(|blocks| file.resolve(blocks, group, "name_0765432"))
            .unwrap();
        println!("   looked one up in {:?}", started.elapsed());
    }
}

#[test]
#[ignore = "needs HUTCH_HDF5_FILES"]
fn frames_are_decoded() {
    for path in files() {
        let mut served = Served::open(&path);
        let Ok(file) = served.file() else { continue };
        for name in ["data", "d16", "gz"] {
            let Ok(hutch_hdf5::Resolved::Object(address)) =
                served.run(|blocks| file.resolve(blocks, file.root(), name))
            else {
                continue;
            };
            let object = served.run(|blocks| file.object(blocks, address)).unwrap();
            let Some(info) = object.dataset() else {
                continue;
            };
            let table = served.run(|blocks| file.chunk_table(blocks, info)).unwrap();
            let chunk = table.chunk_at(0).unwrap();
            let encoded = served
                .read(chunk.address..chunk.address + chunk.size)
                .unwrap();
            let mut out = vec![0; usize::try_from(info.chunks().unwrap().chunk_bytes).unwrap()];
            let mut copy = out.clone();
            let mut scratch = Scratch::default();
            let size = info.datatype.size as usize;
            let mut best = (f64::MAX, f64::MAX);
            for _ in 0..20 {
                let started = Instant::now();
                hutch_codecs::decode_into(&info.filters, 0, &encoded, size, &mut out, &mut scratch)
                    .unwrap();
                best.0 = best.0.min(started.elapsed().as_secs_f64() * 1e3);
                let started = Instant::now();
                copy.copy_from_slice(&out);
                best.1 = best.1.min(started.elapsed().as_secs_f64() * 1e3);
            }
            let frame = served.slab(
                &file,
                info,
                &Slab {
                    start: vec![0; 3],
                    count: vec![1, 2162, 2068],
                    step: vec![1; 3],
                },
            );
            assert!(frame.unwrap() == out, "the slab is the chunk");
            println!(
                "{} {name}: {:.2} ms, memcpy {:.2} ms",
                path.display(),
                best.0,
                best.1
            );
        }
    }
}
