//! What a view is about: a node of an open file, with what formats made of it.

use std::sync::Arc;

use hutch_model::{Container, Dataset, Node, NodeKind, Note, Origin, PlotChoice, Scan, Signal};

use crate::Pixels;

/// A node of an open file, ready to be looked at.
///
/// App makes it; a [`crate::ViewKind`] judges from it whether it fits.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Where it is.
    pub origin: Origin,
    /// The open file, for views that list it.
    pub container: Option<Arc<dyn Container>>,
    /// The node with its attributes.
    pub node: Node,
    /// The dataset itself, where the node is one.
    pub dataset: Option<Arc<dyn Dataset>>,
    /// The note that it is, where it is a group of class `NXnote`.
    pub note: Option<Arc<Note>>,
    /// What can be plotted of it.
    pub signal: Option<Signal>,
    /// The tomography scan that it is or holds.
    pub scan: Option<Arc<Scan>>,
    /// What a person chose to plot together, where it is that and not what the
    /// file says.
    pub choice: Option<PlotChoice>,
    /// How its bytes come here, in words: `WebDAV`, `local disk`.
    pub way: String,
}

impl Subject {
    /// The dataset that a view of samples shows: the signal's, or the node itself.
    pub fn data(&self) -> Option<&Arc<dyn Dataset>> {
        self.signal
            .as_ref()
            .map(|signal| &signal.data)
            .or(self.dataset.as_ref())
    }

    /// What the file says of the pixels of the data.
    pub fn pixels(&self) -> Pixels {
        self.signal.as_ref().map(Pixels::of).unwrap_or_default()
    }

    /// Shape of the data; empty where there are none.
    pub fn shape(&self) -> &[u64] {
        self.data().map_or(&[], |data| data.info().shape.as_slice())
    }

    /// Whether the node is a dataset.
    pub const fn is_dataset(&self) -> bool {
        matches!(self.node.kind, NodeKind::Dataset(_))
    }
}
