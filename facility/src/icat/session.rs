//! Sessions: opened by an authenticator, ended by time.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;

use super::answers::Refusal;
use crate::auth::Accounts;

/// The open sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    lifetime: Duration,
    open: Mutex<HashMap<String, Session>>,
}

#[derive(Debug, Clone)]
struct Session {
    user: String,
    ends: Instant,
}

impl Sessions {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            open: Mutex::default(),
        }
    }

    /// Opens a session for what `POST /session` sent as `json`.
    pub(crate) fn login(&self, json: &str, accounts: &Accounts) -> Result<String, Refusal> {
        let login: Value = serde_json::from_str(json)
            .map_err(|error| Refusal::bad_parameter(format!("json is not valid: {error}")))?;
        let plugin = login["plugin"].as_str().unwrap_or_default();
        let credential = |key: &str| credential(&login["credentials"], key);
        let user = match plugin {
            "anon" => "anon/anon".to_owned(),
            "db" | "simple" => {
                let is_right = credential("username") == Some(accounts.user.as_str())
                    && credential("password") == Some(accounts.password.as_str());
                if !is_right {
                    return Err(Refusal::new("wrong password", ""));
                }
                format!("{plugin}/{}", accounts.user)
            }
            other => return Err(Refusal::new("unknown authenticator", other)),
        };
        let id = new_id();
        let ends = Instant::now() + self.lifetime;
        let mut open = self.open.lock();
        open.retain(|_, session| session.ends > Instant::now());
        open.insert(id.clone(), Session { user, ends });
        Ok(id)
    }

    /// The user of a session and the time it has left.
    pub(crate) fn user(&self, id: Option<&str>) -> Result<(String, Duration), Refusal> {
        let id = id.unwrap_or_default();
        if id.is_empty() {
            return Err(Refusal::new("no session id", ""));
        }
        let left = |session: &Session| session.ends.checked_duration_since(Instant::now());
        let open = self.open.lock();
        match open.get(id).map(|session| (session, left(session))) {
            Some((session, Some(left))) if !left.is_zero() => Ok((session.user.clone(), left)),
            _ => Err(Refusal::new("unknown session", id)),
        }
    }

    /// Gives a session its whole lifetime again.
    pub(crate) fn refresh(&self, id: &str) -> Result<(), Refusal> {
        self.user(Some(id))?;
        if let Some(session) = self.open.lock().get_mut(id) {
            session.ends = Instant::now() + self.lifetime;
        }
        Ok(())
    }

    pub(crate) fn logout(&self, id: &str) -> Result<(), Refusal> {
        self.user(Some(id))?;
        self.open.lock().remove(id);
        Ok(())
    }

    /// Whether anybody is logged in under this name.
    pub(crate) fn is_logged_in(&self, user: &str) -> bool {
        let now = Instant::now();
        let open = self.open.lock();
        open.values().any(|it| it.user == user && it.ends > now)
    }

    pub(crate) fn expire_all(&self) {
        self.open.lock().clear();
    }
}

/// A value out of `[{"username":"x"},{"password":"y"}]`.
fn credential<'a>(credentials: &'a Value, key: &str) -> Option<&'a str> {
    let list = credentials.as_array()?;
    list.iter().find_map(|pair| pair.get(key)?.as_str())
}

/// A random UUID, version 4.
fn new_id() -> String {
    // Each `RandomState` has other keys, so that the hash of 0 is random.
    let (a, b) = (
        RandomState::new().hash_one(0),
        RandomState::new().hash_one(1),
    );
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
