//! Long text in lines that fit the window, made on the pool.

use std::ops::Range;
use std::sync::Arc;

use hutch_model::{Block, Cancel, Result, Samples};

/// Of longer text only the beginning is shown.
pub(super) const BUDGET: u64 = 4 << 20;
/// No line is longer than this, wrapped or not: one of megabytes could not be laid out in a pass.
const WIDEST: usize = 2000;
/// Blanks that a tab stands for.
const TAB: &str = "    ";
/// Places that are found; more help nobody.
const MOST_FOUND: usize = 10_000;

/// Text as it is shown.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) text: String,
    /// Bytes of `text` that each line shows.
    pub(super) lines: Vec<Range<usize>>,
    /// How many lines the text itself has.
    pub(super) stored_lines: usize,
    /// Whether it is not all of the text.
    pub(super) is_cut: bool,
    /// Whether some bytes were no UTF-8 text.
    pub(super) is_mended: bool,
}

impl Prepared {
    /// Text of samples: one text, or the bytes of one.
    ///
    /// # Errors
    /// When the work is cancelled.
    pub(super) fn of(
        block: &Block,
        is_cut: bool,
        columns: Option<usize>,
        cancel: &Cancel,
    ) -> Result<Self> {
        let most = usize::try_from(BUDGET).unwrap_or(usize::MAX);
        let mut prepared = Self {
            is_cut,
            ..Self::default()
        };
        let raw = match &block.samples {
            Samples::Text(texts) => {
                let text = texts.first().map_or("", String::as_str);
                prepared.is_cut |= text.len() > most;
                text[..text.floor_char_boundary(most)].to_owned()
            }
            samples => {
                let bytes = samples.bytes();
                let bytes = &bytes[..bytes.len().min(most)];
                // Fixed lengths are filled with zeros.
                let end = bytes
                    .iter()
                    .rposition(|byte| *byte != 0)
                    .map_or(0, |last| last + 1);
                let bytes = whole_characters(&bytes[..end], prepared.is_cut);
                let text = String::from_utf8_lossy(bytes);
                prepared.is_mended = matches!(text, std::borrow::Cow::Owned(_));
                text.into_owned()
            }
        };
        cancel.check()?;
        prepared.text = clean(&raw);
        cancel.check()?;
        prepared.wrap(columns.unwrap_or(WIDEST).clamp(8, WIDEST), cancel)?;
        Ok(prepared)
    }

    fn wrap(&mut self, columns: usize, cancel: &Cancel) -> Result<()> {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            self.stored_lines += 1;
            if self.stored_lines.is_multiple_of(4096) {
                cancel.check()?;
            }
            let shown = line.strip_suffix('\n').unwrap_or(line);
            let shown = shown.strip_suffix('\r').unwrap_or(shown);
            let mut from = 0;
            loop {
                let end = break_after(&shown[from..], columns);
                self.lines.push(start + from..start + from + end);
                from += end;
                if from >= shown.len() {
                    break;
                }
            }
            start += line.len();
        }
        Ok(())
    }

    /// A line as it is shown.
    pub(super) fn line(&self, index: usize) -> &str {
        let range = self.lines.get(index).cloned().unwrap_or_default();
        self.text.get(range).unwrap_or_default()
    }

    /// The line that shows a byte of the text.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        let after = self.lines.partition_point(|line| line.start <= byte);
        after.saturating_sub(1)
    }
}

/// Where words are found in a text: the first byte of each, small and large letters alike.
///
/// # Errors
/// When the work is cancelled.
pub(super) fn find(
    text: &Arc<Prepared>,
    wanted: &str,
    cancel: &Cancel,
) -> Result<Vec<Range<usize>>> {
    let (held, wanted) = (text.text.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    for (at, part) in held.match_indices(&wanted).take(MOST_FOUND) {
        if found.len().is_multiple_of(1024) {
            cancel.check()?;
        }
        found.push(at..at + part.len());
    }
    Ok(found)
}

/// Where a line of so many columns ends: behind a blank where there is one in its second half.
fn break_after(text: &str, columns: usize) -> usize {
    let Some((end, _)) = text.char_indices().nth(columns) else {
        return text.len();
    };
    let blank = text[..end].rfind(' ').map(|at| at + 1);
    blank.filter(|at| *at > end / 2).unwrap_or(end)
}

/// The bytes without a character that was cut in two at the end.
fn whole_characters(bytes: &[u8], is_cut: bool) -> &[u8] {
    if !is_cut {
        return bytes;
    }
    let last = bytes.iter().rposition(|byte| byte & 0xc0 != 0x80);
    match last {
        Some(last) if bytes.len() - last < 4 && std::str::from_utf8(&bytes[last..]).is_err() => {
            &bytes[..last]
        }
        _ => bytes,
    }
}

/// Tabs as blanks, and no characters that steer a terminal.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => clean.push_str(TAB),
            '\n' | '\r' => clean.push(letter),
            letter if letter.is_control() => clean.push('\u{fffd}'),
            letter => clean.push(letter),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use hutch_model::BlockState;

    use super::*;

    fn prepared(samples: Samples, is_cut: bool, columns: Option<usize>) -> Prepared {
        let block = Block {
            shape: Vec::new(),
            samples,
            state: BlockState::Present,
        };
        Prepared::of(&block, is_cut, columns, &Cancel::new()).expect("nobody cancels")
    }

    #[test]
    fn lines_are_broken_behind_words_and_nothing_is_lost() {
        let text = "The quick brown fox\r\njumps\n\nover a_word_that_is_longer_than_a_line\tnow";
        let prepared = prepared(Samples::Text(vec![text.to_owned()]), false, Some(12));
        let lines: Vec<&str> = (0..prepared.lines.len())
            .map(|at| prepared.line(at))
            .collect();
        assert_eq!(lines[..4], ["The quick ", "brown fox", "jumps", ""]);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 12),
            "{lines:?}"
        );
        assert_eq!(
            lines.concat(),
            text.replace(['\r', '\n'], "").replace('\t', TAB)
        );
        assert_eq!(prepared.stored_lines, 4);
    }

    #[test]
    fn one_line_of_megabytes_becomes_lines_that_can_be_laid_out() {
        let all = prepared(Samples::Text(vec!["x".repeat(3 << 20)]), false, None);
        assert!(all.lines.iter().all(|line| line.len() <= WIDEST) && !all.is_cut);
        let cut = prepared(Samples::Text(vec!["\u{e9}".repeat(3 << 20)]), false, None);
        assert!(cut.is_cut, "six megabytes are more than the budget");
        assert_eq!(cut.text.len(), 4 << 20);
    }

    #[test]
    fn bytes_are_text_as_far_as_they_are_utf_8() {
        let mended = prepared(Samples::U8(b"a\xffb\x00\x00".to_vec()), false, None);
        assert_eq!(
            (mended.text.as_str(), mended.is_mended),
            ("a\u{fffd}b", true)
        );
        // The last character of what was cut is half there.
        let cut = prepared(
            Samples::U8("caf\u{e9}".as_bytes()[..4].to_vec()),
            true,
            None,
        );
        assert_eq!((cut.text.as_str(), cut.is_mended), ("caf", false));
        let empty = prepared(Samples::U8(Vec::new()), false, None);
        assert_eq!((empty.text.as_str(), empty.lines.len()), ("", 0));
    }

    #[test]
    fn words_are_found_in_any_letters_and_lead_to_their_line() {
        let text = Arc::new(prepared(
            Samples::Text(vec!["Beam\nno\nbeam BEAM".to_owned()]),
            false,
            None,
        ));
        let found = find(&text, "beam", &Cancel::new()).expect("nobody cancels");
        let lines: Vec<usize> = found
            .iter()
            .map(|range| text.line_of(range.start))
            .collect();
        assert_eq!(lines, [0, 2, 2]);
        assert!(
            find(&text, "", &Cancel::new())
                .expect("nobody cancels")
                .is_empty()
        );
    }
}
