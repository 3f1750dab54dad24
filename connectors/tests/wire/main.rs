//! Connectors against servers that answer exactly what a test says.

// The lints that tests are excused from ask for `cfg(test)` on a module.
#[cfg(test)]
mod again;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod icat;
#[cfg(test)]
mod ranges;
#[cfg(test)]
mod server;
#[cfg(test)]
mod webdav;
