//! The part of a file that a reply holds.

use bytes::{Bytes, BytesMut};
use hutch_model::{Cancel, Error, ErrorKind, Result};

use crate::http::Reply;

/// `Content-Range`, as a half-open range. Source: RFC 9110 section 14.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) total: Option<u64>,
}

impl ContentRange {
    /// The range of a reply.
    pub(super) fn of(reply: &Reply) -> Result<Self> {
        let text = reply.header("content-range").unwrap_or_default();
        Self::parse(text).ok_or_else(|| {
            Error::new(
                ErrorKind::Integrity,
                reply.tried(),
                "the server sent a part without saying which",
            )
        })
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("bytes")?.trim_start();
        let (span, total) = rest.split_once('/')?;
        let (first, last) = span.split_once('-')?;
        let start: u64 = first.trim().parse().ok()?;
        let end = last.trim().parse::<u64>().ok()?.checked_add(1)?;
        let total = match total.trim() {
            "*" => None,
            number => Some(number.parse().ok()?),
        };
        (start < end && total.is_none_or(|total| end <= total)).then_some(Self {
            start,
            end,
            total,
        })
    }
}

/// A body that must have a length.
pub(super) async fn exact_body(mut reply: Reply, length: u64, cancel: &Cancel) -> Result<Bytes> {
    let tried = reply.tried().to_owned();
    let expected = usize::try_from(length).map_err(|error| {
        Error::new(
            ErrorKind::Limit,
            tried.clone(),
            "the range is longer than memory",
        )
        .with_source(error)
    })?;
    let mut body = BytesMut::with_capacity(expected.min(64 * 1024 * 1024));
    while let Some(piece) = reply.chunk(cancel).await? {
        if body.len() + piece.len() > expected {
            return Err(Error::new(
                ErrorKind::Integrity,
                tried,
                "the server sent more than it said",
            ));
        }
        body.extend_from_slice(&piece);
    }
    if body.len() < expected {
        return Err(Error::new(
            ErrorKind::Network,
            tried,
            format!(
                "the connection broke off after {} of {expected} bytes",
                body.len()
            ),
        ));
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_must_add_up() {
        let good = ContentRange {
            start: 0,
            end: 10,
            total: Some(20),
        };
        assert_eq!(ContentRange::parse("bytes 0-9/20"), Some(good), "plain");
        assert_eq!(
            ContentRange::parse("bytes 5-5/*").map(|part| part.total),
            Some(None),
            "an unknown total"
        );
        for text in [
            "bytes 9999999--1/1048576",
            "bytes 9-0/20",
            "bytes 0-20/20",
            "bytes */20",
            "0-9/20",
            "",
            "bytes 0-18446744073709551615/*",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text:?}");
        }
    }
}
