//! `/dav/`: WebDAV (RFC 4918) over the root folder, by `dav-server`.

use std::path::Path;

use dav_server::DavHandler;
use dav_server::localfs::LocalFs;
use dav_server::memls::MemLs;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use crate::auth;
use crate::body::PlainBody;
use crate::route::text;

/// The WebDAV service.
pub(crate) struct Dav(DavHandler);

impl std::fmt::Debug for Dav {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dav")
    }
}

const READ_BYTES: usize = 256 * 1024;

impl Dav {
    pub(crate) fn new(root: &Path) -> Self {
        let handler = DavHandler::builder()
            .filesystem(LocalFs::new(root, false, false, cfg!(target_os = "macos")))
            .locksystem(MemLs::new())
            .strip_prefix("/dav")
            .read_buf_size(READ_BYTES)
            .build_handler();
        Self(handler)
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<PlainBody> {
        if writes_raw(request.method(), request.uri().path(), request.headers()) {
            let why = "raw data are read-only\n";
            return text(StatusCode::FORBIDDEN, "text/plain", why);
        }
        let response = self.0.handle(request).await;
        response.map(BodyExt::boxed_unsync)
    }
}

/// The answer to a request without a credential that is accepted.
pub(crate) fn unauthorised() -> Response<PlainBody> {
    let mut response = text(StatusCode::UNAUTHORIZED, "text/plain", "sign in\n");
    for challenge in auth::challenges() {
        response.headers_mut().append(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Nobody writes into `raw` of a beamtime: its files belong to the facility
/// (DESY ASAP3, "Directory Structure").
fn writes_raw(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let in_raw = |path: &str| {
        let path = percent_decode_str(path).decode_utf8_lossy();
        path.contains("/asap3/") && path.split('/').any(|segment| segment == "raw")
    };
    match method.as_str() {
        "GET" | "HEAD" | "OPTIONS" | "PROPFIND" => false,
        "COPY" => {
            let target = headers.get("destination").map(http::HeaderValue::as_bytes);
            target.is_some_and(|it| in_raw(&String::from_utf8_lossy(it)))
        }
        _ => {
            let target = headers.get("destination").map(http::HeaderValue::as_bytes);
            in_raw(path) || target.is_some_and(|it| in_raw(&String::from_utf8_lossy(it)))
        }
    }
}
