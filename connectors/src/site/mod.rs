//! Site profiles: one TOML file tells Hutch about a facility.
//!
//! `sites.d/NAME.toml`, in the system's, the user's, or the shipped folder; the
//! user's comes before the system's, and that before the shipped one. Keys that
//! are not known are told, not refused: a newer profile works in an older Hutch.

mod section;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hutch_model::{Error, ErrorKind, Operation, Permission, Result};
use serde::Deserialize;

use section::unknown_keys;
pub use section::{
    CatalogueSection, ComputeSection, IdentitySection, LimitsSection, LinkSection, LiveSection,
    LocationSection, PathPair, StorageSection,
};

use crate::http::HttpSettings;
use crate::storage::is_raw;

/// A facility, as its profile describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Its short name: the name of the file.
    #[serde(skip)]
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is an example to copy, and not offered to people.
    pub example: bool,
    /// What exists.
    pub catalogue: Option<CatalogueSection>,
    /// Where the bytes are.
    pub storage: Option<StorageSection>,
    /// Where jobs run.
    pub compute: Option<ComputeSection>,
    /// Who people are.
    pub identity: IdentitySection,
    /// What is measured right now.
    pub live: Option<LiveSection>,
    /// What its servers can bear.
    pub limits: LimitsSection,
    /// Folders that are never written: `/a/b`, or `*/raw` for every folder of
    /// that name.
    pub raw: Vec<String>,
    /// How locations of the catalogue are reached; the longest prefix wins.
    pub locations: Vec<LocationSection>,
    /// Web pages to hand over to.
    pub links: Vec<LinkSection>,
}

/// Where a location of the catalogue can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A path on this computer, which is preferred.
    Mount(PathBuf),
    /// A path of the site's storage.
    Storage(String),
}

impl Site {
    /// Reads a profile; also gives warnings about keys that are not known.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] with the line when it is no TOML or a value has
    /// the wrong type.
    pub fn parse(name: &str, text: &str) -> Result<(Self, Vec<String>)> {
        let bad = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| {
                text[..span.start.min(text.len())].lines().count().max(1)
            });
            Error::new(
                ErrorKind::Usage,
                format!("read the site \"{name}\""),
                format!("line {line}: {}", error.message()),
            )
        };
        let mut site: Self = toml::from_str(text).map_err(bad)?;
        name.clone_into(&mut site.name);
        if site.title.is_empty() {
            name.clone_into(&mut site.title);
        }
        let table: toml::Table = toml::from_str(text).map_err(bad)?;
        let mut warnings = Vec::new();
        unknown_keys(&table, "", &mut warnings);
        let warnings = warnings
            .into_iter()
            .map(|key| format!("the site \"{name}\" has an unknown key \"{key}\""))
            .collect();
        Ok((site, warnings))
    }

    /// Whether an operation is allowed on a path of the storage, or on a
    /// location of the catalogue.
    pub fn may(&self, operation: Operation, path: &str) -> Permission {
        if operation == Operation::Write && is_raw(&self.raw, path) {
            return Permission::No(format!("{} keeps raw data read-only", self.title));
        }
        Permission::Yes
    }

    /// Where a location of the catalogue can be read: where it is mounted
    /// here, else in the storage. `None` where no prefix fits.
    pub fn place_of(&self, location: &str) -> Option<Place> {
        self.place_with(location, Path::exists)
    }

    fn place_with(&self, location: &str, exists: impl Fn(&Path) -> bool) -> Option<Place> {
        let mut fitting: Vec<(&LocationSection, &str)> = self
            .locations
            .iter()
            .filter_map(|section| {
                let rest = location.strip_prefix(section.prefix.trim_end_matches('/'))?;
                (rest.is_empty() || rest.starts_with('/')).then_some((section, rest))
            })
            .collect();
        fitting.sort_by_key(|(section, _)| std::cmp::Reverse(section.prefix.len()));
        // A location is a server's idea: it may not climb out of its prefix.
        if location.split('/').any(|part| part == "..") {
            return None;
        }
        for (section, rest) in &fitting {
            if !section.mount.is_empty() {
                let path = PathBuf::from(format!("{}{rest}", section.mount.trim_end_matches('/')));
                if exists(&path) {
                    return Some(Place::Mount(path));
                }
            }
        }
        let (section, rest) = fitting
            .into_iter()
            .find(|(section, _)| !section.storage.is_empty())?;
        let storage = section.storage.trim_end_matches('/');
        Some(Place::Storage(format!("{storage}{rest}")))
    }

    /// How its servers are spoken to.
    pub fn http_settings(&self) -> HttpSettings {
        HttpSettings {
            connections_per_host: self.limits.connections_per_host.clamp(1, 16),
            contact: self.limits.contact.clone(),
            ca_bundle: self.limits.ca_bundle.clone(),
            plain_pools: self.limits.plain_pools,
            private_pools: self.limits.private_pools,
            ..HttpSettings::default()
        }
    }
}

/// All profiles that were found, and what was odd about them.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    /// The sites, by name.
    pub sites: Vec<Site>,
    /// Unknown keys, and profiles that could not be read.
    pub warnings: Vec<String>,
}

impl Sites {
    /// Reads all profiles of folders; of two with one name the first wins.
    /// Folders that do not exist are fine.
    pub fn load(folders: &[PathBuf]) -> Self {
        let mut found = BTreeMap::new();
        let mut all = Self::default();
        for folder in folders {
            let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
                .collect();
            paths.sort();
            for path in paths {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                if found.contains_key(name.as_ref()) {
                    continue;
                }
                let read = std::fs::read_to_string(&path)
                    .map_err(Error::from)
                    .and_then(|text| Site::parse(&name, &text));
                match read {
                    Ok((site, warnings)) => {
                        all.warnings.extend(warnings);
                        found.insert(name.into_owned(), site);
                    }
                    Err(error) => all
                        .warnings
                        .push(format!("\"{}\": {error}", path.display())),
                }
            }
        }
        all.sites = found.into_values().collect();
        all
    }

    /// A site by its name.
    pub fn get(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = r#"
title = "A facility"
raw = ["*/raw"]
colour = "blue"
[catalogue]
kind = "icat"
url = "https://icat.example.org/icat"
[compute]
kind = "slurm"
flavour = "sweet"
paths = [{ here = "/asap3", there = "/gpfs/asap3", everywhere = "x" }]
[compute.variables]
ANY = "thing"
[[locations]]
prefix = "/data"
storage = "/"
[[locations]]
prefix = "/data/visitor"
storage = "/visitor"
mount = "/mnt/visitor"
"#;

    #[test]
    fn unknown_keys_warn_and_known_ones_are_read() {
        let (site, warnings) = Site::parse("a", PROFILE).unwrap();
        assert_eq!(
            site.catalogue.as_ref().unwrap().kind,
            "icat",
            "its catalogue"
        );
        let all = warnings.join(" ");
        for key in [
            "\"colour\"",
            "\"compute.flavour\"",
            "\"compute.paths.everywhere\"",
        ] {
            assert!(all.contains(key), "{key} is told in {all}");
        }
        assert_eq!(warnings.len(), 3, "{all}");
        let broken = Site::parse("a", "title = 1\n").unwrap_err();
        assert!(broken.why.contains("line 1"), "{broken}");
    }

    #[test]
    fn a_mount_comes_before_the_storage_and_raw_is_kept() {
        let (site, _) = Site::parse("a", PROFILE).unwrap();
        let path = "/data/visitor/p1/x.h5";
        assert_eq!(
            site.place_with(path, |_| true),
            Some(Place::Mount("/mnt/visitor/p1/x.h5".into())),
            "mounted"
        );
        assert_eq!(
            site.place_with(path, |_| false),
            Some(Place::Storage("/visitor/p1/x.h5".into())),
            "the longest prefix"
        );
        assert_eq!(
            site.place_with("/database/x", |_| false),
            None,
            "another place"
        );
        assert_eq!(
            site.place_with("/data/../etc", |_| true),
            None,
            "no climbing"
        );
        let refused = site.may(Operation::Write, "/x/raw/a.h5");
        assert!(matches!(refused, Permission::No(_)), "raw is kept");
        assert_eq!(
            site.may(Operation::Write, "/x/processed/a"),
            Permission::Yes,
            "else"
        );
    }

    #[test]
    fn the_profiles_that_ship_are_read_without_warnings() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/sites.d");
        let sites = Sites::load(&[PathBuf::from("/nonexistent"), folder]);
        assert!(sites.warnings.is_empty(), "{:?}", sites.warnings);
        let local = sites.get("local").expect("the local site ships");
        assert!(!local.example, "it is a real one");
        for name in ["desy-example", "esrf-example", "stfc-example"] {
            assert!(sites.get(name).is_some_and(|site| site.example), "{name}");
        }
    }
}
