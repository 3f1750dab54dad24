//! What all servers share: a folder, a script that starts, one that ends.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::ports;
use crate::skips::{servers_asked, skip};

/// How often a start is tried, with other ports each time.
const ATTEMPTS: u32 = 3;

/// Why a server that should start did not.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The script ended with an error; what it said.
    #[error("could not start {what}: {said}")]
    Script {
        /// The server.
        what: &'static str,
        /// The last lines of the script and of the server's log.
        said: String,
    },
    /// A folder could not be made, or a program not be run.
    #[error("could not prepare a server: {0}")]
    Io(#[from] io::Error),
}

/// A running server: its folder. Dropping it ends the server and removes the folder.
///
/// If the test process is killed, a watcher does the same within a second.
#[derive(Debug)]
pub struct Server {
    /// Configuration, keys, `log/`, `run/` and `data/`.
    pub dir: PathBuf,
    /// The first of its two ports.
    pub port: u16,
    // Dropped after `drop` below ran: the folder outlives the server.
    _folder: TempDir,
}

/// What to start, and what it needs.
pub(crate) struct Recipe<'a> {
    /// The word in skips and in `HUTCH_REQUIRE`.
    pub(crate) what: &'static str,
    /// The script in `scripts/`, taking a folder and a port.
    pub(crate) script: &'static str,
    /// Programs that must be installed; of each group, one.
    pub(crate) programs: &'a [&'a [&'a str]],
    /// Variables for the script.
    pub(crate) variables: Vec<(&'static str, &'a OsStr)>,
}

impl Server {
    /// Starts a server, or records a skip when nobody asked for it or a program
    /// is missing.
    pub(crate) fn start(recipe: &Recipe<'_>) -> Result<Option<Self>, StartError> {
        if let Some(reason) = reason_to_skip(recipe.programs) {
            skip(recipe.what, &reason);
            return Ok(None);
        }
        let mut attempt = 1;
        loop {
            match Self::try_start(recipe) {
                Ok(server) => return Ok(Some(server)),
                Err(StartError::Script { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The folder whose files the server shows (Apache and XRootD).
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Writes a file below the data folder, owned by the server, so that clients
    /// may also replace and delete it. `path` has `/` between its parts.
    ///
    /// # Errors
    /// When the file or one of its folders cannot be written.
    pub fn put_file(&self, path: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let mut file = self.data_dir();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            file.push(part);
            if parts.peek().is_some() && !file.is_dir() {
                fs::create_dir(&file)?;
                self.hand_over(&file)?;
            }
        }
        fs::write(&file, bytes)?;
        self.hand_over(&file)?;
        Ok(file)
    }

    /// Gives a file or folder to the user as whom the server runs.
    ///
    /// # Errors
    /// When the owner cannot be changed; never happens without root, where all
    /// run as the same user.
    pub fn hand_over(&self, path: &Path) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, chown};
            let data = fs::metadata(self.data_dir())?;
            chown(path, Some(data.uid()), Some(data.gid()))?;
        }
        Ok(())
    }

    fn try_start(recipe: &Recipe<'_>) -> Result<Self, StartError> {
        let folder = tempfile::Builder::new().prefix("hutch-server-").tempdir()?;
        // Servers that give up root must still pass through it.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        }
        let dir = folder.path().canonicalize()?;
        let port = ports::free_pair()
            .ok_or_else(|| io::Error::other("no free port between 20000 and 32000"))?;
        let server = Self {
            dir,
            port,
            _folder: folder,
        };
        server.watch()?;
        let output = Command::new(script(recipe.script))
            .arg(&server.dir)
            .arg(port.to_string())
            .envs(recipe.variables.iter().copied())
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(server);
        }
        Err(StartError::Script {
            what: recipe.what,
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// Leaves a process that ends the server should this one be killed.
    fn watch(&self) -> io::Result<()> {
        Command::new("setsid")
            .arg("--fork")
            .arg(script("watch.sh"))
            .arg(&self.dir)
            .arg(std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(())
    }
}

impl Drop for Server {
    #[expect(
        clippy::print_stderr,
        reason = "a drop has no other way to say that a server may still run"
    )]
    fn drop(&mut self) {
        let ended = Command::new(script("down.sh"))
            .arg(&self.dir)
            .stdin(Stdio::null())
            .status();
        if !matches!(&ended, Ok(status) if status.success()) {
            eprintln!(
                "could not end the server in '{}': {ended:?}",
                self.dir.display()
            );
        }
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scripts")
        .join(name)
}

/// Why servers that need `programs` cannot start here, if so.
fn reason_to_skip(programs: &[&[&str]]) -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("real servers are started on Linux only".to_owned());
    }
    if !servers_asked() {
        return Some("nobody asked for real servers: use --servers, or set CI".to_owned());
    }
    let missing = programs
        .iter()
        .find(|names| !names.iter().any(|name| is_installed(name)))?;
    Some(format!("'{}' is not installed", missing.join("' or '")))
}

/// Whether a program is on the path, or where daemons are kept.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .any(|folder| folder.join(program).is_file())
}
