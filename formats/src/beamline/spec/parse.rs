//! One scan of a SPEC file: its header lines, its columns, its spectra.
//!
//! Source: the SPEC manual, "Standard data file format".

use hutch_model::{Cancel, Result};

use crate::beamline::scan::{NAME_LIMIT, NUMBER_LIMIT, Scan};

/// Reads a scan; `file_header` holds what stands before the first one.
///
/// # Errors
/// [`hutch_model::ErrorKind::Limit`] beyond 2^26 numbers, and when cancelled.
pub(super) fn parse(file_header: &str, body: &str, cancel: &Cancel) -> Result<Scan> {
    let mut scan = Scan::default();
    let mut header = Header::default();
    for line in file_header.lines() {
        header.line(line, &mut scan);
    }
    // Motors that a scan names itself replace those of the file.
    let of_file = std::mem::take(&mut header.names);
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            header.line(line, &mut scan);
        } else if let Some(first) = line.strip_prefix('@') {
            let spectrum = spectrum(first, &mut lines);
            cancel.check()?;
            scan.rows.count(spectrum.len())?;
            scan.spectra.push(spectrum);
        } else if !line.trim().is_empty() {
            scan.rows.add(line, scan.labels.len(), cancel)?;
        }
    }
    if header.names.is_empty() {
        header.names = of_file;
    }
    let (names, positions) = (header.names, header.positions);
    if names.len() != positions.len() {
        let why = format!(
            "{} motors have names, but {} have positions",
            names.len(),
            positions.len()
        );
        scan.problems.push(why);
    }
    scan.motors = names.into_iter().zip(positions).collect();
    scan.finish();
    Ok(scan)
}

/// What header lines gather up.
#[derive(Debug, Default)]
struct Header {
    names: Vec<String>,
    positions: Vec<f64>,
    /// The `#N` line: how many columns there are.
    column_count: Option<usize>,
}

impl Header {
    fn line(&mut self, line: &str, scan: &mut Scan) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word {
            "#S" => {
                let title = rest
                    .trim()
                    .trim_start_matches(|letter: char| letter.is_ascii_digit());
                title.trim_start().clone_into(&mut scan.title);
            }
            "#D" => scan.start_time = iso_time(rest.trim()),
            "#N" => {
                self.column_count = rest
                    .split_whitespace()
                    .next()
                    .and_then(|word| word.parse().ok());
            }
            "#L" if scan.rows.columns.is_empty() => scan.labels = self.labels(rest),
            "#C" => {
                scan.comments.push_str(rest.trim_end());
                scan.comments.push('\n');
            }
            _ if is_numbered(word, 'O') => {
                let free = NAME_LIMIT.saturating_sub(self.names.len());
                self.names.extend(split_names(rest).into_iter().take(free));
            }
            _ if is_numbered(word, 'P') => {
                let free = NAME_LIMIT.saturating_sub(self.positions.len());
                self.positions.extend(numbers(rest).take(free));
            }
            _ => {}
        }
    }

    /// Two blanks lie between labels; where that does not give what `#N` says, one.
    fn labels(&self, rest: &str) -> Vec<String> {
        let labels = split_names(rest);
        let words = rest.split_whitespace().take(NAME_LIMIT);
        match self.column_count {
            Some(count) if count != labels.len() && words.clone().count() == count => {
                words.map(str::to_owned).collect()
            }
            _ => labels,
        }
    }
}

/// Whether a word is `#O0`, `#O1`...
fn is_numbered(word: &str, letter: char) -> bool {
    let digits = word
        .strip_prefix('#')
        .and_then(|word| word.strip_prefix(letter));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Names with two blanks or a tab between them; one blank is part of a name.
fn split_names(line: &str) -> Vec<String> {
    line.split("  ")
        .flat_map(|part| part.split('\t'))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .take(NAME_LIMIT)
        .map(str::to_owned)
        .collect()
}

fn numbers(line: &str) -> impl Iterator<Item = f64> {
    line.split_whitespace()
        .map(|word| word.parse().unwrap_or(f64::NAN))
}

/// A spectrum `@A 1 2 3\` that goes on while lines end with a backslash.
fn spectrum<'a>(first: &'a str, lines: &mut impl Iterator<Item = &'a str>) -> Vec<f64> {
    let mut line = first.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    // `@A1 2 3`: digits right behind the letter are the first channel.
    let mut values = Vec::new();
    loop {
        let part = line.trim_end();
        let more = part.strip_suffix('\\');
        // One number too many is enough to be refused.
        let free = (NUMBER_LIMIT + 1).saturating_sub(values.len());
        values.extend(numbers(more.unwrap_or(part)).take(free));
        match more.and_then(|_| lines.next()) {
            Some(next) => line = next,
            None => return values,
        }
    }
}

/// `Thu Feb 11 09:54:35 2016` as `2016-02-11T09:54:35`; other texts stay as they are.
fn iso_time(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words: Vec<&str> = date.split_whitespace().take(6).collect();
    if let [_, month, day, time, year] = words.as_slice()
        && let Some(month) = MONTHS.iter().position(|name| name == month)
        && year.len() == 4
    {
        return format!("{year}-{:02}-{day:0>2}T{time}", month + 1);
    }
    date.to_owned()
}
