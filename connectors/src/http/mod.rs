//! The one HTTP client.
//!
//! Header names are written in title case over HTTP/1.1, because XRootD before
//! mid-2024 matches them case-sensitively and otherwise truncates uploads.
//! Redirects are followed here and not by the library, by our own rules.
//! Source: `https://github.com/xrootd/xrootd/issues/2259`, RFC 9110.

mod address;
mod login;
mod redirect;
mod reply;
mod request;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Credential, Credentials, Error, ErrorKind, Result};
use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use tokio::sync::Semaphore;

pub use address::{RedactedUrl, origin_of, parse_url, without_secrets};
pub use login::{NoCredentials, UrlLogin};
pub use reply::{Reply, words_of};
pub(crate) use reply::{error_of_status, login_page};
pub use request::Request;

use crate::read_at::{Meter, RetryAfter};
use crate::wait::{or_cancel, sleep};

/// The longest that a request waits by itself because its server asked to.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What is shorter tells nothing about the speed of a network.
const MEASURED_BYTES: u64 = 256 * 1024;
/// Redirects that one request may take.
const MOST_REDIRECTS: usize = 5;

/// How the client behaves; a site profile sets it.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Requests in flight to one host.
    pub connections_per_host: usize,
    /// Further certificate authorities, as a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// Whom a server's administrator can write to; shown in `User-Agent`.
    pub contact: String,
    /// The longest time to connect.
    pub connect_timeout: Duration,
    /// The longest silence in a reply.
    pub stall_timeout: Duration,
    /// Whether an encrypted request may be sent on to an unencrypted pool.
    pub plain_pools: bool,
    /// Whether a public host may send requests on to a private one.
    pub private_pools: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connections_per_host: 8,
            ca_bundle: None,
            contact: String::new(),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            plain_pools: false,
            private_pools: false,
        }
    }
}

/// A client for HTTP and WebDAV; clones share connections, limits and meter.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    settings: Arc<HttpSettings>,
    credentials: Arc<dyn Credentials>,
    hosts: Arc<Mutex<HashMap<String, Arc<Host>>>>,
    meter: Arc<Meter>,
}

/// What is known about one host.
#[derive(Debug)]
struct Host {
    places: Arc<Semaphore>,
    paused_until: Mutex<Option<Instant>>,
    /// One refresh of a credential at a time.
    refreshing: tokio::sync::Mutex<()>,
    several: Arc<Learnt>,
    properties: Arc<Learnt>,
    /// How fast long answers come, where one came alone.
    bytes_per_sec: Mutex<Option<f64>>,
}

/// Whether a server can do something; it is found out once.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    known: Mutex<Option<bool>>,
    asking: tokio::sync::Mutex<()>,
}

impl Learnt {
    /// What was learnt; `None` before anybody asked.
    pub(crate) fn known(&self) -> Option<bool> {
        *self.known.lock()
    }

    /// The turn of the one who asks.
    pub(crate) async fn asking(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking.lock().await
    }

    /// Remembers an answer; a server that failed once is not asked again.
    pub(crate) fn learn(&self, answers: bool) {
        let mut known = self.known.lock();
        *known = Some(answers && known.unwrap_or(true));
    }
}

impl HttpClient {
    /// A client that asks `credentials` what to show to each origin.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the CA bundle cannot be read.
    pub fn new(settings: HttpSettings, credentials: Arc<dyn Credentials>) -> Result<Self> {
        Ok(Self {
            client: build(&settings)?,
            settings: Arc::new(settings),
            credentials,
            hosts: Arc::default(),
            meter: Meter::new(),
        })
    }

    /// The same client with other credentials.
    #[must_use]
    pub fn with_credentials(&self, credentials: Arc<dyn Credentials>) -> Self {
        Self {
            credentials,
            ..self.clone()
        }
    }

    /// Takes user and password out of an address: the address without them,
    /// and a client that shows them to that origin only.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is no `http(s)` or `dav(s)` address.
    pub fn for_address(&self, address: &str) -> Result<(Self, Url)> {
        let (url, login) = parse_url(address)?;
        let client = match login {
            None => self.clone(),
            Some((user, password)) => self.with_credentials(Arc::new(UrlLogin::new(
                origin_of(&url),
                user,
                password,
                Arc::clone(&self.credentials),
            ))),
        };
        Ok((client, url))
    }

    /// What travelled through this client and its clones.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Requests in flight to one host.
    pub fn connections_per_host(&self) -> usize {
        self.settings.connections_per_host
    }

    /// Whether the server of an address answers several ranges in one reply.
    pub(crate) fn several_ranges(&self, url: &Url) -> Arc<Learnt> {
        Arc::clone(&self.host(&origin_of(url)).several)
    }

    /// Whether the server of an address tells the time of a change only when
    /// asked for properties, as WebDAV does.
    pub(crate) fn properties(&self, url: &Url) -> Arc<Learnt> {
        Arc::clone(&self.host(&origin_of(url)).properties)
    }

    /// How fast the server of an address sends, where that was seen.
    pub(crate) fn bytes_per_sec(&self, url: &Url) -> Option<f64> {
        *self.host(&origin_of(url)).bytes_per_sec.lock()
    }

    /// Remembers how fast an answer came; what is short, or came beside others,
    /// tells nothing about a network.
    pub(crate) fn measured(&self, url: &Url, bytes: u64, secs: f64) {
        let host = self.host(&origin_of(url));
        let is_alone = host.places.available_permits() >= self.settings.connections_per_host;
        if bytes < MEASURED_BYTES || secs <= 0.0 || !is_alone {
            return;
        }
        let now = bytes as f64 / secs;
        let mut known = host.bytes_per_sec.lock();
        *known = Some(known.map_or(now, |before| f64::midpoint(before, now)));
    }

    /// Sends a request and waits for the head of its reply.
    ///
    /// Replies with an error status come back as [`Reply`], except 401, 429
    /// and 503 with `Retry-After`, which are handled here.
    ///
    /// # Errors
    /// [`ErrorKind::SignIn`], [`ErrorKind::Network`], [`ErrorKind::Refused`]
    /// for a redirect that is against the rules, [`ErrorKind::Cancelled`].
    pub async fn send(&self, request: Request, cancel: &Cancel) -> Result<Reply> {
        or_cancel(cancel, self.follow(&request, cancel)).await
    }

    async fn follow(&self, request: &Request, cancel: &Cancel) -> Result<Reply> {
        let first = origin_of(&request.url);
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let shows = request.shows_credentials && origin_of(&url) == first;
            let reply = self.once_signed(request, &url, shows, cancel).await?;
            let Some(target) = redirect::target(&reply, &url) else {
                return Ok(reply);
            };
            if !request.follows {
                return Ok(reply);
            }
            let target = target?;
            redirect::check(request, &url, &target, &self.settings).await?;
            log::debug!("sent on to {}", origin_of(&target));
            url = target;
        }
        Err(Error::new(
            ErrorKind::Network,
            request.tried.clone(),
            format!("sent on more than {MOST_REDIRECTS} times"),
        )
        .with_retry(hutch_model::Retry::Never))
    }

    /// One request; after a 401 once more, if there is another credential.
    async fn once_signed(
        &self,
        request: &Request,
        url: &Url,
        shows: bool,
        cancel: &Cancel,
    ) -> Result<Reply> {
        let origin = origin_of(url);
        let mut shown = None;
        if shows {
            shown = self
                .credentials
                .for_request(&origin, &request.scope)
                .await?;
        }
        let reply = self.once(request, url, shown.as_ref(), cancel).await?;
        if reply.status() != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        drop(reply);
        let sign_in = |why: &str| Err(Error::new(ErrorKind::SignIn, request.tried.clone(), why));
        if !shows {
            return sign_in("the server wants a sign-in that it was not shown after a redirect");
        }
        let host = self.host(&origin);
        let refreshing = host.refreshing.lock().await;
        let mut fresh = self
            .credentials
            .for_request(&origin, &request.scope)
            .await?;
        if fresh == shown {
            self.credentials.rejected(&origin, &request.scope);
            fresh = self
                .credentials
                .for_request(&origin, &request.scope)
                .await?;
        }
        drop(refreshing);
        if fresh.is_none() && shown.is_none() {
            return sign_in("nobody is signed in there");
        }
        if fresh == shown || fresh.is_none() {
            return sign_in("the server did not accept the sign-in, or it has ended");
        }
        let reply = self.once(request, url, fresh.as_ref(), cancel).await?;
        if reply.status() == StatusCode::UNAUTHORIZED {
            return sign_in("the server did not accept a fresh sign-in either");
        }
        Ok(reply)
    }

    /// One request to one address, within the limits of its host.
    async fn once(
        &self,
        request: &Request,
        url: &Url,
        shown: Option<&Credential>,
        cancel: &Cancel,
    ) -> Result<Reply> {
        let host = self.host(&origin_of(url));
        wait_for_pause(&host, &request.tried, cancel).await?;
        let place = Arc::clone(&host.places)
            .acquire_owned()
            .await
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    request.tried.clone(),
                    "the limit is closed",
                )
                .with_source(error)
            })?;
        let mut sent = self
            .client
            .request(request.method.clone(), url.clone())
            .headers(request.headers.clone());
        if let Some(credential) = shown {
            sent = sent.header(AUTHORIZATION, header_of(credential, &request.tried)?);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let in_flight = self.meter.begin();
        let response = sent
            .send()
            .await
            .map_err(|error| reply::network_error(error, &request.tried))?;
        log::debug!(
            "{} {} -> {}",
            request.method,
            RedactedUrl(url),
            response.status().as_u16()
        );
        let reply = Reply::new(
            response,
            place,
            in_flight,
            Arc::clone(&self.meter),
            request.tried.clone(),
        );
        match reply.asks_to_wait() {
            Some(wait) => {
                *host.paused_until.lock() = Some(Instant::now() + wait);
                Err(Error::new(
                    ErrorKind::Network,
                    request.tried.clone(),
                    format!(
                        "the server is busy ({}) and asks to wait {} s",
                        reply.status().as_u16(),
                        wait.as_secs_f64().ceil()
                    ),
                )
                .with_source(RetryAfter(wait)))
            }
            None => Ok(reply),
        }
    }

    fn host(&self, origin: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock();
        let host = hosts.entry(origin.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                places: Arc::new(Semaphore::new(self.settings.connections_per_host.max(1))),
                paused_until: Mutex::new(None),
                refreshing: tokio::sync::Mutex::new(()),
                several: Arc::default(),
                properties: Arc::default(),
                bytes_per_sec: Mutex::new(None),
            })
        });
        Arc::clone(host)
    }
}

async fn wait_for_pause(host: &Host, tried: &str, cancel: &Cancel) -> Result<()> {
    let until = *host.paused_until.lock();
    let Some(wait) = until.and_then(|until| until.checked_duration_since(Instant::now())) else {
        return Ok(());
    };
    if wait > LONGEST_PAUSE {
        return Err(Error::new(
            ErrorKind::Network,
            tried,
            format!("the server asked to be left alone for {} s", wait.as_secs()),
        )
        .with_source(RetryAfter(wait)));
    }
    sleep(wait, cancel).await
}

fn header_of(credential: &Credential, tried: &str) -> Result<HeaderValue> {
    use base64::Engine as _;
    let text = match credential {
        Credential::Basic { user, password } => {
            let pair = format!("{user}:{}", password.reveal());
            let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
            format!("Basic {encoded}")
        }
        Credential::Bearer(token) => format!("Bearer {}", token.reveal().trim()),
    };
    // The library's error would quote nothing, but it is not kept either way.
    let mut value = HeaderValue::from_str(&text).map_err(|error| {
        Error::new(
            ErrorKind::SignIn,
            tried,
            "the token holds characters that no header may hold",
        )
        .with_source(error)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn build(settings: &HttpSettings) -> Result<Client> {
    let contact = settings
        .contact
        .chars()
        .filter(|letter| letter.is_ascii_graphic() || *letter == ' ')
        .collect::<String>();
    let agent = if contact.is_empty() {
        format!("Hutch/{}", env!("CARGO_PKG_VERSION"))
    } else {
        format!("Hutch/{} ({contact})", env!("CARGO_PKG_VERSION"))
    };
    let builder = || -> Result<reqwest::ClientBuilder> {
        let builder = Client::builder()
            .user_agent(agent.clone())
            .http1_only()
            .http1_title_case_headers()
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.stall_timeout)
            .pool_idle_timeout(Duration::from_secs(90))
            .pool_max_idle_per_host(settings.connections_per_host)
            .tcp_nodelay(true);
        Ok(match &settings.ca_bundle {
            Some(path) => builder.tls_certs_merge(certificates(path)?),
            None => builder,
        })
    };
    let failed = |error: reqwest::Error| {
        Error::new(
            ErrorKind::Usage,
            "prepare connections",
            "the certificates of this system cannot be used",
        )
        .with_source(error.without_url())
    };
    match builder()?.build() {
        Ok(client) => Ok(client),
        // A machine without any CA store can still speak plain HTTP, and
        // HTTPS to the authorities of the site's own bundle.
        Err(error) => {
            log::warn!("no certificate authorities on this system: {error}");
            let own = match &settings.ca_bundle {
                Some(path) => certificates(path)?,
                None => Vec::new(),
            };
            builder()?.tls_certs_only(own).build().map_err(failed)
        }
    }
}

fn certificates(path: &std::path::Path) -> Result<Vec<reqwest::Certificate>> {
    let tried = || format!("read the certificate authorities in \"{}\"", path.display());
    let pem = std::fs::read(path).map_err(|error| {
        Error::new(ErrorKind::Usage, tried(), error.to_string()).with_source(error)
    })?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| {
        Error::new(ErrorKind::Usage, tried(), "it is no PEM bundle").with_source(error)
    })?;
    if found.is_empty() {
        return Err(Error::new(
            ErrorKind::Usage,
            tried(),
            "it holds no certificate",
        ));
    }
    Ok(found)
}
