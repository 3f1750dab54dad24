//! Storages: a local disk, WebDAV, plain HTTP.

mod content_range;
mod file;
mod file_read_at;
mod guarded;
mod http_file;
mod multipart;
mod propfind;
mod regular;
mod version;
mod webdav;

use hutch_model::{Error, ErrorKind, Result};

pub use file::FileStorage;
pub(crate) use file::{disk, file_url, part_of, write_private};
pub use file_read_at::FileReadAt;
pub(crate) use file_read_at::read_exact_at;
pub use guarded::Guarded;
pub(crate) use guarded::is_raw;
pub use http_file::HttpFile;
pub use version::Known;
pub use webdav::WebDav;

/// The components of a storage path; `/`, the empty path and doubled slashes
/// are fine, `..` is not.
pub(crate) fn components<'a>(path: &'a str, tried: &str) -> Result<Vec<&'a str>> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts
        .iter()
        .any(|part| *part == ".." || part.contains('\0'))
    {
        return Err(Error::new(
            ErrorKind::Usage,
            tried,
            "a path may not climb above its storage",
        ));
    }
    Ok(parts)
}
