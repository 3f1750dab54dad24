//! Beamtimes at DESY, as their folders tell.
//!
//! A beamtime is a folder that holds `beamtime-metadata-*.json`; beneath it lie
//! `raw`, `processed`, `shared`. The file also names people, their addresses,
//! and where keys and tokens lie: only the fields listed here are ever read.
//! Source: ASAP3 directory structure and beamtime metadata file, DESY.

use std::path::Path;
use std::sync::Arc;

use hutch_model::{
    BoxFuture, ByteRange, Cancel, Catalogue, Entry, EntryId, EntryKind, Error, ErrorKind,
    LoginMethod, Page, PageRequest, PageToken, Result, Secret, Storage, StorageEntry,
    StorageEntryKind, WhoAmI,
};
use serde::Deserialize;

/// How deep below the root beamtimes are looked for: year, `data`, beamtime.
const DEPTH: usize = 4;
/// Folders that are looked into at most.
const MOST_FOLDERS: usize = 500;
/// A longer metadata file is none.
const MOST_BYTES: u64 = 1024 * 1024;
/// Rows of a page of a folder.
const PAGE_ROWS: usize = 1000;

/// A folder of beamtimes, on any storage.
#[derive(Debug)]
pub struct Asap3 {
    storage: Arc<dyn Storage>,
    root: String,
}

/// What is read from a metadata file; nothing else of it is kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    beamtime_id: Option<Word>,
    id: Option<Word>,
    beamline: Option<Word>,
    beamline_alias: Option<Word>,
    facility: Option<Word>,
    proposal_id: Option<Word>,
    proposal_type: Option<Word>,
    title: Option<Word>,
    event_start: Option<Word>,
    event_end: Option<Word>,
}

/// A text or a number; older files are not strict about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(serde_json::Number),
    Other(serde::de::IgnoredAny),
}

fn word(word: Option<&Word>) -> String {
    match word {
        Some(Word::Text(text)) if text != "None" => text.trim().to_owned(),
        Some(Word::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

impl Asap3 {
    /// The beamtimes under a folder of a storage, as in
    /// `/asap3/petra3/gpfs/p05`; the folder may be a beamtime itself.
    pub fn new(storage: Arc<dyn Storage>, root: &str) -> Self {
        Self {
            storage,
            root: format!("/{}", root.trim_matches('/')),
        }
    }

    /// Looks level by level, so that near beamtimes come first.
    async fn beamtimes(&self, cancel: &Cancel) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        let mut level = vec![self.root.clone()];
        let mut looked = 0;
        for depth in 0..=DEPTH {
            let mut below = Vec::new();
            for folder in level {
                cancel.check()?;
                looked += 1;
                if looked > MOST_FOLDERS {
                    log::warn!("only {MOST_FOLDERS} folders were looked into for beamtimes");
                    return Ok(sorted(found));
                }
                let entries = match self.storage.list(&folder, cancel).await {
                    Ok(entries) => entries,
                    // One closed folder does not hide the others.
                    Err(error) if depth > 0 && error.kind != ErrorKind::Cancelled => {
                        log::debug!("{error}");
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                match entries.iter().find(|entry| is_metadata(entry)) {
                    Some(file) => found.push(self.beamtime(&folder, file, cancel).await?),
                    None => below.extend(
                        entries
                            .into_iter()
                            .filter(|entry| entry.kind == StorageEntryKind::Folder)
                            .map(|entry| entry.path),
                    ),
                }
            }
            level = below;
        }
        Ok(sorted(found))
    }

    async fn beamtime(&self, folder: &str, file: &StorageEntry, cancel: &Cancel) -> Result<Entry> {
        let mut entry = row(EntryKind::Investigation, folder, self.storage.root());
        entry.visit = beamtime_of(&file.name).to_owned();
        let metadata = match self.metadata(&file.path, cancel).await {
            Ok(metadata) => metadata,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            // Before 2020 it was not quite JSON; the folder is still there.
            Err(error) => {
                entry.details.push(("metadata".to_owned(), error.why));
                return Ok(entry);
            }
        };
        let beamtime = word(metadata.beamtime_id.as_ref().or(metadata.id.as_ref()));
        if !beamtime.is_empty() {
            entry.visit = beamtime;
        }
        let proposal = word(metadata.proposal_id.as_ref());
        entry.name = if proposal.is_empty() {
            entry.visit.clone()
        } else {
            proposal
        };
        entry.title = word(metadata.title.as_ref());
        let alias = word(metadata.beamline_alias.as_ref());
        let beamline = word(metadata.beamline.as_ref());
        entry.instrument = if alias.is_empty() { beamline } else { alias }.to_uppercase();
        entry.start = iso(&word(metadata.event_start.as_ref()));
        entry.end = iso(&word(metadata.event_end.as_ref()));
        for (name, value) in [
            ("facility", word(metadata.facility.as_ref())),
            ("proposal type", word(metadata.proposal_type.as_ref())),
        ] {
            if !value.is_empty() {
                entry.details.push((name.to_owned(), value));
            }
        }
        Ok(entry)
    }

    async fn metadata(&self, path: &str, cancel: &Cancel) -> Result<Metadata> {
        let tried = format!("read \"{path}\"");
        let file = self.storage.open(path).await?;
        let size = file.identity().await?.size_bytes;
        if size > MOST_BYTES {
            return Err(Error::new(ErrorKind::Limit, tried, "it is too long"));
        }
        let ranges = [ByteRange::new(0, size)];
        let bytes =
            file.read(&ranges, cancel).await.pop().ok_or_else(|| {
                Error::new(ErrorKind::Internal, tried.clone(), "nothing was read")
            })??;
        read_metadata(&bytes, &tried)
    }

    async fn folder(&self, path: &str, page: &PageRequest, cancel: &Cancel) -> Result<Page> {
        let entries = self.storage.list(path, cancel).await?;
        let rows = entries
            .iter()
            .filter(|entry| !entry.name.starts_with('.') && !is_metadata(entry))
            .map(|entry| self.child(entry))
            .collect();
        paged(rows, page)
    }

    fn child(&self, entry: &StorageEntry) -> Entry {
        let kind = match entry.kind {
            StorageEntryKind::Folder => EntryKind::Folder,
            StorageEntryKind::File => EntryKind::Datafile,
        };
        let mut row = row(kind, &entry.path, self.storage.root());
        row.name.clone_from(&entry.name);
        row.size_bytes = entry.size_bytes;
        row.locality = Some(entry.locality);
        row.end = entry
            .modified_secs
            .and_then(|secs| jiff::Timestamp::from_second(secs).ok())
            .map(|time| time.to_string())
            .unwrap_or_default();
        row
    }
}

impl Catalogue for Asap3 {
    fn login_methods(&self) -> BoxFuture<'_, Result<Vec<LoginMethod>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn sign_in<'a>(
        &'a self,
        _method: &'a str,
        _fields: &'a [(String, Secret)],
    ) -> BoxFuture<'a, Result<WhoAmI>> {
        self.who_am_i()
    }

    fn sign_out(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// The storage knows who reads it; a folder has no users of its own.
    fn who_am_i(&self) -> BoxFuture<'_, Result<WhoAmI>> {
        Box::pin(async {
            Ok(WhoAmI {
                user: "whoever may read the folder".to_owned(),
                remaining_secs: None,
            })
        })
    }

    fn children<'a>(
        &'a self,
        parent: Option<&'a EntryId>,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            match parent {
                None => paged(self.beamtimes(cancel).await?, page),
                Some(parent) => self.folder(&parent.id, page, cancel).await,
            }
        })
    }

    fn search<'a>(
        &'a self,
        words: &'a str,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
            let mut found = self.beamtimes(cancel).await?;
            found.retain(|entry| {
                let text = [
                    &entry.name,
                    &entry.title,
                    &entry.visit,
                    &entry.instrument,
                    &entry.start,
                    &entry.id.id,
                ]
                .map(|part| part.to_lowercase())
                .join(" ");
                words.iter().all(|word| text.contains(word))
            });
            paged(found, page)
        })
    }
}

fn is_metadata(entry: &StorageEntry) -> bool {
    entry.kind == StorageEntryKind::File
        && (entry.name.starts_with("beamtime-metadata-")
            || entry.name.starts_with("commissioning-metadata-"))
        && Path::new(&entry.name)
            .extension()
            .is_some_and(|ending| ending == "json")
}

/// The identifier in the name of a metadata file.
fn beamtime_of(name: &str) -> &str {
    name.trim_start_matches("beamtime-metadata-")
        .trim_start_matches("commissioning-metadata-")
        .trim_end_matches(".json")
}

fn read_metadata(bytes: &[u8], tried: &str) -> Result<Metadata> {
    // The parser's words could quote a person, so they are not kept.
    serde_json::from_slice(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Unreadable,
            tried,
            format!("the metadata file is no JSON (line {})", error.line()),
        )
    })
}

/// `2022-05-14 09:00:00` as ISO 8601; it is local time without a zone.
fn iso(text: &str) -> String {
    match text.split_once(' ') {
        Some((date, time)) if date.len() == 10 => format!("{date}T{time}"),
        _ => text.to_owned(),
    }
}

fn row(kind: EntryKind, path: &str, root: &str) -> Entry {
    Entry {
        id: EntryId {
            kind,
            id: path.to_owned(),
        },
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        title: String::new(),
        visit: String::new(),
        instrument: String::new(),
        start: String::new(),
        end: String::new(),
        size_bytes: None,
        file_count: None,
        locality: None,
        location: Some(path.to_owned()),
        details: vec![("storage".to_owned(), root.to_owned())],
    }
}

fn sorted(mut found: Vec<Entry>) -> Vec<Entry> {
    found.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.id.id.cmp(&b.id.id)));
    found
}

/// One page of rows that are all known; the token is an offset.
fn paged(rows: Vec<Entry>, page: &PageRequest) -> Result<Page> {
    let begin: usize = match &page.token {
        None => 0,
        Some(token) => token.0.parse().map_err(|error: std::num::ParseIntError| {
            Error::new(
                ErrorKind::Usage,
                "turn a page",
                "the page belongs to another list",
            )
            .with_source(error)
        })?,
    };
    let size = if page.size == 0 { PAGE_ROWS } else { page.size };
    let total = rows.len();
    let end = begin.saturating_add(size).min(total);
    Ok(Page {
        entries: rows.into_iter().skip(begin).take(size).collect(),
        next: (end < total).then(|| PageToken(end.to_string())),
        total: Some(total as u64),
    })
}

#[cfg(test)]
mod tests {
    use crate::storage::FileStorage;

    use super::*;

    const METADATA: &str = r#"{
        "applicant": {"email": "canary@example.org", "lastname": "Canary", "userId": "1"},
        "beamline": "p05", "beamlineAlias": "p05", "beamtimeId": "11009876",
        "contact": "Canary", "corePath": "/asap3/x", "eventStart": "2026-05-14 09:00:00",
        "eventEnd": "2026-05-16 09:00:00", "facility": "PETRA III", "proposalId": 20260001,
        "proposalType": "I", "title": "Bone and iron", "unixId": "None",
        "onlineAnalysis": {"sshPrivateKeyPath": "canary/id_rsa", "userAccount": "canary"},
        "asapo": {"beamtimeTokenPath": "canary/token"}
    }"#;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let beamtime = folder.path().join("2026/data/11009876");
        for part in ["raw", "processed", "shared"] {
            std::fs::create_dir_all(beamtime.join(part)).unwrap();
        }
        std::fs::write(beamtime.join("beamtime-metadata-11009876.json"), METADATA).unwrap();
        let old = folder.path().join("2018/commissioning/c20180508");
        std::fs::create_dir_all(&old).unwrap();
        std::fs::write(
            old.join("commissioning-metadata-c20180508.json"),
            "id=Canary",
        )
        .unwrap();
        folder
    }

    #[tokio::test]
    async fn beamtimes_are_found_and_people_are_not() {
        let folder = folder();
        let storage = Arc::new(FileStorage::new(folder.path()));
        let catalogue = Asap3::new(storage, "/");
        let cancel = Cancel::new();
        let page = PageRequest::default();
        let beamtimes = catalogue.children(None, &page, &cancel).await.unwrap();
        assert_eq!(beamtimes.entries.len(), 2, "beamtime and commissioning");
        let entry = &beamtimes.entries[0];
        assert_eq!(
            [
                &entry.name,
                &entry.title,
                &entry.visit,
                &entry.instrument,
                &entry.start
            ],
            [
                "20260001",
                "Bone and iron",
                "11009876",
                "P05",
                "2026-05-14T09:00:00"
            ],
            "as the file says"
        );
        assert_eq!(beamtimes.entries[1].visit, "c20180508", "from its name");
        let below = catalogue
            .children(Some(&entry.id), &page, &cancel)
            .await
            .unwrap();
        let names: Vec<&str> = below
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(
            names,
            ["processed", "raw", "shared"],
            "without the metadata file"
        );
        let found = catalogue.search("BONE p05", &page, &cancel).await.unwrap();
        assert_eq!(found.entries.len(), 1, "by words");
        let metadata = read_metadata(METADATA.as_bytes(), "read").unwrap();
        let shown = format!("{beamtimes:?} {below:?} {found:?} {metadata:?}").to_lowercase();
        assert!(
            !shown.contains("canary"),
            "no person and no key path: {shown}"
        );
    }
}
