//! What a server answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hutch_model::{Cancel, Error, ErrorKind, Result, Retry};
use reqwest::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use crate::read_at::{InFlight, Meter};
use crate::wait::or_cancel;

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// How much of an error page is read to find words in it.
const ERROR_PAGE_BYTES: usize = 16 * 1024;

/// The head of a reply, and its body as it arrives.
///
/// Dropping it closes its connection, unless the body was read to its end.
#[derive(Debug)]
pub struct Reply {
    response: Response,
    _place: OwnedSemaphorePermit,
    in_flight: Option<InFlight>,
    meter: Arc<Meter>,
    tried: String,
}

impl Reply {
    pub(super) fn new(
        response: Response,
        place: OwnedSemaphorePermit,
        in_flight: InFlight,
        meter: Arc<Meter>,
        tried: String,
    ) -> Self {
        Self {
            response,
            _place: place,
            in_flight: Some(in_flight),
            meter,
            tried,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The address that answered, after redirects.
    pub fn url(&self) -> &reqwest::Url {
        self.response.url()
    }

    /// What the request was for, in words.
    pub fn tried(&self) -> &str {
        &self.tried
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The announced length of the body.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// Whether the body is an HTML page.
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] when the connection broke off or stalled.
    pub async fn chunk(&mut self, cancel: &Cancel) -> Result<Option<Bytes>> {
        let piece = or_cancel(cancel, async {
            self.response
                .chunk()
                .await
                .map_err(|error| network_error(error, &self.tried))
        })
        .await?;
        match &piece {
            Some(bytes) => self.meter.add_bytes(bytes.len() as u64),
            None => {
                if let Some(in_flight) = self.in_flight.take() {
                    in_flight.succeeded();
                }
            }
        }
        Ok(piece)
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when it is longer than `most`, and as for
    /// [`Self::chunk`].
    pub async fn body(mut self, most: usize, cancel: &Cancel) -> Result<Bytes> {
        let expected = self.content_length();
        let capacity = usize::try_from(expected.unwrap_or(0)).unwrap_or(usize::MAX);
        let mut body = BytesMut::with_capacity(capacity.min(most));
        while let Some(piece) = self.chunk(cancel).await? {
            if body.len() + piece.len() > most {
                return Err(Error::new(
                    ErrorKind::Limit,
                    self.tried.clone(),
                    format!("the reply is longer than {most} bytes"),
                ));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// What an error status means; reads a little of the body for its words.
    pub async fn into_error(mut self, cancel: &Cancel) -> Error {
        let status = self.status();
        let is_html = self.is_html();
        let mut page = Vec::new();
        while page.len() < ERROR_PAGE_BYTES {
            match self.chunk(cancel).await {
                Ok(Some(piece)) => page.extend_from_slice(&piece),
                _ => break,
            }
        }
        let words = if is_html {
            String::new()
        } else {
            words_of(&page)
        };
        error_of_status(status, self.tried, &words)
    }

    /// How long the server asks to wait; `None` where it does not.
    pub(super) fn asks_to_wait(&self) -> Option<Duration> {
        let is_busy = matches!(
            self.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        let text = self.header("retry-after").filter(|_| is_busy)?;
        Some(retry_after(text, jiff::Timestamp::now())?.min(LONGEST_WAIT))
    }
}

/// Reads `Retry-After`, seconds or a date. Source: RFC 9110 section 10.2.3.
fn retry_after(text: &str, now: jiff::Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    Some(Duration::from_secs(
        u64::try_from(until.as_second() - now.as_second()).unwrap_or(0),
    ))
}

/// The first words of a plain error page, on one line and without secrets.
pub fn words_of(page: &[u8]) -> String {
    let text = String::from_utf8_lossy(page);
    let line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(300)
        .collect();
    line.split_whitespace()
        .map(|word| if is_token(word) { "…" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a word could be a session or token that a server quotes.
fn is_token(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphanumeric).count();
    letters >= 24 && word.bytes().any(|byte| byte.is_ascii_digit()) && !word.contains('/')
}

/// The error that a status stands for.
pub(crate) fn error_of_status(status: StatusCode, tried: String, words: &str) -> Error {
    let code = status.as_u16();
    let said = |plain: &str| {
        if words.is_empty() {
            format!("{plain} (status {code})")
        } else {
            format!("{plain} (status {code}): {words}")
        }
    };
    match code {
        401 => Error::new(ErrorKind::SignIn, tried, said("the server wants a sign-in")),
        403 => Error::new(
            ErrorKind::Refused,
            tried,
            said("the server does not allow it"),
        ),
        404 | 410 => Error::new(
            ErrorKind::NotFound,
            tried,
            said("the server has nothing there"),
        ),
        408 | 425 | 429 => Error::new(ErrorKind::Network, tried, said("the server is busy")),
        407 => Error::new(ErrorKind::Refused, tried, said("the proxy wants a sign-in")),
        507 => Error::new(ErrorKind::Refused, tried, said("the server's disk is full")),
        501 | 505 => Error::new(
            ErrorKind::Unsupported,
            tried,
            said("the server cannot do that"),
        ),
        500..=599 => Error::new(ErrorKind::Network, tried, said("the server is in trouble")),
        300..=399 => Error::new(
            ErrorKind::Refused,
            tried,
            said("the server sends elsewhere"),
        ),
        _ => Error::new(ErrorKind::Refused, tried, said("the server said no")),
    }
}

/// The error of a reply that is a login page of some network in between.
pub(crate) fn login_page(tried: &str) -> Error {
    Error::new(
        ErrorKind::Network,
        tried,
        "a web page came instead of data; is this a network login page?",
    )
}

/// What a failed transfer means; the address is taken out of the message.
pub(super) fn network_error(error: reqwest::Error, tried: &str) -> Error {
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    let cause = deepest.to_string();
    let is_certificate = cause.to_ascii_lowercase().contains("certificate");
    let why = if error.is_timeout() && error.is_connect() {
        "connecting took too long".to_owned()
    } else if error.is_timeout() {
        "the server fell silent".to_owned()
    } else if is_certificate {
        format!("the server's certificate is not trusted here ({cause})")
    } else if error.is_connect() {
        format!("cannot connect ({cause})")
    } else {
        format!("the connection broke off ({cause})")
    };
    let made = Error::new(ErrorKind::Network, tried, why).with_source(error);
    if is_certificate {
        made.with_retry(Retry::Never)
    } else {
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date() {
        let now: jiff::Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let table = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("soon", None),
        ];
        for (text, seconds) in table {
            assert_eq!(
                retry_after(text, now),
                seconds.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }

    #[test]
    fn words_of_a_server_hold_no_session() {
        let said = words_of(b"no user by sessionid: 0d9a3706-1111-2222-3333-444455556666\nsorry");
        assert_eq!(said, "no user by sessionid: … sorry", "the session is gone");
    }

    #[test]
    fn every_status_means_what_a_person_can_act_on() {
        let table = [
            (401, ErrorKind::SignIn),
            (403, ErrorKind::Refused),
            (404, ErrorKind::NotFound),
            (410, ErrorKind::NotFound),
            (429, ErrorKind::Network),
            (500, ErrorKind::Network),
            (502, ErrorKind::Network),
            (501, ErrorKind::Unsupported),
            (412, ErrorKind::Refused),
        ];
        for (code, kind) in table {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(
                error_of_status(status, "x".into(), "").kind,
                kind,
                "status {code}"
            );
        }
    }
}
