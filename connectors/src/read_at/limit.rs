//! A bound on the requests in flight.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, Landing, ReadAt, Result,
    Samples, Seen,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::wait::or_cancel;

/// Ranges up to this may share a request with others.
const SMALL_BYTES: u64 = 64 * 1024;
/// Ranges in one request: Apache sends whole files from 200 on.
/// Source: Apache `MaxRanges`.
const MOST_TOGETHER: usize = 100;

/// Sends each range as a request of its own, a bounded number at once; many
/// small ones are handed on in groups, for servers that answer several ranges
/// in one reply.
#[derive(Debug)]
pub struct Limit {
    inner: Arc<dyn ReadAt>,
    places: Semaphore,
    parallel: usize,
}

impl Limit {
    /// Wraps a source; at least one request is always allowed.
    pub fn new(inner: Arc<dyn ReadAt>, parallel: usize) -> Self {
        let parallel = parallel.max(1);
        Self {
            inner,
            places: Semaphore::new(parallel),
            parallel,
        }
    }

    /// Waits until there is room for one more.
    async fn place(&self, cancel: &Cancel) -> Result<SemaphorePermit<'_>> {
        or_cancel(cancel, async {
            self.places.acquire().await.map_err(|error| {
                Error::new(ErrorKind::Internal, "read a range", "the limit is closed")
                    .with_source(error)
            })
        })
        .await
    }

    async fn read_group(&self, group: &[ByteRange], cancel: &Cancel) -> Vec<Result<Bytes>> {
        match self.place(cancel).await {
            Ok(_place) => self.inner.read(group, cancel).await,
            Err(error) => group.iter().map(|_| Err(error.duplicate())).collect(),
        }
    }

    /// How many ranges go together: one, unless there are many small ones.
    fn together(&self, ranges: &[ByteRange]) -> usize {
        let are_small = ranges.iter().all(|range| range.len() <= SMALL_BYTES);
        if !are_small || ranges.len() <= 2 * self.parallel {
            return 1;
        }
        ranges.len().div_ceil(self.parallel).min(MOST_TOGETHER)
    }
}

impl ReadAt for Limit {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let groups = ranges.chunks(self.together(ranges));
            let answers = join_all(groups.map(|group| self.read_group(group, cancel))).await;
            answers.into_iter().flatten().collect()
        })
    }

    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        Box::pin(async move {
            let _place = self.place(cancel).await?;
            self.inner.read_into(landings, samples, cancel).await
        })
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        self.inner.confirm(seen)
    }

    fn cost_hint(&self) -> CostHint {
        CostHint {
            parallel: self.parallel,
            ..self.inner.cost_hint()
        }
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.refresh()
    }
}
