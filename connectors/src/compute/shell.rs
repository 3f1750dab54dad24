//! Commands on another computer, through the system's own `ssh`.
//!
//! The user's configuration, bastions, Kerberos and agents all work, because
//! it is their `ssh` that runs. Nothing is ever asked: `BatchMode` is on.

use std::path::PathBuf;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hutch_model::{Cancel, Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, Command};

use crate::wait::or_cancel;

/// The most that one command may print.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// The most of its complaints that is kept.
const MOST_COMPLAINTS: usize = 64 * 1024;
/// Variables that hold tokens; no child ever sees them.
const SECRET_VARIABLES: [&str; 3] = ["BEARER_TOKEN", "BEARER_TOKEN_FILE", "SLURM_JWT"];

/// A way to run commands: on a host, or here where the host is empty.
#[derive(Clone, Debug)]
pub struct Shell {
    host: String,
    config: Option<PathBuf>,
    variables: Vec<(String, String)>,
    /// A short, private folder for the sockets of shared connections.
    control: Option<Arc<tempfile::TempDir>>,
    limit: Duration,
}

/// What a command left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Bytes,
    /// What it complained about.
    pub stderr: String,
}

impl Output {
    /// Whether it exited with 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }

    /// What it printed, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl Shell {
    /// A shell on a host (`host`, `user@host`, or a name of the ssh
    /// configuration), or on this computer where it is empty.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a host that `ssh` would take for an option,
    /// [`ErrorKind::Disk`] when there is no folder for its sockets.
    pub fn new(host: &str, config: Option<PathBuf>, limit: Duration) -> Result<Self> {
        let is_plain = !host.starts_with('-')
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"@._-:[]%".contains(&byte));
        if !is_plain {
            return Err(Error::new(
                ErrorKind::Usage,
                "use a host",
                "that is no name of a host",
            ));
        }
        let control = if host.is_empty() {
            None
        } else {
            let folder = tempfile::Builder::new().prefix("hutch-").tempdir();
            Some(Arc::new(folder.map_err(|error| {
                Error::new(ErrorKind::Disk, "prepare ssh", error.to_string()).with_source(error)
            })?))
        };
        Ok(Self {
            host: host.to_owned(),
            config,
            variables: Vec::new(),
            control,
            limit,
        })
    }

    /// The same shell with variables for commands on this computer.
    #[must_use]
    pub fn with_variables(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables = variables;
        self
    }

    /// Runs a script of `sh`, on one line, and waits for its end.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] when the host cannot be reached or is silent,
    /// [`ErrorKind::SignIn`] when it lets nobody in, [`ErrorKind::Cancelled`].
    /// A script that fails is no error: see [`Output::code`].
    pub async fn run(
        &self,
        script: &str,
        input: Bytes,
        tried: &str,
        cancel: &Cancel,
    ) -> Result<Output> {
        let mut stdout = Vec::new();
        let output = self
            .stream(script, input, tried, cancel, |piece| {
                if stdout.len() as u64 + piece.len() as u64 > MOST_BYTES {
                    return Err(Error::new(
                        ErrorKind::Limit,
                        tried,
                        "the command printed more than 64 MiB",
                    ));
                }
                stdout.extend_from_slice(piece);
                Ok(())
            })
            .await?;
        Ok(Output {
            stdout: stdout.into(),
            ..output
        })
    }

    /// The same, giving what is printed to a function as it comes.
    ///
    /// # Errors
    /// As for [`Self::run`], and what the function reports.
    pub async fn stream(
        &self,
        script: &str,
        input: Bytes,
        tried: &str,
        cancel: &Cancel,
        mut sink: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Output> {
        let failed = |error: std::io::Error| {
            let program = if self.host.is_empty() { "sh" } else { "ssh" };
            Error::new(
                ErrorKind::Unsupported,
                tried,
                format!("\"{program}\" cannot be run: {error}"),
            )
            .with_source(error)
        };
        let mut child = self.command(script).spawn().map_err(failed)?;
        let (Some(mut stdin), Some(mut stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Error::new(
                ErrorKind::Internal,
                tried,
                "the pipes are missing",
            ));
        };
        let feed = async move {
            // A command that does not read its input closes it; that is fine.
            if stdin.write_all(&input).await.is_ok() {
                let _closed = stdin.shutdown().await;
            }
            drop(stdin);
        };
        let complained = Mutex::new(Vec::new());
        let complaints = read_complaints(stderr, &complained);
        let printed = async {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match stdout.read(&mut buffer).await {
                    Ok(0) => return Ok(()),
                    Ok(count) => sink(&buffer[..count])?,
                    Err(error) => {
                        return Err(Error::new(ErrorKind::Network, tried, error.to_string())
                            .with_source(error));
                    }
                }
            }
        };
        let ending = async {
            let ((), read) = tokio::join!(feed, printed);
            read?;
            child.wait().await.map_err(failed)
        };
        let work = async {
            let mut complaints = pin!(complaints);
            let mut ending = pin!(ending);
            let mut is_quiet = false;
            let status = loop {
                tokio::select! {
                    status = &mut ending => break status?,
                    () = &mut complaints, if !is_quiet => is_quiet = true,
                }
            };
            if !is_quiet {
                // A shared connection may keep this pipe open after the end.
                let _rest = tokio::time::timeout(Duration::from_millis(300), complaints).await;
            }
            let text = complained.lock().clone();
            Ok(Output {
                code: status.code(),
                stdout: Bytes::new(),
                stderr: String::from_utf8_lossy(&text).trim().to_owned(),
            })
        };
        let timed = async {
            tokio::time::timeout(self.limit, work)
                .await
                .unwrap_or_else(|_| {
                    Err(Error::new(
                        ErrorKind::Network,
                        tried,
                        format!("no answer in {} s", self.limit.as_secs()),
                    ))
                })
        };
        // Dropping the child ends it.
        let output = or_cancel(cancel, Box::pin(timed)).await?;
        self.check(output, tried)
    }

    /// Tells failures of ssh itself (255) from those of the command.
    fn check(&self, output: Output, tried: &str) -> Result<Output> {
        if self.host.is_empty() || output.code != Some(255) {
            return Ok(output);
        }
        let words = crate::http::words_of(output.stderr.as_bytes());
        let lower = words.to_ascii_lowercase();
        let kind = if lower.contains("permission denied") || lower.contains("authentication") {
            ErrorKind::SignIn
        } else if lower.contains("host key verification") {
            ErrorKind::Refused
        } else {
            ErrorKind::Network
        };
        Err(Error::new(kind, tried, format!("ssh says: {words}")))
    }

    fn command(&self, script: &str) -> Command {
        let mut command = if self.host.is_empty() {
            let mut command = Command::new("sh");
            command.arg("-c").arg(script);
            command.envs(self.variables.iter().map(|(name, value)| (name, value)));
            command
        } else {
            let mut command = Command::new("ssh");
            if let Some(config) = &self.config {
                command.arg("-F").arg(config);
            }
            for option in [
                "BatchMode=yes",
                "ConnectTimeout=15",
                "ServerAliveInterval=15",
            ] {
                command.arg("-o").arg(option);
            }
            if let Some(folder) = &self.control {
                // One connection serves many commands; its path must be short.
                let path = folder.path().join("%C");
                command.arg("-o").arg("ControlMaster=auto");
                command
                    .arg("-o")
                    .arg(format!("ControlPath={}", path.display()));
                command.arg("-o").arg("ControlPersist=60");
            }
            command
                .arg("-T")
                .arg("--")
                .arg(&self.host)
                .arg(format!("sh -c {}", quote(script)));
            command
        };
        for name in SECRET_VARIABLES {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

async fn read_complaints(mut stderr: ChildStderr, into: &Mutex<Vec<u8>>) {
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut text = into.lock();
        let room = MOST_COMPLAINTS.saturating_sub(text.len()).min(count);
        text.extend_from_slice(&buffer[..room]);
    }
}

/// Ends a child and does not leave it behind.
pub(super) async fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ended = child.kill().await;
}

/// A text as one word of a POSIX shell. It reads the same in csh and fish, as
/// long as it holds no newline.
pub fn quote(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:,+@%^".contains(&byte));
    if is_plain {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(script: &str, input: &str) -> Output {
        let shell = Shell::new("", None, Duration::from_secs(10)).unwrap();
        let input = Bytes::copy_from_slice(input.as_bytes());
        shell
            .run(script, input, "run a test", &Cancel::new())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_word_stays_one_word_whatever_it_holds() {
        for text in [
            "plain",
            "",
            "a b",
            "it's",
            "$(reboot)",
            "`x`",
            "a;b|c>d",
            "*",
            "\\",
            "ü\"'",
        ] {
            let script = format!("printf %s {}", quote(text));
            assert_eq!(run(&script, "").await.text(), text, "{text:?}");
            let twice = format!("sh -c {}", quote(&script));
            assert_eq!(run(&twice, "").await.text(), text, "{text:?} quoted twice");
        }
    }

    #[tokio::test]
    async fn input_output_and_code_come_through() {
        let output = run("cat; echo oops >&2; exit 3", "hello").await;
        assert_eq!(output.text(), "hello", "its output");
        assert_eq!(
            (output.code, output.stderr.as_str()),
            (Some(3), "oops"),
            "its end"
        );
    }

    #[tokio::test]
    async fn a_silent_command_is_ended() {
        let shell = Shell::new("", None, Duration::from_millis(100)).unwrap();
        let begun = std::time::Instant::now();
        let error = shell
            .run("sleep 30", Bytes::new(), "wait", &Cancel::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "in time");
    }

    #[test]
    fn a_host_is_never_an_option() {
        for host in ["-oProxyCommand=x", "a b", "a;b", "$(x)"] {
            assert!(
                Shell::new(host, None, Duration::from_secs(1)).is_err(),
                "{host}"
            );
        }
    }
}
