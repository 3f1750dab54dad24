//! Faults on demand.

mod common;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use common::{ALICE, Demo, SCAN, Session};
use hutch_facility::{Fault, FaultKind};

fn with_fault(kind: FaultKind) -> Demo {
    let demo = Demo::start();
    demo.facility.inject(Fault::once("diamond_pin", kind));
    demo
}

#[test]
fn fault_hits_as_often_as_it_was_asked_to() {
    let demo = with_fault(FaultKind::Status(503, Some(Duration::from_secs(2))));
    let (first, second) = (demo.get(SCAN, &[ALICE]), demo.get(SCAN, &[ALICE]));
    assert_eq!((first.status, second.status), (503, 200), "first, second");
    assert_eq!(first.header("retry-after"), Some("2"), "seconds to wait");
}

#[test]
fn fault_leaves_other_paths_alone() {
    let demo = with_fault(FaultKind::Status(404, None));
    let tooth = demo.get("/dav/demo/tomography/tooth.h5", &[ALICE]);
    assert_eq!(tooth.status, 200, "the tooth");
}

#[test]
fn ignored_range_gives_the_whole_file() {
    let demo = with_fault(FaultKind::IgnoreRange);
    let reply = demo.get(SCAN, &[ALICE, ("Range", "bytes=5-9")]);
    let size = std::fs::metadata(&demo.folder.scan).unwrap().len();
    assert_eq!(
        (reply.status, reply.body.len() as u64),
        (200, size),
        "whole file"
    );
}

#[test]
fn truncated_body_ends_early_although_the_whole_length_was_announced() {
    let demo = with_fault(FaultKind::Truncate(1_000_000));
    let reply = demo.get(SCAN, &[ALICE]);
    let size = std::fs::metadata(&demo.folder.scan).unwrap().len();
    assert_eq!(reply.length() as u64, size, "announced");
    assert_eq!(
        (reply.body.len(), reply.broke),
        (1_000_000, None),
        "received, closed"
    );
}

#[test]
fn reset_connection_breaks_the_transfer() {
    let demo = with_fault(FaultKind::ResetAfter(100_000));
    let reply = demo.get(SCAN, &[ALICE]);
    assert_eq!(reply.broke, Some(ErrorKind::ConnectionReset), "reset");
    assert!(reply.body.len() <= 100_000, "no more than asked for");
}

#[test]
fn stalled_transfer_sends_nothing_more_and_stays_open() {
    let demo = with_fault(FaultKind::StallAfter(5000));
    let reply = demo.get(SCAN, &[ALICE]);
    assert_eq!(reply.body.len(), 5000, "bytes before it stalls");
    assert_eq!(
        reply.broke,
        Some(ErrorKind::WouldBlock),
        "the client gave up, not the server"
    );
}

#[test]
fn flipped_bit_changes_one_byte() {
    let demo = with_fault(FaultKind::FlipBit(300_000));
    let file = std::fs::read(&demo.folder.scan).unwrap();
    let reply = demo.get(SCAN, &[ALICE]);
    let differing: Vec<usize> = (0..file.len())
        .filter(|at| file[*at] != reply.body[*at])
        .collect();
    assert_eq!(differing, [300_000], "bytes that differ");
}

#[test]
fn wrong_content_range_is_one_too_high() {
    let demo = with_fault(FaultKind::WrongContentRange);
    let reply = demo.get(SCAN, &[ALICE, ("Range", "bytes=5-9")]);
    let range = reply.header("content-range").unwrap();
    assert!(range.starts_with("bytes 6-10/"), "content range: {range}");
}

#[test]
fn replaced_file_has_another_etag_and_fails_the_conditions_on_the_old_one() {
    let demo = Demo::start();
    let etag = |reply: &common::Reply| reply.header("etag").unwrap().to_owned();
    let old = etag(&demo.get(SCAN, &[ALICE, ("Range", "bytes=0-0")]));
    demo.facility
        .inject(Fault::always("diamond_pin", FaultKind::ChangeETag));
    let range = ("Range", "bytes=0-9");
    let ask = |name, value: &str| demo.get(SCAN, &[ALICE, range, (name, value)]);
    let new = etag(&ask("X-None", ""));
    assert_ne!(new, old, "validator");
    assert_eq!(
        ask("If-Range", &old).status,
        200,
        "If-Range with the old one"
    );
    assert_eq!(
        ask("If-Range", &new).status,
        206,
        "If-Range with the new one"
    );
    assert_eq!(
        ask("If-Match", &old).status,
        412,
        "If-Match with the old one"
    );
}

#[test]
fn hanging_request_is_logged_without_a_status() {
    let demo = with_fault(FaultKind::Hang);
    let reply = common::ask(demo.facility.address(), "GET", SCAN, &[ALICE], "");
    assert!(reply.is_err(), "no answer within the client's patience");
    assert_eq!(demo.facility.requests()[0].status, 0, "no status yet");
}

#[test]
fn login_page_comes_as_a_success() {
    let demo = with_fault(FaultKind::HtmlLoginPage);
    let reply = demo.get(SCAN, &[ALICE]);
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("text/html")),
        "page"
    );
}

#[test]
fn session_can_expire_between_two_requests() {
    let demo = Demo::start();
    let session = Session::alice(&demo);
    demo.facility
        .inject(Fault::once("entityManager", FaultKind::ExpireSession));
    let query = "SELECT COUNT(i) FROM Investigation i";
    assert_eq!(
        session.refused(query),
        (403, "SESSION".to_owned()),
        "expired"
    );
}

#[test]
fn latency_delays_every_answer() {
    let demo = Demo::start();
    demo.facility.set_latency(Duration::from_millis(80));
    let start = Instant::now();
    demo.get("/icat/version", &[]);
    assert!(start.elapsed() >= Duration::from_millis(80), "delay");
}
