//! ICAT, against a server that answers as ICAT 6.2 does.

use std::sync::Arc;

use crate::server::{Answer, Seen, Server, client, reply};
use hutch_connectors::catalogue::Icat;
use hutch_connectors::identity::{MemoryStore, SecretStore};
use hutch_model::{
    Cancel, Catalogue as _, EntryId, EntryKind, Error, ErrorKind, PageRequest, Secret,
};
use parking_lot::Mutex;
use reqwest::Url;

const SESSION: &str = "0d9a3706-aaaa-bbbb-cccc-canary000001";
const PROPERTIES: &str = r#"{"maxEntities":50,"lifetimeMinutes":120,"authenticators":[
    {"mnemonic":"db","keys":[{"name":"username"},{"name":"password","hide":true}],"admin":true},
    {"mnemonic":"ldap","keys":[{"name":"username"},{"name":"password","hide":true}],"friendly":"Federal Id"},
    {"mnemonic":"anon","keys":[]}]}"#;

fn json(body: &str) -> Answer {
    reply(
        "200 OK",
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    )
}

fn refusal(status: &str, code: &str, message: &str) -> Answer {
    let body = format!(r#"{{"code":"{code}","message":"{message}"}}"#);
    reply(status, "", body.as_bytes())
}

fn parameter(seen: &Seen, name: &str) -> String {
    let url = Url::parse(&format!("http://x{}", seen.target())).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Signing in works; `query` answers everything else.
async fn server(query: impl Fn(&Seen, &str) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |seen| {
        let path = seen.target().split('?').next().unwrap_or_default();
        match (seen.method(), path) {
            (_, "/icat/properties") => json(PROPERTIES),
            ("POST", "/icat/session") => json(&format!(r#"{{"sessionId":"{SESSION}"}}"#)),
            ("GET", "/icat/entityManager") if parameter(seen, "sessionId") != SESSION => {
                refusal("403 Forbidden", "SESSION", "no session")
            }
            ("GET", path) if path.ends_with(SESSION) => {
                json(r#"{"userName":"ldap/alice","remainingMinutes":119.5}"#)
            }
            ("DELETE" | "PUT", _) => reply("204 No Content", "", b""),
            _ => query(seen, &parameter(seen, "query")),
        }
    })
    .await
}

async fn signed_in(server: &Server, keep: Option<Arc<dyn SecretStore>>) -> Icat {
    let icat = Icat::new(&client(), &format!("{}/icat", server.url), keep).unwrap();
    let fields = [
        ("username".to_owned(), Secret::new("alice")),
        ("password".to_owned(), Secret::new("p&w=canary")),
    ];
    let who = icat.sign_in("ldap", &fields).await.unwrap();
    assert_eq!(who.user, "ldap/alice", "as the server says");
    icat
}

fn id(kind: EntryKind, id: &str) -> EntryId {
    EntryId {
        kind,
        id: id.to_owned(),
    }
}

fn shows_no_secret(error: &Error, icat: &Icat) {
    let shown = format!("{error} {error:?} {icat:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn the_server_says_how_to_sign_in_and_the_session_is_kept() {
    let server = server(|_, _| json("[]")).await;
    let keep: Arc<dyn SecretStore> = Arc::new(MemoryStore::default());
    let icat = signed_in(&server, Some(Arc::clone(&keep))).await;
    let methods = icat.login_methods().await.unwrap();
    let labels: Vec<&str> = methods.iter().map(|method| method.label.as_str()).collect();
    assert_eq!(
        labels,
        ["Federal Id", "anon", "db"],
        "people before administrators"
    );
    assert!(methods[0].fields[1].hidden, "a password is hidden");
    let form = &server
        .seen()
        .iter()
        .find(|seen| seen.method() == "POST")
        .unwrap()
        .body
        .clone();
    let sent: Vec<(String, String)> =
        Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(form)))
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
    assert_eq!(sent[0].0, "json", "one field of a form");
    assert!(
        sent[0].1.contains(r#"{"password":"p&w=canary"}"#),
        "escaped and whole"
    );
    let later = Icat::new(&client(), &format!("{}/icat", server.url), Some(keep)).unwrap();
    assert_eq!(
        later.who_am_i().await.unwrap().user,
        "ldap/alice",
        "in the next run"
    );
    later.sign_out().await.unwrap();
    let error = later.who_am_i().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignIn, "{error}");
}

#[tokio::test]
async fn my_investigations_come_in_pages() {
    let server = server(|_, query| {
        if query.starts_with("SELECT COUNT") {
            return json("[3]");
        }
        let row = |id: u32| {
            format!(
                r#"{{"Investigation":{{"id":{id},"name":"p{id}","title":"t",
                "investigationInstruments":[{{"instrument":{{"name":"P05"}}}}]}}}}"#
            )
        };
        if query.contains("LIMIT 0,2") {
            json(&format!("[{},{}]", row(1), row(2)))
        } else {
            json(&format!("[{}]", row(3)))
        }
    })
    .await;
    let icat = signed_in(&server, None).await;
    let cancel = Cancel::new();
    let mut page = PageRequest {
        token: None,
        size: 2,
    };
    let first = icat.children(None, &page, &cancel).await.unwrap();
    assert_eq!(
        (first.entries.len(), first.total),
        (2, Some(3)),
        "two of three"
    );
    assert_eq!(first.entries[0].instrument, "P05", "with their beamline");
    page.token = first.next;
    let second = icat.children(None, &page, &cancel).await.unwrap();
    assert_eq!(second.entries[0].name, "p3", "the third");
    assert_eq!(second.next, None, "no more");
    let wrong = icat
        .children(Some(&id(EntryKind::Dataset, "1")), &page, &cancel)
        .await
        .unwrap_err();
    assert_eq!(wrong.kind, ErrorKind::Usage, "{wrong}");
}

#[tokio::test]
async fn files_are_paged_by_their_identifiers() {
    let server = server(|_, query| {
        if query.starts_with("SELECT COUNT") {
            return json("[3]");
        }
        if query.contains("df.id > 0 ") {
json(r#"[[5,"a.h5","/data/a.h5",10,null],[9,"b.h5",null,20,"2026-01-01T00:00:00.000Z"]]"#)
} else {
json(r#"[[11,"c.h5","/data/c.h5",null,null]]"#)
}
    })
    .await;
    let icat = signed_in(&server, None).await;
    let parent = id(EntryKind::Dataset, "7");
    let mut page = PageRequest {
        token: None,
        size: 2,
    };
    let first = icat
        .children(Some(&parent), &page, &Cancel::new())
        .await
        .unwrap();
    assert_eq!(
        first.entries[0].location.as_deref(),
        Some("/data/a.h5"),
        "where"
    );
    page.token = first.next;
    let second = icat
        .children(Some(&parent), &page, &Cancel::new())
        .await
        .unwrap();
    assert_eq!((second.entries.len(), &second.next), (1, &None), "the rest");
    let asked = server.seen();
    let asked = asked
        .iter()
        .filter(|seen| parameter(seen, "query").contains("df.id > 9 "));
    assert_eq!(asked.count(), 1, "after the last identifier");
}

#[tokio::test]
async fn too_many_parameters_make_smaller_pages() {
    let server = server(|_, query| {
        if query.starts_with("SELECT COUNT") {
            return json("[1]");
        }
        if query.contains("parameters") {
            refusal(
                "412 Precondition Failed",
                "VALIDATION",
                "attempt to return more than 50 entities",
            )
        } else {
            json(r#"[{"Dataset":{"id":1,"name":"scan"}}]"#)
        }
    })
    .await;
    let icat = signed_in(&server, None).await;
    let parent = id(EntryKind::Investigation, "1");
    let page = icat
        .children(Some(&parent), &PageRequest::default(), &Cancel::new())
        .await
        .unwrap();
    assert_eq!(page.entries[0].name, "scan", "without them in the end");
}

#[tokio::test]
async fn a_session_that_ended_asks_to_sign_in_and_is_never_quoted() {
    let server = server(|_, _| {
        refusal(
            "403 Forbidden",
            "SESSION",
            &format!("Unable to find user by sessionid: {SESSION}"),
        )
    })
    .await;
    let icat = signed_in(&server, None).await;
    let page = PageRequest::default();
    let error = icat
        .children(None, &page, &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignIn, "{error}");
    shows_no_secret(&error, &icat);
    let before = server.seen().len();
    let again = icat
        .children(None, &page, &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(again.kind, ErrorKind::SignIn, "{again}");
    let properties = server.seen().len() - before;
    assert!(properties <= 1, "the ended session is not shown again");
}

#[tokio::test]
async fn refusals_mean_what_their_code_says() {
    for (status, code, kind) in [
        (
            "403 Forbidden",
            "INSUFFICIENT_PRIVILEGES",
            ErrorKind::Refused,
        ),
        ("404 Not Found", "NO_SUCH_OBJECT_FOUND", ErrorKind::NotFound),
        ("400 Bad Request", "BAD_PARAMETER", ErrorKind::Usage),
        ("500 Oops", "INTERNAL", ErrorKind::Network),
    ] {
        let server = server(move |_, _| refusal(status, code, "words")).await;
        let icat = signed_in(&server, None).await;
        let page = PageRequest::default();
        let error = icat
            .children(None, &page, &Cancel::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{code}: {error}");
        assert!(
            error.why.contains("words"),
            "in the server's words: {error}"
        );
        shows_no_secret(&error, &icat);
    }
    let server = server(|_, _| reply("502 Bad Gateway", "", b"<html>proxy</html>")).await;
    let icat = signed_in(&server, None).await;
    let page = PageRequest::default();
    let error = icat
        .children(None, &page, &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network, "not even JSON: {error}");
}

#[tokio::test]
async fn a_search_keeps_the_order_of_the_best_match() {
    let server = server(|seen, query| {
        if seen.target().starts_with("/icat/search/documents") {
            return json(r#"{"search_after":[1.5,2],"results":[{"id":9,"score":3},{"id":4}]}"#);
        }
        assert!(query.contains("IN (9, 4)"), "{query}");
        json(r#"[{"Investigation":{"id":4,"name":"b"}},{"Investigation":{"id":9,"name":"a"}}]"#)
    })
    .await;
    let icat = signed_in(&server, None).await;
    let page = PageRequest::default();
    let found = icat.search("bone", &page, &Cancel::new()).await.unwrap();
    let names: Vec<&str> = found
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"], "best first");
    let next = PageRequest {
        token: found.next,
        size: 0,
    };
    icat.search("bone", &next, &Cancel::new()).await.unwrap();
    let marks: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| parameter(seen, "search_after"))
        .filter(|mark| !mark.is_empty())
        .collect();
    assert_eq!(marks, ["[1.5,2]"], "the server's own mark is echoed");
}

#[tokio::test]
async fn a_server_without_free_text_is_searched_by_pattern() {
    let asked = Arc::new(Mutex::new(String::new()));
    let list = Arc::clone(&asked);
    let server = server(move |seen, query| {
        if seen.target().starts_with("/icat/search") {
            return refusal(
                "501 Not Implemented",
                "NOT_IMPLEMENTED",
                "no such operation",
            );
        }
        query.clone_into(&mut list.lock());
        json(r#"[{"Investigation":{"id":4,"name":"b"}}]"#)
    })
    .await;
    let icat = signed_in(&server, None).await;
    let page = PageRequest::default();
    let found = icat
        .search("O'Brien's bone", &page, &Cancel::new())
        .await
        .unwrap();
    assert_eq!(found.entries.len(), 1, "found");
    assert!(asked.lock().contains("'%o''brien''s%'"), "{}", asked.lock());
}
