//! Apache and XRootD, brought far away by a proxy that hands on what is asked
//! only after a latency. Requests and bytes are those of the server's own log.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::Result;
use hutch_testservers::{Apache, Served, Server, Xrootd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::measure::{Apart, Counted, Counter, Step};
use crate::reader::{Reader, frame, level, sinogram, walk};

/// Hands bytes on to a port until it is killed; prints its own port first.
pub(crate) async fn delay(port: u16, latency: Duration) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (client, _) = listener.accept().await?;
        let server = TcpStream::connect(("127.0.0.1", port)).await?;
        tokio::spawn(async move {
            // Either end may go away.
            let _ended = hand_on(client, server, latency).await;
        });
    }
}

async fn hand_on(client: TcpStream, server: TcpStream, latency: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asked, mut answers) = client.into_split();
    let (mut back, mut there) = server.into_split();
    let asking = async move {
        let mut piece = vec![0; 64 << 10];
        loop {
            let count = asked.read(&mut piece).await?;
            if count == 0 {
                return there.shutdown().await;
            }
            tokio::time::sleep(latency).await;
            there.write_all(&piece[..count]).await?;
        }
    };
    let answering = async move {
        tokio::io::copy(&mut back, &mut answers).await?;
        answers.shutdown().await
    };
    tokio::try_join!(asking, answering)?;
    Ok(())
}

/// A real server behind the proxy.
struct Real<'a> {
    url: String,
    log: Box<dyn Fn() -> Served + 'a>,
    before: Mutex<Served>,
}

impl Counter for Real<'_> {
    fn url(&self) -> &str {
        &self.url
    }

    fn take(&self) -> Result<Counted> {
        // Logs are written after the answer went out.
        std::thread::sleep(Duration::from_millis(200));
        let now = (self.log)();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = Counted {
            requests: now.requests - before.requests,
            bytes: now.bytes - before.bytes,
            rounds: None,
        };
        *before = now;
        Ok(counted)
    }
}

const FILES: [&str; 3] = ["tree_earliest.h5", "eiger_u16.h5", "tomo_sparse.h5"];

/// Measures those of the servers that are installed and asked for.
pub(crate) async fn servers(folder: &Path, kept: &Path) -> Result<()> {
    if let Some(apache) = Apache::start()? {
        lay_out(folder, &apache.server)?;
        let log = Box::new(|| apache.served());
        measure("Apache", &apache.server, "/open", log, &kept.join("apache")).await?;
    }
    if let Some(xrootd) = Xrootd::start()? {
        lay_out(folder, &xrootd.server)?;
        let log = Box::new(|| xrootd.served());
        measure("XRootD", &xrootd.server, "", log, &kept.join("xrootd")).await?;
    }
    Ok(())
}

/// The files lie in the folder of the server, too.
fn lay_out(folder: &Path, server: &Server) -> Result<()> {
    for name in FILES {
        let (from, to) = (folder.join(name), server.data_dir().join(name));
        if std::fs::hard_link(&from, &to).is_err() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(std::fs::canonicalize(&from)?, &to)?;
        }
    }
    Ok(())
}

async fn measure(
    what: &str,
    server: &Server,
    folder: &str,
    log: Box<dyn Fn() -> Served + '_>,
    kept: &Path,
) -> Result<()> {
    let far = Apart::start("--delay", Path::new(&server.port.to_string()))?;
    let real = Real {
        url: format!("{}{folder}", far.address()),
        before: Mutex::new(log()),
        log,
    };
    for turn in [what.to_owned(), format!("{what}, opened again")] {
        println!("{turn}");
        let reader = Reader::new(kept)?;
        steps(&reader, &real).await?;
        // What was read is written to the disk behind the reader's back.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn steps(reader: &Reader, server: &Real<'_>) -> Result<()> {
    let step = Step::begin(server)?;
    let container = reader.open(&server.url, "tree_earliest.h5").await?;
    let root = level(&*container, &["/".to_owned()]).await?;
    let count = walk(&*container, root).await? + 1;
    let name = format!("tree_earliest.h5: open, walk {count} objects");
    step.end(server, &name, 0)?;
    let step = Step::begin(server)?;
    let data = reader.stack(&server.url, "eiger_u16.h5").await?;
    frame(&data, 0).await?;
    step.end(server, "eiger_u16.h5: first frame", 0)?;
    let step = Step::begin(server)?;
    let data = reader.stack(&server.url, "tomo_sparse.h5").await?;
    frame(&data, 0).await?;
    step.end(server, "tomo_sparse.h5 (1 TB): first frame", 0)?;
    let step = Step::begin(server)?;
    sinogram(&data, 375).await?;
    step.end(server, "tomo_sparse.h5 (1 TB): a sinogram of 375 rows", 0)
}
