//! What every command needs: threads, facilities, and a way to be stopped.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hutch_connectors::http::{HttpClient, HttpSettings};
use hutch_connectors::identity::Vault;
use hutch_model::{
    Cancel, Container, Dataset, DatasetInfo, Error, ErrorKind, Node, NodeKind, Result, Secret,
    SecretPlace,
};

use super::opened::Opened;
use super::out;
use crate::address::{Address, Place};
use crate::endings::on_termination;
use crate::open::{Source, in_folder};
use crate::pools::Pools;
use crate::settings::{Folders, Settings};
use crate::sites::Sites;

/// Names a file with the passphrase of the encrypted file of secrets.
const PASSPHRASE_FILE: &str = "HUTCH_PASSPHRASE_FILE";

/// What a command works with.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) folders: Folders,
    pub(super) settings: Settings,
    pub(super) pools: Pools,
    pub(super) sites: Sites,
    pub(super) cancel: Cancel,
    pub(super) wants_json: bool,
}

/// An address of the command line, open.
#[derive(Debug)]
pub(super) struct OpenAddress {
    pub(super) address: Address,
    pub(super) container: Arc<dyn Container>,
    /// The other files that were opened for it.
    pub(super) opened: Arc<Opened>,
}

impl Context {
    /// Starts threads and reads profiles.
    ///
    /// # Errors
    /// Those of settings and profiles.
    pub(super) fn start(wants_json: bool, cancel: Cancel) -> Result<Self> {
        let folders = Folders::of_this_user();
        let (settings, told) = Settings::load_or_default(&folders.config.join("settings.toml"));
        if let Some(error) = told {
            out::note(error.to_string());
        }
        let pools = Pools::start()?;
        let told = cancel.clone();
        on_termination(&pools, move || told.cancel());
        let sites = pools.wait(Sites::load(&folders))?;
        for warning in sites.warnings() {
            out::note(warning);
        }
        Ok(Self {
            folders,
            settings,
            pools,
            sites,
            cancel,
            wants_json,
        })
    }

    /// Opens the encrypted file of secrets, where there is one. Commands that
    /// read local files leave it, so that nobody is asked for a passphrase.
    ///
    /// # Errors
    /// Those of the encrypted file.
    pub(super) fn unlock(&mut self) -> Result<()> {
        self.sites = unlocked(self.sites.clone(), &self.folders, &self.pools, false)?;
        Ok(())
    }

    /// Makes sure that secrets outlive this command, before one is stored.
    ///
    /// # Errors
    /// Those of the encrypted file.
    pub(super) fn make_secrets_last(&mut self) -> Result<()> {
        self.sites = unlocked(self.sites.clone(), &self.folders, &self.pools, true)?;
        Ok(())
    }

    /// Reads an address as people type it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is none.
    pub(super) fn address(&self, text: &str) -> Result<Address> {
        Address::parse(text, &self.sites.names())
    }

    /// Opens the file of an address, or what a folder holds.
    ///
    /// # Errors
    /// Those of the source and of the format.
    pub(super) fn open(&self, text: &str) -> Result<OpenAddress> {
        let address = self.address(text)?;
        self.pools.wait(async {
            let (address, source, opened) = self.source(address).await?;
            let container =
                hutch_formats::open(source.bytes, source.neighbours, &self.cancel).await?;
            opened.add(&container.origin().url);
            Ok(OpenAddress {
                address,
                container,
                opened,
            })
        })
    }

    /// The bytes of an address, or of what a folder holds, and what will be
    /// opened beside them.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) async fn source(&self, address: Address) -> Result<(Address, Source, Arc<Opened>)> {
        let named = address.place.clone();
        let hinted = |error| with_hint(error, &named);
        let mut address = in_folder(&self.sites, address, &self.cancel)
            .await
            .map_err(hinted)?;
        // `file.h5::[0]` is a part of what the file shows by default.
        address.path = address.path.filter(|path| !path.is_empty());
        let mut source = self.sites.source(&address.place).await.map_err(hinted)?;
        let opened = Arc::new(Opened::new(source.neighbours));
        source.neighbours = Arc::<Opened>::clone(&opened);
        Ok((address, source, opened))
    }

    /// A node of an open file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none.
    pub(super) fn node(&self, container: &dyn Container, path: &str) -> Result<Node> {
        let paths = [path.to_owned()];
        let nodes = self.pools.wait(container.nodes(&paths, &self.cancel));
        nodes.into_iter().next().unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::NotFound,
                format!("open \"{path}\""),
                "the file has no such node",
            ))
        })
    }

    /// The dataset of an address that must name one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it names none or a group, and why where its
    /// samples cannot be read.
    pub(super) fn dataset(&self, open: &OpenAddress) -> Result<Arc<dyn Dataset>> {
        let path = open.address.path.as_deref().unwrap_or("/");
        let tried = format!("read \"{}\"", open.container.origin().at(path));
        let node = self.node(open.container.as_ref(), path)?;
        let NodeKind::Dataset(info) = &node.kind else {
            return Err(Error::new(
                ErrorKind::Usage,
                tried,
                "this is a group; name a dataset as URL::PATH",
            ));
        };
        readable(info, &tried)?;
        self.pools.wait(open.container.dataset(path, &self.cancel))
    }

    /// A client for addresses without a profile.
    ///
    /// # Errors
    /// Those of the certificates.
    pub(super) fn client(&self) -> Result<HttpClient> {
        let vault: Arc<Vault> = Arc::clone(self.sites.vault());
        HttpClient::new(HttpSettings::default(), vault)
    }
}

/// Whether an address may need a secret.
pub(super) fn is_remote(address: &str) -> bool {
    address.contains(':')
}

/// Says how a part is named where brackets follow the name of a file that is not there.
fn with_hint(mut error: Error, place: &Place) -> Error {
    if let Place::Local(path) = place
        && error.kind == ErrorKind::NotFound
        && let Some((file, part)) = path.to_str().and_then(|text| text.rsplit_once('['))
        && part.ends_with(']')
    {
        error.why = format!(
            "{}; a part of it is named as \"{file}::[{part}\"",
            error.why
        );
    }
    error
}

/// For commands that work on whole nodes: a part would be left out in silence.
///
/// # Errors
/// [`ErrorKind::Usage`] where the address names a part.
pub(super) fn no_slice(address: &Address, instead: &str) -> Result<()> {
    if address.slice.0.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        "read an address",
        format!("a part in brackets has no meaning here; {instead}"),
    ))
}

fn readable(info: &DatasetInfo, tried: &str) -> Result<()> {
    match &info.unreadable {
        None => Ok(()),
        Some(why) => Err(Error::new(ErrorKind::Unsupported, tried, why.clone())),
    }
}

/// The same facilities with secrets from an encrypted file, where there is no
/// keyring and such a file exists or is wanted.
fn unlocked(sites: Sites, folders: &Folders, pools: &Pools, make: bool) -> Result<Sites> {
    if sites.vault().store().place() != SecretPlace::Memory {
        return Ok(sites);
    }
    let path = folders.state.join("secrets");
    if !path.exists() && !make {
        return Ok(sites);
    }
    let Some(passphrase) = passphrase(path.exists())? else {
        return Ok(sites);
    };
    let vault = Arc::clone(sites.vault());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    pools.wait(vault.use_encrypted_file(path, passphrase))?;
    // Connectors took the old place with them, so they are made again.
    let profiles = sites
        .names()
        .iter()
        .filter_map(|name| sites.profile(name).cloned())
        .collect();
    Sites::of(profiles, sites.warnings().to_vec(), None, vault)
}

/// The passphrase of the encrypted file; `None` where nobody can be asked.
fn passphrase(exists: bool) -> Result<Option<Secret>> {
    if let Some(path) = std::env::var_os(PASSPHRASE_FILE).map(PathBuf::from) {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::new(
                ErrorKind::Disk,
                format!("read the passphrase in \"{}\"", path.display()),
                error.to_string(),
            )
        })?;
        return Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let prompt = if exists {
        "Passphrase of the encrypted secrets: "
    } else {
        "There is no keyring. A passphrase for an encrypted file (empty keeps nothing): "
    };
    let text = ask_hidden(prompt)?;
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

/// Asks for a secret on the terminal without showing it.
///
/// # Errors
/// [`ErrorKind::SignIn`] when there is no terminal.
pub(super) fn ask_hidden(prompt: &str) -> Result<String> {
    out::to_stderr(prompt);
    rpassword::read_password().map_err(|error| {
        Error::new(ErrorKind::SignIn, "ask for a secret", error.to_string()).with_source(error)
    })
}

/// Raises a flag on Ctrl-C; a second one ends the program at once.
pub(super) fn cancel_on_ctrl_c() -> Cancel {
    let cancel = Cancel::new();
    let raised = cancel.clone();
    let is_second = AtomicBool::new(false);
    let installed = ctrlc::set_handler(move || {
        if is_second.swap(true, Ordering::SeqCst) {
            #[expect(clippy::exit, reason = "asked for twice: nothing may hold it up")]
            std::process::exit(130);
        }
        raised.cancel();
    });
    if let Err(error) = installed {
        log::debug!("Ctrl-C ends the program without tidying up: {error}");
    }
    cancel
}
