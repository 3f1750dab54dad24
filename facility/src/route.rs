//! One request: logged, delayed, spoiled where asked, and handed to its service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use http::header::{
    CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_RANGE, LOCATION, RANGE, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use parking_lot::Mutex;

use crate::auth::Accounts;
use crate::body::{MeteredBody, PlainBody, Spoil, full};
use crate::dav::Dav;
use crate::fault::{FaultKind, Faults};
use crate::form::Form;
use crate::icat::Icat;
use crate::options::FacilityOptions;
use crate::request_log::{Entry, RequestLog, RequestRecord};

/// What all connections share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) log: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) latency: Mutex<Duration>,
    pub(crate) icat: Icat,
    dav: Dav,
}

/// The ETag of a file that [`FaultKind::ChangeETag`] replaced.
const REPLACED_ETAG: &str = "\"replaced-on-demand\"";

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>\
    <form method=\"post\"><input name=\"username\"><input name=\"password\" type=\"password\">\
    </form></body></html>\n";

impl State {
    pub(crate) fn new(options: FacilityOptions) -> io::Result<Self> {
        let icat = Icat::new(&options)?;
        let dav = Dav::new(&options.root);
        let accounts = Accounts::new(options.user, options.password, options.token);
        Ok(Self {
            accounts: Arc::new(accounts),
            log: RequestLog::default(),
            faults: Faults::default(),
            latency: Mutex::new(Duration::ZERO),
            icat,
            dav,
        })
    }

    pub(crate) async fn answer(
        &self,
        mut request: Request<Incoming>,
        reset: Arc<AtomicBool>,
    ) -> Response<MeteredBody> {
        let entry = self.log.begin(record(&request));
        let latency = *self.latency.lock();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let fault = self.faults.take(request.uri().path());
        let response = match self.instead(fault.as_ref()).await {
            Some(response) => response,
            None => match spoil_request(fault.as_ref(), &mut request) {
                Some(response) => response,
                None => spoil_response(fault.as_ref(), self.dispatch(request, &entry).await),
            },
        };
        entry.answered(response.status().as_u16());
        let spoil = Spoil::from_fault(fault.as_ref());
        response.map(|body| MeteredBody::new(body, entry, spoil, reset))
    }

    async fn dispatch(&self, request: Request<Incoming>, entry: &Entry) -> Response<PlainBody> {
        let path = request.uri().path();
        if path == "/dav" || path.starts_with("/dav/") {
            if !self.accounts.accepts(request.headers()) {
                return crate::dav::unauthorised();
            }
            entry.authorised();
            return self.dav.answer(request).await;
        }
        if path.starts_with("/icat/") {
            return self.icat.answer(request, &self.accounts, entry).await;
        }
        text(StatusCode::NOT_FOUND, "text/plain", "no such service\n")
    }

    /// The answer of a fault that replaces the service.
    async fn instead(&self, fault: Option<&FaultKind>) -> Option<Response<PlainBody>> {
        match fault? {
            FaultKind::Hang => std::future::pending().await,
            FaultKind::ExpireSession => {
                self.icat.expire_sessions();
                None
            }
            FaultKind::HtmlLoginPage => Some(text(StatusCode::OK, "text/html", LOGIN_PAGE)),
            FaultKind::Status(status, retry_after) => {
                let status =
                    StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = text(status, "text/plain", "on demand\n");
                if let Some(delay) = retry_after {
                    set(
                        response.headers_mut(),
                        RETRY_AFTER,
                        &delay.as_secs().to_string(),
                    );
                }
                Some(response)
            }
            FaultKind::Redirect(location) => {
                let mut response = text(StatusCode::FOUND, "text/plain", "elsewhere\n");
                set(response.headers_mut(), LOCATION, location);
                Some(response)
            }
            _ => None,
        }
    }
}

fn record(request: &Request<Incoming>) -> RequestRecord {
    let header = |name: HeaderName| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    RequestRecord {
        time: SystemTime::now(),
        method: request.method().as_str().to_owned(),
        path: hide_session(request.uri().path()),
        query: Form::parse(request.uri().query().unwrap_or("")).redacted(),
        range: header(RANGE),
        status: 0,
        bytes_sent: 0,
        authorised: false,
        user_agent: header(USER_AGENT),
    }
}

/// ICAT has the session id in the path, too.
fn hide_session(path: &str) -> String {
    match path.strip_prefix("/icat/session/") {
        Some(_) => "/icat/session/***".to_owned(),
        None => path.to_owned(),
    }
}

/// Changes a request as the fault wants; an answer where it decides alone.
fn spoil_request<B>(
    fault: Option<&FaultKind>,
    request: &mut Request<B>,
) -> Option<Response<PlainBody>> {
    match fault? {
        FaultKind::IgnoreRange => {
            request.headers_mut().remove(RANGE);
        }
        FaultKind::ChangeETag if matches!(*request.method(), Method::GET | Method::HEAD) => {
            let headers = request.headers_mut();
            let is_new = |value: &HeaderValue| value.as_bytes() == REPLACED_ETAG.as_bytes();
            if headers
                .remove(IF_RANGE)
                .is_some_and(|value| !is_new(&value))
            {
                headers.remove(RANGE);
            }
            if headers
                .remove(IF_MATCH)
                .is_some_and(|value| !is_new(&value))
            {
                let status = StatusCode::PRECONDITION_FAILED;
                return Some(text(status, "text/plain", "replaced on demand\n"));
            }
        }
        _ => {}
    }
    None
}

fn spoil_response(
    fault: Option<&FaultKind>,
    mut response: Response<PlainBody>,
) -> Response<PlainBody> {
    let headers = response.headers_mut();
    match fault {
        Some(FaultKind::WrongContentRange) => {
            let value = headers.get(CONTENT_RANGE).and_then(|it| it.to_str().ok());
            if let Some(shifted) = value.and_then(shift_content_range) {
                set(headers, CONTENT_RANGE, &shifted);
            }
        }
        Some(FaultKind::ChangeETag) if headers.contains_key(ETAG) => {
            set(headers, ETAG, REPLACED_ETAG);
        }
        _ => {}
    }
    response
}

/// `bytes 10-19/100` becomes `bytes 11-20/100`.
fn shift_content_range(value: &str) -> Option<String> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some(format!("bytes {}-{}/{total}", first + 1, last + 1))
}

/// Sets a header; a value that HTTP cannot carry is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A short answer.
pub(crate) fn text(status: StatusCode, media_type: &str, body: &str) -> Response<PlainBody> {
    let mut response = Response::new(full(body.to_owned()));
    *response.status_mut() = status;
    set(response.headers_mut(), CONTENT_TYPE, media_type);
    response
}
