//! Where the images of an EDF file lie.
//!
//! Each header says how far it is to the next one. A file of equal images is not
//! walked through: after two equal blocks the last one and one in the middle are
//! looked at, and a header is checked again when its image is decoded.

use bytes::Bytes;
use hutch_model::{ByteRange, Cancel, Error, Result};

use super::header::{Format, Found, HEADER_LIMIT_BYTES, Packing, find, said_bytes, with_general};
use crate::beamline::fault::{Fault, Parsed};
use crate::beamline::pairs::Pairs;
use crate::images::file::ImageFile;

/// Bytes that are read where the length of a header is not known.
const FIRST_BYTES: u64 = 4096;
/// Images that a file may hold.
const FRAME_LIMIT: u64 = 10_000_000;
/// Blocks of different length that a file may hold.
const RUN_LIMIT: usize = 100_000;

/// Problems that are told one by one.
const PROBLEM_LIMIT: usize = 20;

/// Equal blocks, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first byte of the first header.
    pub(super) start: u64,
    pub(super) header_bytes: u64,
    /// Bytes of an image as stored.
    pub(super) stored_bytes: u64,
    /// The same as the header says, which may not be true.
    said_bytes: Option<u64>,
    pub(super) count: u64,
    /// Which of the formats of the file.
    pub(super) format: usize,
}

impl Run {
    /// Bytes from one header to the next.
    pub(super) const fn stride(&self) -> u64 {
        self.header_bytes.saturating_add(self.stored_bytes)
    }

    /// The first byte behind its blocks.
    const fn end(&self) -> u64 {
        self.start
            .saturating_add(self.stride().saturating_mul(self.count))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) runs: Vec<Run>,
    pub(super) formats: Vec<Format>,
    /// The header that stands for all images, where there is one.
    pub(super) general: Pairs,
    /// The header of the first image.
    pub(super) header: Pairs,
    pub(super) problems: Vec<String>,
}

/// Finds all images of a file.
///
/// # Errors
/// When the first header makes no sense, or the file cannot be read.
pub(super) async fn walk(file: &ImageFile, cancel: &Cancel) -> Result<Walk> {
    let mut walk = Walk::default();
    let mut at = 0;
    let mut guess = FIRST_BYTES;
    // Runs are tried again after twice as many blocks each time.
    let mut next_try = 2;
    while at < file.size_bytes() {
        cancel.check()?;
        let block = match read_block(file, at, guess, cancel).await? {
            Ok(Some(block)) => block,
            Ok(None) => break,
            Err(fault) if walk.runs.is_empty() => return Err(opening(file, fault)),
            Err(fault) => {
                let why = fault.why;
                walk.problems
                    .push(format!("what follows byte {at} is not read: {why}"));
                break;
            }
        };
        guess = block.header_bytes.clamp(512, FIRST_BYTES);
        at = match walk.add(at, block, file) {
            Ok(at) => at,
            Err(fault) if walk.runs.is_empty() => return Err(opening(file, fault)),
            Err(fault) => {
                walk.problems
                    .push(format!("the image at byte {at} is not read: {}", fault.why));
                break;
            }
        };
        let blocks = walk.runs.last().map_or(0, |run| run.count);
        if blocks >= next_try {
            at = walk.leap(at, file, cancel).await?;
            next_try = blocks.saturating_mul(2);
        } else if blocks == 1 {
            next_try = 2;
        }
    }
    if walk.runs.is_empty() {
        return Err(opening(
            file,
            Fault::unreadable("there is no image in the EDF file"),
        ));
    }
    Ok(walk)
}

/// A header that was read, and what it says of the image behind it.
struct Block {
    pairs: Pairs,
    header_bytes: u64,
    /// Whether it is a general block, which holds values for all others.
    is_general: bool,
}

/// Reads the header at a byte; `None` where only blanks follow.
async fn read_block(
    file: &ImageFile,
    at: u64,
    guess: u64,
    cancel: &Cancel,
) -> Result<Parsed<Option<Block>>> {
    let mut length = guess;
    loop {
        let range = ByteRange::new(at, at.saturating_add(length));
        let bytes: Bytes = file.read_one(range, cancel).await?;
        let is_all = (bytes.len() as u64) < length;
        match find(&bytes) {
            Ok(Found::Header(pairs, end)) => {
                return Ok(Ok(Some(Block {
                    is_general: pairs.get("EDF_DataFormatVersion").is_some(),
                    header_bytes: end as u64,
                    pairs,
                })));
            }
            Ok(Found::End) => return Ok(Ok(None)),
            Ok(Found::More) if is_all => {
                let why = "the file ends inside an EDF header";
                return Ok(Err(Fault::unreadable(why)));
            }
            Ok(Found::More) => {
                length = length.saturating_mul(4).min(HEADER_LIMIT_BYTES as u64);
            }
            Err(fault) => return Ok(Err(fault)),
        }
    }
}

impl Walk {
    /// Takes a block; gives the byte behind it.
    fn add(&mut self, at: u64, block: Block, file: &ImageFile) -> Parsed<u64> {
        let behind_header = at.saturating_add(block.header_bytes);
        if block.is_general {
            let skipped = block.pairs.count("EDF_BinarySize").unwrap_or(0);
            self.general = block.pairs;
            return Ok(behind_header.saturating_add(skipped));
        }
        let pairs = with_general(&self.general, block.pairs);
        let format = Format::of(&pairs)?;
        let said_bytes = said_bytes(&pairs);
        let stored_bytes = self.stored_bytes(said_bytes, &format, behind_header, file)?;
        if self.runs.is_empty() {
            self.header = pairs;
        }
        let run = Run {
            start: at,
            header_bytes: block.header_bytes,
            stored_bytes,
            said_bytes,
            count: 1,
            format: self.index_of(format),
        };
        let end = run.end();
        if let Some(last) = self.runs.last_mut().filter(|last| is_next(last, &run)) {
            last.count += 1;
        } else if self.runs.len() < RUN_LIMIT {
            self.runs.push(run);
        } else {
            let why = format!("the file has more than {RUN_LIMIT} unequal images");
            return Err(Fault::limit(why));
        }
        Ok(end)
    }

    /// The bytes of an image, where `Size` may not be true.
    fn stored_bytes(
        &mut self,
        said: Option<u64>,
        format: &Format,
        start: u64,
        file: &ImageFile,
    ) -> Parsed<u64> {
        let needed = format.size_bytes()?;
        match said {
            Some(said) if format.packing != Packing::Plain || said >= needed => Ok(said),
            None if format.packing == Packing::Plain => Ok(needed),
            // A compressed image without a size goes to the end of the file.
            None => Ok(file.size_bytes().saturating_sub(start)),
            Some(said) => {
                // A size that is too small is a slip of the writer where the samples
                // are there all the same.
                let is_whole = start
                    .checked_add(needed)
                    .is_some_and(|end| end <= file.size_bytes());
                if self.problems.len() < PROBLEM_LIMIT {
                    self.problems.push(format!(
                        "the header before byte {start} says Size = {said}, but its image takes {needed} bytes"
                    ));
                }
                Ok(if is_whole || said == 0 { needed } else { said })
            }
        }
    }

    fn index_of(&mut self, format: Format) -> usize {
        if let Some(index) = self.formats.iter().position(|known| *known == format) {
            return index;
        }
        self.formats.push(format);
        self.formats.len() - 1
    }

    /// Goes over as many blocks as are equal to those of the last run; gives the
    /// byte behind them.
    async fn leap(&mut self, at: u64, file: &ImageFile, cancel: &Cancel) -> Result<u64> {
        let Some(run) = self.runs.last().cloned() else {
            return Ok(at);
        };
        let left = file.size_bytes().saturating_sub(at);
        let more = left.div_ceil(run.stride().max(1));
        if more == 0 {
            return Ok(at);
        }
        if run.count.saturating_add(more) > FRAME_LIMIT {
            let why = format!("the file has more than {FRAME_LIMIT} images");
            return Err(opening(file, Fault::limit(why)));
        }
        for index in [more - 1, more / 2] {
            let start = at.saturating_add(run.stride().saturating_mul(index));
            let block = read_block(file, start, run.header_bytes, cancel).await?;
            if !block.is_ok_and(|block| block.is_some_and(|block| self.is_equal(&block, &run))) {
                return Ok(at);
            }
        }
        if let Some(last) = self.runs.last_mut() {
            last.count += more;
        }
        Ok(run.stride().saturating_mul(more).saturating_add(at).max(at))
    }

    fn is_equal(&self, block: &Block, run: &Run) -> bool {
        let Some(format) = self.formats.get(run.format) else {
            return false;
        };
        !block.is_general
            && block.header_bytes == run.header_bytes
            && said_bytes(&block.pairs) == run.said_bytes
            && is_image_of(&block.pairs, &self.general, format)
    }
}

/// Whether a header describes an image of a format.
pub(super) fn is_image_of(pairs: &Pairs, general: &Pairs, format: &Format) -> bool {
    let pairs = with_general(general, pairs.clone());
    Format::of(&pairs).is_ok_and(|said| said == *format)
}

fn opening(file: &ImageFile, fault: Fault) -> Error {
    fault.tried(format!("open \"{}\"", file.url()))
}

fn is_next(last: &Run, run: &Run) -> bool {
    last.end() == run.start
        && last.header_bytes == run.header_bytes
        && last.stored_bytes == run.stored_bytes
        && last.said_bytes == run.said_bytes
        && last.format == run.format
}
