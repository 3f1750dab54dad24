//! What was asked and what was sent, for tests that count requests and bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::SystemTime;

use parking_lot::Mutex;

/// One request, as it stands now: a transfer in progress still counts up.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// When the head of the request had been read.
    pub time: SystemTime,
    /// The method, in capitals.
    pub method: String,
    /// The path as it was sent (percent-encoded), without the query.
    pub path: String,
    /// The query, decoded, with the session id hidden; empty if there was none.
    pub query: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// The status, 0 while there is no answer.
    pub status: u16,
    /// Bytes of the body that were handed to the connection.
    pub bytes_sent: u64,
    /// Whether it carried a credential that the service accepts.
    pub authorised: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

/// The live side of a [`RequestRecord`].
#[derive(Debug)]
pub(crate) struct Entry {
    head: RequestRecord,
    status: AtomicU16,
    bytes_sent: AtomicU64,
    authorised: AtomicBool,
}

impl Entry {
    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn authorised(&self) {
        self.authorised.store(true, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, byte_count: usize) {
        self.bytes_sent
            .fetch_add(byte_count as u64, Ordering::Relaxed);
    }

    fn record(&self) -> RequestRecord {
        RequestRecord {
            status: self.status.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            authorised: self.authorised.load(Ordering::Relaxed),
            ..self.head.clone()
        }
    }
}

/// The newest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Vec<Arc<Entry>>>);

/// A facility that runs for weeks keeps no more than this.
const ENTRIES_MAX: usize = 100_000;

impl RequestLog {
    pub(crate) fn begin(&self, head: RequestRecord) -> Arc<Entry> {
        let entry = Arc::new(Entry {
            head,
            status: AtomicU16::new(0),
            bytes_sent: AtomicU64::new(0),
            authorised: AtomicBool::new(false),
        });
        let mut entries = self.0.lock();
        if entries.len() >= ENTRIES_MAX {
            entries.drain(..ENTRIES_MAX / 2);
        }
        entries.push(Arc::clone(&entry));
        entry
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.0.lock().iter().map(|entry| entry.record()).collect()
    }

    pub(crate) fn bytes_sent(&self, path_prefix: &str) -> u64 {
        let entries = self.0.lock();
        entries
            .iter()
            .filter(|entry| entry.head.path.starts_with(path_prefix))
            .map(|entry| entry.bytes_sent.load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
