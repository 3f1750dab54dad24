//! Catalogues: ICAT, and folders of beamtimes at DESY.

mod asap3;
mod icat;
mod icat_entity;
mod icat_query;
mod icat_session;

pub use asap3::Asap3;
pub use icat::Icat;
