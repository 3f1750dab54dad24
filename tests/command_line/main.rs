//! The command line, from outside: the values, the words and the exit codes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test that fails, fails the test"
)]

mod assembled;
mod calibrate;
mod convert;
mod drawings;
mod existing;
mod far;
mod fields;
mod fit;
mod folders;
mod hutch;
mod integrate;
mod listing;
mod pictures;
mod recipes;
mod samples;
mod serial;
mod spectra;
mod stats;
mod values;
mod words;
mod wrong;
