//! Facilities with their connectors, and the way from an address to bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_connectors::http::{HttpClient, HttpSettings, origin_of, parse_url};
use hutch_connectors::identity::Vault;
use hutch_connectors::read_at::{BlockStore, Meter, usual_stack};
use hutch_connectors::registry;
use hutch_connectors::site::{self, Site};
use hutch_connectors::storage::{FileReadAt, HttpFile};
use hutch_facility::{Facility, FacilityOptions, data};
use hutch_model::{
    BoxFuture, Cancel, Catalogue, ComputeBackend, Credential, EntryId, Error, ErrorKind,
    LoginMethod, Page, PageRequest, Result, Secret, Storage, WhoAmI,
};

use crate::address::Place;
use crate::neighbours::{LocalNeighbours, NoNeighbours, Reading, StorageNeighbours};
use crate::open::Source;
use crate::settings::Folders;

/// Metadata blocks of files far away, in memory.
const BLOCK_BYTES: u64 = 256 << 20;
/// The same on the disk, for the next time that such a file is opened.
const DISK_BLOCK_BYTES: u64 = 1 << 30;

/// A facility, as panels list it.
#[derive(Clone, Debug)]
pub struct SiteLine {
    /// The name of its profile.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// What it has, in words.
    pub summary: String,
    /// Whether it has a catalogue.
    pub has_catalogue: bool,
}

/// Traffic of this run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    /// Bytes that came.
    pub bytes: u64,
    /// Requests that were sent.
    pub requests: u64,
    /// Bytes for each second, at the moment.
    pub rate_bytes_per_sec: f64,
    /// Time until the first byte, where anything was sent.
    pub latency_secs: Option<f64>,
}

/// One facility with its connectors.
#[derive(Debug)]
struct Connected {
    profile: Site,
    client: HttpClient,
    storage: Option<Arc<dyn Storage>>,
    catalogue: Option<Arc<dyn Catalogue>>,
    compute: Option<Arc<dyn ComputeBackend>>,
}

/// All facilities that this computer knows; clones share them.
#[derive(Clone, Debug)]
pub struct Sites(Arc<Inner>);

struct Inner {
    connected: Vec<Connected>,
    client: HttpClient,
    vault: Arc<Vault>,
    blocks: Arc<BlockStore>,
    local_meter: Arc<Meter>,
    warnings: Vec<String>,
    demo: Option<Facility>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sites")
            .field("connected", &self.connected)
            .finish_non_exhaustive()
    }
}

impl Sites {
    /// Reads the profiles of this computer and connects nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a profile that cannot be used.
    pub async fn load(folders: &Folders) -> Result<Self> {
        let found = site::Sites::load(&profile_folders(folders));
        let profiles = found.sites.into_iter().filter(|site| !site.example);
        let folder = folders.cache.join("blocks");
        Self::with_blocks(
            profiles.collect(),
            found.warnings,
            None,
            Vault::open().await,
            BlockStore::with_folder(BLOCK_BYTES, &folder, DISK_BLOCK_BYTES),
        )
    }

    /// The profiles of this computer, and the embedded facility as `demo`.
    ///
    /// # Errors
    /// Those of [`Self::load`], and of starting the facility.
    pub async fn with_demo(folders: &Folders) -> Result<Self> {
        let folder = data::make_demo_folder(&folders.cache)?;
        let facility = Facility::start(FacilityOptions::new(&folder.root))?;
        let found = site::Sites::load(&profile_folders(folders));
        let mut profiles: Vec<Site> = found
            .sites
            .into_iter()
            .filter(|site| !site.example && site.name != "demo")
            .collect();
        profiles.insert(0, demo_profile(&facility)?);
        Self::of(
            profiles,
            found.warnings,
            Some(facility),
            Vault::open().await,
        )
    }

    /// Given profiles, for tests and for programs that make their own.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a profile that cannot be used.
    pub fn of(
        profiles: Vec<Site>,
        warnings: Vec<String>,
        demo: Option<Facility>,
        vault: Arc<Vault>,
    ) -> Result<Self> {
        // Nothing of a demonstration or a test stays on the disk.
        let blocks = BlockStore::new(BLOCK_BYTES);
        Self::with_blocks(profiles, warnings, demo, vault, blocks)
    }

    fn with_blocks(
        profiles: Vec<Site>,
        mut warnings: Vec<String>,
        demo: Option<Facility>,
        vault: Arc<Vault>,
        blocks: Arc<BlockStore>,
    ) -> Result<Self> {
        let mut connected = Vec::new();
        for profile in profiles {
            let name = profile.name.clone();
            match connect(profile, &vault) {
                Ok(site) => connected.push(site),
                // One bad profile never takes the others with it.
                Err(error) => warnings.push(format!("the site \"{name}\" is left out: {error}")),
            }
        }
        let client = HttpClient::new(HttpSettings::default(), Arc::<Vault>::clone(&vault))?;
        Ok(Self(Arc::new(Inner {
            connected,
            client,
            vault,
            blocks,
            local_meter: Meter::new(),
            warnings,
            demo,
        })))
    }

    /// Forgets what was read of files of servers, as at sign-out; nothing of it
    /// stays on the disk.
    pub fn forget_blocks(&self) {
        self.0.blocks.clear();
    }

    /// The names of the profiles.
    pub fn names(&self) -> Vec<String> {
        self.0
            .connected
            .iter()
            .map(|site| site.profile.name.clone())
            .collect()
    }

    /// The facilities, for panels.
    pub fn list(&self) -> Vec<SiteLine> {
        self.0
            .connected
            .iter()
            .map(|site| SiteLine {
                name: site.profile.name.clone(),
                label: site.profile.title.clone(),
                summary: summary(site),
                has_catalogue: site.catalogue.is_some(),
            })
            .collect()
    }

    /// What was odd about the profiles.
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The embedded facility, where this run has one.
    pub fn demo(&self) -> Option<&Facility> {
        self.0.demo.as_ref()
    }

    /// Where secrets are kept.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.0.vault
    }

    fn site(&self, name: &str) -> Option<&Connected> {
        self.0
            .connected
            .iter()
            .find(|site| site.profile.name == name)
    }

    /// The site of that name, or the one whose storage holds an address.
    pub fn name_of(&self, place: &str) -> Option<String> {
        if self.site(place).is_some() {
            return Some(place.to_owned());
        }
        let url = url::Url::parse(place).ok()?;
        self.site_of(&url)
            .map(|(site, _)| site.profile.name.clone())
    }

    /// The profile of a site.
    pub fn profile(&self, name: &str) -> Option<&Site> {
        self.site(name).map(|site| &site.profile)
    }

    /// The name for people and the catalogue of a site.
    pub fn catalogue(&self, name: &str) -> Option<(String, Arc<dyn Catalogue>)> {
        let site = self.site(name)?;
        Some((
            site.profile.title.clone(),
            Arc::clone(site.catalogue.as_ref()?),
        ))
    }

    /// The storage of a site.
    pub fn storage(&self, name: &str) -> Option<Arc<dyn Storage>> {
        self.site(name)?.storage.clone()
    }

    /// The compute service of a site.
    pub fn compute(&self, name: &str) -> Option<Arc<dyn ComputeBackend>> {
        self.site(name)?.compute.clone()
    }

    /// The sites that can run a recipe.
    pub fn compute_names(&self) -> Vec<String> {
        self.0
            .connected
            .iter()
            .filter(|site| site.compute.is_some())
            .map(|site| site.profile.name.clone())
            .collect()
    }

    /// Traffic over all connections of this run.
    pub fn meter(&self) -> Link {
        let mut link = Link::default();
        let meters = std::iter::once(self.0.client.meter())
            .chain(self.0.connected.iter().map(|site| site.client.meter()));
        for meter in meters {
            let traffic = meter.traffic();
            link.bytes += traffic.bytes;
            link.requests += traffic.requests;
            link.rate_bytes_per_sec += traffic.bytes_per_sec;
            if traffic.requests > 0 {
                link.latency_secs =
                    Some(link.latency_secs.unwrap_or(0.0).max(traffic.latency_secs));
            }
        }
        link
    }

    /// The bytes at a place.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::SignIn`], [`ErrorKind::OnTape`] and
    /// those of the network, before anything is read.
    pub async fn source(&self, place: &Place) -> Result<Source> {
        match place {
            Place::Local(path) => self.local(path).await,
            Place::Url(url) => self.by_url(url).await,
            Place::Site { site, path } => self.at_site(site, path).await,
        }
    }

    async fn local(&self, path: &Path) -> Result<Source> {
        let file = FileReadAt::open(path).await?;
        Ok(Source {
            bytes: usual_stack(Arc::new(file), &self.0.blocks, &self.0.local_meter),
            neighbours: Arc::new(LocalNeighbours::of_file(path)),
            way: "local disk".to_owned(),
        })
    }

    async fn by_url(&self, url: &url::Url) -> Result<Source> {
        // An address with a user and a password is read with those, not with
        // what a site keeps.
        let has_login = !url.username().is_empty() || url.password().is_some();
        if !has_login && let Some((site, path)) = self.site_of(url) {
            return self.in_storage(site, &path).await;
        }
        let (client, url) = self.0.client.for_address(url.as_str())?;
        let file = HttpFile::new(client, url);
        Ok(Source {
            // The client counts what crosses the wire; this meter is for the
            // stack alone.
            bytes: usual_stack(Arc::new(file), &self.0.blocks, &Meter::new()),
            neighbours: Arc::new(NoNeighbours::new(
                "files that a plain web address points to are not followed; open the folder as a site",
            )),
            way: "HTTP".to_owned(),
        })
    }

    /// The site whose storage holds an address, and the path there.
    fn site_of(&self, url: &url::Url) -> Option<(&Connected, String)> {
        self.0.connected.iter().find_map(|site| {
            let storage = site.storage.as_ref()?;
            let (root, _) = parse_url(storage.root()).ok()?;
            let same = root.scheme() == url.scheme()
                && root.host_str() == url.host_str()
                && root.port_or_known_default() == url.port_or_known_default();
            let rest = url.path().strip_prefix(root.path().trim_end_matches('/'))?;
            let decoded = crate::neighbours::decode(rest);
            (same && rest.starts_with('/')).then_some((site, decoded))
        })
    }

    async fn at_site(&self, name: &str, location: &str) -> Result<Source> {
        let site = self.site(name).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("open \"{name}:{location}\""),
                "no site profile has this name",
            )
        })?;
        match site.profile.place_of(location) {
            Some(site::Place::Mount(path)) => {
                let mut source = self.local(&path).await?;
                source.way = format!("{} mount", site.profile.title);
                Ok(source)
            }
            Some(site::Place::Storage(path)) => self.in_storage(site, &path).await,
            None => self.in_storage(site, location).await,
        }
    }

    async fn in_storage(&self, site: &Connected, path: &str) -> Result<Source> {
        let storage = site.storage.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("open \"{path}\""),
                format!("the site \"{}\" has no storage", site.profile.name),
            )
        })?;
        let file = storage.open(path).await?;
        let is_remote = storage.root().starts_with("http");
        let meter = if is_remote {
            Meter::new()
        } else {
            Arc::clone(&self.0.local_meter)
        };
        Ok(Source {
            bytes: usual_stack(file, &self.0.blocks, &meter),
            neighbours: Arc::new(
                StorageNeighbours::new(Arc::clone(storage), path, site.profile.clone()).read_by(
                    Reading {
                        blocks: Arc::clone(&self.0.blocks),
                        meter,
                    },
                ),
            ),
            way: if is_remote { "WebDAV" } else { "site folder" }.to_owned(),
        })
    }
}

fn connect(profile: Site, vault: &Arc<Vault>) -> Result<Connected> {
    let client = HttpClient::new(profile.http_settings(), Arc::<Vault>::clone(vault))?;
    let storage = registry::storage(&profile, &client)?;
    if profile.identity.environment
        && let Some(storage) = &storage
    {
        vault.bind_bearer_environment(&origin_of(&parse_url(storage.root())?.0));
    }
    let catalogue = registry::catalogue(&profile, &client, storage.as_ref(), Some(vault.store()))?;
    let catalogue = match (catalogue, &storage) {
        (Some(inner), Some(storage)) if profile.identity.kind == "basic" => {
            Some(Arc::new(SharedSignIn {
                inner,
                vault: Arc::clone(vault),
                storage_origin: origin_of(&parse_url(storage.root())?.0),
            }) as Arc<dyn Catalogue>)
        }
        (catalogue, _) => catalogue,
    };
    let compute = registry::compute(&profile)?;
    Ok(Connected {
        profile,
        client,
        storage,
        catalogue,
        compute,
    })
}

fn summary(site: &Connected) -> String {
    let mut parts = Vec::new();
    if let Some(catalogue) = &site.profile.catalogue {
        parts.push(format!(
            "catalogue: {} {}{}",
            catalogue.kind, catalogue.url, catalogue.root
        ));
    }
    if let Some(storage) = &site.storage {
        parts.push(format!("storage: {}", storage.root()));
    }
    if let Some(compute) = &site.compute {
        parts.push(format!("compute: {}", compute.name()));
    }
    parts.join("\n")
}

/// Where profiles are looked for: the user's, the system's, the shipped ones.
fn profile_folders(folders: &Folders) -> Vec<PathBuf> {
    let mut found = vec![
        folders.config.join("sites.d"),
        PathBuf::from("/etc/hutch/sites.d"),
    ];
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.parent()?.join("sites.d")));
    found.extend(beside);
    found
}

fn demo_profile(facility: &Facility) -> Result<Site> {
    let text = format!(
        "title = \"Demo facility\"\n\
         raw = [\"*/raw\"]\n\
         [catalogue]\nkind = \"icat\"\nurl = \"{}\"\n\
         [storage]\nkind = \"webdav\"\nurl = \"{}\"\n\
         [identity]\nkind = \"basic\"\n\
         [[locations]]\nprefix = \"/demo\"\nstorage = \"/demo\"\n",
        facility.icat_url(),
        facility.dav_url(),
    );
    Site::parse("demo", &text).map(|(site, _)| site)
}

/// A catalogue whose user and password also open the storage beside it.
#[derive(Debug)]
struct SharedSignIn {
    inner: Arc<dyn Catalogue>,
    vault: Arc<Vault>,
    storage_origin: String,
}

impl Catalogue for SharedSignIn {
    fn login_methods(&self) -> BoxFuture<'_, Result<Vec<LoginMethod>>> {
        self.inner.login_methods()
    }

    fn sign_in<'a>(
        &'a self,
        method: &'a str,
        fields: &'a [(String, Secret)],
    ) -> BoxFuture<'a, Result<WhoAmI>> {
        Box::pin(async move {
            let who = self.inner.sign_in(method, fields).await?;
            let field = |name: &str| fields.iter().find(|(known, _)| known == name);
            if let (Some((_, user)), Some((_, password))) = (field("username"), field("password")) {
                let credential = Credential::Basic {
                    user: user.reveal().to_owned(),
                    password: password.clone(),
                };
                self.vault.set(&self.storage_origin, credential).await?;
            }
            Ok(who)
        })
    }

    fn sign_out(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.vault.forget(&self.storage_origin).await?;
            self.inner.sign_out().await
        })
    }

    fn who_am_i(&self) -> BoxFuture<'_, Result<WhoAmI>> {
        self.inner.who_am_i()
    }

    fn children<'a>(
        &'a self,
        parent: Option<&'a EntryId>,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        self.inner.children(parent, page, cancel)
    }

    fn search<'a>(
        &'a self,
        words: &'a str,
        page: &'a PageRequest,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<Page>> {
        self.inner.search(words, page, cancel)
    }
}
