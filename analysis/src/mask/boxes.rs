//! A mask as boxes of pixels.

/// The boxes `[x0, y0, x1, y1]`, both ends included, whose pixels are the masked ones of rows
/// of `width` pixels; `None` where there are more than `most`.
///
/// Equal runs below each other become one box, so that gaps between modules are one box each.
pub fn boxes_of(mask: &[bool], width: usize, most: usize) -> Option<Vec<[u32; 4]>> {
    let mut done: Vec<[u32; 4]> = Vec::new();
    let mut open: Vec<[u32; 4]> = Vec::new();
    for (row, line) in mask.chunks(width.max(1)).enumerate() {
        let row = u32::try_from(row).ok()?;
        let mut now = Vec::new();
        let mut known = open.iter().peekable();
        for [first, last] in runs(line) {
            while let Some(old) = known.next_if(|old| old[0] < first) {
                done.push(*old);
            }
            match known.next_if(|old| old[0] == first && old[2] == last) {
                Some(old) => now.push([first, old[1], last, row]),
                None => now.push([first, row, last, row]),
            }
        }
        done.extend(known);
        open = now;
        if done.len() + open.len() > most {
            return None;
        }
    }
    done.extend(open);
    Some(done)
}

/// The first and the last pixel of each run of masked ones.
fn runs(line: &[bool]) -> Vec<[u32; 2]> {
    let mut found: Vec<[u32; 2]> = Vec::new();
    for (index, _) in line.iter().enumerate().filter(|(_, masked)| **masked) {
        let Ok(index) = u32::try_from(index) else {
            break;
        };
        match found.last_mut() {
            Some([_, last]) if *last + 1 == index => *last = index,
            _ => found.push([index, index]),
        }
    }
    found
}
