//! Slurm: munged, slurmctld and slurmd.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::server::{Recipe, Server, StartError};

/// A running Slurm of one node with 4 CPUs, without accounting.
#[derive(Debug)]
pub struct Slurm {
    /// The value for `SLURM_CONF`.
    pub conf: PathBuf,
    /// Its partitions; the first is the default one.
    pub partitions: [&'static str; 2],
    /// The folder and the processes.
    pub server: Server,
}

impl Slurm {
    /// Starts Slurm, or records a skip and returns `None`.
    ///
    /// # Errors
    /// When it is asked for and installed, but does not start.
    pub fn start() -> Result<Option<Self>, StartError> {
        let server = Server::start(&Recipe {
            what: "slurm",
            script: "slurm-up.sh",
            programs: &[&["munged"], &["slurmctld"], &["slurmd"], &["sbatch"]],
            variables: Vec::new(),
        })?;
        Ok(server.map(|server| Self {
            conf: server.dir.join("slurm.conf"),
            partitions: ["allcpu", "maxgpu"],
            server,
        }))
    }

    /// A command of Slurm (`sbatch`, `squeue`, ...) that talks to this one.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", &self.conf).stdin(Stdio::null());
        command
    }
}
