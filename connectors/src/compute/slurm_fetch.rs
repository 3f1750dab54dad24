//! Bringing results of a cluster here.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use hutch_model::{Cancel, Error, ErrorKind, PathMap, Result};

use super::slurm::{Slurm, path_word};
use super::slurm_text as text;
use crate::storage::{disk, part_of};

impl Slurm {
    /// Copies a file; its name here appears only when all of it is there.
    pub(super) async fn fetch_now(&self, there: &str, here: &Path, cancel: &Cancel) -> Result<u64> {
        let tried = format!("fetch \"{there}\"");
        if let Some(size) = self.already_here(there, here, &tried)? {
            return Ok(size);
        }
        let word = path_word(there);
        let script = format!("test -f {word} && wc -c < {word}");
        let counted = self
            .shell
            .run(&script, Bytes::new(), &tried, cancel)
            .await?;
        if !counted.is_success() {
            return Err(Error::new(
                ErrorKind::NotFound,
                tried,
                "it is not there (yet)",
            ));
        }
        let expected: u64 =
            counted
                .text()
                .trim()
                .parse()
                .map_err(|error: std::num::ParseIntError| {
                    Error::new(
                        ErrorKind::Unreadable,
                        tried.clone(),
                        "its size is no number",
                    )
                    .with_source(error)
                })?;
        let part = part_of(here);
        let copied = self.copy(&word, &part, &tried, cancel).await;
        let kept = copied.and_then(|size| {
            if size != expected {
                return Err(Error::new(
                    ErrorKind::Network,
                    tried.clone(),
                    format!("the connection broke off after {size} of {expected} bytes"),
                ));
            }
            std::fs::rename(&part, here).map_err(|error| disk(error, &tried))?;
            Ok(size)
        });
        if kept.is_err() {
            // The first error is the one to tell.
            let _removed = std::fs::remove_file(&part);
        }
        kept
    }

    async fn copy(&self, word: &str, part: &Path, tried: &str, cancel: &Cancel) -> Result<u64> {
        use std::io::Write as _;
        let mut file = std::fs::File::create(part).map_err(|error| disk(error, tried))?;
        let mut size = 0;
        let output = self
            .shell
            .stream(
                &format!("cat -- {word}"),
                Bytes::new(),
                tried,
                cancel,
                |piece| {
                    size += piece.len() as u64;
                    file.write_all(piece).map_err(|error| disk(error, tried))
                },
            )
            .await?;
        if !output.is_success() {
            return Err(Error::new(
                ErrorKind::Refused,
                tried,
                text::words(&output.stderr),
            ));
        }
        file.sync_all().map_err(|error| disk(error, tried))?;
        Ok(size)
    }

    /// A shared disk needs no copying over the network.
    fn already_here(&self, there: &str, here: &Path, tried: &str) -> Result<Option<u64>> {
        let back = PathMap(
            self.settings
                .path_map
                .0
                .iter()
                .map(|(here, there)| (there.clone(), here.clone()))
                .collect(),
        );
        let Some(mount) = back.there(there).map(PathBuf::from) else {
            return Ok(None);
        };
        let Ok(metadata) = std::fs::metadata(&mount) else {
            return Ok(None);
        };
        if mount != here {
            let part = part_of(here);
            std::fs::copy(&mount, &part)
                .and_then(|_| std::fs::rename(&part, here))
                .map_err(|error| disk(error, tried))?;
        }
        Ok(Some(metadata.len()))
    }
}
