//! Slurm, through its commands over ssh.
//!
//! It works without accounting; a job that the scheduler has forgotten is
//! looked for in what it left in the work folder, and else unknown, never
//! failed. Source: Slurm 22.05 to 25.11; `docs/sites/slurm.md`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use hutch_model::{
    BoxFuture, Cancel, ComputeBackend, Cost, Error, ErrorKind, JobId, JobSpec, JobState, JobStatus,
    PathMap, Resources, Result,
};

use super::shell::{Output, Shell, quote};
use super::slurm_text as text;

/// The longest piece of a log that is brought at once.
const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// How a cluster is reached and used; a site profile sets it.
#[derive(Clone, Debug)]
pub struct SlurmSettings {
    /// Its name for people.
    pub name: String,
    /// Where its commands are: a host for ssh, or empty for this computer.
    pub host: String,
    /// A configuration for ssh other than the user's own.
    pub ssh_config: Option<PathBuf>,
    /// The partition where a job names none.
    pub partition: String,
    /// Where logs are kept there; `~/` is the home folder there.
    pub work_folder: String,
    /// How paths here are called there.
    pub path_map: PathMap,
    /// Variables for commands on this computer, as `SLURM_CONF`.
    pub variables: Vec<(String, String)>,
    /// The longest that one command may take.
    pub limit: Duration,
}

impl Default for SlurmSettings {
    fn default() -> Self {
        Self {
            name: "Slurm".to_owned(),
            host: String::new(),
            ssh_config: None,
            partition: String::new(),
            work_folder: "~/.hutch/jobs".to_owned(),
            path_map: PathMap::default(),
            variables: Vec::new(),
            limit: Duration::from_mins(1),
        }
    }
}

/// A cluster that Slurm runs.
#[derive(Debug)]
pub struct Slurm {
    pub(super) settings: SlurmSettings,
    pub(super) shell: Shell,
}

impl Slurm {
    /// A cluster; nothing is sent yet.
    ///
    /// # Errors
    /// As for [`Shell::new`].
    pub fn new(settings: SlurmSettings) -> Result<Self> {
        let shell = Shell::new(&settings.host, settings.ssh_config.clone(), settings.limit)?
            .with_variables(settings.variables.clone());
        Ok(Self { settings, shell })
    }

    /// What a job would take, and when the scheduler expects to start it.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] with the scheduler's words when it would not
    /// take the job, and as for [`Shell::run`].
    pub async fn estimate(&self, spec: &JobSpec) -> Result<Cost> {
        let tried = format!("ask {} when a job would start", self.settings.name);
        let script = format!(
            "date +%Y-%m-%dT%H:%M:%S; sbatch --test-only {} 2>&1",
            self.options(spec)
        );
        let output = self.run(&script, self.batch_script(spec), &tried).await?;
        let printed = output.text();
        if !output.is_success() {
            return Err(self.refused(&printed, &tried));
        }
        // Both times are the cluster's own, so that zones do not matter.
        let now = printed
            .lines()
            .next()
            .and_then(|line| line.trim().parse::<jiff::civil::DateTime>().ok());
        let wait_secs = text::expected_start(&printed).zip(now).map(|(start, now)| {
            let span = start.duration_since(now);
            span.as_secs_f64().max(0.0)
        });
        Ok(Cost {
            run_secs: None,
            wait_secs,
            write_bytes: 0,
            resources: resources_in_words(&spec.resources, self.partition(spec)),
        })
    }

    async fn submit_now(&self, spec: &JobSpec) -> Result<JobId> {
        let tried = format!("send \"{}\" to {}", spec.name, self.settings.name);
        if spec.argv.is_empty() || spec.argv.iter().any(|word| word.contains('\0')) {
            return Err(Error::new(
                ErrorKind::Usage,
                tried,
                "there is nothing to run",
            ));
        }
        if !spec.folder.starts_with('/') && !spec.folder.starts_with("~/") {
            return Err(Error::new(
                ErrorKind::Usage,
                tried,
                "the working folder there must be a whole path",
            ));
        }
        let folder = path_word(&spec.folder);
        for (name, content) in &spec.files {
            self.lay(&folder, name, content, &tried).await?;
        }
        let script = format!(
            "mkdir -p -- {folder} {} && sbatch --parsable {}",
            path_word(&self.settings.work_folder),
            self.options(spec)
        );
        let output = self.run(&script, self.batch_script(spec), &tried).await?;
        if !output.is_success() {
            return Err(self.refused(&output.stderr, &tried));
        }
        text::job_id(&output.text()).map(JobId).ok_or_else(|| {
            Error::new(
                ErrorKind::Unreadable,
                tried,
                "the scheduler took the job but gave it no number",
            )
        })
    }

    /// Lays a file into the working folder; its text travels as input, so that
    /// no shell ever reads it.
    async fn lay(&self, folder: &str, name: &str, content: &str, tried: &str) -> Result<()> {
        if crate::names::local_name(name).as_deref() != Some(name) || name.starts_with('-') {
            return Err(Error::new(
                ErrorKind::Usage,
                tried,
                format!("\"{name}\" is no name for a job's file"),
            ));
        }
        let (part, name) = (quote(&format!(".{name}.part")), quote(name));
        let script = format!(
            "umask 077; mkdir -p -- {folder} && cd -- {folder} && cat > {part} \
             && mv -f -- {part} {name}"
        );
        let input = Bytes::copy_from_slice(content.as_bytes());
        let output = self.run(&script, input, tried).await?;
        if output.is_success() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Refused,
            tried,
            format!("the folder there says: {}", text::words(&output.stderr)),
        ))
    }

    /// The options of `sbatch`; each is one quoted word.
    fn options(&self, spec: &JobSpec) -> String {
        let resources = &spec.resources;
        let log = format!(
            "{}/hutch-%j.log",
            self.settings.work_folder.trim_end_matches('/')
        );
        let mut options = vec![
            format!("--job-name={}", quote(&plain_name(&spec.name))),
            format!("--chdir={}", path_word(&spec.folder)),
            format!("--output={}", path_word(&log)),
            "--open-mode=append".to_owned(),
        ];
        let partition = self.partition(spec);
        if !partition.is_empty() {
            options.push(format!("--partition={}", quote(partition)));
        }
        if resources.cpus > 0 {
            options.push(format!("--cpus-per-task={}", resources.cpus));
        }
        if resources.memory_bytes > 0 {
            options.push(format!(
                "--mem={}M",
                resources.memory_bytes.div_ceil(1 << 20)
            ));
        }
        if resources.time_limit_secs > 0 {
            options.push(format!("--time={}", resources.time_limit_secs.div_ceil(60)));
        }
        if resources.gpus > 0 {
            options.push(format!("--gpus={}", resources.gpus));
        }
        options.join(" ")
    }

    fn partition<'a>(&'a self, spec: &'a JobSpec) -> &'a str {
        if spec.resources.partition.is_empty() {
            &self.settings.partition
        } else {
            &spec.resources.partition
        }
    }

    async fn status_now(&self, job: &JobId) -> Result<JobStatus> {
        let tried = format!("ask {} about job {job}", self.settings.name);
        let id = checked(job, &tried)?;
        // The scheduler first, accounting where it has forgotten the job, and
        // at last what the job itself left.
        let script = format!(
            "scontrol show job -o {id} 2>/dev/null && exit; echo; \
             sacct -n -X -P -j {id} -o State,ExitCode,Elapsed,Reason 2>/dev/null | head -n 1; \
             echo; cat -- {} 2>/dev/null; command -v scontrol >/dev/null",
            self.left(id, "exit")
        );
        let output = self.run(&script, Bytes::new(), &tried).await?;
        let printed = output.text();
        if let Some(status) = text::scontrol(printed.lines().next().unwrap_or_default()) {
            return Ok(status);
        }
        if !output.is_success() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                tried,
                "there are no commands of Slurm",
            ));
        }
        let told = printed.lines().skip(1).find_map(text::sacct);
        if let Some(status) = told.filter(|status| status.state != JobState::Unknown) {
            return Ok(status);
        }
        let left = printed
            .lines()
            .rev()
            .find_map(|line| line.trim().strip_prefix("exit ")?.parse::<i32>().ok());
        Ok(match left {
            Some(code) => JobStatus {
                state: if code == 0 {
                    JobState::Completed
                } else {
                    JobState::Failed
                },
                reason: String::new(),
                exit_code: Some(code),
                elapsed_secs: None,
            },
            None => JobStatus {
                state: JobState::Unknown,
                reason: "the scheduler no longer knows this job".to_owned(),
                exit_code: None,
                elapsed_secs: None,
            },
        })
    }

    async fn log_now(&self, job: &JobId, from: u64) -> Result<String> {
        let tried = format!("read the log of job {job}");
        let id = checked(job, &tried)?;
        let path = self.left(id, "log");
        let script = format!(
            "test ! -e {path} || tail -c +{} -- {path} | head -c {LOG_BYTES}",
            from.saturating_add(1)
        );
        let output = self.run(&script, Bytes::new(), &tried).await?;
        Ok(output.text())
    }

    async fn cancel_now(&self, job: &JobId) -> Result<()> {
        let tried = format!("cancel job {job}");
        let id = checked(job, &tried)?;
        let output = self
            .run(&format!("scancel {id}"), Bytes::new(), &tried)
            .await?;
        if output.is_success() {
            return Ok(());
        }
        Err(self.refused(&output.stderr, &tried))
    }

    async fn run(&self, script: &str, input: Bytes, tried: &str) -> Result<Output> {
        self.shell.run(script, input, tried, &Cancel::new()).await
    }

    fn refused(&self, stderr: &str, tried: &str) -> Error {
        let words = text::words(stderr);
        let kind = if text::is_passing(&words) {
            ErrorKind::Network
        } else {
            ErrorKind::Refused
        };
        Error::new(kind, tried, format!("{} says: {words}", self.settings.name))
    }

    /// The script of a job: the program, and its exit code for later. It holds
    /// no secret, as the scheduler keeps it and shows it to administrators.
    fn batch_script(&self, spec: &JobSpec) -> Bytes {
        let words: Vec<String> = spec.argv.iter().map(|word| quote(word)).collect();
        let folder = path_word(self.settings.work_folder.trim_end_matches('/'));
        Bytes::from(format!(
            "#!/bin/sh\n{}\ncode=$?\n\
             echo \"exit $code\" > {folder}/hutch-\"$SLURM_JOB_ID\".exit\n\
             exit $code\n",
            words.join(" ")
        ))
    }

    /// A file that a job leaves in the work folder, as a word of the shell.
    fn left(&self, id: &str, ending: &str) -> String {
        let folder = self.settings.work_folder.trim_end_matches('/');
        path_word(&format!("{folder}/hutch-{id}.{ending}"))
    }
}

/// A path as a word of the shell, with `~/` as the home folder there.
pub(super) fn path_word(path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => format!("\"$HOME\"/{}", quote(rest)),
        None => quote(path),
    }
}

/// Slurm shows names in lists that are split at spaces.
fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.') {
                letter
            } else {
                '_'
            }
        })
        .take(64)
        .collect();
    if plain.is_empty() {
        "hutch".to_owned()
    } else {
        plain
    }
}

fn checked<'a>(job: &'a JobId, tried: &str) -> Result<&'a str> {
    if text::is_job_id(&job.0) {
        return Ok(&job.0);
    }
    Err(Error::new(
        ErrorKind::Usage,
        tried,
        "that is no number of a job",
    ))
}

fn resources_in_words(resources: &Resources, partition: &str) -> String {
    let mut words = vec![format!("{} CPUs", resources.cpus.max(1))];
    if resources.gpus > 0 {
        words.push(format!("{} GPUs", resources.gpus));
    }
    if resources.memory_bytes > 0 {
        words.push(format!("{} MiB", resources.memory_bytes.div_ceil(1 << 20)));
    }
    if !partition.is_empty() {
        words.push(format!("partition {partition}"));
    }
    words.join(", ")
}

impl ComputeBackend for Slurm {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn submit<'a>(&'a self, spec: &'a JobSpec) -> BoxFuture<'a, Result<JobId>> {
        Box::pin(self.submit_now(spec))
    }

    fn status<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<JobStatus>> {
        Box::pin(self.status_now(job))
    }

    fn log<'a>(&'a self, job: &'a JobId, from: u64) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.log_now(job, from))
    }

    fn cancel<'a>(&'a self, job: &'a JobId) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.cancel_now(job))
    }

    fn fetch<'a>(
        &'a self,
        path_there: &'a str,
        path_here: &'a Path,
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<u64>> {
        Box::pin(self.fetch_now(path_there, path_here, cancel))
    }
}
