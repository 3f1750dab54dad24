//! Reading ranges of bytes, wherever they are.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::{BoxFuture, Cancel, Error, ErrorKind, Result, Samples, Validator};

/// A half-open range of bytes, `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// One past the last byte; never below `start`.
    pub end: u64,
}

impl ByteRange {
    /// The range `start..end`; an end below the start gives an empty range.
    pub const fn new(start: u64, end: u64) -> Self {
        let end = if end < start { start } else { end };
        Self { start, end }
    }

    /// How many bytes it holds.
    pub const fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.end == self.start
    }
}

/// A range of bytes, and where they go in the bytes of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The bytes in the source.
    pub range: ByteRange,
    /// The first byte of their place.
    pub place: usize,
}

impl Landing {
    /// The bytes of `samples` that the range goes to.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when it does not fit.
    pub fn in_samples<'a>(&self, samples: &'a mut Samples) -> Result<&'a mut [u8]> {
        let length = usize::try_from(self.range.len()).ok();
        let end = length.and_then(|length| self.place.checked_add(length));
        let place = end.and_then(|end| samples.bytes_mut().get_mut(self.place..end));
        place.ok_or_else(|| {
            let why = "a range is longer than its place";
            Error::new(ErrorKind::Internal, "read into samples", why)
        })
    }
}

/// Size and version of a source of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The address, without user, password or query.
    pub url: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// What tells this version from another.
    pub validator: Validator,
}

/// What a read costs, so that callers can choose how much to ask at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostHint {
    /// Time until the first byte, in seconds.
    pub latency_secs: f64,
    /// Bytes for each second once they flow.
    pub bytes_per_sec: f64,
    /// Gaps up to this are cheaper to read than to skip.
    pub gap_bytes: u64,
    /// How many requests may be in flight.
    pub parallel: usize,
}

impl CostHint {
    /// A local disk.
    pub const LOCAL: Self = Self {
        latency_secs: 1e-4,
        bytes_per_sec: 1e9,
        gap_bytes: 4096,
        parallel: 4,
    };
    /// A server far away.
    pub const REMOTE: Self = Self {
        latency_secs: 0.05,
        bytes_per_sec: 3e7,
        gap_bytes: 64 * 1024,
        parallel: 8,
    };
}

/// Tells which version of an address was seen before.
pub type Seen<'a> = dyn Fn(&str) -> Option<Identity> + Send + Sync + 'a;

/// A source of bytes that is read by ranges.
///
/// Reads are whole or fail: a result holds exactly the bytes of its range, cut
/// at the end of the source. A source whose version changed under the reader
/// answers with [`crate::ErrorKind::Integrity`] and `Retry::Later`.
pub trait ReadAt: Send + Sync + fmt::Debug {
    /// Size and version, asked from the source on first use.
    fn identity(&self) -> BoxFuture<'_, Result<Identity>>;

    /// Reads ranges, in any order and in parallel where that helps; one result
    /// for each range.
    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>>;

    /// Reads ranges of samples: as [`Self::read`], but whatever caches the
    /// structure of files leaves them alone, since they are large or scattered.
    fn read_samples<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        self.read(ranges, cancel)
    }

    /// Reads ranges of samples that need no decoding straight into their place.
    /// The samples are handed over and come back; what no range goes to is of
    /// any value.
    ///
    /// A range that the source does not hold as a whole is
    /// [`ErrorKind::Integrity`]; after any error the samples are gone.
    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        mut samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        Box::pin(async move {
            let ranges: Vec<ByteRange> = landings.iter().map(|landing| landing.range).collect();
            let mut parts = self.read_samples(&ranges, cancel).await.into_iter();
            for landing in landings {
                let bytes = parts.next().unwrap_or_else(|| Ok(Bytes::new()))?;
                let place = landing.in_samples(&mut samples)?;
                if bytes.len() != place.len() {
                    return Err(cut_off(landing.range, bytes.len()));
                }
                place.copy_from_slice(&bytes);
            }
            Ok(samples)
        })
    }

    /// As [`Self::identity`], where `_seen` may know an earlier version of an
    /// address: a server that still has it answers with few bytes.
    fn confirm<'a>(&'a self, _seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        self.identity()
    }

    /// What a read costs.
    fn cost_hint(&self) -> CostHint;

    /// Forgets the version and asks again, for files that grow.
    fn refresh(&self) -> BoxFuture<'_, Result<Identity>>;
}

/// Says that fewer bytes came than there should be.
fn cut_off(range: ByteRange, found: usize) -> Error {
    let why = format!(
        "{found} bytes came instead of {} at byte {}",
        range.len(),
        range.start
    );
    Error::new(ErrorKind::Integrity, "read samples", why)
}

/// What became of opening something that a file points to.
#[derive(Debug)]
pub enum Neighbour {
    /// It is open.
    Open(Arc<dyn ReadAt>),
    /// Policy forbids it, and why.
    Refused(String),
    /// It does not exist.
    Absent(String),
    /// It is known, but on tape.
    Offline,
}

/// Opens what a file points to: external links, virtual sources, numbered data
/// files. The policy depends on where the file itself came from: a remote file
/// never opens a path of the local disk.
pub trait Neighbours: Send + Sync + fmt::Debug {
    /// Opens `target`, as written in the file at `from`.
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>>;

    /// The names beside `from` that start with `prefix`.
    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>>;
}
