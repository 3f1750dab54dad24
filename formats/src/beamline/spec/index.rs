//! Where the scans of a SPEC file lie, found in one pass over its header lines.

use std::collections::HashMap;

use hutch_model::{ByteRange, Cancel, Result};

use crate::beamline::fault::Fault;
use crate::beamline::pairs::text;
use crate::images::file::ImageFile;

/// Bytes that are looked through at once.
const PART_BYTES: u64 = 4 << 20;
/// Bytes of a line that must be together.
const LINE_BYTES: usize = 64 << 10;
/// Scans that a file may hold.
const SCAN_LIMIT: usize = 1_000_000;

/// A scan, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScanPlace {
    /// `12.1`: its number, and which of the scans with that number it is.
    pub(super) key: String,
    /// From its `#S` line to the next.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Which file header holds for it.
    pub(super) header: Option<usize>,
}

/// What a pass over a file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) scans: Vec<ScanPlace>,
    /// From each `#F` or `#E` line to the first scan behind it.
    pub(super) headers: Vec<ByteRange>,
    /// How many scans there are of each number.
    counts: HashMap<u64, u64>,
}

impl Index {
    /// Looks through a whole file.
    ///
    /// # Errors
    /// When it cannot be read, or has too many scans.
    pub(super) async fn of(file: &ImageFile, cancel: &Cancel) -> Result<Self> {
        let mut index = Self::default();
        let size = file.size_bytes();
        let mut from = 0;
        while from < size {
            cancel.check()?;
            // The last line may go on in the next part, which begins with it.
            let to = size.min(from + PART_BYTES);
            let bytes = file.read_one(ByteRange::new(from, to), cancel).await?;
            let used = index.look(&bytes, from, to == size);
            if index.scans.len() > SCAN_LIMIT {
                let why = format!("it has more than {SCAN_LIMIT} scans");
                return Err(Fault::limit(why).tried(format!("open \"{}\"", file.url())));
            }
            from += used.max(1) as u64;
        }
        index.close(size);
        Ok(index)
    }

    /// Looks through a part of the file that begins at a line or at byte `at`;
    /// gives how much of it is done.
    pub(super) fn look(&mut self, bytes: &[u8], at: u64, is_last: bool) -> usize {
        let limit = if is_last {
            bytes.len()
        } else {
            bytes.len().saturating_sub(LINE_BYTES).max(bytes.len() / 2)
        };
        // Only file starts and line breaks begin a line.
        if at == 0 {
            self.line(bytes, 0);
        }
        for (found, pair) in bytes.windows(2).enumerate() {
            if found >= limit {
                break;
            }
            if pair != b"\n#" {
                continue;
            }
            let line = found + 1;
            self.line(bytes.get(line..).unwrap_or_default(), at + line as u64);
        }
        limit
    }

    fn line(&mut self, line: &[u8], at: u64) {
        match line {
            [b'#', b'S', b' ' | b'\t', rest @ ..] => {
                let digits: &[u8] = rest.trim_ascii_start();
                let length = digits
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                let number = text(digits.get(..length.min(18)).unwrap_or_default());
                let Ok(number) = number.parse::<u64>() else {
                    return;
                };
                self.close(at);
                let order = self.counts.entry(number).or_insert(0);
                *order += 1;
                self.scans.push(ScanPlace {
                    key: format!("{number}.{order}"),
                    start: at,
                    end: u64::MAX,
                    header: self.headers.len().checked_sub(1),
                });
            }
            [b'#', b'F' | b'E', b' ' | b'\t', ..] => {
                // The lines of one header follow each other.
                let is_open = self.headers.last().is_some_and(|last| last.end == u64::MAX);
                if !is_open {
                    self.close(at);
                    self.headers.push(ByteRange::new(at, u64::MAX));
                }
            }
            _ => {}
        }
    }

    /// Ends what is open at a byte.
    pub(super) fn close(&mut self, at: u64) {
        if let Some(scan) = self.scans.last_mut() {
            scan.end = scan.end.min(at);
        }
        if let Some(header) = self.headers.last_mut() {
            header.end = header.end.min(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"#F scans.dat\n#E 12\n#O0 th  tth\n\n#S 1 ascan th\n#L a  b\n1 2\n\
        #S 2 loop\n#S 1 again\n1 #S 3 no line\n#F next\n#E 13\n#S 7 last\n";

    #[test]
    fn scans_of_one_number_are_told_apart() {
        let mut index = Index::default();
        index.look(FILE, 0, true);
        index.close(FILE.len() as u64);
        let keys: Vec<&str> = index.scans.iter().map(|scan| scan.key.as_str()).collect();
        assert_eq!(keys, ["1.1", "2.1", "1.2", "7.1"], "number and order");
        let headers: Vec<_> = index.scans.iter().map(|scan| scan.header).collect();
        assert_eq!(
            headers,
            [Some(0), Some(0), Some(0), Some(1)],
            "the second #F"
        );
        assert_eq!(
            index.headers[0],
            ByteRange::new(0, 32),
            "up to the first scan"
        );
        assert_eq!(index.scans[3].end, FILE.len() as u64, "up to the end");
    }

    #[test]
    fn parts_of_any_size_find_the_same_scans() {
        let mut whole = Index::default();
        whole.look(FILE, 0, true);
        whole.close(FILE.len() as u64);
        for part in 40..FILE.len() {
            let mut index = Index::default();
            let mut from = 0;
            while from < FILE.len() {
                let to = FILE.len().min(from + part);
                from += index.look(&FILE[from..to], from as u64, to == FILE.len());
            }
            index.close(FILE.len() as u64);
            assert_eq!(index, whole, "in parts of {part} bytes");
        }
    }
}
