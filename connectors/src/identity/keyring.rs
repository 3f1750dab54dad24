//! The keyring of the operating system.

use std::sync::Arc;
use std::time::Duration;

use hutch_model::{BoxFuture, Error, ErrorKind, Result, Secret, SecretPlace};
use keyring::v1::Entry;
use tokio::sync::Semaphore;

use super::SecretStore;
use crate::wait::{blocking, random};

/// What secrets are filed under.
const SERVICE: &str = "hutch";
/// A locked keyring may wait for a person; the program does not wait with it.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
const USE_LIMIT: Duration = Duration::from_secs(20);
/// Windows keeps 2560 bytes, as UTF-16.
const MOST_BYTES: usize = 1200;

/// The keyring of the operating system: Secret Service, Keychain, or the
/// credential store of Windows.
#[derive(Debug)]
pub struct KeyringStore {
    places: Arc<Semaphore>,
}

impl KeyringStore {
    /// Writes, reads and removes something, as opening alone proves nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when there is no keyring, it is locked, or
    /// it does not answer in two seconds.
    pub async fn probe() -> Result<Self> {
        let store = Self {
            places: Arc::new(Semaphore::new(2)),
        };
        let name = format!("probe-{:016x}", random());
        let tried = "use the keyring of this computer";
        blocking(&store.places, PROBE_LIMIT, tried, move || {
            let entry = Entry::new(SERVICE, &name).map_err(unusable)?;
            entry.set_password("probe").map_err(unusable)?;
            let read = entry.get_password().map_err(unusable)?;
            entry.delete_credential().map_err(unusable)?;
            if read == "probe" {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::Unsupported,
                tried,
                "it gave back something else than it was given",
            ))
        })
        .await
        .map_err(|error| Error {
            kind: ErrorKind::Unsupported,
            ..error
        })?;
        Ok(store)
    }

    async fn run<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let name = name.to_owned();
        let tried = "use the keyring of this computer";
        blocking(&self.places, USE_LIMIT, tried, move || {
            let done = Entry::new(SERVICE, &name).and_then(|entry| work(&entry));
            match done {
                Ok(value) => Ok(Some(value)),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(error) => Err(unusable(error)),
            }
        })
        .await
    }
}

/// Long secrets are laid down in pieces, named `name`, `name+1`, ...; the
/// first begins with their number.
fn pieces(secret: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = secret;
    while !rest.is_empty() {
        let mut end = MOST_BYTES.min(rest.len());
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, after) = rest.split_at(end);
        parts.push(part.to_owned());
        rest = after;
    }
    let count = parts.len().max(1);
    let first = parts.first().cloned().unwrap_or_default();
    let mut laid = vec![format!("{count}:{first}")];
    laid.extend(parts.into_iter().skip(1));
    laid
}

fn piece_name(name: &str, index: usize) -> String {
    if index == 0 {
        name.to_owned()
    } else {
        format!("{name}+{index}")
    }
}

impl SecretStore for KeyringStore {
    fn place(&self) -> SecretPlace {
        SecretPlace::Keyring
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Secret>>> {
        Box::pin(async move {
            let Some(first) = self.run(name, Entry::get_password).await? else {
                return Ok(None);
            };
            let Some((count, begin)) = first.split_once(':') else {
                return Ok(None);
            };
            let mut whole = begin.to_owned();
            for index in 1..count.parse().unwrap_or(1) {
                match self
                    .run(&piece_name(name, index), Entry::get_password)
                    .await?
                {
                    Some(piece) => whole.push_str(&piece),
                    None => return Ok(None),
                }
            }
            Ok(Some(Secret::new(whole)))
        })
    }

    fn set<'a>(&'a self, name: &'a str, secret: &'a Secret) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for (index, piece) in pieces(secret.reveal()).into_iter().enumerate() {
                self.run(&piece_name(name, index), move |entry| {
                    entry.set_password(&piece)
                })
                .await?;
            }
            Ok(())
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for index in 0.. {
                let gone = self
                    .run(&piece_name(name, index), Entry::delete_credential)
                    .await?;
                if gone.is_none() {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// The keyring's own words may quote what it was given, so they are not kept.
#[expect(
    clippy::needless_pass_by_value,
    reason = "given to map_err, which hands the error over"
)]
fn unusable(error: keyring::Error) -> Error {
    let why = match error {
        keyring::Error::NoStorageAccess(_) => "it is locked or refuses",
        keyring::Error::PlatformFailure(_) => "it does not work here",
        keyring::Error::TooLong(..) => "the secret is too long for it",
        _ => "this computer offers none",
    };
    Error::new(
        ErrorKind::Unsupported,
        "use the keyring of this computer",
        why,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_is_laid_down_in_pieces() {
        let token = "ü".repeat(3000);
        let laid = pieces(&token);
        assert!(
            laid.iter().all(|piece| piece.len() < 2 * MOST_BYTES),
            "short"
        );
        let (count, first) = laid[0].split_once(':').unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), laid.len(), "counted");
        assert_eq!(format!("{first}{}", laid[1..].concat()), token, "whole");
    }

    #[tokio::test]
    async fn a_missing_keyring_is_told_in_time() {
        let begun = std::time::Instant::now();
        if let Err(error) = KeyringStore::probe().await {
            assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        }
        assert!(
            begun.elapsed() < Duration::from_secs(6),
            "two seconds and some"
        );
    }
}
