//! Counting what travels, for the status line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Identity, Landing, ReadAt, Result, Samples, Seen,
};

/// Length of one bucket of the rate.
const BUCKET: Duration = Duration::from_millis(125);
/// Number of buckets: the rate looks back two seconds.
const BUCKETS: u64 = 16;
/// What all buckets cover.
const WINDOW: Duration = Duration::from_secs(2);
/// A bucket keeps its turn in the upper and its bytes in the lower bits.
const BYTES_BITS: u32 = 40;

/// Counters of bytes and requests; shared, and never waited for.
#[derive(Debug)]
pub struct Meter {
    begun: Instant,
    bytes: AtomicU64,
    requests: AtomicU64,
    failures: AtomicU64,
    in_flight: AtomicU64,
    /// Smoothed time of a request in microseconds; 0 before the first.
    latency_us: AtomicU64,
    buckets: [AtomicU64; 16],
}

/// What a [`Meter`] counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Bytes in all.
    pub bytes: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Requests on their way.
    pub in_flight: u64,
    /// Bytes for each second, over the last two seconds.
    pub bytes_per_sec: f64,
    /// Smoothed time of a request; 0 before the first.
    pub latency_secs: f64,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            bytes: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            latency_us: AtomicU64::new(0),
            buckets: Default::default(),
        }
    }
}

impl Meter {
    /// A meter at zero.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// What it counted so far.
    pub fn traffic(&self) -> Traffic {
        let turn = self.turn();
        let recent: u64 = self
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
            .filter(|bucket| turn.wrapping_sub(bucket >> BYTES_BITS) < BUCKETS)
            .map(|bucket| bucket & ((1 << BYTES_BITS) - 1))
            .sum();
        let window = WINDOW.min(self.begun.elapsed().max(BUCKET));
        Traffic {
            bytes: self.bytes.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            bytes_per_sec: recent as f64 / window.as_secs_f64(),
            latency_secs: self.latency_us.load(Ordering::Relaxed) as f64 * 1e-6,
        }
    }

    /// Counts bytes that arrived.
    pub fn add_bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
        let turn = self.turn();
        let place = usize::try_from(turn % BUCKETS).unwrap_or(0);
        let bucket = &self.buckets[place];
        let keep = |old: u64| {
            let before = if old >> BYTES_BITS == turn {
                old & ((1 << BYTES_BITS) - 1)
            } else {
                0
            };
            Some(turn << BYTES_BITS | (before + count).min((1 << BYTES_BITS) - 1))
        };
        // The closure always gives a value, so the update cannot fail.
        let _before = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep);
    }

    /// Begins to count a request; it ends when the guard is told or dropped.
    pub fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight {
            meter: Arc::clone(self),
            begun: Instant::now(),
            succeeded: false,
        }
    }

    fn end(&self, took: Duration, succeeded: bool) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        if !succeeded {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let smooth = |old: u64| {
            Some(if old == 0 {
                took_us
            } else {
                old - old / 8 + took_us / 8
            })
        };
        let _before = self
            .latency_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, smooth);
    }

    fn turn(&self) -> u64 {
        let turn = self.begun.elapsed().as_millis() / BUCKET.as_millis();
        // One past zero, so that a bucket of zero is never taken for the first.
        (u64::try_from(turn).unwrap_or(0) + BUCKETS) & ((1 << (64 - BYTES_BITS)) - 1)
    }
}

/// A request on its way.
#[derive(Debug)]
pub struct InFlight {
    meter: Arc<Meter>,
    begun: Instant,
    succeeded: bool,
}

impl InFlight {
    /// The request ended well.
    pub fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.meter.end(self.begun.elapsed(), self.succeeded);
    }
}

/// Counts what is read through it; ranges count as requests.
#[derive(Debug)]
pub struct Metered {
    inner: Arc<dyn ReadAt>,
    meter: Arc<Meter>,
}

impl Metered {
    /// Wraps a source.
    pub fn new(inner: Arc<dyn ReadAt>, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl ReadAt for Metered {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.identity()
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            let guards: Vec<InFlight> = ranges.iter().map(|_| self.meter.begin()).collect();
            let parts = self.inner.read(ranges, cancel).await;
            for (guard, part) in guards.into_iter().zip(&parts) {
                if let Ok(bytes) = part {
                    self.meter.add_bytes(bytes.len() as u64);
                    guard.succeeded();
                }
            }
            parts
        })
    }

    fn read_into<'a>(
        &'a self,
        landings: &'a [Landing],
        samples: Samples,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Samples>> {
        Box::pin(async move {
            let guards: Vec<InFlight> = landings.iter().map(|_| self.meter.begin()).collect();
            let read = self.inner.read_into(landings, samples, cancel).await?;
            for (guard, landing) in guards.into_iter().zip(landings) {
                self.meter.add_bytes(landing.range.len());
                guard.succeeded();
            }
            Ok(read)
        })
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        self.inner.confirm(seen)
    }

    fn cost_hint(&self) -> CostHint {
        self.inner.cost_hint()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        self.inner.refresh()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryReadAt;
    use super::*;

    #[tokio::test]
    async fn bytes_and_requests_add_up() {
        let meter = Meter::new();
        let source = Arc::new(MemoryReadAt::new("memory:x", vec![0_u8; 1000]));
        let metered = Metered::new(source, Arc::clone(&meter));
        let ranges = [ByteRange::new(0, 100), ByteRange::new(900, 2000)];
        let _parts = metered.read(&ranges, &Cancel::new()).await;
        let traffic = meter.traffic();
        assert_eq!(
            (traffic.bytes, traffic.requests),
            (200, 2),
            "100 + 100 bytes"
        );
        assert_eq!((traffic.failures, traffic.in_flight), (0, 0), "all is done");
        assert!(traffic.bytes_per_sec > 0.0, "something flowed just now");
    }
}
