//! Views: one file for each kind.
