//! Compute services: Slurm over ssh, and this computer.

mod local;
mod shell;
mod slurm;
mod slurm_fetch;
mod slurm_text;

pub use local::LocalCompute;
pub use shell::{Output, Shell, quote};
pub use slurm::{Slurm, SlurmSettings};
