//! A file on a server, read by closed ranges.

mod probe;
mod several;

use std::time::Instant;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Retry, Seen,
};
use parking_lot::Mutex;
use reqwest::{StatusCode, Url};

use super::content_range::{ContentRange, exact_body};
use super::propfind::http_date;
use super::version::{Known, Version, opaque, version_of};
use crate::http::{HttpClient, Reply, Request, origin_of, without_secrets};

/// A file behind an `http(s)` address.
///
/// Every reply is held against the version that was seen first: total size,
/// entity tag and date. Only closed ranges are asked for, as suffix ranges are
/// where servers differ most; several in one request only from a server that
/// was seen to answer them well.
#[derive(Debug)]
pub struct HttpFile {
    client: HttpClient,
    url: Url,
    shown: String,
    tried: String,
    is_dav: bool,
    state: Mutex<State>,
    probing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    version: Option<Version>,
    /// The first block, which came with the first question.
    head: Option<Bytes>,
    /// All of a small file, where the server ignores ranges.
    whole: Option<Bytes>,
    /// Where the server sends range requests on to; it holds for a while.
    pool: Option<Url>,
}

impl HttpFile {
    /// A file at an address; nothing is sent yet.
    pub fn new(client: HttpClient, url: Url) -> Self {
        let shown = without_secrets(&url);
        Self {
            tried: format!("read \"{shown}\""),
            shown,
            client,
            url,
            is_dav: false,
            state: Mutex::default(),
            probing: tokio::sync::Mutex::new(()),
        }
    }

    /// The same file on a WebDAV server, with what its listing said.
    #[must_use]
    pub fn with_listing(mut self, known: &Known) -> Self {
        self.is_dav = true;
        self.state.get_mut().version = version_of(known);
        self
    }

    async fn read_one(&self, range: ByteRange, size: u64, cancel: &Cancel) -> Result<Bytes> {
        let range = ByteRange::new(range.start.min(size), range.end.min(size));
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        if let Some(bytes) = self.at_hand(range) {
            return Ok(bytes);
        }
        let reply = self.reply_to(range, cancel).await?;
        match reply.status() {
            StatusCode::PARTIAL_CONTENT => {
                let part = ContentRange::of(&reply)?;
                if part.total.is_some_and(|total| total != size) {
                    return Err(self.changed("its size changed"));
                }
                if part.start != range.start || part.end != range.end {
                    return Err(self.wrong("the server answered with another range than asked"));
                }
                self.check(&reply)?;
                self.timed_body(reply, range.len(), cancel).await
            }
            StatusCode::OK => {
                self.check(&reply)?;
                let (whole, version) = self.whole(reply, cancel).await?;
                if version.size_bytes != size {
                    return Err(self.changed("its size changed"));
                }
                let part = crate::read_at::cut(&whole, 0, range);
                self.state.lock().whole = Some(whole);
                Ok(part)
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Err(self.changed("it became shorter")),
            StatusCode::PRECONDITION_FAILED => Err(self.changed("the server says so")),
            _ => Err(reply.into_error(cancel).await),
        }
    }

    /// The body of a reply; how fast it came is remembered.
    async fn timed_body(&self, reply: Reply, length: u64, cancel: &Cancel) -> Result<Bytes> {
        let begun = Instant::now();
        let body = exact_body(reply, length, cancel).await?;
        let secs = begun.elapsed().as_secs_f64();
        self.client.measured(&self.url, length, secs);
        Ok(body)
    }

    /// Bytes that came before; the first block is given out once.
    fn at_hand(&self, range: ByteRange) -> Option<Bytes> {
        let mut state = self.state.lock();
        if let Some(whole) = &state.whole {
            return Some(crate::read_at::cut(whole, 0, range));
        }
        let head = state.head.as_ref()?;
        if range.end > head.len() as u64 {
            return None;
        }
        let bytes = crate::read_at::cut(head, 0, range);
        if bytes.len() == head.len() {
            state.head = None;
        }
        Some(bytes)
    }

    /// Sends a range request, to the pool that answered the last one if there
    /// was one, else to the server; a pool that no longer knows us is dropped.
    async fn reply_to(&self, range: ByteRange, cancel: &Cancel) -> Result<Reply> {
        let pool = self.state.lock().pool.clone();
        if let Some(pool) = pool {
            let request = Request::range(pool, range, self.tried.clone())?.bare();
            match self.client.send(request, cancel).await {
                Ok(reply) if reply.status() == StatusCode::PARTIAL_CONTENT => return Ok(reply),
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                _ => self.state.lock().pool = None,
            }
        }
        let request = Request::range(self.url.clone(), range, self.tried.clone())?;
        let reply = self.client.send(request, cancel).await?;
        let elsewhere = origin_of(reply.url()) != origin_of(&self.url);
        if elsewhere && reply.status() == StatusCode::PARTIAL_CONTENT {
            self.state.lock().pool = Some(reply.url().clone());
        }
        Ok(reply)
    }

    /// Holds a reply against the version that was seen first.
    fn check(&self, reply: &Reply) -> Result<()> {
        let mut state = self.state.lock();
        let Some(version) = &mut state.version else {
            return Ok(());
        };
        let modified = reply.header("last-modified").and_then(http_date);
        if let (Some(before), Some(now)) = (version.modified_secs, modified)
            && before != now
        {
            return Err(self.changed("its date changed"));
        }
        if let Some(tag) = reply.header("etag").map(opaque) {
            match &version.tag {
                Some(before) if *before != tag => {
                    return Err(self.changed("its version changed"));
                }
                Some(_) => {}
                None => version.tag = Some(tag),
            }
        }
        Ok(())
    }

    fn changed(&self, why: &str) -> Error {
        Error::new(
            ErrorKind::Integrity,
            self.tried.clone(),
            format!("the file changed while it was read: {why}"),
        )
        .with_retry(Retry::Later)
    }

    fn wrong(&self, why: &str) -> Error {
        Error::new(ErrorKind::Integrity, self.tried.clone(), why)
    }

    fn identity_of(&self, version: Version) -> Identity {
        Identity {
            url: self.shown.clone(),
            size_bytes: version.size_bytes,
            validator: version.validator,
        }
    }
}

impl ReadAt for HttpFile {
    fn identity(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let version = self.version(None, &Cancel::new()).await?;
            Ok(self.identity_of(version))
        })
    }

    fn confirm<'a>(&'a self, seen: &'a Seen<'a>) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(async {
            let version = self.version(Some(seen), &Cancel::new()).await?;
            Ok(self.identity_of(version))
        })
    }

    fn read<'a>(
        &'a self,
        ranges: &'a [ByteRange],
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Vec<Result<Bytes>>> {
        Box::pin(async move {
            match self.version(None, cancel).await {
                Ok(version) => self.read_several(ranges, version.size_bytes, cancel).await,
                Err(error) => ranges.iter().map(|_| Err(error.duplicate())).collect(),
            }
        })
    }

    fn cost_hint(&self) -> CostHint {
        let latency_secs = self.client.meter().traffic().latency_secs;
        CostHint {
            latency_secs: if latency_secs > 0.0 {
                latency_secs
            } else {
                CostHint::REMOTE.latency_secs
            },
            parallel: self.client.connections_per_host(),
            bytes_per_sec: self
                .client
                .bytes_per_sec(&self.url)
                .unwrap_or(CostHint::REMOTE.bytes_per_sec),
            ..CostHint::REMOTE
        }
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Identity>> {
        Box::pin(async {
            let version = self.ask_again().await?;
            Ok(self.identity_of(version))
        })
    }
}
