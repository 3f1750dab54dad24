//! `hutch demo`: the embedded facility, in a window or as a walk.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use hutch_model::{Cancel, Result};

use super::out::{Out, note, to_stderr};
use crate::demo::{Step, WalkOptions, walk};
use crate::settings::Folders;
use crate::window::run::WindowOptions;

/// What `hutch demo` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Walk through the program without a window, and leave pictures and a summary.
    #[arg(long)]
    headless: bool,
    /// Where the walk leaves them.
    #[arg(long, value_name = "FOLDER", requires = "headless")]
    dir: Option<PathBuf>,
    /// Let the facility wait so long before every answer.
    #[arg(long, value_name = "MS", default_value_t = 0, requires = "headless")]
    latency: u64,
}

/// Runs the command.
///
/// # Errors
/// Those of the window, or of the step that failed.
pub(super) fn run(
    options: Options,
    renderer: Option<String>,
    wants_json: bool,
    cancel: &Cancel,
) -> Result<ExitCode> {
    if !options.headless {
        super::open_window(&WindowOptions {
            addresses: Vec::new(),
            demo: true,
            renderer,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let walk_options = WalkOptions {
        folder: options.dir,
        latency: Duration::from_millis(options.latency),
    };
    let say = |step: &Step| to_stderr(&format!("{step}\n"));
    let summary = walk(&Folders::of_this_user(), &walk_options, cancel, &say)?;
    let mut out = Out::new();
    if wants_json {
        out.json(&summary.to_json())?;
    } else {
        for picture in &summary.pictures {
            out.line(picture.display().to_string())?;
        }
        note(format!(
            "pictures and summary are in \"{}\"",
            summary.folder.display()
        ));
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}
