//! What a file may open: one policy for each kind of origin.
//!
//! A file of a server opens files of the same server below the folder above
//! it, and never a path of this computer. A local file opens local files below
//! the folder above it; but where that is the home of a person or lies above
//! it, only those below its own folder, and never hidden ones. Everything else
//! is refused in words. The limit is that of the file that was opened first;
//! names are relative to the file that holds them, as libhdf5 has it.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hutch_connectors::read_at::{BlockStore, Meter, usual_stack};
use hutch_connectors::site::{Place, Site};
use hutch_connectors::storage::FileReadAt;
use hutch_model::{BoxFuture, Error, ErrorKind, Neighbour, Neighbours, ReadAt, Result, Storage};
use parking_lot::Mutex;

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

/// How long a disk may be silent before it counts as hanging.
const SILENCE: Duration = Duration::from_secs(30);

/// The longest name that is looked for.
const NAME_BYTES: usize = 4096;

/// The folders of the files that one file led to, by their addresses.
#[derive(Clone, Debug)]
struct Folders<P>(Arc<Mutex<HashMap<String, P>>>);

impl<P: Clone> Folders<P> {
    fn new() -> Self {
        Self(Arc::default())
    }

    /// Remembers where an opened file lies, so that its own links are followed
    /// from there.
    async fn remember(&self, file: &dyn ReadAt, folder: P) {
        if let Ok(identity) = file.identity().await {
            self.0.lock().insert(identity.url, folder);
        }
    }

    fn of(&self, url: &str) -> Option<P> {
        self.0.lock().get(url).cloned()
    }
}

/// Files beside a local file.
#[derive(Clone, Debug)]
pub struct LocalNeighbours {
    folder: PathBuf,
    home: Option<PathBuf>,
    opened: Folders<PathBuf>,
}

impl LocalNeighbours {
    /// The neighbours of a file.
    pub fn of_file(path: &Path) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            folder: absolute.parent().map(Path::to_owned).unwrap_or_default(),
            home: std::env::home_dir(),
            opened: Folders::new(),
        }
    }

    /// The folder of the file that names a target.
    fn folder_of(&self, from: &str) -> PathBuf {
        self.opened.of(from).unwrap_or_else(|| self.folder.clone())
    }

    /// What the policy says of a target that a file of `folder` names. It asks
    /// the disk, which may hang.
    ///
    /// # Errors
    /// When the disk neither finds the target nor says that it is missing.
    fn judge(&self, target: &str, folder: &Path) -> Result<Judged> {
        if target.len() > NAME_BYTES {
            let why = format!("its name has {} bytes", target.len());
            return Ok(Judged::Refused(why));
        }
        let wanted = resolve(folder, Path::new(target));
        let found = std::fs::canonicalize(&wanted);
        let real = match &found {
            Ok(real) => real.clone(),
            Err(_) => deepest_real(&wanted),
        };
        if let Some(why) = self.refusal(&real) {
            return Ok(Judged::Refused(format!("{why}: \"{}\"", wanted.display())));
        }
        match found {
            Ok(real) => Ok(Judged::Allowed(real)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Judged::Absent(wanted.display().to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl LocalNeighbours {
    /// Why a path without links may not be opened.
    fn refusal(&self, real: &Path) -> Option<&'static str> {
        let folder = deepest_real(&self.folder);
        // Proposals link to datasets beside them, so one folder up is open; not
        // so the root of a disk, homes and what is above them, which hold more
        // than one proposal.
        let home = self.home.as_deref().map(deepest_real);
        let above = folder.parent().filter(|above| {
            let is_home = home.as_ref().is_some_and(|home| home.starts_with(above));
            above.parent().is_some() && !is_home
        });
        let below = real
            .strip_prefix(&folder)
            .ok()
            .or_else(|| real.strip_prefix(above?).ok());
        match below {
            None => Some(match above {
                Some(_) => "it lies outside the folder above this file",
                None => "it lies outside the folder of this file",
            }),
            Some(names) if names.components().any(is_hidden) => Some("it is hidden"),
            Some(_) => None,
        }
    }
}

/// Keys and settings of people are in files whose names begin with a dot.
fn is_hidden(name: Component<'_>) -> bool {
    name.as_os_str().as_encoded_bytes().starts_with(b".")
}

/// What the policy says of a target.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    /// It may be opened: the path that was looked at, without links, so that a
    /// link that changes meanwhile leads nowhere else.
    Allowed(PathBuf),
    /// It would be allowed, but there is nothing.
    Absent(String),
    /// It is not allowed, and why.
    Refused(String),
}

/// A path without links as far as it exists.
fn deepest_real(path: &Path) -> PathBuf {
    path.ancestors()
        .find_map(|above| {
            let real = std::fs::canonicalize(above).ok()?;
            let rest = path.strip_prefix(above).ok()?;
            Some(real.join(rest))
        })
        .unwrap_or_else(|| path.to_owned())
}

/// Asks the disk on a thread that may hang without holding up sockets; without
/// a runtime, on this one.
async fn ask_disk<T: Send + 'static>(
    tried: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let task = tokio::task::spawn_blocking(work);
    match tokio::time::timeout(SILENCE, task).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            Err(Error::new(ErrorKind::Internal, tried, "the work broke off").with_source(error))
        }
        Err(_) => Err(Error::new(
            ErrorKind::Network,
            tried,
            "the disk does not answer",
        )),
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
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let tried = format!("open \"{target}\"");
            let (here, wanted, folder) = (self.clone(), target.to_owned(), self.folder_of(from));
            let judged = ask_disk(&tried, move || here.judge(&wanted, &folder)).await?;
            let path = match judged {
                Judged::Allowed(path) => path,
                Judged::Absent(path) => return Ok(Neighbour::Absent(path)),
                Judged::Refused(why) => return Ok(Neighbour::Refused(why)),
            };
            match FileReadAt::open(&path).await {
                Ok(file) => {
                    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
                    self.opened.remember(&file, folder).await;
                    Ok(Neighbour::Open(Arc::new(file)))
                }
                Err(error) => match error.kind {
                    ErrorKind::NotFound => Ok(Neighbour::Absent(path.display().to_string())),
                    ErrorKind::Usage => Ok(Neighbour::Refused(error.why)),
                    _ => Err(error),
                },
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let (folder, prefix) = (self.folder_of(from), prefix.to_owned());
            let tried = format!("list \"{}\"", folder.display());
            ask_disk(&tried, move || {
                let mut names: Vec<String> = std::fs::read_dir(&folder)?
                    .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                    .filter(|name| name.starts_with(&prefix))
                    .collect();
                names.sort();
                Ok(names)
            })
            .await
        })
    }
}

/// Files of the same storage.
#[derive(Debug)]
pub struct StorageNeighbours {
    storage: Arc<dyn Storage>,
    folder: String,
    site: Site,
    opened: Folders<String>,
    reading: Option<Reading>,
}

/// How bytes of a neighbour are read: as those of the file that names it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What is kept of files far away.
    pub blocks: Arc<BlockStore>,
    /// Counts the requests.
    pub meter: Arc<Meter>,
}

impl Reading {
    fn of(&self, file: Arc<dyn ReadAt>) -> Arc<dyn ReadAt> {
        usual_stack(file, &self.blocks, &self.meter)
    }
}

impl StorageNeighbours {
    /// The neighbours of a file at a path of a storage.
    pub fn new(storage: Arc<dyn Storage>, path: &str, site: Site) -> Self {
        Self {
            storage,
            folder: parent(path).to_owned(),
            site,
            opened: Folders::new(),
            reading: None,
        }
    }

    /// Reads the neighbours in the same way as the file itself.
    #[must_use]
    pub fn read_by(mut self, reading: Reading) -> Self {
        self.reading = Some(reading);
        self
    }

    /// The folder of the file that names a target.
    fn folder_of(&self, from: &str) -> String {
        self.opened.of(from).unwrap_or_else(|| self.folder.clone())
    }

    /// The path of a target that a file of `folder` names, or why not.
    fn allowed(&self, target: &str, folder: &str) -> Result<String, String> {
        if target.len() > NAME_BYTES {
            return Err(format!("its name has {} bytes", target.len()));
        }
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
            clean(&format!("{folder}/{target}"))
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
    fn open<'a>(&'a self, target: &'a str, from: &'a str) -> BoxFuture<'a, Result<Neighbour>> {
        Box::pin(async move {
            let path = match self.allowed(target, &self.folder_of(from)) {
                Ok(path) => path,
                Err(why) => return Ok(Neighbour::Refused(why)),
            };
            match self.storage.open(&path).await {
                Ok(file) => {
                    let file = match &self.reading {
                        Some(reading) => reading.of(file),
                        None => file,
                    };
                    self.opened.remember(&*file, parent(&path).to_owned()).await;
                    Ok(Neighbour::Open(file))
                }
                Err(error) => match error.kind {
                    ErrorKind::NotFound => Ok(Neighbour::Absent(path)),
                    ErrorKind::OnTape => Ok(Neighbour::Offline),
                    _ => Err(error),
                },
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, from: &'a str) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let cancel = hutch_model::Cancel::new();
            let entries = self.storage.list(&self.folder_of(from), &cancel).await?;
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
        let is_refused =
            |target: &str| matches!(neighbours.judge(target, &deep), Ok(Judged::Refused(_)));
        assert!(!is_refused("data_000001.h5"), "beside it");
        assert!(!is_refused("../c/data.h5"), "one folder up");
        assert!(is_refused("../../../x.h5"), "further up");
        assert!(is_refused("/etc/passwd"), "anywhere else");
    }

    #[test]
    fn the_home_of_a_person_is_not_the_folder_of_a_proposal() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("anna");
        let downloads = home.join("Downloads");
        std::fs::create_dir_all(downloads.join(".cache")).unwrap();
        let refusal = |target: &str| {
            let neighbours = LocalNeighbours {
                home: Some(home.clone()),
                ..LocalNeighbours::of_file(&downloads.join("master.h5"))
            };
            match neighbours.judge(target, &downloads).unwrap() {
                Judged::Refused(why) => why,
                other => format!("{other:?}"),
            }
        };
        assert!(refusal("../.ssh/id_rsa").contains("outside"), "a key");
        assert!(refusal("../x.h5").contains("outside"), "the home");
        assert!(refusal("../../bert/x.h5").contains("outside"), "another");
        assert!(refusal(".cache/x.h5").contains("hidden"), "hidden");
        assert!(refusal("scan/x.h5").contains("Absent"), "below it");
    }

    #[test]
    fn what_is_missing_is_absent_and_what_is_there_opens() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("data.h5"), b"counts").unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        let pools = crate::pools::Pools::start().unwrap();
        for target in ["data_000001.h5", "not/there/x.h5", "data.h5/x.h5"] {
            let found = pools.wait(neighbours.open(target, "")).unwrap();
            assert!(
                matches!(found, Neighbour::Absent(_)),
                "nothing is at {target}: {found:?}"
            );
        }
        let found = pools.wait(neighbours.open("data.h5", "")).unwrap();
        assert!(matches!(found, Neighbour::Open(_)), "it is there");
        let names = pools.wait(neighbours.list("data", "")).unwrap();
        assert_eq!(names, ["data.h5"], "what lies beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_does_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::os::unix::fs::symlink("/etc", deep.join("etc")).unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        for target in ["etc/passwd", "etc/no-such-file"] {
            let judged = neighbours.judge(target, &deep).unwrap();
            assert!(
                matches!(judged, Judged::Refused(_)),
                "the link leads out: {judged:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_opened_is_what_was_looked_at_even_when_a_link_changes() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("data.h5"), b"counts").unwrap();
        let link = deep.join("link.h5");
        std::os::unix::fs::symlink(deep.join("data.h5"), &link).unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        let judged = neighbours.judge("link.h5", &deep).unwrap();
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        let real = std::fs::canonicalize(deep.join("data.h5")).unwrap();
        assert_eq!(judged, Judged::Allowed(real), "the file, not the link");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_absent_and_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::os::unix::fs::symlink("/no/such/file", deep.join("link.h5")).unwrap();
        let neighbours = LocalNeighbours::of_file(&deep.join("master.h5"));
        let judged = neighbours.judge("link.h5", &deep).unwrap();
        assert!(matches!(judged, Judged::Absent(_)), "it leads nowhere");
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
