//! The kinds of view. A new one is a file and a line here.

use crate::{Fit, Subject, ViewKind};

/// Every kind of view, in the order in which people see them.
pub static KINDS: &[&dyn ViewKind] = &[
    &crate::stream_table::KIND,
    &crate::tomography::KIND,
    &crate::spectra::KIND,
    &crate::map::KIND,
    &crate::colour_image::KIND,
    &crate::image::KIND,
    &crate::volume::KIND,
    &crate::curve::KIND,
    &crate::table::KIND,
    &crate::text::KIND,
    &crate::hex::KIND,
    &crate::attributes::KIND,
];

/// The kind of that name.
pub fn named(name: &str) -> Option<&'static dyn ViewKind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}

/// The kinds that can show a subject, the best first.
pub fn fitting(subject: &Subject) -> Vec<&'static dyn ViewKind> {
    let mut kinds: Vec<_> = KINDS
        .iter()
        .copied()
        .map(|kind| (kind.fits(subject), kind))
        .filter(|(fit, _)| *fit > Fit::No)
        .collect();
    // The sort keeps the order of the list among equals.
    kinds.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    kinds.into_iter().map(|(_, kind)| kind).collect()
}

/// The kind that was asked for, where it fits; the best one otherwise.
pub fn best(subject: &Subject, wanted: &str) -> Option<&'static dyn ViewKind> {
    named(wanted)
        .filter(|kind| kind.fits(subject) > Fit::No)
        .or_else(|| fitting(subject).into_iter().next())
}
