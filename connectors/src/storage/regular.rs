//! Opening files of a disk, and nothing else that has a path.

use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

use hutch_model::{Error, ErrorKind, Result};

use super::file::disk;

/// Opens a regular file, and says what it is.
///
/// A pipe would hold the thread until somebody writes into it, and a device
/// may act when it is opened, so both are refused without opening them.
///
/// # Errors
/// [`ErrorKind::NotFound`], [`ErrorKind::Disk`], [`ErrorKind::Usage`] for a
/// folder, a pipe, a socket or a device.
pub(super) fn open_regular(path: &Path, tried: &str) -> Result<(File, Metadata)> {
    check(
        &std::fs::metadata(path).map_err(|error| disk(error, tried))?,
        tried,
    )?;
    let mut options = OpenOptions::new();
    options.read(true);
    // What became a pipe since it was looked at does not hold the thread either.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| disk(error, tried))?;
    let metadata = file.metadata().map_err(|error| disk(error, tried))?;
    check(&metadata, tried)?;
    Ok((file, metadata))
}

fn check(metadata: &Metadata, tried: &str) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let why = if metadata.is_dir() {
        "it is a folder"
    } else {
        "it is a pipe, a socket or a device, not a file"
    };
    Err(Error::new(ErrorKind::Usage, tried, why))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_not_read() {
        let error = open_regular(Path::new("/dev/zero"), "open").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{error}");
        assert!(error.why.contains("device"), "what it is: {error}");
    }

    #[test]
    fn a_pipe_does_not_hold_the_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.h5");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        let (send, done) = std::sync::mpsc::sync_channel(1);
        let opened = std::thread::Builder::new()
            .spawn(move || send.send(open_regular(&path, "open").map(|_| ())))
            .unwrap();
        let result = done.recv_timeout(std::time::Duration::from_secs(10));
        let error = result.expect("it ends").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{error}");
        opened.join().unwrap().unwrap();
    }
}
