//! Files that Hutch leaves on this computer: where they may go, and how they
//! appear, which is whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use hutch_connectors::site::{self, Site};
use hutch_formats::results::WriteAt;
use hutch_model::{Error, ErrorKind, Operation, Permission, Result};
use hutch_viewers::numbers;
use parking_lot::Mutex;

use crate::address::Place;
use crate::sites::Sites;

/// Names of files that are not whole yet are cut to this length, so that what is
/// added still fits into a file system's 255 bytes.
const NAME_CHARS: usize = 60;
/// So many unfinished files of one name are tried before giving up.
const TRIES: u32 = 100;

/// Whether a file may be written: it is neither its own source, nor a folder,
/// nor raw data of any site.
///
/// # Errors
/// [`ErrorKind::Usage`] for the source, a folder and a device;
/// [`ErrorKind::Refused`] where a profile keeps raw data.
pub(crate) fn check_output(sites: &Sites, source: Option<&Place>, output: &Path) -> Result<()> {
    let bad = |why: &str| Err(Error::new(ErrorKind::Usage, writing(output), why));
    if output.file_name().is_none() {
        return bad("this is a folder; name a file in it");
    }
    match std::fs::metadata(output) {
        Ok(known) if known.is_dir() => return bad("this is a folder; name a file in it"),
        Ok(known) if !known.is_file() => return bad("this is no ordinary file"),
        _ => {}
    }
    let local = source.and_then(|place| local_path(sites, place));
    if local.is_some_and(|path| is_same_file(&path, output)) {
        return bad("this is the source itself; name another file");
    }
    check_folder(sites, output)
}

/// The same for a file that a person named: its folder must be there, so that no folder
/// comes of a name that was written wrong.
///
/// # Errors
/// Those of [`check_output`]; [`ErrorKind::Usage`] without the folder.
pub(crate) fn check_named(sites: &Sites, source: Option<&Place>, output: &Path) -> Result<()> {
    check_output(sites, source, output)?;
    let folder = output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            let why = format!("there is no folder \"{}\"; make it first", folder.display());
            Err(Error::new(ErrorKind::Usage, writing(output), why))
        }
        _ => Ok(()),
    }
}

/// Whether anything may be written at a path: the raw data of every site that
/// this computer knows is kept, wherever it is mounted.
///
/// # Errors
/// [`ErrorKind::Refused`] where a profile keeps raw data.
pub(crate) fn check_folder(sites: &Sites, path: &Path) -> Result<()> {
    // A link may lead into a folder of raw data, or be one by its name.
    let ways = [real_path(path), plain_path(path)];
    for name in sites.names() {
        let Some(profile) = sites.profile(&name).filter(|site| !site.raw.is_empty()) else {
            continue;
        };
        for location in ways.iter().flat_map(|path| locations(profile, path)) {
            if let Permission::No(why) = profile.may(Operation::Write, &location) {
                return Err(Error::new(ErrorKind::Refused, writing(path), why));
            }
        }
    }
    Ok(())
}

/// What a path of this computer is called by a site: as here, and as the
/// catalogue and the storage call what is mounted here.
fn locations(profile: &Site, path: &Path) -> Vec<String> {
    let here = path.to_string_lossy().into_owned();
    let below = |root: &str| {
        let rest = here.strip_prefix(root.trim_end_matches('/'))?;
        (!root.is_empty() && rest.starts_with('/')).then(|| rest.to_owned())
    };
    let mut all = Vec::new();
    for section in &profile.locations {
        if let Some(rest) = below(&section.mount) {
            all.push(format!("{}{rest}", section.prefix.trim_end_matches('/')));
        }
    }
    all.extend(profile.storage.iter().filter_map(|own| below(&own.folder)));
    all.push(here);
    all
}

/// The path of a place that is on this computer.
pub(crate) fn local_path(sites: &Sites, place: &Place) -> Option<PathBuf> {
    match place {
        Place::Local(path) => Some(path.clone()),
        Place::Url(_) => None,
        Place::Site { site, path } => {
            let profile = sites.profile(site)?;
            let path = match profile.place_of(path) {
                Some(site::Place::Mount(path)) => return Some(path),
                Some(site::Place::Storage(path)) => path,
                None => path.clone(),
            };
            let folder = &profile.storage.as_ref()?.folder;
            (!folder.is_empty()).then(|| Path::new(folder).join(path.trim_start_matches('/')))
        }
    }
}

/// Whether two paths are one file, by links and under other names as well.
pub(crate) fn is_same_file(first: &Path, second: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let identity = |path: &Path| {
            let known = std::fs::metadata(path).ok()?;
            Some((known.dev(), known.ino()))
        };
        if let (Some(first), Some(second)) = (identity(first), identity(second)) {
            return first == second;
        }
    }
    real_path(first) == real_path(second)
}

/// The path without links, as far as it exists.
fn real_path(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut known = whole.as_path();
    let mut rest: Vec<&OsStr> = Vec::new();
    loop {
        if let Ok(real) = known.canonicalize() {
            return rest.iter().rev().fold(real, |path, name| path.join(name));
        }
        match (known.parent(), known.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name);
                known = parent;
            }
            _ => return plain_path(path),
        }
    }
}

/// The path as it was given, from the root and without `..`.
fn plain_path(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// Whether the disk of a file has room for so many bytes.
///
/// # Errors
/// [`ErrorKind::Disk`] with both numbers where it has not.
pub(crate) fn check_room(output: &Path, size_bytes: u64) -> Result<()> {
    match free_bytes(output) {
        Some(free) if free < size_bytes => Err(Error::new(
            ErrorKind::Disk,
            writing(output),
            format!(
                "it needs {}, where the disk has {} free",
                numbers::bytes(size_bytes),
                numbers::bytes(free)
            ),
        )),
        // What cannot be told is found out by writing.
        _ => Ok(()),
    }
}

/// Free space of the disk of a path that need not exist yet.
#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let whole = std::path::absolute(path).ok()?;
    let space = whole
        .ancestors()
        .find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(not(unix))]
const fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// A file under a name of its own that takes its real name when it is whole,
/// and is removed when it never becomes so.
#[derive(Debug)]
pub(crate) struct PartFile {
    path: PathBuf,
    output: PathBuf,
    file: Mutex<File>,
    is_finished: bool,
}

impl PartFile {
    /// Begins a file, and makes its folder.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when it cannot be written.
    pub(crate) fn create(output: &Path) -> Result<Self> {
        let output = real_path(output);
        if let Some(folder) = output.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(&output, error))?;
        }
        for attempt in 0..TRIES {
            let path = output.with_file_name(part_name(&output, attempt));
            // Made as any other file, so that the group may read what it may.
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Self {
                        path,
                        output,
                        file: Mutex::new(file),
                        is_finished: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&output, error)),
            }
        }
        Err(Error::new(
            ErrorKind::Disk,
            writing(&output),
            "unfinished files of the same name are in the way; remove them",
        ))
    }

    /// Gives the file its name; what was there before is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Disk`] when it cannot be written.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.file
            .lock()
            .sync_all()
            .and_then(|()| std::fs::rename(&self.path, &self.output))
            .map_err(|error| failed(&self.output, error))?;
        self.is_finished = true;
        Ok(())
    }
}

/// Writes a whole file.
///
/// # Errors
/// [`ErrorKind::Disk`] when it cannot be written.
pub(crate) fn write_file(output: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = PartFile::create(output)?;
    file.write_all(bytes)
        .map_err(|error| failed(output, error))?;
    file.finish()
}

/// `.NAME.PID.part`; two runs with one output never share it.
fn part_name(output: &Path, attempt: u32) -> OsString {
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let short: String = name.chars().take(NAME_CHARS).collect();
    let number = std::process::id();
    let again = (attempt > 0).then(|| format!("-{attempt}"));
    format!(".{short}.{number}{}.part", again.unwrap_or_default()).into()
}

fn writing(path: &Path) -> String {
    format!("write \"{}\"", path.display())
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Disk, writing(path), error.to_string()).with_source(error)
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            log::debug!("remove \"{}\": {error}", self.path.display());
        }
    }
}

impl Write for PartFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file.get_mut().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.get_mut().flush()
    }
}

impl WriteAt for PartFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut file = self.file.lock();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.write_all(bytes))
            .map_err(|error| failed(&self.output, error))
    }
}

#[cfg(test)]
mod tests {
    use hutch_connectors::identity::Vault;

    use super::*;

    fn sites(profile: &str) -> Sites {
        let site = Site::parse("lab", profile).unwrap().0;
        Sites::of(vec![site], Vec::new(), None, Vault::in_memory()).unwrap()
    }

    #[test]
    fn two_unfinished_files_of_one_name_are_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.h5");
        let first = PartFile::create(&output).unwrap();
        let mut second = PartFile::create(&output).unwrap();
        assert_ne!(first.path, second.path, "each has its own name");
        second.write_all(b"second").unwrap();
        second.finish().unwrap();
        drop(first);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing unfinished stays: {left:?}");
        assert_eq!(std::fs::read(&output).unwrap(), b"second", "the whole file");
    }

    #[test]
    fn a_volume_that_does_not_fit_is_refused_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("not/yet/there.h5");
        let refused = check_room(&output, u64::MAX).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Disk, "{refused}");
        assert!(check_room(&output, 1).is_ok(), "one byte fits");
    }

    #[test]
    fn raw_data_is_kept_under_the_name_of_its_mount_as_well() {
        let sites = sites(
            "title = \"Lab\"\nraw = [\"/data/raw\", \"*/primary\"]\n\
             [[locations]]\nprefix = \"/data\"\nmount = \"/mnt/nowhere/data\"\n",
        );
        for path in [
            "/mnt/nowhere/data/raw/x.h5",
            "/nowhere/primary/a/x.h5",
            "/data/raw/x",
        ] {
            let refused = check_output(&sites, None, Path::new(path)).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Refused, "{path}: {refused}");
        }
        for path in ["/mnt/nowhere/data/x.h5", "/nowhere/primary/../x.h5"] {
            let allowed = check_output(&sites, None, Path::new(path));
            assert!(allowed.is_ok(), "{path}: {allowed:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_raw_data_leads_nowhere_else() {
        let sites = sites("title = \"Lab\"\nraw = [\"*/raw\"]\n");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("raw")).unwrap();
        let link = folder.path().join("results");
        std::os::unix::fs::symlink(folder.path().join("raw"), &link).unwrap();
        let refused = check_output(&sites, None, &link.join("x.h5")).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    }
}
