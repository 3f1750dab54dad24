//! No damage to a chunk does more than an error: no panic, no hang, no work beyond the size asked for.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod common;

use common::{Random, Sample, samples};
use hutch_codecs::{CodecError, FILTERS_MAX, FilterSpec, Scratch, decode_into, decode_jpeg};

/// Mutations of each filter's samples.
const MUTATIONS: usize = 12_000;
/// The sizes of outputs stay small, so that the test is quick.
const SIZE_MAX: usize = 20_000;

/// Flips, overwrites, cuts, repeats; sometimes of the parameters too.
fn mutate(random: &mut Random, stored: &mut Vec<u8>, filters: &mut [FilterSpec]) {
    for _ in 0..=random.below(5) {
        let at = random.below(stored.len());
        // Headers are where most of the meaning is.
        let at = if random.below(2) == 0 { at % 48 } else { at };
        match (random.below(8), stored.get_mut(at)) {
            (0, _) => stored.truncate(stored.len() - random.below(stored.len().min(40) + 1)),
            (1, Some(_)) => {
                let part = stored[at..(at + 16).min(stored.len())].to_vec();
                let to = random.below(stored.len());
                stored.splice(to..to, part);
            }
            (2, Some(byte)) => *byte ^= 1 << random.below(8),
            (3, Some(byte)) => *byte = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            (_, Some(byte)) => *byte = random.next() as u8,
            (_, None) => stored.push(random.next() as u8),
        }
    }
    if random.below(4) == 0 {
        let values = filters
            .iter_mut()
            .flat_map(|filter| &mut filter.client_data);
        let mut values: Vec<&mut u32> = values.collect();
        let index = random.below(values.len());
        if let Some(value) = values.get_mut(index) {
            **value = match random.below(4) {
                0 => random.next() as u32,
                1 => random.below(70) as u32,
                2 => **value ^ 1 << random.below(32),
                _ => u32::MAX,
            };
        }
    }
}

fn damaged(group: &str) {
    let samples: Vec<Sample> = samples()
        .into_iter()
        .filter(|sample| sample.group() == group && sample.size <= SIZE_MAX && sample.mask == 0)
        .collect();
    assert!(!samples.is_empty(), "there are samples of {group}");
    let (mut random, mut scratch) = (Random(7), Scratch::default());
    let mut refused = 0;
    for round in 0..MUTATIONS {
        let sample = &samples[round % samples.len()];
        let (mut stored, mut filters) = (sample.stored.clone(), sample.filters.clone());
        mutate(&mut random, &mut stored, &mut filters);
        let mut out = vec![0; sample.size];
        let element_size = sample.element_size;
        let done = decode_into(&filters, 0, &stored, element_size, &mut out, &mut scratch);
        refused += usize::from(done.is_err());
    }
    assert!(refused > 0, "some damage of {group} is seen");
}

macro_rules! groups {
    ($($test:ident $group:literal)*) => {
        $(#[test]
        fn $test() {
            damaged($group);
        })*
        #[test]
        fn every_group_of_samples_is_damaged() {
            let damaged = [$($group),*];
            for sample in samples() {
                let is_damaged = damaged.contains(&sample.group()) || sample.group() == "mask";
                assert!(is_damaged, "{}", sample.name);
            }
        }
    };
}

groups! {
    damaged_deflate "deflate"
    damaged_shuffle "shuffle"
    damaged_fletcher32 "fletcher32"
    damaged_pipelines "all"
    damaged_lzf "lzf"
    damaged_bitshuffle "bitshuffle"
    damaged_lz4 "lz4"
    damaged_zstd "zstd"
    damaged_bzip2 "bzip2"
    damaged_blosc "blosc"
    damaged_blosc2 "blosc2"
    damaged_szip "szip"
    damaged_nbit "nbit"
    damaged_scale_offset "scaleoffset"
    damaged_zfp "zfp"
}

#[test]
fn damaged_jpeg() {
    let files = [
        (&include_bytes!("data/grey.jpg")[..], 57 * 41),
        (&include_bytes!("data/colour.jpg")[..], 57 * 41 * 3),
    ];
    let mut random = Random(8);
    let mut refused = 0;
    for round in 0..MUTATIONS / 4 {
        let (file, size) = files[round % 2];
        let mut file = file.to_vec();
        mutate(&mut random, &mut file, &mut []);
        refused += usize::from(decode_jpeg(&file, &mut vec![0; size]).is_err());
    }
    assert!(refused > 0, "some damage is seen");
}

#[test]
fn too_many_filters_are_refused() {
    let filters = vec![FilterSpec::shuffle(2); FILTERS_MAX + 1];
    let done = decode_into(
        &filters,
        0,
        &[0; 8],
        2,
        &mut [0; 8],
        &mut Scratch::default(),
    );
    assert!(
        matches!(done, Err(CodecError::Damaged { .. })),
        "nine filters: {done:?}"
    );
}
