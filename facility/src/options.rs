//! What a facility is started with.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the catalogue answers free-text searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FreeText {
    /// `search/documents`, as ICAT 6.1 and newer; `lucene/data` works too.
    #[default]
    Documents,
    /// Only `lucene/data`, as servers before 6.1; the rest answers 501.
    Lucene,
    /// No free text at all: both answer 501.
    Off,
}

/// Settings of a [`Facility`](crate::Facility).
#[derive(Debug, Clone)]
pub struct FacilityOptions {
    /// The folder that `/dav/` serves; [`data::make_demo_folder`](crate::data::make_demo_folder) makes one.
    pub root: PathBuf,
    /// The port on 127.0.0.1, or 0 for a free one.
    pub port: u16,
    /// User name for WebDAV and for the catalogue's `db` and `simple` authenticators.
    pub user: String,
    /// The password of that user.
    pub password: String,
    /// The bearer token that WebDAV accepts; the catalogue never accepts it.
    pub token: String,
    /// How long a catalogue session lives without being refreshed.
    pub session_lifetime: Duration,
    /// The catalogue's `maxEntities`: answers with more rows are refused.
    pub max_entities: usize,
    /// Which free-text calls the catalogue has.
    pub free_text: FreeText,
    /// How many files the synthetic ICAT dataset 7031 has.
    pub many_datafiles: u32,
}

impl FacilityOptions {
    /// The demonstration: `alice`, `secret`, sessions of two hours, everything on.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            port: 0,
            user: "alice".to_owned(),
            password: "secret".to_owned(),
            token: "hutch-demo-token".to_owned(),
            session_lifetime: Duration::from_hours(2),
            max_entities: 10_000,
            free_text: FreeText::Documents,
            many_datafiles: 100_000,
        }
    }
}
