//! WebDAV, as Apache, dCache, nginx, rclone and XRootD speak it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hutch_model::{
    BoxFuture, Cancel, Capabilities, Error, ErrorKind, Locality, Operation, Permission, ReadAt,
    Result, Storage, StorageEntry, StorageEntryKind,
};
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderName;
use reqwest::{Method, Url};

use super::components;
use super::http_file::HttpFile;
use super::propfind::{Depth, Row, looks_raw, path_of, propfind};
use super::version::{Known, known_of, validator_of};
use crate::http::{HttpClient, Request, without_secrets};
use crate::names::local_name;
use crate::wait::random;

/// What is written as itself in a path: the unreserved letters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Listed files whose size and version are remembered for opening them.
const MOST_REMEMBERED: usize = 100_000;
/// How long a listing is believed when a file is opened.
const BELIEVED: Duration = Duration::from_secs(20);

/// A folder on a WebDAV server.
#[derive(Debug)]
pub struct WebDav {
    client: HttpClient,
    base: Url,
    /// The path of the base, decoded, without a slash at its end.
    base_path: String,
    root: String,
    listed: Mutex<HashMap<String, Listed>>,
    /// The server writes names as they are, and reads them so in headers.
    is_raw: AtomicBool,
}

/// What a listing said about a file, and when.
#[derive(Clone, Debug)]
struct Listed {
    known: Known,
    locality: Locality,
    at: Instant,
}

impl Listed {
    fn new(row: &Row, locality: Locality) -> Self {
        Self {
            known: known_of(row),
            locality,
            at: Instant::now(),
        }
    }
}

impl WebDav {
    /// The storage whose `/` is an address.
    ///
    /// A user and a password in the address are used for its origin only.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is no `http(s)` or `dav(s)` address.
    pub fn new(client: &HttpClient, address: &str) -> Result<Self> {
        let (client, mut base) = client.for_address(address)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let base_path = path_of(base.path(), false)
            .unwrap_or_else(|| base.path().to_owned())
            .trim_end_matches('/')
            .to_owned();
        Ok(Self {
            client,
            root: without_secrets(&base),
            base,
            base_path,
            listed: Mutex::default(),
            is_raw: AtomicBool::new(false),
        })
    }

    /// The address of a path, without secrets.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the path climbs above the storage.
    pub fn address_of(&self, path: &str) -> Result<String> {
        Ok(without_secrets(&self.url(path, false)?))
    }

    fn url(&self, path: &str, is_folder: bool) -> Result<Url> {
        let parts = components(path, &format!("use \"{path}\""))?;
        let mut whole = self.base.path().trim_end_matches('/').to_owned();
        for part in &parts {
            whole.push('/');
            whole.extend(utf8_percent_encode(part, ESCAPED));
        }
        if is_folder || parts.is_empty() {
            whole.push('/');
        }
        let mut url = self.base.clone();
        url.set_path(&whole);
        Ok(url)
    }

    async fn list_now(&self, path: &str, cancel: &Cancel) -> Result<Vec<StorageEntry>> {
        let tried = format!("list \"{path}\"");
        let url = self.url(path, true)?;
        let rows = propfind(&self.client, &url, Depth::Children, &tried, cancel).await?;
        let asked = normal(path);
        let mut found = self.children(&asked, &rows);
        found.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let mut listed = self.listed.lock();
        if listed.len() > MOST_REMEMBERED {
            listed.clear();
        }
        let mut entries = Vec::with_capacity(found.len());
        for (entry, row) in found {
            if entry.kind == StorageEntryKind::File {
                listed.insert(entry.path.clone(), Listed::new(row, entry.locality));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The rows that lie directly in the folder that was asked for.
    fn children<'a>(&self, asked: &str, rows: &'a [Row]) -> Vec<(StorageEntry, &'a Row)> {
        let raw = rows.iter().any(|row| looks_raw(&row.href));
        self.is_raw.fetch_or(raw, Ordering::Relaxed);
        let expected = format!("{}{}", self.base_path, asked.trim_end_matches('/'));
        let paths: Vec<Option<String>> = rows
            .iter()
            .map(|row| path_of(&row.href, raw).map(|path| path.trim_end_matches('/').to_owned()))
            .collect();
        // Behind a proxy that renames paths the folder lists itself first.
        let own = match paths.first() {
            Some(Some(first)) if !paths.iter().flatten().any(|path| *path == expected) => {
                first.clone()
            }
            _ => expected,
        };
        let mut entries = Vec::new();
        for (row, path) in rows.iter().zip(paths) {
            let Some(path) = path else {
                log::warn!("a row of the listing of \"{asked}\" has no readable name");
                continue;
            };
            if path == own {
                continue;
            }
            let Some(name) = path
                .strip_prefix(&own)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                log::warn!("a row of the listing of \"{asked}\" lies outside of it");
                continue;
            };
            if name.contains('/') {
                continue;
            }
            entries.extend(entry(asked, name, row).map(|entry| (entry, row)));
        }
        entries
    }

    async fn stat_now(&self, path: &str, cancel: &Cancel) -> Result<StorageEntry> {
        let tried = format!("look at \"{path}\"");
        let url = self.url(path, false)?;
        let rows = propfind(&self.client, &url, Depth::Itself, &tried, cancel).await?;
        let whole = normal(path);
        let (parent, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
        let row = rows.first().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                tried.clone(),
                "the server has nothing there",
            )
        })?;
        self.is_raw
            .fetch_or(looks_raw(&row.href), Ordering::Relaxed);
        if name.is_empty() {
            return Ok(folder_root());
        }
        let entry = entry(parent, name, row)
            .ok_or_else(|| Error::new(ErrorKind::Usage, tried, "that is no name of a file"))?;
        if entry.kind == StorageEntryKind::File {
            self.listed
                .lock()
                .insert(entry.path.clone(), Listed::new(row, entry.locality));
        }
        Ok(entry)
    }

    async fn open_now(&self, path: &str) -> Result<Arc<dyn ReadAt>> {
        let whole = normal(path);
        let url = self.url(path, false)?;
        let remembered = self.listed.lock().get(&whole).cloned();
        let fresh = remembered.filter(|listed| listed.at.elapsed() < BELIEVED);
        let (known, locality) = if let Some(listed) = fresh {
            (listed.known, listed.locality)
        } else {
            match self.stat_now(path, &Cancel::new()).await {
                Ok(entry) if entry.kind == StorageEntryKind::Folder => {
                    return Err(Error::new(
                        ErrorKind::Usage,
                        format!("open \"{path}\""),
                        "it is a folder",
                    ));
                }
                Ok(entry) => {
                    let listed = self.listed.lock().get(&whole).cloned();
                    let known = listed.map(|listed| listed.known).unwrap_or_default();
                    (known, entry.locality)
                }
                // A plain web server can be read all the same.
                Err(error) if error.kind == ErrorKind::Unsupported => {
                    return Ok(Arc::new(HttpFile::new(self.client.clone(), url)));
                }
                Err(error) => return Err(error),
            }
        };
        if locality != Locality::Disk {
            return Err(Error::new(
                ErrorKind::OnTape,
                format!("open \"{path}\""),
                format!("its bytes are on {locality}"),
            ));
        }
        Ok(Arc::new(
            HttpFile::new(self.client.clone(), url).with_listing(&known),
        ))
    }

    async fn put_now(&self, path: &str, bytes: Bytes, cancel: &Cancel) -> Result<StorageEntry> {
        let tried = format!("write \"{path}\"");
        let whole = normal(path);
        let (parent, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
        if name.is_empty() {
            return Err(Error::new(ErrorKind::Usage, tried, "there is no file name"));
        }
        let part = format!("{parent}/.{name}.{:016x}.part", random());
        let size = bytes.len() as u64;
        let stored = self
            .put_and_move(&part, &whole, bytes, &tried, cancel)
            .await;
        if let Err(error) = stored {
            self.remove(&part).await;
            return Err(error);
        }
        self.listed.lock().remove(&whole);
        self.sized(&whole, size, &tried, cancel).await
    }

    async fn put_and_move(
        &self,
        part: &str,
        whole: &str,
        bytes: Bytes,
        tried: &str,
        cancel: &Cancel,
    ) -> Result<()> {
        let size = bytes.len() as u64;
        let put = Request::new(Method::PUT, self.url(part, false)?, tried).body(bytes);
        self.expect_success(put, cancel).await?;
        // Some servers say 200 and keep nothing: the size decides.
        self.sized(part, size, tried, cancel).await?;
        let method = Method::from_bytes(b"MOVE").map_err(|error| {
            Error::new(ErrorKind::Internal, tried, "the method has no name").with_source(error)
        })?;
        let request = Request::new(method, self.url(part, false)?, tried)
            .header(
                HeaderName::from_static("destination"),
                &self.destination(whole)?,
            )?
            .header(HeaderName::from_static("overwrite"), "T")?;
        self.expect_success(request, cancel).await
    }

    /// Where a file is moved to. XRootD does not decode this header, and would
    /// keep `a%20b` for `a b`.
    fn destination(&self, path: &str) -> Result<String> {
        let url = self.url(path, false)?;
        if !self.is_raw.load(Ordering::Relaxed) {
            return Ok(url.to_string());
        }
        let base = url.as_str().strip_suffix(url.path()).unwrap_or_default();
        Ok(format!("{base}{}{}", self.base_path, normal(path)))
    }

    async fn expect_success(&self, request: Request, cancel: &Cancel) -> Result<()> {
        let reply = self.client.send(request, cancel).await?;
        if !reply.status().is_success() {
            return Err(reply.into_error(cancel).await);
        }
        // Reading to the end keeps the connection for the next request.
        reply.body(1024 * 1024, cancel).await.map(drop)
    }

    async fn sized(
        &self,
        path: &str,
        size: u64,
        tried: &str,
        cancel: &Cancel,
    ) -> Result<StorageEntry> {
        let entry = self.stat_now(path, cancel).await?;
        if entry.size_bytes == Some(size) {
            return Ok(entry);
        }
        Err(Error::new(
            ErrorKind::Integrity,
            tried,
            format!(
                "the server keeps {} of {size} bytes",
                entry.size_bytes.unwrap_or(0)
            ),
        ))
    }

    /// Takes away what a failed upload left; the first error is the one told.
    async fn remove(&self, path: &str) {
        let tried = format!("remove \"{path}\"");
        let Ok(url) = self.url(path, false) else {
            return;
        };
        let request = Request::new(Method::DELETE, url, tried);
        if let Err(error) = self.client.send(request, &Cancel::new()).await {
            log::debug!("a part of an upload stays: {error}");
        }
    }
}

impl Storage for WebDav {
    fn root(&self) -> &str {
        &self.root
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ranges: true,
            put: true,
            stage: false,
            watch: false,
        }
    }

    fn list<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Vec<StorageEntry>>> {
        Box::pin(self.list_now(path, cancel))
    }

    fn stat<'a>(
        &'a self,
        path: &'a str,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        Box::pin(self.stat_now(path, cancel))
    }

    fn open<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Arc<dyn ReadAt>>> {
        Box::pin(self.open_now(path))
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        bytes: Bytes,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<StorageEntry>> {
        Box::pin(self.put_now(path, bytes, cancel))
    }

    fn may(&self, _operation: Operation, path: &str) -> Permission {
        match components(path, "check a path") {
            Ok(_) => Permission::Yes,
            Err(error) => Permission::No(error.why),
        }
    }
}

fn entry(parent: &str, name: &str, row: &Row) -> Option<StorageEntry> {
    let size_bytes = row.size_bytes.filter(|_| !row.is_folder);
    Some(StorageEntry {
        // The path keeps the server's name; the name is safe to show and keep.
        name: local_name(name)?,
        path: format!("{}/{name}", parent.trim_end_matches('/')),
        kind: if row.is_folder {
            StorageEntryKind::Folder
        } else {
            StorageEntryKind::File
        },
        size_bytes,
        modified_secs: row.modified_secs,
        validator: size_bytes
            .map(|size| validator_of(size, row.etag.as_deref(), row.modified_secs)),
        locality: row.locality.unwrap_or(Locality::Disk),
    })
}

fn folder_root() -> StorageEntry {
    StorageEntry {
        name: "/".to_owned(),
        path: "/".to_owned(),
        kind: StorageEntryKind::Folder,
        size_bytes: None,
        modified_secs: None,
        validator: None,
        locality: Locality::Disk,
    }
}

fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}
