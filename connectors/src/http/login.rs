//! Credentials that come with an address, or not at all.

use std::sync::Arc;

use hutch_model::{BoxFuture, Credential, Credentials, Result, Secret};

/// Knows nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCredentials;

impl Credentials for NoCredentials {
    fn for_request<'a>(
        &'a self,
        _origin: &'a str,
        _scope: &'a str,
    ) -> BoxFuture<'a, Result<Option<Credential>>> {
        Box::pin(async { Ok(None) })
    }

    fn rejected(&self, _origin: &str, _scope: &str) {}
}

/// The user and password of an address, shown to its origin only.
#[derive(Debug)]
pub struct UrlLogin {
    origin: String,
    credential: Credential,
    others: Arc<dyn Credentials>,
}

impl UrlLogin {
    /// A login for one origin; every other one is asked of `others`.
    pub fn new(
        origin: String,
        user: String,
        password: Secret,
        others: Arc<dyn Credentials>,
    ) -> Self {
        Self {
            origin,
            credential: Credential::Basic { user, password },
            others,
        }
    }
}

impl Credentials for UrlLogin {
    fn for_request<'a>(
        &'a self,
        origin: &'a str,
        scope: &'a str,
    ) -> BoxFuture<'a, Result<Option<Credential>>> {
        if origin == self.origin {
            return Box::pin(async { Ok(Some(self.credential.clone())) });
        }
        self.others.for_request(origin, scope)
    }

    fn rejected(&self, origin: &str, scope: &str) {
        if origin != self.origin {
            self.others.rejected(origin, scope);
        }
    }
}
