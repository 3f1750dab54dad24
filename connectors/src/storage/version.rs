//! Which version of a file a server speaks of.

use hutch_model::{Identity, Validator};

use super::propfind::{Row, http_date};
use crate::http::Reply;

/// What a listing already said about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its size.
    pub size_bytes: Option<u64>,
    /// Its entity tag, as written.
    pub etag: Option<String>,
    /// Seconds since 1970 of its last change.
    pub modified_secs: Option<i64>,
}

/// The version of the file that all replies must belong to.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) size_bytes: u64,
    pub(super) validator: Validator,
    /// Opaque part of the tag on replies to `GET`.
    pub(super) tag: Option<String>,
    pub(super) modified_secs: Option<i64>,
}

impl Version {
    /// Whether it can be told from another version of the same size.
    pub(super) fn is_dated(&self) -> bool {
        !matches!(
            self.validator,
            Validator::SizeAndTime {
                modified_ns: None,
                ..
            }
        )
    }
}

pub(super) fn has_tag(identity: &Identity) -> bool {
    matches!(identity.validator, Validator::ETag(_))
}

/// The version that a server just said it still has.
pub(super) fn version_of_known(known: &Identity) -> Version {
    Version {
        size_bytes: known.size_bytes,
        validator: known.validator.clone(),
        tag: match &known.validator {
            Validator::ETag(tag) => Some(opaque(tag)),
            _ => None,
        },
        modified_secs: None,
    }
}

/// What a row of a listing says.
pub(super) fn known_of(row: &Row) -> Known {
    Known {
        size_bytes: row.size_bytes,
        etag: row.etag.clone(),
        modified_secs: row.modified_secs,
    }
}

pub(super) fn version_of(known: &Known) -> Option<Version> {
    let size_bytes = known.size_bytes?;
    Some(Version {
        size_bytes,
        validator: validator_of(size_bytes, known.etag.as_deref(), known.modified_secs),
        // Tags of listings and of replies differ on some servers.
        tag: None,
        modified_secs: known.modified_secs,
    })
}

pub(super) fn version_of_reply(reply: &Reply, size_bytes: u64) -> Version {
    let etag = reply.header("etag");
    let modified_secs = reply.header("last-modified").and_then(http_date);
    Version {
        size_bytes,
        validator: validator_of(size_bytes, etag, modified_secs),
        tag: etag.map(opaque),
        modified_secs,
    }
}

/// The strong tag where there is one, else size and time.
pub(super) fn validator_of(
    size_bytes: u64,
    etag: Option<&str>,
    modified_secs: Option<i64>,
) -> Validator {
    match etag {
        Some(tag) if !tag.starts_with("W/") && !tag.is_empty() => Validator::ETag(tag.to_owned()),
        _ => Validator::SizeAndTime {
            size_bytes,
            modified_ns: modified_secs.map(|secs| i128::from(secs) * 1_000_000_000),
        },
    }
}

/// A tag without its weakness: Apache calls a tag weak for a second after a
/// change and strong from then on.
pub(super) fn opaque(tag: &str) -> String {
    tag.trim_start_matches("W/").to_owned()
}
