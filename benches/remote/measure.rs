//! A row of the table: what a server counted, wall and CPU time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What a server counted since it was asked last.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    /// The longest chain of requests that waited for each other, where known.
    pub(crate) rounds: Option<u64>,
}

/// A server that counts.
pub(crate) trait Counter {
    /// Its address, without a slash at the end.
    fn url(&self) -> &str;
    /// What it counted; it begins anew.
    fn take(&self) -> Result<Counted>;
}

/// One row: begun, done, printed.
pub(crate) struct Step {
    begun: Instant,
    cpu: Duration,
}

impl Step {
    pub(crate) fn begin(server: &dyn Counter) -> Result<Self> {
        server.take()?;
        Ok(Self {
            begun: Instant::now(),
            cpu: cpu_time(),
        })
    }

    pub(crate) fn end(self, server: &dyn Counter, name: &str, frames: u32) -> Result<()> {
        let (wall, cpu) = (self.begun.elapsed(), cpu_time().saturating_sub(self.cpu));
        let seen = server.take()?;
        let rounds = seen
            .rounds
            .map_or_else(String::new, |rounds| rounds.to_string());
        let rate = if frames == 0 {
            String::new()
        } else {
            format!("{:8.1}", f64::from(frames) / wall.as_secs_f64())
        };
        println!(
            "  {name:44} {:5} {rounds:>4} {:9.2} {:8.3} {:8.3} {rate}",
            seen.requests,
            seen.bytes as f64 / 1e6,
            wall.as_secs_f64(),
            cpu.as_secs_f64()
        );
        Ok(())
    }
}

/// CPU time of this process, all threads.
fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).unwrap_or_default()
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// A part of this program in a process of its own, so that its work is not
/// taken for the reader's; it prints its port first.
pub(crate) struct Apart {
    url: String,
    process: Child,
}

impl Apart {
    pub(crate) fn start(option: &str, value: &Path) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(option)
            .arg(value)
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().context("the server says nothing")?;
        let mut port = String::new();
        BufReader::new(out).read_line(&mut port)?;
        Ok(Self {
            url: format!("http://127.0.0.1:{}", port.trim()),
            process,
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.url
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

impl Counter for Apart {
    fn url(&self) -> &str {
        &self.url
    }

    fn take(&self) -> Result<Counted> {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        stream.write_all(b"GET /_stat HTTP/1.1\r\n\r\n")?;
        stream.shutdown(Shutdown::Write)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (_, body) = text.split_once("\r\n\r\n").context("no counts came")?;
        let seen: serde_json::Value = serde_json::from_str(body)?;
        let number = |key: &str| seen[key].as_u64();
        Ok(Counted {
            requests: number("requests").unwrap_or(0),
            bytes: number("bytes").unwrap_or(0),
            rounds: number("rounds"),
        })
    }
}
