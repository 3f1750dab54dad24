//! XRootD with its HTTP plug-in.

use std::path::PathBuf;

use crate::server::{Recipe, Server, StartError};

/// A running XRootD; anybody may read and write.
///
/// Before 5.7 it matches the names of headers by case, so a client must send
/// `Range`, `Depth` and `Content-Length` in title case (xrootd/xrootd#2259).
#[derive(Debug)]
pub struct Xrootd {
    /// `http://127.0.0.1:PORT/`.
    pub url: String,
    /// The same over TLS, signed by the CA in `ca_pem`.
    pub tls_url: String,
    /// `root://127.0.0.1:PORT/`, XRootD's own protocol.
    pub root_url: String,
    /// The certificate of the test's CA.
    pub ca_pem: PathBuf,
    /// The folder and the process.
    pub server: Server,
}

impl Xrootd {
    /// Starts XRootD, or records a skip and returns `None`.
    ///
    /// # Errors
    /// When it is asked for and installed, but does not start.
    pub fn start() -> Result<Option<Self>, StartError> {
        let server = Server::start(&Recipe {
            what: "xrootd",
            script: "xrootd-up.sh",
            programs: &[&["xrootd"], &["openssl"]],
            variables: Vec::new(),
        })?;
        Ok(server.map(|server| Self {
            url: format!("http://127.0.0.1:{}/", server.port),
            tls_url: format!("https://127.0.0.1:{}/", server.port),
            root_url: format!("root://127.0.0.1:{}/", server.port + 1),
            ca_pem: server.dir.join("pki/ca.pem"),
            server,
        }))
    }
}
