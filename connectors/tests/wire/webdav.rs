//! WebDAV, against servers that answer as Apache, dCache and XRootD do.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::server::{Answer, Seen, Server, client, content, part, reply};
use bytes::Bytes;
use hutch_connectors::storage::{Guarded, WebDav};
use hutch_model::{
    ByteRange, Cancel, ErrorKind, Operation, Permission, Storage as _, StorageEntryKind,
};
use parking_lot::Mutex;

pub(crate) fn row(href: &str, props: &str) -> String {
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

pub(crate) fn listing(rows: &[String]) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{}</D:multistatus>",
        rows.concat()
    );
    reply(
        "207 Multi-Status",
        "Content-Type: text/xml\r\n",
        body.as_bytes(),
    )
}

const FOLDER: &str = "<D:resourcetype><D:collection/></D:resourcetype>";
const FILE: &str = "<D:resourcetype/><D:getcontentlength>1000</D:getcontentlength>\
    <D:getlastmodified>Sat, 21 Nov 2026 07:00:00 GMT</D:getlastmodified>";

async fn names(server: &Server, folder: &str) -> Vec<(String, String)> {
    let dav = WebDav::new(&client(), &format!("{}/dav/", server.url)).unwrap();
    let entries = dav.list(folder, &Cancel::new()).await.unwrap();
    entries
        .into_iter()
        .map(|entry| (entry.name, entry.path))
        .collect()
}

#[tokio::test]
async fn a_listing_shows_what_is_in_the_folder_and_nothing_else() {
    let rows = [
        row("/dav/run%201/", FOLDER),
        row("/dav/run%201/a%20b%2b%23.h5", FILE),
        row("http://anything/dav/run%201/c.h5", FILE),
        row("/dav/run%201/sub/", FOLDER),
        row("/dav/run%201/sub/deeper.h5", FILE),
        row("/dav/other/outside.h5", FILE),
        row("/dav/run%201/%2e%2e", FILE),
        row("/dav/run%201/..%2f..%2fescape", FILE),
        row("/dav/run%201/evil%5cname", FILE),
        row("/dav/run%201/not%ffutf8", FILE),
    ];
    let server = Server::start(move |_| listing(&rows)).await;
    let expected = [
        ("a b+#.h5", "/run 1/a b+#.h5"),
        ("c.h5", "/run 1/c.h5"),
        ("evil%5Cname", "/run 1/evil\\name"),
        ("sub", "/run 1/sub"),
    ];
    let expected: Vec<(String, String)> = expected
        .map(|(name, path)| (name.to_owned(), path.to_owned()))
        .to_vec();
    assert_eq!(names(&server, "/run 1").await, expected, "four entries");
    let head = &server.seen()[0].head;
    assert!(
        head.starts_with("PROPFIND /dav/run%201/ HTTP/1.1\r\n"),
        "{head}"
    );
    for line in ["\r\nDepth: 1", "\r\nContent-Length: ", "\r\nContent-Type: "] {
        assert!(head.contains(line), "{line:?} in {head}");
    }
}

#[tokio::test]
async fn a_server_that_never_escapes_is_taken_at_its_word() {
    let rows = [
        row(
            "/dav/run",
            "<D:resourcetype><D:collection/></D:resourcetype>",
        ),
        row("/dav/run/a b+ü#%41.txt", FILE),
        row(
            "/dav/run/sub",
            "<D:resourcetype/><D:iscollection>1</D:iscollection>",
        ),
    ];
    let server = Server::start(move |_| listing(&rows)).await;
    let expected = [
        (
            "a b+ü#%2541.txt".to_owned(),
            "/run/a b+ü#%41.txt".to_owned(),
        ),
        ("sub".to_owned(), "/run/sub".to_owned()),
    ];
    assert_eq!(names(&server, "/run").await, expected, "raw names");
}

#[tokio::test]
async fn a_proxy_that_renames_paths_is_seen_through() {
    let rows = [row("/inside/run/", FOLDER), row("/inside/run/a.h5", FILE)];
    let server = Server::start(move |_| listing(&rows)).await;
    let expected = [("a.h5".to_owned(), "/run/a.h5".to_owned())];
    assert_eq!(
        names(&server, "/run").await,
        expected,
        "by the folder's own row"
    );
}

#[tokio::test]
async fn a_file_on_tape_is_not_opened() {
    let tape = format!("{FILE}<S:FileLocality xmlns:S=\"x\">NEARLINE</S:FileLocality>");
    let rows = [row("/dav/x.h5", &tape)];
    let server = Server::start(move |_| listing(&rows)).await;
    let dav = WebDav::new(&client(), &format!("{}/dav", server.url)).unwrap();
    let error = dav.open("/x.h5").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::OnTape, "{error}");
    assert!(
        server.seen().iter().all(|seen| seen.method() == "PROPFIND"),
        "no read was tried"
    );
}

#[tokio::test]
async fn a_listed_file_opens_without_another_question() {
    let all = content(1000);
    let rows = [row("/dav/", FOLDER), row("/dav/x.h5", FILE)];
    let server = Server::start(move |seen| match seen.method() {
        "PROPFIND" => listing(&rows),
        _ => part(&all, seen, ""),
    })
    .await;
    let dav = WebDav::new(&client(), &format!("{}/dav", server.url)).unwrap();
    let cancel = Cancel::new();
    dav.list("/", &cancel).await.unwrap();
    let file = dav.open("/x.h5").await.unwrap();
    assert_eq!(
        file.identity().await.unwrap().size_bytes,
        1000,
        "from the listing"
    );
    let parts = file.read(&[ByteRange::new(990, 2000)], &cancel).await;
    assert_eq!(parts[0].as_ref().unwrap().len(), 10, "cut at the end");
    assert_eq!(server.seen().len(), 2, "one listing, one range");
}

#[tokio::test]
async fn a_plain_web_server_can_be_read() {
    let all = content(1000);
    let server = Server::start(move |seen| match seen.method() {
        "PROPFIND" => reply("405 Method Not Allowed", "", b""),
        _ => part(&all, seen, ""),
    })
    .await;
    let dav = WebDav::new(&client(), &server.url).unwrap();
    let file = dav.open("/x.h5").await.unwrap();
    assert_eq!(
        file.identity().await.unwrap().size_bytes,
        1000,
        "by its first reply"
    );
}

#[tokio::test]
async fn a_login_page_instead_of_a_listing_is_told_as_such() {
    let server =
        Server::start(|_| reply("200 OK", "Content-Type: text/html\r\n", b"<html></html>")).await;
    let dav = WebDav::new(&client(), &server.url).unwrap();
    let error = dav.list("/", &Cancel::new()).await.unwrap_err();
    assert!(error.why.contains("login page"), "{error}");
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_an_error() {
    let server = Server::start(|_| {
        Answer::SendAndClose(
            b"HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n\r\n<D:multistatus xmlns:D=\"DAV:\">\
              <D:response><D:href>/a</D:href>"
                .to_vec(),
        )
    })
    .await;
    let dav = WebDav::new(&client(), &server.url).unwrap();
    let error = dav.list("/", &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network, "{error}");
}

/// A server that keeps files; `keeps` says how much of each.
async fn keeping(keeps: impl Fn(usize) -> usize + Send + Sync + 'static) -> Server {
    let files: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
    Server::start(move |seen: &Seen| {
        let mut files = files.lock();
        let path = seen.target().to_owned();
        match seen.method() {
            "PUT" => {
                let size = keeps(seen.body.len());
                files.insert(path, seen.body[..size].to_vec());
                reply("201 Created", "", b"")
            }
            "MOVE" => {
                let to = seen.header("destination").unwrap();
                let to = to.splitn(4, '/').nth(3).unwrap();
                let body = files.remove(&path).unwrap();
                files.insert(format!("/{to}"), body);
                reply("201 Created", "", b"")
            }
            "DELETE" => {
                files.remove(&path);
                reply("204 No Content", "", b"")
            }
            _ => match files.get(&path) {
                Some(body) => listing(&[row(
                    &path,
                    &format!("<D:getcontentlength>{}</D:getcontentlength>", body.len()),
                )]),
                None => reply("404 Not Found", "", b""),
            },
        }
    })
    .await
}

#[tokio::test]
async fn an_upload_appears_under_its_name_only_when_it_is_whole() {
    let server = keeping(|size| size).await;
    let dav = WebDav::new(&client(), &server.url).unwrap();
    let bytes = Bytes::from_static(b"0123456789");
    let entry = dav.put("/a b.h5", bytes, &Cancel::new()).await.unwrap();
    assert_eq!(
        (entry.size_bytes, entry.kind),
        (Some(10), StorageEntryKind::File),
        "kept"
    );
    let methods: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.method().to_owned())
        .collect();
    assert_eq!(
        methods,
        ["PUT", "PROPFIND", "MOVE", "PROPFIND"],
        "in this order"
    );
    let put = &server.seen()[0];
    assert!(
        put.target().contains(".part"),
        "under another name: {}",
        put.target()
    );
    assert!(put.head.contains("\r\nContent-Length: 10"), "{}", put.head);
    assert!(
        put.header("content-range").is_none(),
        "never a part of a file"
    );
    let moved = &server.seen()[2].head;
    assert!(moved.contains("\r\nOverwrite: T"), "{moved}");
    assert!(
        moved.contains("\r\nDestination: http://127.0.0.1"),
        "{moved}"
    );
}

#[tokio::test]
async fn an_upload_that_the_server_truncates_is_an_error_and_leaves_nothing() {
    let server = keeping(|_| 0).await;
    let dav = WebDav::new(&client(), &server.url).unwrap();
    let bytes = Bytes::from_static(b"0123456789");
    let error = dav.put("/x.h5", bytes, &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Integrity, "{error}");
    let seen = server.seen();
    assert!(
        seen.iter().all(|seen| seen.method() != "MOVE"),
        "no name was given"
    );
    assert_eq!(
        seen.last().unwrap().method(),
        "DELETE",
        "the part is taken away"
    );
}

#[tokio::test]
async fn raw_folders_are_never_written() {
    let server = keeping(|size| size).await;
    let dav = Arc::new(WebDav::new(&client(), &server.url).unwrap());
    let guarded = Guarded::new(dav, vec!["*/raw".into()]);
    let bytes = Bytes::from_static(b"x");
    let error = guarded
        .put("/bt/raw/x.h5", bytes, &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    assert!(server.seen().is_empty(), "nothing was sent");
    let permission = guarded.may(Operation::Write, "/bt/processed/x.h5");
    assert_eq!(permission, Permission::Yes, "elsewhere it may");
}
