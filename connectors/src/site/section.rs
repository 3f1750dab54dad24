//! The sections of a site profile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hutch_model::PathMap;
use serde::Deserialize;

use crate::http::HttpSettings;

/// A catalogue.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CatalogueSection {
    /// `icat` or `asap3`.
    pub kind: String,
    /// Its address, for servers.
    pub url: String,
    /// Its folder in the storage, for folders.
    pub root: String,
}

/// A storage.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct StorageSection {
    /// `webdav` or `file`.
    pub kind: String,
    /// Its address, for servers.
    pub url: String,
    /// Its folder, for disks.
    pub folder: String,
}

/// A compute service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ComputeSection {
    /// `slurm` or `local`.
    pub kind: String,
    /// Where its commands are; empty for this computer.
    pub host: String,
    /// A configuration for ssh other than the user's own.
    pub ssh_config: Option<PathBuf>,
    /// Where a job runs that names no partition.
    pub partition: String,
    /// How Hutch is called on a node.
    pub hutch: String,
    /// Where jobs and their logs lie there.
    pub work_folder: String,
    /// How paths here are called there.
    pub paths: Vec<PathPair>,
    /// Variables for its commands on this computer.
    pub variables: BTreeMap<String, String>,
}

/// The same place here and there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PathPair {
    /// Its path here.
    pub here: String,
    /// Its path there.
    pub there: String,
}

/// How people sign in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IdentitySection {
    /// `basic` for user and password, `bearer` for a token.
    pub kind: String,
    /// Whether its servers may see the token of the environment
    /// (`BEARER_TOKEN`, `BEARER_TOKEN_FILE`).
    pub environment: bool,
}

/// A live source.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LiveSection {
    /// `folder`.
    pub kind: String,
    /// What is watched.
    pub folder: String,
    /// Endings of files that count.
    pub suffixes: Vec<String>,
}

/// What servers can bear, and what they ask for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct LimitsSection {
    /// Requests in flight to one host.
    pub connections_per_host: usize,
    /// Whom an administrator can write to.
    pub contact: String,
    /// Further certificate authorities, as a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// Whether an encrypted door may send to an unencrypted pool.
    pub plain_pools: bool,
    /// Whether a public door may send to a pool in a private network.
    pub private_pools: bool,
}

impl Default for LimitsSection {
    fn default() -> Self {
        let usual = HttpSettings::default();
        Self {
            connections_per_host: usual.connections_per_host,
            contact: usual.contact,
            ca_bundle: usual.ca_bundle,
            plain_pools: usual.plain_pools,
            private_pools: usual.private_pools,
        }
    }
}

/// How one prefix of catalogue locations is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LocationSection {
    /// The prefix, as the catalogue writes it.
    pub prefix: String,
    /// The same place in the storage.
    pub storage: String,
    /// The same place where it is mounted on this computer.
    pub mount: String,
}

/// A web page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LinkSection {
    /// What it is for.
    pub title: String,
    /// Its address.
    pub url: String,
}

impl ComputeSection {
    /// Its pairs of paths, as jobs need them.
    pub fn path_map(&self) -> PathMap {
        PathMap(
            self.paths
                .iter()
                .map(|pair| (pair.here.clone(), pair.there.clone()))
                .collect(),
        )
    }
}

/// The keys of each table, as `table: keys`.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "title",
            "example",
            "catalogue",
            "storage",
            "compute",
            "identity",
            "live",
            "limits",
            "raw",
            "locations",
            "links",
        ],
    ),
    ("catalogue", &["kind", "url", "root"]),
    ("storage", &["kind", "url", "folder"]),
    (
        "compute",
        &[
            "kind",
            "host",
            "ssh_config",
            "partition",
            "hutch",
            "work_folder",
            "paths",
            "variables",
        ],
    ),
    ("compute.paths", &["here", "there"]),
    ("identity", &["kind", "environment"]),
    ("live", &["kind", "folder", "suffixes"]),
    (
        "limits",
        &[
            "connections_per_host",
            "contact",
            "ca_bundle",
            "plain_pools",
            "private_pools",
        ],
    ),
    ("locations", &["prefix", "storage", "mount"]),
    ("links", &["title", "url"]),
];

/// Keys that no section has, with the tables that they are in.
pub(super) fn unknown_keys(table: &toml::Table, path: &str, into: &mut Vec<String>) {
    let Some((_, known)) = KEYS.iter().find(|(at, _)| *at == path) else {
        return;
    };
    for (key, value) in table {
        let whole = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        if !known.contains(&key.as_str()) {
            into.push(whole);
            continue;
        }
        match value {
            toml::Value::Table(inner) => unknown_keys(inner, &whole, into),
            toml::Value::Array(items) => {
                for inner in items.iter().filter_map(toml::Value::as_table) {
                    unknown_keys(inner, &whole, into);
                }
            }
            _ => {}
        }
    }
}
