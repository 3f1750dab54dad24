//! A cluster as a scientist meets it: Slurm behind ssh.

use crate::server::StartError;
use crate::{Slurm, Sshd};

/// A Slurm whose commands work in an ssh session:
/// `ssh -F SSH_CONFIG cluster sbatch --parsable`.
#[derive(Debug)]
pub struct Cluster {
    /// The way in; ends first.
    pub sshd: Sshd,
    /// The scheduler.
    pub slurm: Slurm,
}

impl Cluster {
    /// Starts both, or records a skip and returns `None`.
    ///
    /// # Errors
    /// When one is asked for and installed, but does not start.
    pub fn start() -> Result<Option<Self>, StartError> {
        let Some(slurm) = Slurm::start()? else {
            return Ok(None);
        };
        let sshd = Sshd::start_for(Some(&slurm.conf))?;
        Ok(sshd.map(|sshd| Self { sshd, slurm }))
    }
}
