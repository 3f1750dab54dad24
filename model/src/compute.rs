//! Compute services: where a job runs.

use std::fmt;

use crate::{BoxFuture, Cancel, Result};

/// What a job needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Partition or queue; the site's default where empty.
    pub partition: String,
    /// CPU cores.
    pub cpus: u32,
    /// Memory; 0 leaves it to the service.
    pub memory_bytes: u64,
    /// Longest time it may run; 0 leaves it to the service.
    pub time_limit_secs: u64,
    /// GPUs.
    pub gpus: u32,
}

/// How a path here is called there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap(
    /// Pairs of a prefix here and the same place there; the first that fits wins.
    pub Vec<(String, String)>,
);

impl PathMap {
    /// The path there; `None` where no prefix fits.
    pub fn there(&self, here: &str) -> Option<String> {
        self.0.iter().find_map(|(from, to)| {
            let rest = here.strip_prefix(from.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| format!("{}{rest}", to.trim_end_matches('/')))
        })
    }
}

/// What a service is asked to run. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// A short name.
    pub name: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Small files that are laid into the working folder first: name and text.
    pub files: Vec<(String, String)>,
    /// The working folder there.
    pub folder: String,
    /// What it needs.
    pub resources: Resources,
    /// The files that it will leave, as paths there.
    pub results: Vec<String>,
}

/// A job at a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobId(pub String);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a place.
    Pending,
    /// It runs.
    Running,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// The service knows nothing of it any more.
    Unknown,
}

impl JobState {
    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        })
    }
}

/// How a job stands, and what the service says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStatus {
    /// How it stands.
    pub state: JobState,
    /// Why it waits or failed, in the service's words.
    pub reason: String,
    /// The exit code, once it ended.
    pub exit_code: Option<i32>,
    /// Time that it ran.
    pub elapsed_secs: Option<f64>,
}

/// What a job will cost, said before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Time that it will run, where it can be told.
    pub run_secs: Option<f64>,
    /// Time that it will wait, where the service says so.
    pub wait_secs: Option<f64>,
    /// Bytes that it will write.
    pub write_bytes: u64,
    /// What it takes there, in words.
    pub resources: String,
}

/// A compute service. It knows nothing of recipes.
pub trait ComputeBackend: Send + Sync + fmt::Debug {
    /// Its name for people.
    fn name(&self) -> &str;

    /// Sends a job.
    fn submit<'a>(&'a self, spec: &'a JobSpec) -> BoxFuture<'a, Result<JobId>>;

    /// How a job stands.
    fn status<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<JobStatus>>;

    /// What a job wrote to its log, from a byte on.
    fn log<'a>(&'a self, job: &'a JobId, from: u64) -> BoxFuture<'a, Result<String>>;

    /// Ends a job.
    fn cancel<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<()>>;

    /// Brings a small result file here.
    fn fetch<'a>(
        &'a self,
        path_there: &'a str,
        path_here: &'a std::path::Path,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<u64>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_maps_by_whole_components_only() {
        let map = PathMap(vec![("/asap3/".into(), "/gpfs/asap3".into())]);
        assert_eq!(
            map.there("/asap3/petra3/x.h5").as_deref(),
            Some("/gpfs/asap3/petra3/x.h5"),
            "the prefix is replaced"
        );
        assert_eq!(
            map.there("/asap33/x"),
            None,
            "a longer name is another place"
        );
    }
}
