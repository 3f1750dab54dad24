//! Bytes in memory.

use bytes::Bytes;
use hutch_model::{BoxFuture, ByteRange, Cancel, CostHint, Identity, ReadAt, Result, Validator};

/// A source of bytes that lies in memory and never changes.
#[derive(Clone, Debug)]
pub struct MemoryReadAt {
    url: String,
    bytes: Bytes,
}

impl MemoryReadAt {
    /// Wraps bytes under an address.
    pub fn new(url: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self {
            url: url.into(),
            bytes: bytes.into(),
        }
    }

    fn identity_now(&self) -> Identity {
        Identity {
            url: self.url.clone(),
            size_bytes: self.bytes.len() as u64,
            validator: Validator::Fixed,
        }
    }
}

impl ReadAt for MemoryReadAt {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async { Ok(self.identity_now()) })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            ranges
                .iter()
                .map(|range| Ok(cut(&self.bytes, 0, *range)))
                .collect()
        })
    }

    fn cost_hint(&self) -> CostHint {
        CostHint {
            latency_secs: 1e-7,
            bytes_per_sec: 1e10,
            gap_bytes: 0,
            parallel: 1,
        }
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.identity()
    }
}

/// The part of `bytes`, which begin at `first`, that lies in a range.
pub(crate) fn cut(bytes: &Bytes, first: u64, range: ByteRange) -> Bytes {
    let place = |at: u64| {
        usize::try_from(at.saturating_sub(first))
            .unwrap_or(usize::MAX)
            .min(bytes.len())
    };
    bytes.slice(place(range.start)..place(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_range_is_cut_at_the_end_of_the_source() {
        let source = MemoryReadAt::new("memory:x", Bytes::from_static(b"0123456789"));
        let ranges = [ByteRange::new(8, 20), ByteRange::new(30, 40)];
        let parts = source.read(&ranges, &Cancel::new()).await;
        assert_eq!(parts[0].as_ref().unwrap().as_ref(), b"89", "two are left");
        assert!(parts[1].as_ref().unwrap().is_empty(), "nothing is left");
    }
}
