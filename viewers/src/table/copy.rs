//! Chosen cells as text for the clipboard: collected piece by piece, written on the pool.

use std::sync::Arc;

use hutch_model::{Block, Cancel, Error, ErrorKind, Result};

use super::cells::{self, Format};
use crate::{Priority, Resident, Task};

/// More cells than this are not copied; values of all sizes are saved as a file.
const MOST_CELLS: u64 = 1 << 20;

/// How pieces lie in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces {
    /// Rows and columns of a piece.
    pub(super) edge: u64,
    /// Rows and columns of the dataset.
    pub(super) size: [u64; 2],
    /// Members of its records; 0 where it has none.
    pub(super) members: usize,
    pub(super) format: Format,
}

/// Chosen cells on their way to the clipboard.
#[derive(Debug)]
pub(super) struct Copying {
    /// First and last row, and first and last column.
    part: [[u64; 2]; 2],
    blocks: Vec<Arc<Block>>,
    task: Option<Task<String>>,
    is_whole: bool,
}

impl Copying {
    pub(super) const fn new(part: [[u64; 2]; 2]) -> Self {
        Self {
            part,
            blocks: Vec::new(),
            task: None,
            is_whole: false,
        }
    }

    fn is_too_large(&self) -> bool {
        let [[top, bottom], [left, right]] = self.part;
        let cells = (bottom - top + 1).saturating_mul(right - left + 1);
        cells > MOST_CELLS
    }

    /// A cell of the next piece that is needed; `None` when all are here.
    pub(super) fn next_piece(&mut self, edge: u64, members: u64) -> Option<[u64; 2]> {
        if self.is_too_large() || self.task.is_some() {
            return None;
        }
        let [[top, bottom], [left, right]] = self.part;
        let across = right / members / edge - left / members / edge + 1;
        let down = bottom / edge - top / edge + 1;
        let next = self.blocks.len() as u64;
        if next >= across * down {
            self.is_whole = true;
            return None;
        }
        let (row, column) = (next / across, next % across);
        Some([
            (top / edge + row) * edge,
            (left / members / edge + column) * edge * members,
        ])
    }

    pub(super) fn add(&mut self, block: Arc<Block>) {
        self.blocks.push(block);
    }

    /// The text, when it is written.
    pub(super) fn poll(
        &mut self,
        resident: &mut dyn Resident,
        pieces: Pieces,
    ) -> Option<Result<String>> {
        if self.is_too_large() {
            let why = "more than a million cells are chosen; save them as a file instead";
            return Some(Err(Error::new(ErrorKind::Limit, "copy cells", why)));
        }
        if let Some(task) = &mut self.task {
            return task.poll();
        }
        if self.is_whole {
            let (part, blocks) = (self.part, std::mem::take(&mut self.blocks));
            let work = move |cancel: &Cancel| written(part, &blocks, pieces, cancel);
            let label = "copy cells of a table";
            self.task = Some(Task::start(resident, Priority::Visible, label, 0, work));
        }
        None
    }
}

/// Rows with tabs between their cells.
fn written(
    [[top, bottom], [left, right]]: [[u64; 2]; 2],
    blocks: &[Arc<Block>],
    pieces: Pieces,
    cancel: &Cancel,
) -> Result<String> {
    let members = (pieces.members as u64).max(1);
    let edge = pieces.edge;
    let first_across = left / members / edge;
    let across = right / members / edge - first_across + 1;
    let mut text = String::new();
    for row in top..=bottom {
        cancel.check()?;
        for column in left..=right {
            if column > left {
                text.push('\t');
            }
            let of = column / members;
            let piece = (row / edge - top / edge) * across + of / edge - first_across;
            let block = usize::try_from(piece)
                .ok()
                .and_then(|piece| blocks.get(piece));
            let width = edge.min(pieces.size[1] - of / edge * edge);
            let index = usize::try_from((row % edge) * width + of % edge).unwrap_or(usize::MAX);
            let member = usize::try_from(column % members)
                .ok()
                .filter(|_| pieces.members > 0);
            if let Some(block) = block {
                let cell = cells::text(&block.samples, index, member, pieces.format);
                text.push_str(&cells::for_clipboard(&cell));
            }
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use hutch_model::{BlockState, Samples};

    use super::*;

    #[test]
    fn cells_of_several_pieces_are_copied_in_their_order() {
        // Five rows of three columns in pieces of two by two; a cell tells its place.
        let pieces = Pieces {
            edge: 2,
            size: [5, 3],
            members: 0,
            format: Format::Plain,
        };
        let mut copying = Copying::new([[1, 4], [1, 2]]);
        while let Some([row, column]) = copying.next_piece(2, 1) {
            let (rows, columns) = (row..(row + 2).min(5), column..(column + 2).min(3));
            let cells = rows.flat_map(|row| columns.clone().map(move |column| 10 * row + column));
            copying.add(Arc::new(Block {
                shape: Vec::new(),
                samples: Samples::U64(cells.collect()),
                state: BlockState::Present,
            }));
        }
        let text = written(copying.part, &copying.blocks, pieces, &Cancel::new()).unwrap();
        assert_eq!(text, "11\t12\n21\t22\n31\t32\n41\t42\n");
    }
}
