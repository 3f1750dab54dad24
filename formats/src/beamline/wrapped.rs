//! A file of any known format inside gzip or bzip2: `frame.cbf.gz`.

use std::sync::Arc;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, Container, CostHint, Error, ErrorKind, Identity, Neighbours,
    ReadAt, Result, Retry,
};

use super::inflate::{self, INFLATED_LIMIT_BYTES, Stream};
use crate::registry;

/// Bytes that are asked for at once.
const PART_BYTES: u64 = 8 << 20;
/// The ends of names of wrapped files.
const ENDS: &[&str] = &[".gz", ".bz2"];

/// Whether a file begins as a gzip or bzip2 stream.
pub(crate) fn is_wrapped(head: &[u8], _name: &str) -> bool {
    Stream::of_file(head).is_some()
}

/// Decompresses a file once into memory and opens what is inside.
///
/// # Errors
/// [`ErrorKind::Limit`] beyond 1 GiB or an absurd ratio, [`ErrorKind::Unreadable`]
/// for damaged streams and for unknown formats inside.
pub(crate) async fn open(
    source: Arc<dyn ReadAt>,
    neighbours: Arc<dyn Neighbours>,
    cancel: &Cancel,
) -> Result<Arc<dyn Container>> {
    let identity = source.identity().await?;
    let tried = || format!("decompress \"{}\"", identity.url);
    let stored = read_all(&*source, &identity, cancel).await?;
    let stream = Stream::of_file(&stored).ok_or_else(|| {
        let why = "it is neither a gzip nor a bzip2 stream";
        Error::new(ErrorKind::Unreadable, tried(), why)
    })?;
    let bytes = inflate::whole(stream, &stored, cancel).map_err(|fault| fault.tried(tried()))?;
    drop(stored);
    if Stream::of_file(&bytes).is_some() {
        let why = "another compressed stream is inside, which is not opened";
        return Err(Error::new(ErrorKind::Unsupported, tried(), why));
    }
    let name = identity.url.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = inner_name(name).to_owned();
    let inside = Inflated {
        identity: Identity {
            size_bytes: bytes.len() as u64,
            ..identity
        },
        bytes: bytes.into(),
        source,
    };
    let (_, opened) = registry::open_as(Arc::new(inside), &name, neighbours, cancel).await?;
    Ok(opened)
}

/// The name without its last end, where that names a compression.
fn inner_name(name: &str) -> &str {
    ENDS.iter()
        .find_map(|end| {
            let (start, last) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
            last.eq_ignore_ascii_case(end).then_some(start)
        })
        .unwrap_or(name)
}

async fn read_all(source: &dyn ReadAt, identity: &Identity, cancel: &Cancel) -> Result<Vec<u8>> {
    let size = identity.size_bytes;
    let tried = || format!("read \"{}\"", identity.url);
    let length = usize::try_from(size)
        .ok()
        .filter(|&size| size <= INFLATED_LIMIT_BYTES)
        .ok_or_else(|| {
            let why = format!("a compressed file of {size} bytes cannot be opened in one piece");
            Error::new(ErrorKind::Limit, tried(), why)
        })?;
    let mut whole = Vec::new();
    whole.try_reserve_exact(length).map_err(|error| {
        Error::new(ErrorKind::Limit, tried(), "no memory for it").with_source(error)
    })?;
    // As many parts at once as the source takes, so that a server is not waited
    // for part by part.
    let parallel = source.cost_hint().parallel.clamp(1, 8) as u64;
    let mut from = 0;
    while from < size {
        cancel.check()?;
        let to = size.min(from + parallel * PART_BYTES);
        let parts: Vec<ByteRange> = (from..to)
            .step_by(usize::try_from(PART_BYTES).unwrap_or(usize::MAX))
            .map(|start| ByteRange::new(start, to.min(start + PART_BYTES)))
            .collect();
        for part in source.read(&parts, cancel).await {
            whole.extend_from_slice(&part?);
        }
        from = to;
    }
    if whole.len() != length {
        let why = "the file became shorter while it was read";
        return Err(Error::new(ErrorKind::Integrity, tried(), why).with_retry(Retry::Later));
    }
    Ok(whole)
}

/// The decompressed bytes, which still say where they came from.
#[derive(Debug)]
struct Inflated {
    identity: Identity,
    bytes: Bytes,
    source: Arc<dyn ReadAt>,
}

impl ReadAt for Inflated {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async { Ok(self.identity.clone()) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let size = self.bytes.len();
            let place = |at: u64| usize::try_from(at).unwrap_or(size).min(size);
            let cut = |range: &ByteRange| {
                cancel.check()?;
                Ok(self.bytes.slice(place(range.start)..place(range.end)))
            };
            ranges.iter().map(cut).collect()
        })
    }

    fn cost_hint(&self) -> CostHint {
        CostHint::LOCAL
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let now = self.source.refresh().await?;
            if now.validator == self.identity.validator {
                return Ok(self.identity.clone());
            }
            let tried = format!("look at \"{}\" again", self.identity.url);
            let why = "the compressed file changed; it must be opened again";
            Err(Error::new(ErrorKind::Integrity, tried, why).with_retry(Retry::Later))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_name_promises_the_inner_format() {
        assert_eq!(inner_name("a_0001.cbf.GZ"), "a_0001.cbf", "in any case");
        assert_eq!(inner_name("scan.dat.bz2"), "scan.dat", "bzip2 too");
        assert_eq!(inner_name("frame.cbf"), "frame.cbf", "nothing to take away");
        assert_eq!(inner_name("gz"), "gz", "a short name");
    }
}
