//! Frames that are drawn as their dark and flat field correct them.

use std::sync::Arc;

use hutch_formats::corrected::{Corrected, Field};
use hutch_model::{Dataset, Origin, Result};

use super::super::context::Context;
use super::super::convert::describe;
use super::Options;
use crate::window::fields::FieldKind;

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
    options: &Options,
    dataset: &Arc<dyn Dataset>,
) -> Result<Drawn> {
    let mut drawn = Drawn::stored(dataset);
    if options.dark.is_none() && options.flat.is_none() {
        return Ok(drawn);
    }
    let mut read = |name: &'static str, named: &Option<String>| -> Result<Option<Field>> {
        let Some(named) = named else {
            return Ok(None);
        };
        let (signal, _) = describe::part(context, &context.open(named)?)?;
        let field = Field::read(signal.data.as_ref(), &dataset.info().shape, &context.cancel);
        drawn.fields.push((name, signal.data.origin().to_string()));
        context.pools.wait(field).map(Some)
    };
    let dark = read(FieldKind::Dark.name(), &options.dark)?;
    let flat = read(FieldKind::Flat.name(), &options.flat)?;
    drawn.dataset = Arc::new(Corrected::new(Arc::clone(dataset), dark, flat)?);
    Ok(drawn)
}
