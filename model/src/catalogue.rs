//! Catalogues: what exists, never how to read it.

use std::fmt;

use crate::{BoxFuture, Cancel, Locality, Result, Secret};

/// An entry of a catalogue, in the catalogue's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryId {
    /// What it is.
    pub kind: EntryKind,
    /// Its identifier at the catalogue.
    pub id: String,
}

/// What an entry is, in the words of ICAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// An investigation or beamtime.
    Investigation,
    /// A dataset of the catalogue: one measurement, many files.
    Dataset,
    /// A file.
    Datafile,
    /// A folder, where the catalogue is one of folders.
    Folder,
}

/// One row of a catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which entry.
    pub id: EntryId,
    /// Its name: the proposal, the dataset's name, the file's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Visit or beamtime identifier.
    pub visit: String,
    /// The instrument or beamline.
    pub instrument: String,
    /// When it began, ISO 8601; empty where unknown.
    pub start: String,
    /// When it ended, ISO 8601; empty where unknown.
    pub end: String,
    /// Size, where the catalogue knows it.
    pub size_bytes: Option<u64>,
    /// Number of files, where the catalogue knows it.
    pub file_count: Option<u64>,
    /// Where its bytes are, where the catalogue knows it.
    pub locality: Option<Locality>,
    /// Where its bytes lie in the facility's own terms; site profiles map it.
    pub location: Option<String>,
    /// Anything else worth showing: name and value.
    pub details: Vec<(String, String)>,
}

/// Where a page begins; opaque, given out by the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(pub String);

/// Which page is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Where it begins; `None` for the first.
    pub token: Option<PageToken>,
    /// How many rows at most; 0 leaves it to the connector.
    pub size: usize,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The rows.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PageToken>,
    /// How many rows there are in all, where the catalogue says so.
    pub total: Option<u64>,
}

/// A field of a login form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as the server wants it.
    pub name: String,
    /// Whether its text is hidden while typed.
    pub hidden: bool,
}

/// A way to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginMethod {
    /// Its name, as the server wants it.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// What it asks for.
    pub fields: Vec<Field>,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct WhoAmI {
    /// The user, as the server names them.
    pub user: String,
    /// Time until the session ends, where it does.
    pub remaining_secs: Option<f64>,
}

/// What exists at a facility.
///
/// An empty list never proves that there is nothing: servers leave out what a
/// person may not see.
pub trait Catalogue: Send + Sync + fmt::Debug {
    /// The ways to sign in.
    fn login_methods(&self) -> BoxFuture<'_, Result<Vec<LoginMethod>>>;

    /// Signs in with the fields of a method.
    fn sign_in<'a>(
        &'a self,
        method: &'a str,
        fields: &'a [(String, Secret)],
    ) -> BoxFuture<'a, Result<WhoAmI>>;

    /// Ends the session.
    fn sign_out(&self) -> BoxFuture<'_, Result<()>>;

    /// Who is signed in.
    fn who_am_i(&self) -> BoxFuture<'_, Result<WhoAmI>>;

    /// The entries under a parent; my investigations under none.
    fn children<'a>(
        &'a self,
        parent: Option<&'a EntryId>,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>>;

    /// Entries that match words.
    fn search<'a>(
        &'a self,
        words: &'a str,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>>;
}
