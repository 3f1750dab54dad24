//! The chunks that libhdf5 wrote (make.py), and what it decodes from them.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "test code, of which each test uses a part"
)]

use hutch_codecs::FilterSpec;

/// One stored chunk.
#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub filters: Vec<FilterSpec>,
    pub mask: u32,
    pub element_size: usize,
    pub stored: Vec<u8>,
    /// Size and CRC-32 of the decoded bytes.
    pub size: usize,
    pub crc: u32,
}

impl Sample {
    /// The name up to the first hyphen.
    pub fn group(&self) -> &str {
        self.name.split('-').next().unwrap()
    }
}

/// All chunks of `data/chunks.txt`.
pub fn samples() -> Vec<Sample> {
    let blob = include_bytes!("../data/chunks.bin");
    let lines = include_str!("../data/chunks.txt").lines();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let number = |index: usize| fields[index].parse::<usize>().unwrap();
            let start = number(4);
            Sample {
                name: fields[0].to_owned(),
                filters: filters(fields[1]),
                mask: fields[2].parse().unwrap(),
                element_size: number(3),
                stored: blob[start..start + number(5)].to_vec(),
                size: number(6),
                crc: fields[7].parse().unwrap(),
            }
        })
        .collect()
}

fn filters(text: &str) -> Vec<FilterSpec> {
    text.split(';')
        .map(|filter| {
            let (id, parameters) = filter.split_once(':').unwrap();
            FilterSpec {
                id: id.parse().unwrap(),
                name: String::new(),
                optional: true,
                client_data: parameters
                    .split(',')
                    .filter(|value| !value.is_empty())
                    .map(|value| value.parse().unwrap())
                    .collect(),
            }
        })
        .collect()
}

/// A linear congruential generator: the same data in every run.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap() % limit.max(1)
    }
}
