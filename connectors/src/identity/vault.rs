//! Credentials for requests, and the chain of places that keep them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use hutch_model::{BoxFuture, Credential, Credentials, Result, Secret, SecretPlace};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{EncryptedFile, KeyringStore, MemoryStore, SecretStore, bearer_from_environment};

/// What every request is signed with, bound to origins.
///
/// Secrets are kept in the keyring where there is one, else in memory until
/// the program ends; a person may choose an encrypted file instead.
#[derive(Debug)]
pub struct Vault {
    store: Mutex<Arc<dyn SecretStore>>,
    /// Credentials that were used or set, so that a keyring is asked once.
    known: Mutex<BTreeMap<String, Option<Credential>>>,
    /// Origins that may see the token of the environment.
    from_environment: Mutex<BTreeSet<String>>,
}

/// A credential as it is laid down.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Basic { user: String, password: String },
    Bearer { bearer: String },
}

impl Vault {
    /// The keyring if it works, else memory.
    pub async fn open() -> Arc<Self> {
        match KeyringStore::probe().await {
            Ok(keyring) => Self::with_store(Arc::new(keyring)),
            Err(error) => {
                log::info!("{error}; secrets are kept in memory, until Hutch ends");
                Self::in_memory()
            }
        }
    }

    /// Memory only, for tests and for people who want it so.
    pub fn in_memory() -> Arc<Self> {
        Self::with_store(Arc::new(MemoryStore::default()))
    }

    /// A vault over any place.
    pub fn with_store(store: Arc<dyn SecretStore>) -> Arc<Self> {
        Arc::new(Self {
            store: Mutex::new(store),
            known: Mutex::default(),
            from_environment: Mutex::default(),
        })
    }

    /// Keeps secrets in an encrypted file from now on.
    ///
    /// # Errors
    /// As for [`EncryptedFile::open`].
    pub async fn use_encrypted_file(&self, path: PathBuf, passphrase: Secret) -> Result<()> {
        let file = EncryptedFile::open(path, passphrase).await?;
        *self.store.lock() = Arc::new(file);
        self.known.lock().clear();
        Ok(())
    }

    /// Where secrets are kept.
    pub fn store(&self) -> Arc<dyn SecretStore> {
        Arc::clone(&self.store.lock())
    }

    /// Lets an origin see the token of `BEARER_TOKEN` or `BEARER_TOKEN_FILE`.
    pub fn bind_bearer_environment(&self, origin: &str) {
        self.from_environment.lock().insert(origin.to_owned());
    }

    /// Keeps a credential for an origin, and says where.
    ///
    /// # Errors
    /// What the place reports.
    pub async fn set(&self, origin: &str, credential: Credential) -> Result<SecretPlace> {
        let kept = match &credential {
            Credential::Basic { user, password } => Kept::Basic {
                user: user.clone(),
                password: password.reveal().to_owned(),
            },
            Credential::Bearer(token) => Kept::Bearer {
                bearer: token.reveal().to_owned(),
            },
        };
        // Two texts always become JSON.
        let text = serde_json::to_string(&kept).unwrap_or_default();
        let store = self.store();
        store.set(&name_of(origin), &Secret::new(text)).await?;
        self.known
            .lock()
            .insert(origin.to_owned(), Some(credential));
        Ok(store.place())
    }

    /// Forgets the credential of an origin.
    ///
    /// # Errors
    /// What the place reports.
    pub async fn forget(&self, origin: &str) -> Result<()> {
        self.known.lock().remove(origin);
        self.store().delete(&name_of(origin)).await
    }

    /// Where the credential of an origin is kept; `None` where there is none.
    ///
    /// # Errors
    /// What the place reports.
    pub async fn place_of(&self, origin: &str) -> Result<Option<SecretPlace>> {
        if self.kept(origin).await?.is_some() {
            return Ok(Some(self.store().place()));
        }
        let from_environment = self.from_environment.lock().contains(origin);
        Ok((from_environment && bearer_from_environment().is_some())
            .then_some(SecretPlace::Environment))
    }

    async fn kept(&self, origin: &str) -> Result<Option<Credential>> {
        if let Some(known) = self.known.lock().get(origin) {
            return Ok(known.clone());
        }
        let text = self.store().get(&name_of(origin)).await?;
        let credential = text.and_then(|text| {
            Some(match serde_json::from_str(text.reveal()).ok()? {
                Kept::Basic { user, password } => Credential::Basic {
                    user,
                    password: Secret::new(password),
                },
                Kept::Bearer { bearer } => Credential::Bearer(Secret::new(bearer)),
            })
        });
        self.known
            .lock()
            .insert(origin.to_owned(), credential.clone());
        Ok(credential)
    }
}

impl Credentials for Vault {
    fn for_request<'a>(
        &'a self,
        origin: &'a str,
        _scope: &'a str,
    ) -> BoxFuture<'a, Result<Option<Credential>>> {
        Box::pin(async move {
            if let Some(kept) = self.kept(origin).await? {
                return Ok(Some(kept));
            }
            if self.from_environment.lock().contains(origin) {
                return Ok(bearer_from_environment().map(Credential::Bearer));
            }
            Ok(None)
        })
    }

    /// Asks the place again next time: another program may have renewed it.
    fn rejected(&self, origin: &str, _scope: &str) {
        self.known.lock().remove(origin);
    }
}

fn name_of(origin: &str) -> String {
    format!("login {origin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_credential_belongs_to_its_origin_only() {
        let vault = Vault::in_memory();
        let credential = Credential::Basic {
            user: "alice".into(),
            password: Secret::new("canary"),
        };
        let place = vault
            .set("https://a:443", credential.clone())
            .await
            .unwrap();
        assert_eq!(place, SecretPlace::Memory, "told where");
        let own = vault.for_request("https://a:443", "read").await.unwrap();
        assert_eq!(own, Some(credential), "its own");
        for other in ["http://a:443", "https://a:444", "https://b:443"] {
            let found = vault.for_request(other, "read").await.unwrap();
            assert_eq!(found, None, "{other} is another origin");
        }
        assert!(!format!("{vault:?}").contains("canary"), "never shown");
        vault.forget("https://a:443").await.unwrap();
        let gone = vault.for_request("https://a:443", "read").await.unwrap();
        assert_eq!(gone, None, "forgotten");
    }
}
