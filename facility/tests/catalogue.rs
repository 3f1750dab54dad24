//! The ICAT double against what the manual says of the real one.

mod common;

use std::time::Duration;

use common::{ALICE_LOGIN, Demo, Session, login_reply};
use hutch_facility::FreeText;
use serde_json::json;

const MINE: &str = "SELECT DISTINCT i FROM Investigation i JOIN i.investigationUsers iu \
    WHERE iu.user.name = :user ORDER BY i.startDate DESC, i.id DESC";

#[test]
fn version_and_properties_are_the_recorded_texts() {
    let demo = Demo::start();
    assert_eq!(
        demo.get("/icat/version", &[]).text(),
        "{\"version\":\"6.2.0\"}\n",
        "version"
    );
    let properties = demo.get("/icat/properties", &[]).json();
    assert_eq!(properties["maxEntities"], 10_000, "maxEntities");
    assert_eq!(properties["lifetimeMinutes"], 120, "lifetimeMinutes");
    let password = json!({"name": "password", "hide": true});
    assert_eq!(
        properties["authenticators"][0]["keys"][1], password,
        "hidden key of db"
    );
}

#[test]
fn session_tells_its_user_and_ends_with_logout() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let path = format!("/icat/session/{}", session.id);
    let shown = demo.get(&path, &[]).json();
    assert_eq!(shown["userName"], "db/alice", "user");
    assert!(
        shown["remainingMinutes"].as_f64().unwrap() > 119.0,
        "time left"
    );
    assert_eq!(demo.ask("PUT", &path, &[], "").status, 204, "refresh");
    assert_eq!(demo.ask("DELETE", &path, &[], "").status, 204, "logout");
    let after = demo.get(&path, &[]);
    assert_eq!(
        (after.status, &after.json()["code"]),
        (403, &json!("SESSION")),
        "after logout"
    );
}

#[test]
fn session_expires_with_403_and_the_code_session() {
    let demo = Demo::with(|options| options.session_lifetime = Duration::from_millis(40));
    let session = Session::alice(&demo);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(
        session.refused(MINE),
        (403, "SESSION".to_owned()),
        "expired session"
    );
}

#[test]
fn login_is_refused_with_the_recorded_errors() {
    let demo = Demo::start();
    let wrong = login_reply(&demo, &ALICE_LOGIN.replace("secret", "guess"));
    assert_eq!(
        (wrong.status, &wrong.json()["code"]),
        (403, &json!("SESSION")),
        "password"
    );
    let unknown = login_reply(&demo, r#"{"plugin":"xx","credentials":[]}"#);
    let message = json!({"code": "SESSION", "message": "Authenticator mnemonic xx not recognised"});
    assert_eq!(unknown.json(), message, "authenticator");
}

#[test]
fn bearer_header_is_no_session() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let bearer = format!("Bearer {}", session.id);
    let reply = demo.get("/icat/entityManager?query=x", &[("Authorization", &bearer)]);
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (403, &json!("SESSION")),
        "bearer"
    );
}

#[test]
fn session_id_is_not_in_the_log() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    session.query(MINE);
    demo.get(&format!("/icat/session/{}", session.id), &[]);
    let log = format!("{:?}", demo.facility.requests());
    assert!(!log.contains(&session.id), "the session id in {log}");
}

#[test]
fn unknown_call_answers_501() {
    let demo = Demo::start();
    let reply = demo.get("/icat/teapot", &[]);
    let message = "Operation not implemented by this ICAT server.";
    assert_eq!(reply.status, 501, "status");
    assert_eq!(
        reply.json(),
        json!({"code": "NOT_IMPLEMENTED", "message": message}),
        "body"
    );
}

#[test]
fn my_investigations_come_newest_first_and_are_counted() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let rows = session.query(MINE);
    let ids: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["Investigation"]["id"])
        .collect();
    assert_eq!(
        ids,
        [4207, 4201, 4202, 4203, 4204, 4205, 4206, 4208, 4209],
        "ids"
    );
    let count = "SELECT COUNT(DISTINCT i) FROM Investigation i JOIN i.investigationUsers iu \
        WHERE iu.user.name = :user";
    assert_eq!(session.query(count), json!([9]), "count");
}

#[test]
fn limit_is_offset_and_count() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let page = session.query(&format!(
        "{} LIMIT 2,3",
        MINE.replace("DISTINCT i ", "DISTINCT i.id ")
    ));
    assert_eq!(page, json!([4202, 4203, 4204]), "third to fifth");
    let rest = session.query("SELECT i.id FROM Investigation i ORDER BY i.id LIMIT 9,*");
    assert_eq!(rest, json!([4210, 4211]), "from the tenth on");
}

#[test]
fn relations_come_only_when_they_are_included() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let query = "SELECT ds FROM Dataset ds WHERE ds.id = 7001";
    let bare = &session.query(query)[0]["Dataset"];
    assert!(bare.get("type").is_none(), "relation to one is absent");
    assert_eq!(bare["parameters"], json!([]), "relation to many is empty");
    assert!(bare.get("doi").is_none(), "null is left out");
    let whole =
        &session.query(&format!("{query} INCLUDE ds.type, ds.parameters.type"))[0]["Dataset"];
    assert_eq!(
        whole["type"]["name"], "raw",
        "included relation to one, without a wrapper"
    );
    assert_eq!(
        whole["parameters"][0]["type"]["name"], "energy",
        "included relation to many"
    );
    let ones = &session.query(&format!("{query} INCLUDE 1"))[0]["Dataset"];
    assert_eq!(
        ones["investigation"]["id"], 4201,
        "INCLUDE 1 brings relations to one"
    );
    assert_eq!(ones["parameters"], json!([]), "and none to many");
}

#[test]
fn dates_have_milliseconds_and_an_offset() {
    let demo = Demo::start();
    let date =
        Session::alice(&demo).query("SELECT i.startDate FROM Investigation i WHERE i.id = 4201");
    assert_eq!(date, json!(["2026-02-03T08:00:00.000+01:00"]), "start");
}

#[test]
fn embargoed_investigation_of_others_does_not_exist() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let hidden = "SELECT i FROM Investigation i WHERE i.id = 4212";
    assert_eq!(session.query(hidden), json!([]), "alice");
    let anonymous = Session::open(&demo, r#"{"plugin":"anon","credentials":[]}"#);
    let ids = anonymous.query("SELECT i.id FROM Investigation i ORDER BY i.id");
    assert_eq!(ids, json!([4210, 4211]), "anonymous sees what was released");
    let files = anonymous.query("SELECT COUNT(df) FROM Datafile df");
    assert_eq!(files, json!([0]), "and no file of the others");
}

#[test]
fn files_of_the_scan_have_the_sizes_of_the_real_ones() {
    let demo = Demo::start();
    let rows = Session::alice(&demo)
        .query("SELECT df.location, df.fileSize FROM Datafile df WHERE df.id < 100000");
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 7, "recorded files");
    for row in rows {
        let location = row[0].as_str().unwrap();
        let size = if location.contains("/large/") {
            hutch_facility::data::LARGE_SCAN_SIZE_BYTES
        } else {
            let path = demo.folder.root.join(location.trim_start_matches('/'));
            std::fs::metadata(path).unwrap().len()
        };
        assert_eq!(row[1], size, "size of {location}");
    }
}

#[test]
fn hundred_thousand_files_are_read_by_keyset_pages() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let page = |after: u64| {
        let query = format!(
            "SELECT df.id, df.name, df.fileSize FROM Datafile df WHERE df.dataset.id = 7031 \
             AND df.id > {after} ORDER BY df.id LIMIT 0,5000"
        );
        session.query(&query).as_array().unwrap().clone()
    };
    let (mut count, mut last) = (0, 0);
    loop {
        let rows = page(last);
        let Some(row) = rows.last() else { break };
        last = row[0].as_u64().unwrap();
        count += rows.len();
    }
    assert_eq!((count, last), (100_000, 1_100_000), "files, last id");
    let count = session.query("SELECT COUNT(df) FROM Datafile df WHERE df.dataset.id = 7031");
    assert_eq!(count, json!([100_000]), "COUNT is exempt from maxEntities");
}

#[test]
fn more_than_max_entities_is_refused_with_412() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let refused = (412, "VALIDATION".to_owned());
    let rows = "SELECT df.id FROM Datafile df WHERE df.dataset.id = 7031";
    assert_eq!(session.refused(rows), refused, "rows");
    let included = "SELECT ds FROM Dataset ds WHERE ds.id = 7031 INCLUDE ds.datafiles";
    assert_eq!(session.refused(included), refused, "descendants");
}

#[test]
fn title_and_keywords_are_searched_by_like() {
    let demo = Demo::start();
    let found = Session::alice(&demo).query(
        "SELECT DISTINCT i.id FROM Investigation i LEFT JOIN i.keywords k \
         WHERE LOWER(i.title) LIKE '%lysozyme%' OR LOWER(k.name) LIKE '%implant%' ORDER BY i.id",
    );
    assert_eq!(found, json!([4202, 4205, 4207]), "found");
}

#[test]
fn two_conditions_on_parameters_are_two_joins() {
    let demo = Demo::start();
    let found = Session::alice(&demo).query(
        "SELECT DISTINCT ds.id FROM Dataset ds JOIN ds.parameters p1 JOIN ds.parameters p2 \
         WHERE p1.type.name='energy' AND p1.numericValue BETWEEN 50 AND 60 \
         AND p2.type.name='exposure_time' AND p2.numericValue < 1",
    );
    assert_eq!(found, json!([7001]), "found");
}

#[test]
fn query_with_a_mistake_is_a_bad_parameter() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let bad = (400, "BAD_PARAMETER".to_owned());
    for query in [
        "SELECT i FROM Investigatoin i",
        "SELECT i.titel FROM Investigation i",
        "SELECT i FROM Investigation i WHERE",
        "SELECT i FROM Investigation i LIMIT 10",
        "SELECT i FROM Investigation i WHERE i.title = 'open",
        "SELECT ds FROM Dataset ds INCLUDE ds.name",
    ] {
        assert_eq!(session.refused(query), bad, "{query}");
    }
}

#[test]
fn entity_is_read_by_its_id_and_404_without_it() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let get = |id: &str| {
        session.get(
            "entityManager",
            &[("query", "Dataset ds INCLUDE ds.type"), ("id", id)],
        )
    };
    assert_eq!(
        get("7001").json()["Dataset"]["type"]["name"],
        "raw",
        "no list around it"
    );
    assert_eq!(get("1").status, 404, "no such object");
}

#[test]
fn documents_are_paged_by_search_after() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    let query = r#"{"target":"Investigation","text":"tomography"}"#;
    let mut ids = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut parameters = vec![("query", query), ("maxCount", "3")];
        if let Some(after) = &after {
            parameters.push(("search_after", after));
        }
        let page = session.get("search/documents", &parameters).json();
        ids.extend(
            page["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["id"].as_u64().unwrap()),
        );
        match page.get("search_after") {
            Some(next) => after = Some(next.to_string()),
            None => break,
        }
    }
    ids.sort_unstable();
    assert_eq!(
        ids,
        [4201, 4202, 4203, 4204, 4207, 4208, 4209, 4210],
        "tomography"
    );
}

#[test]
fn older_server_has_only_lucene_data() {
    let demo = Demo::with(|options| options.free_text = FreeText::Lucene);
    let session = Session::alice(&demo);
    let query = [("query", r#"{"target":"Investigation","text":"amber"}"#)];
    assert_eq!(
        session.get("search/documents", &query).status,
        501,
        "not yet"
    );
    let found = session.get("lucene/data", &query).json();
    assert_eq!(found[0]["id"], 4210, "amber");
}
