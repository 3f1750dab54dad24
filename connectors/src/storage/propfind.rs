//! Listing a WebDAV folder: asking, reading the answer, naming what is in it.
//!
//! Source: RFC 4918 sections 9.1 and 14; how servers differ is in
//! `docs/sites/webdav.md`.

use std::io::{BufReader, Read};

use hutch_model::{Cancel, Error, ErrorKind, Locality, Result};
use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::mpsc;

use crate::http::{HttpClient, Reply, Request};

/// The longest answer that is read.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;
/// The most rows that are kept.
const MOST_ROWS: usize = 10_000_000;
/// The longest text of one element.
const MOST_TEXT: usize = 1024 * 1024;
/// The deepest nesting.
const MOST_DEPTH: usize = 64;

/// Named properties, as some servers spend long on others.
const BODY: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8"?>"#,
    r#"<D:propfind xmlns:D="DAV:" xmlns:S="http://srm.lbl.gov/StorageResourceManager"><D:prop>"#,
    "<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/><S:FileLocality/>",
    "</D:prop></D:propfind>"
);

/// One `response` of a `multistatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) href: String,
    pub(super) is_folder: bool,
    pub(super) size_bytes: Option<u64>,
    pub(super) modified_secs: Option<i64>,
    pub(super) etag: Option<String>,
    pub(super) locality: Option<Locality>,
}

/// How deep a listing looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Itself,
    Children,
}

/// Asks for the properties of an address and, if wanted, what is in it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the server does not speak WebDAV, else as
/// the status says.
pub(super) async fn propfind(
    client: &HttpClient,
    url: &Url,
    depth: Depth,
    tried: &str,
    cancel: &Cancel,
) -> Result<Vec<Row>> {
    let method = Method::from_bytes(b"PROPFIND").map_err(|error| {
        Error::new(ErrorKind::Internal, tried, "the method has no name").with_source(error)
    })?;
    let request = Request::new(method, url.clone(), tried)
        .header(
            HeaderName::from_static("depth"),
            if depth == Depth::Itself { "0" } else { "1" },
        )?
        .header(CONTENT_TYPE, "application/xml; charset=utf-8")?
        .body(BODY);
    let reply = client.send(request, cancel).await?;
    match reply.status() {
        StatusCode::MULTI_STATUS => read(reply, cancel).await,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED | StatusCode::BAD_REQUEST => {
            Err(Error::new(
                ErrorKind::Unsupported,
                tried,
                format!(
                    "the server does not speak WebDAV (status {})",
                    reply.status().as_u16()
                ),
            ))
        }
        status if status.is_success() && reply.is_html() => Err(crate::http::login_page(tried)),
        status if status.is_success() => Err(Error::new(
            ErrorKind::Unsupported,
            tried,
            format!(
                "the server does not speak WebDAV (status {})",
                status.as_u16()
            ),
        )),
        _ => Err(reply.into_error(cancel).await),
    }
}

/// Parses while the answer arrives; at most a few pieces wait in between.
async fn read(mut reply: Reply, cancel: &Cancel) -> Result<Vec<Row>> {
    let tried = reply.tried().to_owned();
    let (pieces, arriving) = mpsc::channel(4);
    let words = tried.clone();
    let parser = tokio::task::spawn_blocking(move || parse(Arriving::new(arriving), &words));
    let mut total = 0;
    while let Some(piece) = reply.chunk(cancel).await? {
        total += piece.len() as u64;
        if total > MOST_BYTES {
            return Err(Error::new(
                ErrorKind::Limit,
                tried,
                "the listing is longer than 1 GiB",
            ));
        }
        // A parser that gave up closes the channel; its error is told below.
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    drop(pieces);
    parser.await.map_err(|error| {
        Error::new(ErrorKind::Internal, tried, "the parser broke off").with_source(error)
    })?
}

/// Pieces of an answer as a stream of valid UTF-8; what is not becomes U+FFFD.
struct Arriving {
    pieces: mpsc::Receiver<bytes::Bytes>,
    ready: Vec<u8>,
    taken: usize,
    /// The beginning of a character whose rest is still to come.
    carried: Vec<u8>,
}

impl Arriving {
    fn new(pieces: mpsc::Receiver<bytes::Bytes>) -> Self {
        Self {
            pieces,
            ready: Vec::new(),
            taken: 0,
            carried: Vec::new(),
        }
    }
}

impl Read for Arriving {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        while self.taken == self.ready.len() {
            let Some(piece) = self.pieces.blocking_recv() else {
                return Ok(0);
            };
            let mut whole = std::mem::take(&mut self.carried);
            whole.extend_from_slice(&piece);
            if let Err(error) = std::str::from_utf8(&whole)
                && error.error_len().is_none()
            {
                self.carried = whole.split_off(error.valid_up_to());
            }
            self.ready = String::from_utf8_lossy(&whole).into_owned().into_bytes();
            self.taken = 0;
        }
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// The rows of a `multistatus`. Only local names are looked at.
fn parse(source: impl Read, tried: &str) -> Result<Vec<Row>> {
    let broken = |why: String| Error::new(ErrorKind::Unreadable, tried, why);
    let mut reader = Reader::from_reader(BufReader::new(source));
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut state = State::default();
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| broken(format!("the listing is no XML: {error}")))?;
        match event {
            Event::Start(element) => {
                state.open(element.local_name().into_inner());
                if state.path.len() > MOST_DEPTH {
                    return Err(broken("the listing is nested too deeply".to_owned()));
                }
            }
            Event::End(_) => state.close(),
            Event::Text(text) => state.text.push_str(&text),
            Event::CData(text) => state.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let letter = reference.resolve_char_ref().ok().flatten();
                match (
                    letter,
                    quick_xml::escape::resolve_predefined_entity(&reference),
                ) {
                    (Some(letter), _) => state.text.push(letter),
                    (None, Some(text)) => state.text.push_str(text),
                    (None, None) => {
                        return Err(broken("the listing uses an unknown entity".to_owned()));
                    }
                }
            }
            Event::Eof => break,
            _ => {}
        }
        if state.text.len() > MOST_TEXT || state.rows.len() > MOST_ROWS {
            return Err(Error::new(
                ErrorKind::Limit,
                tried,
                "the listing is too large",
            ));
        }
    }
    if !state.is_multistatus || !state.path.is_empty() {
        return Err(Error::new(
            ErrorKind::Network,
            tried,
            "the listing broke off",
        ));
    }
    Ok(state.rows)
}

#[derive(Default)]
struct State {
    path: Vec<String>,
    text: String,
    row: Row,
    /// Properties of the current `propstat`, kept if its status is good.
    found: Row,
    status: String,
    rows: Vec<Row>,
    is_multistatus: bool,
}

impl State {
    fn open(&mut self, name: &str) {
        match name {
            "multistatus" => self.is_multistatus = true,
            "response" => self.row = Row::default(),
            "propstat" => {
                self.found = Row::default();
                self.status.clear();
            }
            "collection" => self.found.is_folder = true,
            _ => {}
        }
        self.path.push(name.to_owned());
        self.text.clear();
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let parent = self.path.last().map_or("", String::as_str);
        let text = std::mem::take(&mut self.text);
        let trimmed = text.trim();
        match (name.as_str(), parent) {
            ("href", "response") => trimmed.clone_into(&mut self.row.href),
            ("status", "propstat") => trimmed.clone_into(&mut self.status),
            ("getcontentlength", _) => self.found.size_bytes = trimmed.parse().ok(),
            ("getlastmodified", _) => self.found.modified_secs = http_date(trimmed),
            ("getetag", _) if !trimmed.is_empty() => self.found.etag = Some(trimmed.to_owned()),
            ("iscollection", _) => {
                self.found.is_folder |= matches!(trimmed, "1" | "true" | "TRUE");
            }
            ("FileLocality", _) => self.found.locality = locality(trimmed),
            ("propstat", _) if self.status.is_empty() || self.status.contains(" 2") => {
                let found = std::mem::take(&mut self.found);
                self.row.is_folder |= found.is_folder;
                self.row.size_bytes = self.row.size_bytes.or(found.size_bytes);
                self.row.modified_secs = self.row.modified_secs.or(found.modified_secs);
                self.row.etag = self.row.etag.take().or(found.etag);
                self.row.locality = self.row.locality.or(found.locality);
            }
            ("response", _) if !self.row.href.is_empty() => {
                self.rows.push(std::mem::take(&mut self.row));
            }
            _ => {}
        }
    }
}

/// Reads a date of HTTP as seconds since 1970.
pub(super) fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
        .map(jiff::Timestamp::as_second)
}

fn locality(text: &str) -> Option<Locality> {
    match text {
        "ONLINE" | "ONLINE_AND_NEARLINE" | "DISK" | "DISK_AND_TAPE" => Some(Locality::Disk),
        "NEARLINE" | "TAPE" => Some(Locality::Tape),
        _ => None,
    }
}

/// The path of an `href`, decoded once.
///
/// Some servers do not escape at all; `raw` says that this is one. `None` for
/// what is no path or no text.
pub(super) fn path_of(href: &str, raw: bool) -> Option<String> {
    let path = match href.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            &rest[rest.find('/')?..]
        }
        _ => href,
    };
    if !path.starts_with('/') {
        return None;
    }
    if raw {
        return (!path.contains('\u{FFFD}')).then(|| path.to_owned());
    }
    percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Whether an `href` holds what a server that escapes would have escaped.
pub(super) fn looks_raw(href: &str) -> bool {
    let bytes = href.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b' ' | b'#' | b'"' | b'<' | b'>' | 0x80.. => true,
        b'%' => !bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APACHE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:"><D:href>/dav/</D:href><D:propstat><D:prop><lp1:resourcetype><D:collection/></lp1:resourcetype>
<lp1:getetag>"1000-5f"</lp1:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getcontentlength>7</D:getcontentlength></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response><D:href>/dav/a%20b%2b%23&amp;.txt</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>12</D:getcontentlength>
<D:getlastmodified>Sat, 21 Nov 2026 07:00:00 GMT</D:getlastmodified><D:getetag>"c-64"</D:getetag>
<S:FileLocality xmlns:S="x">NEARLINE</S:FileLocality></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
</D:multistatus>"#;

    #[test]
    fn a_listing_is_read_and_missing_properties_stay_missing() {
        let rows = parse(APACHE.as_bytes(), "list").unwrap();
        assert_eq!(rows.len(), 2, "two rows");
        assert!(
            rows[0].is_folder && rows[0].size_bytes.is_none(),
            "{:?}",
            rows[0]
        );
        assert_eq!(rows[1].size_bytes, Some(12), "its size");
        assert_eq!(rows[1].modified_secs, Some(1_795_244_400), "its time");
        assert_eq!(rows[1].locality, Some(Locality::Tape), "it lies on tape");
        assert_eq!(
            path_of(&rows[1].href, looks_raw(&rows[1].href)).as_deref(),
            Some("/dav/a b+#&.txt"),
            "decoded once"
        );
    }

    #[test]
    fn hrefs_are_decoded_unless_the_server_never_escapes() {
        assert!(looks_raw("/run1/a b+ü#.txt"), "raw letters");
        assert!(!looks_raw("/run1/a%20b.txt"), "escaped");
        assert!(looks_raw("/100%/x"), "a bare percent sign");
        let decoded = path_of("https://host/a%2520b", false);
        assert_eq!(decoded.as_deref(), Some("/a%20b"), "once, not twice");
        assert_eq!(path_of("a/b", false), None, "no path");
        assert_eq!(path_of("/a%ff", false), None, "no text");
    }

    #[test]
    fn broken_listings_are_errors_and_never_bombs() {
        let cut = &APACHE[..APACHE.len() / 2];
        assert!(parse(cut.as_bytes(), "list").is_err(), "cut in the middle");
        let deep = format!("<multistatus>{}", "<a>".repeat(100_000));
        assert!(parse(deep.as_bytes(), "list").is_err(), "too deep");
        let laughs =
            r#"<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><multistatus>&b;</multistatus>"#;
        assert!(parse(laughs.as_bytes(), "list").is_err(), "own entities");
        assert!(parse(&b"<html></html>"[..], "list").is_err(), "no listing");
    }
}
