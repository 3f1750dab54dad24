//! What the window saves, written as `convert` and `cat` write it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutch_analysis::integrate::Sums;
use hutch_formats::write::Made;
use hutch_model::{Cancel, Dataset, Error, ErrorKind, Progress, Result, ViewState};
use hutch_render::Orientation;
use hutch_viewers::Pixels;
use hutch_viewers::integration::{Cake, Chosen};

use super::context::Context;
use super::render::marks::Marks;
use super::{cat, convert, integrate, render};
use crate::picture::Provenance;
use crate::pools::Pools;
use crate::settings::{Folders, Settings};
use crate::sites::Sites;

/// Values to be saved, and what the work stands on.
#[derive(Debug)]
pub(crate) struct SaveValues {
    pub(crate) folders: Folders,
    pub(crate) settings: Settings,
    pub(crate) pools: Pools,
    pub(crate) sites: Sites,
    pub(crate) cancel: Cancel,
    pub(crate) progress: Progress,
    /// `URL::PATH[SLICE]`; the slice is of the dataset with its axes in this order.
    pub(crate) source: String,
    /// The order of the axes, where that is not the stored one.
    pub(crate) order: Option<Vec<usize>>,
    /// The dark and the flat field that the values are corrected by, as `URL::PATH`.
    pub(crate) fields: [Option<String>; 2],
    /// The new file; its ending tells the format.
    pub(crate) output: PathBuf,
}

/// Frames to be saved as a movie, as a view shows them.
pub(crate) struct SaveMovie {
    pub(crate) pools: Pools,
    pub(crate) cancel: Cancel,
    pub(crate) progress: Progress,
    pub(crate) dataset: Arc<dyn Dataset>,
    pub(crate) pixels: Pixels,
    /// How the view shows them.
    pub(crate) state: ViewState,
    /// What lies over every frame.
    pub(crate) marks: Marks,
    /// Pictures in a second.
    pub(crate) per_second: f64,
    pub(crate) said: Provenance,
    pub(crate) output: PathBuf,
}

/// Writes a movie of all frames; on a thread that may wait.
///
/// # Errors
/// Those of reading, drawing and writing; a file that exists is never replaced.
pub(crate) fn save_movie(work: &SaveMovie) -> Result<()> {
    refuse_existing(&work.output)?;
    let mut look = render::Look::default();
    look.display.read(&work.state);
    look.colour_map = Some(look.display.colours);
    let lies = work.state.text("orientation", "as-stored");
    look.orientation = Orientation::named(lies).unwrap_or_default();
    render::movie::write(&render::movie::Work {
        pools: &work.pools,
        dataset: &work.dataset,
        pixels: &work.pixels,
        frames: None,
        look: &look,
        marks: &work.marks,
        per_second: work.per_second,
        said: &work.said,
        output: &work.output,
        cancel: &work.cancel,
        progress: &work.progress,
    })
    .map(|_| ())
}

fn refuse_existing(output: &Path) -> Result<()> {
    if !output.exists() {
        return Ok(());
    }
    let tried = format!("write \"{}\"", output.display());
    Err(Error::new(
        ErrorKind::Usage,
        tried,
        "the file exists; name another one",
    ))
}

/// Writes values; on a thread that may wait.
///
/// # Errors
/// Those of `hutch convert`, or of `hutch cat` for CSV; a file that exists is never replaced.
pub(crate) fn save_values(work: &SaveValues) -> Result<()> {
    let context = context_of(work);
    let [dark, flat] = &work.fields;
    let named = [dark.as_deref(), flat.as_deref()];
    let order = work.order.as_deref();
    let ending = work.output.extension().unwrap_or_default();
    if !ending.eq_ignore_ascii_case("csv") {
        let options = convert::Options::usual(&work.source, order, named, &work.output);
        return convert::write(&context, &options, &work.progress);
    }
    refuse_existing(&work.output)?;
    let options = cat::Options::lines(&work.source, order, named, &work.output);
    cat::run(&context, &options)
}

/// Writes the patterns or cakes of all frames, with the geometry of a file where one is named.
///
/// # Errors
/// Those of `hutch integrate`.
pub(crate) fn save_patterns(
    work: &SaveValues,
    geometry: Option<&str>,
    chosen: &Chosen,
) -> Result<()> {
    let options = integrate::Options::chosen(&work.source, geometry, chosen, &work.output);
    integrate::write(&context_of(work), &options, &work.progress)
}

/// A cake of the window on its way into a file.
pub(crate) struct SaveCake {
    output: integrate::Output,
    sums: Arc<Sums>,
}

impl SaveCake {
    /// Chooses the format by the ending of the new file.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an ending that tells none.
    pub(crate) fn new(cake: &Cake, said: &Provenance, output: &Path) -> Result<Self> {
        let about = integrate::About {
            source: cake.source.clone(),
            geometry: cake.geometry.clone(),
            unit: cake.unit,
            radius: cake.radius.to_vec(),
            azimuth_deg: cake.azimuth_deg.to_vec(),
            frames: Vec::new(),
            has_errors: cake.sums.variance.is_some(),
            made: Some(Made {
                way: cake.way.clone(),
                link: said.link.clone(),
            }),
        };
        let way = integrate::Way::of(Some(output), false)?;
        Ok(Self {
            output: integrate::Output::new(about, way),
            sums: Arc::clone(&cake.sums),
        })
    }

    /// Writes it; on a thread that may wait.
    ///
    /// # Errors
    /// Those of writing; a file that exists is never replaced.
    pub(crate) fn write(&self) -> Result<()> {
        self.output.write(|put| put(0, &self.sums))
    }
}

fn context_of(work: &SaveValues) -> Context {
    Context {
        folders: work.folders.clone(),
        settings: work.settings.clone(),
        pools: work.pools.clone(),
        sites: work.sites.clone(),
        cancel: work.cancel.clone(),
        wants_json: false,
    }
}
