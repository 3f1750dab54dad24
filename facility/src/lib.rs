//! The embedded facility: a WebDAV server and an ICAT catalogue over a folder
//! of real, small data, with faults on demand.
//!
//! It serves `hutch demo`, and the tests of everything that talks to a
//! facility. It knows the servers' own manuals and nothing of the connectors:
//! its catalogue answers are recorded text in `answers/`, so that a mistake in
//! a client cannot be repeated here.
//!
//! ```no_run
//! use hutch_facility::{Facility, FacilityOptions, data};
//!
//! let folder = data::make_demo_folder(std::path::Path::new("cache"))?;
//! let facility = Facility::start(FacilityOptions::new(&folder.root))?;
//! println!("{} {}", facility.dav_url(), facility.icat_url());
//! # Ok::<(), std::io::Error>(())
//! ```

mod auth;
mod body;
pub mod data;
mod dav;
mod fault;
mod form;
mod icat;
mod options;
mod request_log;
mod route;
mod server;
mod socket;

pub use fault::{Fault, FaultKind};
pub use options::{FacilityOptions, FreeText};
pub use request_log::RequestRecord;
pub use server::Facility;
