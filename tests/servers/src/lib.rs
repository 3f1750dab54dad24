//! Real servers for tests: Apache, XRootD, sshd and Slurm, each private to a
//! temporary folder, on free ports of 127.0.0.1, and gone when its guard is
//! dropped.
//!
//! They start only when somebody asked for them (see [`servers_asked`]) and
//! their programs are installed; otherwise `start` returns `None`, and the skip
//! is on record. A test therefore begins like this:
//!
//! ```no_run
//! # fn main() -> Result<(), hutch_testservers::StartError> {
//! use hutch_testservers::Apache;
//!
//! let Some(apache) = Apache::start()? else {
//!     return Ok(());
//! };
//! apache.server.put_file("scan.h5", b"...")?;
//! let url = format!("{}scan.h5", apache.url);
//! # Ok(())
//! # }
//! ```
//!
//! `README.md` in this folder describes the record of skips.

mod ports;
mod python;
mod served;
mod server;
mod skips;

mod apache;
mod cluster;
mod slurm;
mod sshd;
mod xrootd;

pub use apache::{Apache, ApacheSetup, PASSWORD, USER};
pub use cluster::Cluster;
pub use python::python_with;
pub use served::Served;
pub use server::{Server, StartError};
pub use skips::{servers_asked, skip};
pub use slurm::Slurm;
pub use sshd::Sshd;
pub use xrootd::Xrootd;
