//! Long work: what is under way, how far it is, and how to end it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Cancel, Error, Progress};
use parking_lot::Mutex;

/// How a piece of long work stands.
#[derive(Clone, Debug)]
pub enum JobPhase {
    /// It is under way.
    Running,
    /// It ended well, and what it left.
    Done(String),
    /// It ended badly.
    Failed(Arc<Error>),
    /// Somebody ended it.
    Cancelled,
}

/// A piece of long work, as the window shows it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its place in the list.
    pub number: u64,
    /// What it does, for people.
    pub label: String,
    /// Where it runs, for people.
    pub place: String,
    /// What it says about itself at the moment.
    pub remark: String,
    /// How it stands.
    pub phase: JobPhase,
    /// How far it is.
    pub progress: Progress,
    /// Ends it.
    pub cancel: Cancel,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    /// A file that it left and that can be opened.
    pub result: Option<String>,
}

impl Job {
    /// Share done, from 0 to 1, where the total is known.
    pub fn fraction(&self) -> Option<f32> {
        let (done, total) = self.progress.get();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share for a progress bar"
        )]
        let share = (done as f64 / total as f64) as f32;
        (total > 0).then_some(share.min(1.0))
    }

    /// Time left at the pace so far, where it can be told.
    pub fn time_left(&self) -> Option<Duration> {
        let fraction = f64::from(self.fraction()?);
        let elapsed = self.started.elapsed().as_secs_f64();
        (fraction > 0.01 && elapsed > 0.5)
            .then(|| Duration::from_secs_f64(elapsed * (1.0 - fraction) / fraction))
    }

    /// Whether it is under way.
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, JobPhase::Running)
    }
}

/// All long work of this run; clones share it. A lock is held only to copy or
/// to change a few words, never across work.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Arc<Mutex<Vec<Job>>>);

/// The end of a job that its worker holds.
#[derive(Clone, Debug)]
pub struct JobHandle {
    jobs: Jobs,
    number: u64,
    /// Ends the work.
    pub cancel: Cancel,
    /// How far the work is.
    pub progress: Progress,
}

impl Jobs {
    /// Adds a job that is under way.
    pub fn begin(&self, label: &str, place: &str) -> JobHandle {
        let mut jobs = self.0.lock();
        let number = jobs.last().map_or(1, |job| job.number + 1);
        let job = Job {
            number,
            label: label.to_owned(),
            place: place.to_owned(),
            remark: String::new(),
            phase: JobPhase::Running,
            progress: Progress::new(),
            cancel: Cancel::new(),
            started: Instant::now(),
            ended: None,
            result: None,
        };
        let handle = JobHandle {
            jobs: self.clone(),
            number,
            cancel: job.cancel.clone(),
            progress: job.progress.clone(),
        };
        jobs.push(job);
        // A window that is open for weeks keeps the last two hundred.
        if jobs.len() > 200
            && let Some(old) = jobs.iter().position(|job| !job.is_running())
        {
            jobs.remove(old);
        }
        handle
    }

    /// A copy of the list, the newest last; an older copy while it changes.
    pub fn list(&self) -> Vec<Job> {
        self.0.lock().clone()
    }

    /// Records a fault of Hutch that no view shows.
    pub fn report_fault(&self, label: &str, error: Error) {
        log::error!("{label}: {error}");
        self.begin(label, "this computer").fail(error);
    }
}

impl JobHandle {
    fn change(&self, change: impl FnOnce(&mut Job)) {
        let mut jobs = self.jobs.0.lock();
        if let Some(job) = jobs.iter_mut().find(|job| job.number == self.number) {
            change(job);
        }
    }

    /// Says something about the work.
    pub fn remark(&self, remark: impl Into<String>) {
        let remark = remark.into();
        self.change(|job| job.remark = remark);
    }

    /// The work ended well and left a file or an address.
    pub fn finish(&self, remark: impl Into<String>, result: Option<String>) {
        let remark = remark.into();
        self.change(|job| {
            job.phase = JobPhase::Done(remark);
            job.result = result;
            job.ended = Some(Instant::now());
        });
    }

    /// The work ended badly, or somebody ended it.
    pub fn fail(&self, error: Error) {
        self.change(|job| {
            job.phase = if error.kind == hutch_model::ErrorKind::Cancelled {
                JobPhase::Cancelled
            } else {
                JobPhase::Failed(Arc::new(error))
            };
            job.ended = Some(Instant::now());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_a_total_shows_no_fraction() {
        let jobs = Jobs::default();
        let handle = jobs.begin("reconstruct", "here");
        assert!(jobs.list()[0].fraction().is_none(), "the total is unknown");
        handle.progress.set_total(4);
        handle.progress.add(1);
        assert_eq!(jobs.list()[0].fraction(), Some(0.25), "one of four is done");
    }

    #[test]
    fn a_cancelled_job_is_not_shown_as_failed() {
        let jobs = Jobs::default();
        jobs.begin("x", "here").fail(Error::new(
            hutch_model::ErrorKind::Cancelled,
            "x",
            "cancelled",
        ));
        assert!(
            matches!(jobs.list()[0].phase, JobPhase::Cancelled),
            "cancelled expected"
        );
    }
}
