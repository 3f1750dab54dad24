//! The embedded facility: WebDAV and catalogue doubles, faults on demand.
