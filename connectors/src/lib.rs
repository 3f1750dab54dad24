//! Facilities: catalogues, storage, compute, identity and live sources.
//!
//! One file for each system. A connector knows servers, tokens and protocols;
//! it knows no file format and nothing of what is shown. Adding one is a file
//! and a line in [`registry`].
//!
//! Futures of this package are polled inside a tokio runtime with time and IO;
//! `Handle::block_on` from a pool thread is fine.

pub mod catalogue;
pub mod compute;
pub mod http;
pub mod identity;
pub mod live;
pub mod names;
pub mod read_at;
pub mod registry;
pub mod site;
pub mod storage;

mod wait;
