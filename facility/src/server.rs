//! Starting and stopping: one listener, one small runtime of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::fault::Fault;
use crate::options::FacilityOptions;
use crate::request_log::RequestRecord;
use crate::route::State;
use crate::socket::Socket;

/// A running facility; dropping it stops the server and closes its port.
#[derive(Debug)]
pub struct Facility {
    state: Arc<State>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Facility {
    /// Starts a facility on 127.0.0.1, on threads of its own.
    ///
    /// # Errors
    /// When the root is not a folder, the port is taken, or the recorded answers cannot be read.
    pub fn start(options: FacilityOptions) -> io::Result<Self> {
        if !options.root.is_dir() {
            let why = format!("not a folder: \"{}\"", options.root.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, why));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("facility")
            .enable_all()
            .build()?;
        // Bound without tokio: `block_on` would panic inside another runtime.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(options)?);
        let guard = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        drop(guard);
        runtime.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self {
            state,
            address,
            runtime: Some(runtime),
        })
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The WebDAV service, with a slash at the end. A catalogue location
    /// `/demo/x` lies at `demo/x` below it.
    pub fn dav_url(&self) -> String {
        format!("http://{}/dav/", self.address)
    }

    /// The ICAT service, without a slash at the end.
    pub fn icat_url(&self) -> String {
        format!("http://{}/icat", self.address)
    }

    /// All requests since the start or the last [`clear_log`](Self::clear_log), oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.log.records()
    }

    /// Bytes of bodies that went out for paths starting with `path_prefix`.
    pub fn bytes_sent(&self, path_prefix: &str) -> u64 {
        self.state.log.bytes_sent(path_prefix)
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.state.log.clear();
    }

    /// Every answer from now on waits this long.
    pub fn set_latency(&self, latency: Duration) {
        *self.state.latency.lock() = latency;
    }

    /// Adds a fault; the oldest one that matches a request is used.
    pub fn inject(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Takes back all faults.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Ends all catalogue sessions, as if their time had come.
    pub fn expire_sessions(&self) {
        self.state.icat.expire_sessions();
    }

    /// WebDAV accepts only this bearer token from now on: the old one has expired.
    pub fn replace_token(&self, token: &str) {
        self.state.accounts.replace_token(token);
    }
}

impl Drop for Facility {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            if Handle::try_current().is_ok() {
                // Waiting is not allowed inside somebody else's runtime.
                runtime.shutdown_background();
            } else {
                runtime.shutdown_timeout(Duration::from_secs(2));
            }
        }
    }
}

#[expect(clippy::infinite_loop, reason = "ends with the runtime")]
async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
            Err(error) => {
                // Out of file handles, most likely: others will be freed.
                log::warn!("the facility could not accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("no TCP_NODELAY: {error}");
    }
    let reset = Arc::new(AtomicBool::new(false));
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&reset)));
    let service = service_fn(move |request| {
        let (state, reset) = (Arc::clone(&state), Arc::clone(&reset));
        async move { Ok::<_, std::convert::Infallible>(state.answer(request, reset).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(socket, service)
        .await;
    if let Err(error) = served {
        log::debug!("a connection to the facility ended early: {error}");
    }
}
