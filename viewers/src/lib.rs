//! Views: one file for each kind, and the seam that they share.
//!
//! A [`ViewKind`] says from metadata whether it suits a [`Subject`]; a [`View`]
//! draws what is [`Resident`], asks for what is not, and never waits.

pub mod assembled;
pub mod attributes;
mod calibration;
pub mod canvas;
pub mod colour_image;
mod command;
pub mod curve;
pub mod diffraction;
pub mod display;
pub mod fonts;
pub mod hex;
pub mod icons;
pub mod image;
pub mod integration;
pub mod layers;
pub mod map;
pub mod masking;
mod note;
pub mod numbers;
mod pixels;
mod plot_limits;
mod plot_marks;
pub mod plot_strip;
pub mod prepared;
pub mod regions;
pub mod registry;
mod resident;
pub mod scans;
mod slow_axes;
pub mod spectra;
pub mod stream_table;
mod subject;
pub mod table;
mod task;
pub mod text;
pub mod theme;
pub mod tomography;
mod view;
pub mod volume;
mod waiting;
pub mod widgets;

pub use command::{Action, Actor, Command, Place, ViewId};
pub use pixels::{FramePixels, NoValue, Pixels};
pub use prepared::{PreparedFrame, prepare_frame, prepare_frame_on};
pub use resident::{Priority, Residence, Resident, Wait};
pub use subject::Subject;
pub use task::Task;
pub use view::{
    Fit, GpuPass, PaneTitle, Pointed, Shortcut, Timeline, TimelineAction, View, ViewCommand,
    ViewContext, ViewKind,
};
