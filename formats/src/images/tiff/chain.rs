//! Walking the chain of directories: each says where the next one is.
//!
//! Pages of equal size lie at equal distances, so the places of the next ones
//! are guessed from the last two and read in one round; the chain itself says
//! whether the guess was right.

use std::collections::HashSet;

use hutch_model::{ByteRange, Cancel, Result};

use super::blocks::Blocks;
use super::directory::{self, Directory, Format};
use super::page::{self, Page};

/// Pages that one file may have.
const PAGE_LIMIT: usize = 1 << 20;
/// Bytes that are read at the place of a directory: it and its small values.
const WINDOW_BYTES: u64 = 512;
/// Directories that are read ahead in one round.
const AHEAD_LIMIT: u64 = 1024;

/// The pages of a file.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) pages: Vec<Page>,
    /// The first directory, whose texts describe the file.
    pub(super) first: Directory,
    /// Why the chain ends early, where it does.
    pub(super) problem: Option<String>,
}

/// Walks the chain from the directory at byte `first`.
///
/// # Errors
/// Only those of reading: damage in the chain ends it, and is told.
pub(super) async fn walk(
    blocks: &mut Blocks<'_>,
    format: Format,
    first: u64,
    cancel: &Cancel,
) -> Result<Chain> {
    let mut chain = Chain::default();
    let mut seen = HashSet::new();
    let mut guess = Guess::default();
    let mut at = first;
    while at != 0 {
        cancel.check()?;
        let index = chain.pages.len();
        let problem = if !seen.insert(at) {
            Some("the chain of pages goes round in a circle".to_owned())
        } else if index >= PAGE_LIMIT {
            Some(format!("it has more than {PAGE_LIMIT} pages"))
        } else {
            None
        };
        if problem.is_some() {
            chain.problem = problem;
            break;
        }
        match read_page(blocks, format, at, &mut guess, cancel).await? {
            Ok((directory, page)) => {
                guess.follow(at, &directory);
                at = directory.next;
                chain.pages.push(page);
                if index == 0 {
                    chain.first = directory;
                }
            }
            Err(why) => {
                chain.problem = Some(format!("page {index}, at byte {at}: {why}"));
                break;
            }
        }
    }
    Ok(chain)
}

/// Reads one directory and what of it describes the samples; the inner error
/// is damage.
async fn read_page(
    blocks: &mut Blocks<'_>,
    format: Format,
    at: u64,
    guess: &mut Guess,
    cancel: &Cancel,
) -> Result<Result<(Directory, Page), String>> {
    let size = blocks.file.size_bytes();
    if at >= size {
        return Ok(Err(format!("the file ends before it, at byte {size}")));
    }
    let window = guess.window();
    let here = ByteRange::new(at, at.saturating_add(window).min(size));
    if blocks.get(here).is_none() {
        blocks.read(&guess.ranges(at, size), cancel).await?;
    }
    let head = blocks.take(here, cancel).await?;
    let length = match directory::length(format, &head) {
        Ok(length) => length,
        Err(why) => return Ok(Err(why)),
    };
    let whole = ByteRange::new(at, at.saturating_add(length));
    let bytes = blocks.take(whole, cancel).await?;
    let directory = match directory::parse(format, at, &bytes) {
        Ok(directory) => directory,
        Err(why) => return Ok(Err(why)),
    };
    for range in page::needed(&directory) {
        blocks.take(range, cancel).await?;
    }
    let page = page::parse(format, &directory, |range| blocks.get(range));
    Ok(Ok((directory, page)))
}

/// Where the next directories probably are.
#[derive(Debug, Default)]
struct Guess {
    last: Option<u64>,
    distance: Option<u64>,
    /// How many are read ahead.
    ahead: u64,
    length: u64,
}

impl Guess {
    /// Learns from a directory at byte `at`.
    fn follow(&mut self, at: u64, directory: &Directory) {
        let distance = directory.next.checked_sub(at).filter(|&by| by > 0);
        let is_regular = distance.is_some() && distance == self.distance;
        self.ahead = if is_regular {
            (self.ahead * 2).clamp(2, AHEAD_LIMIT)
        } else {
            1
        };
        self.length = directory.length;
        self.distance = distance;
        self.last = Some(at);
    }

    fn window(&self) -> u64 {
        // The values that did not fit mostly lie right behind.
        (self.length + 128).max(WINDOW_BYTES)
    }

    /// The windows at byte `at` and at the places that probably follow.
    fn ranges(&self, at: u64, size: u64) -> Vec<ByteRange> {
        let window = self.window();
        let distance = self.distance.unwrap_or(0);
        (0..self.ahead.max(1))
            .map_while(|index| at.checked_add(index.checked_mul(distance)?))
            .take_while(|&start| start < size)
            .map(|start| ByteRange::new(start, start.saturating_add(window)))
            .collect()
    }
}
