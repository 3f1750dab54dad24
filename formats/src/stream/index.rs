//! One pass over a stream, line by line.

use super::fields::{cell, count, number, value};
use super::rows::{Index, ROWS_LIMIT_BYTES, Resume};
use crate::geometry::Problem;
use hutch_model::FoundRow as Row;

/// Longer lines are no lines of a stream; their rest is passed over.
const LINE_LIMIT_BYTES: usize = 64 << 10;
/// Lines of the header that are kept.
const HEADER_LIMIT: usize = 64;
/// Problems that are kept.
const PROBLEM_LIMIT: usize = 100;
/// Lists of other lengths than said that are told one by one.
const LISTS_TOLD: u64 = 20;

/// What the lines at this place are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Header,
    Geometry,
    UnitCell,
    Between,
    Chunk,
    Peaks,
    Crystal,
    Reflections,
}

/// Takes a stream in blocks of any size and finds its chunks.
#[derive(Debug, Default)]
pub struct Indexer {
    index: Index,
    place: Place,
    /// The begin of a line whose end is in the next block.
    carry: Vec<u8>,
    /// Bytes before the next block.
    at: u64,
    geometry_start: u64,
    chunk_start: u64,
    /// What is known of the frame, and of its crystals so far.
    frame: Option<Row>,
    crystals: Vec<Row>,
    centring: u8,
    is_full: bool,
    damaged: u64,
    /// How long the next list is said to be, and how many lines of it were met, its title among them.
    said: Option<u32>,
    listed: u32,
    /// Lists that are not as long as is said.
    wrong_lists: u64,
    /// Where the first byte of zero is; text has none.
    zero: Option<u64>,
}

impl Indexer {
    /// Goes on behind the last whole chunk of a file that grew; the bytes from [`Indexer::position`] on are fed next.
    pub fn resume(mut index: Index) -> Self {
        let known = index.resume;
        if known.at == 0 {
            return Self::default();
        }
        index.problems.truncate(known.problem_count);
        index.unfinished = None;
        Self {
            index,
            place: Place::Between,
            at: known.at,
            damaged: known.damaged,
            wrong_lists: known.wrong_lists,
            zero: known.zero,
            is_full: known.is_full,
            ..Self::default()
        }
    }

    /// The byte of the file that is fed next.
    pub const fn position(&self) -> u64 {
        self.at
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, block: &[u8]) {
        if self.zero.is_none() {
            let found = memchr::memchr(0, block);
            self.zero = found.map(|at| self.at.saturating_add(at as u64));
        }
        let mut rest = block;
        if !self.carry.is_empty() {
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.keep(rest);
                self.at = self.at.saturating_add(rest.len() as u64);
                return;
            };
            let (head, tail) = rest.split_at(end);
            let begin = self.at.saturating_sub(self.carry.len() as u64);
            self.keep(head);
            let line = std::mem::take(&mut self.carry);
            let next = self.at.saturating_add(end as u64 + 1);
            self.line(&line, begin, next);
            self.carry = line;
            self.carry.clear();
            self.at = next;
            rest = tail.get(1..).unwrap_or_default();
        }
        let from = self.at;
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', rest) {
            let line = rest.get(begin..end).unwrap_or_default();
            let next = end + 1;
            // Rows of lists begin with a blank; hardly any other line does.
            let is_in_list = matches!(self.place, Place::Peaks | Place::Reflections);
            if is_in_list && line.first() == Some(&b' ') {
                self.listed = self.listed.saturating_add(1);
            } else {
                self.line(line, from + begin as u64, from + next as u64);
            }
            begin = next;
        }
        let tail = rest.get(begin..).unwrap_or_default();
        self.keep(tail);
        self.at = from.saturating_add(rest.len() as u64);
    }

    /// What was found; the last bytes of the file were fed.
    pub fn finish(mut self) -> Index {
        if !self.carry.is_empty() {
            let line = std::mem::take(&mut self.carry);
            let begin = self.at.saturating_sub(line.len() as u64);
            self.line(&line, begin, self.at);
        }
        self.index.unfinished = self
            .end_that_is_none()
            .map(|text| Problem { line: 0, text });
        if let Some(at) = self.zero {
            self.problem(format!(
                "from byte {at} on there are zeros in place of text: what stood there is lost"
            ));
        }
        if let Some(more) = self.wrong_lists.checked_sub(LISTS_TOLD)
            && more > 0
        {
            self.problem(format!("{more} more lists are not as long as is said"));
        }
        if self.damaged > 0 {
            let text = format!("{} chunks have no end and are left out", self.damaged);
            self.problem(text);
        }
        if self.is_full {
            let text = format!(
                "only {} rows are kept; {} frames were counted",
                self.index.rows.len(),
                self.index.chunk_count
            );
            self.problem(text);
        }
        self.index.rows.shrink_to_fit();
        self.index
    }

    /// Inside of what the file ends, in words.
    fn end_that_is_none(&self) -> Option<String> {
        if self.frame.is_some() {
            let begin = self.chunk_start;
            return Some(format!(
                "the file ends inside of the chunk that begins at byte {begin}; the whole chunks before are shown"
            ));
        }
        let text = match self.place {
            Place::Geometry => "the file ends inside of its geometry",
            Place::UnitCell => "the file ends inside of its unit cell",
            _ if self.chunk_start == 0 && self.index.chunk_count == 0 => {
                "the file ends in its header: it holds no chunk"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Keeps the begin of a line, unless it is too long to be one.
    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_LIMIT_BYTES.saturating_sub(self.carry.len());
        let kept = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        self.carry.extend_from_slice(kept);
    }

    fn problem(&mut self, text: String) {
        if self.index.problems.len() < PROBLEM_LIMIT {
            self.index.problems.push(Problem { line: 0, text });
        }
    }

    fn line(&mut self, line: &[u8], begin: u64, next: u64) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"-----") && self.mark(line, begin, next) {
            return;
        }
        match self.place {
            Place::Header => self.header(line),
            Place::Chunk => self.chunk(line),
            Place::Crystal => self.crystal(line),
            Place::Peaks if line.starts_with(b"End of peak list") => {
                self.end_list("num_peaks");
                self.place = Place::Chunk;
            }
            Place::Reflections if line.starts_with(b"End of reflections") => {
                self.end_list("num_reflections");
                self.place = Place::Crystal;
            }
            Place::Peaks | Place::Reflections if line.starts_with(b"--- ") => {
                self.no_end();
                self.place = Place::Chunk;
                self.chunk(line);
            }
            Place::Peaks | Place::Reflections if !line.is_empty() => {
                self.listed = self.listed.saturating_add(1);
            }
            _ => {}
        }
    }

    /// Says where a list is not as long as the chunk says.
    fn end_list(&mut self, key: &str) {
        let listed = self.listed.saturating_sub(1);
        let Some(said) = self.said.take().filter(|said| *said != listed) else {
            return;
        };
        self.wrong_list(&format!("{key} = {said}, and {listed} are listed"));
    }

    fn wrong_list(&mut self, what: &str) {
        self.wrong_lists += 1;
        if self.wrong_lists <= LISTS_TOLD {
            let text = format!(
                "in the chunk that begins at byte {}: {what}",
                self.chunk_start
            );
            self.problem(text);
        }
    }

    fn no_end(&mut self) {
        let what = match self.place {
            Place::Peaks => "its list of peaks has no end",
            Place::Reflections => "a list of reflections has no end",
            _ => "a crystal has no end",
        };
        self.wrong_list(what);
    }

    /// Takes how long a list is said to be.
    fn count_said(&mut self, line: &[u8], key: &str) -> Option<u32> {
        let text = value(line, key)?;
        self.said = count(line, key);
        if self.said.is_none() {
            let text = String::from_utf8_lossy(text)
                .chars()
                .take(20)
                .collect::<String>();
            self.wrong_list(&format!("{key} = {text} is no count"));
        }
        self.said
    }

    fn begin_list(&mut self, place: Place) {
        self.place = place;
        self.listed = 0;
    }

    fn header(&mut self, line: &[u8]) {
        if self.index.header.len() < HEADER_LIMIT && !line.is_empty() {
            let line = String::from_utf8_lossy(line).into_owned();
            self.index.header.push(line);
        }
    }

    /// Takes a line that begins or ends a part; false where it is none of those.
    fn mark(&mut self, line: &[u8], begin: u64, next: u64) -> bool {
        match line {
            b"----- Begin chunk -----" => {
                if self.frame.is_some() {
                    self.damaged += 1;
                }
                self.chunk_start = begin;
                self.place = Place::Chunk;
                self.frame = Some(Row {
                    start: begin,
                    ..Row::EMPTY
                });
                self.crystals.clear();
                self.said = None;
            }
            b"----- End chunk -----" => {
                if matches!(
                    self.place,
                    Place::Peaks | Place::Reflections | Place::Crystal
                ) {
                    self.no_end();
                }
                // Without the end of the line, which may not be written yet.
                self.commit(begin.saturating_add(line.len() as u64));
            }
            b"----- Begin geometry file -----" if self.frame.is_none() => {
                self.place = Place::Geometry;
                self.geometry_start = next;
            }
            b"----- End geometry file -----" if self.place == Place::Geometry => {
                self.index.geometry = Some(self.geometry_start..begin);
                self.place = Place::Between;
            }
            b"----- Begin unit cell -----" if self.frame.is_none() => self.place = Place::UnitCell,
            b"----- End unit cell -----" if self.place == Place::UnitCell => {
                self.place = Place::Between;
            }
            _ => return false,
        }
        true
    }

    /// Takes a line of a frame.
    fn chunk(&mut self, line: &[u8]) {
        let peaks = self.count_said(line, "num_peaks");
        let Some(frame) = &mut self.frame else { return };
        let texts = &mut self.index.texts;
        match line.first() {
            Some(b'I') => {
                if let Some(name) = line.strip_prefix(b"Image filename: ") {
                    frame.filename = texts.number(name.trim_ascii());
                }
            }
            Some(b'E') => {
                if let Some(event) = line.strip_prefix(b"Event: ") {
                    frame.event = texts.number(event.trim_ascii());
                }
            }
            Some(b'h') => {
                if let Some(hit) = count(line, "hit") {
                    frame.is_hit = hit != 0;
                }
            }
            Some(b'i') => {
                if let Some(method) = value(line, "indexed_by") {
                    frame.indexed_by = texts.number(method);
                }
            }
            Some(b'n') => frame.peak_count = peaks.unwrap_or(frame.peak_count),
            Some(b'p') => {
                if let Some(resolution) = value(line, "peak_resolution").and_then(number) {
                    frame.peak_resolution = single(resolution);
                }
            }
            Some(b'P') if line.starts_with(b"Peaks from peak search") => {
                self.begin_list(Place::Peaks);
            }
            Some(b'-') if line.starts_with(b"--- Begin crystal") => {
                let crystal = u32::try_from(self.crystals.len()).unwrap_or(u32::MAX - 1);
                self.crystals.push(Row { crystal, ..*frame });
                self.centring = b'?';
                self.said = None;
                self.place = Place::Crystal;
            }
            _ => {}
        }
    }

    /// Takes a line of a crystal.
    fn crystal(&mut self, line: &[u8]) {
        let reflections = self.count_said(line, "num_reflections");
        let Some(row) = self.crystals.last_mut() else {
            return;
        };
        match line.first() {
            Some(b'C') => {
                if let Some(cell) = cell(line) {
                    row.cell = cell;
                }
            }
            Some(b'l') => {
                if let Some(lattice) = value(line, "lattice_type") {
                    row.lattice = self.index.texts.number(lattice);
                }
            }
            Some(b'c') => {
                if let Some([centring, ..]) = value(line, "centering") {
                    let lattice = self.index.text(row.lattice);
                    let both = format!("{lattice} {}", char::from(*centring));
                    row.lattice = self.index.texts.number(both.trim().as_bytes());
                }
            }
            Some(b'd') => {
                if let Some(limit) = value(line, "diffraction_resolution_limit").and_then(number) {
                    row.resolution_limit = single(limit);
                }
            }
            Some(b'n') => row.reflection_count = reflections.unwrap_or(row.reflection_count),
            Some(b'p') => {
                if let Some(radius) = value(line, "profile_radius").and_then(number) {
                    row.profile_radius = single(radius);
                }
            }
            Some(b'R') if line.starts_with(b"Reflections measured after indexing") => {
                self.begin_list(Place::Reflections);
            }
            Some(b'-') if line.starts_with(b"--- End crystal") => self.place = Place::Chunk,
            Some(b'-') if line.starts_with(b"--- Begin crystal") => {
                self.no_end();
                self.chunk(line);
            }
            _ => {}
        }
    }

    /// Takes a chunk that is whole.
    fn commit(&mut self, end: u64) {
        self.place = Place::Between;
        if let Some(frame) = self.frame.take() {
            self.keep_rows(frame, end);
        }
        self.index.resume = Resume {
            at: end,
            problem_count: self.index.problems.len(),
            damaged: self.damaged,
            wrong_lists: self.wrong_lists,
            zero: self.zero.filter(|at| *at < end),
            is_full: self.is_full,
        };
    }

    /// Keeps the rows of a chunk, and counts it.
    fn keep_rows(&mut self, mut frame: Row, end: u64) {
        self.index.chunk_count += 1;
        self.index.hit_count += u64::from(frame.is_hit);
        self.index.indexed_count += u64::from(!self.crystals.is_empty());
        self.index.crystal_count += self.crystals.len() as u64;
        let Ok(length) = u32::try_from(end.saturating_sub(frame.start)) else {
            self.damaged += 1;
            return;
        };
        let rows = self
            .index
            .rows
            .len()
            .saturating_add(self.crystals.len() + 1);
        let bytes = rows.saturating_mul(size_of::<Row>());
        if bytes.saturating_add(self.index.texts.size_bytes()) > ROWS_LIMIT_BYTES {
            self.is_full = true;
            return;
        }
        frame.length = length;
        if self.crystals.is_empty() {
            self.index.rows.push(frame);
        }
        for row in self.crystals.drain(..) {
            self.index.rows.push(Row { length, ..row });
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a resolution needs no more digits"
)]
fn single(number: f64) -> f32 {
    number as f32
}
