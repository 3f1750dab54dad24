//! What a file may open: one policy for each kind of origin.
//!
//! A file of a server opens files of the same server below the folder above
//! it, and never a path of this computer. A local file opens local files below
//! the folder above it. Everything else is refused in words.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use hutch_connectors::site::{Place, Site};
use hutch_connectors::storage::FileReadAt;
use hutch_model::{BoxFuture, ErrorKind, Neighbour, Neighbours, Result, Storage};

/// Opens nothing, and says why.
#[derive(Debug)]
pub struct NoNeighbours(String);

impl NoNeighbours {
    /// Opens nothing for this reason.
    pub fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl Neighbours for NoNeighbours {
    fn open<'a>(&'a self, _target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async { Ok(Neighbour::Refused(self.0.clone())) })
    }

    fn list<'a>(&'a self, _prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Files beside a local file.
#[derive(Debug)]
pub struct LocalNeighbours {
    folder: PathBuf,
}

impl LocalNeighbours {
    /// The neighbours of a file.
    pub fn of_file(path: &Path) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            folder: absolute.parent().map(Path::to_owned).unwrap_or_default(),
        }
    }

    /// The path that a target means, where the policy allows it.
    fn allowed(&self, target: &str) -> Result<PathBuf, String> {
        let wanted = resolve(&self.folder, Path::new(target));
        // Proposals link to datasets beside them, so one folder up is open.
        let limit = self.folder.parent().unwrap_or(&self.folder);
        let real = std::fs::canonicalize(&wanted).unwrap_or_else(|_| wanted.clone());
        let real_limit = std::fs::canonicalize(limit).unwrap_or_else(|_| limit.to_owned());
        let own = std::fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        // The root of a disk is no folder that a proposal has to itself.
        let is_above = limit.parent().is_some() && real.starts_with(&real_limit);
        if is_above || real.starts_with(&own) {
            Ok(wanted)
        } else {
            Err(format!(
                "it lies outside the folder above this file: \"{}\"",
                wanted.display()
            ))
        }
    }
}

/// A path with `.` and `..` taken out, without asking the disk.
fn resolve(folder: &Path, target: &Path) -> PathBuf {
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

impl Neighbours for LocalNeighbours {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let path = match self.allowed(target) {
                Ok(path) => path,
                Err(why) => return Ok(Neighbour::Refused(why)),
            };
            match FileReadAt::open(&path).await {
                Ok(file) => Ok(Neighbour::Open(Arc::new(file))),
                Err(error) if error.kind == ErrorKind::NotFound => {
                    Ok(Neighbour::Absent(path.display().to_string()))
                }
                Err(error) => Err(error),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let mut names: Vec<String> = std::fs::read_dir(&self.folder)?
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|name| name.starts_with(prefix))
                .collect();
            names.sort();
            Ok(names)
        })
    }
}

/// Files of the same storage.
#[derive(Debug)]
pub struct StorageNeighbours {
    storage: Arc<dyn Storage>,
    folder: String,
    site: Site,
}

impl StorageNeighbours {
    /// The neighbours of a file at a path of a storage.
    pub fn new(storage: Arc<dyn Storage>, path: &str, site: Site) -> Self {
        Self {
            storage,
            folder: parent(path).to_owned(),
            site,
        }
    }

    fn allowed(&self, target: &str) -> Result<String, String> {
        let path = if target.starts_with('/') {
            // A path of the facility's own disks, as the catalogue would write
            // it; a mount of this computer is never taken for a remote file.
            match self.site.place_of(target) {
                Some(Place::Storage(path)) => path,
                _ => {
                    return Err(format!(
                        "the site does not say where \"{target}\" lies in its storage"
                    ));
                }
            }
        } else {
            clean(&format!("{}/{target}", self.folder))
        };
        let limit = parent(&self.folder);
        let is_below = |folder: &str| {
            path.strip_prefix(folder.trim_end_matches('/'))
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if is_below(&self.folder) || (limit != "/" && is_below(limit)) {
            Ok(path)
        } else {
            Err(format!(
                "it lies outside the folder above this file: \"{path}\""
            ))
        }
    }
}

fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// A path with `.` and `..` taken out.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

impl Neighbours for StorageNeighbours {
    fn open<'a>(&'a self, target: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let path = match self.allowed(target) {
                Ok(path) => path,
                Err(why) => return Ok(Neighbour::Refused(why)),
            };
            match self.storage.open(&path).await {
                Ok(file) => Ok(Neighbour::Open(file)),
                Err(error) => match error.kind {
                    ErrorKind::NotFound => Ok(Neighbour::Absent(path)),
                    ErrorKind::OnTape => Ok(Neighbour::Offline),
                    _ => Err(error),
                },
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, _from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let cancel = hutch_model::Cancel::new();
            let entries = self.storage.list(&self.folder, &cancel).await?;
            Ok(entries
                .into_iter()
                .map(|entry| entry.name)
                .filter(|name| name.starts_with(prefix))
                .collect())
        })
    }
}

/// Undoes percent encoding; text that is none stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code) = code {
            bytes.push(code);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_file_opens_what_lies_beside_it_and_nothing_far_away() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        assert!(neighbours.allowed("data_000001.h5").is_ok(), "beside it");
        assert!(neighbours.allowed("../c/data.h5").is_ok(), "one folder up");
        assert!(neighbours.allowed("../../../x.h5").is_err(), "further up");
        assert!(neighbours.allowed("/etc/passwd").is_err(), "anywhere else");
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_does_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::os::unix::fs::symlink("/etc", deep.join("etc")).unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        assert!(
            neighbours.allowed("etc/passwd").is_err(),
            "the link leads out"
        );
    }

    #[test]
    fn dots_in_the_path_of_a_server_are_taken_out() {
        assert_eq!(clean("/a/b/../c/./d"), "/a/c/d", "one folder up");
        assert_eq!(clean("/../../x"), "/x", "never above the root");
    }

    #[test]
    fn percent_codes_are_undone_once() {
        assert_eq!(decode("a%20b%2520"), "a b%20", "once, not twice");
        assert_eq!(decode("50%"), "50%", "what is no code stays");
    }
}
