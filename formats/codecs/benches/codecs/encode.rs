//! An encoder of bitshuffle-LZ4: only the decoder is measured.

/// The bit shuffle of a block, as its definition says.
pub(crate) fn shuffled_bits(block: &[u8], element_size: usize) -> Vec<u8> {
    let groups = block.len() / element_size / 8;
    let mut out = vec![0; block.len()];
    for (element, bytes) in block.chunks_exact(element_size).enumerate() {
        for (index, byte) in bytes.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
                out[(index * 8 + bit) * groups + element / 8] |= 1 << (element % 8);
            }
        }
    }
    out
}

/// The sizes, then the packed blocks with theirs, then what makes no group of eight elements.
pub(crate) fn bitshuffle_chunk(
    frame: &[u8],
    packed: &[Vec<u8>],
    element_size: usize,
    block: usize,
) -> Vec<u8> {
    let mut out = (frame.len() as u64).to_be_bytes().to_vec();
    out.extend((block as u32).to_be_bytes());
    for packed in packed {
        out.extend((packed.len() as u32).to_be_bytes());
        out.extend(packed);
    }
    out.extend(&frame[frame.len() - frame.len() % (8 * element_size)..]);
    out
}

/// Greedy, by a table of the last place of each four bytes.
pub(crate) fn lz4_block(data: &[u8]) -> Vec<u8> {
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
