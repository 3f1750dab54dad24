//! A server that answers exactly what a test says, over plain TCP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hutch_connectors::http::{HttpClient, HttpSettings, NoCredentials};
use hutch_model::{BoxFuture, Credential, Credentials, Result, Secret};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Its head, byte for byte.
    pub(crate) head: String,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// A header, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The closed range that was asked for.
    pub(crate) fn range(&self) -> Option<(usize, usize)> {
        let text = self.header("range")?.strip_prefix("bytes=")?;
        let (first, last) = text.split_once('-')?;
        Some((first.parse().ok()?, last.parse::<usize>().ok()? + 1))
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Sends this and keeps the connection.
    Send(Vec<u8>),
    /// Sends this and closes the connection.
    SendAndClose(Vec<u8>),
    /// Sends this and falls silent.
    SendAndHang(Vec<u8>),
}

/// A whole reply with a length.
pub(crate) fn reply(status: &str, headers: &str, body: &[u8]) -> Answer {
    Answer::Send(whole(status, headers, body))
}

pub(crate) fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A right answer to a range of a file; to several ranges it is all of it, as
/// servers may answer that do not know what those are. It speaks no WebDAV.
pub(crate) fn part(content: &[u8], seen: &Seen, headers: &str) -> Answer {
    if seen.method() == "PROPFIND" {
        return reply("405 Method Not Allowed", "", b"");
    }
    if seen.header("range").is_some_and(|list| list.contains(',')) {
        return reply("200 OK", headers, content);
    }
    let (start, end) = seen.range().expect("a range is asked for");
    let end = end.min(content.len());
    if start >= end {
        return reply("416 Range Not Satisfiable", headers, b"");
    }
    let range = format!(
        "Content-Range: bytes {start}-{}/{}\r\n{headers}",
        end - 1,
        content.len()
    );
    reply("206 Partial Content", &range, &content[start..end])
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    open: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(answer);
        let (list, count) = (Arc::clone(&seen), Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (list, count) = (Arc::clone(&list), Arc::clone(&count));
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    count.fetch_add(1, Ordering::SeqCst);
                    serve(stream, &*answer, &list).await;
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, seen, open }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Connections that are open now.
    pub(crate) fn open_connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(dyn Fn(&Seen) -> Answer + Send + Sync),
    list: &Mutex<Vec<Seen>>,
) {
    let mut buffer = Vec::new();
    loop {
        let Some(seen) = request(&mut stream, &mut buffer).await else {
            return;
        };
        list.lock().push(seen.clone());
        let (bytes, then) = match answer(&seen) {
            Answer::Send(bytes) => (bytes, 0),
            Answer::SendAndClose(bytes) => (bytes, 1),
            Answer::SendAndHang(bytes) => (bytes, 2),
        };
        if stream.write_all(&bytes).await.is_err() || then == 1 {
            return;
        }
        if then == 2 {
            // Ends when the client goes away.
            let mut rest = [0; 64];
            while let Ok(1..) = stream.read(&mut rest).await {}
            return;
        }
    }
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let mut seen = Seen {
                head,
                body: Vec::new(),
            };
            let length: usize = seen
                .header("content-length")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            while buffer.len() < end + 4 + length {
                if stream.read_buf(buffer).await.ok()? == 0 {
                    return None;
                }
            }
            seen.body = buffer[end + 4..end + 4 + length].to_vec();
            buffer.drain(..end + 4 + length);
            return Some(seen);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

pub(crate) fn client() -> HttpClient {
    client_with(Arc::new(NoCredentials))
}

pub(crate) fn client_with(credentials: Arc<dyn Credentials>) -> HttpClient {
    let settings = HttpSettings {
        stall_timeout: Duration::from_millis(500),
        contact: "test@example.org".into(),
        ..HttpSettings::default()
    };
    HttpClient::new(settings, credentials).unwrap()
}

/// Gives one token to one origin; the next one after a rejection.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) origin: String,
    pub(crate) tokens: Mutex<Vec<Secret>>,
}

impl Tokens {
    pub(crate) fn new(server: &Server, tokens: &[&'static str]) -> Arc<Self> {
        let tokens = tokens.iter().rev().copied().map(Secret::new).collect();
        Arc::new(Self {
            origin: server.url.clone(),
            tokens: Mutex::new(tokens),
        })
    }
}

impl Credentials for Tokens {
    fn for_request<'a>(
        &'a self,
        origin: &'a str,
        _scope: &'a str,
    ) -> BoxFuture<'a, Result<Option<Credential>>> {
        Box::pin(async move {
            let token = self.tokens.lock().last().cloned();
            Ok(token
                .filter(|_| origin == self.origin)
                .map(Credential::Bearer))
        })
    }

    fn rejected(&self, _origin: &str, _scope: &str) {
        let mut tokens = self.tokens.lock();
        if tokens.len() > 1 {
            tokens.pop();
        }
    }
}

pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..=250_u8).cycle().take(size).collect()
}
