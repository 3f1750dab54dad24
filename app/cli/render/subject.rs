//! What an address shows, as `hutch render` draws it.

use std::sync::Arc;

use hutch_model::{Dataset, Error, ErrorKind, Result};
use hutch_viewers::Subject;

use super::super::context::Context;
use super::super::opened::Opened;
use super::{Options, found};
use crate::address::Address;
use crate::open::{open_file, subject};

/// What an address shows, with its axes in the order that is wanted.
pub(super) struct OpenedSubject {
    pub(super) subject: Subject,
    pub(super) opened: Arc<Opened>,
    /// Why nothing is shown by default, where nothing is.
    pub(super) why: String,
    /// Which image it is, where a stream led to it.
    pub(super) image_of_run: Option<u64>,
}

/// Opens an address, and of a stream the frame that is wanted.
pub(super) fn opened_subject(
    context: &Context,
    options: &Options,
    address: Address,
) -> Result<OpenedSubject> {
    context.pools.wait(async {
        let (address, source, opened) = context.source(address).await?;
        let file = open_file(source, &context.cancel).await?;
        opened.add(&file.origin().url);
        if let Some(error) = file.unreadable.as_ref().filter(|_| address.path.is_none()) {
            return Err(error.duplicate());
        }
        if address.path.is_none()
            && let Some((subject, image)) = found::of_stream(context, options, &file).await?
        {
            opened.add(&subject.origin.url);
            return Ok(OpenedSubject {
                subject,
                opened,
                why: String::new(),
                image_of_run: Some(image),
            });
        }
        let mut subject = subject(&file, address.path.as_deref(), &context.cancel).await?;
        if let (Some(order), Some(signal)) = (&options.axes, &mut subject.signal) {
            *signal = order.apply(signal)?;
        }
        let why = if address.path.is_none() && file.default.is_none() {
            format!(": {}", file.why)
        } else {
            String::new()
        };
        Ok(OpenedSubject {
            subject,
            opened,
            why,
            image_of_run: None,
        })
    })
}

/// What is drawn of a subject, and whether it is what its signal says.
pub(super) fn shown<'a>(subject: &'a Subject, why: &str) -> Result<(&'a Arc<dyn Dataset>, bool)> {
    let from_signal = subject.signal.as_ref().map(|signal| &signal.data);
    // A dataset may be shown with its axes in another order.
    let is_own = |of: &&Arc<dyn Dataset>| {
        let own = subject.dataset.as_ref();
        own.is_none_or(|own| own.origin() == of.origin())
    };
    let signal = from_signal.filter(is_own);
    let dataset = signal.or(subject.dataset.as_ref()).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("draw \"{}\"", subject.origin),
            format!("it holds nothing to draw{why}; name a dataset as URL::PATH"),
        )
    })?;
    Ok((dataset, signal.is_some()))
}
