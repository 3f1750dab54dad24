//! Who is signed in, and where their secrets are kept.

mod encrypted_file;
mod environment;
mod keyring;
mod memory;
mod vault;

use std::fmt;

use hutch_model::{BoxFuture, Result, Secret, SecretPlace};

pub use encrypted_file::EncryptedFile;
pub use environment::bearer_from_environment;
pub use keyring::KeyringStore;
pub use memory::MemoryStore;
pub use vault::Vault;

/// A place that keeps secrets under names. Names are shown, secrets never.
pub trait SecretStore: Send + Sync + fmt::Debug {
    /// What kind of place it is.
    fn place(&self) -> SecretPlace;

    /// The secret of a name; `None` where there is none.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Secret>>>;

    /// Keeps a secret, in place of an older one.
    fn set<'a>(&'a self, name: &'a str, secret: &'a Secret) -> BoxFuture<'a, Result<()>>;

    /// Forgets a secret; one that is not there is fine.
    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>>;
}
