//! Secrets in a file, encrypted with a passphrase.
//!
//! `argon2id` makes the key from the passphrase, XChaCha20-Poly1305 seals the
//! file. Source: RFC 9106 (second recommended choice), draft-irtf-cfrg-xchacha.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hutch_model::{BoxFuture, Error, ErrorKind, Result, Secret, SecretPlace};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::SecretStore;
use crate::storage::write_private;
use crate::wait::blocking;

const MAGIC: &[u8; 8] = b"HUTCHSE1";
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// A longer file is none of ours.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
const LIMIT: Duration = Duration::from_mins(1);

/// A file of secrets that only the passphrase opens.
pub struct EncryptedFile {
    path: PathBuf,
    salt: [u8; SALT_BYTES],
    key: Arc<Key>,
    secrets: Arc<Mutex<BTreeMap<String, String>>>,
    places: Arc<Semaphore>,
}

impl std::fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl EncryptedFile {
    /// Opens the file, or begins a new one that is written with its first
    /// secret.
    ///
    /// # Errors
    /// [`ErrorKind::SignIn`] for a wrong passphrase, [`ErrorKind::Unreadable`]
    /// for a file that is damaged or something else, [`ErrorKind::Disk`].
    pub async fn open(path: impl Into<PathBuf>, passphrase: Secret) -> Result<Self> {
        let path = path.into();
        let places = Arc::new(Semaphore::new(1));
        let tried = format!("open the secrets in \"{}\"", path.display());
        let words = tried.clone();
        let file = path.clone();
        let (salt, key, secrets) = blocking(&places, LIMIT, &tried, move || {
            open_now(&file, &passphrase, &words)
        })
        .await?;
        Ok(Self {
            path,
            salt,
            key: Arc::new(key),
            secrets: Arc::new(Mutex::new(secrets)),
            places,
        })
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, String>) + Send + 'static,
    ) -> Result<()> {
        let tried = format!("keep a secret in \"{}\"", self.path.display());
        let words = tried.clone();
        let (path, salt, key) = (self.path.clone(), self.salt, Arc::clone(&self.key));
        let secrets = Arc::clone(&self.secrets);
        blocking(&self.places, LIMIT, &tried, move || {
            let mut changed = secrets.lock().clone();
            change(&mut changed);
            let sealed = seal(&changed, &salt, &key, &words)?;
            write_private(&path, &sealed).map_err(|error| {
                Error::new(ErrorKind::Disk, words, error.to_string()).with_source(error)
            })?;
            *secrets.lock() = changed;
            Ok(())
        })
        .await
    }
}

type Opened = ([u8; SALT_BYTES], Key, BTreeMap<String, String>);

fn open_now(path: &Path, passphrase: &Secret, tried: &str) -> Result<Opened> {
    let damaged = |why: &str| Error::new(ErrorKind::Unreadable, tried, why);
    let sealed = match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > MOST_BYTES => {
            return Err(damaged("it is too long to be a file of secrets"));
        }
        Ok(_) => std::fs::read(path).map_err(|error| {
            Error::new(ErrorKind::Disk, tried, error.to_string()).with_source(error)
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut salt = [0; SALT_BYTES];
            fill(&mut salt, tried)?;
            let key = key_of(passphrase, &salt, tried)?;
            return Ok((salt, key, BTreeMap::new()));
        }
        Err(error) => {
            return Err(Error::new(ErrorKind::Disk, tried, error.to_string()).with_source(error));
        }
    };
    let header = MAGIC.len() + SALT_BYTES + NONCE_BYTES;
    if sealed.len() < header || !sealed.starts_with(MAGIC) {
        return Err(damaged("it is no file of secrets"));
    }
    let (head, body) = sealed.split_at(header);
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(&head[MAGIC.len()..MAGIC.len() + SALT_BYTES]);
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&head[MAGIC.len() + SALT_BYTES..]);
    let key = key_of(passphrase, &salt, tried)?;
    let payload = Payload {
        msg: body,
        aad: MAGIC,
    };
    let plain = XChaCha20Poly1305::new(&key)
        .decrypt(&XNonce::from(nonce), payload)
        .map_err(|_sealed| {
            Error::new(
                ErrorKind::SignIn,
                tried,
                "the passphrase is another, or the file is damaged",
            )
        })?;
    // The parser's words could quote a secret.
    let secrets =
        serde_json::from_slice(&plain).map_err(|_secret| damaged("it holds something else"))?;
    Ok((salt, key, secrets))
}

fn seal(
    secrets: &BTreeMap<String, String>,
    salt: &[u8; SALT_BYTES],
    key: &Key,
    tried: &str,
) -> Result<Vec<u8>> {
    let internal = |why: &str| Error::new(ErrorKind::Internal, tried, why);
    let plain = serde_json::to_vec(secrets).map_err(|_secret| internal("it cannot be written"))?;
    let mut nonce = [0; NONCE_BYTES];
    fill(&mut nonce, tried)?;
    let payload = Payload {
        msg: &plain,
        aad: MAGIC,
    };
    let body = XChaCha20Poly1305::new(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_sealed| internal("it cannot be sealed"))?;
    let mut sealed = Vec::with_capacity(MAGIC.len() + SALT_BYTES + NONCE_BYTES + body.len());
    sealed.extend_from_slice(MAGIC);
    sealed.extend_from_slice(salt);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

fn key_of(passphrase: &Secret, salt: &[u8], tried: &str) -> Result<Key> {
    let failed = |_: argon2::Error| {
        Error::new(
            ErrorKind::Internal,
            tried,
            "no key can be made from the passphrase",
        )
    };
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(failed)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.reveal().as_bytes(), salt, &mut key)
        .map_err(failed)?;
    Ok(Key::from(key))
}

fn fill(bytes: &mut [u8], tried: &str) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            tried,
            format!("this computer gives no random numbers: {error}"),
        )
    })
}

impl SecretStore for EncryptedFile {
    fn place(&self) -> SecretPlace {
        SecretPlace::EncryptedFile
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Secret>>> {
        Box::pin(async move { Ok(self.secrets.lock().get(name).map(Secret::new)) })
    }

    fn set<'a>(&'a self, name: &'a str, secret: &'a Secret) -> BoxFuture<'a, Result<()>> {
        let (name, secret) = (name.to_owned(), secret.reveal().to_owned());
        Box::pin(self.change(move |secrets| {
            secrets.insert(name, secret);
        }))
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        let name = name.to_owned();
        Box::pin(self.change(move |secrets| {
            secrets.remove(&name);
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_passphrase_opens_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let file = EncryptedFile::open(&path, Secret::new("right"))
            .await
            .unwrap();
        file.set("a", &Secret::new("canary-token")).await.unwrap();
        let on_disk = std::fs::read(&path).unwrap();
        assert!(
            !on_disk.windows(6).any(|window| window == b"canary"),
            "the secret is not readable"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
        }
        let again = EncryptedFile::open(&path, Secret::new("right"))
            .await
            .unwrap();
        let found = again.get("a").await.unwrap().unwrap();
        assert_eq!(found.reveal(), "canary-token", "it is kept");
        let wrong = EncryptedFile::open(&path, Secret::new("wrong"))
            .await
            .unwrap_err();
        assert_eq!(wrong.kind, ErrorKind::SignIn, "{wrong}");
        let shown = format!("{again:?}");
        assert!(!shown.contains("canary"), "{shown}");
        let mut damaged = on_disk;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        let refused = EncryptedFile::open(&path, Secret::new("right")).await;
        assert!(refused.is_err(), "a flipped bit is seen");
    }
}
