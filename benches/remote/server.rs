//! A range server that is far away: each answer comes after a latency, and the
//! server itself counts what was asked of it.
//!
//! It runs as a process of its own, so that its work is not taken for the
//! reader's. `GET /_stat` gives the counts since the last one, as JSON.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::io::{BufReader, SeekFrom};
use tokio::net::{TcpListener, TcpStream};

/// What was asked since the last look.
#[derive(Debug, Default)]
struct Counts {
    requests: u64,
    bytes: u64,
    in_flight: u64,
    most_in_flight: u64,
    /// The longest chain of requests, each sent after the one before was answered.
    rounds: u64,
}

/// Serves a folder until it is killed; prints the port first.
pub(crate) async fn serve(folder: PathBuf, latency: Duration) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let counts = Arc::new(Mutex::new(Counts::default()));
    let folder = Arc::new(folder);
    loop {
        let (stream, _) = listener.accept().await?;
        let (counts, folder) = (Arc::clone(&counts), Arc::clone(&folder));
        tokio::spawn(async move {
            // A client that went away is none of our business.
            let _ended = connection(stream, &folder, latency, &counts).await;
        });
    }
}

#[derive(Debug, Default)]
struct Asked {
    path: String,
    ranges: Vec<(u64, u64)>,
    if_none_match: Option<String>,
}

async fn connection(
    stream: TcpStream,
    folder: &Path,
    latency: Duration,
    counts: &Mutex<Counts>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(asked) = request(&mut stream).await? {
        if asked.path == "/_stat" {
            let text = take(counts);
            send(stream.get_mut(), "200 OK", "", text.as_bytes()).await?;
            continue;
        }
        let round = {
            let mut now = lock(counts);
            now.requests += 1;
            now.in_flight += 1;
            now.most_in_flight = now.most_in_flight.max(now.in_flight);
            now.rounds + 1
        };
        tokio::time::sleep(latency).await;
        let sent = answer(stream.get_mut(), folder, &asked, counts).await;
        let mut now = lock(counts);
        now.in_flight -= 1;
        now.rounds = now.rounds.max(round);
        drop(now);
        sent?;
    }
    Ok(())
}

async fn request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let mut asked = Asked::default();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let text = line.trim_end();
        if text.is_empty() {
            return Ok(Some(asked));
        }
        if asked.path.is_empty() {
            asked.path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if let Some((name, value)) = text.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "range" => asked.ranges = ranges(value),
                "if-none-match" => asked.if_none_match = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }
}

fn ranges(value: &str) -> Vec<(u64, u64)> {
    let list = value.trim().trim_start_matches("bytes=");
    let one = |text: &str| {
        let (first, last) = text.trim().split_once('-')?;
        Some((first.parse().ok()?, last.parse::<u64>().ok()? + 1))
    };
    list.split(',').filter_map(one).collect()
}

async fn answer(
    stream: &mut TcpStream,
    folder: &Path,
    asked: &Asked,
    counts: &Mutex<Counts>,
) -> io::Result<()> {
    let Ok(mut file) = tokio::fs::File::open(folder.join(asked.path.trim_start_matches('/'))).await
    else {
        return send(stream, "404 Not Found", "", b"").await;
    };
    let metadata = file.metadata().await?;
    let size = metadata.len();
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
    let tag = format!("\"{size:x}-{:x}\"", modified.unwrap_or_default().as_nanos());
    let headers = format!("ETag: {tag}\r\nAccept-Ranges: bytes\r\n");
    if asked.if_none_match.as_deref() == Some(&tag) {
        return send(stream, "304 Not Modified", &headers, b"").await;
    }
    let mut parts = Vec::new();
    for &(start, end) in &asked.ranges {
        let end = end.min(size);
        let mut part = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
        file.seek(SeekFrom::Start(start)).await?;
        file.read_exact(&mut part).await?;
        lock(counts).bytes += part.len() as u64;
        parts.push((
            format!("bytes {start}-{}/{size}", end.saturating_sub(1)),
            part,
        ));
    }
    match parts.as_slice() {
        // A peer asks for the size this way.
        [] => {
            let length = format!("{headers}Content-Length: {size}\r\n");
            let head = format!("HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.shutdown().await
        }
        [(range, part)] => {
            let headers = format!("{headers}Content-Range: {range}\r\n");
            send(stream, "206 Partial Content", &headers, part).await
        }
        _ => {
            let mut body = Vec::new();
            for (range, part) in &parts {
                let head = format!("\r\n--hutch\r\nContent-Range: {range}\r\n\r\n");
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(part);
            }
            body.extend_from_slice(b"\r\n--hutch--\r\n");
            let kind = "Content-Type: multipart/byteranges; boundary=hutch\r\n";
            send(
                stream,
                "206 Partial Content",
                &format!("{headers}{kind}"),
                &body,
            )
            .await
        }
    }
}

async fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

fn lock(counts: &Mutex<Counts>) -> std::sync::MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The counts as JSON; they begin anew.
fn take(counts: &Mutex<Counts>) -> String {
    let mut now = lock(counts);
    let in_flight = now.in_flight;
    let seen = std::mem::take(&mut *now);
    now.in_flight = in_flight;
    format!(
        r#"{{"requests":{},"bytes":{},"rounds":{},"most_in_flight":{}}}"#,
        seen.requests, seen.bytes, seen.rounds, seen.most_in_flight
    )
}
