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
    /// Only the pictures of these names: map,spectra.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    only: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// Those of drawing and writing.
pub(super) fn run(options: &Options) -> Result<()> {
    let samples = options.samples.as_deref();
    for picture in crate::window::pictures::make(&options.dir, samples, &options.only)? {
        super::out::note(format!("drew {picture}"));
    }
    Ok(())
}
