//! What is asked of a server.

use bytes::Bytes;
use hutch_model::{ByteRange, Error, ErrorKind, Result};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, RANGE};
use reqwest::{Method, Url};

/// A request, and the words that its errors use.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) scope: String,
    pub(crate) tried: String,
    pub(crate) shows_credentials: bool,
    pub(crate) follows: bool,
}

impl Request {
    /// A request; `tried` begins its errors, as in `read "scan.h5"`.
    pub fn new(method: Method, url: Url, tried: impl Into<String>) -> Self {
        let scope = if matches!(method.as_str(), "PUT" | "MOVE" | "DELETE" | "MKCOL") {
            "write"
        } else {
            "read"
        };
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            scope: scope.to_owned(),
            tried: tried.into(),
            shows_credentials: true,
            follows: true,
        }
    }

    /// A `GET`.
    pub fn get(url: Url, tried: impl Into<String>) -> Self {
        Self::new(Method::GET, url, tried)
    }

    /// A `GET` of one closed range, which must not be empty.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an empty range.
    pub fn range(url: Url, range: ByteRange, tried: impl Into<String>) -> Result<Self> {
        Self::ranges(url, &[range], tried)
    }

    /// A `GET` of several closed ranges, none of them empty.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an empty range, or none.
    pub fn ranges(url: Url, ranges: &[ByteRange], tried: impl Into<String>) -> Result<Self> {
        let tried = tried.into();
        if ranges.is_empty() || ranges.iter().any(|range| range.is_empty()) {
            return Err(Error::new(ErrorKind::Usage, tried, "a range is empty"));
        }
        let one = |range: &ByteRange| format!("{}-{}", range.start, range.end - 1);
        let list: Vec<String> = ranges.iter().map(one).collect();
        let text = format!("bytes={}", list.join(","));
        let mut request = Self::get(url, tried).header(RANGE, &text)?;
        request
            .headers
            .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(request)
    }

    /// The same request with a header.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when no header may hold the text.
    pub fn header(mut self, name: HeaderName, text: &str) -> Result<Self> {
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|error| {
            Error::new(
                ErrorKind::Usage,
                self.tried.clone(),
                format!("the header \"{name}\" cannot hold that text"),
            )
            .with_source(error)
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The same request with a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same request with a form as its body.
    ///
    /// # Errors
    /// As for [`Self::header`].
    pub fn form(self, fields: &[(&str, &str)]) -> Result<Self> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Ok(self
            .header(
                reqwest::header::CONTENT_TYPE,
                "application/x-www-form-urlencoded",
            )?
            .body(body))
    }

    /// The same request, which shows no credential and follows no redirect:
    /// for addresses that a server handed out and that speak for themselves.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.shows_credentials = false;
        self.follows = false;
        self
    }
}
