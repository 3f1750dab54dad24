//! Secrets in the memory of this program.

use std::collections::HashMap;

use hutch_model::{BoxFuture, Result, Secret, SecretPlace};
use parking_lot::Mutex;

use super::SecretStore;

/// Keeps secrets until the program ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    secrets: Mutex<HashMap<String, Secret>>,
}

impl SecretStore for MemoryStore {
    fn place(&self) -> SecretPlace {
        SecretPlace::Memory
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Secret>>> {
        Box::pin(async move { Ok(self.secrets.lock().get(name).cloned()) })
    }

    fn set<'a>(&'a self, name: &'a str, secret: &'a Secret) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.secrets.lock().insert(name.to_owned(), secret.clone());
            Ok(())
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.secrets.lock().remove(name);
            Ok(())
        })
    }
}
