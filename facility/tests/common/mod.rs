//! A small HTTP client over TCP: what a server sent, byte for byte.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::format_push_string,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code outside of test functions; each test program uses a part of it"
)]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use hutch_facility::{Facility, FacilityOptions, data};
use serde_json::Value;
use tempfile::TempDir;

pub const ALICE: (&str, &str) = ("Authorization", "Basic YWxpY2U6c2VjcmV0");
pub const SCAN: &str = "/dav/demo/tomography/diamond_pin.nxs";

/// A facility over a demo folder of its own.
pub struct Demo {
    pub facility: Facility,
    pub folder: data::DemoFolder,
    _cache: TempDir,
}

impl Demo {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut FacilityOptions)) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let folder = data::make_demo_folder(cache.path()).unwrap();
        let mut options = FacilityOptions::new(&folder.root);
        change(&mut options);
        Self {
            facility: Facility::start(options).unwrap(),
            folder,
            _cache: cache,
        }
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        ask(self.facility.address(), method, path, headers, body).unwrap()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.ask("GET", path, headers, "")
    }
}

/// A session of the catalogue.
pub struct Session<'a> {
    pub demo: &'a Demo,
    pub id: String,
}

impl<'a> Session<'a> {
    pub fn alice(demo: &'a Demo) -> Self {
        Self::open(demo, ALICE_LOGIN)
    }

    pub fn open(demo: &'a Demo, login: &str) -> Self {
        let reply = login_reply(demo, login);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let id = reply.json()["sessionId"].as_str().unwrap().to_owned();
        Session { demo, id }
    }

    pub fn get(&self, call: &str, parameters: &[(&str, &str)]) -> Reply {
        let mut path = format!("/icat/{call}?sessionId={}", self.id);
        for (name, value) in parameters {
            path += &format!("&{name}={}", encode(value));
        }
        self.demo.get(&path, &[])
    }

    pub fn query(&self, query: &str) -> Value {
        let reply = self.get("entityManager", &[("query", query)]);
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        reply.json()
    }

    pub fn refused(&self, query: &str) -> (u16, String) {
        let reply = self.get("entityManager", &[("query", query)]);
        (
            reply.status,
            reply.json()["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

pub const ALICE_LOGIN: &str =
    r#"{"plugin":"db","credentials":[{"username":"alice"},{"password":"secret"}]}"#;

pub fn login_reply(demo: &Demo, login: &str) -> Reply {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("json={}", encode(login));
    demo.ask("POST", "/icat/session", &[form], &body)
}

pub fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// An answer; the body is what came, even if the connection broke.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub broke: Option<io::ErrorKind>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One request on a connection of its own.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_millis(1500)))?;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: facility\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes())?;
    let (mut received, mut buffer, mut broke) = (Vec::new(), vec![0; 1 << 16], None);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) => {
                broke = Some(error.kind());
                break;
            }
        }
    }
    let Some(end) = received.windows(4).position(|it| it == b"\r\n\r\n") else {
        return Err(broke.unwrap_or(io::ErrorKind::UnexpectedEof).into());
    };
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut body = received[end + 4..].to_vec();
    let is_chunked = headers.iter().any(|(_, value)| value == "chunked");
    if is_chunked {
        body = unchunk(&body);
    }
    Ok(Reply {
        status,
        headers,
        body,
        broke,
    })
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|it| it == b"\r\n") {
        let size = std::str::from_utf8(&raw[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        raw = &raw[end + 4 + size..];
    }
    body
}
