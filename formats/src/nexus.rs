//! NeXus: which data a file means to show, and what belongs to them.

mod auxiliary;
mod axes;
mod choice;
mod chosen;
mod companions;
mod counters;
mod default_plot;
mod detector;
mod hints;
mod mask;
mod notes;
mod nxdata;
mod peaks;
mod ranking;
mod scans;
mod search;
mod walk;

pub use chosen::chosen_signal;
pub(crate) use counters::is_counter;
pub use default_plot::{DefaultPlot, default_plot, default_signal, signal_at};
pub(crate) use hints::unit_of;
pub use mask::mask_fits;
pub use notes::note_at;
pub(crate) use nxdata::from_group;
pub use scans::{describe_scan, newest_scan, scan_at};
pub(crate) use walk::{
    Named, children_of, is_class, named_nodes, node, number, numbers, one_text, optional_node,
};
