//! An open file: its version, and reads that may wait.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    ByteRange, Cancel, Error, ErrorKind, Identity, Landing, ReadBuffer, Result, Retry, Samples,
};

use crate::storage::file::{disk, validator};
use crate::storage::regular::open_regular;

/// Between pieces of this size a read looks whether it is still wanted.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// A handle, and which version of the file it is of.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) file: Arc<File>,
    pub(super) identity: Identity,
}

impl Opened {
    /// A range, cut at the size that the file had when it was opened.
    pub(super) fn inside(&self, range: ByteRange) -> ByteRange {
        let size = self.identity.size_bytes;
        ByteRange::new(range.start.min(size), range.end.min(size))
    }
}

pub(super) fn opened_at(path: &Path, url: String, tried: &str) -> Result<Opened> {
    let (file, metadata) = open_regular(path, tried)?;
    Ok(Opened {
        file: Arc::new(file),
        identity: Identity {
            url,
            size_bytes: metadata.len(),
            validator: validator(&metadata),
        },
    })
}

/// What a read on a thread that may wait knows.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) cancel: Cancel,
    pub(super) tried: String,
}

impl Job {
    /// Reads parts; once more through a fresh handle, which is given back, when
    /// the handle is stale and the file is still the same.
    pub(super) fn run<T>(
        &self,
        opened: &Opened,
        mut each: impl FnMut(&Opened) -> Vec<Result<T>>,
    ) -> (Vec<Result<T>>, Option<Opened>) {
        let parts = each(opened);
        if !parts.iter().any(is_stale) {
            return (parts, None);
        }
        log::debug!(
            "opened \"{}\" again: the handle was stale",
            self.path.display()
        );
        let again = match opened_at(&self.path, opened.identity.url.clone(), &self.tried) {
            Ok(again) => again,
            Err(error) => return (vec_of(&error, parts.len()), None),
        };
        if again.identity != opened.identity {
            let error = changed(&self.tried, "another file is there now");
            return (vec_of(&error, parts.len()), None);
        }
        (each(&again), Some(again))
    }

    /// Reads one range, cut at the size that the file had when it was opened.
    pub(super) fn read_range(&self, opened: &Opened, range: ByteRange) -> Result<Bytes> {
        let range = opened.inside(range);
        let length = usize::try_from(range.len()).map_err(|error| {
            let why = "the range is longer than memory";
            Error::new(ErrorKind::Limit, &self.tried, why).with_source(error)
        })?;
        let mut buffer = ReadBuffer::new(length)?;
        self.fill(opened, buffer.as_mut_slice(), range.start)?;
        self.check_same(opened)?;
        Ok(buffer.freeze())
    }

    /// Reads ranges, none of which is cut, straight into their places.
    pub(super) fn read_into(
        &self,
        opened: &Opened,
        landings: &[Landing],
        samples: &mut Samples,
    ) -> Result<()> {
        for landing in landings {
            let place = landing.in_samples(samples)?;
            self.fill(opened, place, landing.range.start)?;
        }
        self.check_same(opened)
    }

    fn fill(&self, opened: &Opened, place: &mut [u8], start: u64) -> Result<()> {
        let mut at = start;
        for piece in place.chunks_mut(PIECE_BYTES) {
            self.cancel.check()?;
            read_exact_at(&opened.file, piece, at).map_err(|error| {
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    changed(&self.tried, "the file became shorter while it was read")
                } else {
                    disk(error, &self.tried)
                }
            })?;
            at = at.saturating_add(piece.len() as u64);
        }
        Ok(())
    }

    fn check_same(&self, opened: &Opened) -> Result<()> {
        let tried = &self.tried;
        match seen(opened).map_err(|error| disk(error, tried))? {
            Seen::Same => Ok(()),
            Seen::Shorter => Err(changed(tried, "the file became shorter while it was read")),
            Seen::Other => Err(changed(tried, "the file changed while it was read")),
        }
    }
}

/// How a file looks after reading, beside how it was opened.
#[derive(Debug, PartialEq)]
enum Seen {
    Same,
    Shorter,
    Other,
}

/// A file that only grew is still the same file to its readers: writers of
/// HDF5 append. One that shrank, or changed without growing, is another.
fn seen(opened: &Opened) -> io::Result<Seen> {
    let metadata = opened.file.metadata()?;
    let size = opened.identity.size_bytes;
    Ok(if metadata.len() < size {
        Seen::Shorter
    } else if metadata.len() == size && validator(&metadata) != opened.identity.validator {
        Seen::Other
    } else {
        Seen::Same
    })
}

/// Whether a file is still the one that was opened.
pub(super) fn is_same(opened: &Opened) -> bool {
    seen(opened).is_ok_and(|seen| seen == Seen::Same)
}

fn vec_of<T>(error: &Error, count: usize) -> Vec<Result<T>> {
    (0..count).map(|_| Err(error.duplicate())).collect()
}

/// Whether a handle of a network file system was forgotten by its server.
fn is_stale<T>(part: &Result<T>) -> bool {
    let Err(error) = part else { return false };
    let source = error.source.as_ref();
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::StaleNetworkFileHandle)
}

fn changed(tried: &str, why: &str) -> Error {
    Error::new(ErrorKind::Integrity, tried, why).with_retry(Retry::Later)
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(buffer, at)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !buffer.is_empty() {
        match file.seek_read(buffer, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                at += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stale<T>() -> Result<T> {
        Err(disk(io::ErrorKind::StaleNetworkFileHandle.into(), "read"))
    }

    #[test]
    fn a_stale_handle_is_opened_again_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dat");
        std::fs::write(&path, vec![1_u8; 1000]).unwrap();
        let opened = opened_at(&path, "file:x".into(), "open").unwrap();
        let job = Job {
            path: path.clone(),
            cancel: Cancel::new(),
            tried: "read".into(),
        };
        let ranges = [ByteRange::new(0, 10), ByteRange::new(990, 1000)];
        let old = Arc::clone(&opened.file);
        let one = |now: &Opened, range| {
            if Arc::ptr_eq(&now.file, &old) {
                return stale();
            }
            job.read_range(now, range)
        };
        let real = |now: &Opened| ranges.map(|range| one(now, range)).into();
        let (parts, again) = job.run(&opened, real);
        assert!(
            parts
                .iter()
                .all(|part| part.as_ref().unwrap()[..] == [1; 10]),
            "read"
        );
        assert!(again.is_some(), "through a fresh handle");
        std::fs::write(&path, vec![2_u8; 2000]).unwrap();
        let (parts, _) = job.run(&opened, real);
        for part in parts {
            let error = part.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Integrity, "another file: {error}");
        }
        std::fs::remove_file(&path).unwrap();
        let (parts, _) = job.run(&opened, |_| vec![stale::<Bytes>()]);
        let error = parts.into_iter().next().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "gone: {error}");
    }
}
