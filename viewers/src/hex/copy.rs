//! Chosen bytes as text for the clipboard: collected piece by piece, written on the pool.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use hutch_model::{Block, Cancel, Error, ErrorKind, Result};

use super::PIECE;
use super::bytes::{Bytes, Piece};
use super::rows::{ROW_BYTES, shown};
use crate::{Priority, Residence, Resident, Task};

/// More bytes than this are not copied.
const MOST_BYTES: u64 = 1 << 20;

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Two digits each, sixteen in a line.
    Hex,
    /// Offset, digits and characters, as they are shown.
    Dump,
}

/// Chosen bytes on their way to the clipboard.
#[derive(Debug)]
pub(super) struct Copying {
    range: Range<u64>,
    form: Form,
    blocks: Vec<(Piece, Arc<Block>)>,
    task: Option<Task<String>>,
}

impl Copying {
    pub(super) const fn new(range: Range<u64>, form: Form) -> Self {
        Self {
            range,
            form,
            blocks: Vec::new(),
            task: None,
        }
    }

    /// The text, when all pieces are here and it is written.
    pub(super) fn poll(
        &mut self,
        bytes: &Bytes,
        resident: &mut dyn Resident,
    ) -> Option<Result<String>> {
        if self.range.end - self.range.start > MOST_BYTES {
            let why = "more than a million bytes are chosen; save the values as a file instead";
            return Some(Err(Error::new(ErrorKind::Limit, "copy bytes", why)));
        }
        if let Some(task) = &mut self.task {
            return task.poll();
        }
        loop {
            let last = self.blocks.last();
            let next = last.map_or(self.range.start, |(piece, _)| piece.start + piece.length);
            let Some(piece) = bytes.piece(next, PIECE).filter(|_| next < self.range.end) else {
                break;
            };
            match resident.block(&bytes.dataset, &piece.slab, Priority::Visible) {
                Residence::Here(block) => self.blocks.push((piece, block)),
                Residence::Failed(error) => return Some(Err(error.duplicate())),
                Residence::Waiting(_) => return None,
            }
        }
        let (range, form, blocks) = (
            self.range.clone(),
            self.form,
            std::mem::take(&mut self.blocks),
        );
        let work = move |cancel: &Cancel| written(&range, form, &blocks, cancel);
        self.task = Some(Task::start(
            resident,
            Priority::Visible,
            "copy bytes",
            0,
            work,
        ));
        None
    }
}

fn written(
    range: &Range<u64>,
    form: Form,
    blocks: &[(Piece, Arc<Block>)],
    cancel: &Cancel,
) -> Result<String> {
    let mut all = Vec::new();
    for (piece, block) in blocks {
        let inside =
            |at: u64| usize::try_from(at.saturating_sub(piece.start)).unwrap_or(usize::MAX);
        let held = block.samples.bytes();
        let part = inside(range.start)..inside(range.end).min(held.len());
        all.extend_from_slice(held.get(part).unwrap_or_default());
    }
    let mut text = String::new();
    let mut at = range.start;
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        cancel.check()?;
        // Lines of a dump end where those on the screen do.
        let until = match form {
            Form::Hex => ROW_BYTES,
            Form::Dump => ROW_BYTES - at % ROW_BYTES,
        };
        let count = usize::try_from(until).unwrap_or(16).min(rest.len());
        let (row, after) = rest.split_at(count);
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let written = match form {
            Form::Hex => writeln!(text, "{}", digits.join(" ")),
            Form::Dump => {
                let characters: String = row.iter().map(|&byte| shown(byte)).collect();
                writeln!(text, "{at:08x}  {:<47}  {characters}", digits.join(" "))
            }
        };
        written
            .map_err(|error| Error::new(ErrorKind::Internal, "write bytes", error.to_string()))?;
        at += count as u64;
        rest = after;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use hutch_model::{BlockState, Samples, Slab};

    use super::*;

    fn block(start: u64, bytes: Vec<u8>) -> (Piece, Arc<Block>) {
        let length = bytes.len() as u64;
        let slab = Slab::whole(&[length]);
        let block = Block {
            shape: vec![length],
            samples: Samples::U8(bytes),
            state: BlockState::Present,
        };
        (
            Piece {
                slab,
                start,
                length,
            },
            Arc::new(block),
        )
    }

    #[test]
    fn bytes_of_two_pieces_are_written_as_one_run() {
        let blocks = [block(0, (0..20).collect()), block(20, (20..40).collect())];
        let hex = written(&(18..22), Form::Hex, &blocks, &Cancel::new()).expect("four bytes");
        assert_eq!(hex, "12 13 14 15\n");
        let blocks = [
            block(0, b"Hutch shows this".to_vec()),
            block(16, vec![0, 255, b'!']),
        ];
        let dump = written(&(11..19), Form::Dump, &blocks, &Cancel::new()).expect("eight bytes");
        let lines: Vec<&str> = dump.lines().collect();
        assert!(
            lines[0].starts_with("0000000b  20 74 68 69 73 ") && lines[0].ends_with("   this"),
            "{dump}"
        );
        assert!(
            lines[1].starts_with("00000010  00 ff 21 ") && lines[1].ends_with("  ..!"),
            "{dump}"
        );
    }
}
