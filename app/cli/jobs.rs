//! `hutch jobs`: what was sent to sites.

use hutch_model::{ErrorKind, JobState, Result};
use hutch_viewers::numbers;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::out::{Out, note};
use super::values;
use crate::remote::{self, Record};

/// Services are asked about so many jobs at most, the newest.
const ASKED: usize = 20;

/// What `hutch jobs` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// How a job stands.
    Show {
        /// SITE/ID, or the ID alone.
        id: String,
    },
    /// What a job wrote to its log.
    Log {
        /// SITE/ID, or the ID alone.
        id: String,
    },
    /// End a job.
    Cancel {
        /// SITE/ID, or the ID alone.
        id: String,
    },
    /// Bring the result of a job here.
    Results {
        /// SITE/ID, or the ID alone.
        id: String,
    },
}

/// Runs the command.
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown job; those of the service.
pub(super) fn run(context: &Context, options: &Options) -> Result<()> {
    let mut out = Out::new();
    match &options.command {
        None => list(context, &mut out)?,
        Some(Command::Show { id }) => {
            let record = remote::find(&context.folders, id)?;
            show(context, &mut out, &job_json(context, &record)?)?;
        }
        Some(Command::Log { id }) => log(context, &mut out, id)?,
        Some(Command::Cancel { id }) => cancel(context, &mut out, id)?,
        Some(Command::Results { id }) => {
            let record = remote::find(&context.folders, id)?;
            let fetched = remote::fetch(&context.sites, &context.folders, &record, &context.cancel);
            let path = context.pools.wait(fetched)?;
            if context.wants_json {
                let label = record.label();
                out.json(&json!({"schema": "hutch.results/1", "job": label, "files": [path]}))?;
            } else {
                out.line(path.display().to_string())?;
            }
        }
    }
    out.finish()
}

fn list(context: &Context, out: &mut Out) -> Result<()> {
    let records = remote::records(&context.folders)?;
    let mut jobs = Vec::new();
    for (age, record) in records.iter().rev().enumerate() {
        let job = if age < ASKED {
            job_json(context, record).unwrap_or_else(|error| plain(record, &error.why))
        } else {
            plain(record, "")
        };
        jobs.push(job);
    }
    if context.wants_json {
        return out.json(&json!({"schema": "hutch.jobs/1", "jobs": jobs}));
    }
    if jobs.is_empty() {
        note("no job was sent from here");
    }
    for job in &jobs {
        let text = |name: &str| job[name].as_str().unwrap_or_default();
        let reason = if text("reason").is_empty() {
            String::new()
        } else {
            format!(" ({})", text("reason"))
        };
        out.line(format!(
            "{}\t{}{reason}\t{}\t{}",
            text("job"),
            text("state"),
            text("sent"),
            text("name")
        ))?;
    }
    Ok(())
}

/// A job as it was sent, when its service cannot be asked.
fn plain(record: &Record, reason: &str) -> Json {
    json!({
        "job": record.label(),
        "name": record.name,
        "sent": record.sent,
        "folder": record.folder,
        "results": record.results,
        "state": JobState::Unknown.to_string(),
        "reason": reason,
        "exit_code": null,
        "elapsed_secs": null,
    })
}

fn job_json(context: &Context, record: &Record) -> Result<Json> {
    let backend = remote::backend(&context.sites, &record.site)?;
    let status = context.pools.wait(backend.status(&record.job()))?;
    let mut job = plain(record, &status.reason);
    job["state"] = json!(status.state.to_string());
    job["exit_code"] = json!(status.exit_code);
    job["elapsed_secs"] = json!(status.elapsed_secs.map(values::real));
    Ok(job)
}

fn show(context: &Context, out: &mut Out, job: &Json) -> Result<()> {
    if context.wants_json {
        let mut job = job.clone();
        job["schema"] = json!("hutch.job/1");
        return out.json(&job);
    }
    for (name, value) in job.as_object().into_iter().flatten() {
        let text = match value {
            Json::Null => continue,
            Json::String(text) => text.clone(),
            Json::Number(secs) if name == "elapsed_secs" => {
                numbers::duration(secs.as_f64().unwrap_or(0.0))
            }
            other => other.to_string(),
        };
        out.line(format!("{name:<14}{text}"))?;
    }
    Ok(())
}

fn log(context: &Context, out: &mut Out, id: &str) -> Result<()> {
    let record = remote::find(&context.folders, id)?;
    let backend = remote::backend(&context.sites, &record.site)?;
    let text = context.pools.wait(backend.log(&record.job(), 0))?;
    if context.wants_json {
        return out.json(&json!({"schema": "hutch.log/1", "job": record.label(), "log": text}));
    }
    out.line(text.trim_end())
}

fn cancel(context: &Context, out: &mut Out, id: &str) -> Result<()> {
    let record = remote::find(&context.folders, id)?;
    let backend = remote::backend(&context.sites, &record.site)?;
    match context.pools.wait(backend.cancel(&record.job())) {
        // A job that ended already is as good as cancelled, and said.
        Err(error) if error.kind == ErrorKind::NotFound => note(error.to_string()),
        other => other?,
    }
    if context.wants_json {
        return out.json(&json!({"schema": "hutch.cancel/1", "job": record.label()}));
    }
    out.line(format!("told {} to end {}", record.site, record.id))
}
