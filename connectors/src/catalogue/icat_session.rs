//! Talking to an ICAT server: requests, the session, what its errors mean.
//!
//! The session's identifier travels as a parameter, as ICAT has no header for
//! it; addresses with it are never shown. Source: ICAT server 6.2, REST API.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hutch_model::{Cancel, Error, ErrorKind, Result, Retry, Secret};
use parking_lot::Mutex;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use crate::http::{HttpClient, Request, error_of_status, without_secrets, words_of};
use crate::identity::SecretStore;

/// The longest answer that is read.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// Addresses longer than this are refused by some servers.
const MOST_URL_BYTES: usize = 7500;

/// A connection to one ICAT server.
#[derive(Debug)]
pub(super) struct Connection {
    client: HttpClient,
    base: Url,
    /// The address without secrets, as shown.
    pub(super) shown: String,
    keep: Option<Arc<dyn SecretStore>>,
    session: Mutex<Option<Session>>,
    loaded: tokio::sync::Mutex<bool>,
    properties: Mutex<Option<Properties>>,
}

#[derive(Clone, Debug)]
struct Session {
    id: Secret,
    /// When the server said how long it lasts, and how long that was.
    known: Option<(Instant, Duration)>,
}

/// `GET /properties`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties {
    #[serde(default = "default_entities")]
    pub(super) max_entities: u64,
    #[serde(default = "default_lifetime")]
    pub(super) lifetime_minutes: f64,
    #[serde(default)]
    pub(super) authenticators: Vec<Authenticator>,
}

const fn default_entities() -> u64 {
    10_000
}

const fn default_lifetime() -> f64 {
    120.0
}

/// A way to sign in, as the server describes it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Authenticator {
    pub(super) mnemonic: String,
    #[serde(default)]
    pub(super) keys: Vec<Key>,
    #[serde(default)]
    pub(super) admin: bool,
    pub(super) friendly: Option<String>,
}

/// A field of a sign-in.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Key {
    pub(super) name: String,
    #[serde(default)]
    pub(super) hide: bool,
}

/// `GET /session/{id}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionState {
    pub(super) user_name: String,
    pub(super) remaining_minutes: f64,
}

/// The body of an error.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

impl Connection {
    pub(super) fn new(
        client: &HttpClient,
        address: &str,
        keep: Option<Arc<dyn SecretStore>>,
    ) -> Result<Self> {
        let (client, mut base) = client.for_address(address)?;
        base.set_query(None);
        base.set_path(&format!("{}/", base.path().trim_end_matches('/')));
        Ok(Self {
            shown: without_secrets(&base),
            client,
            base,
            keep,
            session: Mutex::new(None),
            loaded: tokio::sync::Mutex::new(false),
            properties: Mutex::new(None),
        })
    }

    pub(super) async fn properties(&self, cancel: &Cancel) -> Result<Properties> {
        if let Some(properties) = self.properties.lock().clone() {
            return Ok(properties);
        }
        let tried = format!("ask \"{}\" how to sign in", self.shown);
        let body = self
            .exchange(
                Request::get(self.url("properties", &tried)?, tried.clone()),
                cancel,
            )
            .await?;
        let properties: Properties = parse(&body, &tried)?;
        *self.properties.lock() = Some(properties.clone());
        Ok(properties)
    }

    pub(super) async fn sign_in(&self, method: &str, fields: &[(String, Secret)]) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Granted {
            session_id: String,
        }
        let tried = format!("sign in at \"{}\"", self.shown);
        let credentials: Vec<serde_json::Value> = fields
            .iter()
            .map(|(name, secret)| serde_json::json!({ name.as_str(): secret.reveal() }))
            .collect();
        let json = serde_json::json!({ "plugin": method, "credentials": credentials });
        let request = Request::new(Method::POST, self.url("session", &tried)?, tried.clone())
            .form(&[("json", &json.to_string())])?;
        let cancel = Cancel::new();
        let body = self.exchange(request, &cancel).await.map_err(|error| {
            // Whatever the plugin says, a person has to sign in differently.
            match error.kind {
                ErrorKind::Refused | ErrorKind::Usage => Error {
                    kind: ErrorKind::SignIn,
                    retry: Retry::AfterSignIn,
                    ..error
                },
                _ => error,
            }
        })?;
        let granted: Granted = parse(&body, &tried)?;
        let lifetime = match self.properties(&cancel).await {
            Ok(properties) => minutes(properties.lifetime_minutes),
            Err(_) => minutes(default_lifetime()),
        };
        let id = Secret::new(granted.session_id);
        if let Some(keep) = &self.keep {
            keep.set(&self.secret_name(), &id).await?;
        }
        *self.loaded.lock().await = true;
        *self.session.lock() = Some(Session {
            id,
            known: Some((Instant::now(), lifetime)),
        });
        Ok(())
    }

    pub(super) async fn sign_out(&self) -> Result<()> {
        let session = self.session().await?;
        *self.session.lock() = None;
        if let Some(keep) = &self.keep {
            keep.delete(&self.secret_name()).await?;
        }
        let Some(session) = session else {
            return Ok(());
        };
        let tried = format!("sign out at \"{}\"", self.shown);
        let url = self.session_url(&session, &tried)?;
        let ended = self
            .exchange(Request::new(Method::DELETE, url, tried), &Cancel::new())
            .await;
        match ended {
            // It had ended by itself.
            Err(error) if error.kind == ErrorKind::SignIn => Ok(()),
            other => other.map(drop),
        }
    }

    pub(super) async fn state(&self) -> Result<SessionState> {
        let tried = format!("ask \"{}\" who is signed in", self.shown);
        let session = self.needed_session(&tried).await?;
        let request = Request::get(self.session_url(&session, &tried)?, tried.clone());
        let body = self.exchange(request, &Cancel::new()).await?;
        let state: SessionState = parse(&body, &tried)?;
        self.learn(&session, minutes(state.remaining_minutes));
        Ok(state)
    }

    /// A `GET` with the session and further parameters.
    pub(super) async fn get(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        tried: &str,
        cancel: &Cancel,
    ) -> Result<Bytes> {
        let session = self.needed_session(tried).await?;
        self.prolong(&session, cancel).await?;
        let mut url = self.url(path, tried)?;
        url.query_pairs_mut()
            .append_pair("sessionId", session.id.reveal())
            .extend_pairs(parameters);
        if url.as_str().len() > MOST_URL_BYTES {
            return Err(Error::new(
                ErrorKind::Limit,
                tried,
                "the question is too long for the server",
            ));
        }
        self.exchange(Request::get(url, tried), cancel).await
    }

    /// Sends a request; whatever is no success becomes an error.
    async fn exchange(&self, request: Request, cancel: &Cancel) -> Result<Bytes> {
        let tried = request.tried.clone();
        let reply = self.client.send(request, cancel).await?;
        let status = reply.status();
        let is_html = reply.is_html();
        let body = reply.body(MOST_BYTES, cancel).await?;
        if status.is_success() {
            if is_html {
                return Err(crate::http::login_page(&tried));
            }
            return Ok(body);
        }
        Err(self.refusal(status, &body, tried))
    }

    /// What an error of ICAT means. A session that ended is 403 with a code of
    /// its own, and only that code asks for a new sign-in.
    fn refusal(&self, status: StatusCode, body: &[u8], tried: String) -> Error {
        let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
            let is_text = !body.trim_ascii_start().starts_with(b"<");
            let words = if is_text {
                words_of(body)
            } else {
                String::new()
            };
            return error_of_status(status, tried, &self.scrub(&words));
        };
        let said = self.scrub(&words_of(refusal.message.as_bytes()));
        let too_many = said.contains("attempt to return") || said.contains("more than");
        let kind = match refusal.code.as_str() {
            "SESSION" => {
                *self.session.lock() = None;
                ErrorKind::SignIn
            }
            "NO_SUCH_OBJECT_FOUND" => ErrorKind::NotFound,
            "BAD_PARAMETER" => ErrorKind::Usage,
            "VALIDATION" if too_many => ErrorKind::Limit,
            "NOT_IMPLEMENTED" => ErrorKind::Unsupported,
            "INTERNAL" => ErrorKind::Network,
            _ => ErrorKind::Refused,
        };
        Error::new(kind, tried, format!("ICAT says {}: {said}", refusal.code))
    }

    /// Takes the session's identifier out of a server's words.
    fn scrub(&self, words: &str) -> String {
        match &*self.session.lock() {
            Some(session) if !session.id.reveal().is_empty() => {
                words.replace(session.id.reveal(), "…")
            }
            _ => words.to_owned(),
        }
    }

    /// Prolongs the session when less than a quarter of its time is left.
    async fn prolong(&self, session: &Session, cancel: &Cancel) -> Result<()> {
        let Some((since, lasts)) = session.known else {
            return Ok(());
        };
        let lifetime = self
            .properties
            .lock()
            .as_ref()
            .map_or(minutes(default_lifetime()), |properties| {
                minutes(properties.lifetime_minutes)
            });
        let left = lasts.saturating_sub(since.elapsed());
        if left.is_zero() || left > lifetime / 4 {
            return Ok(());
        }
        let tried = format!("prolong the session at \"{}\"", self.shown);
        let url = self.session_url(session, &tried)?;
        let request = Request::new(Method::PUT, url, tried).body(Bytes::new());
        self.exchange(request, cancel).await?;
        self.learn(session, lifetime);
        Ok(())
    }

    fn learn(&self, session: &Session, lasts: Duration) {
        let mut current = self.session.lock();
        if let Some(current) = current.as_mut().filter(|current| current.id == session.id) {
            current.known = Some((Instant::now(), lasts));
        }
    }

    async fn needed_session(&self, tried: &str) -> Result<Session> {
        self.session()
            .await?
            .ok_or_else(|| Error::new(ErrorKind::SignIn, tried, "nobody is signed in"))
    }

    /// The session; the first time it is looked for where it is kept.
    async fn session(&self) -> Result<Option<Session>> {
        let mut loaded = self.loaded.lock().await;
        if !*loaded {
            if let Some(keep) = &self.keep
                && let Some(id) = keep.get(&self.secret_name()).await?
            {
                *self.session.lock() = Some(Session { id, known: None });
            }
            *loaded = true;
        }
        drop(loaded);
        Ok(self.session.lock().clone())
    }

    fn secret_name(&self) -> String {
        format!("icat-session {}", self.shown)
    }

    fn session_url(&self, session: &Session, tried: &str) -> Result<Url> {
        let id = session.id.reveal();
        let is_plain = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_plain {
            return Err(Error::new(
                ErrorKind::SignIn,
                tried,
                "the session is damaged",
            ));
        }
        self.url(&format!("session/{id}"), tried)
    }

    fn url(&self, path: &str, tried: &str) -> Result<Url> {
        self.base.join(path).map_err(|error| {
            Error::new(ErrorKind::Internal, tried, "it makes no address").with_source(error)
        })
    }
}

/// Reads an answer; the parser's words may quote what it read, so they go.
pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8], tried: &str) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        Error::new(
            ErrorKind::Unreadable,
            tried,
            format!("the server's answer is no ICAT (line {})", error.line()),
        )
    })
}

fn minutes(count: f64) -> Duration {
    Duration::try_from_secs_f64(count * 60.0).unwrap_or_default()
}
