//! A file on a server, read by closed ranges.

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::{join, join_all};
use hutch_model::{
    BoxFuture, ByteRange, Cancel, CostHint, Error, ErrorKind, Identity, ReadAt, Result, Retry,
    Seen, Validator,
};
use parking_lot::Mutex;
use reqwest::header::IF_NONE_MATCH;
use reqwest::{StatusCode, Url};

use super::content_range::{ContentRange, exact_body};
use super::multipart;
use super::propfind::{Depth, http_date, propfind};
use super::version::{
    Known, Version, has_tag, known_of, opaque, version_of, version_of_known, version_of_reply,
};
use crate::http::{HttpClient, Reply, Request, login_page, origin_of, without_secrets};
use crate::read_at::HEAD_BYTES;

/// Files up to this are read whole where a server ignores ranges.
const WHOLE_BYTES: u64 = 8 * 1024 * 1024;
/// From so many ranges on one request for all of them pays.
const FEWEST_TOGETHER: usize = 4;

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

    async fn version(&self, seen: Option<&Seen<'_>>, cancel: &Cancel) -> Result<Version> {
        if let Some(version) = self.state.lock().version.clone() {
            return Ok(version);
        }
        // One question, however many readers wait for its answer.
        let _probing = self.probing.lock().await;
        if let Some(version) = self.state.lock().version.clone() {
            return Ok(version);
        }
        let known = seen.and_then(|seen| seen(&self.shown));
        let properties = self.client.properties(&self.url);
        if known.as_ref().is_some_and(|known| !has_tag(known)) && properties.known() != Some(false)
        {
            // Servers without tags say size and time only when asked so.
            if let Some(version) = self.told(cancel).await? {
                self.take(version.clone());
                return Ok(version);
            }
        }
        let head = self.ask(ByteRange::new(0, HEAD_BYTES), known.as_ref(), cancel);
        if properties.known() != Some(true) {
            let version = head.await?;
            // What came whole is as cheap to read as its date.
            let is_whole = version.size_bytes <= HEAD_BYTES || self.state.lock().whole.is_some();
            if version.is_dated() || is_whole || properties.known() == Some(false) {
                return Ok(version);
            }
            return self.dated(version, self.told(cancel).await?);
        }
        let (version, told) = join(head, self.told(cancel)).await;
        self.dated(version?, told?)
    }

    /// What a server says when asked for properties; `None` where it does not
    /// answer that, which is learnt. Reading goes on all the same.
    async fn told(&self, cancel: &Cancel) -> Result<Option<Version>> {
        let error = match self.ask_properties(cancel).await {
            Ok(version) => return Ok(version),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) => error,
        };
        log::debug!("{} tells no properties: {error}", origin_of(&self.url));
        if !says_nothing(&error) {
            self.client.properties(&self.url).learn(false);
        }
        Ok(None)
    }

    /// A version whose reply said neither tag nor time, with the time that a
    /// question for properties told.
    fn dated(&self, version: Version, told: Option<Version>) -> Result<Version> {
        let Some(told) = told.filter(|_| !version.is_dated()) else {
            return Ok(version);
        };
        if told.size_bytes != version.size_bytes {
            return Err(self.changed("its size changed"));
        }
        self.client.properties(&self.url).learn(told.is_dated());
        self.state.lock().version = Some(told.clone());
        Ok(told)
    }

    /// Asks for the beginning of the file, which tells its size and version; a
    /// server that still has the known version sends nothing.
    async fn ask(
        &self,
        range: ByteRange,
        known: Option<&Identity>,
        cancel: &Cancel,
    ) -> Result<Version> {
        let mut request = Request::range(self.url.clone(), range, self.tried.clone())?;
        if let Some(Validator::ETag(tag)) = known.map(|known| &known.validator) {
            request = request.header(IF_NONE_MATCH, tag)?;
        }
        let reply = self.client.send(request, cancel).await?;
        match reply.status() {
            StatusCode::PARTIAL_CONTENT => {
                let part = ContentRange::of(&reply)?;
                let total = part
                    .total
                    .ok_or_else(|| self.wrong("the server does not say how large the file is"))?;
                let end = range.end.min(total);
                if part.start != 0 || part.end != end {
                    return Err(self.wrong("the server answered with another range than asked"));
                }
                let version = version_of_reply(&reply, total);
                let head = self.timed_body(reply, end, cancel).await?;
                let mut state = self.state.lock();
                state.version = Some(version.clone());
                state.head = Some(head);
                Ok(version)
            }
            StatusCode::NOT_MODIFIED if known.is_some() => {
                let version = known.map(version_of_known).ok_or_else(|| {
                    self.wrong("the server speaks of a version that it was not asked about")
                })?;
                self.state.lock().version = Some(version.clone());
                // Reading to the end keeps the connection.
                reply.body(0, cancel).await?;
                Ok(version)
            }
            // An empty file has no range that could be satisfied.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let version = version_of_reply(&reply, 0);
                self.state.lock().version = Some(version.clone());
                Ok(version)
            }
            StatusCode::OK => {
                let (whole, version) = self.whole(reply, cancel).await?;
                let mut state = self.state.lock();
                state.version = Some(version.clone());
                state.whole = Some(whole);
                Ok(version)
            }
            _ => Err(reply.into_error(cancel).await),
        }
    }

    /// All of a small file, from a server that ignores ranges.
    async fn whole(&self, reply: Reply, cancel: &Cancel) -> Result<(Bytes, Version)> {
        let is_page = Path::new(self.url.path())
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("html") || ending == "htm");
        if reply.is_html() && !is_page {
            return Err(login_page(&self.tried));
        }
        let announced = reply.content_length();
        if announced.is_none_or(|size| size > WHOLE_BYTES) {
            // Dropping the reply stops it at once.
            return Err(Error::new(
                ErrorKind::Unsupported,
                self.tried.clone(),
                format!(
                    "the server ignores ranges: it began to send all of the file{}",
                    announced.map_or(String::new(), |size| format!(" ({size} bytes)"))
                ),
            ));
        }
        let size = announced.unwrap_or_default();
        let version = version_of_reply(&reply, size);
        Ok((exact_body(reply, size, cancel).await?, version))
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

    async fn ask_again(&self) -> Result<Version> {
        let cancel = Cancel::new();
        let _probing = self.probing.lock().await;
        if self.is_dav
            && let Some(version) = self.ask_properties(&cancel).await?
        {
            self.take(version.clone());
            return Ok(version);
        }
        let version = self.ask(ByteRange::new(0, 1), None, &cancel).await?;
        self.state.lock().head = None;
        if self.client.properties(&self.url).known() == Some(true) {
            return self.dated(version, self.told(&cancel).await?);
        }
        Ok(version)
    }

    /// Asks a WebDAV server for size, time and tag.
    async fn ask_properties(&self, cancel: &Cancel) -> Result<Option<Version>> {
        let rows = propfind(&self.client, &self.url, Depth::Itself, &self.tried, cancel).await?;
        Ok(rows.first().map(known_of).as_ref().and_then(version_of))
    }

    /// Goes over to a version, and forgets the bytes that it held.
    fn take(&self, version: Version) {
        let mut state = self.state.lock();
        let pool = state.pool.take();
        *state = State {
            version: Some(version),
            pool,
            ..State::default()
        };
    }

    /// Several ranges in one request, where the server is known to answer them;
    /// else each by itself.
    async fn read_several(
        &self,
        ranges: &[ByteRange],
        size: u64,
        cancel: &Cancel,
    ) -> Vec<Result<Bytes>> {
        if ranges.len() >= FEWEST_TOGETHER && ranges.iter().all(|range| range.end <= size) {
            match self.read_together(ranges, size, cancel).await {
                Ok(Some(parts)) => return parts.into_iter().map(Ok).collect(),
                Ok(None) => {}
                // A broken network is not what singles could mend.
                Err(error) => return ranges.iter().map(|_| Err(error.duplicate())).collect(),
            }
        }
        let singles = ranges
            .iter()
            .map(|range| self.read_one(*range, size, cancel));
        join_all(singles).await
    }

    /// `None` when the server does not answer several ranges in one reply.
    async fn read_together(
        &self,
        ranges: &[ByteRange],
        size: u64,
        cancel: &Cancel,
    ) -> Result<Option<Vec<Bytes>>> {
        let several = self.client.several_ranges(&self.url);
        // One asks first; the others wait for what it finds, and then travel
        // side by side.
        let mut asking = None;
        if several.known().is_none() {
            asking = Some(several.asking().await);
            if several.known().is_some() {
                asking = None;
            }
        }
        if several.known() == Some(false) {
            return Ok(None);
        }
        let request = Request::ranges(self.url.clone(), ranges, self.tried.clone())?;
        let reply = self.client.send(request, cancel).await?;
        let is_several = reply.status() == StatusCode::PARTIAL_CONTENT
            && multipart::is_multipart(reply.header("content-type").unwrap_or_default());
        if !is_several {
            log::debug!("{} does not answer several ranges", origin_of(&self.url));
            several.learn(false);
            return Ok(None);
        }
        self.check(&reply)?;
        let wanted: u64 = ranges.iter().map(|range| range.len()).sum();
        let most = wanted.saturating_add(ranges.len() as u64 * multipart::MOST_HEAD_BYTES);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let body = reply.body(most, cancel).await?;
        let parts = multipart::parts(&body, ranges, size);
        several.learn(parts.is_some());
        drop(asking);
        Ok(parts)
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

/// Whether an error says nothing about what a server can do.
fn says_nothing(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Network | ErrorKind::NotFound | ErrorKind::SignIn
    )
}
