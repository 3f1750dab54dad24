//! Curves as they are plotted, into a file of text or of NeXus.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use hutch_formats::write::{Author, CurveData, curves_file};
use hutch_model::{Error, ErrorKind, Result};
use hutch_viewers::curve::{PlottedCurves, csv};

use crate::picture::Provenance;
use crate::reconstruct::output::PartFile;
use crate::window::bookmarks::provenance;
use crate::window::state::State;

use super::{on_a_thread, show_jobs};

/// How curves are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Nexus,
}

fn form(path: &Path) -> Result<Form> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match ending.to_ascii_lowercase().as_str() {
        "csv" | "txt" | "dat" => Ok(Form::Csv),
        "h5" | "hdf5" | "nxs" => Ok(Form::Nexus),
        _ => {
            let tried = format!("save \"{}\"", path.display());
            let why = "curves are written as text or NeXus; end the name in .csv, .h5 or .nxs";
            Err(Error::new(ErrorKind::Usage, tried, why))
        }
    }
}

/// Starts the job that writes the curves of the view that keys go to.
///
/// # Errors
/// [`ErrorKind::Usage`] where the view draws none, or the ending of the file tells no format.
pub(super) fn start(state: &mut State, output: PathBuf) -> Result<()> {
    let slot = state.active.and_then(|id| state.views.get(&id));
    let found = slot.and_then(|slot| Some((slot.view.curves()?, provenance(slot))));
    let Some((curves, said)) = found else {
        let why =
            "this view draws no curve and no plot, or a curve of too many points to compute with";
        return Err(Error::new(ErrorKind::Usage, "save curves", why));
    };
    let form = form(&output)?;
    on_a_thread(state, "save curves", output, move |output| {
        write(&curves, &said, form, output)
    });
    show_jobs(state);
    Ok(())
}

fn write(curves: &PlottedCurves, said: &Provenance, form: Form, output: &Path) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let bytes = match form {
        Form::Csv => {
            let head = format!("# Hutch {version}\n# {}\n# {}\n", said.source, said.link);
            [head, csv(curves)].concat().into_bytes()
        }
        Form::Nexus => {
            let data: Vec<CurveData<'_>> = curves
                .curves
                .iter()
                .map(|one| CurveData {
                    name: &one.name,
                    way: &one.way,
                    axis: &curves.axis,
                    value: if curves.value.is_empty() {
                        &one.name
                    } else {
                        &curves.value
                    },
                    x: one.numbers.x(),
                    y: one.numbers.y(),
                    sigma: one.numbers.sigma(),
                })
                .collect();
            let link = &said.link;
            curves_file(&data, Author { version, link })?
        }
    };
    let mut file = PartFile::create(output)?;
    file.write_all(&bytes)?;
    file.finish()
}
