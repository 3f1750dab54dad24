//! The WebDAV service, by a client that shares nothing with Hutch's own.

mod common;

use common::{ALICE, Demo, SCAN};
use hutch_facility::{Facility, FacilityOptions};

#[test]
fn without_a_credential_webdav_answers_401_with_both_challenges() {
    let demo = Demo::start();
    let reply = demo.get(SCAN, &[]);
    let challenges: Vec<&str> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "www-authenticate")
        .map(|(_, value)| value.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        (reply.status, challenges),
        (401, vec!["Basic", "Bearer"]),
        "challenge"
    );
}

#[test]
fn wrong_password_is_as_good_as_none() {
    let demo = Demo::start();
    let wrong = ("Authorization", "Basic YWxpY2U6d3Jvbmc=");
    assert_eq!(demo.get(SCAN, &[wrong]).status, 401, "alice:wrong");
}

#[test]
fn bearer_token_opens_webdav_until_it_is_replaced() {
    let demo = Demo::start();
    let token = ("Authorization", "Bearer hutch-demo-token");
    assert_eq!(demo.get(SCAN, &[token]).status, 200, "demo token");
    demo.facility.replace_token("another");
    assert_eq!(demo.get(SCAN, &[token]).status, 401, "expired token");
}

#[test]
fn propfind_of_depth_one_lists_the_folder_with_sizes() {
    let demo = Demo::start();
    let reply = demo.ask(
        "PROPFIND",
        "/dav/demo/tomography/",
        &[ALICE, ("Depth", "1")],
        "",
    );
    assert_eq!(reply.status, 207, "multistatus");
    let size = std::fs::metadata(&demo.folder.tooth).unwrap().len();
    let text = reply.text();
    assert!(
        text.contains("/dav/demo/tomography/tooth.h5"),
        "href of the tooth: {text}"
    );
    assert!(
        text.contains(&format!(">{size}<")),
        "size of the tooth: {text}"
    );
    assert!(!text.contains("imaging.h5"), "a folder below is not listed");
}

#[test]
fn closed_range_gives_206_with_exactly_these_bytes() {
    let demo = Demo::start();
    let file = std::fs::read(&demo.folder.scan).unwrap();
    let reply = demo.get(SCAN, &[ALICE, ("Range", "bytes=100-299")]);
    assert_eq!(reply.status, 206, "partial content");
    let range = format!("bytes 100-299/{}", file.len());
    assert_eq!(
        reply.header("content-range"),
        Some(range.as_str()),
        "content range"
    );
    assert_eq!(reply.body, &file[100..300], "bytes of the range");
}

#[test]
fn if_range_with_a_stale_etag_gives_the_whole_file() {
    let demo = Demo::start();
    let etag = demo
        .ask("HEAD", SCAN, &[ALICE], "")
        .header("etag")
        .unwrap()
        .to_owned();
    let range = ("Range", "bytes=0-9");
    let status = |etag: &str| demo.get(SCAN, &[ALICE, range, ("If-Range", etag)]).status;
    assert_eq!(
        (status(&etag), status("\"stale\"")),
        (206, 200),
        "current, stale"
    );
}

#[test]
fn range_behind_the_end_is_not_satisfiable() {
    let demo = Demo::start();
    let reply = demo.get(SCAN, &[ALICE, ("Range", "bytes=99999999-")]);
    assert_eq!(reply.status, 416, "range behind the end");
}

#[test]
fn results_are_written_to_processed_and_never_to_raw() {
    let demo = Demo::start();
    let beamtime = "/dav/demo/asap3/petra3/gpfs/p05/2026/data/11009876";
    let put = |path: &str| {
        demo.ask("PUT", &format!("{beamtime}/{path}"), &[ALICE], "abc")
            .status
    };
    assert_eq!(put("processed/slice.txt"), 201, "processed");
    assert_eq!(put("raw/slice.txt"), 403, "raw");
    let written = std::fs::read(demo.folder.beamtime.join("processed/slice.txt")).unwrap();
    assert_eq!(written, b"abc", "what was put");
}

#[test]
fn requests_are_recorded_with_range_and_bytes() {
    let demo = Demo::start();
    demo.get(SCAN, &[ALICE, ("Range", "bytes=0-999")]);
    demo.get(SCAN, &[]);
    let records = demo.facility.requests();
    let seen: Vec<_> = records
        .iter()
        .map(|it| (it.status, it.range.as_deref(), it.authorised))
        .collect();
    assert_eq!(
        seen,
        [(206, Some("bytes=0-999"), true), (401, None, false)],
        "log"
    );
    assert_eq!(records[0].bytes_sent, 1000, "bytes of the range");
    demo.facility.clear_log();
    assert_eq!(demo.facility.bytes_sent("/dav/"), 0, "after clearing");
}

#[test]
fn dropping_the_facility_closes_its_port() {
    let demo = Demo::start();
    let address = demo.facility.address();
    drop(demo);
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "nobody listens"
    );
}

#[test]
fn facility_starts_and_stops_inside_another_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let facility = Facility::start(FacilityOptions::new(folder.path())).unwrap();
        assert!(facility.dav_url().ends_with("/dav/"), "it runs");
    });
}
