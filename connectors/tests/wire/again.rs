//! Opening files that were opened before: what a server is asked then.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::server::{Answer, Seen, Server, client, content, part, reply};
use crate::webdav::{listing, row};
use bytes::Bytes;
use hutch_connectors::http::parse_url;
use hutch_connectors::read_at::{BlockCache, BlockStore, Coalesce};
use hutch_connectors::storage::HttpFile;
use hutch_model::{ByteRange, Cancel, ReadAt, Validator};

const SIZE: usize = 3 << 20;

/// The file as a new process opens it, with what earlier ones kept in a folder.
fn opened(server: &Server, folder: &Path) -> BlockCache {
    let (url, _) = parse_url(&format!("{}/x.h5", server.url)).unwrap();
    let store = BlockStore::with_folder(64 << 20, folder, 64 << 20);
    let file = Arc::new(HttpFile::new(client(), url));
    BlockCache::new(Arc::new(Coalesce::new(file)), store)
}

async fn read(file: &dyn ReadAt, start: u64, end: u64) -> Bytes {
    let ranges = [ByteRange::new(start, end)];
    let mut parts = file.read(&ranges, &Cancel::new()).await;
    parts.remove(0).unwrap()
}

/// Blocks are written behind the reader's back.
async fn wait_for_blocks(folder: &Path) {
    for _ in 0..200 {
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let size: u64 = files
            .filter_map(|entry| Some(entry.metadata().ok()?.len()))
            .sum();
        if size > 1 << 20 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no blocks were kept");
}

/// The content of a version: each begins with another byte.
fn version(number: usize) -> Vec<u8> {
    let mut all = content(SIZE);
    all.rotate_left(number);
    all
}

/// A server with tags, whose file has the version that the number says.
async fn tagged(number: &Arc<AtomicUsize>) -> Server {
    let number = Arc::clone(number);
    Server::start(move |seen| {
        let number = number.load(Ordering::SeqCst);
        let tag = format!("\"v{number}\"");
        let headers = format!("ETag: {tag}\r\n");
        if seen.header("if-none-match") == Some(&tag) {
            return reply("304 Not Modified", &headers, b"");
        }
        part(&version(number), seen, &headers)
    })
    .await
}

#[tokio::test]
async fn a_file_that_was_opened_before_costs_one_question() {
    let folder = tempfile::tempdir().unwrap();
    let server = tagged(&Arc::new(AtomicUsize::new(1))).await;
    let first = opened(&server, folder.path());
    let bytes = read(&first, 100, 900_000).await;
    assert!(bytes == version(1)[100..900_000], "the bytes of the file");
    read(&first, 100, 2000).await;
    wait_for_blocks(folder.path()).await;
    let before = server.seen().len();

    let again = opened(&server, folder.path());
    let bytes = read(&again, 100, 2000).await;
    assert!(bytes == version(1)[100..2000], "the same bytes");
    read(&again, 700_000, 700_010).await;
    let asked = server.seen().split_off(before);
    assert_eq!(asked.len(), 1, "one question");
    assert_eq!(
        asked[0].header("if-none-match"),
        Some("\"v1\""),
        "whether it is still the same"
    );
}

#[tokio::test]
async fn a_file_that_changed_in_between_gives_its_new_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let number = Arc::new(AtomicUsize::new(1));
    let server = tagged(&number).await;
    let first = opened(&server, folder.path());
    read(&first, 0, 2000).await;
    wait_for_blocks(folder.path()).await;
    number.store(2, Ordering::SeqCst);
    let before = server.seen().len();

    let again = opened(&server, folder.path());
    let bytes = read(&again, 0, 2000).await;
    assert!(bytes == version(2)[..2000], "nothing of the old version");
    let asked = server.seen().split_off(before);
    assert_eq!(asked.len(), 1, "the answer brings the new bytes");
    wait_for_blocks(folder.path()).await;
    let third = opened(&server, folder.path());
    assert!(
        read(&third, 0, 2000).await == version(2)[..2000],
        "the new version is kept"
    );
}

/// A server that tells neither tag nor time but in its listings, as XRootD.
fn untagged(seen: &Seen, day: usize) -> Answer {
    if seen.method() != "PROPFIND" {
        return part(&version(day), seen, "");
    }
    let props = format!(
        "<D:resourcetype/><D:getcontentlength>{SIZE}</D:getcontentlength>\
         <D:getlastmodified>Sat, {day} Nov 2026 07:00:00 GMT</D:getlastmodified>"
    );
    listing(&[row("/x.h5", &props)])
}

#[tokio::test]
async fn a_server_without_tags_is_asked_for_the_time_of_the_change() {
    let folder = tempfile::tempdir().unwrap();
    let day = Arc::new(AtomicUsize::new(21));
    let server = Server::start({
        let day = Arc::clone(&day);
        move |seen| untagged(seen, day.load(Ordering::SeqCst))
    })
    .await;
    let first = opened(&server, folder.path());
    let identity = first.identity().await.unwrap();
    assert!(
        matches!(
            identity.validator,
            Validator::SizeAndTime {
                modified_ns: Some(_),
                ..
            }
        ),
        "size and time: {identity:?}"
    );
    read(&first, 0, 2000).await;
    wait_for_blocks(folder.path()).await;
    let before = server.seen().len();

    let again = opened(&server, folder.path());
    assert!(
        read(&again, 0, 2000).await == version(21)[..2000],
        "the same bytes"
    );
    let asked = server.seen().split_off(before);
    let methods: Vec<&str> = asked.iter().map(Seen::method).collect();
    assert_eq!(methods, ["PROPFIND"], "one question");

    day.store(28, Ordering::SeqCst);
    let later = opened(&server, folder.path());
    assert!(
        read(&later, 0, 2000).await == version(28)[..2000],
        "nothing of the old version"
    );
}

#[tokio::test]
async fn once_a_server_is_known_to_be_without_tags_both_questions_travel_together() {
    let server = Server::start(|seen| untagged(seen, 21)).await;
    let client = client();
    let file = |path: &str| {
        let (url, _) = parse_url(&format!("{}{path}", server.url)).unwrap();
        HttpFile::new(client.clone(), url)
    };
    file("/x.h5").identity().await.unwrap();
    let before = server.seen().len();
    let (one, other) = (file("/x.h5"), file("/x.h5"));
    assert_eq!(
        one.identity().await.unwrap(),
        other.identity().await.unwrap(),
        "the same version"
    );
    let asked = server.seen().split_off(before);
    let mut methods: Vec<&str> = asked.iter().map(Seen::method).collect();
    methods.sort_unstable();
    assert_eq!(
        methods,
        ["GET", "GET", "PROPFIND", "PROPFIND"],
        "of two files"
    );
}

#[tokio::test]
async fn versions_that_look_alike_are_not_kept_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let number = Arc::new(AtomicUsize::new(1));
    let server = Server::start({
        let number = Arc::clone(&number);
        move |seen| part(&version(number.load(Ordering::SeqCst)), seen, "")
    })
    .await;
    let first = opened(&server, folder.path());
    assert!(
        read(&first, 0, 2000).await == version(1)[..2000],
        "the first"
    );
    number.store(2, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let again = opened(&server, folder.path());
    assert!(
        read(&again, 0, 2000).await == version(2)[..2000],
        "same size, no tag, no time: it was read anew"
    );
    first.refresh().await.unwrap();
    assert!(
        read(&first, 0, 2000).await == version(2)[..2000],
        "and after a refresh"
    );
}
