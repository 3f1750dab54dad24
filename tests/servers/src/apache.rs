//! Apache with `mod_dav`.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::server::{Recipe, Server, StartError};

/// The user whom Apache knows.
pub const USER: &str = "alice";
/// Her password.
pub const PASSWORD: &str = "secret";

/// A running Apache 2.4 with `mod_dav`, over plain HTTP and TLS.
#[derive(Debug)]
pub struct Apache {
    /// `http://127.0.0.1:PORT/dav/`: read and write, Basic with [`USER`] and [`PASSWORD`].
    pub url: String,
    /// The same over TLS, signed by the CA in `ca_pem`.
    pub tls_url: String,
    /// `http://127.0.0.1:PORT/open/`: the same files, read only, without signing in.
    pub open_url: String,
    /// The certificate of the test's CA.
    pub ca_pem: PathBuf,
    /// The folder and the process.
    pub server: Server,
}

/// What may differ from the usual Apache.
#[derive(Debug, Default)]
pub struct ApacheSetup {
    /// A file with directives that are included at the end of the configuration.
    pub extra_config: Option<PathBuf>,
}

impl Apache {
    /// Starts Apache, or records a skip and returns `None`.
    ///
    /// # Errors
    /// When it is asked for and installed, but does not start.
    pub fn start() -> Result<Option<Self>, StartError> {
        Self::start_with(&ApacheSetup::default())
    }

    /// Starts Apache with additions to its configuration.
    ///
    /// # Errors
    /// When it is asked for and installed, but does not start.
    pub fn start_with(setup: &ApacheSetup) -> Result<Option<Self>, StartError> {
        let variables = setup
            .extra_config
            .iter()
            .map(|path| ("APACHE_EXTRA", path.as_os_str()))
            .collect::<Vec<(_, &OsStr)>>();
        let server = Server::start(&Recipe {
            what: "apache",
            script: "apache-up.sh",
            programs: &[&["apache2", "httpd"], &["htpasswd"], &["openssl"]],
            variables,
        })?;
        Ok(server.map(|server| Self {
            url: format!("http://127.0.0.1:{}/dav/", server.port),
            tls_url: format!("https://127.0.0.1:{}/dav/", server.port + 1),
            open_url: format!("http://127.0.0.1:{}/open/", server.port),
            ca_pem: server.dir.join("pki/ca.pem"),
            server,
        }))
    }
}
