//! Recipes at facilities: sent, followed, fetched, and remembered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hutch_analysis::recipe::Recipe;
use hutch_analysis::translate;
use hutch_model::{
    Cancel, ComputeBackend, Error, ErrorKind, JobId, JobSpec, JobState, JobStatus, Resources,
    Result,
};
use serde::{Deserialize, Serialize};

use crate::settings::{Folders, replace_file};
use crate::sites::Sites;

/// A job that was sent, as it is remembered between runs. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The site.
    pub site: String,
    /// The job at the site's service.
    pub id: String,
    /// What it does, for people.
    pub name: String,
    /// Its working folder there.
    pub folder: String,
    /// The files that it leaves, as paths there.
    pub results: Vec<String>,
    /// When it was sent, ISO 8601.
    pub sent: String,
}

impl Record {
    /// The job at the service.
    pub fn job(&self) -> JobId {
        JobId(self.id.clone())
    }

    /// How people name it: `SITE/ID`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.site, self.id)
    }
}

fn records_path(folders: &Folders) -> PathBuf {
    folders.state.join("jobs.json")
}

/// The jobs that are remembered, the newest last.
///
/// # Errors
/// [`ErrorKind::Unreadable`] when the list is damaged.
pub fn records(folders: &Folders) -> Result<Vec<Record>> {
    let path = records_path(folders);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_str(&text).map_err(|error| {
        Error::new(
            ErrorKind::Unreadable,
            format!("read the list of jobs \"{}\"", path.display()),
            error.to_string(),
        )
    })
}

fn remember(folders: &Folders, record: &Record) -> Result<()> {
    let mut all = match records(folders) {
        Err(error) if error.kind == ErrorKind::Unreadable => {
            set_aside(&records_path(folders), &error)?;
            Vec::new()
        }
        known => known?,
    };
    all.push(record.clone());
    let excess = all.len().saturating_sub(500);
    all.drain(..excess);
    let text = serde_json::to_vec_pretty(&all)
        .map_err(|error| Error::new(ErrorKind::Internal, "remember a job", error.to_string()))?;
    replace_file(&records_path(folders), &text)
}

/// Keeps a damaged list under another name, so that a person can look at it.
fn set_aside(path: &Path, error: &Error) -> Result<()> {
    let kept = path.with_extension(format!(
        "json.{}.bad",
        jiff::Timestamp::now().as_millisecond()
    ));
    std::fs::rename(path, &kept)?;
    log::warn!("{error}; it is kept as \"{}\"", kept.display());
    Ok(())
}

/// The remembered job that a person means by `SITE/ID` or by its number alone.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is none.
pub fn find(folders: &Folders, label: &str) -> Result<Record> {
    let all = records(folders)?;
    all.into_iter()
        .rev()
        .find(|record| record.label() == label || record.id == label)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("find the job \"{label}\""),
                "no job of this name was sent from here",
            )
        })
}

/// The compute service of a site.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the site has none.
pub fn backend(sites: &Sites, site: &str) -> Result<std::sync::Arc<dyn ComputeBackend>> {
    sites.compute(site).ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("run on \"{site}\""),
            "the site has no compute service, or there is no such site",
        )
    })
}

/// Translates a recipe for a site and sends it.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the source has no path there;
/// [`ErrorKind::Refused`] with the scheduler's words.
pub async fn submit(
    sites: &Sites,
    folders: &Folders,
    recipe: &Recipe,
    site: &str,
) -> Result<Record> {
    let backend = backend(sites, site)?;
    let profile = sites.profile(site).cloned().unwrap_or_default();
    let section = profile.compute.clone().unwrap_or_default();
    let map = section.path_map();
    let folder = format!(
        "{}/{}-{}",
        section.work_folder.trim_end_matches('/'),
        jiff::Timestamp::now().as_millisecond(),
        std::process::id()
    );
    let mut recipe = recipe.clone();
    // The result lies in the job's own folder and is fetched from there.
    recipe.output.path.clear();
    let there = |path: &str| path_there(sites, site, &map, path);
    let job = translate::hutch::translate(&recipe, &there)?;
    let mut argv = job.argv;
    if let (Some(program), false) = (argv.first_mut(), section.hutch.is_empty()) {
        program.clone_from(&section.hutch);
    }
    let spec = JobSpec {
        name: "hutch-reconstruct".to_owned(),
        argv,
        files: job.files,
        folder: folder.clone(),
        resources: Resources {
            partition: section.partition.clone(),
            ..Resources::default()
        },
        results: job
            .results
            .iter()
            .map(|path| {
                if path.starts_with('/') {
                    path.clone()
                } else {
                    format!("{folder}/{path}")
                }
            })
            .collect(),
    };
    let id = backend.submit(&spec).await?;
    let record = Record {
        site: site.to_owned(),
        id: id.0,
        name: spec.name,
        folder,
        results: spec.results,
        sent: jiff::Timestamp::now().to_string(),
    };
    remember(folders, &record)?;
    Ok(record)
}

/// What a path or an address here is called on the site's nodes.
fn path_there(sites: &Sites, site: &str, map: &hutch_model::PathMap, here: &str) -> Option<String> {
    let (plain, _) = crate::address::split(here);
    if let Some(path) = map.there(plain) {
        return Some(path);
    }
    // An address of the site's own storage, or SITE:PATH, is first turned into
    // the facility's own terms.
    let location = plain
        .strip_prefix(&format!("{site}:"))
        .map(str::to_owned)
        .or_else(|| {
            let storage = sites.storage(site)?;
            let rest = plain.strip_prefix(storage.root().trim_end_matches('/'))?;
            Some(crate::neighbours::decode(rest))
        })?;
    map.there(&location)
        .or_else(|| map.0.is_empty().then_some(location))
}

/// How a job is followed.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Follow<'a> {
    /// Ends the job at the service.
    pub cancel: &'a Cancel,
    /// What the job does at the moment, for people.
    pub say: &'a (dyn Fn(&str) + Sync),
}

/// Waits until a job ended well.
///
/// # Errors
/// [`ErrorKind::Refused`] with the end of its log when it failed;
/// [`ErrorKind::Cancelled`] after the service was told to end it.
pub async fn wait(sites: &Sites, record: &Record, follow: Follow<'_>) -> Result<JobStatus> {
    let backend = backend(sites, &record.site)?;
    let mut pause = Duration::from_millis(300);
    let mut unknown = 0;
    loop {
        if follow.cancel.is_cancelled() {
            backend.cancel(&record.job()).await?;
            return Err(Error::new(
                ErrorKind::Cancelled,
                "follow a job",
                "cancelled",
            ));
        }
        let status = backend.status(&record.job()).await?;
        (follow.say)(&said(&status));
        match status.state {
            JobState::Completed => return Ok(status),
            JobState::Failed | JobState::Cancelled => {
                return Err(failed(backend.as_ref(), record, &status).await);
            }
            JobState::Unknown => unknown += 1,
            JobState::Pending | JobState::Running => unknown = 0,
        }
        // Schedulers forget jobs after a while; then nothing more will come.
        if unknown > 20 {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("follow the job \"{}\"", record.label()),
                "the scheduler knows nothing of it any more; look for its results",
            ));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(10));
    }
}

fn said(status: &JobStatus) -> String {
    if status.reason.is_empty() || status.reason == "None" {
        status.state.to_string()
    } else {
        format!("{}: {}", status.state, status.reason)
    }
}

async fn failed(backend: &dyn ComputeBackend, record: &Record, status: &JobStatus) -> Error {
    let log = backend.log(&record.job(), 0).await.unwrap_or_default();
    let end: Vec<&str> = log.lines().rev().take(4).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    let why = if end.is_empty() {
        said(status)
    } else {
        format!("{}; its log ends with: {}", said(status), end.join(" / "))
    };
    Error::new(
        ErrorKind::Refused,
        format!("run the job \"{}\"", record.label()),
        why,
    )
}

/// Brings the first result of a job here, or names it where it is mounted.
///
/// # Errors
/// Those of the service; [`ErrorKind::NotFound`] when the job left nothing.
pub async fn fetch(
    sites: &Sites,
    folders: &Folders,
    record: &Record,
    cancel: &Cancel,
) -> Result<PathBuf> {
    let backend = backend(sites, &record.site)?;
    let result = record.results.first().ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("fetch the results of \"{}\"", record.label()),
            "the job names no result",
        )
    })?;
    let name = result.rsplit('/').next().unwrap_or("result.h5");
    let here = folders
        .state
        .join("results")
        .join(format!("{}-{}", record.site, record.id))
        .join(name);
    if let Some(folder) = here.parent() {
        std::fs::create_dir_all(folder)?;
    }
    backend.fetch(result, &here, cancel).await?;
    Ok(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Record {
        Record {
            site: "lab".to_owned(),
            id: id.to_owned(),
            name: "x".to_owned(),
            folder: "/x".to_owned(),
            results: Vec::new(),
            sent: String::new(),
        }
    }

    #[test]
    fn a_damaged_list_of_jobs_is_kept_beside_the_new_one() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::below(home.path());
        remember(&folders, &record("1")).unwrap();
        std::fs::write(records_path(&folders), "[{\"site\": ").unwrap();
        remember(&folders, &record("2")).unwrap();
        assert_eq!(records(&folders).unwrap().len(), 1, "the new job");
        let kept = std::fs::read_dir(&folders.state)
            .unwrap()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|ending| ending == "bad"))
            .expect("the damaged list is kept");
        let text = std::fs::read_to_string(kept).unwrap();
        assert_eq!(text, "[{\"site\": ", "as it was");
    }
}
