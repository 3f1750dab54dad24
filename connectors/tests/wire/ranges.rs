//! Reading by ranges from servers that behave, and from those that do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::server::{
    Answer, Seen, Server, Tokens, client, client_with, content, part, reply, whole,
};
use bytes::Bytes;
use hutch_connectors::http::{HttpClient, parse_url};
use hutch_connectors::read_at::{BlockStore, Meter, Retry as Again, RetryPolicy, usual_stack};
use hutch_connectors::storage::HttpFile;
use hutch_model::{ByteRange, Cancel, CostHint, ErrorKind, ReadAt, Result, Retry};

fn file(client: &HttpClient, server: &Server, path: &str) -> HttpFile {
    let (url, _) = parse_url(&format!("{}{path}", server.url)).unwrap();
    HttpFile::new(client.clone(), url)
}

fn between(all: &[u8], start: u64, end: u64) -> &[u8] {
    let place = |at: u64| usize::try_from(at).unwrap();
    &all[place(start)..place(end)]
}

async fn read(file: &dyn ReadAt, start: u64, end: u64) -> Result<Bytes> {
    let ranges = [ByteRange::new(start, end)];
    file.read(&ranges, &Cancel::new()).await.remove(0)
}

/// What a server does instead of behaving.
type Change = Box<dyn Fn(&Seen) -> Answer + Send + Sync>;

/// A file of 3 MiB, from a server that behaves until `then` says otherwise.
async fn good_until(
    then: impl Fn(&Seen, usize) -> Option<Answer> + Send + Sync + 'static,
) -> Server {
    let all = content(3 << 20);
    let count = AtomicUsize::new(0);
    Server::start(move |seen| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        then(seen, turn).unwrap_or_else(|| part(&all, seen, "ETag: \"v1\"\r\n"))
    })
    .await
}

/// The first question is answered well, every later one as given.
async fn later(answer: Answer) -> (Server, HttpFile) {
    let server = good_until(move |_, turn| (turn > 0).then(|| answer.clone())).await;
    let file = file(&client(), &server, "/x.h5");
    file.identity().await.unwrap();
    (server, file)
}

#[tokio::test]
async fn headers_are_written_in_title_case_and_name_hutch() {
    let server = good_until(|_, _| None).await;
    read(&file(&client(), &server, "/x.h5"), 5, 10)
        .await
        .unwrap();
    let head = &server.seen()[0].head;
    for line in [
        "\r\nRange: bytes=0-1048575",
        "\r\nAccept-Encoding: identity",
        "\r\nHost: 127.0.0.1",
        "\r\nUser-Agent: Hutch/",
        "test@example.org",
    ] {
        assert!(head.contains(line), "{line:?} in {head:?}");
    }
    assert!(!head.to_lowercase().contains("referer"), "{head:?}");
}

#[tokio::test]
async fn one_question_tells_the_size_and_brings_the_first_block() {
    let server = good_until(|_, _| None).await;
    let file = file(&client(), &server, "/x.h5");
    assert_eq!(
        file.identity().await.unwrap().size_bytes,
        3 << 20,
        "its size"
    );
    let bytes = read(&file, 100, 200).await.unwrap();
    assert_eq!(bytes.as_ref(), &content(200)[100..], "its bytes");
    assert_eq!(server.seen().len(), 1, "one request");
    let end = read(&file, (3 << 20) - 4, u64::MAX).await.unwrap();
    assert_eq!(end.len(), 4, "cut at the end");
    assert!(
        read(&file, 5 << 20, 6 << 20).await.unwrap().is_empty(),
        "beyond"
    );
}

#[tokio::test]
async fn the_speed_of_a_server_is_learnt_from_what_comes_alone() {
    let server = good_until(|_, _| None).await;
    let client = client();
    let first = file(&client, &server, "/x.h5");
    let guess = CostHint::REMOTE.bytes_per_sec;
    read(&first, 2 << 20, (2 << 20) + 100).await.unwrap();
    let seen = first.cost_hint().bytes_per_sec;
    assert!((seen - guess).abs() > 1.0, "the head was timed: {seen}");
    let other = file(&client, &server, "/y.h5");
    let known = other.cost_hint().bytes_per_sec;
    assert!((known - seen).abs() < 1.0, "the next file is as fast");
}

#[tokio::test]
async fn many_ranges_travel_at_once_within_the_limit() {
    let server = good_until(|_, _| None).await;
    let file = file(&client(), &server, "/x.h5");
    let ranges: Vec<ByteRange> = (0..40)
        .map(|index| ByteRange::new(index * 70_000, index * 70_000 + 9))
        .collect();
    let parts = file.read(&ranges, &Cancel::new()).await;
    let all = content(3 << 20);
    for (range, part) in ranges.iter().zip(parts) {
        let expected = between(&all, range.start, range.end);
        assert_eq!(part.unwrap().as_ref(), expected, "{range:?}");
    }
    assert!(server.open_connections() <= 8, "eight connections at most");
}

#[tokio::test]
async fn a_small_file_is_read_whole_where_ranges_are_ignored() {
    let server = Server::start(|_| reply("200 OK", "", &content(1000))).await;
    let file = file(&client(), &server, "/x.h5");
    assert_eq!(
        read(&file, 10, 12).await.unwrap().as_ref(),
        [10, 11],
        "its bytes"
    );
    read(&file, 500, 600).await.unwrap();
    assert_eq!(server.seen().len(), 1, "it is kept");
}

#[tokio::test]
async fn a_large_file_is_stopped_at_once_where_ranges_are_ignored() {
    let server = Server::start(|_| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec();
        bytes.extend_from_slice(&[0; 1000]);
        Answer::SendAndHang(bytes)
    })
    .await;
    let client = client();
    let error = read(&file(&client, &server, "/x.h5"), 0, 10)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    assert!(error.why.contains("ignores ranges"), "{error}");
    assert!(client.meter().traffic().bytes < 100_000, "it was not read");
}

#[tokio::test]
async fn a_page_instead_of_data_is_told_as_such() {
    let page = whole(
        "200 OK",
        "Content-Type: text/html\r\n",
        b"<html>sign in</html>",
    );
    let server = Server::start(move |_| Answer::Send(page.clone())).await;
    let error = read(&file(&client(), &server, "/x.h5"), 0, 10)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network, "{error}");
    assert!(error.why.contains("login page"), "{error}");
}

#[tokio::test]
async fn a_wrong_part_is_never_taken_for_the_right_one() {
    let bad = [
        ("Content-Range: bytes 7-16/3145728\r\n", &content(10)[..]),
        (
            "Content-Range: bytes 2097152-2097160/3145728\r\n",
            &content(9),
        ),
        ("Content-Range: bytes 9999999--1/3145728\r\n", b""),
        ("", &content(10)),
    ];
    for (headers, body) in bad {
        let (_server, file) = later(reply("206 Partial Content", headers, body)).await;
        let error = read(&file, 2 << 20, (2 << 20) + 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "{headers:?}: {error}");
    }
}

#[tokio::test]
async fn a_short_body_is_a_broken_network() {
    let head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2097152-2097161/3145728\r\n";
    let with_length = format!("{head}Content-Length: 10\r\n\r\nabc").into_bytes();
    let without = format!("{head}Connection: close\r\n\r\nabc").into_bytes();
    for bytes in [with_length, without] {
        let (_server, file) = later(Answer::SendAndClose(bytes)).await;
        let error = read(&file, 2 << 20, (2 << 20) + 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network, "{error}");
        assert_eq!(error.retry, Retry::Later, "worth another try");
    }
}

#[tokio::test]
async fn a_file_that_changes_under_the_reader_is_told() {
    let all = content(3 << 20);
    let other_tag = move |seen: &Seen| part(&all, seen, "ETag: \"v2\"\r\n");
    let shorter = |seen: &Seen| part(&content((2 << 20) + 5), seen, "ETag: \"v1\"\r\n");
    let gone = |_: &Seen| reply("416 Range Not Satisfiable", "", b"");
    let changes: [Change; 3] = [Box::new(other_tag), Box::new(shorter), Box::new(gone)];
    for change in changes {
        let server = good_until(move |seen, turn| (turn > 0).then(|| change(seen))).await;
        let file = file(&client(), &server, "/x.h5");
        file.identity().await.unwrap();
        let error = read(&file, 2 << 20, (2 << 20) + 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "{error}");
        assert_eq!(error.retry, Retry::Later, "a refresh helps");
    }
}

#[tokio::test]
async fn a_weak_tag_that_becomes_strong_is_the_same_version() {
    let all = content(3 << 20);
    let server =
        good_until(move |seen, turn| (turn == 0).then(|| part(&all, seen, "ETag: W/\"v1\"\r\n")))
            .await;
    let file = file(&client(), &server, "/x.h5");
    file.identity().await.unwrap();
    assert!(
        read(&file, 2 << 20, (2 << 20) + 10).await.is_ok(),
        "the same file"
    );
}

#[tokio::test]
async fn a_refresh_sees_the_new_version() {
    let old = content(1000);
    let new = content(2000);
    let count = AtomicUsize::new(0);
    let server = Server::start(move |seen| match count.fetch_add(1, Ordering::SeqCst) {
        0 => part(&old, seen, "ETag: \"v1\"\r\n"),
        _ => part(&new, seen, "ETag: \"v2\"\r\n"),
    })
    .await;
    let file = file(&client(), &server, "/x.h5");
    let before = file.identity().await.unwrap();
    let after = file.refresh().await.unwrap();
    assert_eq!(
        (before.size_bytes, after.size_bytes),
        (1000, 2000),
        "it grew"
    );
    assert_ne!(before.validator, after.validator, "another version");
    assert_eq!(
        read(&file, 1900, 3000).await.unwrap().len(),
        100,
        "the new bytes"
    );
}

#[tokio::test]
async fn statuses_become_what_a_person_can_act_on() {
    for (status, kind) in [
        ("404 Not Found", ErrorKind::NotFound),
        ("410 Gone", ErrorKind::NotFound),
        ("403 Forbidden", ErrorKind::Refused),
        ("401 Unauthorized", ErrorKind::SignIn),
        ("500 Oops", ErrorKind::Network),
    ] {
        let server = Server::start(move |_| reply(status, "", b"words of the server")).await;
        let error = read(&file(&client(), &server, "/x.h5"), 0, 9)
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_rejected_token_is_renewed_once_and_then_asks_to_sign_in() {
    let all = content(100);
    let server = Server::start(move |seen| match seen.header("authorization") {
        Some("Bearer fresh-canary") => part(&all, seen, ""),
        _ => reply("401 Unauthorized", "", b""),
    })
    .await;
    let renewed = client_with(Tokens::new(&server, &["old-canary", "fresh-canary"]));
    assert!(
        read(&file(&renewed, &server, "/x"), 0, 9).await.is_ok(),
        "renewed"
    );
    assert_eq!(server.seen().len(), 2, "once");
    let expired = client_with(Tokens::new(&server, &["old-canary"]));
    let error = read(&file(&expired, &server, "/x"), 0, 9)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignIn, "{error}");
    assert_eq!(server.seen().len(), 3, "the same token is not shown twice");
    let shown = format!("{error} {error:?} {expired:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_redirect_to_another_origin_loses_the_token_and_is_remembered() {
    let all = content(3 << 20);
    let pool = Server::start(move |seen| part(&all, seen, "ETag: \"v1\"\r\n")).await;
    let target = format!("Location: {}/pool?uuid=1\r\n", pool.url);
    let door = Server::start(move |_| reply("307 Temporary Redirect", &target, b"")).await;
    let client = client_with(Tokens::new(&door, &["canary"]));
    let file = file(&client, &door, "/x");
    file.identity().await.unwrap();
    read(&file, 2 << 20, (2 << 20) + 9).await.unwrap();
    read(&file, 2 << 20, (2 << 20) + 9).await.unwrap();
    assert!(
        door.seen()[0].header("authorization").is_some(),
        "the door sees it"
    );
    for seen in pool.seen() {
        assert!(seen.header("authorization").is_none(), "the pool does not");
        assert!(seen.header("referer").is_none(), "nor where we came from");
    }
    assert_eq!(
        door.seen().len(),
        2,
        "the pool is asked directly from then on"
    );
    assert_eq!(pool.seen().len(), 3, "and answers");
}

#[tokio::test]
async fn redirects_end() {
    let server = Server::start(|_| reply("302 Found", "Location: /again\r\n", b"")).await;
    let error = read(&file(&client(), &server, "/x"), 0, 9)
        .await
        .unwrap_err();
    assert!(error.why.contains("more than 5"), "{error}");
    assert_eq!(server.seen().len(), 6, "five redirects");
}

#[tokio::test]
async fn a_login_in_the_address_is_for_its_origin_only_and_never_shown() {
    let all = content(100);
    let other = Server::start(move |seen| part(&all, seen, "")).await;
    let target = format!("Location: {}/x\r\n", other.url);
    let server = Server::start(move |_| reply("302 Found", &target, b"")).await;
    let address = server.url.replace("http://", "http://alice:canary@");
    let (client, url) = client().for_address(&format!("{address}/x")).unwrap();
    let file = HttpFile::new(client, url);
    let identity = file.identity().await.unwrap();
    let sent = server.seen()[0].header("authorization").map(str::to_owned);
    assert_eq!(
        sent.as_deref(),
        Some("Basic YWxpY2U6Y2FuYXJ5"),
        "its origin sees it"
    );
    assert!(
        other.seen()[0].header("authorization").is_none(),
        "no other does"
    );
    let shown = format!("{file:?} {identity:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_busy_server_is_left_alone_as_long_as_it_asks() {
    let times = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let all = content(100);
    let list = Arc::clone(&times);
    let server = Server::start(move |seen| {
        let mut times = list.lock();
        times.push(Instant::now());
        if times.len() <= 2 {
            return reply("503 Busy", "Retry-After: 1\r\n", b"");
        }
        part(&all, seen, "")
    })
    .await;
    let client = client();
    let policy = RetryPolicy {
        tries: 5,
        first: Duration::from_millis(1),
        longest: Duration::from_millis(5),
    };
    let file = Again::new(Arc::new(file(&client, &server, "/x")), policy);
    assert!(read(&file, 0, 9).await.is_ok(), "the third try works");
    let times = times.lock().clone();
    for pair in times.windows(2) {
        assert!(
            pair[1] - pair[0] >= Duration::from_millis(990),
            "not earlier"
        );
    }
}

#[tokio::test]
async fn cancelling_returns_at_once_and_drops_the_connection() {
    let server = good_until(|_, turn| (turn > 0).then(|| Answer::SendAndHang(Vec::new()))).await;
    let file = file(&client(), &server, "/x");
    file.identity().await.unwrap();
    let cancel = Cancel::new();
    let raised = cancel.clone();
    let (sender, raised_at) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let _sent = sender.send(Instant::now());
        raised.cancel();
    });
    let ranges = [ByteRange::new(2 << 20, 3 << 20)];
    let parts = file.read(&ranges, &cancel).await;
    let took = raised_at.await.unwrap().elapsed();
    assert_eq!(
        parts[0].as_ref().unwrap_err().kind,
        ErrorKind::Cancelled,
        "cancelled"
    );
    assert!(took < Duration::from_millis(50), "took {took:?}");
    for _ in 0..50 {
        if server.open_connections() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.open_connections(), 0, "the connection is gone");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\
        Content-Range: bytes 2097152-2097161/3145728\r\n\r\nabc";
    let (_server, file) = later(Answer::SendAndHang(head.to_vec())).await;
    let begun = Instant::now();
    let error = read(&file, 2 << 20, (2 << 20) + 10).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "in time");
}

#[tokio::test]
async fn the_usual_stack_survives_a_network_that_breaks() {
    let server = good_until(|seen, turn| {
        let (start, end) = seen.range()?;
        // Every second reply is cut in the middle.
        (turn % 2 == 0 && turn > 0).then(|| {
            let mut bytes = format!(
                "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Length: {}\r\n\
                 Content-Range: bytes {start}-{}/3145728\r\n\r\n",
                end - start,
                end - 1
            )
            .into_bytes();
            bytes.extend(vec![0; (end - start) / 2]);
            Answer::SendAndClose(bytes)
        })
    })
    .await;
    let meter = Meter::new();
    let store = BlockStore::new(64 << 20);
    let source = Arc::new(file(&client(), &server, "/x"));
    let stack = usual_stack(source, &store, &meter);
    let all = content(3 << 20);
    for start in (0..3_u64 << 20).step_by(1 << 19) {
        let end = start + (1 << 19);
        let bytes = read(&*stack, start, end).await.unwrap();
        assert!(
            bytes == between(&all, start, end),
            "the right bytes at {start}"
        );
        let few = read(&*stack, start + 5, start + 10).await.unwrap();
        assert!(
            few == between(&all, start + 5, start + 10),
            "and few of them"
        );
    }
    assert!(
        meter.traffic().failures > 0,
        "it did break: {:?}",
        meter.traffic()
    );
}
