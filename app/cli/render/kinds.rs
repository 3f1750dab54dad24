//! What data can be drawn as, and what they cannot.

use std::sync::Arc;

use hutch_model::{Dataset, Error, ErrorKind, Result};
use hutch_viewers::colour_image::picture_slab;
use hutch_viewers::map::{Plan, Wish};
use hutch_viewers::{Subject, registry};

use super::Options;

/// Whether what is drawn is a line of numbers that the window shows as a curve.
pub(super) fn is_line(subject: &Subject) -> bool {
    let is_line = subject
        .data()
        .is_some_and(|data| data.info().shape.len() == 1);
    is_line && registry::best(subject, "").is_some_and(|kind| kind.name() == "curve")
}

/// Refuses a line of values, and says how it is drawn or written.
pub(super) fn check_is_image(subject: &Subject, dataset: &Arc<dyn Dataset>) -> Result<()> {
    let shape = &dataset.info().shape;
    if shape.len() > 1 {
        return Ok(());
    }
    let plan = |signal| Plan::of(signal, &Wish::default());
    let instead = if subject.signal.as_ref().and_then(plan).is_some() {
        "--view map draws its values at their places"
    } else {
        "--view curve draws its values, and `hutch cat` writes them"
    };
    Err(Error::new(
        ErrorKind::Usage,
        format!("draw \"{}\"", dataset.origin()),
        format!("the shape {shape:?} holds no image; {instead}"),
    ))
}

/// Refuses what is not made of pictures in colours.
pub(super) fn refuse_many_in_colours(
    options: &Options,
    subject: &Subject,
    dataset: &Arc<dyn Dataset>,
) -> Result<()> {
    let is_many = options.is_movie() || options.as_one.is_some();
    if !is_many || picture_slab(subject, 0).is_none() {
        return Ok(());
    }
    let tried = format!("draw \"{}\"", dataset.origin());
    let why = "pictures in colours become no movie yet, and no sum; draw one with --frame";
    Err(Error::new(ErrorKind::Unsupported, tried, why))
}
