//! OpenSSH's server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{Recipe, Server, StartError};

/// A running sshd that lets in the user who runs the test, by key.
#[derive(Debug)]
pub struct Sshd {
    /// For `ssh -F`: keys, known hosts, and the host names below.
    pub ssh_config: PathBuf,
    /// The host name that goes straight to it.
    pub host: &'static str,
    /// The host name that goes through a bastion by `ProxyJump`.
    pub host_behind_bastion: &'static str,
    /// The folder and the process.
    pub server: Server,
}

impl Sshd {
    /// Starts sshd, or records a skip and returns `None`.
    ///
    /// # Errors
    /// When it is asked for and installed, but does not start.
    pub fn start() -> Result<Option<Self>, StartError> {
        Self::start_for(None)
    }

    /// A command that runs `command`, a line for the remote shell, on the server.
    pub fn ssh(&self, command: &str) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F")
            .arg(&self.ssh_config)
            .args([self.host, command])
            .stdin(Stdio::null());
        ssh
    }

    /// Starts sshd with `SLURM_CONF` in each session.
    pub(crate) fn start_for(slurm_conf: Option<&Path>) -> Result<Option<Self>, StartError> {
        let server = Server::start(&Recipe {
            what: "sshd",
            script: "sshd-up.sh",
            programs: &[&["sshd"], &["ssh"], &["ssh-keygen"]],
            variables: slurm_conf
                .iter()
                .map(|path| ("SLURM_CONF", path.as_os_str()))
                .collect(),
        })?;
        Ok(server.map(|server| Self {
            ssh_config: server.dir.join("ssh_config"),
            host: "cluster",
            host_behind_bastion: "behind-bastion",
            server,
        }))
    }
}
