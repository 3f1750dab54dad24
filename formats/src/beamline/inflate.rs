//! gzip, zlib and bzip2 streams, undone with a bound.

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use hutch_model::Cancel;

use super::fault::{Fault, Parsed};

/// Bytes that a whole file may become.
pub(crate) const INFLATED_LIMIT_BYTES: usize = 1 << 30;
/// Results up to this may have shrunk by any ratio: an image of 16 million
/// pixels of 4 bytes, and all else beside it.
const BOMB_BYTES: usize = 96 << 20;
/// Larger ones hardly shrink so much unless somebody means harm.
const BOMB_RATIO: usize = 200;
/// Bytes between two looks at the budget and at the flag.
const STEP_BYTES: usize = 1 << 20;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Gzip,
    Bzip2,
    Zlib,
}

impl Stream {
    /// The stream that these first bytes begin; one of those that whole files are
    /// wrapped in.
    pub(crate) fn of_file(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zlib => "zlib",
        }
    }

    fn reader(self, stored: &[u8]) -> Box<dyn Read + '_> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(stored)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(stored)),
            Self::Zlib => Box::new(ZlibDecoder::new(stored)),
        }
    }
}

/// Undoes a whole stream of unknown length; several one behind the other count as
/// one, and padding behind them is ignored.
///
/// # Errors
/// For damaged and cut streams, and for those that grow beyond the budget.
pub(crate) fn whole(stream: Stream, stored: &[u8], cancel: &Cancel) -> Parsed<Vec<u8>> {
    let mut reader = stream.reader(stored);
    let mut out = Vec::new();
    loop {
        let before = out.len();
        make_room(&mut out, stored.len())?;
        let read = fill(&mut *reader, &mut out[before..]);
        let (count, ended) = match read {
            Ok(count) => (count, count < STEP_BYTES),
            Err(Stopped { after, .. }) if is_padding(stream, stored, before + after) => {
                (after, true)
            }
            Err(stopped) => return Err(stopped.fault(stream, before)),
        };
        out.truncate(before + count);
        if ended {
            return Ok(out);
        }
        if cancel.is_cancelled() {
            return Err(Fault {
                kind: hutch_model::ErrorKind::Cancelled,
                why: "cancelled".to_owned(),
            });
        }
    }
}

/// Undoes a stream into exactly `out`; what is behind is ignored.
///
/// # Errors
/// For damaged streams and for those that end before `out` is full.
pub(crate) fn exact(stream: Stream, stored: &[u8], out: &mut [u8]) -> Parsed<()> {
    let size = out.len();
    match fill(&mut *stream.reader(stored), out) {
        Ok(count) if count == size => Ok(()),
        Ok(count) => Err(Fault::unreadable(format!(
            "the {} data hold {count} bytes of {size}",
            stream.name()
        ))),
        Err(stopped) => Err(stopped.fault(stream, 0)),
    }
}

fn make_room(out: &mut Vec<u8>, stored: usize) -> Parsed<()> {
    let size = out.len() + STEP_BYTES;
    if size > INFLATED_LIMIT_BYTES + STEP_BYTES {
        let limit = INFLATED_LIMIT_BYTES >> 20;
        let why = format!("it takes more than {limit} MiB when decompressed");
        return Err(Fault::limit(why));
    }
    if size > BOMB_BYTES && stored.saturating_mul(BOMB_RATIO) < size {
        let why = format!("{stored} stored bytes claim to be more than {size} bytes");
        return Err(Fault::limit(why));
    }
    // A quarter more each time: twice as much would be far over what is needed.
    let more = match out.capacity() {
        room if room >= size => 0,
        room => STEP_BYTES.max(room / 4),
    };
    out.try_reserve_exact(more)
        .map_err(|error| Fault::limit(format!("no memory to decompress it: {error}")))?;
    out.resize(size, 0);
    Ok(())
}

/// A stream that broke off, and how many bytes came before.
struct Stopped {
    after: usize,
    error: std::io::Error,
}

impl Stopped {
    fn fault(self, stream: Stream, before: usize) -> Fault {
        let name = stream.name();
        let after = before.saturating_add(self.after);
        if self.error.kind() == std::io::ErrorKind::UnexpectedEof {
            let why = format!("the {name} data end too early, after {after} decompressed bytes");
            return Fault::unreadable(why);
        }
        let why = format!("the {name} data are damaged after {after} decompressed bytes");
        Fault::unreadable(format!("{why}: {}", self.error))
    }
}

/// Reads until `out` is full or the stream ends.
fn fill(reader: &mut dyn Read, out: &mut [u8]) -> Result<usize, Stopped> {
    let mut filled = 0;
    while filled < out.len() {
        match reader.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Stopped {
                    after: filled,
                    error,
                });
            }
        }
    }
    Ok(filled)
}

/// Whether what stopped the stream is only padding behind a whole first one.
fn is_padding(stream: Stream, stored: &[u8], after: usize) -> bool {
    use std::io::sink;
    let single: Box<dyn Read + '_> = match stream {
        Stream::Gzip => Box::new(flate2::read::GzDecoder::new(stored)),
        Stream::Bzip2 => Box::new(bzip2::read::BzDecoder::new(stored)),
        Stream::Zlib => return false,
    };
    // Never read further than what was already given.
    let mut bounded = single.take(after as u64 + 1);
    std::io::copy(&mut bounded, &mut sink()).is_ok_and(|count| count == after as u64)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn numbers(count: u32) -> Vec<u8> {
        (0..count).flat_map(|n| (n / 3).to_le_bytes()).collect()
    }

    #[test]
    fn streams_behind_each_other_and_padding_are_one_file() {
        let bytes = numbers(400_000);
        for (stream, one, two) in [
            (Stream::Gzip, gzip(&bytes), gzip(b"end")),
            (Stream::Bzip2, bzip2(&bytes), bzip2(b"end")),
        ] {
            assert_eq!(Stream::of_file(&one), Some(stream), "by its first bytes");
            let cancel = Cancel::new();
            let both = [one.clone(), two].concat();
            let whole_of = |stored: &[u8]| whole(stream, stored, &cancel).unwrap();
            assert_eq!(
                whole_of(&both),
                [&bytes[..], b"end"].concat(),
                "two streams"
            );
            let padded = [one, vec![0; 700]].concat();
            assert_eq!(whole_of(&padded), bytes, "padding is no data");
        }
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_is_named() {
        for (stream, stored) in [
            (Stream::Gzip, gzip(&numbers(3000))),
            (Stream::Bzip2, bzip2(&numbers(3000))),
        ] {
            for length in (0..stored.len()).step_by(97).skip(1) {
                let cut = whole(stream, &stored[..length], &Cancel::new());
                assert!(cut.is_err(), "{} cut at {length}", stream.name());
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_the_memory() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..200 {
            writer.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let said = whole(Stream::Gzip, &writer.finish().unwrap(), &Cancel::new());
        let said = said.unwrap_err();
        assert_eq!(
            said.kind,
            hutch_model::ErrorKind::Limit,
            "got: {}",
            said.why
        );
    }

    #[test]
    fn nobody_waits_for_a_stream_that_is_not_wanted() {
        let cancel = Cancel::new();
        cancel.cancel();
        let said = whole(Stream::Gzip, &gzip(&numbers(2 << 20)), &cancel).unwrap_err();
        assert_eq!(said.kind, hutch_model::ErrorKind::Cancelled, "{}", said.why);
    }
}
