//! This computer: jobs as child processes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hutch_model::{
    BoxFuture, Cancel, ComputeBackend, Error, ErrorKind, JobId, JobSpec, JobState, JobStatus,
    Result,
};
use parking_lot::Mutex;
use tokio::process::Command;
use tokio::sync::Notify;

use super::shell::end;
use crate::storage::{disk, part_of};

/// The longest piece of a log that is given out at once.
const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// Runs jobs on this computer; they end with the program.
#[derive(Debug)]
pub struct LocalCompute {
    work_folder: PathBuf,
    next: AtomicU64,
    jobs: Mutex<HashMap<String, Arc<Job>>>,
}

#[derive(Debug)]
struct Job {
    log: PathBuf,
    begun: Instant,
    ended: Mutex<Option<(JobState, Option<i32>, f64)>>,
    cancelled: Notify,
}

impl LocalCompute {
    /// Jobs whose logs lie in a folder.
    pub fn new(work_folder: impl Into<PathBuf>) -> Self {
        Self {
            work_folder: work_folder.into(),
            next: AtomicU64::new(1),
            jobs: Mutex::default(),
        }
    }

    fn job(&self, id: &JobId) -> Result<Arc<Job>> {
        self.jobs.lock().get(&id.0).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("find job {id}"),
                "this computer does not know it",
            )
        })
    }

    fn submit_now(&self, spec: &JobSpec) -> Result<JobId> {
        let tried = format!("run \"{}\"", spec.name);
        let Some((program, arguments)) = spec.argv.split_first() else {
            return Err(Error::new(
                ErrorKind::Usage,
                tried,
                "there is nothing to run",
            ));
        };
        let folder = if spec.folder.is_empty() {
            self.work_folder.clone()
        } else {
            PathBuf::from(&spec.folder)
        };
        for needed in [&folder, &self.work_folder] {
            std::fs::create_dir_all(needed).map_err(|error| disk(error, &tried))?;
        }
        for (name, content) in &spec.files {
            if crate::names::local_name(name).as_deref() != Some(name.as_str()) {
                return Err(Error::new(
                    ErrorKind::Usage,
                    tried,
                    format!("\"{name}\" is no name for a job's file"),
                ));
            }
            std::fs::write(folder.join(name), content).map_err(|error| disk(error, &tried))?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", std::process::id());
        let log = self.work_folder.join(format!("hutch-{id}.log"));
        let output = std::fs::File::create(&log).map_err(|error| disk(error, &tried))?;
        let complaints = output.try_clone().map_err(|error| disk(error, &tried))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(complaints)
            .kill_on_drop(true);
        let child = command.spawn().map_err(|error| {
            Error::new(
                ErrorKind::Usage,
                tried,
                format!("\"{program}\" cannot be run: {error}"),
            )
            .with_source(error)
        })?;
        let job = Arc::new(Job {
            log,
            begun: Instant::now(),
            ended: Mutex::new(None),
            cancelled: Notify::new(),
        });
        self.jobs.lock().insert(id.clone(), Arc::clone(&job));
        tokio::spawn(watch(child, job));
        Ok(JobId(id))
    }
}

/// Waits for the end of a job, or ends it.
async fn watch(mut child: tokio::process::Child, job: Arc<Job>) {
    let (state, code) = tokio::select! {
        status = child.wait() => match status {
            Ok(status) if status.success() => (JobState::Completed, Some(0)),
            Ok(status) => (JobState::Failed, status.code()),
            Err(_) => (JobState::Failed, None),
        },
        () = job.cancelled.notified() => {
            end(&mut child).await;
            (JobState::Cancelled, None)
        }
    };
    *job.ended.lock() = Some((state, code, job.begun.elapsed().as_secs_f64()));
}

impl ComputeBackend for LocalCompute {
    fn name(&self) -> &'static str {
        "this computer"
    }

    fn submit<'a>(&'a self, spec: &'a JobSpec) -> BoxFuture<'a, Result<JobId>> {
        Box::pin(async move { self.submit_now(spec) })
    }

    fn status<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<JobStatus>> {
        Box::pin(async move {
            let job = self.job(job)?;
            let ended = *job.ended.lock();
            let (state, exit_code, elapsed) =
                ended.unwrap_or((JobState::Running, None, job.begun.elapsed().as_secs_f64()));
            Ok(JobStatus {
                state,
                reason: String::new(),
                exit_code,
                elapsed_secs: Some(elapsed),
            })
        })
    }

    fn log<'a>(&'a self, job: &'a JobId, from: u64) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            use std::io::{Read as _, Seek as _, SeekFrom};
            let tried = format!("read the log of job {job}");
            let job = self.job(job)?;
            let mut file = std::fs::File::open(&job.log).map_err(|error| disk(error, &tried))?;
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(from))
                .and_then(|_| file.take(LOG_BYTES).read_to_end(&mut bytes))
                .map_err(|error| disk(error, &tried))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        })
    }

    fn cancel<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.job(job)?.cancelled.notify_one();
            Ok(())
        })
    }

    fn fetch<'a>(
        &'a self,
        path_there: &'a str,
        path_here: &'a Path,
        _cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async move {
            let tried = format!("fetch \"{path_there}\"");
            let there = Path::new(path_there);
            let size = std::fs::metadata(there)
                .map_err(|error| disk(error, &tried))?
                .len();
            if there != path_here {
                let part = part_of(path_here);
                std::fs::copy(there, &part)
                    .and_then(|_| std::fs::rename(&part, path_here))
                    .map_err(|error| disk(error, &tried))?;
            }
            Ok(size)
        })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn ended(compute: &LocalCompute, job: &JobId) -> Option<JobStatus> {
        for _ in 0..500 {
            let status = compute.status(job).await.ok()?;
            if status.state.is_final() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }

    fn spec(script: &str) -> JobSpec {
        JobSpec {
            name: "test".into(),
            argv: vec!["sh".into(), "-c".into(), script.into()],
            files: vec![("recipe.toml".into(), "a = 1".into())],
            folder: String::new(),
            resources: hutch_model::Resources::default(),
            results: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_job_runs_logs_and_ends_with_its_code() {
        let folder = tempfile::tempdir().unwrap();
        let compute = LocalCompute::new(folder.path());
        let job = compute
            .submit(&spec("cat recipe.toml; exit 3"))
            .await
            .unwrap();
        let status = ended(&compute, &job).await.expect("it ends");
        assert_eq!(
            (status.state, status.exit_code),
            (JobState::Failed, Some(3)),
            "badly"
        );
        assert_eq!(compute.log(&job, 0).await.unwrap(), "a = 1", "its log");
        assert_eq!(compute.log(&job, 4).await.unwrap(), "1", "from a byte on");
    }

    #[tokio::test]
    async fn a_job_can_be_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let compute = LocalCompute::new(folder.path());
        let job = compute.submit(&spec("exec sleep 60")).await.unwrap();
        let running = compute.status(&job).await.unwrap();
        assert_eq!(running.state, JobState::Running, "it runs");
        compute.cancel(&job).await.unwrap();
        assert_eq!(
            ended(&compute, &job).await.expect("it ends").state,
            JobState::Cancelled,
            "ended"
        );
    }
}
