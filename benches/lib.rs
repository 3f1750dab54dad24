//! Benchmarks of Hutch, run by `cargo xtask bench`; see the files beside this one.
