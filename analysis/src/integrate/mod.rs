//! Azimuthal integration: frames become patterns over a radius, or pictures over radius and azimuth.
//!
//! A geometry, a mask and a [`Choice`] of bins make a sparse [`Table`] once, in
//! binary64; an [`Integrator`] multiplies frames with it. What all frames share
//! (solid angle, polarisation, flat and dark field) is summed when it is made,
//! so that a frame costs one pass over its samples. A pixel that does not count
//! in one frame only is taken from those sums.
//!
//! The definitions are those of pyFAI 2026.9: Kieffer et al., J. Appl. Cryst. 58 (2025) 138.

mod bands;
mod choice;
mod corrections;
mod integrator;
mod kernel;
mod pass;
mod places;
mod split;
mod sums;
mod table;

pub use choice::{Choice, Split, Unit};
pub use corrections::Corrections;
pub use integrator::{Errors, Integrator, Rules};
pub use kernel::Integrate;
pub use sums::Sums;
pub use table::Table;
