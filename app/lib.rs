//! The program: the window, the command line, jobs and residency.
//!
//! What needs two rooms is put together here, in small files that only compose.

pub mod address;
pub mod ask;
pub mod cli;
pub mod demo;
mod endings;
mod frames;
pub mod geometry;
pub mod jobs;
mod mask_files;
mod masks;
mod movie;
pub mod neighbours;
mod notes;
pub mod open;
pub mod picture;
pub mod pools;
pub mod python;
pub mod reconstruct;
mod regions;
pub mod remote;
pub mod residency;
pub mod runner;
pub mod scan_rows;
pub mod serial;
pub mod settings;
pub mod sites;
pub mod window;
