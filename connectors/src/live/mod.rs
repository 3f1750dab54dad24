//! Live sources: the newest file of a folder.

mod folder;

pub use folder::{FolderWatch, FolderWatchSettings};
