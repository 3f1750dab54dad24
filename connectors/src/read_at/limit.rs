//! A bound on the requests in flight.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result,
};
use tokio::sync::Semaphore;

use crate::wait::or_cancel;

/// Sends each range as a request of its own, a bounded number at once.
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

    async fn read_one(&self, range: ByteRange, cancel: &Cancel) -> Result<Bytes> {
        let place = or_cancel(cancel, async {
            self.places.acquire().await.map_err(|error| {
                Error::new(ErrorKind::Internal, "read a range", "the limit is closed")
                    .with_source(error)
            })
        })
        .await?;
        let parts = self.inner.read(std::slice::from_ref(&range), cancel).await;
        drop(place);
        parts.into_iter().next().unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Internal,
                "read a range",
                "the source gave no answer",
            ))
        })
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
        Box::pin(join_all(
            ranges.iter().map(|range| self.read_one(*range, cancel)),
        ))
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
