//! What Slurm's commands print.
//!
//! Source: Slurm 22.05 to 25.11, `scontrol`, `sacct`, `sbatch`.

use hutch_model::{JobState, JobStatus};

/// One line of `scontrol show job -o`.
pub(super) fn scontrol(line: &str) -> Option<JobStatus> {
    // The name comes first and may hold anything; ours never hold spaces.
    let field = |name: &str| {
        line.split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let state = state(field("JobState")?);
    let reason = field("Reason").unwrap_or_default();
    Some(JobStatus {
        state,
        reason: if matches!(reason, "None" | "") {
            String::new()
        } else {
            reason.replace('_', " ")
        },
        exit_code: field("ExitCode")
            .filter(|_| state.is_final())
            .and_then(exit_code),
        elapsed_secs: field("RunTime").and_then(duration),
    })
}

/// One line of `sacct -n -X -P -o State,ExitCode,Elapsed,Reason`.
pub(super) fn sacct(line: &str) -> Option<JobStatus> {
    let mut cells = line.trim().split('|');
    let first = cells.next().filter(|cell| !cell.is_empty())?;
    let state = state(first.split_whitespace().next()?);
    let code = cells.next().and_then(exit_code);
    let elapsed_secs = cells.next().and_then(duration);
    let reason = cells.next().unwrap_or_default();
    let told = if matches!(reason, "None" | "") {
        String::new()
    } else {
        reason.to_owned()
    };
    Some(JobStatus {
        state,
        // "CANCELLED by 1000" says more than the state does.
        reason: if told.is_empty() && first.contains(' ') {
            first.to_owned()
        } else {
            told
        },
        exit_code: code.filter(|_| state.is_final()),
        elapsed_secs,
    })
}

/// A state of Slurm; flags as in `COMPLETING` mean that it is not over yet.
pub(super) fn state(word: &str) -> JobState {
    match word.trim_end_matches('+') {
        "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED"
        | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => JobState::Pending,
        "RUNNING" | "COMPLETING" | "SUSPENDED" | "STAGE_OUT" | "SIGNALING" | "STOPPED"
        | "RESIZING" => JobState::Running,
        "COMPLETED" => JobState::Completed,
        "CANCELLED" | "REVOKED" => JobState::Cancelled,
        "FAILED" | "TIMEOUT" | "NODE_FAIL" | "OUT_OF_MEMORY" | "BOOT_FAIL" | "DEADLINE"
        | "PREEMPTED" | "LAUNCH_FAILED" | "RECONFIG_FAIL" => JobState::Failed,
        _ => JobState::Unknown,
    }
}

/// `3:0` is an exit with 3, `0:15` an end by signal 15, as shells tell it.
fn exit_code(text: &str) -> Option<i32> {
    let (code, signal) = text.trim().split_once(':')?;
    let (code, signal): (i32, i32) = (code.parse().ok()?, signal.parse().ok()?);
    Some(if signal == 0 { code } else { 128 + signal })
}

/// `1-02:03:04`, `02:03:04` or `03:04` in seconds.
pub(super) fn duration(text: &str) -> Option<f64> {
    let (days, clock) = match text.trim().split_once('-') {
        Some((days, clock)) => (days.parse::<f64>().ok()?, clock),
        None => (0.0, text.trim()),
    };
    let mut seconds = 0.0;
    for part in clock.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(days * 86_400.0 + seconds)
}

/// The identifier that `sbatch --parsable` prints: `12` or `12;cluster`.
pub(super) fn job_id(printed: &str) -> Option<String> {
    let line = printed.lines().rev().find(|line| !line.trim().is_empty())?;
    let id = line.trim().split(';').next()?.trim();
    is_job_id(id).then(|| id.to_owned())
}

/// Whether a text is an identifier of a job or of one task of an array.
pub(super) fn is_job_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// When `sbatch --test-only` expects the job to start.
pub(super) fn expected_start(printed: &str) -> Option<jiff::civil::DateTime> {
    let rest = printed.split(" to start at ").nth(1)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The scheduler's own words, without the names of its programs.
pub(super) fn words(stderr: &str) -> String {
    let said: Vec<&str> = stderr
        .lines()
        .map(|line| {
            let line = line.trim();
            [
                "sbatch: error: ",
                "scancel: error: ",
                "sbatch: ",
                "scontrol: error: ",
            ]
            .iter()
            .find_map(|prefix| line.strip_prefix(prefix))
            .unwrap_or(line)
        })
        .filter(|line| !line.is_empty())
        .collect();
    crate::http::words_of(said.join("; ").as_bytes())
}

/// Whether the scheduler itself is in trouble, so that later may be better.
pub(super) fn is_passing(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    [
        "unable to contact slurm",
        "socket timed out",
        "connection refused",
        "temporarily unable",
    ]
    .iter()
    .any(|trouble| lower.contains(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "JobId=3 JobName=recon UserId=root(0) GroupId=root(0) MCS_label=N/A \
        Priority=4294901757 JobState=PENDING Reason=PartitionConfig Dependency=(null) \
        ExitCode=0:0 RunTime=00:00:00 TimeLimit=00:05:00 Partition=allcpu WorkDir=/scratch";

    #[test]
    fn a_waiting_job_says_why() {
        let status = scontrol(SHOWN).unwrap();
        assert_eq!(status.state, JobState::Pending, "it waits");
        assert_eq!(status.reason, "PartitionConfig", "and why");
        assert_eq!(status.exit_code, None, "it has not ended");
    }

    #[test]
    fn accounting_tells_how_it_ended() {
        let ended = sacct("COMPLETED|0:0|00:00:02|None").unwrap();
        assert_eq!(
            (ended.state, ended.exit_code),
            (JobState::Completed, Some(0)),
            "well"
        );
        let failed = sacct("FAILED|3:0|1-00:00:02|None").unwrap();
        assert_eq!(
            (failed.exit_code, failed.elapsed_secs),
            (Some(3), Some(86_402.0)),
            "badly"
        );
        let ended = sacct("CANCELLED by 1000|0:15|00:00:02|None").unwrap();
        assert_eq!(ended.state, JobState::Cancelled, "by somebody");
        assert_eq!(ended.reason, "CANCELLED by 1000", "by whom");
        assert_eq!(sacct(""), None, "nothing is known");
    }

    #[test]
    fn identifiers_are_read_and_checked() {
        assert_eq!(
            job_id("12;cluster\n").as_deref(),
            Some("12"),
            "of a cluster"
        );
        assert_eq!(
            job_id("welcome\n7\n").as_deref(),
            Some("7"),
            "after a greeting"
        );
        assert_eq!(job_id("error"), None, "none");
        assert!(
            is_job_id("5_1") && !is_job_id("1; rm") && !is_job_id("-1"),
            "checked"
        );
    }

    #[test]
    fn a_start_is_estimated() {
        let said = "sbatch: Job 2 to start at 2026-11-21T02:49:19 using 2 processors on nodes vm";
        let expected = jiff::civil::date(2026, 11, 21).at(2, 49, 19, 0);
        assert_eq!(expected_start(said), Some(expected), "its time");
        assert_eq!(
            words("sbatch: error: Batch job submission failed: Invalid partition name specified"),
            "Batch job submission failed: Invalid partition name specified",
            "the scheduler's words"
        );
    }
}
