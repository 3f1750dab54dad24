//! The connectors that there are, by the kinds that site profiles name.
//!
//! Adding one is a file and a line here; the contract tests run over the list.

use std::sync::Arc;

use hutch_model::{Catalogue, ComputeBackend, Error, ErrorKind, LiveSource, Result, Storage};

use crate::catalogue::{Asap3, Icat};
use crate::compute::{LocalCompute, Slurm, SlurmSettings};
use crate::http::HttpClient;
use crate::identity::SecretStore;
use crate::live::{FolderWatch, FolderWatchSettings};
use crate::site::Site;
use crate::storage::{FileStorage, Guarded, WebDav};

/// Kinds of storages.
pub const STORAGES: &[&str] = &["file", "webdav"];
/// Kinds of catalogues.
pub const CATALOGUES: &[&str] = &["asap3", "icat"];
/// Kinds of compute services.
pub const COMPUTE: &[&str] = &["local", "slurm"];
/// Kinds of live sources.
pub const LIVE: &[&str] = &["folder"];

/// The storage of a site, which keeps its raw folders; `None` where the site
/// has none.
///
/// # Errors
/// [`ErrorKind::Usage`] for a kind or an address that is none.
pub fn storage(site: &Site, client: &HttpClient) -> Result<Option<Arc<dyn Storage>>> {
    let Some(section) = &site.storage else {
        return Ok(None);
    };
    let storage: Arc<dyn Storage> = match section.kind.as_str() {
        "file" => Arc::new(FileStorage::new(&section.folder)),
        "webdav" => Arc::new(WebDav::new(client, &section.url)?),
        other => return Err(unknown(site, "storage", other, STORAGES)),
    };
    Ok(Some(Arc::new(Guarded::new(storage, site.raw.clone()))))
}

/// The catalogue of a site; `keep` holds sessions between runs. Catalogues of
/// folders look into `storage`.
///
/// # Errors
/// [`ErrorKind::Usage`] for a kind or an address that is none, and for a
/// catalogue of folders without a storage.
pub fn catalogue(
    site: &Site,
    client: &HttpClient,
    storage: Option<&Arc<dyn Storage>>,
    keep: Option<Arc<dyn SecretStore>>,
) -> Result<Option<Arc<dyn Catalogue>>> {
    let Some(section) = &site.catalogue else {
        return Ok(None);
    };
    Ok(Some(match section.kind.as_str() {
        "icat" => Arc::new(Icat::new(client, &section.url, keep)?),
        "asap3" => {
            let storage = storage.ok_or_else(|| {
                Error::new(
                    ErrorKind::Usage,
                    format!("use the site \"{}\"", site.name),
                    "a catalogue of folders needs a storage",
                )
            })?;
            Arc::new(Asap3::new(Arc::clone(storage), &section.root))
        }
        other => return Err(unknown(site, "catalogue", other, CATALOGUES)),
    }))
}

/// The compute service of a site; `None` where the site has none.
///
/// # Errors
/// [`ErrorKind::Usage`] for a kind or a host that is none.
pub fn compute(site: &Site) -> Result<Option<Arc<dyn ComputeBackend>>> {
    let Some(section) = &site.compute else {
        return Ok(None);
    };
    Ok(Some(match section.kind.as_str() {
        "local" => Arc::new(LocalCompute::new(if section.work_folder.is_empty() {
            std::env::temp_dir().join("hutch-jobs")
        } else {
            section.work_folder.clone().into()
        })),
        "slurm" => {
            let usual = SlurmSettings::default();
            Arc::new(Slurm::new(SlurmSettings {
                name: format!("Slurm of {}", site.title),
                host: section.host.clone(),
                ssh_config: section.ssh_config.clone(),
                partition: section.partition.clone(),
                work_folder: if section.work_folder.is_empty() {
                    usual.work_folder
                } else {
                    section.work_folder.clone()
                },
                path_map: section.path_map(),
                variables: section.variables.clone().into_iter().collect(),
                limit: usual.limit,
            })?)
        }
        other => return Err(unknown(site, "compute", other, COMPUTE)),
    }))
}

/// The live source of a site; `None` where the site has none.
///
/// # Errors
/// [`ErrorKind::Usage`] for a kind that is none.
pub fn live(site: &Site) -> Result<Option<Arc<dyn LiveSource>>> {
    let Some(section) = &site.live else {
        return Ok(None);
    };
    Ok(Some(match section.kind.as_str() {
        "folder" => Arc::new(FolderWatch::new(
            &section.folder,
            FolderWatchSettings {
                suffixes: section.suffixes.clone(),
                ..FolderWatchSettings::default()
            },
        )),
        other => return Err(unknown(site, "live", other, LIVE)),
    }))
}

fn unknown(site: &Site, section: &str, kind: &str, kinds: &[&str]) -> Error {
    Error::new(
        ErrorKind::Usage,
        format!("use the site \"{}\"", site.name),
        format!(
            "its {section} is of kind \"{kind}\"; known are {}",
            kinds.join(", ")
        ),
    )
}
