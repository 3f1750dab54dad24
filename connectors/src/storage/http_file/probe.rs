//! Finding out the size and the version of a file.

use std::path::Path;

use bytes::Bytes;
use futures_util::future::join;
use hutch_model::{ByteRange, Cancel, Error, ErrorKind, Identity, Result, Seen, Validator};
use reqwest::StatusCode;
use reqwest::header::IF_NONE_MATCH;

use super::{HttpFile, State};
use crate::http::{Reply, Request, login_page, origin_of};
use crate::read_at::HEAD_BYTES;
use crate::storage::content_range::{ContentRange, exact_body};
use crate::storage::propfind::{Depth, propfind};
use crate::storage::version::{
    Version, has_tag, known_of, version_of, version_of_known, version_of_reply,
};

/// Files up to this are read whole where a server ignores ranges.
const WHOLE_BYTES: u64 = 8 * 1024 * 1024;

impl HttpFile {
    pub(super) async fn version(
        &self,
        seen: Option<&Seen<'_>>,
        cancel: &Cancel,
    ) -> Result<Version> {
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
    pub(super) async fn whole(&self, reply: Reply, cancel: &Cancel) -> Result<(Bytes, Version)> {
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

    pub(super) async fn ask_again(&self) -> Result<Version> {
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
}

/// Whether an error says nothing about what a server can do.
fn says_nothing(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Network | ErrorKind::NotFound | ErrorKind::SignIn
    )
}
