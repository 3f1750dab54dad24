//! What views and people ask of the program.

use hutch_model::{Origin, ViewState};

use crate::integration::Chosen;

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The person at this window.
    Person,
    /// The program itself: a restored session, a followed source.
    Program,
}

/// Names a view in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId(pub u64);

/// Where a recipe runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this computer.
    Here,
    /// On the cluster of a site, by the name of its profile.
    Site(String),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open an address, as a person types it.
    OpenUrl(String),
    /// Open a node of a file in a view; the kind is chosen where it is empty.
    OpenNode {
        /// Where it is.
        origin: Origin,
        /// The kind of view.
        kind: String,
    },
    /// Give a view another state.
    SetState {
        /// Which view.
        view: ViewId,
        /// Its new state.
        state: ViewState,
    },
    /// Close a view.
    Close(ViewId),
    /// Sign in to a site: the name of its profile, or an address in its storage.
    SignIn(String),
    /// Run a recipe, written as TOML.
    Reconstruct {
        /// The recipe.
        recipe: String,
        /// Where it runs.
        place: Place,
    },
    /// Show the frame behind a row of a run of serial crystallography.
    OpenFound {
        /// The run.
        origin: Origin,
        /// Which row of its index.
        row: u32,
    },
    /// Frames that a run names are in another folder now.
    FramesAreIn {
        /// The run.
        origin: Origin,
        /// The row whose frame is wanted.
        row: u32,
        /// The folder; a person is asked where there is none.
        folder: Option<String>,
    },
    /// Go to a point of a scan in every view of its frames.
    ShowPoint {
        /// The entry of the scan.
        scan: Origin,
        /// Which point, from 0.
        point: u64,
    },
    /// Write text into a new file, where the program saves: a name with its ending, which gets a number where it is taken.
    SaveText {
        /// The name.
        name: String,
        /// What is written.
        text: String,
    },
    /// Save the plot beside the picture of the view that keys go to.
    SavePlot,
    /// Save the cake below the picture of the view that keys go to.
    SaveCake,
    /// Integrate all frames of the view that keys go to, into a new file where the program saves.
    SavePatterns(Chosen),
    /// Put text on the clipboard.
    CopyText(String),
    /// Forget a failure and try again.
    Retry(Origin),
}

/// Something asked, by somebody, at a point in the order of things.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Who asked.
    pub actor: Actor,
    /// Its place in the order of all commands of this run.
    pub sequence: u64,
    /// What is asked.
    pub action: Action,
}
