//! NeXus: which data a file means to show, and what belongs to them.

mod axes;
mod default_plot;
mod detector;
mod mask;
mod nxdata;
mod ranking;
mod walk;

pub use default_plot::{DefaultPlot, default_plot, default_signal, signal_at};
pub(crate) use nxdata::{from_group, unit_of};
pub(crate) use walk::{
    Named, children_of, is_class, named_nodes, node, number, numbers, one_text, optional_node,
};
