//! `hutch pictures`: the pictures of the user guide.

use std::path::PathBuf;

use hutch_model::Result;

/// What `hutch pictures` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Where the pictures go.
    #[arg(long)]
    dir: PathBuf,
    /// The folder `tests/data` of Hutch's sources; pictures of features are made of its files.
    #[arg(long)]
    samples: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Those of drawing and writing.
pub(super) fn run(options: &Options) -> Result<()> {
    for picture in crate::window::pictures::make(&options.dir, options.samples.as_deref())? {
        super::out::note(format!("drew {picture}"));
    }
    Ok(())
}
