//! Laws of the filters: what is encoded decodes to itself, and no damage does more than an error.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

use hutch_codecs::{
    CodecError, FilterSpec, Scratch, decode_bitshuffle, decode_into, decode_lz4_block, encode,
    fletcher32, id,
};

/// A linear congruential generator: the same data in every run.
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
        self.next() as usize % limit.max(1)
    }

    /// Runs, small counts and noise, as frames have.
    fn data(&mut self, length: usize) -> Vec<u8> {
        let mut data = Vec::new();
        while data.len() < length {
            let run = 1 + self.below(300);
            match self.below(3) {
                0 => data.extend(std::iter::repeat_n(self.next() as u8, run)),
                1 => data.extend((0..run).map(|_| self.next() as u8 & 3)),
                _ => data.extend((0..run).map(|_| self.next() as u8)),
            }
        }
        data.truncate(length);
        data
    }
}

fn pipelines() -> Vec<Vec<FilterSpec>> {
    let fletcher = FilterSpec {
        id: id::FLETCHER32,
        name: String::new(),
        optional: false,
        client_data: Vec::new(),
    };
    vec![
        vec![],
        vec![FilterSpec::deflate(4)],
        vec![FilterSpec::shuffle(4), FilterSpec::deflate(1)],
        vec![FilterSpec::shuffle(2), fletcher.clone()],
        vec![fletcher.clone(), FilterSpec::deflate(9)],
        vec![fletcher],
        vec![FilterSpec::shuffle(3)],
        vec![FilterSpec::deflate(1), FilterSpec::deflate(1)],
    ]
}

#[test]
fn encoded_chunks_decode_to_themselves() {
    let (mut random, mut scratch) = (Random(1), Scratch::default());
    for filters in pipelines() {
        for length in [0, 1, 2, 3, 7, 8, 100, 4096, 40_001] {
            let data = random.data(length);
            let encoded = encode(&filters, &data, 4).unwrap();
            let mut out = vec![0xcc; length];
            decode_into(&filters, 0, &encoded, 4, &mut out, &mut scratch).unwrap();
            assert_eq!(out, data, "{length} bytes through {filters:?}");
        }
    }
}

#[test]
fn a_filter_that_was_left_out_is_not_undone() {
    let data = Random(2).data(1000);
    let filters = [FilterSpec::shuffle(4), FilterSpec::deflate(4)];
    let encoded = encode(&filters[..1], &data, 4).unwrap();
    let mut out = vec![0; 1000];
    decode_into(
        &filters,
        0b10,
        &encoded,
        4,
        &mut out,
        &mut Scratch::default(),
    )
    .unwrap();
    assert_eq!(out, data, "the mask says that deflate was left out");
}

#[test]
fn damaged_chunks_give_an_error_or_bytes_of_the_same_size() {
    let (mut random, mut scratch) = (Random(3), Scratch::default());
    let lz4 = FilterSpec {
        id: id::LZ4,
        name: String::new(),
        optional: false,
        client_data: Vec::new(),
    };
    let bits = FilterSpec {
        id: id::BITSHUFFLE,
        name: String::new(),
        optional: false,
        client_data: vec![0, 4, 4, 0, 2],
    };
    let raw_bits = FilterSpec {
        client_data: vec![0, 4, 4, 0, 0],
        ..bits.clone()
    };
    for filters in pipelines()
        .into_iter()
        .chain([vec![lz4], vec![bits], vec![raw_bits]])
    {
        for _ in 0..2000 {
            let length = random.below(3000);
            let mut encoded = encode(&filters, &random.data(length), 4)
                .unwrap_or_else(|_| packed(&random.data(length)));
            for _ in 0..random.below(6) {
                let at = random.below(encoded.len());
                if let Some(byte) = encoded.get_mut(at) {
                    *byte = random.next() as u8;
                }
            }
            encoded.truncate(encoded.len() - random.below(encoded.len().min(20) + 1));
            let mut out = vec![0; length];
            let _done = decode_into(&filters, 0, &encoded, 4, &mut out, &mut scratch);
        }
    }
}

#[test]
fn a_checksum_that_does_not_match_is_told() {
    let filters = [FilterSpec {
        id: id::FLETCHER32,
        name: String::new(),
        optional: false,
        client_data: Vec::new(),
    }];
    let mut encoded = encode(&filters, b"some counts", 1).unwrap();
    encoded[3] ^= 1;
    let result = decode_into(
        &filters,
        0,
        &encoded,
        1,
        &mut [0; 11],
        &mut Scratch::default(),
    );
    assert_eq!(result, Err(CodecError::Checksum), "one bit was flipped");
}

#[test]
fn fletcher_sums_of_known_bytes_agree() {
    // By hand: words 0x0102, 0x0300; sums 0x0102, 0x0402; 0x0102, 0x0504.
    assert_eq!(
        fletcher32(&[1, 2, 3]),
        0x0504_0402,
        "an odd byte counts high"
    );
}

#[test]
fn unknown_filters_are_named() {
    let spdp = FilterSpec {
        id: 32009,
        name: String::new(),
        optional: true,
        client_data: Vec::new(),
    };
    let result = decode_into(&[spdp], 0, &[1], 1, &mut [0], &mut Scratch::default());
    assert_eq!(
        result.unwrap_err().to_string(),
        "filter 32009 (spdp) is not supported",
        "by its registered name"
    );
}

#[test]
fn bitshuffled_blocks_decode_to_themselves() {
    let mut random = Random(4);
    for element_size in [1, 2, 4, 8] {
        for count in [0, 1, 7, 8, 2048, 5000, 10_003] {
            let data = random.data(count * element_size);
            let encoded = bitshuffled(&data, element_size);
            let mut out = vec![0; data.len()];
            decode_bitshuffle(&encoded, element_size, &mut out, &mut Vec::new()).unwrap();
            assert_eq!(out, data, "{count} elements of {element_size} bytes");
        }
    }
}

#[test]
fn lz4_blocks_decode_to_themselves() {
    let mut random = Random(5);
    for length in [0, 1, 12, 13, 100, 1000, 70_000] {
        let data = random.data(length);
        let mut out = vec![0; length];
        decode_lz4_block(&lz4_block(&data), &mut out).unwrap();
        assert_eq!(out, data, "{length} bytes");
    }
}

/// A chunk as both LZ4 filters have it: sizes, then one block.
fn packed(data: &[u8]) -> Vec<u8> {
    let mut out = (data.len() as u64).to_be_bytes().to_vec();
    out.extend(8192_u32.to_be_bytes());
    for part in data.chunks(8192) {
        let block = lz4_block(part);
        out.extend((block.len() as u32).to_be_bytes());
        out.extend(block);
    }
    out
}

fn bitshuffled(data: &[u8], element_size: usize) -> Vec<u8> {
    let block_size = 8192;
    let mut out = (data.len() as u64).to_be_bytes().to_vec();
    out.extend((block_size as u32).to_be_bytes());
    let whole = data.len() - data.len() % (8 * element_size);
    for part in data[..whole].chunks(block_size) {
        let block = lz4_block(&shuffled_bits(part, element_size));
        out.extend((block.len() as u32).to_be_bytes());
        out.extend(block);
    }
    out.extend(&data[whole..]);
    out
}

/// The bit shuffle as its definition says, one bit after another.
fn shuffled_bits(data: &[u8], element_size: usize) -> Vec<u8> {
    let count = data.len() / element_size;
    let mut out = vec![0; data.len()];
    for element in 0..count {
        for bit in 0..8 * element_size {
            let value = data[element * element_size + bit / 8] >> (bit % 8) & 1;
            out[bit * (count / 8) + element / 8] |= value << (element % 8);
        }
    }
    out
}

/// A greedy encoder that finds matches through a table of the last place of four bytes.
fn lz4_block(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut known = std::collections::HashMap::new();
    let (mut at, mut literals) = (0, 0);
    while at + 12 < data.len() {
        let key: [u8; 4] = data[at..at + 4].try_into().unwrap();
        match known.insert(key, at) {
            Some(from) if at - from < 65_536 => {
                let same = (0..data.len() - 5 - at)
                    .take_while(|index| data[from + index] == data[at + index])
                    .count();
                sequence(&mut out, &data[literals..at], Some((at - from, same)));
                at += same;
                literals = at;
            }
            _ => at += 1,
        }
    }
    sequence(&mut out, &data[literals..], None);
    out
}

fn sequence(out: &mut Vec<u8>, literals: &[u8], found: Option<(usize, usize)>) {
    let extra = found.map_or(0, |(_, length)| length - 4);
    out.push((literals.len().min(15) << 4 | extra.min(15)) as u8);
    run(out, literals.len());
    out.extend(literals);
    if let Some((distance, _)) = found {
        out.extend((distance as u16).to_le_bytes());
        run(out, extra);
    }
}

fn run(out: &mut Vec<u8>, length: usize) {
    if length >= 15 {
        out.extend(std::iter::repeat_n(255, (length - 15) / 255));
        out.push(((length - 15) % 255) as u8);
    }
}

#[test]
fn large_frames_decode_to_themselves_wherever_they_lie() {
    let mut random = Random(6);
    for element_size in [1, 2, 4, 8] {
        let length = (4 << 20) + 8192 + 5 * element_size;
        let data = random.data(length);
        let encoded = bitshuffled(&data, element_size);
        let mut memory = vec![0; length + 128];
        let line = memory.as_ptr().align_offset(64);
        for start in [line, line + 16] {
            let out = &mut memory[start..start + length];
            out.fill(0xcc);
            decode_bitshuffle(&encoded, element_size, out, &mut Vec::new()).unwrap();
            assert!(out == data, "elements of {element_size} bytes at {start}");
        }
    }
}
