//! Files that grow: asking again, and never showing a half-written state.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hutch_model::{
    BoxFuture, Cancel, Error, ErrorKind, Identity, Refreshed, Result, Retry, Validator,
};

use super::container::Hdf5Container;
use super::neighbours::Opening;
use super::places::{OpenFile, locate};
use crate::join::join_all;

/// How often a torn state is read again before the old one is kept.
const ATTEMPTS: u32 = 4;
/// A file that changed so short ago may be one that somebody writes.
const WRITING_HOLDS: Duration = Duration::from_mins(1);
/// Other files that are asked at once; beyond that only those that are written.
const ASKED_LIMIT: usize = 512;

/// Whether a file changed moments ago, as far as its source knows times.
pub(super) fn changed_recently(identity: &Identity) -> bool {
    let Validator::SizeAndTime {
        modified_ns: Some(modified),
        ..
    } = &identity.validator
    else {
        return false;
    };
    let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
        return false;
    };
    let age = i128::try_from(now.as_nanos()).unwrap_or(i128::MAX) - modified;
    u128::try_from(age).is_ok_and(|age| age < WRITING_HOLDS.as_nanos())
}

/// The error of a file that is being written: trying again helps.
pub(super) fn while_writing(file: &OpenFile, error: Error) -> Error {
    if !is_torn(&error) {
        return error;
    }
    file.note_damage();
    if file.may_be_written() {
        error.with_retry(Retry::Later)
    } else {
        error
    }
}

/// Whether bytes contradict each other, as they do while they are written.
fn is_torn(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Unreadable | ErrorKind::Integrity)
}

/// What became of the other files that one led to.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Those that are the same as before.
    pub(super) kept: HashMap<String, Opening>,
    is_changed: bool,
}

/// Asks the files that `file` led to, and those that they led to.
fn ask_others<'a>(file: &'a OpenFile, cancel: &'a Cancel) -> BoxFuture<'a, Result<Others>> {
    Box::pin(async move {
        let opened = file.others().opened();
        let is_many = opened.len() > ASKED_LIMIT;
        let asked = opened
            .iter()
            .map(|(_, other)| -> BoxFuture<'_, Result<bool>> {
                Box::pin(async move {
                    let Some(other) = other.made() else {
                        return Ok(false);
                    };
                    if is_many && !other.is_growing() {
                        return Ok(false);
                    }
                    let is_same = other.ask_again().await? == *other.metadata.identity();
                    Ok(!is_same
                        || other.is_damaged()
                        || ask_others(&other, cancel).await?.is_changed)
                })
            });
        let answers = join_all(asked.collect()).await;
        let mut others = Others::default();
        for ((name, opening), is_changed) in opened.into_iter().zip(answers) {
            if is_changed? {
                others.is_changed = true;
            } else {
                others.kept.insert(name, opening);
            }
        }
        others.is_changed |= file.appeared(cancel).await;
        Ok(others)
    })
}

impl Hdf5Container {
    /// Asks whether the file or one that it leads to has changed; if so, the
    /// container goes over to the new state, once that can be read.
    pub(super) async fn look_again(&self, cancel: &Cancel) -> Result<Refreshed> {
        let before = self.file();
        let identity = before.ask_again().await?;
        let others = ask_others(&before, cancel).await?;
        let is_same = identity == *before.metadata.identity() && !before.is_damaged();
        if is_same && !others.is_changed {
            return Ok(Refreshed::Same);
        }
        let mut torn = None;
        for _ in 0..ATTEMPTS {
            cancel.check()?;
            match self.reopened(&before, &others, cancel).await {
                Ok(file) => {
                    self.replace(file);
                    return Ok(Refreshed::Changed);
                }
                Err(error) if is_torn(&error) => torn = Some(error),
                Err(error) => return Err(error),
            }
            before.ask_again().await?;
        }
        let why = torn.map_or_else(String::new, |error| error.why);
        let tried = format!("refresh \"{}\"", before.url());
        let why = format!("it is being written: {why}");
        Err(Error::new(ErrorKind::Unreadable, tried, why).with_retry(Retry::Later))
    }

    /// The new state, if everything in it that was asked for before is whole.
    async fn reopened(
        &self,
        before: &OpenFile,
        others: &Others,
        cancel: &Cancel,
    ) -> Result<Arc<OpenFile>> {
        let file = before.reopen(others.kept.clone(), cancel).await?;
        let file = Arc::new(file);
        let paths = self.given_out();
        let mut addresses = vec![file.file.root()];
        for place in locate(&file, &paths, cancel).await {
            match place {
                Ok(place) if Arc::ptr_eq(&place.file, &file) => addresses.push(place.address),
                Err(error) if is_torn(&error) => return Err(error),
                // Links that lead elsewhere, or nowhere any more.
                Ok(_) | Err(_) => {}
            }
        }
        for object in file.objects(&addresses, cancel).await? {
            let tried = format!("read an object of \"{}\"", file.url());
            let object = object.map_err(|error| super::errors::error(error, tried.clone()))?;
            if let hutch_hdf5::ObjectKind::Unreadable(error) = object.kind {
                return Err(super::errors::error(error, tried));
            }
        }
        Ok(file)
    }
}
