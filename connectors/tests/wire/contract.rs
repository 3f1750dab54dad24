//! What every connector of the registry keeps to, whatever its kind.

use std::collections::BTreeMap;

use bytes::Bytes;
use hutch_connectors::registry;
use hutch_connectors::site::{CatalogueSection, ComputeSection, LiveSection, Site, StorageSection};
use hutch_model::{
    ByteRange, Cancel, ErrorKind, JobId, JobSpec, JobState, Operation, PageRequest, PageToken,
    Permission, Resources, Storage, StorageEntryKind,
};
use parking_lot::Mutex;

use crate::server::{Answer, Seen, Server, client, part, reply};

/// A WebDAV server that keeps files in memory, flat below `/`.
async fn dav() -> Server {
    let files: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
    Server::start(move |seen| keep(&mut files.lock(), seen)).await
}

fn keep(files: &mut BTreeMap<String, Vec<u8>>, seen: &Seen) -> Answer {
    let path = seen.target().to_owned();
    let row = |path: &str, size: Option<usize>| {
        let props = size.map_or(
            "<resourcetype><collection/></resourcetype>".to_owned(),
            |size| format!("<resourcetype/><getcontentlength>{size}</getcontentlength>"),
        );
        format!(
            "<response><href>{path}</href><propstat><prop>{props}</prop>\
             <status>HTTP/1.1 200 OK</status></propstat></response>"
        )
    };
    match seen.method() {
        "PUT" => {
            files.insert(path, seen.body.clone());
            reply("201 Created", "", b"")
        }
        "MOVE" => {
            let to = seen.header("destination").unwrap();
            let to = format!("/{}", to.splitn(4, '/').nth(3).unwrap());
            let body = files.remove(&path).unwrap();
            files.insert(to, body);
            reply("201 Created", "", b"")
        }
        "PROPFIND" if path == "/" => {
            let mut rows = row("/", None);
            for (path, body) in files.iter() {
                rows.push_str(&row(path, Some(body.len())));
            }
            let body = format!("<multistatus xmlns=\"DAV:\">{rows}</multistatus>");
            reply("207 Multi-Status", "", body.as_bytes())
        }
        method => match (method, files.get(&path)) {
            ("PROPFIND", Some(body)) => {
                let rows = row(&path, Some(body.len()));
                let body = format!("<multistatus xmlns=\"DAV:\">{rows}</multistatus>");
                reply("207 Multi-Status", "", body.as_bytes())
            }
            ("GET", Some(body)) => part(body, seen, ""),
            _ => reply("404 Not Found", "", b""),
        },
    }
}

async fn keeps_the_contract(kind: &str, storage: &dyn Storage) {
    let cancel = Cancel::new();
    let bytes = Bytes::from_static(b"0123456789");
    let put = storage
        .put("/a b.h5", bytes.clone(), &cancel)
        .await
        .unwrap();
    assert_eq!(put.size_bytes, Some(10), "{kind}: its size");
    assert_eq!(put.path, "/a b.h5", "{kind}: its path");
    let listed = storage.list("/", &cancel).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["a b.h5"], "{kind}: nothing else is left");
    assert_eq!(listed[0].kind, StorageEntryKind::File, "{kind}: a file");
    let stat = storage.stat("/a b.h5", &cancel).await.unwrap();
    assert_eq!(stat, listed[0], "{kind}: stat and list agree");

    let file = storage.open("/a b.h5").await.unwrap();
    assert_eq!(
        file.identity().await.unwrap().size_bytes,
        10,
        "{kind}: size"
    );
    let ranges = [
        ByteRange::new(8, 99),
        ByteRange::new(3, 3),
        ByteRange::new(0, 2),
        ByteRange::new(50, 60),
    ];
    let parts = file.read(&ranges, &cancel).await;
    let parts: Vec<Bytes> = parts.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        parts,
        [&b"89"[..], b"", b"01", b""],
        "{kind}: in the order asked"
    );
    assert!(
        file.read(&[], &cancel).await.is_empty(),
        "{kind}: nothing asked"
    );

    let raised = Cancel::new();
    raised.cancel();
    let parts = file.read(&ranges[..1], &raised).await;
    let kinds: Vec<ErrorKind> = parts
        .into_iter()
        .map(|part| part.unwrap_err().kind)
        .collect();
    assert_eq!(kinds, [ErrorKind::Cancelled], "{kind}: nobody wants it");
    let error = storage.list("/", &raised).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled, "{kind}: nobody wants it");

    let error = storage.stat("/missing", &cancel).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{kind}: {error}");
    let error = storage.open("/missing").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{kind}: {error}");
    let error = storage.stat("/../x", &cancel).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Usage, "{kind}: {error}");
    let error = storage.put("/raw/x", bytes, &cancel).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{kind}: raw is kept");
    let permission = storage.may(Operation::Write, "/x/raw/y");
    assert!(
        matches!(permission, Permission::No(_)),
        "{kind}: raw is kept"
    );
    assert!(
        !storage.root().contains("canary"),
        "{kind}: no secret is shown"
    );
}

#[tokio::test]
async fn storages_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let server = dav().await;
    for kind in registry::STORAGES {
        let site = Site {
            raw: vec!["*/raw".into()],
            storage: Some(StorageSection {
                kind: (*kind).to_owned(),
                url: server.url.replace("://", "://alice:canary@"),
                folder: folder.path().display().to_string(),
            }),
            ..Site::default()
        };
        let storage = registry::storage(&site, &client()).unwrap().unwrap();
        keeps_the_contract(kind, &*storage).await;
    }
}

#[tokio::test]
async fn catalogues_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| reply("200 OK", "", b"{}")).await;
    let mut site = Site {
        storage: Some(StorageSection {
            kind: "file".into(),
            folder: folder.path().display().to_string(),
            ..StorageSection::default()
        }),
        ..Site::default()
    };
    for kind in registry::CATALOGUES {
        site.catalogue = Some(CatalogueSection {
            kind: (*kind).to_owned(),
            url: format!("{}/icat", server.url),
            root: "/".into(),
        });
        let storage = registry::storage(&site, &client()).unwrap();
        let catalogue = registry::catalogue(&site, &client(), storage.as_ref(), None)
            .unwrap()
            .unwrap();
        catalogue.login_methods().await.unwrap();
        let raised = Cancel::new();
        raised.cancel();
        let page = PageRequest::default();
        assert!(
            catalogue.children(None, &page, &raised).await.is_err(),
            "{kind}: cancelled"
        );
        let odd = PageRequest {
            token: Some(PageToken("of another list".into())),
            size: 1,
        };
        let error = catalogue
            .children(None, &odd, &Cancel::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{kind}: {error}");
        catalogue.sign_out().await.unwrap();
    }
}

#[tokio::test]
async fn compute_services_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    for kind in registry::COMPUTE {
        let site = Site {
            compute: Some(ComputeSection {
                kind: (*kind).to_owned(),
                work_folder: folder.path().display().to_string(),
                ..ComputeSection::default()
            }),
            ..Site::default()
        };
        let compute = registry::compute(&site).unwrap().unwrap();
        assert!(!compute.name().is_empty(), "{kind}: a name for people");
        let nothing = JobSpec {
            name: "nothing".into(),
            argv: Vec::new(),
            files: Vec::new(),
            folder: folder.path().display().to_string(),
            resources: Resources::default(),
            results: Vec::new(),
        };
        let error = compute.submit(&nothing).await.unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Usage,
            "{kind}: nothing to run: {error}"
        );
        let climbing = JobSpec {
            argv: vec!["true".into()],
            files: vec![("../escape".into(), "x".into())],
            ..nothing
        };
        let error = compute.submit(&climbing).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{kind}: no climbing: {error}");
        for odd in ["", "1; reboot", "-1", "$(x)"] {
            let job = JobId(odd.into());
            let known = compute.status(&job).await.map(|status| status.state);
            assert!(
                !matches!(known, Ok(state) if state != JobState::Unknown),
                "{kind}: {odd:?}"
            );
            assert!(compute.cancel(&job).await.is_err(), "{kind}: {odd:?}");
        }
    }
}

#[tokio::test]
async fn live_sources_keep_the_contract() {
    for kind in registry::LIVE {
        let site = Site {
            live: Some(LiveSection {
                kind: (*kind).to_owned(),
                folder: "/nonexistent".into(),
                suffixes: Vec::new(),
            }),
            ..Site::default()
        };
        let live = registry::live(&site).unwrap().unwrap();
        let cancel = Cancel::new();
        let raised = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            raised.cancel();
        });
        let error = live.next(&cancel).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "{kind}: {error}");
    }
}

#[test]
fn an_unknown_kind_is_told_with_those_that_are_known() {
    let site = Site {
        storage: Some(StorageSection {
            kind: "floppy".into(),
            ..StorageSection::default()
        }),
        ..Site::default()
    };
    let error = registry::storage(&site, &client()).unwrap_err();
    assert!(error.why.contains("file, webdav"), "{error}");
    let empty = Site::default();
    assert!(
        registry::storage(&empty, &client()).unwrap().is_none(),
        "no storage"
    );
}
