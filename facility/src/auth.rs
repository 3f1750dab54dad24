//! Who may use `/dav/`: HTTP Basic (RFC 7617) and bearer tokens (RFC 6750).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;

/// The user, the password and the token that WebDAV accepts.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) user: String,
    pub(crate) password: String,
    token: Mutex<String>,
}

impl Accounts {
    pub(crate) fn new(user: String, password: String, token: String) -> Self {
        Self {
            user,
            password,
            token: Mutex::new(token),
        }
    }

    /// From now on only `token` is accepted.
    pub(crate) fn replace_token(&self, token: &str) {
        token.clone_into(&mut self.token.lock());
    }

    /// Whether the request's `Authorization` header is one of ours.
    pub(crate) fn accepts(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok()) else {
            return false;
        };
        let Some((scheme, credential)) = value.split_once(' ') else {
            return false;
        };
        let credential = credential.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return credential == *self.token.lock();
        }
        scheme.eq_ignore_ascii_case("basic")
            && STANDARD
                .decode(credential)
                .is_ok_and(|pair| pair == format!("{}:{}", self.user, self.password).as_bytes())
    }
}

/// The challenges of a 401.
pub(crate) fn challenges() -> [HeaderValue; 2] {
    [
        HeaderValue::from_static("Basic realm=\"Hutch demo\", charset=\"UTF-8\""),
        HeaderValue::from_static("Bearer realm=\"Hutch demo\""),
    ]
}
