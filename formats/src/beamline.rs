//! What beamlines write beside HDF5: EDF, CBF, SMV and `MarCCD` images, SPEC and
//! `.fio` scans, and any of them inside gzip or bzip2.
//!
//! A parser is a pure function from bytes to a header, a decoder one from bytes to
//! samples; both take any bytes and answer with a [`fault::Fault`].

pub(crate) mod fault;
mod fields;
mod inflate;
pub(crate) mod pairs;
mod scan;
mod tree;

pub(crate) mod cbf;
pub(crate) mod edf;
pub(crate) mod fio;
pub(crate) mod marccd;
pub(crate) mod smv;
pub(crate) mod spec;
pub(crate) mod wrapped;
