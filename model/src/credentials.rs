//! Secrets, and who gives them to a request.

use std::fmt;

use crate::{BoxFuture, Result};

/// A secret; it shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself; for the one line that sends or stores it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a request shows to its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user and a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token.
    Bearer(Secret),
}

/// Where a secret is kept; people are always told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// The keyring of the operating system.
    Keyring,
    /// A file that only its owner can read, encrypted with a passphrase.
    EncryptedFile,
    /// The memory of this program, until it ends.
    Memory,
    /// The environment of this program.
    Environment,
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "the keyring of this computer",
            Self::EncryptedFile => "an encrypted file",
            Self::Memory => "memory, until Hutch ends",
            Self::Environment => "the environment",
        })
    }
}

/// Gives credentials to requests, each bound to an origin (scheme, host, port).
pub trait Credentials: Send + Sync + fmt::Debug {
    /// What a request to this origin shows; `None` where nothing is known.
    fn for_request<'a>(
        &'a self,
        origin: &'a str,
        scope: &'a str,
    ) -> BoxFuture<'a, Result<Option<Credential>>>;

    /// The server refused what it was shown.
    fn rejected(&self, origin: &str, scope: &str);
}
