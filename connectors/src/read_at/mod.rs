//! Sources of bytes, and what wraps them.
//!
//! Every wrapper is a [`ReadAt`] itself, so they stack in any order; the usual
//! stack over a server is `BlockCache(Coalesce(Retry(Limit(Metered(source)))))`.

mod block_cache;
mod block_file;
mod block_store;
mod bytes;
mod coalesce;
mod disk_blocks;
mod limit;
mod meter;
mod retry;

use std::sync::Arc;

use hutch_model::ReadAt;

pub use block_cache::{BLOCK_BYTES, BYPASS_BYTES, BlockCache, HEAD_BYTES};
pub use block_store::BlockStore;
pub use bytes::MemoryReadAt;
pub(crate) use bytes::cut;
pub use coalesce::Coalesce;
pub use limit::Limit;
pub use meter::{InFlight, Meter, Metered, Traffic};
pub use retry::{Retry, RetryAfter, RetryPolicy};

/// Latency above which a source is far away, and worth a cache.
const FAR_SECS: f64 = 2e-3;

/// The usual stack over a server: metered, limited, retried, coalesced, cached.
/// What is near is not cached: the system keeps it in memory already.
pub fn usual_stack(
    source: Arc<dyn ReadAt>,
    store: &Arc<BlockStore>,
    meter: &Arc<Meter>,
) -> Arc<dyn ReadAt> {
    let parallel = source.cost_hint().parallel;
    let metered = Arc::new(Metered::new(source, Arc::clone(meter)));
    let limited = Arc::new(Limit::new(metered, parallel));
    let retried = Arc::new(Retry::new(limited, RetryPolicy::default()));
    let coalesced = Arc::new(Coalesce::new(retried));
    if coalesced.cost_hint().latency_secs < FAR_SECS {
        return coalesced;
    }
    Arc::new(BlockCache::new(coalesced, Arc::clone(store)))
}
