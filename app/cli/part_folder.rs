//! Folders that appear whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hutch_formats::write::Folder;
use hutch_model::{Error, ErrorKind, Result};

/// So many unfinished folders of one name are tried before giving up.
const TRIES: u32 = 100;
/// Names are cut to this length, so that what is added still fits.
const NAME_CHARS: usize = 60;

/// A folder under a name of its own, beside its real one, that is removed when
/// it never becomes whole.
#[derive(Debug)]
pub(super) struct PartFolder {
    path: PathBuf,
    output: PathBuf,
    is_finished: bool,
}

impl PartFolder {
    /// Begins a folder.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when it cannot be made.
    pub(super) fn create(output: &Path) -> Result<Self> {
        let output = std::path::absolute(output)?;
        let above = output.parent().unwrap_or(&output);
        fs::create_dir_all(above).map_err(|error| failed(&output, error))?;
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let short: String = name.chars().take(NAME_CHARS).collect();
        for attempt in 0..TRIES {
            let path = above.join(format!(".{short}.{}-{attempt}.part", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    return Ok(Self {
                        path,
                        output,
                        is_finished: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&output, error)),
            }
        }
        let why = "unfinished folders of the same name are in the way; remove them";
        Err(Error::new(ErrorKind::Disk, writing(&output), why))
    }

    /// The folder as it is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name; one that was there before is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when it cannot be written.
    pub(super) fn finish(mut self) -> Result<()> {
        let old = self.path.with_extension("old");
        let has_old = self.output.exists();
        if has_old {
            fs::rename(&self.output, &old).map_err(|error| failed(&self.output, error))?;
        }
        if let Err(error) = fs::rename(&self.path, &self.output) {
            if has_old && let Err(error) = fs::rename(&old, &self.output) {
                log::error!(
                    "\"{}\" is now \"{}\": {error}",
                    self.output.display(),
                    old.display()
                );
            }
            return Err(failed(&self.output, error));
        }
        self.is_finished = true;
        if has_old {
            fs::remove_dir_all(&old).map_err(|error| failed(&old, error))?;
        }
        Ok(())
    }

    /// Moves every file of the folder into the one above it.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when one cannot be moved.
    pub(super) fn move_files_up(self, names: impl Iterator<Item = String>) -> Result<()> {
        let above = self.output.parent().unwrap_or(&self.output);
        for name in names {
            let to = above.join(&name);
            fs::rename(self.path.join(&name), &to).map_err(|error| failed(&to, error))?;
        }
        // What is left of it goes when it is dropped.
        Ok(())
    }
}

impl Folder for PartFolder {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        let write = || {
            if let Err(error) = fs::write(&path, bytes) {
                // The folders of a frame are made with its first file.
                let folder = path
                    .parent()
                    .filter(|_| error.kind() == io::ErrorKind::NotFound);
                fs::create_dir_all(folder.ok_or(error)?)?;
                fs::write(&path, bytes)?;
            }
            Ok(())
        };
        write().map_err(|error| failed(&self.output, error))
    }
}

impl Drop for PartFolder {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            log::debug!("remove \"{}\": {error}", self.path.display());
        }
    }
}

fn writing(path: &Path) -> String {
    format!("write \"{}\"", path.display())
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Disk, writing(path), error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_when_it_is_whole_and_replaces_the_old_one() {
        let home = tempfile::tempdir().unwrap();
        let output = home.path().join("x.zarr");
        for text in ["one", "two"] {
            let folder = PartFolder::create(&output).unwrap();
            folder.put("0/1/chunk", text.as_bytes()).unwrap();
            let is_old = text == "one" || fs::read(output.join("0/1/chunk")).unwrap() == b"one";
            assert!(is_old, "the old one stays while the new one is written");
            folder.finish().unwrap();
        }
        assert_eq!(
            fs::read(output.join("0/1/chunk")).unwrap(),
            b"two",
            "the new one"
        );
        let left = fs::read_dir(home.path()).unwrap().count();
        assert_eq!(left, 1, "nothing unfinished stays");
    }

    #[test]
    fn a_folder_that_never_becomes_whole_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let folder = PartFolder::create(&home.path().join("x.zarr")).unwrap();
        folder.put("a/b", b"c").unwrap();
        drop(folder);
        assert_eq!(
            fs::read_dir(home.path()).unwrap().count(),
            0,
            "nothing stays"
        );
    }
}
