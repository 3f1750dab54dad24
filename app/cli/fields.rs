//! Frames as the dark and the flat field that a command names correct them.

use std::path::Path;
use std::sync::Arc;

use hutch_formats::corrected::{Corrected, Field};
use hutch_formats::transposed::{as_the_file_says, has_frames_of_file};
use hutch_model::{Dataset, Error, ErrorKind, Origin, Result, Scaling, Signal};

use super::context::{Context, no_slice};
use super::convert::describe;
use crate::reconstruct::output::check_named;
use crate::window::fields::FieldKind;

/// Where a dark and a flat field are, as a command names them.
pub(super) type Named<'a> = [Option<&'a str>; 2];

/// What is drawn, and what of it lies in files.
#[derive(Debug)]
pub(super) struct Drawn {
    /// The frames as they are drawn.
    pub(super) dataset: Arc<dyn Dataset>,
    /// Where they are as they are stored.
    pub(super) stored: Origin,
    /// The order of their axes, where that is not the stored one.
    pub(super) order: Option<Vec<usize>>,
    /// Where the fields are that correct them, each under its name in a state.
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Drawn {
    /// Samples as they are stored.
    pub(super) fn stored(dataset: &Arc<dyn Dataset>) -> Self {
        Self {
            dataset: Arc::clone(dataset),
            stored: dataset.origin().clone(),
            order: dataset.transposed().map(|(_, order)| order.to_vec()),
            fields: Vec::new(),
        }
    }
}

/// The frames of a dataset, corrected where a field is named.
///
/// # Errors
/// Those of reading the fields, of [`Field::read`] and of [`Corrected::new`].
pub(super) fn corrected(
    context: &Context,
    [dark, flat]: Named<'_>,
    (dataset, signal): (&Arc<dyn Dataset>, Option<&Signal>),
) -> Result<Drawn> {
    let mut drawn = Drawn::stored(dataset);
    if dark.is_none() && flat.is_none() {
        return Ok(drawn);
    }
    for named in [dark, flat].into_iter().flatten() {
        let mean = "of a stack of fields the mean is taken";
        no_slice(&context.address(named)?, mean)?;
    }
    if signal.is_some_and(|signal| !has_frames_of_file(signal)) {
        let tried = format!("correct \"{}\"", dataset.origin());
        let why = "a field is of the frames that the file has, and these are of other axes";
        return Err(Error::new(ErrorKind::Usage, tried, why));
    }
    let mut read = |name: &'static str, named: Option<&str>| -> Result<Option<Field>> {
        let Some(named) = named else {
            return Ok(None);
        };
        let (signal, _) = describe::part(context, &context.open(named)?)?;
        let signal = as_the_file_says(signal);
        let field = Field::read(signal.data.as_ref(), &dataset.info().shape, &context.cancel);
        drawn.fields.push((name, signal.data.origin().to_string()));
        context.pools.wait(field).map(Some)
    };
    let dark = read(FieldKind::Dark.name(), dark)?;
    let flat = read(FieldKind::Flat.name(), flat)?;
    drawn.dataset = Arc::new(Corrected::new(Arc::clone(dataset), dark, flat)?);
    Ok(drawn)
}

/// Makes a signal that of corrected frames, for a file that is written; what belongs to stored counts is taken away.
///
/// # Errors
/// Those of [`corrected`]; [`hutch_model::ErrorKind::Usage`] where the file is that of a field.
pub(super) fn correct(
    context: &Context,
    named: Named<'_>,
    signal: &mut Signal,
    output: Option<&Path>,
) -> Result<()> {
    for text in named.into_iter().flatten() {
        if let Some(output) = output {
            let place = context.address(text)?.place;
            check_named(&context.sites, Some(&place), output)?;
        }
    }
    let drawn = corrected(context, named, (&signal.data, Some(signal)))?;
    if !drawn.fields.is_empty() {
        signal.data = drawn.dataset;
        signal.errors = None;
        signal.saturation = None;
        signal.scaling = Scaling::IDENTITY;
    }
    if named[1].is_some() {
        signal.unit.clear();
    }
    Ok(())
}
